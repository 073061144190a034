"""The typer application, how commands register with it, and the closed words of the command line."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import Field, fields, is_dataclass
from enum import Enum, IntEnum, StrEnum
from functools import cache, wraps
from typing import Annotated, Any, get_args

import typer
from typer.core import TyperCommand, TyperGroup

from trail_diff.cli.help import SectionedHelp, write_commands
from trail_diff.errors import UsageError


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


class TriageFormat(StrEnum):
    """The forms a triage can take."""

    TABLE = "table"
    MARKDOWN = "markdown"
    JSON = "json"
    CSV = "csv"
    HTML = "html"
    SLACK = "slack"


class ColorChoice(StrEnum):
    """When to write colours."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class TimeChoice(StrEnum):
    """Which times to show: UTC alone, or local time beside it."""

    UTC = "utc"
    LOCAL = "local"


class _GivenOnce:
    """Refuses an option that names one thing and is given several: the last would count, and none of the others."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the words of a command.

        Raises:
            UsageError: an option is given twice that is not repeatable, and no choice of words.
        """
        _values, _left, given = self.make_parser(ctx).parse_args(args=list(args))  # type: ignore[attr-defined]
        twice = (one for one in given if one.param_type_name == "option" and given.count(one) > 1)
        for one in twice:
            if not (one.multiple or one.is_flag or _is_word(one) or ctx.resilient_parsing):
                raise UsageError(f"{one.opts[0]} is given twice", hint="give it once; --help says what is repeatable")
        return super().parse_args(ctx, args)  # type: ignore[misc,no-any-return]


def _is_word(option: Any) -> bool:
    """Check whether an option takes a word of a few, of which the last counts, as aliases of shells need it.

    typer tells it by the annotation, and up to 0.28 by the type of click.
    """
    annotation = getattr(getattr(option, "type_descriptor", None), "annotation", None)
    return hasattr(getattr(option, "type", None), "choices") or (
        isinstance(annotation, type) and issubclass(annotation, Enum)
    )


class _Command(_GivenOnce, SectionedHelp, TyperCommand):
    """A command whose help is in sections."""


class Group(_GivenOnce, SectionedHelp, TyperGroup):
    """Commands in the order of their use."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the commands, the daily ones first."""
        return sorted(super().list_commands(ctx), key=lambda name: (*_ORDER, name).index(name))

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options in sections, then the commands."""
        super().format_options(ctx, formatter)
        write_commands(self, ctx, formatter)


_ORDER = ("triage", "compare", "jobs", "callers", "what-if", "collect", "redact", "doctor", "cache", "mcp")

app = typer.Typer(
    cls=Group,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def command(
    name: str | None = None, *, examples: Sequence[str] = ()
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a function as a command; its parameters are options, or dataclasses of options."""
    return lambda function: app.command(name, cls=_Command, epilog="\n".join(examples))(expand_groups(function))


def expand_groups(function: Callable[..., None]) -> Callable[..., None]:
    """Return the function as typer can register it: each dataclass among its parameters replaced by its fields."""
    signature = inspect.signature(function)
    groups: Mapping[str, Any] = {
        name: one.annotation for name, one in signature.parameters.items() if is_dataclass(one.annotation)
    }

    @wraps(function)
    def run(**values: Any) -> None:
        built = {
            name: group(**{field.name: values.pop(field.name) for field in fields(group)})
            for name, group in groups.items()
        }
        function(**values, **built)

    expanded = [
        option
        for one in signature.parameters.values()
        for option in (_options_of(one.annotation) if one.name in groups else [one])
    ]
    vars(run)["__signature__"] = signature.replace(parameters=expanded)
    run.__annotations__ = {}  # the signature has them, evaluated; typer would evaluate these, four times
    return run


@cache  # commands share their groups
def _options_of(group: type) -> list[inspect.Parameter]:
    """Return the fields of a group as parameters, the group's docstring being the heading of each."""
    heading = (group.__doc__ or "").partition("\n")[0].rstrip(".")
    return [_parameter_of(field, heading) for field in fields(group)]


def _parameter_of(field: Field[Any], heading: str) -> inspect.Parameter:
    kind, option = get_args(field.type)
    option = copy(option)
    option.rich_help_panel = heading
    annotation, keyword = Annotated[kind, option], inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(field.name, keyword, default=field.default, annotation=annotation)
