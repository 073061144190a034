"""The files of an export in batches, and work on batches on all cores."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import TypeVar

from trail_diff.gather.in_memory import ReadOptions
from trail_diff.model.learnt import Skipped
from trail_diff.read.files import list_files
from trail_diff.read.interface import Selection
from trail_diff.read.stretches import cut
from trail_diff.read.walk import InputFile

BATCH_BYTES = 1 << 20
WORTH_BATCHES = 8
"""How many batches there have to be before further processes are worth their start."""

T = TypeVar("T")
Batch = Sequence[InputFile | Skipped]


def list_batches(paths: Sequence[str], selection: Selection, options: ReadOptions) -> Iterator[Batch]:
    """Yield the files that paths stand for, cut or put together so that a batch is worth sending to another process.

    Raises:
        SourceError: a path is not there, a glob fits nothing, or a folder is empty.
    """
    batch: list[InputFile | Skipped] = []
    size = 0
    for file in chain.from_iterable(list_files(path, selection) for path in paths):
        stretches = cut(file, options.stretch_bytes) if isinstance(file, InputFile) else ()
        if len(stretches) > 1:
            yield from ([batch] if batch else [])
            yield from ([stretch] for stretch in stretches)
            batch, size = [], 0
            continue
        batch.append(file)
        size += file.size if isinstance(file, InputFile) else 0
        if size >= BATCH_BYTES or len(batch) >= options.batch_files:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def read_on_cores(
    work: Callable[[Batch], Iterable[T]], batches: Iterable[Batch], processes: int
) -> Iterator[tuple[int, T]]:
    """Yield what is made of each batch, in their order, with the number of the process it comes from.

    Raises:
        SourceError: a process ended before its work was done.
    """
    rest = iter(batches)
    first = list(islice(rest, WORTH_BATCHES))
    if processes > 1 and len(first) == WORTH_BATCHES:
        from trail_diff.read.parallel import run_in_order

        yield from run_in_order(work, chain(first, rest), processes)
        return
    for batch in chain(first, rest):
        yield from ((0, made) for made in work(batch))
