"""Waiting for an engine's query: the clock, asking again less and less often, and cancelling on the way out."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import chain, repeat
from typing import TypeVar

from trail_diff.errors import AwsError

_PAUSES_SECONDS = (0.2, 0.3, 0.5, 1.0, 1.0, 2.0)
_LAST_PAUSE_SECONDS = 3.0

T = TypeVar("T")


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def wait_for(check: Callable[[], T | None], wait: Callable[[float], None]) -> T:
    """Ask until there is an answer."""
    pauses = chain(_PAUSES_SECONDS, repeat(_LAST_PAUSE_SECONDS))
    while (answer := check()) is None:
        wait(next(pauses))
    return answer


@contextmanager
def cancelled_unless_done(cancel: Callable[[], object]) -> Iterator[None]:
    """Cancel the query when the block is left early, by Ctrl-C as well, so that it does not run on and cost."""
    try:
        yield
    except BaseException:
        with suppress(AwsError):
            cancel()
        raise


def format_bytes(count: int) -> str:
    """Write a number of bytes as a person would."""
    size, units = float(count), iter(("B", "KB", "MB", "GB", "TB"))
    unit = next(units)
    while size >= 1000 and unit != "TB":
        size, unit = size / 1000, next(units)
    return f"{count} B" if unit == "B" else f"{size:.1f} {unit}"
