"""The command line as a user meets it: answers, exit statuses, and one clear line for what cannot be used."""

import gzip
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from recording import Recording, as_lookup_events, as_trail_file

from trail_diff.cli import run
from trail_diff.cli.language import locale_language
from trail_diff.render import FORMATS
from trail_diff.render.width import width_of

FIXTURES = Path(__file__).parents[2] / "fixtures" / "original-incident"
FAILED = "2c47cafb-f2a8-4324-bc60-6017794526c5"
SUCCEEDED = "7d0b8c7a-55f4-4c0e-9d3e-8a3a1f6f0f52"
GRANTS = FIXTURES.parent / "incidents" / "origin-dynamodb-vault-key" / "grants.json"
SCHEMA = Path(__file__).parents[2] / "trail_diff" / "data" / "report.schema.json"


class Shown:
    """What a run printed and how it ended."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err

    @property
    def report(self) -> Any:
        """Return the JSON that was printed."""
        return json.loads(self.out)


Cli = Callable[..., Shown]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run the command line in this process."""

    def call(*arguments: object) -> Shown:
        status = run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Shown(status, out, err)

    return call


def is_refusal(shown: Shown) -> bool:
    """Check whether the run ended with one clear line and exit status 2."""
    return shown.status == 2 and shown.err.count("\n") == 1 and "Traceback" not in shown.err and shown.out == ""


@pytest.mark.parametrize("export", ["trail", "event_history.json", "lookup-events.json"])
def test_original_incident_is_told_from_every_form(cli: Cli, export: str) -> None:
    """The missing caller, the baseline and the key are the same from a trail folder, the console and lookup-events."""
    shown = cli("--job-id", FAILED, "--events", FIXTURES / export, "--format", "json")

    missing = {
        (group["caller"]["type"], group["caller"]["name"], group["action"])
        for group in shown.report["callers"]
        if group["presence"] == "only-succeeded"
    }
    assert shown.status == 1
    assert missing == {
        ("AWSService", "backup-storage.amazonaws.com", "kms:Decrypt"),
        ("AWSService", "backup-storage.amazonaws.com", "kms:GenerateDataKey"),
    }
    assert shown.report["succeeded"]["id"].lower() == SUCCEEDED
    assert shown.report["failed"]["key"] == Recording(seed="original-incident").key_arn("vault")


@pytest.mark.parametrize("end", [",", "\n"], ids=["array", "lines"])
def test_sources_in_another_case_are_read_as_aws_writes_them(cli: Cli, tmp_path: Path, end: str) -> None:
    """A SIEM may write `KMS.amazonaws.com`: the answer is the same as from AWS's own lower case."""
    records = json.loads((FIXTURES / "event_history.json").read_text(encoding="utf-8"))["Records"]
    changed = end.join(json.dumps({**one, "eventSource": one["eventSource"].capitalize()}) for one in records)
    export = tmp_path / "export.json"
    export.write_text(f"[{changed}]" if end == "," else changed, encoding="utf-8")

    asked = ("--job-id", FAILED, "--format", "json")
    ours, theirs = cli(*asked, "--events", export), cli(*asked, "--events", FIXTURES / "event_history.json")

    for part in ("verdict", "callers", "findings"):
        assert ours.report[part] == theirs.report[part]
    assert "kms-events-excluded" not in ours.report["coverage"]["warnings"]


def test_report_follows_its_schema(cli: Cli) -> None:
    """What is printed as JSON is valid by the schema that ships with the package."""
    shown = cli("--job-id", FAILED, "--events", FIXTURES / "trail", "--format", "json")

    Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(shown.report)


