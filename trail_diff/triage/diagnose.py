"""Diagnose many jobs out of one reading: each sees what a reading for it alone would have kept, and no more.

The work grows with the events around each job, not with jobs times all events: calls lie in order of time, so those
of the windows of a job are found by bisection; what changes keys, grants, roles and vaults is few, and seen by all.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import timedelta

from msgspec import structs

from trail_diff.case.builder import Question, build_case, case_windows
from trail_diff.case.gathered import Gathered, in_order
from trail_diff.errors import AmbiguousJobError, FactError
from trail_diff.events.changes import is_change
from trail_diff.model.learnt import Case, Event, Facts, Job, Window


class Cases:
    """The cases of many jobs, out of one reading."""

    def __init__(self, gathered: Gathered, facts: Facts, pad: timedelta) -> None:
        self._gathered, self._facts, self._pad = gathered, facts, pad
        self._kept = [event for event in gathered.events if _is_for_all(event)]
        self._calls = [event for event in gathered.events if not _is_for_all(event)]
        self._times = [event.event_time for event in self._calls]
        self._names = tuple(gathered.key_names())

    def of(self, job: Job) -> Case | None:
        """Return the case of a job; None where it has no time, so that its events cannot be found."""
        question = Question(job.id, pad=self._pad)
        try:
            return self._build(question)
        except AmbiguousJobError:
            regions = (job.region,) if job.region else ()
            return self._build(structs.replace(question, account=job.account, regions=regions))
        except FactError:
            return None

    def _build(self, question: Question) -> Case:
        windows = case_windows(self._gathered, question)
        events = in_order([*self._kept, *self._calls_in(windows)])
        beyond = structs.replace(self._gathered.beyond, names=self._names)
        return build_case(structs.replace(self._gathered, events=events, beyond=beyond), question, self._facts)

    def _calls_in(self, windows: Sequence[Window]) -> Iterator[Event]:
        """Yield the calls inside of any of the windows, each once."""
        end = 0
        for window in sorted(windows, key=lambda window: window.start):
            first = max(end, bisect_left(self._times, window.start))
            end = max(first, bisect_right(self._times, window.end))
            yield from self._calls[first:end]


def _is_for_all(event: Event) -> bool:
    """Check whether an event matters to a case whenever it was: it changes something, or tells of a job."""
    return is_change(event) or not event.accesses
