"""Work on several cores. Results come in the order of the work, whichever process did it, so nothing depends on timing.

On Linux processes are forked, which costs milliseconds; the command line has no threads that could be lost. Elsewhere
they are started afresh. They ignore Ctrl-C and SIGTERM, which may be sent to a whole group of processes at once, are
ended by the process that began them, and end when it is gone.
"""

import gc
import signal
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkContext, SpawnContext
from typing import TYPE_CHECKING, Any, TypeVar

from trail_diff.errors import SourceError, TrailDiffError

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

T = TypeVar("T")
R = TypeVar("R")

_CONTEXT: ForkContext | SpawnContext = get_context("fork") if sys.platform == "linux" else get_context("spawn")
_ENDING = {signal.SIGINT, signal.SIGTERM}
_AHEAD = 8
"""How many items a process may be ahead of the oldest one that is not done, so that results do not pile up."""


class _Worker:
    """A process, the line to it, and the numbers of the items it has."""

    def __init__(self, work: Callable[[Any], Iterable[Any]], started: "list[_Worker]") -> None:
        self.connection, other = _CONTEXT.Pipe()
        inherited = [worker.connection for worker in started] + [self.connection]
        arguments = (work, other, inherited if sys.platform == "linux" else [])
        self.process: BaseProcess = _CONTEXT.Process(target=_serve, args=arguments, daemon=True)
        self.process.start()
        other.close()
        self.items: deque[int] = deque()


def run_in_order(
    work: Callable[[T], Iterable[R]], items: Iterable[T], processes: int
) -> Generator[tuple[int, R], None, None]:
    """Do the work for every item, and give all results in the order of the items, each with its process's number.

    `work` is copied to every process once, and keeps its state from one item to the next there. Where not as many may
    be started, fewer do it, or this one.

    What the work raises for the user to fix is raised here, when all results before it were given.

    Raises:
        SourceError: a process ended before its work was done.
    """
    workers: list[_Worker] = []
    try:
        with suppress(OSError), _without_signals():
            for _ in range(processes):
                workers.append(_Worker(work, workers))
        if workers:
            yield from _collect(workers, iter(items))
        else:
            yield from ((0, result) for item in items for result in work(item))
    finally:
        for worker in workers:
            worker.connection.close()
            worker.process.kill()
            worker.process.join()


@contextmanager
def _without_signals() -> Iterator[None]:
    """Let signals wait, so that none reaches a new process before it has learnt to ignore them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _collect(workers: list[_Worker], items: Iterator[Any]) -> Iterator[tuple[int, Any]]:
    results: dict[int, deque[tuple[int, Any]]] = {}
    is_done: dict[int, bool] = {}
    begun = current = 0
    places = {worker.connection: number for number, worker in enumerate(workers)}
    while True:
        for worker in sorted(workers, key=lambda worker: len(worker.items)):
            for item in islice(items, 0 if len(worker.items) > 1 or begun - current > _AHEAD * len(workers) else 1):
                _send(worker, item)
                worker.items.append(begun)
                results[begun], is_done[begun] = deque(), False
                begun += 1
        if current == begun:
            return
        for connection in wait([worker.connection for worker in workers]):
            number = places[connection]  # type: ignore[index] # what was waited for is a Connection
            result = _receive(workers[number])
            if result is None:
                is_done[workers[number].items.popleft()] = True
            else:
                results[workers[number].items[0]].append((number, result))
        while current < begun:
            yield from _give(results[current])
            if not is_done[current]:
                break
            del results[current], is_done[current]
            current += 1


def _give(results: deque[tuple[int, Any]]) -> Iterator[tuple[int, Any]]:
    """Yield the results that are there, and raise what the work raised."""
    while results:
        number, result = results.popleft()
        if isinstance(result, TrailDiffError | OSError):
            raise result
        yield number, result


def _send(worker: _Worker, item: Any) -> None:
    with _ending_told():
        worker.connection.send(item)


def _receive(worker: _Worker) -> Any:
    with _ending_told():
        return worker.connection.recv()


@contextmanager
def _ending_told() -> Iterator[None]:
    """Raise when a process is not there any more; as a broken pipe it would pass for a reader of stdout that left."""
    try:
        yield
    except (EOFError, OSError) as error:
        raise SourceError(
            "a process that was reading ended early",
            hint="is there enough memory? read less at a time, with --from, --to and --region",
        ) from error


def _results(work: Callable[[T], Iterable[R]], item: T) -> Iterator[R | TrailDiffError | OSError]:
    """Yield the results of the work, and last what it raised."""
    try:
        yield from work(item)
    except (TrailDiffError, OSError) as error:
        yield error


def _serve(work: Callable[[Any], Iterable[Any]], connection: Connection, inherited: list[Connection]) -> None:
    """Work until there is nothing more to do; None says that an item is done.

    What was there before is shared with the process that began it: looking for cycles in it would copy it.
    """
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
    for line in inherited:
        line.close()
    try:
        while True:
            for result in _results(work, connection.recv()):
                connection.send(result)
            connection.send(None)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
