"""The frequent forms, decoded at once: a piece of a document becomes SlimRecords, or is left to the general way.

msgspec checks the whole piece while it passes over what is not needed, so a piece that decodes is what the general way
would have read: it accepts nothing that is no JSON, and a needle inside a string, an escaped name or another order of
fields make no difference to it. Whatever is doubtful (one record of another shape is enough) gives None.
"""

import json
import re
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import TypeVar

import msgspec

from trail_diff.read.records import NULL, SlimRecord, is_plain, is_source

_ONCE = (b'"eventSource"', b"eventID")
"""What every record has once; the second also betrays where damage joined it to a word or put it inside of a text."""
_ALWAYS = (*_ONCE, b'"eventName"', b'"userIdentity"')
"""What every SlimRecord has: with as many of each as there are records, none comes twice."""
_TOLD = {
    b'"errorCode"': attrgetter("error_code"),
    b'"eventTime"': attrgetter("event_time"),
    b'"awsRegion"': attrgetter("aws_region"),
    b'"eventType"': attrgetter("event_type"),
    b'"resources"': attrgetter("resources"),
    b'"requestParameters"': attrgetter("request_parameters"),
    b'"recipientAccountId"': attrgetter("recipient_account_id"),
}
"""Members that a count of calls rests on; of one that comes twice, only the last is seen."""
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_NAME_IN_TEXT = b"eventID\\"
"""How a text goes on that holds members of another record, which damage may have put there."""
_TRAIL_BYTES, _LIST_BYTES = len('{"Records":[]}'), len("[]")
"""What a document has beside its records and what is between them."""
ENTRY = b'"CloudTrailEvent"'
REFUSALS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
T = TypeVar("T")


class Batch(msgspec.Struct, frozen=True):
    """Records in a row, none of them doubtful, and the source of each; `split` gives each of them undecoded.

    `has_next`: whether a page of event history is followed by another; None when that is not told here. `container`:
    the name of the array that they are elements of, empty for an array by itself, None where they follow one another.
    """

    records: list[SlimRecord]
    sources: list[str]
    split: Callable[[], Sequence[bytes | msgspec.Raw]]
    is_history: bool = False
    has_next: bool | None = None
    container: str | None = None


class _Issuer(msgspec.Struct, frozen=True, gc=False, rename={"user_name": "userName"}):
    arn: str | None = None
    user_name: str | None = None


class _Context(msgspec.Struct, frozen=True, gc=False, rename={"issuer": "sessionIssuer"}):
    issuer: _Issuer | None = None


class _Owner(msgspec.Struct, frozen=True, gc=False, rename={"user_id": "userId"}):
    user_id: str | None = None


