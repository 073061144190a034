"""Reading a large export in two passes gives the very case, and the very list of jobs, that reading all of it gives."""

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from examples import examples
from gather.plain import gather
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from read.test_slim import KEYS, records
from recording import Recording

from trail_diff.case.builder import build_case, case_windows
from trail_diff.case.comparison import build_comparison
from trail_diff.case.gathered import Gathered
from trail_diff.case.question import Question
from trail_diff.errors import SourceError
from trail_diff.gather.exports import Export, WindowsOf
from trail_diff.gather.job_files import read_job_files
from trail_diff.inputs import Inputs
from trail_diff.model.learnt import Case, Facts, Window
from trail_diff.model.reasons import Reason
from trail_diff.pipeline import load_comparison, save_bundle
from trail_diff.read.interface import ReadOptions

MADE = Recording()
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
ACCOUNT, REGION = "111122223333", "eu-west-1"
OPTIONS = ReadOptions(batch_files=1)
HOURS = ("11", "12", "17", "18", "20")
NAMES = ("Decrypt", "CreateGrant", "PutKeyPolicy", "ListAliases", "RotateKey", "PutEventSelectors", "CreateBackupVault")
SPANS = (
    Window(datetime(2026, 3, 1, 18, 4, tzinfo=UTC), datetime(2026, 3, 1, 18, 7, tzinfo=UTC)),
    Window(datetime(2026, 3, 1, 11, 5, 4, tzinfo=UTC), datetime(2026, 3, 1, 12, 5, 4, tzinfo=UTC)),
)
QUESTIONS = st.sampled_from([(), (KEYS[0],), ("alias/x",), (KEYS[1].rpartition("/")[2],), ("alias/nowhere",)])


def job(name: str, state: str, hour: int) -> dict[str, Any]:
    """Describe a backup job of ten minutes."""
    return {
        "BackupJobId": name,
        "State": state,
        "BackupVaultArn": f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:v",
        "ResourceArn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/orders",
        "ResourceType": "DynamoDB",
        "AccountId": ACCOUNT,
        "CreationDate": f"2026-03-01T{hour:02}:00:00Z",
        "CompletionDate": f"2026-03-01T{hour:02}:10:00Z",
    }


JOBS = {"BackupJobs": [job("failed", "FAILED", 18), job("good", "COMPLETED", 17), job("older", "COMPLETED", 11)]}


@st.composite
def wider(draw: st.DrawFn) -> dict[str, Any]:
    """Make a record of any hour of the day: a KMS call, a change, or one of AWS Backup."""
    record = draw(records(is_wild=draw(st.integers(0, 5)) == 0))
    number = draw(st.integers(0, 9))
    is_copy = draw(st.integers(0, 2)) == 0
    hour = HOURS[number % len(HOURS)] if is_copy else draw(st.sampled_from(HOURS))
    record["eventID"] = f"id-{number}" if is_copy or draw(st.integers(0, 199)) == 0 else str(draw(st.uuids()))
    record["eventTime"] = f"2026-03-01T{hour}:05:0{number}Z"
    record["sharedEventID"] = None
    if draw(st.integers(0, 2)) == 0:
        record["eventName"] = draw(st.sampled_from(NAMES))
    if draw(st.integers(0, 4)) == 0:
        record["eventSource"] = draw(st.sampled_from(["backup.amazonaws.com", "iam.amazonaws.com"]))
        record["serviceEventDetails"] = draw(
            st.sampled_from([None, {}, {**JOBS["BackupJobs"][2], "backupJobId": "told"}])
        )
    if draw(st.integers(0, 9)) == 0:
        record["userIdentity"] = {"invokedBy": "backup.amazonaws.com"}
    return record


def no_windows(_gathered: Gathered) -> Sequence[Window]:
    """Want no calls, the jobs are all."""
    return ()


def read_both(
    folder: Path, options: ReadOptions, windows_of: WindowsOf, keys: Sequence[str] = ()
) -> tuple[Gathered, Gathered | None]:
    """Read a folder in the plain way, and in two passes and a third for how changed keys were used."""
    jobs = folder.parent / "jobs.json"
    jobs.write_text(json.dumps(JOBS))
    plain = gather([str(folder)], [str(jobs)], options)
    export = Export([str(folder)], options)
    two = export.gather_twice(read_job_files([str(jobs)]), windows_of, by_name=True)
    return plain, export.with_uses(two, keys) if two is not None else None


def write(folder: Path, files: Sequence[Any]) -> Path:
    """Write documents into a new folder."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for number, content in enumerate(files):
        (folder / f"{number:02}.json").write_text(json.dumps(content))
    return folder


def ask(gathered: Gathered, question: Question) -> Case:
    """Build the case, whose coverage depends on all that was read."""
    return build_case(gathered, question, Facts())


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder."""
    return tmp_path_factory.mktemp("survey")


