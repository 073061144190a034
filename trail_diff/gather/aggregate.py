"""KMS calls counted while they are read, on all cores: memory grows with how different they are, not how many.

Every process makes sheets of what it reads. Here they are put together, in the order of the files. Only where digests
show that a call was read before are the calls of a sheet looked at one by one, so that the first of them counts.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain, compress, repeat
from operator import not_
from typing import Any, BinaryIO

from msgspec import structs

from trail_diff.case.coverage import summarize_reading
from trail_diff.gather.dedupe import Once
from trail_diff.gather.fold import Add, Bunch, Count
from trail_diff.gather.in_memory import ReadOptions, Skips, make_selection
from trail_diff.gather.partials import NO_KIND, ROWS, Reader, Rows, Sheet
from trail_diff.gather.work import Batch, list_batches, read_on_cores
from trail_diff.model.learnt import Coverage, Event, Skipped, Window
from trail_diff.model.reasons import Reason
from trail_diff.read.files import is_read_once
from trail_diff.read.interface import FoundJob, Progress, Tally
from trail_diff.read.walk import InputFile

ORDINARY = -1
"""The number of the process that adds up, when it has to read itself."""


def count_calls(
    paths: Sequence[str],
    count: Count,
    options: ReadOptions | None = None,
    *,
    progress: Progress | None = None,
    stdin: BinaryIO | None = None,
) -> Coverage:
    """Count every KMS call once, and give the coverage of the reading; nothing else is kept.

    Raises:
        SourceError: a path is not there or cannot be opened.
    """
    options = options or ReadOptions()
    processes = 1 if any(map(is_read_once, paths)) else options.processes
    own_stdin = stdin if processes == 1 else None  # an open file cannot be copied to a process that is started afresh
    reader = Reader(count.kinds, make_selection(options, kms_only=True), own_stdin)
    sums = Sums(count, progress)
    for process, sheet, _ in read_sheets(reader, list_batches(paths, reader.selection, options), processes):
        sums.add(process, sheet)
    return sums.coverage()


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

    Where the Kinds keep events, also those, job descriptions, how often each digest came again (`repeats`), and the
    first and last time of the events of every batch (`spans`, None where there are none).
    """

    def __init__(self, count: Count, progress: Progress | None) -> None:
        self.tally, self.skips = Tally(), Skips()
        self.events: list[Event] = []
        self.documents: list[FoundJob] = []
        self.repeats: Counter[bytes] = Counter()
        self.spans: list[Window | None] = []
        self._count, self._progress, self._is_keeping = count, progress, count.kinds.keeps is not None
        self._once, self._counted = Once(), 0
        self._kinds: dict[int, list[tuple[Any, Event | None]]] = {}
        self._adds: dict[int, list[Add | None]] = {}
        self._span: list[datetime] = []

    def add(self, process: int, sheet: Sheet) -> None:
        """Add what a process read."""
        self._kinds.setdefault(process, []).extend(sheet.kinds)
        self._adds.setdefault(process, []).extend([None] * len(sheet.kinds))
        news = self._once.add_all(sheet.digests)
        self._counted += news.count(True)
        rows = ROWS.decode(sheet.rows)
        bunches = dict(enumerate(rows.times)) if all(news) else self._sort_out(sheet, rows, news)
        for place, times in bunches.items():
            number, code = sheet.bunches[place]
            if number != NO_KIND:
                self._adder(process, number)(Bunch(code, len(times), min(times), max(times)))
        for skipped in sheet.skipped:
            self.skips.add(skipped)
        if self._is_keeping:
            self._keep(sheet, rows, news)
        if sheet.tally is not None:
            self.tally.add(sheet.tally)
        if self._progress is not None:
            for name, size in sheet.files:
                self._progress.file(name, size)
            self._progress.advance(sheet.read_bytes, sheet.records)

    def _adder(self, process: int, number: int) -> Add:
        add = self._adds[process][number]
        if add is None:
            add = self._adds[process][number] = self._count.open(*self._kinds[process][number])
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
        self.events.extend(event for place, event in sheet.events if news[place])
        self.documents.extend(sheet.documents)
        self.repeats.update(compress(sheet.digests, map(not_, news)))
        self._span.extend(moment for own in rows.times for moment in (min(own), max(own)))
        if sheet.tally is not None:
            self.spans.append(Window(min(self._span), max(self._span)) if self._span else None)
            self._span = []

    def coverage(self) -> Coverage:
        """Return the coverage of all that was read."""
        return structs.replace(summarize_reading(self.tally, self.skips.merged()), events_kept=self._counted)