class SlimIdentity(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A `userIdentity` as far as it tells who called: without its credentials, which are new every hour."""

    type: str | None = None
    arn: str | None = None
    account_id: str | None = None
    invoked_by: str | None = None
    principal_id: str | None = None
    user_name: str | None = None
    session_context: _Context | None = None
    on_behalf_of: _Owner | None = None


class _Named(msgspec.Struct, frozen=True, gc=False, rename={"key_id": "keyId"}):
    key_id: str | None = None


class _TrailFile(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """The form of trail files and console downloads, by far the most frequent one, and nothing beside it."""

    Records: list[SlimRecord]


class _RawTrailFile(msgspec.Struct):
    Records: list[msgspec.Raw]


class Entry(msgspec.Struct, gc=False, rename={"event": "CloudTrailEvent", "event_id": "EventId"}):
    """An entry of event history: the text of a record, and its id beside it."""

    event: str
    event_id: msgspec.Raw = NULL

    def is_torn(self) -> bool:
        """Check whether the id beside the record is another's, as damage in the middle of two leaves it."""
        named = bytes(self.event_id).strip(b'"').decode("utf-8", "replace")
        return is_id_of_other(named, self.event)


class _HistoryPage(msgspec.Struct, forbid_unknown_fields=True):
    """A page of LookupEvents with nothing beside it that could give it another meaning."""

    Events: list[Entry]
    NextToken: str | None = None
    ResponseMetadata: msgspec.Raw = msgspec.Raw(b"null")


class _Line(
    SlimRecord,
    frozen=True,
    gc=False,
    kw_only=True,
    rename={
        "trail_records": "Records",
        "history": "Events",
        "log_events": "logEvents",
        "backup_jobs": "BackupJobs",
        "copy_jobs": "CopyJobs",
        "restore_jobs": "RestoreJobs",
    },
):
    """A record on a line of its own, which must not begin one of the containers that are split."""

    trail_records: None = None
    records: None = None
    history: None = None
    events: None = None
    log_events: None = None
    backup_jobs: None = None
    copy_jobs: None = None
    restore_jobs: None = None


_ENCODER = msgspec.json.Encoder()
_TRAIL = msgspec.json.Decoder(_TrailFile)
_RAW_TRAIL = msgspec.json.Decoder(_RawTrailFile)
_PAGE = msgspec.json.Decoder(_HistoryPage)
_RECORD = msgspec.json.Decoder(SlimRecord)
_RECORDS = msgspec.json.Decoder(list[SlimRecord])
_ENTRIES = msgspec.json.Decoder(list[Entry])
_RAWS = msgspec.json.Decoder(list[msgspec.Raw])
_LINE = msgspec.json.Decoder(_Line)
_RAW = msgspec.json.Decoder(msgspec.Raw)
_NAMED = msgspec.json.Decoder(_Named | None)
_IDENTITY = msgspec.json.Decoder(SlimIdentity)


def read_identity(raw: bytes | msgspec.Raw) -> SlimIdentity | None:
    """Read what tells of a `userIdentity` who called; None if it has another shape."""
    try:
        return _IDENTITY.decode(raw)
    except REFUSALS:
        return None


def read_key_name(raw: msgspec.Raw) -> str | bytes | None:
    """Read by what name `requestParameters` call a key; where they have another shape, give them as they are."""
    try:
        named = _NAMED.decode(raw)
    except REFUSALS:
        return bytes(raw)
    return named.key_id if named is not None else None


def read_document(data: bytes) -> Batch | None:
    """Read a whole document: a trail file, a list of records, or a page of event history."""
    if data.startswith(b"["):
        return read_elements(data, "")
    trail = _attempt(_TRAIL.decode, data)
    if trail is not None:
        return _make_batch(trail.Records, data, lambda: _RAW_TRAIL.decode(data).Records, "Records", _TRAIL_BYTES)
    page = _attempt(_PAGE.decode, data)
    return _open_entries(page.Events, data, has_next=bool(page.NextToken)) if page is not None else None


def read_elements(data: bytes, container: str) -> Batch | None:
    """Read a JSON array of what the container of that name holds."""
    if container == "Events":
        entries = _attempt(_ENTRIES.decode, data)
        return _open_entries(entries, data) if entries is not None else None
    records = _attempt(_RECORDS.decode, data)
    if records is None:
        return None
    return _make_batch(records, data, lambda: _RAWS.decode(data), container, _LIST_BYTES)


def read_lines(data: bytes) -> Batch | None:
    """Read records that follow one another, as a rule one a line."""
    records = _attempt(_LINE.decode_lines, data)
    if records is None:
        return None
    last_break = data.endswith(b"\n")
    return _make_batch(list[SlimRecord](records), data, lambda: _RAW.decode_lines(data), beside=last_break)


def is_id_of_other(event_id: str, text: str) -> bool:
    """Check whether the id of an event, where it looks like one, does not occur in the text of a record."""
    return _UUID.match(event_id) is not None and event_id not in text


def is_made_of_two(record: bytes | msgspec.Raw) -> bool:
    """Check whether the text of a record names what every record has once more often: only the last would be seen."""
    text = bytes(record)
    return any(text.count(name) > 1 for name in _ONCE)


def _open_entries(entries: list[Entry], data: bytes, *, has_next: bool | None = None) -> Batch | None:
    texts = [entry.event for entry in entries]
    records = _attempt(lambda: [_RECORD.decode(text) for text in texts])
    if records is None or data.count(ENTRY) != len(texts) or any(entry.is_torn() for entry in entries):
        return None
    joined = "\n".join(texts).encode()
    return _make_batch(
        records, joined, lambda: [text.encode() for text in texts], "Events", is_history=True, has_next=has_next
    )


def _make_batch(  # noqa: PLR0913 - what a batch has
    records: list[SlimRecord],
    data: bytes,
    split: Callable[[], Sequence[bytes | msgspec.Raw]],
    container: str | None = None,
    beside: int = 0,
    *,
    is_history: bool = False,
    has_next: bool | None = None,
) -> Batch | None:
    """Make a batch unless one of its records is a notification of S3 or its like, or has a source in another case.

    Of a name that comes twice, only the last is seen: there must not be more names in the data than records. `beside`
    is how many bytes there are beside the records and what is between them.
    """
    if not _is_whole(records, data, beside) and (
        any(data.count(name) != len(records) for name in _ALWAYS) or _says_twice(records, data, split)
    ):
        return None
    sources = [record.event_source for record in records]
    if any(source.startswith("aws:") or not is_source(source) or not is_plain(source) for source in set(sources)):
        return None
    return Batch(records, sources, split, is_history, has_next, container)


def _is_whole(records: list[SlimRecord], data: bytes, beside: int) -> bool:
    """Check whether records, written again, are as long as what they were read from: nothing of it was passed over.

    What was is a member that comes twice or has no field, or white space; nothing becomes longer. This is much quicker
    than to count names.
    """
    written = len(_ENCODER.encode(records)) - _LIST_BYTES
    return written + beside == len(data) and _NAME_IN_TEXT not in data


def _says_twice(records: list[SlimRecord], data: bytes, split: Callable[[], Sequence[bytes | msgspec.Raw]]) -> bool:
    """Check whether one of the records tells a member that counts twice, with two values."""
    more = [
        name for name, told in _TOLD.items() if data.count(name) != sum(map(_is_told, map(told, records)))
    ]  # which may be a member of that name further inside
    return bool(more) and any(
        _has_two_values(text) for text in map(bytes, split()) if any(text.count(name) > 1 for name in more)
    )


def _is_told(value: object) -> bool:
    return value is not None and value is not NULL


def _has_two_values(text: bytes) -> bool:
    """Check whether an object, or one inside of it, has a name twice with two values."""
    found: list[bool] = []

    def look(pairs: list[tuple[str, object]]) -> dict[str, object]:
        made = dict(pairs)
        found.append(any(made[name] != value for name, value in pairs))
        return made

    try:
        json.loads(text, object_pairs_hook=look)
    except (ValueError, RecursionError):
        return True
    return any(found)


def _attempt(decode: Callable[..., T], *data: bytes | msgspec.Raw) -> T | None:
    try:
        return decode(*data)
    except REFUSALS:
        return None
