"""The command line on a terminal of its own: pages, colours and local times."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from trail_diff.cli import run
from trail_diff.cli.output import shown_zone
from trail_diff.cli.pager import find_pager, show_paged
from trail_diff.render.width import width_of

INCIDENT = Path(__file__).parents[2] / "fixtures" / "original-incident"
JOB = "2c47cafb-f2a8-4324-bc60-6017794526c5"
EXPLAIN = ["--job-id", JOB, "--events", str(INCIDENT / "trail")]


class Shown(NamedTuple):
    """How a command ended, what stood on the terminal, and what the pager was given."""

    status: int
    screen: str
    paged: str | None


def on_terminal(
    arguments: Sequence[str], folder: Path, *, pager: str = "cat >paged", lines: int = 24, **environment: str
) -> Shown:
    """Run a command on a terminal of 80 columns, with a shell line as the pager."""
    script = folder / "pager"
    script.write_text(f"#!/bin/sh\ncd {folder}\n{pager}\n", encoding="utf-8")
    script.chmod(0o755)
    near, far = pty.openpty()
    fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", lines, 80, 0, 0))
    variables = {**os.environ, "TERM": "xterm", "PAGER": str(script), "LC_ALL": "C.UTF-8", **environment}
    for size in ("COLUMNS", "LINES"):
        variables.pop(size, None)
    command = [sys.executable, "-m", "trail_diff", *arguments]
    with subprocess.Popen(command, stdout=far, stderr=subprocess.PIPE, env=variables) as run:  # noqa: S603
        os.close(far)
        screen = _read_all(near)
        assert run.stderr is not None
        assert run.stderr.read() == b""
    paged = folder / "paged"
    return Shown(run.returncode, screen.replace("\r\n", "\n"), paged.read_text("utf-8") if paged.exists() else None)


def _read_all(terminal: int) -> str:
    found = b""
    try:
        while part := os.read(terminal, 1 << 16):
            found += part
    except OSError:  # the other end is closed
        pass
    os.close(terminal)
    return found.decode()


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_answer_stays_on_the_screen(lang: str, tmp_path: Path) -> None:
    """At 80×24 an explained job leaves room for the prompt, or is shown in a pager, whole; no line is wider than that."""
    shown = on_terminal([*EXPLAIN, "--lang", lang, "--color", "never"], tmp_path)

    text = shown.screen if shown.paged is None else shown.paged
    assert shown.status == 1
    assert shown.paged is None or not shown.screen
    assert shown.paged is not None or len(text.splitlines()) < 24
    assert JOB.upper() in text
    assert "IfExists" in text
    assert max(map(width_of, text.splitlines())) <= 80


def test_what_says_no_more_gives_room_on_a_small_terminal(tmp_path: Path) -> None:
    """At 80×24 an answer is written at once without the sentence that its table says again; a pipe has all of it."""
    small = on_terminal([*EXPLAIN, "--color", "never"], tmp_path)
    large = on_terminal([*EXPLAIN, "--color", "never"], tmp_path, lines=40)

    assert (small.paged, large.paged) == (None, None)
    assert len(small.screen.splitlines()) <= 20 < len(large.screen.splitlines()) <= 24
    for part in (
        "DenyEveryoneElse",
        "absent",
        "PutKeyPolicy",
        "IfExists",
        "AWS's fix",
        "all allowed",
        "pending deletion",
    ):
        assert part in small.screen
    assert "are absent from the failed one" in " ".join(large.screen.split())
    assert "are absent from the failed one" not in " ".join(small.screen.split())


@pytest.mark.parametrize(
    "changes",
    [
        {"lines": 70},
        {"PAGER": "cat"},
        {"PAGER": "nonexistent-pager"},
        {"pager": "exit 1"},
        {"TERM": "dumb"},
        {"PAGER": "'"},
    ],
    ids=str,
)
def test_text_is_written_where_no_pager_shows_it(changes: dict[str, Any], tmp_path: Path) -> None:
    """A text that fits, a pager that is missing or fails, and a terminal without one: the text is written as it is."""
    shown = on_terminal([*EXPLAIN, "-v"] if "lines" not in changes else EXPLAIN, tmp_path, **changes)

    assert (shown.status, shown.paged) == (1, None)
    assert "DenyEveryoneElse" in shown.screen


@pytest.mark.parametrize(("lines", "is_paged"), [(20, False), (21, True)])
def test_answer_leaves_room_for_its_command(
    lines: int,
    is_paged: bool,  # noqa: FBT001
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a terminal of 24 lines 20 are written at once, and more go through the pager."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")
    text, paged = "line\n" * lines, tmp_path / "paged"

    assert show_paged(text, {**os.environ, "TERM": "xterm", "PAGER": f"tee {paged}"}) is is_paged
    assert paged.exists() is is_paged


def test_pager_is_not_wanted(tmp_path: Path) -> None:
    """--no-pager writes a long answer at once."""
    shown = on_terminal([*EXPLAIN, "-v", "--no-pager"], tmp_path)

    assert (shown.status, shown.paged) == (1, None)
    assert len(shown.screen.splitlines()) > 24


@pytest.mark.parametrize("pager", ["head -c 1 >paged", "cat >paged; kill -INT $PPID"])
def test_leaving_the_pager_is_no_error(pager: str, tmp_path: Path) -> None:
    """A pager that is left early, and Ctrl-C in it, leave the exit status of the answer."""
    shown = on_terminal([*EXPLAIN, "-v"], tmp_path, pager=pager)

    assert (shown.status, shown.screen) == (1, "")
    assert shown.paged


def test_times_are_local_beside_utc(tmp_path: Path) -> None:
    """Where TZ is set, each time has the local one beside it, and --time utc leaves it out."""
    here = on_terminal([*EXPLAIN, "--no-pager"], tmp_path, TZ="Asia/Tokyo").screen
    plain = on_terminal([*EXPLAIN, "--no-pager", "--time", "utc"], tmp_path, TZ="Asia/Tokyo").screen

    assert "2026-03-02T18:05:00Z (03-03 03:05:00 JST)" in " ".join(here.split())
    assert "2026-03-02T09:31:00Z (18:31:00 JST)" in " ".join(here.split())
    assert "JST" not in plain


@pytest.mark.parametrize(
    ("environment", "command"),
    [
        ({}, "less"),
        ({"PAGER": "more"}, "more"),
        ({"PAGER": ""}, ""),
        ({"PAGER": "more", "TRAIL_DIFF_PAGER": "cat"}, ""),
        ({"TRAIL_DIFF_PAGER": "most -x"}, "most -x"),
    ],
)
def test_pager_is_what_the_environment_names(environment: dict[str, str], command: str) -> None:
    """TRAIL_DIFF_PAGER comes before PAGER, and that before less; cat and an empty name are none."""
    assert find_pager(environment) == command


def test_list_of_jobs_has_local_times(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """In a list, local times are within the width as well."""
    monkeypatch.setenv("TZ", "America/New_York")

    run(["jobs", "--events", str(INCIDENT / "trail")])

    shown = capsys.readouterr().out
    assert "13:05 EST" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_zone_is_shown_where_tz_names_one() -> None:
    """Without TZ and --time, times are UTC alone."""
    assert shown_zone({}, None) is None
    assert str(shown_zone({"TZ": "Asia/Tokyo"}, None)) == "Asia/Tokyo"
