"""Keeps requests to a limit on their rate, with the least waiting; a wait ends at once when the work is stopped."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

REQUESTS = 2


class Pace:
    """Lets two requests through in any span of `seconds`. One for each limit; used by one thread at a time.

    A request counts from its answer on: it reached the other side before that, however long it was under way.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._answered: deque[float] = deque(maxlen=REQUESTS)

    @contextmanager
    def turn(self, stop: threading.Event) -> Iterator[None]:
        """Wait until a request may be made, or `stop` is set; the request is made in the block."""
        if len(self._answered) == REQUESTS:
            left = self._answered[0] + self._seconds - self._clock()
            if left > 0:
                stop.wait(left)
        try:
            yield
        finally:
            self._answered.append(self._clock())
