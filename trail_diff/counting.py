"""KMS calls counted while they are read, on all cores: memory grows with how different they are, not how many.

A command says what makes two calls alike (Kinds). Each process finds the kind of every call, and normalises in full
only those whose undecoded fields it has not met before. Kinds, how many calls each has and a digest of every call go to
the process that began it. Only where a digest shows that a call was read twice does that look at the calls one by one,
so that the first of them counts, in the order of the files.
"""

from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import chain, compress, islice, repeat
from operator import not_
from typing import Any, BinaryIO, TypeVar

import msgspec
from msgspec import Struct, field, structs

from trail_diff.coverage import summarize_reading
from trail_diff.gather import ReadOptions, Skips, event_identity, make_selection
from trail_diff.identity import identify_caller
from trail_diff.kinds import Add, Bunch, Count, Kinds
from trail_diff.model import Caller, Coverage, Event, Reason, Skipped, Window
from trail_diff.normalize import KMS, has_own_key, normalize_record, read_error_code
from trail_diff.once import Once, digest_of
from trail_diff.sources.files import STDIN, Reading, list_files, read_files
from trail_diff.sources.interface import (
    NULL,
    Found,
    FoundJob,
    FoundRecord,
    FoundSlim,
    Progress,
    Selection,
    SlimRecord,
    Tally,
)
from trail_diff.sources.lenient import decode_fully, to_record
from trail_diff.sources.slim import read_identity
from trail_diff.sources.stretches import NotLinesError, cut
from trail_diff.sources.walk import InputFile
from trail_diff.times import parse_time

BATCH_BYTES = 1 << 20
WORTH_BATCHES = 8
"""How many batches of files there have to be before further processes are worth their start."""
SHEET_CALLS = 4096
SHEET_BYTES = 32 << 20
NO_KIND = -1
ORDINARY = -1
"""The number of the process that adds up, when it has to read itself."""
KNOWN_LIMIT = 16384
"""How many kinds and identities are remembered by the fields that tell them."""

T = TypeVar("T")
Batch = Sequence[InputFile | Skipped]


class Rows(Struct, array_like=True):
    """Calls one by one, in order: the bunch that each is in, and of every bunch the times of its calls."""

    bunches: list[int] = field(default_factory=list)
    times: list[list[datetime]] = field(default_factory=list)


_ROWS = msgspec.msgpack.Decoder(Rows)
_pack = msgspec.msgpack.Encoder().encode


class Sheet(Struct):
    """What was read since the last sheet.

    `kinds` are the new ones; a bunch is told by the number of its kind, or NO_KIND, and an error code.

    `rows` holds the calls of the bunches in the order of `digests`, packed into msgpack, which knows times; `sources`
    says how many of them in a row came from where. `events` are those that the Kinds keep, each with its place in
    `digests`. `tally` counts a whole batch, so only its last sheet has one; `records` is for showing progress.
    `is_refused`: the batch is a stretch of a file that does not hold a record a line, and nothing of it was read.
    """

    kinds: list[tuple[Any, Event | None]] = field(default_factory=list)
    bunches: list[tuple[int, str | None]] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)
    rows: bytes = _pack(Rows())
    sources: list[tuple[str, int]] = field(default_factory=list)
    events: list[tuple[int, Event]] = field(default_factory=list)
    documents: list[FoundJob] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    files: list[tuple[str, int | None]] = field(default_factory=list)
    read_bytes: int = 0
    records: int = 0
    tally: Tally | None = None
    is_refused: bool = False

    def is_full(self) -> bool:
        """Tell whether it is time for the next one: for memory, and so that progress is seen."""
        return len(self.digests) >= SHEET_CALLS or self.read_bytes >= SHEET_BYTES


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
    reader = Reader(count.kinds, make_selection(options, kms_only=True), stdin)
    sums = Sums(count, progress)
    processes = 1 if STDIN in paths else options.processes
    for process, sheet, _ in read_sheets(reader, list_batches(paths, reader.selection, options), processes):
        sums.add(process, sheet)
    return sums.coverage()


