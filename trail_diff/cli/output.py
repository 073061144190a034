"""Writes results to stdout or a file, everything else to stderr, and chooses the exit status."""

import codecs
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from trail_diff.cli.app import ColorChoice, ExitStatus, OutputFormat, TimeChoice
from trail_diff.cli.language import locale_language, spoken
from trail_diff.cli.options import Shown, View
from trail_diff.cli.wording import translate
from trail_diff.errors import UsageError
from trail_diff.outfile import replacing

if TYPE_CHECKING:
    from trail_diff.model.learnt import Coverage
    from trail_diff.model.report import Report
    from trail_diff.read.interface import Progress
    from trail_diff.render.interface import RenderOptions
    from trail_diff.render.list_spec import ListSpec, Row

_PIPED_LINES = 24
_NARROW = str.maketrans({"–": "-", "—": "-", "…": "~", "×": "x"})
"""What our own text needs beyond ASCII, one character for one, so that columns stay in line."""


def render_options(view: Shown) -> "RenderOptions":
    """Return the options for renderers; colour and links only on a terminal that supports them, or as --color says."""
    from trail_diff.cli.pager import LINES_BESIDE
    from trail_diff.render.interface import RenderOptions

    to_terminal = view.output is None and sys.stdout.isatty()
    columns, lines = shutil.get_terminal_size((80, 24))
    color = wants_color(os.environ, view.color, to_terminal=to_terminal, to_file=view.output is not None)
    language = view.lang or locale_language(os.environ)
    return RenderOptions(
        width=max(columns, 60),
        color=color,
        verbose=view.verbose,
        lang=language.value,
        links=color and to_terminal,
        zone=shown_zone(os.environ, view.time),
        lines=lines - LINES_BESIDE if to_terminal else _PIPED_LINES,
    )


def wants_color(
    environment: Mapping[str, str], choice: ColorChoice = ColorChoice.AUTO, *, to_terminal: bool, to_file: bool = False
) -> bool:
    """Check whether to write colours: --color decides, then NO_COLOR, then FORCE_COLOR, then what the terminal can do.

    What the environment says is not about files.
    """
    if choice is not ColorChoice.AUTO:
        return choice is ColorChoice.ALWAYS
    if environment.get("NO_COLOR") or to_file:
        return False
    if environment.get("FORCE_COLOR", "0") not in {"", "0", "false"}:
        return True
    return to_terminal and environment.get("TERM") != "dumb"


def shown_zone(environment: Mapping[str, str], choice: TimeChoice | None) -> tzinfo | None:
    """Return the zone whose times are shown beside UTC: that of TZ, or the machine's if --time asks for it."""
    if choice is TimeChoice.UTC or not (choice or environment.get("TZ")):
        return None
    from trail_diff.moments import local_zone

    return local_zone(environment.get("TZ"))


def exit_status(outcome: str) -> ExitStatus:
    """Return the exit status of a verdict's outcome."""
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

    write_output(render_report(report, view.output_format.value, render_options(view)), view)
    raise typer.Exit(exit_status(report.verdict.outcome))


def write_list(spec: "ListSpec[Row]", rows: "Sequence[Row]", coverage: "Coverage", view: View) -> None:
    """Write a list."""
    from trail_diff.render import render_list

    write_output(render_list(spec, rows, coverage, view.output_format.value, render_options(view)), view)


def write_output(text: str, view: Shown) -> None:
    """Write to stdout or to the file that was named.

    Raises:
        UsageError: it cannot be written.
    """
    if view.output is None:
        is_text = view.output_format in (OutputFormat.TABLE, OutputFormat.MARKDOWN)
        _write_stdout(text.translate(_NARROW) if is_text and not _can_encode(text) else text, pages=not view.no_pager)
        return
    write_file(view.output, text, "--output")
    if view.open_page:
        _open_page(view.output)


def _open_page(page: Path) -> None:
    import webbrowser

    if not webbrowser.open(page.resolve().as_uri()):
        write_note(f"no browser was found; open {page} in one")


def write_file(file: Path, text: str, option: str) -> None:
    """Write a file, whole or not at all.

    Raises:
        UsageError: it cannot be written.
    """
    with _writing(option, file), replacing(file) as draft:
        draft.write_text(text, encoding="utf-8")


def make_folder(path: Path) -> None:
    """Make a folder unless it is there.

    Raises:
        UsageError: it cannot be made.
    """
    with _writing("--output", path):
        path.mkdir(exist_ok=True)


@contextmanager
def _writing(option: str, place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"{option} {place}: {error.strerror or error}"
        raise UsageError(message, hint="choose a place that can be written") from error


def prepare_streams() -> None:
    r"""Make the standard streams accept any text: what their encoding lacks is written as \uXXXX, as JSON has it.

    A stream that the shell closed is opened again: stderr on the null device, stdout so that writing to it fails.
    """
    codecs.register_error("trail_diff", _escape_unencodable)
    sys.stderr = sys.stderr or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
    sys.stdout = sys.stdout or os.fdopen(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="trail_diff")


def drop_output() -> None:
    """Discard what stdout did not accept: Python would report the error again when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _write_stdout(text: str, *, pages: bool) -> None:
    try:
        if pages and sys.stdout.isatty():
            from trail_diff.cli.pager import show_paged

            if show_paged(text, os.environ):
                return
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        drop_output()
        raise UsageError(f"stdout: {error.strerror or error}", hint="write to a file with -o FILE") from error


def _can_encode(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _escape_unencodable(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{high:02x}{low:02x}" for high, low in zip(units[::2], units[1::2], strict=True)), error.end


@contextmanager
def progress_shown(*, shown: bool) -> "Iterator[Progress | None]":
    """Show progress on stderr while the block runs, if it is a terminal."""
    if not (shown and sys.stderr.isatty()):
        yield None
        return
    from trail_diff.cli.progress import show_progress

    with show_progress() as progress:
        yield progress


def write_note(note: str) -> None:
    """Write a note about the reading to stderr, as one line."""
    from trail_diff.render.escape import terminal

    head, told = (translate(text, spoken(), "notes") for text in ("note:", note))
    sys.stderr.write(terminal(f"trail-diff: {head} {told}") + "\n")


def write_end(told: str) -> None:
    """Write to stderr what a command has done, as one line."""
    typer.echo(translate(told, spoken(), "notes"), err=True)


def note_if_any(note: str | None) -> None:
    """Write a note, if there is one."""
    if note:
        write_note(note)
