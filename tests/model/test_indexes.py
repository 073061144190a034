"""What an index finds is what a look at each call or job finds, and it looks at each once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from trail_diff.events.jobs import is_succeeded
from trail_diff.model.codes import CallerKind
from trail_diff.model.indexes import CallIndex, JobIndex
from trail_diff.model.learnt import Caller, Event, Job, KeyAccess, Window, merge_windows

DAY = datetime(2026, 3, 1, tzinfo=UTC)
HOURS = st.integers(0, 9)
KEYS = st.sampled_from([None, "a", "b"])


def at(hour: int) -> datetime:
    """Return a time of the day."""
    return DAY + timedelta(hours=hour)


def make_call(number: int, hour: int, keys: list[str | None]) -> Event:
    """Make a call on some keys."""
    return Event(
        event_id=str(number),
        event_time=at(hour),
        event_source="kms.amazonaws.com",
        event_name="ReEncrypt",
        caller=Caller("AWSService", CallerKind.SERVICE_PRINCIPAL, "backup.amazonaws.com"),
        accesses=tuple(KeyAccess("kms:ReEncryptFrom", key) for key in keys),
    )


CALLS = st.lists(st.tuples(HOURS, st.lists(KEYS, max_size=2)), max_size=12).map(
    lambda told: [make_call(number, *one) for number, one in enumerate(sorted(told, key=lambda one: one[0]))]
)


class Asked:
    """Finds calls by their keys, and counts how often it was asked."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, call: Event) -> Iterator[str | None]:
        """Return the keys of a call."""
        self.times += 1
        return (access.key for access in call.accesses)


@given(CALLS, HOURS, HOURS, st.sets(st.integers(0, 11)), st.lists(KEYS, max_size=2))
def test_calls_are_found_as_by_a_look_at_each(
    calls: list[Event], start: int, length: int, left_out: set[int], keys: list[str | None]
) -> None:
    """A part of an index holds and finds the calls of its window, each once and in order, but those left out."""
    window, ids = Window(at(start), at(start + length)), set(map(str, left_out))
    asked, part = Asked(), CallIndex(calls).inside(window).without(ids)

    found = [list(part.find(asked, *keys)) for _ in range(3)]

    expected = [call for call in calls if window.holds(call.event_time) and call.event_id not in ids]
    assert (list(part), len(part), bool(part)) == (expected, len(expected), bool(expected))
    assert found == [[call for call in expected if call.is_on(keys)]] * 3
    assert asked.times == (len(calls) if keys else 0)


@given(
    st.lists(st.tuples(st.sampled_from("abAB"), HOURS, st.booleans(), st.sampled_from(["x", "y"])), max_size=12),
    HOURS, HOURS, st.sampled_from(["a", "A", "none"]),
)  # fmt: skip
def test_jobs_are_counted_as_by_a_look_at_each(
    told: list[tuple[str, int, bool, str]], first: int, last: int, but: str
) -> None:
    """Of the jobs of a vault that ended in a span, as many are counted, and as many succeeded, as there are."""
    jobs = [
        Job(one, "backup", "COMPLETED" if is_good else "FAILED", vault=vault, completed=at(hour))
        for one, hour, is_good, vault in told
    ]

    line = JobIndex(jobs).alike(Job("", "backup", vault="x")).by_end
    places = [sum(time < at(hour) for time in line.times) for hour in (first, last)]
    counted = line.tally(is_succeeded, places[0], places[1], [but])

    inside = [job for job in jobs if job.vault == "x" and job.completed and at(first) <= job.completed < at(last)]
    others = [job for job in inside if job.id.casefold() != but.casefold()]
    assert counted == (len(others), sum(map(is_succeeded, others)))


@given(st.lists(st.tuples(HOURS, HOURS), max_size=8), HOURS)
def test_merged_windows_are_the_same_time(told: list[tuple[int, int]], hour: int) -> None:
    """Windows that are merged hold every moment that they held before, overlap nowhere, and are in order."""
    windows = [Window(at(start), at(start + length)) for start, length in told]

    merged = merge_windows(windows)

    assert any(one.holds(at(hour)) for one in merged) == any(one.holds(at(hour)) for one in windows)
    assert all(one.end < other.start for one, other in pairwise(merged))