@given(
    files=st.lists(st.lists(wider(), max_size=6), min_size=8, max_size=12),
    keys=QUESTIONS,
    region=st.sampled_from([(), (REGION,)]),
)
@settings(max_examples=examples(150), deadline=None)
def test_two_passes_build_the_case_that_one_builds(
    files: list[Any], keys: tuple[str, ...], region: tuple[str, ...], place: Path
) -> None:
    """Whatever lies in which file, the case is the same to the last count, or the two passes say that they cannot."""
    folder = write(place / "trail", [{"Records": one} for one in files])
    question = Question("failed", keys=keys)
    options = structs.replace(OPTIONS, regions=region)

    whole, two = read_both(folder, options, lambda gathered: case_windows(gathered, question), keys)

    if two is not None:
        assert ask(two, question) == ask(whole, question)
        assert (two.jobs, two.skipped, vars(two.tally)) == (whole.jobs, whole.skipped, vars(whole.tally))


def test_what_told_of_jobs_only_is_not_held_for_many_jobs(place: Path) -> None:
    """Its jobs are known; calls of KMS, refused or in a window, and changes are among the events."""
    made = Recording()
    resource, role = made.arn("dynamodb", "table/orders"), made.role_arn("backup")
    times = ("2026-03-01T18:05:00Z", "2026-03-01T12:05:00Z")
    for number, time in enumerate(times):
        made.backup_job(f"told-{number}", time, time, "COMPLETED", vault="v", resource=resource, role=role)
        made.kms(time, "Decrypt", KEYS[0], made.service("backup.amazonaws.com"), {})
        made.kms(time, "Decrypt", KEYS[0], made.service("backup.amazonaws.com"), {}, errorCode="AccessDenied")
        made.kms(time, "DisableKey", KEYS[0], made.user("admin"))
    folder = write(place / "many", [{"Records": [record]} for record in made.sorted()])

    found = Export([str(folder)], OPTIONS).gather_twice(
        read_job_files([]), lambda _gathered: SPANS[:1], with_refused=True
    )

    assert found is not None
    assert {job.id for job in found.jobs} == {"TOLD-0", "TOLD-1"}
    assert sorted(event.event_name for event in found.events) == ["Decrypt"] * 3 + ["DisableKey"] * 2


@given(files=st.lists(st.lists(wider(), max_size=6), min_size=8, max_size=12), keys=QUESTIONS)
@settings(max_examples=examples(60), deadline=None)
def test_two_passes_compare_two_spans_as_one_does(files: list[Any], keys: tuple[str, ...], place: Path) -> None:
    """Two spans of time of one export compare the same, whether all was kept or only what lies in them."""
    folder = write(place / "trail", [{"Records": one} for one in files])

    whole, two = read_both(folder, OPTIONS, lambda _gathered: SPANS, keys)

    if two is not None:
        compared = [build_comparison(one, one, SPANS, keys, Facts()) for one in (two, whole)]
        assert compared[0] == compared[1]


@pytest.mark.parametrize("windows", [(SPANS[0], SPANS[1]), (SPANS[0], None), (None, SPANS[1])])
def test_two_passes_compare_two_exports_as_one_does(
    windows: tuple[Window | None, Window | None], tmp_path: Path
) -> None:
    """What one export tells of the other's time counts for the coverage of both, however large they are."""
    both, late = ("11:30", "18:05"), ("12:30",)
    folders = []
    for name, times in (("failed", late), ("succeeded", both)):
        MADE.records.clear()
        for at in times:
            for key in KEYS:
                MADE.kms(f"2026-03-01T{at}:00Z", "Decrypt", key, MADE.user("alice"), eventID=f"{name} {at} {key}")
        files = [*({"Records": [record]} for record in MADE.records), *([{"Records": []}] * 8)]
        folders.append(str(write(tmp_path / name, files)))

    cases = [
        load_comparison(folders[0], folders[1], Inputs(options=options), windows=windows, keys=(KEYS[0],))
        for options in (ReadOptions(), OPTIONS)
    ]

    assert cases[0] == cases[1]


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("is_late_large", [True, False])
def test_uses_of_a_key_are_those_of_both_exports(processes: int, tmp_path: Path, *, is_late_large: bool) -> None:
    """A change that one export tells of divides the uses that the other has; a call that is in both counts once."""
    folders = []
    for name, policy_at, times in (
        ("failed", "12:00", ("11:30", "18:05")),
        ("good", None, ("03:00", "11:30", "20:00")),
    ):
        MADE.records.clear()
        for at in times:
            MADE.kms(f"2026-03-01T{at}:00Z", "Decrypt", KEYS[0], MADE.user("alice"), eventID=at, sharedEventID=None)
        if policy_at is not None:
            MADE.kms(f"2026-03-01T{policy_at}:00Z", "PutKeyPolicy", KEYS[0], MADE.user("carol"), eventID="change")
        fill: list[Any] = [{"Records": []}] * (8 if name == "failed" or is_late_large else 0)
        folders.append(str(write(tmp_path / name, [*({"Records": [record]} for record in MADE.records), *fill])))

    cases = [
        load_comparison(folders[0], folders[1], Inputs(options=options), windows=SPANS, keys=(KEYS[0],))
        for options in (ReadOptions(), structs.replace(OPTIONS, processes=processes))
    ]

    assert cases[0].uses == cases[1].uses
    assert [(use.since, use.calls) for use in cases[0].uses] == [(None, 2), ("change", 2)]


