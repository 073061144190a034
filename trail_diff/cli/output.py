"""From what the library gave to text on stdout or in a file and an exit status; progress and errors go to stderr."""

import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from trail_diff.cli.app import ExitStatus, Language, OutputFormat
from trail_diff.errors import UsageError

if TYPE_CHECKING:
    from trail_diff.model import Report
    from trail_diff.render.interface import RenderOptions
    from trail_diff.sources.interface import Progress


class View(NamedTuple):
    """How to show what was found, and where: as the output options say."""

    output_format: OutputFormat
    output: Path | None
    verbose: bool
    language: Language | None = None

    def render_options(self) -> "RenderOptions":
        """Give what renderers want to know; colour and links only on a terminal that wants them."""
        from trail_diff.render.interface import RenderOptions

        to_terminal = self.output is None and sys.stdout.isatty()
        width = max(shutil.get_terminal_size((100, 24)).columns, 60)
        color = to_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        language = self.language or locale_language(os.environ)
        return RenderOptions(width=width, color=color, verbose=self.verbose, lang=language.value, links=color)


def locale_language(environment: Mapping[str, str]) -> Language:
    """Give the language that a locale asks for, the first of its variables that is set having the say."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((environment[name] for name in names if environment.get(name)), "")
    is_japanese = re.split(r"[_.@-]", locale)[0].lower() in {"ja", "japanese"}
    return Language.JAPANESE if is_japanese else Language.ENGLISH


def exit_status(outcome: str) -> ExitStatus:
    """Give the exit status of a verdict's outcome."""
    match outcome:
        case "no-difference":
            return ExitStatus.NO_DIFFERENCE
        case "inconclusive":
            return ExitStatus.INCONCLUSIVE
        case _:
            return ExitStatus.DIFFERENCE


def finish(report: "Report", view: View) -> None:
    """Write a report, and exit with the status that its outcome has."""
    from trail_diff.render import render_report

    write_output(render_report(report, view.output_format.value, view.render_options()), view)
    raise typer.Exit(exit_status(report.verdict.outcome))


def write_output(text: str, view: View) -> None:
    """Write to stdout or to the file that was named.

    Raises:
        UsageError: the file cannot be written.
    """
    if view.output is None:
        sys.stdout.write(text)
        return
    try:
        view.output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"--output {view.output}: {error.strerror or error}", hint="choose a place that can be written"
        ) from error


@contextmanager
def progress_shown(*, shown: bool) -> "Iterator[Progress | None]":
    """Show progress on stderr while the block runs, if it is a terminal."""
    if not (shown and sys.stderr.isatty()):
        yield None
        return
    from trail_diff.progress import show_progress

    with show_progress() as progress:
        yield progress


def complain(message: str, hint: str) -> int:
    """Write what is wrong and what to do about it as one line to stderr."""
    from trail_diff.render.escape import terminal

    sys.stderr.write(terminal(f"trail-diff: {message.rstrip('.')}; {hint}") + "\n")
    return ExitStatus.UNUSABLE_INPUT