@pytest.mark.parametrize("width", [80, 120])
def test_table_fits_the_terminal(cli: Cli, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    """No line of the table is wider than the terminal."""
    monkeypatch.setenv("COLUMNS", str(width))

    shown = cli("--job-id", FAILED, "--events", FIXTURES / "trail")

    assert "backup-storage.amazonaws.com" in shown.out
    assert max(map(width_of, shown.out.splitlines())) <= width


@pytest.mark.parametrize("output_format", ["table", "markdown", "json", "csv"])
def test_coverage_or_counts_are_in_every_form(cli: Cli, output_format: str, tmp_path: Path) -> None:
    """Each form is written to a file just as to the terminal."""
    target = tmp_path / "report"

    shown = cli("--job-id", FAILED, "--events", FIXTURES / "trail", "--format", output_format, "-o", target)

    assert (shown.status, shown.out) == (1, "")
    assert "backup-storage.amazonaws.com" in target.read_text(encoding="utf-8")


def test_jobs_are_listed_with_their_baseline(cli: Cli) -> None:
    """Each failed job is listed with the job it would be compared with."""
    shown = cli("jobs", "--events", FIXTURES / "trail", "--format", "json")

    rows = {row["job"]["id"].lower(): row for row in shown.report["jobs"]}
    assert shown.status == 0
    assert rows[FAILED]["baseline"]["id"].lower() == SUCCEEDED
    assert rows[SUCCEEDED]["baseline"] is None


def test_callers_of_a_key_are_listed(cli: Cli) -> None:
    """Who used the vault's key, how often and with which outcome."""
    key = Recording(seed="original-incident").key_arn("vault")

    shown = cli("callers", "--events", FIXTURES / "trail", "--key", key, "--format", "json")

    found = {(row["caller"]["name"], row["action"]): row["calls"] for row in shown.report["callers"]}
    assert found["backup-storage.amazonaws.com", "kms:GenerateDataKey"] == 3
    assert found["key-admin", "kms:PutKeyPolicy"] == 1


def test_two_exports_are_compared_without_a_job_id(cli: Cli, tmp_path: Path) -> None:
    """Compare takes one export of each run."""
    records = json.loads((FIXTURES / "event_history.json").read_text(encoding="utf-8"))["Records"]
    for day in ("2026-03-01", "2026-03-02"):
        part = [record for record in records if record["eventTime"].startswith(day)]
        (tmp_path / f"{day}.json").write_text(as_trail_file(part), encoding="utf-8")

    shown = cli("compare", tmp_path / "2026-03-02.json", tmp_path / "2026-03-01.json", "--format", "json")

    assert shown.status == 1
    assert "backup-storage.amazonaws.com" in shown.report["verdict"]["summary"]


def test_two_windows_of_one_export_are_compared(cli: Cli) -> None:
    """Compare takes one export and two spans of time."""
    shown = cli(
        "compare",
        FIXTURES / "event_history.json",
        "--failed-window",
        "2026-03-02T18:00:00Z/2026-03-02T18:30:00Z",
        "--succeeded-window",
        "2026-03-01T18:00:00Z/2026-03-01T18:30:00Z",
        "--format",
        "json",
    )

    assert shown.status == 1
    assert shown.report["failed"]["kind"] == "window"


def test_same_job_twice_is_no_difference(cli: Cli) -> None:
    """Comparing an export with itself shows no difference and exits 0."""
    shown = cli("compare", FIXTURES / "trail", FIXTURES / "trail")

    assert shown.status == 0


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--job-id", FAILED],
        ["--job-id", FAILED, "--events", "no/such/file.json"],
        ["--job-id", "not-there", "--events", str(FIXTURES / "trail")],
        ["--job-id", FAILED, "--events", str(FIXTURES / "trail"), "--from", "2026-03-03", "--to", "2026-03-01"],
        ["--job-id", FAILED, "--events", str(FIXTURES / "trail"), "--from", "yesterday-ish"],
        ["--job-id", FAILED, "--events", str(FIXTURES / "trail"), "--pad", "long"],
        ["--job-id", FAILED, "--events", str(FIXTURES / "trail"), "--baseline-job-id", FAILED],
        ["--job-id", FAILED, "--events", str(FIXTURES / "trail"), "--job", str(FIXTURES / "key-policy.json")],
        ["--job-id", FAILED, "--events", str(FIXTURES / "trail"), "--grants", str(FIXTURES / "key-policy.json")],
        ["--job-id", FAILED, "--events", str(FIXTURES / "trail"), "--key-state", str(FIXTURES / "key-policy.json")],
        ["--job-id", FAILED, "--events", str(FIXTURES / "trail"), "--key-policy", "no/such/policy.json"],
        ["--job-id", FAILED, "--events", str(FIXTURES / "trail"), "--format", "xml"],
        ["--job-id", FAILED, "--events", str(FIXTURES / "trail"), "-o", "no/such/folder/report"],
        ["--no-such-option"],
        ["no-such-command"],
        ["--events", str(FIXTURES / "trail"), "jobs"],
        ["jobs"],
        ["callers"],
        ["compare"],
        ["compare", str(FIXTURES / "trail"), "--succeeded-window", "2026-03-01/2026-03-02"],
        ["compare", str(FIXTURES / "trail"), "--failed-window", "x/y", "--succeeded-window", "x/y"],
    ],
)
def test_what_cannot_be_used_is_one_line(cli: Cli, arguments: list[str]) -> None:
    """Options and inputs that cannot be used end in one line that says what to do, and exit status 2."""
    assert is_refusal(cli(*arguments))


