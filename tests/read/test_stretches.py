"""A file of lines that several processes share gives exactly what one process makes of it, whatever stands in it."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from examples import examples
from gather.plain import gather
from hypothesis import given, settings
from hypothesis import strategies as st
from read.test_slim import count_generally, documents, spelled
from recording import Recording

from trail_diff.case.builder import build_case, case_windows
from trail_diff.case.gathered import Gathered
from trail_diff.case.question import Question
from trail_diff.gather.exports import Export, count_calls
from trail_diff.gather.job_files import read_job_files
from trail_diff.model.learnt import Facts, Window
from trail_diff.read.interface import ReadOptions
from trail_diff.read.stretches import cut
from trail_diff.read.walk import InputFile
from trail_diff.usage.callers import CallerCount

MADE = Recording()
KEY = MADE.key_arn("a")
JUNK = [
    b"no record",
    b"",
    b"{",
    b'{"Records": [',
    b"[1, 2]",
    b"eventName,eventSource",
    b"sep=;",
    b"\0\0",
    b'"text"',
    b"- '{",
]


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    """Put records one a line, now and then with something else between them."""
    made = draw(st.lists(spelled(is_wild=False), min_size=3, max_size=12))
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        junk = draw(st.one_of(st.sampled_from(JUNK), spelled(is_wild=True)))
        made.insert(draw(st.integers(0, len(made))), junk)
    end = draw(st.sampled_from([b"\n", b"\r\n"]))
    return end.join(made) + draw(st.sampled_from([b"", end, end + end]))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder."""
    return tmp_path_factory.mktemp("stretches")


@given(data=st.one_of(lines(), documents()), size=st.integers(1, 4000))
@settings(max_examples=examples(500), deadline=None)
def test_stretches_count_what_the_whole_file_counts(data: bytes, size: int, place: Path) -> None:
    """Rows, coverage and skips are the same wherever a file is cut, and whatever its lines are."""
    file = place / "export"
    file.write_bytes(data)
    count = CallerCount()

    coverage = count_calls([str(file)], count, ReadOptions(stretch_bytes=size))

    assert (count.rows(), coverage) == count_generally(file, [])


@given(data=st.binary(max_size=200), size=st.integers(1, 60))
@settings(max_examples=examples(200), deadline=None)
def test_stretches_cover_the_file_once(data: bytes, size: int, place: Path) -> None:
    """Stretches lie one behind the other from the first byte to the last, and each but the last ends a line."""
    file = place / "covered"
    head = json.dumps(MADE.kms("2026-03-01T18:05:00Z", "Decrypt", KEY, MADE.user("alice"))).encode() + b"\n"
    file.write_bytes(head + data)

    stretches = cut(InputFile(str(file), len(head + data)), size)

    assert [one.start for one in stretches[1:]] == [one.end for one in stretches[:-1]]
    assert stretches[0].start == 0
    assert stretches[-1].end in (None, len(head + data))
    assert all((head + data)[: one.end].endswith(b"\n") for one in stretches[:-1])


def test_a_file_with_a_line_longer_than_any_record_is_not_cut(tmp_path: Path) -> None:
    """A line that goes on and on would have to be held whole, and be looked through at every place to cut."""
    file = tmp_path / "long"
    head = json.dumps(MADE.kms("2026-03-01T18:05:00Z", "Decrypt", KEY, MADE.user("alice"))).encode() + b"\n"
    file.write_bytes(head + b"x" * (3 << 20))
    whole = InputFile(str(file), file.stat().st_size)

    assert cut(whole, 1 << 20) == [whole]


