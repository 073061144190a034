"""Keeps requests apart, so that a limit on their rate is not hit; a wait ends at once when the work is stopped."""

import threading
import time
from collections.abc import Callable


class Pace:
    """Lets a request through every `interval_seconds` at the earliest. One for each limit; used by one thread."""

    def __init__(self, interval_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._interval = interval_seconds
        self._clock = clock
        self._next = clock()

    def wait(self, stop: threading.Event) -> None:
        """Wait for the turn of the next request, or until `stop` is set."""
        now = self._clock()
        if now < self._next:
            stop.wait(self._next - now)
        self._next = max(now, self._next) + self._interval
