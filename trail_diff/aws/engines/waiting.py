"""Waiting for an engine's query: the clock, asking again less and less often, and cancelling on the way out."""

from collections.abc import Callable
from contextlib import suppress
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


def wait_for(look: Callable[[], T | None], cancel: Callable[[], object], wait: Callable[[float], None]) -> T:
    """Look until there is an answer; cancel the query on any error, Ctrl-C as well, so that it does not run on."""
    pauses = chain(_PAUSES_SECONDS, repeat(_LAST_PAUSE_SECONDS))
    try:
        while (answer := look()) is None:
            wait(next(pauses))
    except BaseException:
        with suppress(AwsError):
            cancel()
        raise
    return answer


def format_bytes(count: int) -> str:
    """Write a number of bytes as a person would."""
    size, units = float(count), iter(("B", "KB", "MB", "GB", "TB"))
    unit = next(units)
    while size >= 1000 and unit != "TB":
        size, unit = size / 1000, next(units)
    return f"{count} B" if unit == "B" else f"{size:.1f} {unit}"
