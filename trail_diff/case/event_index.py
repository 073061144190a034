"""An index of events by time and by what their contexts name, so that no job has to look at all of them.

Most calls around a job name another job's vault or resource in their encryption context: such a call is never looked
at for the job. Of the others many are alike but for their time and id: what one tells of a job, all of them do. Many
jobs share one index; `limited` leaves the calls of some windows to each.
"""

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from copy import copy
from datetime import datetime
from typing import TypeAlias

from trail_diff.arns import last_name
from trail_diff.events.changes import is_change
from trail_diff.events.encryption_context import (
    BACKUP_VAULT_KEY,
    contexts_of,
    is_told_apart,
    names_of,
    sole_name,
    speaks_of,
)
from trail_diff.events.identity import lacks_caller_type
from trail_diff.model.indexes import CallIndex, WindowCalls
from trail_diff.model.learnt import Event, Job, Window

Places: TypeAlias = "array[int]"
"""Where calls stand among all of them, in order."""


class EventIndex:
    """Events in order of time: what changes something, and the KMS calls by what their contexts name."""

    windows: Sequence[Window] | None = None

    def __init__(self, events: Iterable[Event]) -> None:
        ordered = sorted(events, key=_order)
        self.changes = tuple(event for event in ordered if is_change(event))
        self.lacks_caller_type = any(map(lacks_caller_type, ordered))
        self._calls = CallIndex(event for event in ordered if event.accesses)
        self._firsts, self._sorts = array("L"), array("L")
        self._open, self._speaking = array("L"), dict[str, _Speaking]()
        self._named: dict[str, dict[str, Places]] = {}
        self._spoken: dict[str | None, Places] = {}
        for place, row in self._sort():
            row.append(place)

    def _sort(self) -> Iterator[tuple[int, Places]]:
        """Find which calls are alike, and yield the place of each with the rows that it belongs in."""
        numbers: dict[Hashable, int] = {}
        rows: list[list[Places]] = []
        for place, event in enumerate(self._calls.calls):
            number = numbers.setdefault(_likeness(event), len(rows))
            if number == len(rows):
                self._firsts.append(place)
                rows.append(self._rows_of(event))
            self._sorts.append(number)
            for row in rows[number]:
                yield place, row

    def _rows_of(self, event: Event) -> list[Places]:
        context = contexts_of(event)
        name = sole_name(context) if context else None
        rows = [self._open if name is None else self._named.setdefault(name[0], {}).setdefault(name[1], array("L"))]
        if BACKUP_VAULT_KEY in context:
            rows.append(self._spoken.setdefault(last_name(context[BACKUP_VAULT_KEY]), array("L")))
        return rows

    def limited(self, windows: Sequence[Window]) -> "EventIndex":
        """Return the same without calls outside of some windows but those that change something."""
        limited = copy(self)
        limited.windows = tuple(windows)
        return limited

    def inside(self, window: Window) -> WindowCalls:
        """Return the KMS calls in a window."""
        return self._calls.inside(window)

    def sorted_calls(self, places: Iterable[int]) -> Iterator[tuple[Event, int]]:
        """Yield the calls at some places, each with a number: those share one that are alike in all but their times."""
        calls, sorts = self._calls.calls, self._sorts
        return ((calls[place], sorts[place]) for place in places)

    def count_alike(self, places: Iterable[int]) -> list[tuple[Event, int]]:
        """Return one call of each sort at some places, and how many are alike."""
        counts = Counter(map(self._sorts.__getitem__, places))
        return [(self._calls.calls[self._firsts[number]], count) for number, count in counts.items()]

    def within(self, window: Window) -> Sequence[int]:
        """Return the places of the KMS calls in a window."""
        return range(*self._calls.span(window))

    def concerning(self, job: Job, window: Window) -> Sequence[int]:
        """Return the places of those in a window but whose contexts are known to name something else than the job."""
        first, last = self._calls.span(window)
        found = list(_part(self._open, first, last))
        own = names_of(job)
        for key, named in self._named.items():
            values = [value for one, value in own if one == key] if is_told_apart(key, job) else list(named)
            for value in values:
                found += _part(named[value], first, last) if value in named else ()
        found.sort()
        return found

    def is_spoken_of(self, vault: str) -> bool:
        """Check whether the context of any call names a vault."""
        row = self._calls_of(vault)
        if self.windows is None:
            return bool(row.places)
        return bool(row.changes) or any(_part(row.places, *self._calls.span(window)) for window in self.windows)

    def nearest_speaking(self, vault: str, moment: datetime | None) -> Iterator[Event]:
        """Yield the calls on known keys that name a vault and are next to a time on either side; without a time, all.

        Calls of one time come together. There may be more: what changes something is yielded whenever it was.
        """
        row, calls = self._calls_of(vault), self._calls
        places = {place for place in row.changes if _names_key(calls.calls[place])}
        for first, last in [(0, len(calls.calls))] if self.windows is None else map(calls.span, self.windows):
            part = _part(row.keyed, first, last)
            places.update(part if moment is None else self._next_to(part, calls.before(moment)))
        yield from (calls.calls[place] for place in places)

    def _next_to(self, places: Sequence[int], middle: int) -> Iterator[int]:
        """Yield the last of some places before the middle and the first from there on, with those of the same time."""
        at = bisect_left(places, middle)
        for side in (places[:at][::-1], places[at:]):
            for place in side:
                if self._calls.calls[place].event_time != self._calls.calls[side[0]].event_time:
                    break
                yield place

    def _calls_of(self, vault: str) -> "_Speaking":
        if vault not in self._speaking:
            calls, row = self._calls.calls, self._spoken.get(last_name(vault), ())
            self._speaking[vault] = _Speaking(calls, [place for place in row if speaks_of(calls[place], vault)])
        return self._speaking[vault]


class _Speaking:
    """Where the calls are that name a vault: all, those on a key that is known, and those that change something."""

    def __init__(self, calls: Sequence[Event], places: Sequence[int]) -> None:
        self.places = array("L", places)
        self.keyed = array("L", (place for place in places if _names_key(calls[place])))
        self.changes = array("L", (place for place in places if is_change(calls[place])))


def _part(row: Sequence[int], first: int, last: int) -> Sequence[int]:
    return row[bisect_left(row, first) : bisect_left(row, last)]


def _names_key(call: Event) -> bool:
    return any(access.key for access in call.accesses)


def _likeness(event: Event) -> Hashable:
    """Return what the calls have in common of which each tells the same of a job, but for their times."""
    context = tuple(contexts_of(event).items())
    is_refused = event.error_code is not None
    return event.caller, event.accesses, context, is_refused, event.aws_region, event.recipient_account_id


def _order(event: Event) -> tuple[datetime, str]:
    return event.event_time, event.event_id
