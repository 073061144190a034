"""What every source yields, and what it is told: read this before writing a source.

A source turns its input into `Found` values, one at a time, and keeps nothing: a raw record that the Selection
wants, a job document, or a note of what was skipped. Every record that was read, wanted or not, is counted in the
Tally, because coverage has to be told from records that are thrown away.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec

from trail_diff.events.changes import GLOBAL_SOURCES, OTHER_CHANGES
from trail_diff.events.fields import account_of
from trail_diff.events.service_refusals import may_be_for_kms
from trail_diff.model.learnt import Record, Skipped, Window
from trail_diff.read.places import Places
from trail_diff.read.records import NULL, Peek, SlimRecord
from trail_diff.times import parse_time

KEPT_SOURCES = frozenset({"kms.amazonaws.com", "backup.amazonaws.com"})
"""The services all of whose events are kept for a case."""
_KMS_ALONE = frozenset({"kms.amazonaws.com"})

Selection = Callable[[Peek | SlimRecord], bool]
"""Says whether a record is worth decoding in full. It sees raw, unchecked values and must never raise."""


class ReadOptions(msgspec.Struct, frozen=True):
    """What to read and what to leave out: every source is given it, and it picks the records that are worth decoding.

    Of `regions` (empty: every Region; roles and organizations are of all), from `start` to `end` (UTC), wanted are KMS
    and AWS Backup events and those that change keys, grants, policies, roles and trails; with `kms_only` KMS events
    alone, with `event_ids` those alone. `services` are those whose resources are concerned (as ARNs name them; empty:
    not known), whose settings a source that asks for calls by name need look at only.

    A source that can choose need not bring all of it, only: in each of the `windows`, every KMS and AWS Backup event;
    in `changes`, those that change something (a span of days, in which they are few). `keys` are key ARNs that are
    known to matter; with `only_keys`, KMS calls on other keys are not wanted. A case wants them: what other keys and
    callers did in a window tells whether an absence means anything. `placed` says which of the windows are wanted of
    which account and Region, and that nothing is of any other; a source that does not tell places apart reads them all.

    `processes` is how many may be used for a large input; with more than one, the caller must have no threads. Each is
    given `batch_files` files at a time, fewer when they are large, or `stretch_bytes` of a large file of lines.

    `asked_at` is when the question was asked; it chooses nothing, and goes with what is read.
    """

    regions: tuple[str, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    processes: int = 1
    batch_files: int = 256
    stretch_bytes: int = 4 << 20
    windows: tuple[Window, ...] = ()
    changes: Window | None = None
    keys: tuple[str, ...] = ()
    only_keys: bool = False
    services: tuple[str, ...] = ()
    kms_only: bool = False
    event_ids: frozenset[str] | None = None
    placed: Mapping[tuple[str, str], tuple[Window, ...]] | None = None
    asked_at: datetime | None = None

    def __call__(self, peek: Peek | SlimRecord) -> bool:
        """Check whether a record is wanted; one whose time cannot be read is."""
        source, name = peek.event_source, peek.event_name
        is_one = isinstance(source, str) and source in (_KMS_ALONE if self.kms_only else KEPT_SOURCES)
        is_one = is_one or (not self.kms_only and isinstance(name, str) and name in OTHER_CHANGES)
        is_one = is_one or (not self.kms_only and may_be_for_kms(peek.error_code, peek.error_message))
        return is_one and self._is_in_place(peek) and self._may_be_named(peek)

    def pick(self, records: Sequence[SlimRecord], sources: Sequence[str]) -> list[int]:
        """Return the places of the wanted records, whose sources are known: as if each were asked for, but quicker."""
        wanted = _KMS_ALONE if self.kms_only else KEPT_SOURCES
        places = sorted(place for source in wanted for place in _places_of(source, sources))
        if not self.kms_only:
            names = [record.event_name for record in records]
            others = [place for place, record in enumerate(records) if record.error_code is not NULL]
            others = [place for place in others if _may_be_for_kms(records[place])]
            if not OTHER_CHANGES.isdisjoint(names):
                others += [place for place, name in enumerate(names) if name in OTHER_CHANGES]
            places = sorted({*places, *others}) if others else places
        if self.regions or self.start is not None or self.end is not None:
            places = [place for place in places if self._is_in_place(records[place])]
        if self.event_ids is not None:
            places = [place for place in places if self._may_be_named(records[place])]
        return places

    def _may_be_named(self, peek: Peek | SlimRecord) -> bool:
        """Check whether a record may be one of the events asked for; one that does not say its id may be any."""
        named = peek.event_id
        return self.event_ids is None or not isinstance(named, str) or not named or named in self.event_ids

    def _is_in_place(self, peek: Peek | SlimRecord) -> bool:
        if self.regions and peek.aws_region not in self.regions and peek.event_source not in GLOBAL_SOURCES:
            return False
        if self.start is None and self.end is None:
            return True
        moment = parse_time(peek.event_time)
        if moment is None:
            return True
        return not ((self.start and moment < self.start) or (self.end and moment > self.end))


def _may_be_for_kms(record: SlimRecord) -> bool:
    code, message = (bytes(raw).decode("utf-8", "replace") for raw in (record.error_code, record.error_message))
    return may_be_for_kms(code, message)


def _places_of(wanted: str, texts: Sequence[str]) -> Iterator[int]:
    """Yield all places of a text that is not frequent."""
    place = -1
    for _ in range(texts.count(wanted)):
        place = texts.index(wanted, place + 1)
        yield place


class FoundRecord(msgspec.Struct, frozen=True):
    """A raw CloudTrail record that the Selection wants. `source` names the file, archive members as `a.zip!b.json`."""

    record: Record
    source: str


class FoundJob(msgspec.Struct, frozen=True):
    """A document that describes jobs (DescribeBackupJob, list-backup-jobs, EventBridge job state change …), as read."""

    document: dict[str, Any]
    source: str


Found = FoundRecord | FoundJob | Skipped


class FoundSlim(msgspec.Struct, frozen=True):
    """Wanted records that were not decoded in full, as they lie in one piece of a document; may be empty.

    `whole` gives the text of the one at a place, in which a member may come twice, of which only the last was seen.
    """

    records: list[SlimRecord]
    source: str
    whole: Callable[[int], bytes | msgspec.Raw]


class Source(Protocol):
    """Where records come from: files, a bucket, event history, or one of AWS's query engines.

    `query` says what has to be brought; a source may bring more, the selection decides.
    """

    def read(
        self, query: ReadOptions, selection: Selection, tally: "Tally", progress: "Progress | None"
    ) -> Iterator[Found]:
        """Bring what the query wants; every record that goes past is counted in the tally.

        Raises:
            AwsError: AWS did not answer; what came before was given.
        """


class Engine(Source, Protocol):
    """A source that is asked by statements in a language of its own."""

    def statement(self, query: ReadOptions) -> str:
        """Return what would be asked; nothing is run."""


class AwsCalls(Protocol):
    """What a source needs of AWS; `trail_diff.aws.client.Aws` is the one there is."""

    def call(
        self, service: str, operation: str, parameters: Mapping[str, Any] | None = None, region: str | None = None
    ) -> dict[str, Any]:
        """Make one call and give its answer."""

    def pages(
        self, service: str, operation: str, parameters: Mapping[str, Any] | None = None, region: str | None = None
    ) -> Iterator[dict[str, Any]]:
        """Yield every page of an answer."""

    def chunks(self, bucket: str, key: str, start: int = 0) -> Iterator[bytes]:
        """Yield the content of an object from byte `start` on."""


class Link(msgspec.Struct, frozen=True):
    """What a source is connected to: AWS, somebody who is told one line at a time, and something to wait with."""

    aws: AwsCalls
    notify: Callable[[str], None]
    wait: Callable[[float], None]


class Progress(Protocol):
    """Is told how far a reading has come."""

    def file(self, name: str, size: int | None) -> None:
        """Begin a file of `size` bytes (None: not known, as for stdin)."""

    def advance(self, read_bytes: int, records: int) -> None:
        """Add bytes read from the input (before they are unpacked) and records seen."""

    def search(self, done: float, seconds_left: float, records: int) -> None:
        """Report on a search whose end is only estimated: the share that is done (0 to 1), and all records so far."""


class Tally:
    """Counts of all records that went past, wanted or not. Mutable: one for each reading, merged at the end.

    Times are ISO text of UTC, as CloudTrail has them (they sort as text), `first` and `last` of those that can be read;
    `hours` counts records by Region, account and hour (`2026-03-01T18`), from which coverage is told. `searched` holds
    the spans (Region, account, first and last second) whose KMS events were all brought. Those of event history name
    their account: nothing is missing there, even where no record is. Those of a log store (a bucket, a table, a log
    group) have no account, and no Region where all were asked for: the store holds what its trail delivers. `as_of` is
    when such a fetch was made, `cached_at` when the oldest part of it was that was kept from an earlier one, `changes`
    the span in which all changes of keys were asked for.
    """

    def __init__(self) -> None:
        self.files = 0
        self.records = 0
        self.kms_records = 0
        self.first: str | None = None
        self.last: str | None = None
        self.read_only = {True: 0, False: 0}
        self.hours: dict[tuple[str, str, str], int] = {}
        self.without_caller_type = 0
        self.next_token = False
        self.event_history = 0
        self.searched: set[tuple[str, str, str, str]] = set()
        self.as_of: str | None = None
        self.cached_at: str | None = None
        self.changes: tuple[str, str] | None = None
        self._places: Places | None = None

    def count(self, peek: Peek) -> None:
        """Count one record."""
        self.records += 1
        if peek.event_source == "kms.amazonaws.com":
            self.kms_records += 1
        if peek.read_only is True or peek.read_only == "true":
            self.read_only[True] += 1
        elif peek.read_only is False or peek.read_only == "false":
            self.read_only[False] += 1
        if isinstance(peek.event_time, str):
            time = _in_utc(peek.event_time)
            if (self.first is None or time < self.first) and _is_time(time):
                self.first = time
            if (self.last is None or time > self.last) and _is_time(time):
                self.last = time
            place = (str(peek.aws_region or ""), account_of(peek.recipient_account_id) or "", time[:13])
            self.hours[place] = self.hours.get(place, 0) + 1

    def newest(self) -> str | None:
        """Return the time up to which is known: when it was fetched, else that of the newest record."""
        return self.as_of or self.last

    def regions(self) -> frozenset[str]:
        """Return the Regions that records came from, or whose event history was searched for some."""
        return self.places().regions

    def accounts(self) -> frozenset[str]:
        """Return the accounts that records came from, or whose event history was searched for some."""
        return self.places().accounts

    def places(self) -> Places:
        """Return where and when records were."""
        if self._places is None or not self._places.are_of(self.hours, self.searched):
            self._places = Places(self.hours, self.searched)
        return self._places

    def is_event_history(self) -> bool:
        """Check whether all that was read is event history, which leaves no KMS or read-only event out."""
        is_counted = self.event_history == self.records
        return all(account for _, account, *_ in self.searched) if self.searched else is_counted

    def add_searched(self, query: ReadOptions, as_of: datetime) -> None:
        """Note that a log store was asked for what a query wants; no Regions stand for all of them."""
        self.as_of = max(self.as_of or "", as_of.isoformat())
        for span in query.windows if not query.only_keys else ():
            bounds = (span.start.isoformat(), min(span.end, as_of).isoformat())
            self.searched |= {(region, "", *bounds) for region in query.regions or ("",)}
        if query.changes is not None:
            self.narrow_changes(query.changes.start.isoformat(), min(query.changes.end, as_of).isoformat())

    def narrow_changes(self, first: str, last: str) -> None:
        """Note a span in which a source was asked for changes; of several spans, what they have in common counts."""
        known = self.changes
        self.changes = (max(first, known[0]), min(last, known[1])) if known else (first, last)

    def count_all(self, records: Sequence[SlimRecord], sources: Sequence[str]) -> None:
        """Count many records, whose sources are known: the same as `count` for each, but quicker."""
        if not records:
            return
        self.records += len(records)
        self.kms_records += sources.count("kms.amazonaws.com")
        read_only = [record.read_only for record in records]
        self.read_only[True] += read_only.count(True)
        self.read_only[False] += read_only.count(False)
        times = [time if time[-1:] == "Z" else _in_utc(time) for time in [record.event_time for record in records]]
        first, last = min(times), max(times)
        self._widen([first, last] if _is_time(first) and _is_time(last) else list(filter(_is_time, times)))
        for (region, account, hour), count in _count_places(records, times, first, last).items():
            place = (region or "", account or "", hour)
            self.hours[place] = self.hours.get(place, 0) + count

    def merge(self, other: "Tally") -> "Tally":
        """Return the counts of two readings together."""
        merged = Tally()
        merged.add(self)
        merged.add(other)
        return merged

    def add(self, other: "Tally") -> None:
        """Add the counts of another reading."""
        self.files += other.files
        self.records += other.records
        self.kms_records += other.kms_records
        self.without_caller_type += other.without_caller_type
        self.event_history += other.event_history
        self.next_token = self.next_token or other.next_token
        for read_only, count in other.read_only.items():
            self.read_only[read_only] += count
        for place, count in other.hours.items():
            self.hours[place] = self.hours.get(place, 0) + count
        self.searched |= other.searched
        self.as_of = max((time for time in (self.as_of, other.as_of) if time), default=None)
        self.cached_at = min((time for time in (self.cached_at, other.cached_at) if time), default=None)
        self.changes = _join_spans(self.changes, other.changes)
        self._widen([time for time in (other.first, other.last) if time is not None])

    def _widen(self, times: Sequence[str]) -> None:
        """Take in times that can be read."""
        self.first = min((time for time in (self.first, *times) if time is not None), default=None)
        self.last = max((time for time in (self.last, *times) if time is not None), default=None)


def _join_spans(one: tuple[str, str] | None, other: tuple[str, str] | None) -> tuple[str, str] | None:
    """Return the span of two that touch, else the later one."""
    if one is None or other is None:
        return one or other
    earlier, later = sorted((one, other))
    end, begin = parse_time(earlier[1]), parse_time(later[0])
    is_whole = end is not None and begin is not None and begin <= end + timedelta(seconds=1)
    return (earlier[0], max(earlier[1], later[1])) if is_whole else later


def _in_utc(text: str) -> str:
    """Return a time as CloudTrail writes it, where it has another offset; what is none stays."""
    moment = None if text.endswith("Z") else parse_time(text)
    return text if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _is_time(text: str) -> bool:
    return parse_time(text) is not None


def _count_places(
    records: Sequence[SlimRecord], times: Sequence[str], first: str, last: str
) -> Counter[tuple[str | None, str | None, str]]:
    """Count records by Region, account and hour: at once when all are alike, as in a trail's own files."""
    regions = {record.aws_region for record in records}
    accounts = {record.recipient_account_id for record in records}
    if len(regions) == len(accounts) == 1 and first[:13] == last[:13]:
        return Counter({(regions.pop(), accounts.pop(), first[:13]): len(records)})
    return Counter(
        (record.aws_region, record.recipient_account_id, time[:13]) for record, time in zip(records, times, strict=True)
    )


def select_everything(_peek: Peek | SlimRecord) -> bool:
    """Want every record."""
    return True