def write_lines(file: Path, *, junk_at: int | None = None) -> None:
    """Write two days of calls, one every five minutes, and maybe a line that is no record."""
    MADE.records.clear()
    texts = []
    for minute in range(0, 2 * 24 * 60, 5):
        at = f"2026-03-{1 + minute // 1440:02}T{minute // 60 % 24:02}:{minute % 60:02}:00Z"
        record = MADE.kms(at, "Decrypt", KEY, MADE.user("alice"), eventID=at, sharedEventID=None)
        texts.append(json.dumps(record))
    if junk_at is not None:
        texts.insert(junk_at, "no record\n{")
    file.write_text("\n".join(texts))


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("junk_at", [None, 0, 100, 400, 576])
def test_several_processes_leave_the_rest_of_a_file_to_one(junk_at: int | None, processes: int, tmp_path: Path) -> None:
    """From the first stretch on that is no lines of records, nothing of the others is counted; the file after is."""
    for name in ("a.json", "b.json"):
        write_lines(tmp_path / name, junk_at=junk_at if name == "a.json" else None)
    answers = []
    for options in (ReadOptions(), ReadOptions(stretch_bytes=20_000, processes=processes)):
        count = CallerCount()
        answers.append((count_calls([str(tmp_path)], count, options), count.rows()))

    assert answers[0] == answers[1]
    assert answers[0][0].files_read == 2


def test_the_rest_of_a_file_is_no_document_of_its_own(tmp_path: Path) -> None:
    """A record that holds others is one record wherever it lies in a file, at the beginning of the rest as well."""
    file = tmp_path / "events.json"
    record = MADE.kms("2026-03-01T18:05:00Z", "Decrypt", KEY, MADE.user("alice"), eventID="first")
    last = {**record, "eventID": "last", "Records": [{**record, "eventID": "inside"}]}
    file.write_text(json.dumps(record) + "\n" + json.dumps(last))
    count = CallerCount()

    coverage = count_calls([str(file)], count, ReadOptions(stretch_bytes=len(json.dumps(record))))

    assert (count.rows(), coverage) == count_generally(file, [])


@pytest.mark.parametrize("junk_at", [None, 300])
def test_a_case_is_read_from_stretches_in_two_passes(junk_at: int | None, tmp_path: Path) -> None:
    """Only those stretches of a file are read again that have calls around the jobs; the case is the same."""
    file, jobs = tmp_path / "events.json", tmp_path / "jobs.json"
    write_lines(file, junk_at=junk_at)
    described: list[dict[str, Any]] = [
        {"BackupJobId": name, "State": state, "CreationDate": at, "AccountId": "111122223333", "BackupVaultArn": "v"}
        for name, state, at in (
            ("failed", "FAILED", "2026-03-02T18:00:00Z"),
            ("good", "COMPLETED", "2026-03-01T06:00:00Z"),
        )
    ]
    jobs.write_text(json.dumps({"BackupJobs": described}))
    question = Question("failed")
    options = ReadOptions(stretch_bytes=20_000, processes=2)

    whole = gather([str(file)], [str(jobs)], options)
    two = Export([str(file)], options).gather_twice(
        read_job_files([str(jobs)]), lambda gathered: case_windows(gathered, question)
    )

    assert two is not None
    assert len(two.events) < len(whole.events)
    assert build_case(two, question, Facts()) == build_case(whole, question, Facts())


@pytest.mark.parametrize("processes", [1, 2])
def test_a_stretch_that_holds_lines_no_more_is_not_settled_in_two_passes(processes: int, tmp_path: Path) -> None:
    """When what is read again is something else than before, all is read at once instead."""
    file = tmp_path / "events.json"
    write_lines(file)

    def change(_gathered: Gathered) -> Sequence[Window]:
        file.write_text("no record\n" * (file.stat().st_size // 10))
        return [Window(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC))]

    export = Export([str(file)], ReadOptions(stretch_bytes=20_000, processes=processes))

    assert export.gather_twice(read_job_files([]), change) is None


def test_a_file_that_is_gone_is_one_that_cannot_be_read(tmp_path: Path) -> None:
    """A file that cannot be opened is not cut; reading it counts it as unreadable."""
    file = InputFile(str(tmp_path / "gone.json"), 10**9)

    assert cut(file, 1000) == [file]
