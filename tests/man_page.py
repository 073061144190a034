"""Writes the manual page from what `--help` prints: `make golden`."""

import io
import os
import re
from contextlib import redirect_stdout
from pathlib import Path

from trail_diff.cli import run

PAGE = Path(__file__).parent.parent / "docs" / "trail-diff.1"
_COMMAND = re.compile(r"^  ([a-z][a-z-]+) ", re.MULTILINE)
_STATUSES = (
    ("0", "no relevant difference"),
    ("1", "a difference, explained or not; for what-if: something breaks"),
    ("2", "the input or the options could not be used; one line on stderr says what to do"),
    ("3", "inconclusive: the evidence does not cover the question; the warnings say why"),
    ("70", "a bug of trail-diff, with its traceback"),
)


def page() -> str:
    """Return the manual page as roff."""
    main_help = help_of()
    lines = [
        '.TH TRAIL-DIFF 1 "" "trail-diff" "User Commands"',
        ".SH NAME",
        r"trail\-diff \- explain why a KMS\-dependent AWS job failed",
        ".SH SYNOPSIS",
        *_verbatim(main_help),
    ]
    for command in commands_in(main_help):
        lines += [f".SH {_roff('trail-diff ' + command)}", *_verbatim(help_of(command))]
    lines.append(".SH EXIT STATUS")
    for status, meaning in _STATUSES:
        lines += [".TP", f".B {status}", _roff(meaning)]
    return "\n".join(lines) + "\n"


def commands_in(help_text: str) -> list[str]:
    """Return the commands that a help text lists."""
    return _COMMAND.findall(help_text.partition("Commands:")[2])


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


def _verbatim(text: str) -> list[str]:
    return [".nf", *map(_roff, text.rstrip().splitlines()), ".fi"]


def _roff(text: str) -> str:
    escaped = text.replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{escaped}" if escaped.startswith((".", "'")) else escaped


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
