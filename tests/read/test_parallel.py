"""Several processes give what one gives, in the same order, and end in an orderly way."""

import multiprocessing
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from read.wrapping import dump
from recording import Recording

from trail_diff.errors import SourceError, UsageError
from trail_diff.gather import engine
from trail_diff.gather.exports import count_calls
from trail_diff.read.interface import ReadOptions
from trail_diff.read.parallel import run_in_order
from trail_diff.usage.callers import CallerCount

MADE = Recording()
FILES = 40


def spell(item: int) -> Iterator[str]:
    """Yield as many results as the item says; the larger, the sooner."""
    time.sleep(0.001 * (5 - item % 5))
    yield from (f"{item}.{place}" for place in range(item % 3))


def echo(item: int) -> Iterator[int]:
    """Yield the item."""
    yield item


def fail(item: int) -> Iterator[int]:
    """End the process at the third item."""
    if item == 3:
        raise SystemExit(7)
    yield item


def refuse(item: int) -> Iterator[int]:
    """Refuse the third item."""
    if item == 3:
        raise UsageError("not this one", hint="leave it out")
    yield item


@pytest.mark.parametrize("processes", [0, 2])
def test_what_the_work_raises_is_raised_here(processes: int) -> None:
    """An error of the user's in another process comes with its message and hint, behind all results before it."""
    results = run_in_order(refuse, range(9), processes)

    before = [next(results)[1] for _ in range(3)]
    with pytest.raises(UsageError) as raised:
        next(results)

    assert before == [0, 1, 2]
    assert (raised.value.message, raised.value.hint) == ("not this one", "leave it out")


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_results_come_in_the_order_of_the_items(processes: int) -> None:
    """Whichever process is done first, the results are in order, and none is lost."""
    results = [result for _, result in run_in_order(spell, range(50), processes)]

    assert results == [f"{item}.{place}" for item in range(50) for place in range(item % 3)]


def test_the_work_is_done_here_where_no_process_may_be_started() -> None:
    """A limit on processes or open files, as containers have, makes reading slower and nothing else."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.open(os.devnull, os.O_RDONLY)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
    try:
        results = list(run_in_order(echo, range(10), 2))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert results == [(0, item) for item in range(10)]


def test_a_process_that_ends_early_is_told() -> None:
    """A process that was killed is an error with a hint, not a shorter answer."""
    with pytest.raises(SourceError, match="ended early"):
        list(run_in_order(fail, range(10), 2))

    assert not multiprocessing.active_children()


def test_a_process_that_ends_while_nobody_listens_is_told() -> None:
    """A process that was killed between two results is the same error, though it is met when more work is sent."""
    results = run_in_order(echo, iter(range(10**9)), 2)
    next(results)
    for process in multiprocessing.active_children():
        process.kill()
        process.join()

    with pytest.raises(SourceError, match="ended early"):
        list(results)


def test_no_process_is_left_when_reading_is_given_up() -> None:
    """Whoever stops listening (Ctrl-C) leaves no process behind."""
    results = run_in_order(spell, iter(range(10**9)), 2)
    next(results)

    results.close()

    assert not multiprocessing.active_children()


@pytest.fixture(scope="module")
def trail(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write many files; every event is in two of them."""
    folder = tmp_path_factory.mktemp("trail")
    who = [MADE.user("alice"), MADE.role("r", "s"), MADE.service("backup-storage.amazonaws.com")]
    padding: dict[str, Any] = {"userAgent": "x" * 1000}
    for number in range(FILES):
        MADE.records.clear()
        for event in range(300):
            at = f"2026-03-01T18:{number:02}:{event % 60:02}Z"
            key = MADE.key_arn(str(event % 4))
            MADE.kms(
                at, "Decrypt", key, who[event % 3], eventID=f"{number // 2}-{event}", sharedEventID=None, **padding
            )
        (folder / f"{number:02}.json").write_bytes(dump({"Records": MADE.records}))
    return folder


def test_several_processes_count_what_one_counts(trail: Path) -> None:
    """Rows, coverage and which file a duplicate is ascribed to are the same with any number of processes."""
    assert sum(file.stat().st_size for file in trail.iterdir()) > engine.WORTH_BATCHES * engine.BATCH_BYTES
    answers = []
    for processes in (1, 2, 3):
        count = CallerCount()
        coverage = count_calls([str(trail)], count, ReadOptions(processes=processes))
        answers.append((count.rows(), coverage))

    assert answers[0] == answers[1] == answers[2]
    assert sum(row.calls for row in answers[0][0]) == FILES // 2 * 300
    assert sum(skipped.count for skipped in answers[0][1].skipped) == FILES // 2 * 300


ELSEWHERE = """
import sys
sys.platform = "darwin"  # before multiprocessing is loaded: processes are started afresh, as on all but Linux
from trail_diff.usage.callers import CallerCount
from trail_diff.gather.exports import count_calls
from trail_diff.gather.exports import Export
from trail_diff.gather.job_files import read_job_files
from trail_diff.read.interface import ReadOptions
options = ReadOptions(processes=2)
coverage = count_calls(sys.argv[1:], CallerCount(), options, stdin=sys.stdin.buffer)
print(coverage.records_read, Export(sys.argv[1:], options).gather_twice(read_job_files([]), lambda _: ()).tally.records)
"""


def test_processes_that_are_started_afresh_read_the_same(trail: Path) -> None:
    """Where processes are not forked, all that they need is copied to them, though the command line holds stdin."""
    command = [sys.executable, "-c", ELSEWHERE, str(trail)]

    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)  # noqa: S603 - our own code

    assert done.stdout.split() == [str(FILES * 300)] * 2


def test_progress_is_told_by_several_processes(trail: Path) -> None:
    """Every file, byte and record that any process reads reaches the progress."""

    class Told:
        files = read = records = 0

        def file(self, name: str, size: int | None) -> None:
            assert name
            assert size
            self.files += 1

        def advance(self, read_bytes: int, records: int) -> None:
            self.read += read_bytes
            self.records += records

        def search(self, done: float, seconds_left: float, records: int) -> None:
            raise AssertionError((done, seconds_left, records))

    told = Told()

    count_calls([str(trail)], CallerCount(), ReadOptions(processes=2), progress=told)

    size = sum(file.stat().st_size for file in trail.iterdir())
    assert (told.files, told.read, told.records) == (FILES, size, FILES * 300)
