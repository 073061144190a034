"""How the command line behaves as others do: files, formats, widths and colours."""

import json
from pathlib import Path

import pytest

from trail_diff.cli import run
from trail_diff.cli.output import wants_color

INCIDENT = Path(__file__).parents[2] / "fixtures" / "original-incident"
CALLERS = ["callers", "--events", str(INCIDENT / "trail")]


@pytest.mark.parametrize(
    ("name", "begins"), [("x.html", "<!doctype html>"), ("x.MD", "| caller"), ("x.json", "{"), ("x.csv", "caller_type")]
)
def test_suffix_of_the_file_is_the_format(name: str, begins: str, tmp_path: Path) -> None:
    """Without --format, the suffix of the file says which form is written."""
    assert run([*CALLERS, "-o", str(tmp_path / name)]) == 0

    assert (tmp_path / name).read_text(encoding="utf-8").lower().startswith(begins)


@pytest.mark.parametrize("order", [0, 1])
def test_format_comes_before_the_suffix(order: int, tmp_path: Path) -> None:
    """What --format says is written whatever the file is called, in whichever order the two are given."""
    given = [["--format", "json"], ["-o", str(tmp_path / "x.html")]]

    assert run([*CALLERS, *given[order], *given[1 - order]]) == 0

    assert json.loads((tmp_path / "x.html").read_text(encoding="utf-8"))["schema"] == "trail-diff/callers/1"


def test_dash_is_stdout(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-o -` writes to stdout, and no file of that name."""
    monkeypatch.chdir(tmp_path)

    assert run([*CALLERS, "--format", "json", "-o", "-"]) == 0

    assert json.loads(capsys.readouterr().out)["callers"]
    assert not Path("-").exists()


def test_text_that_is_piped_is_80_columns_wide(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a terminal and COLUMNS, no line of the report is longer than 80 columns."""
    monkeypatch.delenv("COLUMNS", raising=False)

    run(["--job-id", "2c47cafb-f2a8-4324-bc60-6017794526c5", "--events", str(INCIDENT / "trail")])

    assert 60 < max(map(len, capsys.readouterr().out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("environment", "to_terminal", "wanted"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"TERM": "dumb"}, True, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "0"}, False, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
    ],
)
def test_colour_follows_the_environment(environment: dict[str, str], to_terminal: bool, wanted: bool) -> None:  # noqa: FBT001
    """NO_COLOR comes before FORCE_COLOR, and that before what the terminal can do."""
    assert wants_color(environment, to_terminal=to_terminal) is wanted