def test_folder_without_events_is_refused(cli: Cli, tmp_path: Path) -> None:
    """A folder that holds no event at all has no job in it."""
    (tmp_path / "notes.txt").write_text("nothing here", encoding="utf-8")

    assert is_refusal(cli("--job-id", FAILED, "--events", tmp_path))


def test_job_that_is_not_there_says_what_was_read(cli: Cli, tmp_path: Path) -> None:
    """Where the wrong files were given, how much was read and what was skipped says so."""
    (tmp_path / "export.7z").write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(40))
    (tmp_path / "valid.json").write_text('{"Records": []}', encoding="utf-8")

    shown = cli("--job-id", FAILED, "--events", tmp_path)

    assert is_refusal(shown)
    assert "0 record(s) read in 2 file(s), 1 skipped as unsupported-archive" in shown.err


def test_damaged_files_do_not_hide_the_rest(cli: Cli, tmp_path: Path) -> None:
    """A truncated gz, a binary file and JSON cut in the middle are counted; what is readable gives the answer."""
    trail = (FIXTURES / "event_history.json").read_bytes()
    (tmp_path / "good.json").write_bytes(trail)
    (tmp_path / "cut.json.gz").write_bytes(gzip.compress(trail)[:-2000])
    (tmp_path / "binary.dat").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "cut.json").write_bytes(trail[:5000])

    shown = cli("--job-id", FAILED, "--events", tmp_path, "--format", "json")

    reasons = {skipped["reason"] for skipped in shown.report["coverage"]["skipped"]}
    assert shown.status == 1
    assert {"truncated-archive", "binary-file", "truncated-json", "duplicate"} <= reasons
    assert "input-partly-read" in shown.report["coverage"]["warnings"]


@pytest.mark.parametrize(
    ("name", "content", "confidence"),
    [
        ("more.7z", b"7z\xbc\xaf\x27\x1c" + bytes(40), "likely"),
        ("more.rar", b"Rar!\x1a\x07\x01\x00" + bytes(40), "likely"),
        ("more.lz4", b"\x04\x22\x4d\x18" + bytes(40), "likely"),
        ("more.lzma", b"]\0\0\x80\0" + bytes(range(256)) * 8, "likely"),
        ("more.json.gz", bytes(range(256)) * 8, "likely"),
        ("screen.PNG", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, "confirmed"),
        ("invoice.pdf", b"%PDF-1.7\n" + bytes(range(256)) * 8, "confirmed"),
    ],
)
def test_what_may_hold_events_and_was_not_read_leaves_an_absence_likely(
    cli: Cli, tmp_path: Path, name: str, content: bytes, confidence: str
) -> None:
    """An archive of another kind beside the exports may hold the missing call; an image or a PDF does not."""
    (tmp_path / "good.json").write_bytes((FIXTURES / "event_history.json").read_bytes())
    (tmp_path / name).write_bytes(content)

    report = cli("--job-id", FAILED, "--events", tmp_path, "--format", "json").report

    assert report["findings"][0]["confidence"] == confidence
    assert ("input-partly-read" in report["coverage"]["warnings"]) is (confidence == "likely")


