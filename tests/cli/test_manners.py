"""How the command line behaves as others do: files, formats, widths and colours."""

import json
import re
from pathlib import Path

import pytest

from trail_diff.cli import run
from trail_diff.cli.app import ColorChoice
from trail_diff.cli.output import wants_color
from trail_diff.render.width import width_of, wrap

INCIDENT = Path(__file__).parents[2] / "fixtures" / "original-incident"
CALLERS = ["callers", "--events", str(INCIDENT / "trail")]


@pytest.mark.parametrize(
    ("name", "begins"), [("x.html", "<!doctype html>"), ("x.MD", "| caller"), ("x.json", "{"), ("x.csv", "caller_type")]
)
def test_suffix_of_the_file_is_the_format(name: str, begins: str, tmp_path: Path) -> None:
    """Without --format, the suffix of the file says which form is written."""
    assert run([*CALLERS, "-o", str(tmp_path / name)]) == 0

    assert (tmp_path / name).read_text(encoding="utf-8").lower().startswith(begins)


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (["--save", "a.json", "--save", "b.json"], 2),
        (["--format", "csv", "--format", "json", "--key", "x", "--key", "y", "--no-progress", "--no-progress"], 0),
    ],
)
def test_option_that_names_one_thing_is_given_once(
    given: list[str], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of two files the last would count and the other be left out in silence; words like a format may be repeated."""
    assert run([*CALLERS, *given]) == status

    assert ("--save is given twice" in capsys.readouterr().err) == (status == 2)


@pytest.mark.parametrize("order", [0, 1])
def test_format_comes_before_the_suffix(order: int, tmp_path: Path) -> None:
    """What --format says is written whatever the file is called, in whichever order the two are given."""
    given = [["--format", "json"], ["-o", str(tmp_path / "x.html")]]

    assert run([*CALLERS, *given[order], *given[1 - order]]) == 0

    assert json.loads((tmp_path / "x.html").read_text(encoding="utf-8"))["schema"] == "trail-diff/callers/1"


@pytest.mark.parametrize(
    "given",
    [
        ["--job-id", "x", "--events", "{folder}/none.json"],
        ["--job-id", "x", "--events={folder}/none.json"],
        ["--case", "{folder}/none.zip"],
        ["--job-id", "x", "--events", "{folder}/a.json", "--key-policy", "{folder}/none.json"],
    ],
    ids=str,
)
def test_redacted_problem_names_no_folder(given: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --redact a problem shows of a path what a report shows: the file's own name."""
    folder = tmp_path / "acme-payroll"
    folder.mkdir()
    (folder / "a.json").write_text("{}", encoding="utf-8")
    arguments = [word.format(folder=folder) for word in given]

    assert (run([*arguments, "--redact"]), run(arguments)) == (2, 2)

    redacted, plain, _ = capsys.readouterr().err.split("\n")
    assert "acme-payroll" in plain
    assert "acme-payroll" not in redacted
    assert any(name in redacted for name in ("none.", "a.json"))


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
    ("environment", "choice", "place", "wanted"),
    [
        ({}, "auto", "terminal", True),
        ({}, "auto", "pipe", False),
        ({"TERM": "dumb"}, "auto", "terminal", False),
        ({"NO_COLOR": "1"}, "auto", "terminal", False),
        ({"FORCE_COLOR": "1"}, "auto", "pipe", True),
        ({"FORCE_COLOR": "1"}, "auto", "file", False),
        ({"FORCE_COLOR": "0"}, "auto", "pipe", False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, "auto", "terminal", False),
        ({"NO_COLOR": "1"}, "always", "pipe", True),
        ({}, "always", "file", True),
        ({"FORCE_COLOR": "1"}, "never", "terminal", False),
    ],
)
def test_colour_is_as_asked_for(environment: dict[str, str], choice: str, place: str, wanted: bool) -> None:  # noqa: FBT001
    """--color comes before NO_COLOR, that before FORCE_COLOR, and that before what the terminal can do."""
    options = {"to_terminal": place == "terminal", "to_file": place == "file"}

    assert wants_color(environment, ColorChoice(choice), **options) is wanted


def test_colour_can_be_piped(capsys: pytest.CaptureFixture[str]) -> None:
    """--color always paints what goes into a pipe, the widths being those of the plain text."""
    run(CALLERS)
    plain = capsys.readouterr().out
    run([*CALLERS, "--color", "always"])
    painted = capsys.readouterr().out

    assert "\x1b[2m" in painted
    assert re.sub(r"\x1b\[\d*m", "", painted) == plain


