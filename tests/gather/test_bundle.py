"""Case bundles: the same report elsewhere, and safe to open."""

import gzip
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from incidents import FOLDER, shipped
from isal import igzip
from msgspec import structs
from recording import Recording

from trail_diff.case.question import Question
from trail_diff.cli import run
from trail_diff.errors import CaseFileError
from trail_diff.gather.bundle import DOCUMENT_LIMIT_BYTES, EVENTS_LIMIT_BYTES, open_case, save_case
from trail_diff.gather.raw_case import Collected
from trail_diff.read.interface import FoundJob, FoundRecord, Tally

SHIPPED = shipped()
INCIDENT = Path(__file__).parents[2] / "fixtures" / "original-incident"
FAILED = "2c47cafb-f2a8-4324-bc60-6017794526c5"


def shown(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    """Run the command line, and give its status and what it printed."""
    capsys.readouterr()
    status = run([str(argument) for argument in arguments])
    return status, capsys.readouterr().out


def rewritten(bundle: Path, into: Path, **members: bytes | None) -> Path:
    """Copy a bundle with members replaced, by their names' first word, or left out."""
    with zipfile.ZipFile(bundle) as old, zipfile.ZipFile(into, "w") as new:
        for name in old.namelist():
            word = name.split(".")[0].replace("-", "_")
            data = members.get(word, old.read(name))
            if data is not None:
                new.writestr(name, data)
    return into


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """Collect the original incident."""
    file = tmp_path / "case.zip"
    assert run(["collect", "--job-id", FAILED, "--events", str(INCIDENT / "trail"), "-o", str(file)]) == 0
    return file


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the cases of shipped incidents lie that were collected already."""
    return tmp_path_factory.mktemp("cases")


@pytest.mark.parametrize("output_format", ["json", "table", "markdown", "csv", "html"])
@pytest.mark.parametrize("name", [name for name in SHIPPED if "--job-id" in SHIPPED[name]["argv"]])
def test_report_of_a_bundle_is_that_of_the_direct_run(
    name: str, output_format: str, cases: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every shipped incident, collected and opened, is told byte for byte as from its exports."""
    monkeypatch.chdir(FOLDER / name)
    arguments = SHIPPED[name]["argv"]
    lang = ["en", "ja"][list(SHIPPED).index(name) % 2]
    case = cases / f"{name}.zip"

    direct = shown(capsys, *arguments, "--format", output_format, "--lang", lang)
    if not case.exists():
        run(["collect", *arguments, "-o", str(case)])
    monkeypatch.chdir(cases)
    opened = shown(capsys, "--case", case, "--format", output_format, "--lang", lang)

    assert opened == direct


@pytest.mark.parametrize("command", [[], ["triage"], ["compare"]], ids=["report", "triage", "compare"])
def test_what_is_fetched_next_depends_on_when_it_is_asked(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Event history is named for 90 days from the events on; then no command names it any more."""
    incident = FOLDER / "trail-excludes-kms"
    arguments: list[object] = ["--events", incident / "export", "--job", incident / "job.json"]
    if command == ["compare"]:
        windows = ["2026-01-11T06:50:00Z/2026-01-11T07:30:00Z", "2026-01-10T06:50:00Z/2026-01-10T07:30:00Z"]
        arguments = [incident / "export", "--failed-window", windows[0], "--succeeded-window", windows[1]]
    elif not command:
        arguments += ["--job-id", "7a53a47a-f17c-485b-b457-a31ded6167b9"]
    arguments += ["--format", "json"]

    _, early = shown(capsys, *command, *arguments)
    monkeypatch.setattr("trail_diff.inputs._now", lambda: datetime(2026, 4, 12, tzinfo=UTC))
    _, late = shown(capsys, *command, *arguments)

    assert "lookup-events --lookup" in early
    assert "lookup-events --lookup" not in late
    assert "describe-trails" in late


@pytest.mark.parametrize("redact", [[], ["--redact"]], ids=["plain", "redacted"])
def test_a_bundle_is_as_of_when_it_was_collected(
    redact: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The report of a bundle stays the same when event history no longer holds what it is about."""
    monkeypatch.chdir(FOLDER / "trail-excludes-kms")
    case = tmp_path / "case.zip"
    run(["collect", *SHIPPED["trail-excludes-kms"]["argv"], "-o", str(case), *redact])

    soon = shown(capsys, "--case", case, "--format", "json")
    monkeypatch.setattr("trail_diff.inputs._now", lambda: datetime(2027, 1, 1, tzinfo=UTC))
    later = shown(capsys, "--case", case, "--format", "json")

    assert soon == later
    assert "lookup-events --lookup" in later[1]


def test_same_case_gives_the_same_bytes(bundle: Path, tmp_path: Path) -> None:
    """A bundle holds no time of writing, so that two of one case can be compared."""
    again = tmp_path / "again.zip"

    run(["collect", "--case", str(bundle), "-o", str(again)])

    assert again.read_bytes() == bundle.read_bytes()


def test_all_that_was_collected_comes_back(tmp_path: Path) -> None:
    """Records, job documents, every count and the question are the same after a round trip, odd text included."""
    tally = Tally()
    tally.files, tally.records, tally.kms_records, tally.next_token, tally.event_history = 2, 9, 3, True, 4
    tally.first, tally.last, tally.as_of = "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z"
    tally.read_only = {True: 5, False: 4}
    tally.hours = {("eu-west-1", "111122223333", "2026-03-01T18"): 9}
    tally.searched, tally.without_caller_type = {("eu-west-1", "111122223333", "a", "b")}, 1
    collected = Collected(
        records=(FoundRecord({"eventName": "\ud800\x1b[31m", "deep": [{"a": 1.5}, None]}, "a.zip!b.json"),),
        job_documents=(FoundJob({"BackupJobId": "j"}, "job.json"),),
        tally=tally,
        notes=("a note",),
        baseline_job_id="b",
        asked_at=datetime(2026, 3, 4, tzinfo=UTC),
    )
    question = Question("j", keys=("k",), regions=("eu-west-1",))

    save_case(tmp_path / "case.zip", collected, question, "1")
    opened, asked = open_case(tmp_path / "case.zip")

    assert (opened.records, opened.job_documents, opened.notes) == (
        collected.records,
        collected.job_documents,
        collected.notes,
    )
    assert vars(opened.tally) == vars(tally)
    assert (asked, opened.baseline_job_id, opened.asked_at) == (question, "b", collected.asked_at)


def test_other_peoples_calls_stay_out(bundle: Path) -> None:
    """What lies outside of both jobs' windows and changes nothing is not in the bundle."""
    collected, _ = open_case(bundle)

    assert 0 < len(collected.records) < collected.tally.records


def test_facts_given_beside_a_bundle_count(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A key policy that was not collected can be handed in later; it comes before what the bundle has."""
    _, out = shown(capsys, "--case", bundle, "--key-policy", INCIDENT / "old-key-policy.json", "--format", "json")

    assert any(decision["as_of"] == "today" for decision in json.loads(out)["decisions"])


@pytest.mark.parametrize("command", ["jobs", "callers"])
def test_lists_read_bundles(command: str, bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Jobs and callers can be listed from a bundle."""
    status, out = shown(capsys, command, "--case", bundle, "--format", "json")

    assert status == 0
    assert json.loads(out)[command]


def test_redacted_bundle_holds_no_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --redact nothing in the bundle names an account, role, vault or key, and the verdict is the same."""
    case, names = tmp_path / "case.zip", tmp_path / "map.json"
    collect = ["collect", "--job-id", FAILED, "--events", str(INCIDENT / "trail"), "-o", str(case)]
    run([*collect, "--redact", "--map", str(names)])

    with zipfile.ZipFile(case) as archive:
        members = [archive.read(name) for name in archive.namelist()]
    content = b"".join(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data for data in members)
    status, out = shown(capsys, "--case", case, "--format", "json")
    assert status == 1
    assert json.loads(out)["verdict"]["cause"] == "key-policy-explicit-deny"
    for name in (b"111122223333", b"prod-vault", b"AWSBackupDefaultServiceRole", b"key-admin", b"orders"):
        assert name not in content
    assert "prod-vault" in json.loads(names.read_text(encoding="utf-8"))["names"].values()


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"manifest": b'{"schema": "trail-diff/case/9"}'}, "this version reads"),
        ({"manifest": b"{"}, "damaged"),
        ({"manifest": b'{"schema": "trail-diff/case/1"}'}, "damaged"),
        ({"manifest": None}, "no case bundle"),
        ({"events": None}, "it has no events.ndjson.gz"),
        ({"events": igzip.compress(b"not json\n")}, "damaged"),
        ({"events": igzip.compress(b"{}")}, "cut off"),
        ({"events": igzip.compress(b"\0" * (DOCUMENT_LIMIT_BYTES + (4 << 20)))}, "larger than any real one"),
    ],
)
def test_wrong_bundle_is_refused(
    members: dict[str, Any], said: str, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another version, a damaged or missing member, and a bomb are each one line with exit status 2."""
    wrong = rewritten(bundle, tmp_path / "wrong.zip", **members)
    capsys.readouterr()

    status = run(["--case", str(wrong)])

    captured = capsys.readouterr()
    assert status == 2
    assert said in captured.err
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize(
    ("part", "wrong"),
    [
        ("counts", {"records": -5}),
        ("counts", {"records": 10**30}),
        ("counts", {"hours": [["eu-west-1", "a", "2026", -3]]}),
        ("asked", {"pad_seconds": 10**15}),
        ("asked", {"pad_seconds": -60}),
        ("asked", {"at": "2026-03-01T00:00:00"}),
        ("skipped", [{"source": "x", "reason": "binary-file", "count": -4}]),
        ("skipped", [{"source": "x", "reason": "no-such-reason", "count": 1}]),
    ],
)
def test_wrong_numbers_of_a_manifest_are_refused(part: str, wrong: Any, bundle: Path, tmp_path: Path) -> None:
    """Counts below nothing or beyond any real one never reach a report."""
    manifest = json.loads(zipfile.ZipFile(bundle).read("manifest.json"))
    manifest[part] = {**manifest[part], **wrong} if isinstance(wrong, dict) else wrong
    changed = rewritten(bundle, tmp_path / "wrong.zip", manifest=json.dumps(manifest).encode())

    with pytest.raises(CaseFileError, match="damaged"):
        open_case(changed)


@pytest.mark.parametrize("option", ["--job-id", "--baseline-job-id"])
def test_a_bundle_answers_for_its_own_jobs_only(option: str, bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another job's records were left out, so asking about it would blame their absence; it is refused."""
    other = "032BEB71-DEBF-4B98-916D-CE3B496FBD50"

    status = run(["--case", str(bundle), option, other])

    assert status == 2
    assert f"collect it anew with {option}" in capsys.readouterr().err


def test_a_bundle_takes_keys_beside_its_question(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--key with a bundle counts, and its own job id in any letter case changes nothing."""
    _, plain = shown(capsys, "--case", bundle, "--format", "json")

    _, same = shown(capsys, "--case", bundle, "--job-id", FAILED.upper(), "--format", "json")
    _, other = shown(capsys, "--case", bundle, "--key", "0000c0de-0000-4000-8000-00000000000a", "--format", "json")

    assert same == plain
    assert other != plain


def test_notes_of_the_collecting_run_are_told_again(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What AWS refused to the one who collected is said to the one who opens the bundle."""
    manifest = json.loads(zipfile.ZipFile(bundle).read("manifest.json"))
    noted = {**manifest, "notes": ["kms:GetKeyPolicy was refused"]}
    changed = rewritten(bundle, tmp_path / "noted.zip", manifest=json.dumps(noted).encode())
    capsys.readouterr()

    run(["--case", str(changed)])

    assert "note: kms:GetKeyPolicy was refused" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["callers"], ["what-if", "--key-policy", str(INCIDENT / "key-policy.json")]])
def test_a_bundle_says_that_it_is_no_whole_trail(
    command: list[str], bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who else uses a key cannot be told from a bundle, and is not claimed."""
    capsys.readouterr()

    run([*command, "--case", str(bundle)])

    assert "holds only the calls around its two jobs" in capsys.readouterr().err


def test_a_bundle_is_not_written_over_itself(bundle: Path) -> None:
    """Redacting a bundle onto itself would lose the original, and is refused."""
    before = bundle.read_bytes()

    assert run(["collect", "--case", str(bundle), "-o", str(bundle), "--redact"]) == 2

    assert bundle.read_bytes() == before


def test_redacted_report_names_no_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where a file lay on the owner's machine is nobody's business; its own name tells enough."""
    place = tmp_path / "acme-customer"
    place.mkdir()
    (place / "policy.json").write_bytes((INCIDENT / "old-key-policy.json").read_bytes())
    facts = ["--key-policy", str(place / "policy.json"), "--redact", "--format", "json", "-v"]

    _, out = shown(capsys, "--job-id", FAILED, "--events", INCIDENT / "trail", *facts)

    assert "_CloudTrail_" in out
    assert "acme-customer" not in out
    assert "trail/" not in out


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 but no zip", b"{}"])
def test_what_is_no_zip_is_refused(content: bytes, tmp_path: Path) -> None:
    """A file that is no zip is no bundle."""
    file = tmp_path / "case.zip"
    file.write_bytes(content)

    with pytest.raises(CaseFileError):
        open_case(file)


def test_members_that_do_not_belong_are_never_read(bundle: Path, tmp_path: Path) -> None:
    """A member named like a path out of the folder is neither read nor written anywhere."""
    with zipfile.ZipFile(bundle, "a") as archive:
        archive.writestr("../../escape.json", "{}")
    before = set(tmp_path.rglob("*"))

    open_case(bundle)

    assert set(tmp_path.rglob("*")) == before
    assert EVENTS_LIMIT_BYTES < 1 << 40


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--case", "nowhere.zip"], "No such file"),
        (["--case", "x.zip", "--events", "x"], "do not go together"),
        (["--case", "x.zip", "--region", "eu-west-1"], "no effect with --case"),
        (["--case", "x.zip", "--from", "2h ago"], "no effect with --case"),
        (["--case", "x.zip", "--job", "x.json"], "no effect with --case"),
        (["--case", "x.zip", "--pad", "2h"], "no effect with --case"),
        (["callers", "--case", "x.zip", "--to", "2h ago"], "no effect with --case"),
        (["--job-id", "x", "--events", "x", "--map", "m"], "--map goes with --redact"),
        (["collect", "--events", "x", "-o", "y"], "--job-id is missing"),
    ],
)
def test_options_that_cannot_be_used(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What does not go together is said in one line with exit status 2."""
    status = run(arguments)

    assert status == 2
    assert said in capsys.readouterr().err


def test_records_are_normalised_once_however_often_a_case_is_asked_for() -> None:
    """What was gathered from raw records is held, and is made anew only of other records."""
    made = Recording()
    whole = Collected(records=(FoundRecord(made.kms("2026-03-01T18:05:00Z", "Decrypt", None, made.user("a")), "x"),))

    assert whole.gathered() is whole.gathered()
    assert structs.replace(whole, records=()).gathered().events == ()