def test_record_with_odd_fields_is_counted(cli: Cli, tmp_path: Path) -> None:
    """A record whose needed fields have the wrong type is counted, and the others are used."""
    records = json.loads((FIXTURES / "event_history.json").read_text(encoding="utf-8"))["Records"]
    odd = [{**records[0], "eventTime": 7, "eventID": "odd-1", "eventSource": "kms.amazonaws.com"}]
    (tmp_path / "odd.json").write_text(as_trail_file([*records, *odd]), encoding="utf-8")

    shown = cli("--job-id", FAILED, "--events", tmp_path, "--format", "json")

    assert shown.status == 1
    assert "invalid-record" in {skipped["reason"] for skipped in shown.report["coverage"]["skipped"]}


def test_one_id_in_two_accounts_is_refused_until_one_is_named(cli: Cli, tmp_path: Path) -> None:
    """Two jobs with one id in two accounts: the user is asked which; --account settles it."""
    records = json.loads((FIXTURES / "event_history.json").read_text(encoding="utf-8"))["Records"]
    twin = json.loads(json.dumps(records).replace("111122223333", "444455556666"))
    for number, record in enumerate(twin):
        record["eventID"] = f"twin-{number}"
        record.pop("sharedEventID", None)
    (tmp_path / "both.json").write_text(as_trail_file([*records, *twin]), encoding="utf-8")

    undecided = cli("--job-id", FAILED, "--events", tmp_path)
    decided = cli("--job-id", FAILED, "--events", tmp_path, "--account", "444455556666", "--format", "json")

    assert is_refusal(undecided)
    assert "--account" in undecided.err
    assert decided.report["failed"]["account"] == "444455556666"


HOSTILE = "\x1b[31mred\x1b]0;title\x07 | `x` [link](http://example.com) =cmd()\n# heading \u202eevil\u200b<b>&"


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """Return an export in which every free text is hostile."""
    made = Recording()
    key = made.key_arn("k")
    for day, state, job_id in (("2026-03-01", "COMPLETED", "good"), ("2026-03-02", "FAILED", "bad")):
        made.backup_job(
            job_id,
            f"{day}T18:05:00Z",
            f"{day}T18:15:00Z",
            state,
            vault="v" + HOSTILE,
            resource=made.arn("dynamodb", "table/" + HOSTILE),
            role=made.role_arn("r" + HOSTILE),
            statusMessage=HOSTILE,
        )
        made.add(f"{day}T19:45:00Z", "ec2.amazonaws.com", "CreateTags", made.user("u"), readOnly=False)
    context = {"aws:backup:backup-vault": "v" + HOSTILE}
    made.kms("2026-03-01T18:06:00Z", "Decrypt", key, made.service("=backup" + HOSTILE), context)
    made.kms("2026-03-02T18:06:00Z", "Decrypt", key, made.role("r" + HOSTILE, HOSTILE), context, errorCode=HOSTILE)
    path = tmp_path / "hostile.json"
    path.write_text(as_lookup_events(made.sorted()), encoding="utf-8")
    return path


@pytest.mark.parametrize("output_format", ["table", "markdown", "csv", "json"])
@pytest.mark.parametrize("command", [["--job-id", "bad"], ["jobs"], ["callers"]], ids=["job", "jobs", "callers"])
def test_hostile_text_cannot_act(cli: Cli, hostile: Path, command: list[str], output_format: str) -> None:
    """Nothing of a log field reaches the terminal as a control character, whatever the form."""
    shown = cli(*command, "--events", hostile, "--format", output_format, "-v")

    allowed = {"\n"} | ({"\r"} if output_format == "csv" else set())
    assert not {char for char in shown.out if ord(char) < 32 or 127 <= ord(char) < 160} - allowed
    assert not {"\u202e", "\u200b"} & set(shown.out)
    assert shown.out