@given(
    files=st.lists(st.lists(wider(), max_size=6), min_size=8, max_size=12),
    keys=QUESTIONS,
    processes=st.sampled_from([1, 2]),
)
@settings(max_examples=examples(40), deadline=None)
def test_a_bundle_of_a_large_export_holds_what_one_of_all_at_once_holds(
    files: list[Any], keys: tuple[str, ...], processes: int, place: Path
) -> None:
    """Whether only what the case rests on is ever held, or all: the bundle is the same, byte for byte."""
    folder = write(place / "trail", [{"Records": one} for one in files])
    jobs = place / "jobs.json"
    jobs.write_text(json.dumps(JOBS))
    bundles = []
    for options in (ReadOptions(), structs.replace(OPTIONS, processes=processes)):
        inputs = Inputs(events=(str(folder),), jobs=(str(jobs),), options=options)
        save_bundle(place / "case.zip", inputs, Question("failed", keys=keys))
        bundles.append((place / "case.zip").read_bytes())

    assert bundles[0] == bundles[1]


def test_a_bundle_of_a_large_export_needs_no_record_of_other_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day's calls are never held raw for the bundle of one job."""
    folder = busy_trail(tmp_path / "trail")
    (folder / "jobs.json").write_text(json.dumps(JOBS))
    monkeypatch.setattr("trail_diff.bundles.collect", None)

    kept = save_bundle(tmp_path / "case.zip", Inputs(events=(str(folder),), options=OPTIONS), Question("failed"))

    assert 0 < len(kept.records) < 48
    assert kept.tally.records == 24 * 12


def busy_trail(folder: Path, *, last: dict[str, Any] | None = None) -> Path:
    """Write a day of calls, one file an hour, and maybe one record more in the last file."""
    files = []
    for hour in range(24):
        MADE.records.clear()
        for minute in range(0, 60, 5):
            at = f"2026-03-01T{hour:02}:{minute:02}:00Z"
            MADE.kms(
                at, "Decrypt", KEYS[0], MADE.service("backup-storage.amazonaws.com"), eventID=at, sharedEventID=None
            )
        files.append({"Records": [*MADE.records, *([last] if last and hour == 23 else [])]})
    return write(folder, files)


def test_only_what_the_case_holds_is_kept(tmp_path: Path) -> None:
    """Of a day's calls only those around the jobs are kept, though all are counted."""
    folder = busy_trail(tmp_path / "trail")
    question = Question("failed")

    whole, two = read_both(folder, OPTIONS, lambda gathered: case_windows(gathered, question))

    assert two is not None
    assert len(whole.events) == 24 * 12
    assert 0 < len(two.events) < 48
    assert two.tally.records == 24 * 12
    assert ask(two, question) == ask(whole, question)


def test_an_event_whose_copies_have_other_times_is_not_settled_in_two_passes(tmp_path: Path) -> None:
    """When the first copy of an event may lie outside of what is read again, all is read at once instead."""
    MADE.records.clear()
    copy = MADE.kms(
        "2026-03-01T18:05:00Z",
        "Decrypt",
        KEYS[0],
        MADE.user("alice"),
        eventID="2026-03-01T03:00:00Z",
        sharedEventID=None,
    )
    folder = busy_trail(tmp_path / "trail", last=copy)
    question = Question("failed")

    _, two = read_both(folder, OPTIONS, lambda gathered: case_windows(gathered, question))

    assert two is None


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("left", [None, 0, 1000])
def test_a_file_that_changes_between_the_passes_is_not_settled_in_two(
    left: int | None, processes: int, tmp_path: Path
) -> None:
    """When a file is gone, or shorter than it was, its calls are not taken for absent: all is read at once instead."""
    folder = busy_trail(tmp_path / "trail")
    question = Question("failed")

    def change(gathered: Gathered) -> Sequence[Window]:
        for file in folder.iterdir():
            if left is None:
                file.unlink()
            else:
                file.write_text(file.read_text()[:left])
        return case_windows(gathered, question)

    _, two = read_both(folder, structs.replace(OPTIONS, processes=processes), change)

    assert two is None