def read_sheets(reader: "Reader", batches: Iterable[Batch], processes: int) -> Iterator[tuple[int, Sheet, Batch]]:
    """Give the sheets in the order of what was read, with the number of the process and what was read for them.

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


def read_on_cores(
    work: Callable[[Batch], Iterable[T]], batches: Iterable[Batch], processes: int
) -> Iterator[tuple[int, T]]:
    """Give what is made of each batch, in their order, with the number of the process it comes from.

    Raises:
        SourceError: a process ended before its work was done.
    """
    rest = iter(batches)
    first = list(islice(rest, WORTH_BATCHES))
    if processes > 1 and len(first) == WORTH_BATCHES:
        from trail_diff.sources.parallel import run_in_order

        yield from run_in_order(work, chain(first, rest), processes)
        return
    for batch in chain(first, rest):
        yield from ((0, made) for made in work(batch))


def list_batches(paths: Sequence[str], selection: Selection, options: ReadOptions) -> Iterator[Batch]:
    """Give the files that paths stand for, cut or put together so that a batch is worth sending to another process.

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


class Reader:
    """Turns batches of files into sheets; what it has met in one batch it knows in the next."""

    def __init__(self, kinds: Kinds, selection: Selection, stdin: BinaryIO | None = None) -> None:
        self.kinds, self.selection = kinds, selection
        self._stdin = stdin
        self._numbers: dict[Any, int] = {}
        self._known: dict[Hashable, int] = {}
        self._callers: dict[Hashable, int] = {}
        self._caller_numbers: dict[Caller, int] = {}
        self._sheet, self._rows = Sheet(), Rows()
        self._places: dict[tuple[int, str | None], int] = {}

    def __call__(self, batch: Batch) -> Iterator[Sheet]:
        """Read a batch."""
        reading = Reading(self.selection, Tally(), self, is_slim=True)
        try:
            for found in read_files(batch, reading, self._stdin):
                self._take(found)
                del found  # a SlimRecord holds the whole document, which is to be gone before the next one is read
                if self._sheet.is_full():
                    yield self._close_sheet()
        except NotLinesError:
            self._sheet.is_refused = True
        self._sheet.tally = reading.tally
        yield self._close_sheet()

    def file(self, name: str, size: int | None) -> None:
        """Note a file that was begun."""
        self._sheet.files.append((name, size))

    def advance(self, read_bytes: int, records: int) -> None:
        """Note how far reading has come."""
        self._sheet.read_bytes += read_bytes
        self._sheet.records += records

    def search(self, done: float, seconds_left: float, records: int) -> None:
        """Do nothing: files are read, AWS is not searched."""

    def _close_sheet(self) -> Sheet:
        """Pack the calls of the sheet, and begin the next one."""
        sheet = self._sheet
        sheet.bunches, sheet.rows = list(self._places), _pack(self._rows)
        self._sheet, self._rows, self._places = Sheet(), Rows(), {}
        return sheet

    def _take(self, found: Found | FoundSlim) -> None:
        before = len(self._sheet.digests)
        match found:
            case FoundSlim(records, source):
                for record in records:
                    self._take_slim(record, source)
            case FoundRecord(whole, source):
                self._take_event(normalize_record(whole, source))
            case Skipped():
                self._sheet.skipped.append(found)
            case FoundJob():
                self._sheet.documents += [found] if self.kinds.keeps else []
        taken = len(self._sheet.digests) - before
        if taken:
            self._sheet.sources.append((found.source, taken))

    def _take_slim(self, record: SlimRecord, source: str) -> None:
        moment = parse_time(record.event_time)
        if moment is None or not record.event_name:
            self._sheet.skipped.append(Skipped(source, Reason.INVALID_RECORD))
            return
        number = self._find_number(record)
        if number is None:
            self._take_event(normalize_slim(record, source), record)
            return
        shared = None if record.shared_event_id is NULL else decode_fully(record.shared_event_id)
        code = None if record.error_code is NULL else _read_code(bytes(record.error_code))
        self._add(number, code, moment, shared if isinstance(shared, str) and shared else record.event_id)

    def _find_number(self, record: SlimRecord) -> int | None:
        """Give the number of a call's kind; None when it is not known yet or the event itself is needed."""
        if self.kinds.keeps is not None and self.kinds.keeps(record):
            return None
        return NO_KIND if record.event_source != KMS else self._known.get(self._shortcut(record))

    def _shortcut(self, record: SlimRecord) -> Hashable:
        caller = self._identify(record)
        return caller, record.event_name, bytes(record.resources), self.kinds.shortcut(record)

    def _identify(self, record: SlimRecord) -> int:
        """Give the number of the caller, whatever the session; one that cannot be read gets -1 and is read whole."""
        identity = read_identity(record.user_identity)
        key = identity, record.recipient_account_id, record.event_type
        number = self._callers.get(key) if identity is not None else None
        if number is not None:
            return number
        whole = decode_fully(record.user_identity)
        if isinstance(whole, Reason):
            return -1
        given = {"recipientAccountId": record.recipient_account_id, "eventType": record.event_type}
        caller = identify_caller({"userIdentity": whole, **given}).across_sessions()
        number = self._caller_numbers.setdefault(caller, len(self._caller_numbers))
        if identity is not None:
            _put(self._callers, key, number)
        return number

    def _take_event(self, event: Event | Skipped, record: SlimRecord | None = None) -> None:
        """Take a call that was read whole; of one that was a SlimRecord, learn what its kind is told by."""
        if isinstance(event, Skipped):
            self._sheet.skipped.append(event)
            return
        number = self._number(event) if event.event_source == KMS else NO_KIND
        if self.kinds.keeps is not None and self.kinds.keeps(event):
            self._sheet.events.append((len(self._sheet.digests), event))
        elif record is not None and has_own_key(event):
            _put(self._known, self._shortcut(record), number)
        self._add(number, event.error_code, event.event_time, event_identity(event))

    def _number(self, event: Event) -> int:
        kind = self.kinds.kind(event)
        number = self._numbers.get(kind)
        if number is None:
            number = self._numbers[kind] = len(self._numbers)
            self._sheet.kinds.append((kind, event if self.kinds.keeps_event else None))
        return number

    def _add(self, number: int, code: str | None, moment: datetime, identity: str) -> None:
        place = self._places.get((number, code))
        if place is None:
            place = self._places[number, code] = len(self._places)
            self._rows.times.append([])
        self._rows.times[place].append(moment)
        self._rows.bunches.append(place)
        self._sheet.digests.append(digest_of(identity))


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
        rows = _ROWS.decode(sheet.rows)
        times = rows.times if all(news) else self._sort_out(sheet, rows, news)
        for (number, code), own in zip(sheet.bunches, times, strict=True):
            if own and number != NO_KIND:
                self._adder(process, number)(Bunch(code, len(own), min(own), max(own)))
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

    def _sort_out(self, sheet: Sheet, rows: Rows, news: Sequence[bool]) -> list[list[datetime]]:
        """Give the times of those calls of each bunch that were not read before, and count the others."""
        times = [iter(own) for own in rows.times]
        new: list[list[datetime]] = [[] for _ in rows.times]
        sources = chain.from_iterable(repeat(source, calls) for source, calls in sheet.sources)
        for is_new, place, source in zip(news, rows.bunches, sources, strict=True):
            moment = next(times[place])
            if is_new:
                new[place].append(moment)
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
        """Give the coverage of all that was read."""
        return structs.replace(summarize_reading(self.tally, self.skips.merged()), events_kept=self._counted)


def normalize_slim(record: SlimRecord, source: str) -> Event | Skipped:
    """Normalise a record that was not decoded in full."""
    whole = to_record(record)
    return normalize_record(whole, source) if isinstance(whole, dict) else Skipped(source, whole)


def _put(known: dict[Hashable, int], key: Hashable, number: int) -> None:
    """Remember a number; when there are too many, begin anew."""
    if len(known) >= KNOWN_LIMIT:
        known.clear()
    known[key] = number


@lru_cache(maxsize=1024)
def _read_code(raw: bytes) -> str | None:
    return read_error_code({"errorCode": decode_fully(raw)})