def test_error_line_is_escaped(cli: Cli) -> None:
    """A file name with control characters cannot act on the terminal either."""
    shown = cli("--job-id", "x", "--events", "no\x1b[31m\nfile")

    assert is_refusal(shown)
    assert "\x1b" not in shown.err


JAPANESE = "キーポリシーのステートメントによる明示的な拒否"


def test_answer_is_in_the_language_asked_for(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """--lang comes before the locale; without it a Japanese locale gives Japanese."""
    asked = ("--job-id", FAILED, "--events", FIXTURES / "trail")
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")

    assert JAPANESE in cli(*asked).out
    assert "denies the call" in cli(*asked, "--lang", "en").out
    assert JAPANESE in cli(*asked, "--lang", "ja", "--format", "json").report["verdict"]["summary"]


@pytest.mark.parametrize(
    "command",
    [
        ["jobs", "--events", FIXTURES / "trail"],
        ["callers", "--events", FIXTURES / "trail"],
        ["compare", FIXTURES / "trail", FIXTURES / "trail"],
        ["what-if", "--key-policy", FIXTURES / "key-policy.json"],
    ],
    ids=lambda command: str(command[0]),
)
@pytest.mark.parametrize("output_format", ["table", "markdown"])
def test_every_command_speaks_japanese(cli: Cli, command: list[object], output_format: str) -> None:
    """Each command takes --lang, and none of its words stays in English."""
    shown = cli(*command, "--lang", "ja", "--format", output_format).out

    assert "レコード" in shown
    assert not re.search(r"\b(caller|read|records|coverage|backup job|unchanged|skipped)\b", shown)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "en"),
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "ja"}, "ja"),
        ({"LC_MESSAGES": "en_US.UTF-8", "LANG": "ja_JP.UTF-8"}, "en"),
        ({"LC_ALL": "ja_JP.eucJP", "LANG": "C"}, "ja"),
        ({"LC_ALL": "", "LANG": "ja_JP"}, "ja"),
        ({"LANG": "jam_JM"}, "en"),
    ],
)
def test_language_follows_the_locale(environment: dict[str, str], expected: str) -> None:
    """LC_ALL comes before LC_MESSAGES, and that before LANG; an empty one counts as not set."""
    assert locale_language(environment) == expected


@pytest.mark.parametrize(("lang", "rows"), [("en", 24), ("ja", 28)])
def test_answer_fits_a_screen(cli: Cli, monkeypatch: pytest.MonkeyPatch, lang: str, rows: int) -> None:
    """In a terminal of 80 columns the answer to the original incident takes a screen (Japanese is wider), -v many."""
    monkeypatch.setenv("COLUMNS", "80")
    asked = ("--job-id", FAILED, "--events", FIXTURES / "trail", "--lang", lang)

    lines = cli(*asked).out.splitlines()

    assert len(lines) <= rows
    assert all(width_of(line) <= 80 for line in lines)
    assert len(cli(*asked, "-v").out.splitlines()) > 80


def test_file_has_neither_colour_nor_links(cli: Cli) -> None:
    """What does not go to a terminal has no escape sequence in it."""
    assert "\x1b" not in cli("--job-id", FAILED, "--events", FIXTURES / "trail", "-v").out


def test_shell_completion_offers_the_words_of_an_option() -> None:
    """The shell is offered the formats, and no heavy library is loaded for that."""
    code = "import sys; from trail_diff.cli import main\ntry: main()\nfinally: print(*sys.modules, file=sys.stderr)"
    asked = {"COMP_WORDS": "trail-diff jobs --format ", "COMP_CWORD": "3", "_TRAIL_DIFF_COMPLETE": "complete_bash"}

    shown = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env={**os.environ, **asked}
    )

    assert shown.stdout.split() == list(FORMATS)
    assert not {"pandas", "msgspec", "boto3"} & set(shown.stderr.split())


