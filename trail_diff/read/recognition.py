"""What an object is: a record, one that is spoilt, or something beside records; which lines are before a table."""

import json
import re
from typing import Any

import msgspec

from trail_diff.read.records import NULL, PEEK_FIELDS, Peek, is_plain, is_source
from trail_diff.read.shapes import mentions_record
from trail_diff.read.slim import REFUSALS, is_id_of_other, is_made_of_two

_SEPARATOR_HINT = re.compile(r"sep=.\Z")
"""The first line by which Excel is told the separator of a CSV."""

_TYPE_LINE = re.compile(r"#TYPE [\w.`\[\], +-]{1,400}\Z")
"""The first line by which PowerShell tells of what kind the rows of a CSV are."""

_JOINED_NAME = re.compile(r"[A-Za-z](?:eventID|eventSource|eventName|eventTime|userIdentity)\Z")
_MEMBERS_IN_TEXT = '\\"eventID\\":'

_JOB_LISTS = frozenset({"BackupJobs", "CopyJobs", "RestoreJobs"})


class _Peek(Peek, frozen=True, rename={**PEEK_FIELDS, "user_identity": "userIdentity"}):
    """What decides whether an object is a record, and whether it may be a mere wrapper around one."""

    user_identity: msgspec.Raw = NULL


_PEEK = msgspec.json.Decoder(_Peek)


def is_record(peek: Peek) -> bool:
    """Check whether an object is a CloudTrail record: it names an API call of a service, and is no Insight event."""
    return (
        isinstance(peek.event_source, str)
        and isinstance(peek.event_name, str)
        and not peek.event_source.startswith("aws:")
        and is_source(peek.event_source)
        and peek.event_type != "AwsCloudTrailInsight"
    )


def is_before_table(line: str) -> bool:
    """Check whether a first line only says how to read what follows: a table, or YAML."""
    return bool(_SEPARATOR_HINT.match(line) or _TYPE_LINE.match(line)) or line.rstrip() == "---"


def fuller_record(thing: dict[str, Any]) -> Any:
    """Return the record inside of an object that only repeats some of its fields; None where it is one itself."""
    if "userIdentity" in thing or any(str(name).startswith("userIdentity.") for name in thing):
        return None
    return next((inner for inner in thing.values() if mentions_record(inner)), None)


def is_of_another(thing: dict[str, Any], inner: Any) -> bool:
    """Check whether the fields around a record are not its own: damage let those of another one follow it."""
    event_id = thing.get("eventID")
    if not isinstance(event_id, str):
        return False
    is_other = isinstance(inner, dict) and inner.get("eventID") not in (None, event_id)
    return is_other or (isinstance(inner, str) and mentions_record(inner) and is_id_of_other(event_id, inner))


def has_joined_name(record: dict[str, Any]) -> bool:
    """Check whether a member's name begins with another one, as damage leaves it that joins two records in a name."""
    return any(_JOINED_NAME.search(str(name)) for name in record)


def holds_part_of_another(record: dict[str, Any]) -> bool:
    """Check whether a text in a record holds members of another one, which damage may have put there."""
    return _MEMBERS_IN_TEXT in json.dumps(record, ensure_ascii=False, default=str)


def peek_at(thing: dict[str, Any]) -> Peek:
    """Return what decides of an object that is decoded, its source in lower case."""
    source = thing.get("eventSource")
    return Peek(
        event_source=source.lower() if isinstance(source, str) else source,
        event_name=thing.get("eventName"),
        event_time=thing.get("eventTime"),
        event_id=thing.get("eventID"),
        event_type=thing.get("eventType"),
        aws_region=thing.get("awsRegion"),
        recipient_account_id=thing.get("recipientAccountId"),
        read_only=thing.get("readOnly"),
    )


def read_peek(raw: bytes | msgspec.Raw) -> Peek | None:
    """Return what decides of an object that is not decoded; None where it is not surely a whole record."""
    try:
        peek = _PEEK.decode(raw)
    except REFUSALS:
        return None
    is_whole = peek.user_identity is not NULL and peek.event_id and isinstance(peek.event_time, str)
    is_sure = is_whole and is_record(peek) and is_plain(peek.event_source)
    return peek if is_sure and not is_made_of_two(raw) else None


def is_insight(thing: dict[str, Any]) -> bool:
    """Check whether an object is an Insight event, which lies beside records."""
    return thing.get("eventType") == "AwsCloudTrailInsight" or "insightDetails" in thing


def is_ocsf(thing: dict[str, Any]) -> bool:
    """Check whether an object is a record in the schema of Security Lake."""
    return isinstance(thing.get("api"), dict) and isinstance(thing.get("actor"), dict)


def is_spoilt_record(thing: dict[str, Any]) -> bool:
    """Check whether an object was a record: a field that it needs is missing or has the wrong type."""
    source = thing.get("eventSource")
    if isinstance(source, str) and (source.startswith("aws:") or (not is_source(source) and "eventName" in thing)):
        return not source.startswith("aws:")
    is_meant = "eventVersion" in thing and thing.get("eventType") != "AwsAggregatedEvent"
    return is_meant and ("eventSource" in thing or "userIdentity" in thing)


def contained(value: Any, container: str | None) -> Any:
    """Return an element the wrapper back that says what it is; records need none."""
    if container in _JOB_LISTS:
        return {container: [value]}
    if container in ("events", "logEvents", "Events"):
        return {container: [value]}
    return value
