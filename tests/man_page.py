"""Writes the manual page: options, commands and examples from what `--help` prints, the rest from here. `make golden`."""

import io
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import redirect_stdout
from pathlib import Path

from trail_diff.cli import run

PAGE = Path(__file__).parent.parent / "docs" / "trail-diff.1"
_COMMAND = re.compile(r"^  ([a-z][a-z-]+) ", re.MULTILINE)
_SECTION = re.compile(r"^(\w[^\n]*):\n((?:  .*\n?|\n(?=  ))*)", re.MULTILINE)
_DESCRIPTION = (
    (
        "A job that depends on a KMS key fails, and its message names several causes and no caller. trail-diff puts the "
        "CloudTrail events of the failed job beside those of a job that succeeded, names the caller that is missing or was "
        "refused, the statement, grant or key state that explains it, and what would help, replayed on every observed call."
    ),
    (
        "Events come from exports on disk (--events), from a case bundle (--case), or from AWS itself, by calls that only "
        "read. With exports on disk or a bundle, no network connection is opened. The report goes to standard output; "
        "progress, notes and errors go to standard error. On a terminal a report longer than the screen is shown in a pager."
    ),
    (
        "Times are UTC. A TIME is ISO 8601, a day (2026-03-02 or 2026/03/02: its beginning for --from, its end for --to), "
        '"yesterday", "last night", "2h ago" or "24h"; it may end in its zone (+09:00, JST, Asia/Tokyo). Without one it is '
        "local time where TZ is set, else UTC. A date such as 03/02/2026 means two days and is refused."
    ),
)
_VARIABLES = (
    ("AWS_PROFILE", "and the other variables of the AWS CLI: whose credentials ask AWS, and where"),
    ("COLUMNS", "the width of the report; without it that of the terminal, or 80 where there is none"),
    ("FORCE_COLOR", "write colours where there is no terminal; --color comes first, then NO_COLOR"),
    ("GITHUB_ACTIONS", "annotate and summarize what-if as a step of GitHub Actions; see --github"),
    ("LC_ALL", "with LC_MESSAGES and LANG, the language of the report, unless --lang says it"),
    ("NO_COLOR", "write no colours"),
    ("PAGER", "the pager for a long report (default: less, with LESS=FRX); cat or nothing for none"),
    ("TERM", "no colours and no pager where it is dumb"),
    ("TRAIL_DIFF_PAGER", "the same as PAGER, for trail-diff alone"),
    ("TZ", "the zone of times without one, and of those that a table shows beside UTC; see --time"),
    ("XDG_CACHE_HOME", "where fetched events are kept, in trail-diff/lookup-events"),
)
_FILES = (
    ("~/.cache/trail-diff/lookup-events/", "events fetched from event history; see trail-diff cache"),
    ("~/.aws/config, ~/.aws/credentials", "profiles, read as the AWS CLI reads them"),
)
_STATUSES = (
    ("0", "no relevant difference"),
    ("1", "a difference, explained or not; for what-if: something breaks"),
    ("2", "the input or the options could not be used; one line on stderr says what to do"),
    ("3", "inconclusive: the evidence does not cover the question; the warnings say why"),
    ("70", "a bug of trail-diff, with its traceback"),
    ("130", "interrupted; what was being written is gone"),
    ("141", "the reader of the output went away"),
)


def page() -> str:
    """Return the manual page as roff."""
    main_help = help_of()
    commands = {command: help_of(command) for command in commands_in(main_help)}
    lines = [
        '.TH TRAIL-DIFF 1 "" "trail-diff" "User Commands"',
        *_section("NAME", [r"trail\-diff \- explain why a KMS\-dependent AWS job failed"]),
        *_section("SYNOPSIS", _verbatim("\n".join(map(_usage, (main_help, *commands.values()))))),
        *_section("DESCRIPTION", [line for text in _DESCRIPTION for line in (".PP", _roff(text))]),
        *_section("OPTIONS", _options(main_help, without=("Commands", "Examples"))),
        ".SH COMMANDS",
    ]
    for command, shown in commands.items():
        lines += [f".SS {_roff('trail-diff ' + command)}", *_verbatim(_introduction(shown))]
        lines += _options(shown, without=("Examples",), level="PP")
    examples = [example for shown in (main_help, *commands.values()) for example in examples_in(shown)]
    lines += _section("EXAMPLES", _verbatim("\n".join(examples)))
    for heading, told in (("ENVIRONMENT", _VARIABLES), ("FILES", _FILES), ("EXIT STATUS", _STATUSES)):
        lines += _section(heading, _pairs(told))
    return "\n".join(lines) + "\n"


def commands_in(help_text: str) -> list[str]:
    """Return the commands that a help text lists."""
    return _COMMAND.findall(help_text.partition("Commands:")[2].partition("Examples:")[0])


def examples_in(help_text: str) -> list[str]:
    """Return the examples that a help text ends in."""
    return [line.strip() for line in help_text.partition("\nExamples:\n")[2].splitlines() if line.strip()]


def help_of(*command: str) -> str:
    """Return what --help prints where man, which indents it, shows it on 80 columns."""
    columns = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "72"
    try:
        with redirect_stdout(io.StringIO()) as shown:
            run([*command, "--help"])
    finally:
        os.environ.pop("COLUMNS")
        if columns is not None:
            os.environ["COLUMNS"] = columns
    return shown.getvalue()


def _usage(help_text: str) -> str:
    return " ".join(help_text.partition("\n\n")[0].removeprefix("Usage: ").split())


def _introduction(help_text: str) -> str:
    """Return what a help text says of its command, before the options."""
    paragraphs = help_text.split("\n\n")[1:]
    end = next(index for index, one in enumerate(paragraphs) if _SECTION.match(one + "\n"))
    return "\n\n".join(paragraphs[:end])


def _options(help_text: str, *, without: tuple[str, ...], level: str = "SS") -> Iterator[str]:
    for heading, options in _SECTION.findall(help_text):
        if heading not in without:
            yield from [f".{level}", _roff(f"{heading}:")] if level == "PP" else [f".{level} {_roff(heading)}"]
            yield from _verbatim(options)


def _section(heading: str, lines: Iterable[str]) -> list[str]:
    return [f".SH {heading}", *lines]


def _pairs(told: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, meaning in told:
        yield from (".TP", f".B {_roff(name)}", _roff(meaning))


def _verbatim(text: str) -> list[str]:
    return [".nf", *map(_roff, text.rstrip().splitlines()), ".fi"]


def _roff(text: str) -> str:
    escaped = text.replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{escaped}" if escaped.startswith((".", "'")) else escaped


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
