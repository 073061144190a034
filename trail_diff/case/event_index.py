"""The events of a reading, found by time and by what their contexts name, so that no job has to look at each.

Most calls around a job name another job's vault or resource in their encryption context: such a call is never looked
at for the job. Many jobs share one index; `limited` leaves the calls of some windows to each.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from copy import copy
from datetime import datetime
from heapq import merge

from trail_diff.arns import last_name
from trail_diff.events.changes import is_change
from trail_diff.events.encryption_context import BACKUP_VAULT_KEY, contexts_of, is_told_apart, names_of, sole_name
from trail_diff.events.identity import lacks_caller_type
from trail_diff.model.indexes import CallIndex, WindowCalls
from trail_diff.model.learnt import Event, Job, Window


class EventIndex:
    """Events in order of time: what changes something, and the KMS calls by what their contexts name."""

    windows: Sequence[Window] | None = None

    def __init__(self, events: Iterable[Event]) -> None:
        ordered = sorted(events, key=_order)
        self.changes = tuple(event for event in ordered if is_change(event))
        self.lacks_caller_type = any(map(lacks_caller_type, ordered))
        self._calls = CallIndex(event for event in ordered if event.accesses)
        self._open = _Row()
        self._named: dict[str, dict[str, _Row]] = {}
        self._spoken: dict[str | None, _Row] = {}
        for event in self._calls.calls:
            context = contexts_of(event)
            name = sole_name(context) if context else None
            row = self._open if name is None else self._named.setdefault(name[0], {}).setdefault(name[1], _Row())
            row.add(event)
            if BACKUP_VAULT_KEY in context:
                self._spoken.setdefault(last_name(context[BACKUP_VAULT_KEY]), _Row()).add(event)

    def limited(self, windows: Sequence[Window]) -> "EventIndex":
        """Return the same without calls outside of some windows but those that change something."""
        limited = copy(self)
        limited.windows = tuple(windows)
        return limited

    def inside(self, window: Window) -> WindowCalls:
        """Return the KMS calls in a window."""
        return self._calls.inside(window)

    def concerning(self, job: Job, window: Window) -> Sequence[Event]:
        """Return the KMS calls in a window but those whose contexts are known to name something else than the job."""
        rows = [self._open.inside(window)]
        own = names_of(job)
        for key, named in self._named.items():
            values = [value for one, value in own if one == key] if is_told_apart(key, job) else list(named)
            rows += [named[value].inside(window) for value in values if value in named]
        rows = [row for row in rows if row]
        return rows[0] if len(rows) == 1 else list(merge(*rows, key=_order))

    def speaking_of(self, vault: str) -> Sequence[Event]:
        """Return the calls whose contexts give the name of a vault."""
        row = self._spoken.get(last_name(vault))
        if row is None or self.windows is None:
            return row.events if row is not None else ()
        found = {event.event_id: event for window in self.windows for event in row.inside(window)}
        found.update((event.event_id, event) for event in row.changes())
        return sorted(found.values(), key=_order)


class _Row:
    """Events in order of time."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._times: list[datetime] = []
        self._changes: list[Event] = []

    def add(self, event: Event) -> None:
        """Add the event that comes next."""
        self.events.append(event)
        self._times.append(event.event_time)
        if is_change(event):
            self._changes.append(event)

    def changes(self) -> Sequence[Event]:
        """Return the events that change something."""
        return self._changes

    def inside(self, window: Window) -> Sequence[Event]:
        """Return the events in a window."""
        return self.events[bisect_left(self._times, window.start) : bisect_right(self._times, window.end)]


def _order(event: Event) -> tuple[datetime, str]:
    return event.event_time, event.event_id
