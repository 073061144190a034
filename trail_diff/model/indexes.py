"""Calls and jobs that many cases look at: found by what they have in common, so that no case looks at each.

Each index is made once, of what is asked of it, and shared; a case has a part of it.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING

from trail_diff.model.codes import FAILED_STATES

if TYPE_CHECKING:
    from trail_diff.model.learnt import Event, Job, Window

_EPOCH = datetime.fromtimestamp(0, UTC)

Signs = Callable[["Event"], Iterable[Hashable]]
"""What calls are found by: of one call it returns every sign that it has. The same for all calls, it is kept."""


class CallIndex:
    """Calls in order of time, and at which places those of a sign are."""

    def __init__(self, calls: Iterable["Event"] = ()) -> None:
        self.calls = tuple(calls)
        self._times = [call.event_time for call in self.calls]
        self._signed: dict[Signs, dict[Hashable, array[int]]] = {}

    def inside(self, window: "Window") -> "WindowCalls":
        """Return the calls in a window."""
        return WindowCalls(self, *self.span(window))

    def span(self, window: "Window") -> tuple[int, int]:
        """Return the place of the first call in a window, and that behind the last."""
        return bisect_left(self._times, window.start), bisect_right(self._times, window.end)

    def before(self, moment: datetime) -> int:
        """Return how many calls were made up to a time."""
        return bisect_right(self._times, moment)

    def places(self, signs_of: Signs, sign: Hashable) -> Sequence[int]:
        """Return the places of the calls that have a sign, in order."""
        found = self._signed.get(signs_of)
        if found is None:
            found = self._signed[signs_of] = {}
            for place, call in enumerate(self.calls):
                for one in dict.fromkeys(signs_of(call)):
                    found.setdefault(one, array("L")).append(place)
        return found.get(sign, ())


class WindowCalls(Collection["Event"]):
    """The calls of a span of time, in order, but some that are left out."""

    def __init__(
        self, index: CallIndex | None = None, first: int = 0, last: int = 0, left_out: Collection[str] = frozenset()
    ) -> None:
        self._index, self._first, self._last, self._left_out = index or CallIndex(), first, last, left_out

    @classmethod
    def of(cls, calls: Iterable["Event"]) -> "WindowCalls":
        """Return calls that are in order of time already."""
        index = CallIndex(calls)
        return cls(index, 0, len(index.calls))

    def without(self, ids: Iterable[str]) -> "WindowCalls":
        """Return the same but the calls with these ids."""
        return WindowCalls(self._index, self._first, self._last, frozenset(ids).union(self._left_out))

    def find(self, signs_of: Signs, *signs: Hashable) -> Iterator["Event"]:
        """Yield the calls that have one of some signs, in order."""
        places: list[int] = []
        for sign in signs:
            row = self._index.places(signs_of, sign)
            places += row[bisect_left(row, self._first) : bisect_left(row, self._last)]
        for place in sorted(set(places)) if len(signs) > 1 else places:
            if (call := self._index.calls[place]).event_id not in self._left_out:
                yield call

    def __iter__(self) -> Iterator["Event"]:
        for call in self._index.calls[self._first : self._last]:
            if call.event_id not in self._left_out:
                yield call

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        return next(iter(self), None) is not None

    def __contains__(self, call: object) -> bool:
        return any(one == call for one in self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WindowCalls) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(call.event_id for call in self))


class JobIndex:
    """Jobs, found by their vaults and by what they are alike in."""

    def __init__(self, jobs: Sequence["Job"]) -> None:
        self._jobs = jobs
        self._alike: dict[Hashable, Siblings] = {}

    @cached_property
    def _by_vault(self) -> dict[str | None, list["Job"]]:
        found: dict[str | None, list[Job]] = {}
        for job in self._jobs:
            found.setdefault(job.vault, []).append(job)
        return found

    @cached_property
    def _failed(self) -> list["Job"]:
        failed = [job for job in self._jobs if job.state in FAILED_STATES and job.created and job.completed]
        return sorted(failed, key=lambda job: job.created or _EPOCH)

    @cached_property
    def _failed_times(self) -> tuple[list[datetime], timedelta]:
        """Return when the failed jobs began, and how long the longest ran."""
        spans = [(job.created or _EPOCH, job.completed or _EPOCH) for job in self._failed]
        return [start for start, _ in spans], max((end - start for start, end in spans), default=timedelta())

    def failed_between(self, start: datetime, end: datetime) -> Iterator["Job"]:
        """Yield the failed jobs that ran at some time of a span."""
        starts, longest = self._failed_times
        for at in range(bisect_left(starts, start - longest), bisect_right(starts, end)):
            job = self._failed[at]
            if job.completed is not None and job.completed >= start:
                yield job

    def of_vault(self, vault: str | None) -> Sequence["Job"]:
        """Return all jobs of a vault."""
        return self._by_vault.get(vault, ()) if vault else ()

    def alike(self, job: "Job") -> "Siblings":
        """Return the jobs of a job's vault that are of its kind and type."""
        sign = (job.vault, job.kind, job.resource_type)
        if sign not in self._alike:
            of_vault = self.of_vault(job.vault)
            self._alike[sign] = Siblings([one for one in of_vault if (one.vault, one.kind, one.resource_type) == sign])
        return self._alike[sign]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JobIndex) and list(self._jobs) == list(other._jobs)

    def __hash__(self) -> int:
        return hash(tuple(job.id for job in self._jobs))


class Siblings:
    """Jobs that are alike, in order of when they began and of when they ended."""

    def __init__(self, jobs: Iterable["Job"]) -> None:
        jobs = list(jobs)
        self.by_begin = JobLine([(job.created, job) for job in jobs if job.created])
        self.by_end = JobLine([(job.completed, job) for job in jobs if job.completed])


class JobLine:
    """Jobs in order of a time of theirs, those of one time by id."""

    def __init__(self, timed: Iterable[tuple[datetime, "Job"]]) -> None:
        ordered = sorted(timed, key=lambda one: (one[0], one[1].id))
        self.jobs = [job for _, job in ordered]
        self.times = [time for time, _ in ordered]
        self._places: dict[str, list[int]] = {}
        for place, job in enumerate(self.jobs):
            self._places.setdefault(job.id.casefold(), []).append(place)
        self._sums: dict[Callable[[Job], bool], list[int]] = {}

    def tally(self, is_so: Callable[["Job"], bool], first: int, last: int, but: Iterable[str]) -> tuple[int, int]:
        """Return how many jobs stand from one place up to another, without some ids, and of how many of them it is so.

        `is_so` is asked of each job once, for all that count; it is the same for all of them.
        """
        if is_so not in self._sums:
            self._sums[is_so] = [0, *accumulate(map(int, map(is_so, self.jobs)))]
        sums, last = self._sums[is_so], max(first, last)
        left_out = [place for one in {*but} for place in self._places.get(one.casefold(), ()) if first <= place < last]
        those = sum(sums[place + 1] - sums[place] for place in left_out)
        return last - first - len(left_out), sums[last] - sums[first] - those
