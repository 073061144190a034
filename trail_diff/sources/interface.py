"""What every source yields, and what it is told: read this before writing a source.

A source turns its input into `Found` values, one at a time, and keeps nothing: a raw record that the Selection
wants, a job document, or a note of what was skipped. Every record that was read, wanted or not, is counted in the
Tally, because coverage has to be told from records that are thrown away.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import msgspec

from trail_diff.model import Record, Skipped, Window

PEEK_FIELDS = {
    "event_source": "eventSource",
    "event_name": "eventName",
    "event_time": "eventTime",
    "event_id": "eventID",
    "event_type": "eventType",
    "aws_region": "awsRegion",
    "recipient_account_id": "recipientAccountId",
    "read_only": "readOnly",
}


class Peek(msgspec.Struct, frozen=True, rename=PEEK_FIELDS):
    """The few fields that decide whether a record matters; any JSON type may stand in each."""

    event_source: Any = None
    event_name: Any = None
    event_time: Any = None
    event_id: Any = None
    event_type: Any = None
    aws_region: Any = None
    recipient_account_id: Any = None
    read_only: Any = None


Selection = Callable[[Peek], bool]
"""Says whether a record is worth decoding in full. It sees raw, unchecked values and must never raise."""


class FoundRecord(msgspec.Struct, frozen=True):
    """A raw CloudTrail record that the Selection wants. `source` names the file, archive members as `a.zip!b.json`."""

    record: Record
    source: str


class FoundJob(msgspec.Struct, frozen=True):
    """A document that describes jobs (DescribeBackupJob, list-backup-jobs, EventBridge job state change …), as read."""

    document: dict[str, Any]
    source: str


Found = FoundRecord | FoundJob | Skipped


class Query(msgspec.Struct, frozen=True):
    """What a source that can choose has to bring: it may bring more, the Selection decides.

    In each of the `windows`, every KMS and AWS Backup event; in `changes`, those that change keys, grants, policies,
    roles and trails (a span of days, in which they are few). Empty `regions` means those of the source; `keys` are key
    ARNs that are known to matter; with `only_keys`, KMS calls on other keys are not wanted. A case wants them: what
    other keys and callers did in a window tells whether an absence means anything.
    """

    windows: tuple[Window, ...] = ()
    changes: Window | None = None
    regions: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    only_keys: bool = False


class Source(Protocol):
    """Where records come from when it is not files: AWS itself, a bucket, or one of AWS's query engines."""

    def read(self, query: Query, selection: Selection, tally: "Tally", progress: "Progress | None") -> Iterator[Found]:
        """Bring what the query wants; every record that goes past is counted in the tally.

        Raises:
            AwsError: AWS did not answer; what came before was given.
        """


class Engine(Source, Protocol):
    """A source that is asked by statements in a language of its own."""

    def statement(self, query: Query) -> str:
        """Give what would be asked; nothing is run."""


class AwsCalls(Protocol):
    """What a source needs of AWS; `trail_diff.aws.Aws` is the one there is."""

    def call(
        self, service: str, operation: str, parameters: Mapping[str, Any] | None = None, region: str | None = None
    ) -> dict[str, Any]:
        """Make one call and give its answer."""

    def pages(
        self, service: str, operation: str, parameters: Mapping[str, Any] | None = None, region: str | None = None
    ) -> Iterator[dict[str, Any]]:
        """Give every page of an answer."""

    def chunks(self, bucket: str, key: str, start: int = 0) -> Iterator[bytes]:
        """Give the content of an object from byte `start` on."""


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
        """Tell of a search whose end is only estimated: the share that is done (0 to 1), and all records so far."""


class Tally:
    """Counts of all records that went past, wanted or not. Mutable: one for each reading, merged at the end.

    Times stay ISO text as in the record (they sort as text); `hours` counts records by Region, account and hour
    (`2026-03-01T18`), from which coverage is told. `searched` holds the spans of
    event history (Region, account, first and last second) that were fetched to the end: nothing is missing there, even
    where no record is. `as_of` is when such a fetch was made.
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

    def count(self, peek: Peek) -> None:
        """Count one record."""
        self.records += 1
        if peek.event_source == "kms.amazonaws.com":
            self.kms_records += 1
        if peek.read_only is True or peek.read_only == "true":
            self.read_only[True] += 1
        elif peek.read_only is False or peek.read_only == "false":
            self.read_only[False] += 1
        time = peek.event_time
        if isinstance(time, str):
            if self.first is None or time < self.first:
                self.first = time
            if self.last is None or time > self.last:
                self.last = time
            place = (str(peek.aws_region or ""), str(peek.recipient_account_id or ""), time[:13])
            self.hours[place] = self.hours.get(place, 0) + 1

    def newest(self) -> str | None:
        """Give the time up to which is known: when it was fetched, else that of the newest record."""
        return self.as_of or self.last

    def regions(self) -> set[str]:
        """Give the Regions that records came from, or that were searched for some."""
        return {region for region, _, _ in self.hours if region} | {region for region, *_ in self.searched}

    def accounts(self) -> set[str]:
        """Give the accounts that records came from, or that were searched for some."""
        return {account for _, account, _ in self.hours if account} | {account for _, account, *_ in self.searched}

    def merge(self, other: "Tally") -> "Tally":
        """Give the counts of two readings together."""
        merged = Tally()
        for tally in (self, other):
            merged.files += tally.files
            merged.records += tally.records
            merged.kms_records += tally.kms_records
            merged.without_caller_type += tally.without_caller_type
            merged.event_history += tally.event_history
            merged.next_token = merged.next_token or tally.next_token
            for read_only, count in tally.read_only.items():
                merged.read_only[read_only] += count
            for place, count in tally.hours.items():
                merged.hours[place] = merged.hours.get(place, 0) + count
            merged.searched |= tally.searched
        merged.as_of = max((time for time in (self.as_of, other.as_of) if time), default=None)
        merged.first = min((time for time in (self.first, other.first) if time), default=None)
        merged.last = max((time for time in (self.last, other.last) if time), default=None)
        return merged


def select_everything(_peek: Peek) -> bool:
    """Want every record."""
    return True
