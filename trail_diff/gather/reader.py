"""What one process finds in a batch of files, in a form that is small to send: sheets of calls by their kinds.

A fold says what makes two calls alike (Kinds). The kind of a call is found from its undecoded fields; only where they
were not met before is it normalised in full.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, BinaryIO

import msgspec
from msgspec import Struct, field

from trail_diff.events.identity import identify_caller
from trail_diff.events.normalize import KMS, has_own_key, has_possible_caller, normalize_record, read_error_code
from trail_diff.gather.dedupe import digest_of, event_identity
from trail_diff.gather.fold import Kinds
from trail_diff.model.learnt import Caller, Event, Skipped
from trail_diff.model.reasons import Reason
from trail_diff.read.files import FileReader
from trail_diff.read.interface import Found, FoundJob, FoundRecord, FoundSlim, Selection, Tally
from trail_diff.read.ledger import size_as_json
from trail_diff.read.lenient import (
    SHARED_BYTES,
    Doubtful,
    decode_fully,
    decode_shared,
    decode_value,
    to_record,
    with_shared_request,
)
from trail_diff.read.records import NULL, SlimRecord
from trail_diff.read.slim import SlimIdentity, read_identity
from trail_diff.read.stretches import NotLinesError
from trail_diff.read.walk import InputFile
from trail_diff.times import parse_time

Batch = Sequence[InputFile | Skipped]
SHEET_CALLS = 4096
SHEET_BYTES = 32 << 20
NO_KIND = -1
KNOWN_LIMIT = 16384
"""How many kinds and identities are cached by their fields."""


class Rows(Struct, array_like=True):
    """Calls one by one, in order: the bunch that each is in, and of every bunch the times of its calls."""

    bunches: list[int] = field(default_factory=list)
    times: list[list[datetime]] = field(default_factory=list)


ROWS = msgspec.msgpack.Decoder(Rows)
_pack = msgspec.msgpack.Encoder().encode


class Sheet(Struct):
    """What was read since the last sheet.

    `kinds` are the new ones; a bunch is identified by the number of its kind, or NO_KIND, and an error code.

    `rows` holds the calls of the bunches in the order of `digests`, packed into msgpack, which knows times; `sources`
    says how many of them in a row came from where. `events` are those that the Kinds keep, each with its place in
    `digests`; `records` are what they were made of, where the reader `is_raw`. `tally` counts a whole batch, so only
    its last sheet has one; `read_records` is for showing progress. `is_refused`: the batch is a stretch of a file that
    does not hold a record a line, and nothing of it was read.
    """

    kinds: list[tuple[Any, Event | None]] = field(default_factory=list)
    bunches: list[tuple[int, str | None]] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)
    rows: bytes = _pack(Rows())
    sources: list[tuple[str, int]] = field(default_factory=list)
    events: list[tuple[int, Event]] = field(default_factory=list)
    records: list[FoundRecord] = field(default_factory=list)
    documents: list[FoundJob] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    files: list[tuple[str, int | None]] = field(default_factory=list)
    read_bytes: int = 0
    read_records: int = 0
    tally: Tally | None = None
    is_refused: bool = False

    def is_full(self) -> bool:
        """Check whether it is time for the next one: for memory, and so that progress is seen."""
        return len(self.digests) >= SHEET_CALLS or self.read_bytes >= SHEET_BYTES


class Reader:
    """Turns batches of files into sheets; kinds seen in one batch are known in the next."""

    def __init__(
        self, kinds: Kinds, selection: Selection, stdin: BinaryIO | None = None, *, is_raw: bool = False
    ) -> None:
        self.kinds, self.selection, self._keeps = kinds, selection, kinds.keeps
        self._is_raw = is_raw
        self._stdin = stdin
        self._numbers: dict[Any, int] = {}
        self._known: dict[Hashable, int] = {}
        self._callers: dict[Hashable, int] = {}
        self._caller_numbers: dict[Caller, int] = {}
        self._sheet, self._rows = Sheet(), Rows()
        self._places: dict[tuple[int, str | None], int] = {}

    def __call__(self, batch: Batch) -> Iterator[Sheet]:
        """Read a batch."""
        tally = Tally()
        found = FileReader(self.selection, tally, self, is_slim=True).read(batch, self._stdin)
        return self.take_all(found, tally)

    def take_all(self, items: Iterable[Found | FoundSlim], tally: Tally) -> Iterator[Sheet]:
        """Take in what a source brings, which counts in the tally."""
        try:
            for found in items:
                self._take(found)
                del found  # a SlimRecord holds the whole document, which is to be gone before the next one is read
                if self._sheet.is_full():
                    yield self._close_sheet()
        except NotLinesError:
            self._sheet.is_refused = True
        self._sheet.tally = tally
        yield self._close_sheet()

    def file(self, name: str, size: int | None) -> None:
        """Note a file that was begun."""
        self._sheet.files.append((name, size))

    def advance(self, read_bytes: int, records: int) -> None:
        """Note how far reading has come."""
        self._sheet.read_bytes += read_bytes
        self._sheet.read_records += records

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
            case FoundSlim():
                for place in range(len(found.records)):
                    self._take_slim(found, place)
            case FoundRecord(whole, source):
                self._take_event(normalize_record(whole, source), whole=found)
            case Skipped():
                self._sheet.skipped.append(found)
            case FoundJob():
                self._sheet.documents += [found] if self._keeps else []
        taken = len(self._sheet.digests) - before
        if taken:
            self._sheet.sources.append((found.source, taken))

    def _take_slim(self, found: FoundSlim, place: int) -> None:
        record, source = found.records[place], found.source
        moment = parse_time(record.event_time)
        if moment is None or not record.event_name:
            self._sheet.skipped.append(Skipped(source, Reason.INVALID_RECORD))
            return
        is_doubtful = isinstance(decode_shared(bytes(record.request_parameters)), Reason)
        if is_doubtful or (self._keeps is not None and self._keeps(record)):
            self._take_event(normalize_whole(found.whole(place), record, source))
            return
        shortcut = self._shortcut(record)
        number = self._known.get(shortcut)
        if number is None:
            event = normalize_slim(record, source)
            if isinstance(event, Event):
                self._take_event(event, shortcut)
            else:
                self._take_event(normalize_whole(found.whole(place), record, source))
            return
        shared = None if record.shared_event_id is NULL else decode_fully(record.shared_event_id)
        code = None if record.error_code is NULL else _read_code(bytes(record.error_code))
        self._add(number, code, moment, shared if isinstance(shared, str) and shared else record.event_id)

    def _shortcut(self, record: SlimRecord) -> Hashable:
        """Return what determines the kind of a call, and whether its record is valid."""
        called = record.event_source, record.event_name, record.aws_region
        return self._identify(record), called, bytes(record.resources), self.kinds.shortcut(record)

    def _identify(self, record: SlimRecord) -> int:
        """Return the number of the caller, whatever the session; one that is not valid gets -1 and is read whole."""
        raw = bytes(record.user_identity)
        identity = _read_caller(raw) if len(raw) <= SHARED_BYTES else None
        key = identity, record.recipient_account_id, record.event_type
        number = self._callers.get(key) if identity is not None else None
        if number is not None:
            return number
        whole = decode_shared(raw)
        if isinstance(whole, Reason):
            return -1
        given: dict[str, Any] = {"recipientAccountId": record.recipient_account_id, "eventType": record.event_type}
        given["userIdentity"] = whole
        if not has_possible_caller(given):
            return -1
        caller = identify_caller(given).across_sessions()
        number = self._caller_numbers.setdefault(caller, len(self._caller_numbers))
        if identity is not None:
            _put(self._callers, key, number)
        return number

    def _take_event(self, event: Event | Skipped, shortcut: Hashable = None, whole: FoundRecord | None = None) -> None:
        """Take a call that was read whole; of one that was a SlimRecord, learn by its shortcut what its kind is."""
        if isinstance(event, Skipped):
            self._sheet.skipped.append(event)
            return
        number = self._number(event) if event.event_source == KMS else NO_KIND
        if self._keeps is not None and self._keeps(event):
            self._sheet.events.append((len(self._sheet.digests), event))
            self._sheet.records += [whole] if self._is_raw and whole is not None else []
        elif shortcut is not None and (number == NO_KIND or has_own_key(event)):
            _put(self._known, shortcut, number)
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


def read_events(
    selection: Selection, batch: Batch, tally: Tally, is_wanted: Callable[[SlimRecord], bool], *, is_kept: bool = False
) -> Iterator[Event]:
    """Read a batch again for its events; of those that were not decoded in full only the wanted ones.

    Of events that are kept, as each counts by itself, what is said twice is found as well.
    """
    for found in FileReader(selection, tally, is_slim=True).read(batch):
        match found:
            case FoundSlim(records, source, whole):
                wanted = [place for place, record in enumerate(records) if is_wanted(record)]
                made = [
                    normalize_whole(whole(place), records[place], source)
                    if is_kept
                    else normalize_slim(records[place], source)
                    for place in wanted
                ]
            case FoundRecord(record, source):
                made = [normalize_record(record, source)]
            case _:
                continue
        yield from (event for event in made if isinstance(event, Event))


def normalize_slim(record: SlimRecord, source: str) -> Event | Skipped:
    """Normalise a record that was not decoded in full."""
    whole = to_record(record)
    return normalize_record(whole, source) if isinstance(whole, dict) else Skipped(source, whole)


def normalize_whole(raw: bytes | msgspec.Raw, record: SlimRecord, source: str) -> Event | Skipped:
    """Normalise a record that is kept, and so counts by itself: what it says must be said once."""
    whole = decode_value(raw)
    if isinstance(whole, Doubtful):
        return Skipped(source, Reason.INVALID_RECORD, bytes=size_as_json(whole, 0))
    if not isinstance(whole, dict):
        return Skipped(source, Reason.INVALID_JSON)
    return normalize_record(with_shared_request(whole, record), source)


def _put(known: dict[Hashable, int], key: Hashable, number: int) -> None:
    """Remember a number; when there are too many, begin anew."""
    if len(known) >= KNOWN_LIMIT:
        known.clear()
    known[key] = number


@lru_cache(maxsize=KNOWN_LIMIT)
def _read_caller(raw: bytes) -> SlimIdentity | None:
    return None if isinstance(decode_shared(raw), Reason) else read_identity(raw)


@lru_cache(maxsize=1024)
def _read_code(raw: bytes) -> str | None:
    return read_error_code({"errorCode": decode_fully(raw)})
