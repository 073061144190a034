"""What makes two KMS calls alike for a command, and how alike calls are handed to it."""

from collections.abc import Callable, Hashable
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from trail_diff.model.learnt import Event
from trail_diff.read.interface import SlimRecord


class Bunch(Struct, frozen=True, array_like=True):
    """Calls of one kind that ended alike: their error code, how many they are, the times of the first and the last."""

    code: str | None
    calls: int
    first: datetime
    last: datetime

    @classmethod
    def of(cls, event: Event) -> "Bunch":
        """Return one call."""
        return cls(event.error_code, 1, event.event_time, event.event_time)


Add = Callable[[Bunch], None]


class Kinds(Protocol):
    """What makes two KMS calls alike for a command; it is copied to other processes."""

    @property
    def keeps_event(self) -> bool:
        """Check whether the first event of a kind is needed beside the kind."""

    @property
    def keeps(self) -> Callable[[SlimRecord | Event], bool] | None:
        """Return what tells which events are needed themselves; None if none are, nor job descriptions."""

    def kind(self, event: Event) -> Any:
        """Return the kind of a call."""

    def shortcut(self, record: SlimRecord) -> Hashable:
        """Return what determines the kind of a call on a named key, beside its name, `resources` and caller.

        The caller is the one across sessions; fields are given undecoded.
        """


class Count(Protocol):
    """Where calls are counted, by their kinds."""

    @property
    def kinds(self) -> Kinds:
        """Return what makes two calls alike."""

    def add(self, event: Event) -> None:
        """Count one event."""

    def open(self, kind: Any, event: Event | None) -> Add:
        """Begin a kind, or go on with it; give what adds calls to it."""
