"""The reading engine: a pass over files, on all cores, or over what a source brings; each event is taken once.

Every process makes sheets of what it reads. Here they are put together, in the order of the files, and added up in the
Fold. Memory grows with how different calls are, not how many. Only where digests show that a call was read before are
the calls of a sheet looked at one by one, so that the first of them counts.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain, compress, islice, repeat
from operator import not_
from typing import Any, BinaryIO, TypeVar

from msgspec import UNSET, structs

from trail_diff.gather.dedupe import Once
from trail_diff.gather.fold import Add, Bunch, Fold
from trail_diff.gather.reader import NO_KIND, ROWS, Batch, Reader, Rows, Sheet
from trail_diff.model.learnt import Event, Skipped, Window
from trail_diff.model.reasons import Reason
from trail_diff.read.files import is_read_once
from trail_diff.read.interface import Found, FoundJob, FoundRecord, Progress, ReadOptions, Tally, select_everything
from trail_diff.read.stretches import cut
from trail_diff.read.walk import InputFile

ORDINARY = -1
"""The number of the process that adds up, when it has to read itself."""
BATCH_BYTES = 1 << 20
WORTH_BATCHES = 8
"""How many batches there have to be before further processes are worth their start."""

Trace = tuple[int, int, int, str | None, str | None]
"""By what a batch that was read is known again: its files, records and KMS records, their first and last time."""

T = TypeVar("T")


def fold_files(
    batches: Iterable[Batch],
    fold: Fold,
    options: ReadOptions,
    *,
    progress: Progress | None = None,
    stdin: BinaryIO | None = None,
) -> "Sums":
    """Read files for a fold.

    Raises:
        SourceError: a path is not there or cannot be opened.
    """
    own_stdin = stdin if options.processes == 1 else None  # an open file cannot be copied to a process started afresh
    sums = Sums(fold, progress)
    for process, sheet, _ in read_sheets(Reader(fold.kinds, options, own_stdin), batches, options.processes):
        sums.add(process, sheet)
    return sums


def fold_found(found: Iterable[Found], tally: Tally, fold: Fold) -> "Sums":
    """Take in what a source brings, which counts in the tally; of the events that are kept, their records as well."""
    sums = Sums(fold, None)
    for sheet in Reader(fold.kinds, select_everything, is_raw=True).take_all(found, tally):
        sums.add(0, sheet)
    return sums


def for_one_process(paths: Sequence[str], options: ReadOptions) -> ReadOptions:
    """Return the options, for one process where a path can be read once only, and so by no other."""
    return structs.replace(options, processes=1) if any(map(is_read_once, paths)) else options


def make_batches(files: Iterable[InputFile | Skipped], options: ReadOptions) -> Iterator[Batch]:
    """Yield files, cut or put together so that a batch is worth sending to another process."""
    batch: list[InputFile | Skipped] = []
    size = 0
    for file in files:
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
    work: Callable[[Batch], Iterable[T]], batches: Iterable[Batch], processes: int, *, worth: int = WORTH_BATCHES
) -> Iterator[tuple[int, T]]:
    """Yield what is made of each batch, in their order, with the number of the process it comes from.

    From as many batches as are `worth` it, further processes are started.

    Raises:
        SourceError: a process ended before its work was done.
    """
    rest = iter(batches)
    first = list(islice(rest, worth))
    if processes > 1 and len(first) == worth:
        from trail_diff.read.parallel import run_in_order

        yield from run_in_order(work, chain(first, rest), processes)
        return
    for batch in chain(first, rest):
        yield from ((0, made) for made in work(batch))


def read_sheets(reader: Reader, batches: Iterable[Batch], processes: int) -> Iterator[tuple[int, Sheet, Batch]]:
    """Yield the sheets in the order of what was read, with the number of the process and what was read for them.

    From the first stretch of a file that holds something else than lines, the file is read here, in the ordinary way.

    Raises:
        SourceError: a process ended before its work was done.
    """
    begun: deque[Batch] = deque()

    def begin() -> Iterator[Batch]:
        for batch in batches:
            begun.append(batch)
            yield batch

    ordinary = Reader(reader.kinds, reader.selection)
    is_refused = False
    for process, sheet in read_on_cores(reader, begin(), processes):
        batch = begun[0]
        if sheet.tally is not None:
            begun.popleft()
        stretch = _stretch_in(batch)
        is_refused = is_refused and stretch is not None and stretch.start > 0
        if is_refused or stretch is None or not sheet.is_refused:
            yield process, Sheet(kinds=sheet.kinds) if is_refused else sheet, batch
            continue
        is_refused = True
        rest: Batch = (structs.replace(stretch, end=None),)
        yield from ((ORDINARY, one, rest) for one in ordinary(rest))


def _stretch_in(batch: Batch) -> InputFile | None:
    match batch:
        case [InputFile(end=int()) as stretch]:
            return stretch
        case _:
            return None


class Sums:
    """Puts the sheets together; an event that was read before is dropped and counted, whoever read it.

    Where the fold keeps events, also those (with their `records`, where they were read raw), job descriptions, how
    often each digest came again (`repeats`), and of every batch the first and last time of its events (`spans`, None
    where there are none) and its trace. `taken` is how many events were read.
    """

    def __init__(self, fold: Fold, progress: Progress | None) -> None:
        self.tally, self.skips = Tally(), Skips()
        self.events: list[Event] = []
        self.records: list[FoundRecord] = []
        self.documents: list[FoundJob] = []
        self.repeats: Counter[bytes] = Counter()
        self.spans: list[Window | None] = []
        self.traces: list[Trace] = []
        self._fold, self._progress, self._is_keeping = fold, progress, fold.kinds.keeps is not None
        self.once, self.taken = Once(), 0
        self._kinds: dict[int, list[tuple[Any, Event | None]]] = {}
        self._adds: dict[int, list[Add | None]] = {}
        self._span: list[datetime] = []

    def add(self, process: int, sheet: Sheet) -> None:
        """Add what a process read."""
        self._kinds.setdefault(process, []).extend(sheet.kinds)
        self._adds.setdefault(process, []).extend([None] * len(sheet.kinds))
        news = self.once.add_all(sheet.digests)
        self.taken += news.count(True)
        rows = ROWS.decode(sheet.rows)
        bunches = dict(enumerate(rows.times)) if all(news) else self._sort_out(sheet, rows, news)
        for place, times in bunches.items():
            number, code = sheet.bunches[place]
            if number != NO_KIND:
                self._adder(process, number)(Bunch(code, times))
        for skipped in sheet.skipped:
            self.skips.add(skipped)
        if self._is_keeping:
            self._keep(sheet, rows, news)
        if sheet.tally is not None:
            self.tally.add(sheet.tally)
        if self._progress is not None:
            for name, size in sheet.files:
                self._progress.file(name, size)
            self._progress.advance(sheet.read_bytes, sheet.read_records)

    def _adder(self, process: int, number: int) -> Add:
        add = self._adds[process][number]
        if add is None:
            add = self._adds[process][number] = self._fold.open(*self._kinds[process][number])
        return add

    def _sort_out(self, sheet: Sheet, rows: Rows, news: Sequence[bool]) -> dict[int, list[datetime]]:
        """Return the times of those calls of each bunch that were not read before, and count the others.

        Bunches come in the order of their first such call, as kinds would if every call were added by itself.
        """
        times = [iter(own) for own in rows.times]
        new: dict[int, list[datetime]] = {}
        sources = chain.from_iterable(repeat(source, calls) for source, calls in sheet.sources)
        for is_new, place, source in zip(news, rows.bunches, sources, strict=True):
            moment = next(times[place])
            if is_new:
                new.setdefault(place, []).append(moment)
            else:
                self.skips.add(Skipped(source, Reason.DUPLICATE))
        return new

    def _keep(self, sheet: Sheet, rows: Rows, news: Sequence[bool]) -> None:
        are_new = [news[place] for place, _ in sheet.events]
        self.events.extend(event for (_, event), is_new in zip(sheet.events, are_new, strict=True) if is_new)
        self.records.extend(compress(sheet.records, are_new))
        self.documents.extend(sheet.documents)
        self.repeats.update(compress(sheet.digests, map(not_, news)))
        self._span.extend(moment for own in rows.times for moment in (min(own), max(own)))
        if sheet.tally is not None:
            self.spans.append(Window(min(self._span), max(self._span)) if self._span else None)
            self._span = []
            tally = sheet.tally
            self.traces.append((tally.files, tally.records, tally.kms_records, tally.first, tally.last))


class Skips:
    """Adds up what was skipped, so that a million bad lines are one row."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, Reason], Skipped] = {}

    def add(self, skipped: Skipped) -> None:
        """Count something that was skipped."""
        place = skipped.source, skipped.reason
        before = self._rows.get(place)
        self._rows[place] = skipped if before is None else _add(before, skipped)

    def update(self, other: "Skips") -> None:
        """Count what was skipped elsewhere."""
        for skipped in other.merged():
            self.add(skipped)

    def merged(self) -> tuple[Skipped, ...]:
        """Return one row for each source and reason, sorted."""
        return tuple(row for _, row in sorted(self._rows.items(), key=lambda placed: placed[0]))


def _add(one: Skipped, other: Skipped) -> Skipped:
    size = sum(each.bytes for each in (one, other) if isinstance(each.bytes, int))
    at = other.at if one.at is UNSET else one.at
    return Skipped(one.source, one.reason, one.count + other.count, size or UNSET, at)
