"""KMS calls counted while they are read, on all cores: memory grows with how different they are, not how many.

A command says what makes two calls alike (Kinds). Each process finds the kind of every call, and normalises in full
only those whose undecoded fields it has not met before. Kinds, how many calls each has and a digest of every call go to
the process that began it. Only where a digest shows that a call was read twice does that look at the calls one by one,
so that the first of them counts, in the order of the files.
"""

import pickle
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import chain, islice
from typing import Any, BinaryIO

from msgspec import Struct, field, structs

from trail_diff.coverage import summarize_reading
from trail_diff.gather import ReadOptions, Skips, event_identity, make_selection
from trail_diff.identity import identify_caller
from trail_diff.kinds import Add, Bunch, Count, Kinds
from trail_diff.model import Caller, Coverage, Event, Reason, Skipped
from trail_diff.normalize import has_own_key, normalize_record, read_error_code
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
from trail_diff.sources.walk import InputFile
from trail_diff.times import parse_time

BATCH_BYTES = 1 << 20
BATCH_FILES = 256
WORTH_BATCHES = 8
"""How many batches of files there have to be before further processes are worth their start."""
SHEET_CALLS = 4096
SHEET_BYTES = 32 << 20
KNOWN_LIMIT = 16384
"""How many kinds and identities are remembered by the fields that tell them."""

Batch = Sequence[InputFile | Skipped]


class Rows(Struct):
    """Calls one by one, in columns: the number of the kind, error code, ISO time and source of each."""

    numbers: list[int] = field(default_factory=list)
    codes: list[str | None] = field(default_factory=list)
    times: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)


class Sheet(Struct):
    """What was read since the last sheet. `kinds` are the new ones; calls name theirs by its number.

    `bunches` holds the calls of each kind; `rows` the same one by one in the order of `digests`, packed, since they are
    hardly ever looked at. `tally` counts a whole batch, so only its last sheet has one; `records` is for showing
    progress.
    """

    kinds: list[tuple[Any, Event | None]] = field(default_factory=list)
    bunches: list[tuple[int, Bunch]] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)
    rows: bytes = b""
    skipped: list[Skipped] = field(default_factory=list)
    files: list[tuple[str, int | None]] = field(default_factory=list)
    read_bytes: int = 0
    records: int = 0
    tally: Tally | None = None

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
    reader = _Reader(count.kinds, make_selection(options, kms_only=True), stdin)
    sums = _Sums(count, progress)
    for process, sheet in _read_all(paths, reader, options.processes):
        sums.add(process, sheet)
    return sums.coverage()


def _read_all(paths: Sequence[str], reader: "_Reader", processes: int) -> Iterator[tuple[int, Sheet]]:
    """Give the sheets in the order of what was read, each with the number of the process it comes from."""
    batches = _make_batches(chain.from_iterable(list_files(path, reader.selection) for path in paths))
    first = list(islice(batches, WORTH_BATCHES))
    if processes > 1 and len(first) == WORTH_BATCHES and STDIN not in paths:
        from trail_diff.sources.parallel import run_in_order

        yield from run_in_order(reader, chain(first, batches), processes)
        return
    for batch in chain(first, batches):
        yield from ((0, sheet) for sheet in reader(batch))


def _make_batches(files: Iterable[InputFile | Skipped]) -> Iterator[Batch]:
    """Put files together, so that a batch is worth sending to another process."""
    batch: list[InputFile | Skipped] = []
    size = 0
    for file in files:
        batch.append(file)
        size += file.size if isinstance(file, InputFile) else 0
        if size >= BATCH_BYTES or len(batch) >= BATCH_FILES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