@given(files=st.lists(st.lists(wider(), max_size=6), min_size=1, max_size=9), lines=st.booleans())
@settings(max_examples=examples(100), deadline=None)
def test_one_pass_gathers_what_the_plain_way_does(files: list[Any], *, lines: bool, place: Path) -> None:
    """Of a small export every event, job, count and skip is the one that reading every record by itself gives."""
    folder = write(place / "trail", [{"Records": one} for one in files])
    if lines:
        (folder / "lines.json").write_text("\n".join(json.dumps(record) for one in files for record in one))
    jobs = place / "jobs.json"
    jobs.write_text(json.dumps(JOBS))

    plain = gather([str(folder)], [str(jobs)], ReadOptions())
    once = Export([str(folder)], ReadOptions()).gather_once(read_job_files([str(jobs)]))

    assert (once.events, once.jobs, once.skipped) == (plain.events, plain.jobs, plain.skipped)
    assert vars(once.tally) == vars(plain.tally)


def test_small_exports_and_pipes_are_read_once(tmp_path: Path) -> None:
    """What fits into a few batches, or cannot be read twice, is read in one pass."""
    folder = write(tmp_path / "trail", [{"Records": []}])

    assert not Export([str(folder)], ReadOptions()).is_large
    assert not Export(["-"], OPTIONS).is_large
    assert Export([str(busy_trail(tmp_path / "busy"))], OPTIONS).is_large


def test_a_pipe_that_a_pattern_fits_is_read_once(tmp_path: Path) -> None:
    """A pipe beside many files has nobody who writes to it a second time, so nothing is read twice."""
    folder = busy_trail(tmp_path / "trail")
    os.mkfifo(folder / "pipe.json")

    assert not Export([str(folder / "*.json")], OPTIONS).is_large


def test_a_name_that_no_file_can_have_is_one_that_is_not_there(tmp_path: Path) -> None:
    """A name that is too long for the file system is an error with a hint, as any other that is not there."""
    with pytest.raises(SourceError, match="no such file"):
        Export([str(tmp_path / ("x" * 300))], OPTIONS)


def test_jobs_alone_need_no_second_pass(tmp_path: Path) -> None:
    """A list of jobs keeps no KMS call, and counts all of them."""
    folder = busy_trail(tmp_path / "trail")

    whole, two = read_both(folder, structs.replace(OPTIONS, processes=2), no_windows)

    assert two is not None
    assert two.events == ()
    assert (two.jobs, vars(two.tally)) == (whole.jobs, vars(whole.tally))


@pytest.mark.parametrize("time", ["", "!", "eventTime"])
def test_a_time_that_cannot_be_read_narrows_and_widens_nothing(time: str, tmp_path: Path) -> None:
    """A record without a time, or a header that stands in a table twice, leaves the time that is covered as it is."""
    call = MADE.kms(time, "Decrypt", KEYS[0], MADE.user("alice"), eventID="timeless", sharedEventID=None)
    folder = busy_trail(tmp_path / "trail", last=call)

    whole, two = read_both(folder, OPTIONS, no_windows)

    assert two is not None
    assert vars(two.tally) == vars(whole.tally)
    assert (two.tally.first, two.tally.last) == ("2026-03-01T00:00:00Z", "2026-03-01T23:55:00Z")


def test_one_export_does_not_cover_for_the_other(tmp_path: Path) -> None:
    """Calls that another export has of the failed side's time say nothing of what the failed side's own export lacks."""
    folders = []
    for name, times in (("failed", ("11:30", "18:05")), ("succeeded", ("10:00", "12:30", "18:05"))):
        MADE.records.clear()
        for at in times:
            MADE.kms(f"2026-03-01T{at}:00Z", "Decrypt", KEYS[0], MADE.user("alice"), eventID=f"{name} {at}")
        folders.append(str(write(tmp_path / name, [{"Records": MADE.records}])))
    windows = (Window(datetime(2026, 3, 1, 12, 5, tzinfo=UTC), datetime(2026, 3, 1, 12, 45, tzinfo=UTC)), SPANS[0])

    case = load_comparison(folders[0], folders[1], Inputs(), windows=windows)
    turned = load_comparison(folders[1], folders[0], Inputs(), windows=windows)

    assert Reason.WINDOW_NOT_COVERED in case.coverage.warnings
    assert Reason.WINDOW_NOT_COVERED not in turned.coverage.warnings


def test_windows_that_hold_no_call_open_no_file_again(tmp_path: Path) -> None:
    """A time without calls gives no events, and no error."""
    folder = busy_trail(tmp_path / "trail")
    window = Window(LONG_AGO, LONG_AGO)

    _, two = read_both(folder, OPTIONS, lambda _gathered: [window])

    assert two is not None
    assert two.events == ()
