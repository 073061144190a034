"""What a pass over records is made for. A Fold says which calls are alike and which events it needs, and adds up.

    reader   what one process finds in a batch of files: calls by their kinds, kept events, digests → Sheets
    engine   Sheets of all processes, in the order of what was read, each event once → the Fold, and what it kept

A new question about an export is a Fold: its Kinds are copied to every process and see each call there, undecoded as
far as they allow; its `open` is called here, once for every kind of each process, and adds bunches of calls up.
"""

from collections.abc import Callable, Hashable, Sequence
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from trail_diff.model.learnt import Event
from trail_diff.read.records import SlimRecord


class Bunch(Struct, frozen=True):
    """Calls of one kind that ended alike: their error code and their times, which are in no order."""

    code: str | None
    times: Sequence[datetime]

    @property
    def calls(self) -> int:
        """Return how many calls there are."""
        return len(self.times)

    @property
    def first(self) -> datetime:
        """Return the time of the earliest call."""
        return min(self.times)

    @property
    def last(self) -> datetime:
        """Return the time of the latest call."""
        return max(self.times)

    @classmethod
    def of(cls, event: Event) -> "Bunch":
        """Return one call."""
        return cls(event.error_code, (event.event_time,))


Add = Callable[[Bunch], None]


class Kinds(Protocol):
    """What makes two KMS calls alike for a fold; it is copied to other processes, so it holds no results."""

    @property
    def keeps_event(self) -> bool:
        """Check whether the first event of a kind is needed beside the kind."""

    @property
    def keeps(self) -> Callable[[SlimRecord | Event], bool] | None:
        """Return the check for events that are needed themselves; None if none are, nor job descriptions."""

    def kind(self, event: Event) -> Any:
        """Return the kind of a call."""

    def shortcut(self, record: SlimRecord) -> Hashable:
        """Return what determines the kind of a call on a named key, beside its name, `resources` and caller.

        The caller is the one across sessions; fields are given undecoded.
        """


class Fold(Protocol):
    """Where calls are added up, by their kinds."""

    @property
    def kinds(self) -> Kinds:
        """Return what makes two calls alike."""

    def open(self, kind: Any, event: Event | None) -> Add:
        """Return the function that adds calls to a kind."""


def add_call(fold: Fold, event: Event) -> None:
    """Add one call to a fold."""
    fold.open(fold.kinds.kind(event), event)(Bunch.of(event))


class EveryEvent(Struct, frozen=True):
    """Keeps every event and counts nothing, a Fold that is its own Kinds: all that a case of a small export needs."""

    keeps_event: bool = False

    @property
    def kinds(self) -> "EveryEvent":
        """Return itself."""
        return self

    def kind(self, event: Event) -> None:
        """Return one kind for all calls."""

    def shortcut(self, record: SlimRecord) -> None:
        """Return nothing, as there is one kind only."""

    def keeps(self, record: SlimRecord | Event) -> bool:  # noqa: ARG002
        """Keep every event."""
        return True

    def open(self, kind: None, event: Event | None) -> Add:  # noqa: ARG002
        """Return what counts nothing."""
        return _pass_over


def _pass_over(_bunch: Bunch) -> None:
    pass