@pytest.mark.parametrize(
    ("command", "headings"),
    [
        ((), ["What to explain", "Where events come from", "Event history of AWS", "What is known of the key"]),
        (("jobs",), ["Which jobs", "Where events come from", "Output", "How to run"]),
        (("compare",), ["Arguments", "Options", "What is known of the key", "Output", "How to run"]),
    ],
    ids=str,
)
def test_help_lists_options_under_headings(cli: Cli, command: tuple[str, ...], headings: list[str]) -> None:
    """--help has a section for each group of options that a command takes, in the order of the groups."""
    shown = re.findall(r"^(\w[\w ]+):$", cli(*command, "--help").out, re.MULTILINE)

    assert shown[: len(headings)] == headings


def test_version_is_shown(cli: Cli) -> None:
    """--version names the program and its version."""
    assert cli("--version").out.startswith("trail-diff 0.")


def test_key_that_no_record_names_is_not_blamed(cli: Cli) -> None:
    """A key asked about that is in no record does not override the job's own, which alone gets the cause."""
    key = "arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-4000-8000-000000000000"

    shown = cli("--job-id", FAILED, "--events", FIXTURES / "trail", "--key", key, "--format", "json")

    assert shown.report["findings"]
    assert key not in {finding["key"] for finding in shown.report["findings"]}
    assert "key-not-in-events" in shown.report["coverage"]["warnings"]


def test_bug_is_no_difference() -> None:
    """An error of our own keeps its traceback, and its exit status is none of those that mean something."""
    code = "import sys; from trail_diff.cli import main as m; from trail_diff.cli.main import main, app\n"
    code += "sys.argv = ['trail-diff', 'break']\n@app.command('break')\ndef broken(): raise ValueError('x')\nmain()"

    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603

    assert ended.returncode == 70
    assert "ValueError: x" in ended.stderr


@pytest.mark.parametrize(("columns", "more"), [("80", ()), ("80", ("-v",)), ("80", ("--lang", "ja")), ("120", ())])
def test_callers_are_named_in_full(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, columns: str, more: tuple[str, ...]
) -> None:
    """The list of callers fits the terminal, and cuts neither who called nor what was called."""
    monkeypatch.setenv("COLUMNS", columns)

    shown = cli("callers", "--events", FIXTURES / "trail", *more).out

    assert max(map(width_of, shown.splitlines())) <= int(columns)
    for word in ("backup-storage.amazonaws.com", "AWSBackupDefaultServiceRole", "kms:GenerateDataKey"):
        assert word in shown


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("jobs", "--nosuch"), "see 'trail-diff jobs --help'"),
        (("jobs", "trail/"), "exports go after --events"),
        ((FAILED,), "a job id goes after --job-id"),
        (("--format", "pdf"), "'pdf' is not one of"),
        (("what-if", "--key-policy", GRANTS), "grants.json: no policy in it"),
    ],
    ids=str,
)
def test_slip_is_answered_with_what_was_meant(cli: Cli, arguments: tuple[object, ...], hint: str) -> None:
    """A wrong word is refused in one line that names the option, the file or the command's own help."""
    shown = cli(*arguments)

    assert is_refusal(shown)
    assert hint in shown.err
    assert "Value error" not in shown.err


def test_policy_of_the_organization_is_named_in_the_default_view(cli: Cli, tmp_path: Path) -> None:
    """A refusal that names a policy of the organization shows its ARN, and how to look at it, without -v."""
    made = Recording()
    who, key = made.role("app", "s"), made.key_arn("a")
    policy = "arn:aws:organizations::444455556666:policy/o-abc1234567/service_control_policy/p-abcd1234"
    refused = made.denied(who, "kms:Decrypt", key, f"with an explicit deny in a service control policy: {policy}")
    made.kms("2026-03-01T10:00:00Z", "Decrypt", key, who, None, **refused)
    export = tmp_path / "failed.json"
    export.write_text(json.dumps({"Records": made.records}), encoding="utf-8")

    shown = cli("compare", export)

    assert policy in "".join(line.strip() for line in shown.out.splitlines())
    assert "aws organizations describe-policy --policy-id p-abcd1234" in shown.out
