"""All that was read, before any job is looked at."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import Struct, structs

from trail_diff.case.event_index import EventIndex
from trail_diff.events.changes import is_change
from trail_diff.events.jobs import merge_jobs
from trail_diff.events.key_names import KeyName, key_names
from trail_diff.model.learnt import Event, Job, Skipped, Use
from trail_diff.read.interface import Tally


class Beyond(Struct, frozen=True):
    """What KMS calls tell that were read but not kept: keys and their names, and whether any lacks the caller type."""

    names: tuple[KeyName, ...] = ()
    lacks_caller_type: bool = False

    def merge(self, other: "Beyond") -> "Beyond":
        """Put what two readings tell together."""
        return Beyond((*self.names, *other.names), self.lacks_caller_type or other.lacks_caller_type)


class Gathered(Struct, frozen=True):
    """All that was read: events in order of time, the jobs, the counts, and what was skipped (merged and sorted).

    `uses` is how keys that changed were used, where not all events on them are held; None where they are. `asked_at` is
    when the question was asked that it was read for. `index` finds the events; with one that stands for more than is
    held, `events` may be empty.
    """

    events: tuple[Event, ...]
    jobs: tuple[Job, ...]
    tally: Tally
    skipped: tuple[Skipped, ...]
    beyond: Beyond = Beyond()
    uses: tuple[Use, ...] | None = None
    asked_at: datetime | None = None
    index: EventIndex | None = None

    def indexed(self) -> "Gathered":
        """Return the same with its events in an index, which is made once for all that looks for events."""
        return self if self.index is not None else structs.replace(self, index=EventIndex(self.events))

    def found(self) -> EventIndex:
        """Return the events in an index."""
        return self.index if self.index is not None else EventIndex(self.events)

    def key_names(self) -> Iterator[KeyName]:
        """Yield every key that was read of, whether the call is kept or not."""
        yield from self.beyond.names
        yield from key_names(self.events)

    def merge(self, other: "Gathered") -> "Gathered":
        """Put two readings together; an event in both counts once. Their `uses` are those of both together already."""
        events = {event.event_id: event for event in (*self.events, *other.events)}
        return Gathered(
            in_order(events.values()),
            merge_jobs([*self.jobs, *other.jobs]),
            self.tally.merge(other.tally),
            (*self.skipped, *other.skipped),
            self.beyond.merge(other.beyond),
            self.uses if self.uses is not None else other.uses,
            self.asked_at or other.asked_at,
        )


def only_calls(gathered: Gathered) -> Gathered:
    """Return what was read without the events that told of jobs only, which are many where jobs are."""
    told = tuple(event for event in gathered.events if event.accesses or is_change(event))
    return structs.replace(gathered, events=told)


def in_order(events: Iterable[Event]) -> tuple[Event, ...]:
    """Return events in the order of their times, those of one second by id."""
    return tuple(sorted(events, key=lambda event: (event.event_time, event.event_id)))
