"""The public Python API."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import trail_diff
from trail_diff import Inputs, Question, RenderOptions, analyse, load_case, render_report, summarize

FIXTURES = Path(__file__).parent.parent / "fixtures" / "original-incident"


def test_every_public_name_is_there() -> None:
    """Each name of `__all__` can be loaded."""
    assert all(getattr(trail_diff, name) for name in trail_diff.__all__)


def test_other_names_are_not_there() -> None:
    """A name that is not public is an AttributeError, as for any module."""
    with pytest.raises(AttributeError):
        _ = trail_diff.nothing


def test_example_of_the_docstring_works() -> None:
    """Three calls lead from an export to a rendered report."""
    question = Question("2c47cafb-f2a8-4324-bc60-6017794526c5")

    report = analyse(load_case(Inputs(events=(str(FIXTURES / "trail"),)), question))

    assert report.verdict.cause == "key-policy-explicit-deny"
    assert "DenyEveryoneElse" in render_report(report, "table", RenderOptions())


def test_verdict_is_worded_when_it_is_rendered() -> None:
    """The analysis knows no language; its sentence comes with the rendering, or from `summarize`."""
    report = analyse(
        load_case(Inputs(events=(str(FIXTURES / "trail"),)), Question("2c47cafb-f2a8-4324-bc60-6017794526c5"))
    )

    assert not report.verdict.summary
    assert "backup-storage.amazonaws.com" in summarize(report)
    assert json.loads(render_report(report, "json"))["verdict"]["summary"] == summarize(report, "en")
    assert summarize(report, "ja") != summarize(report)


def test_case_analysed_twice_gives_one_report() -> None:
    """Nothing after the case reads a file or a clock."""
    case = load_case(Inputs(events=(str(FIXTURES / "trail"),)), Question("2c47cafb-f2a8-4324-bc60-6017794526c5"))

    assert analyse(case) == analyse(case)


def test_offline_commands_open_no_socket() -> None:
    """A run with --events fails if anything tries to open a socket; it does not."""
    code = (
        "import socket, sys\n"
        "def refuse(*_a, **_k): raise SystemExit('a socket was opened')\n"
        "socket.socket = refuse\n"
        "from trail_diff.cli import run\n"
        f"sys.exit(run(['--job-id', '2c47cafb-f2a8-4324-bc60-6017794526c5', '--events', {str(FIXTURES / 'trail')!r}]))"
    )

    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)  # noqa: S603

    assert ended.returncode == 1
    assert b"socket" not in ended.stderr