@pytest.fixture
def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file in which a browser of our own writes what it was asked to show."""
    program, asked = tmp_path / "browser", tmp_path / "asked"
    program.write_text(f'#!/bin/sh\necho "$1" >{asked}\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{program} %s")
    return asked


def test_page_is_opened(browser: Path, tmp_path: Path) -> None:
    """--open shows in the browser the page that -o wrote."""
    page = tmp_path / "a page.html"

    assert run([*CALLERS, "-o", str(page), "--open"]) == 0

    assert browser.read_text(encoding="utf-8").strip() == page.as_uri()
    assert page.exists()


@pytest.mark.parametrize("given", [[], ["-o", "-"], ["-o", "x.json"], ["-o", "x.html", "--format", "json"]])
def test_only_a_page_is_opened(
    given: list[str], browser: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """--open without a page to show is refused before anything is read or written."""
    monkeypatch.chdir(tmp_path)

    assert run([*CALLERS, *given, "--open"]) == 2

    assert "add -o report.html" in capsys.readouterr().err
    assert not browser.exists()
    assert not list(tmp_path.glob("x.*"))


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("--events {trail} --job-id 2c47", ["2c47CAFB-F2A8-4324-BC60-6017794526C5"]),
        ("collect --events {trail} --job-id 7D0", ["7D0B8C7A-55F4-4C0E-9D3E-8A3A1F6F0F52"]),
        ("--events {trail} --job-id nothing", []),
        ("--events /nonexistent --job-id 2c47", []),
        ("--job-id 2c47", []),
        ("triage --events {trail} --vault p", ["prod-vault"]),
        ("jobs --events {trail} --vault none", []),
        ("triage --cause key-p", ["key-policy-explicit-deny", "key-policy-no-allow", "key-pending-deletion"]),
    ],
)
def test_words_are_completed_from_the_export_and_the_causes(
    typed: str, shown: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A shell completes a job id, in the letter case that was typed, or a vault of the export before it; and a cause."""
    words = typed.format(trail=INCIDENT / "trail")
    monkeypatch.setenv("_TRAIL_DIFF_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", f"trail-diff {words}")
    monkeypatch.setenv("COMP_CWORD", str(len(words.split())))

    with pytest.raises(SystemExit):
        run([])

    assert capsys.readouterr().out.split() == shown


@pytest.mark.parametrize(
    ("text", "columns"), [("a long-word-here and another", 12), ("KMS のキーが無効です", 12), ("one two", 3)]
)
def test_words_are_broken_only_where_they_are_wider_than_the_page(text: str, columns: int) -> None:
    """A line ends at a space where one would do: no word that fits on a line of its own is cut."""
    words = {word for word in text.split() if width_of(word) <= columns}

    assert words <= set(" ".join(wrap(text, columns)).split())


def test_width_of_piped_text_is_what_columns_says(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """COLUMNS comes before the 80 columns of a pipe."""
    monkeypatch.setenv("COLUMNS", "130")

    run(["--job-id", "2c47cafb-f2a8-4324-bc60-6017794526c5", "--events", str(INCIDENT / "trail")])

    assert 80 < max(map(len, capsys.readouterr().out.splitlines())) <= 130


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--from", "03/02/2026"], "write 2026-02-03 or 2026-03-02"),
        (["--to", "soon"], "'soon' is not a time"),
        (["--from", "2026/03/03", "--to", "2026/03/02"], "is after --to"),
    ],
)
def test_time_that_cannot_be_read_says_how_to_write_it(
    given: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A date whose day and month could be exchanged is refused with what to write."""
    assert run([*CALLERS, *given]) == 2

    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("zone", "day", "found"),
    [(None, "2026/03/02", True), ("Asia/Tokyo", "2026/03/04", False), (None, "2026/03/03", False)],
)
def test_day_is_that_of_the_reader(
    zone: str | None,
    day: str,
    found: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A day as --from and --to is read in the zone of TZ, from its first to its last moment."""
    monkeypatch.setenv("TZ", zone or "")

    run([*CALLERS, "--from", day, "--to", day, "--format", "json"])

    assert bool(json.loads(capsys.readouterr().out)["callers"]) is found


def test_windows_may_have_slashes(capsys: pytest.CaptureFixture[str]) -> None:
    """Both ends of a window may be dates with slashes, and the last day counts to its end."""
    windows = ["--failed-window", "2026/03/02/2026/03/02", "--succeeded-window", "2026/03/01/2026/03/01"]

    assert run(["compare", str(INCIDENT / "trail"), *windows, "--format", "json"]) == 1

    window = json.loads(capsys.readouterr().out)["coverage"]["windows"]["failed"]
    assert [one[:19] for one in window] == ["2026-03-02T00:00:00", "2026-03-02T23:59:59"]
