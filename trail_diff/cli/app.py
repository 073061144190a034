"""The typer application, and the closed words of the command line."""

from enum import IntEnum, StrEnum

import typer


class ExitStatus(IntEnum):
    """What the exit status says, as `diff` has it."""

    NO_DIFFERENCE = 0
    DIFFERENCE = 1
    UNUSABLE_INPUT = 2
    INCONCLUSIVE = 3
    INTERNAL_ERROR = 70
    INTERRUPTED = 130
    OUTPUT_CLOSED = 141


class OutputFormat(StrEnum):
    """The forms a report can take."""

    TABLE = "table"
    MARKDOWN = "markdown"
    JSON = "json"
    CSV = "csv"
    HTML = "html"


class Language(StrEnum):
    """The languages a report can be in."""

    ENGLISH = "en"
    JAPANESE = "ja"


app = typer.Typer(
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