class _Reader:
    """Turns batches of files into sheets; what it has met in one batch it knows in the next."""

    def __init__(self, kinds: Kinds, selection: Selection, stdin: BinaryIO | None) -> None:
        self.selection = selection
        self._kinds, self._stdin = kinds, stdin
        self._numbers: dict[Any, int] = {}
        self._known: dict[Hashable, int] = {}
        self._callers: dict[Hashable, int] = {}
        self._caller_numbers: dict[Caller, int] = {}
        self._sheet, self._rows = Sheet(), Rows()
        self._moments: list[datetime] = []

    def __call__(self, batch: Batch) -> Iterator[Sheet]:
        """Read a batch."""
        reading = Reading(self.selection, Tally(), self, is_slim=True)
        for found in read_files(batch, reading, self._stdin):
            self._take(found)
            del found  # a SlimRecord holds the whole document, which is to be gone before the next one is read
            if self._sheet.is_full():
                yield self._close_sheet()
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
        """Sum up the calls of the sheet, pack them, and begin the next one."""
        sheet, rows = self._sheet, self._rows
        times: defaultdict[tuple[int, str | None], list[datetime]] = defaultdict(list)
        for number, code, moment in zip(rows.numbers, rows.codes, self._moments, strict=True):
            times[number, code].append(moment)
        sheet.bunches = [
            (number, Bunch(code, len(moments), min(moments), max(moments))) for (number, code), moments in times.items()
        ]
        sheet.rows = pickle.dumps(rows)
        self._sheet, self._rows, self._moments = Sheet(), Rows(), []
        return sheet

    def _take(self, found: Found | FoundSlim) -> None:
        match found:
            case FoundSlim(records, source):
                for record in records:
                    self._take_slim(record, source)
            case FoundRecord(whole, source):
                self._take_event(normalize_record(whole, source))
            case Skipped():
                self._sheet.skipped.append(found)
            case FoundJob():
                pass

    def _take_slim(self, record: SlimRecord, source: str) -> None:
        moment = parse_time(record.event_time)
        if moment is None or not record.event_name:
            self._sheet.skipped.append(Skipped(source, Reason.INVALID_RECORD))
            return
        caller = self._identify(record)
        shortcut = caller, record.event_name, bytes(record.resources), self._kinds.shortcut(record)
        number = self._known.get(shortcut)
        if number is None:
            self._take_whole(record, source, shortcut)
            return
        shared = record.shared_event_id
        identity = record.event_id if shared is NULL else decode_fully(shared)
        if not isinstance(identity, str) or not identity:
            identity = record.event_id
        code = None if record.error_code is NULL else _read_code(bytes(record.error_code))
        self._add(number, moment, code, identity)
        self._rows.times.append(record.event_time)
        self._rows.sources.append(source)

    def _take_whole(self, record: SlimRecord, source: str, shortcut: Hashable) -> None:
        """Take a call whose kind is not known yet."""
        whole = to_record(record)
        event = normalize_record(whole, source) if isinstance(whole, dict) else Skipped(source, whole)
        self._take_event(event)
        if isinstance(event, Event) and has_own_key(event):
            _put(self._known, shortcut, self._number(event))

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

    def _take_event(self, event: Event | Skipped) -> None:
        if isinstance(event, Skipped):
            self._sheet.skipped.append(event)
            return
        self._add(self._number(event), event.event_time, event.error_code, event_identity(event))
        self._rows.times.append(event.event_time.isoformat())
        self._rows.sources.append(event.source)

    def _number(self, event: Event) -> int:
        kind = self._kinds.kind(event)
        number = self._numbers.get(kind)
        if number is None:
            number = self._numbers[kind] = len(self._numbers)
            self._sheet.kinds.append((kind, event if self._kinds.keeps_event else None))
        return number

    def _add(self, number: int, moment: datetime, code: str | None, identity: str) -> None:
        self._rows.numbers.append(number)
        self._rows.codes.append(code)
        self._moments.append(moment)
        self._sheet.digests.append(digest_of(identity))


class _Sums:
    """Puts the sheets together; an event that was read before is dropped and counted, whoever read it."""

    def __init__(self, count: Count, progress: Progress | None) -> None:
        self._count, self._progress = count, progress
        self._once, self._skips, self._tally, self._kept = Once(), Skips(), Tally(), 0
        self._kinds: dict[int, list[tuple[Any, Event | None]]] = {}
        self._adds: dict[int, list[Add | None]] = {}

    def add(self, process: int, sheet: Sheet) -> None:
        """Add what a process read."""
        kinds = self._kinds.setdefault(process, [])
        kinds.extend(sheet.kinds)
        adds = self._adds.setdefault(process, [])
        adds.extend([None] * len(sheet.kinds))
        news = self._once.add_all(sheet.digests)
        self._kept += news.count(True)
        for number, bunch in sheet.bunches if all(news) else self._sort_out(sheet, news):
            add = adds[number]
            if add is None:
                add = adds[number] = self._count.open(*kinds[number])
            add(bunch)
        for skipped in sheet.skipped:
            self._skips.add(skipped)
        if sheet.tally is not None:
            self._tally.add(sheet.tally)
        if self._progress is not None:
            for name, size in sheet.files:
                self._progress.file(name, size)
            self._progress.advance(sheet.read_bytes, sheet.records)

    def _sort_out(self, sheet: Sheet, news: Sequence[bool]) -> Iterator[tuple[int, Bunch]]:
        """Give the calls of a sheet that were not read before, one by one, and count the others."""
        rows: Rows = pickle.loads(sheet.rows)  # noqa: S301 - packed by a process of ours
        for is_new, number, code, time, source in zip(
            news, rows.numbers, rows.codes, rows.times, rows.sources, strict=True
        ):
            if not is_new:
                self._skips.add(Skipped(source, Reason.DUPLICATE))
            elif moment := parse_time(time):
                yield number, Bunch(code, 1, moment, moment)

    def coverage(self) -> Coverage:
        """Give the coverage of all that was read."""
        return structs.replace(summarize_reading(self._tally, self._skips.merged()), events_kept=self._kept)


def _put(known: dict[Hashable, int], key: Hashable, number: int, limit: int = KNOWN_LIMIT) -> None:
    """Remember a number; when there are too many, begin anew."""
    if len(known) >= limit:
        known.clear()
    known[key] = number


@lru_cache(maxsize=1024)
def _read_code(raw: bytes) -> str | None:
    return read_error_code({"errorCode": decode_fully(raw)})
