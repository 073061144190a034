"""The shapes that people's exports wrap CloudTrail records in, one small function each.

A shape function looks at one JSON object and gives what lies inside, or None when the object has another shape. Inside
may be further objects, lists or strings (each is looked at again), a JobDocument, or the reason why nothing is.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from trail_diff.model.reasons import Reason
from trail_diff.read.forms.ecs import columns_from_ecs, unlist
from trail_diff.read.forms.notebook import read_notebook
from trail_diff.read.slim import is_id_of_other

Object = Mapping[str, Any]

_PACKED_BYTES = 32 << 20
"""How far what is packed in a field may expand before its ratio counts; Kinesis and Lambda carry 6 MiB at most."""


class JobDocument(Struct, frozen=True):
    """An object that describes jobs."""

    document: dict[str, Any]


class HistoryEntry(Struct, frozen=True):
    """What an entry of event history (LookupEvents) holds: event history never leaves KMS out."""

    value: Any


class Columns(Struct, frozen=True):
    """One row of a table, by the names of its columns."""

    row: dict[str, Any]


class Page(Struct, frozen=True):
    """Says whether a listing has a further page that was not read."""

    has_next: bool


Inside = Any | JobDocument | HistoryEntry | Columns | Page | Reason
Shape = Callable[[Object], Sequence[Inside] | None]

_HOLDERS = (
    "CloudTrailEvent",
    "_raw",
    "event.original",
    "@message",
    "message",
    "Message",
    "detail",
    "record",
    "raw",
    "log",
    "body",
    "Body",
    "eventData",
    "_source",
    "result",
    "event",
    "Sns",
    "original",
    "Record",
    "EventData",
    "fields",
)
"""Names under which a whole record lies one level down, as an object or as JSON text; the surer ones first."""

_RAW_TEXTS = ("event.original", "_raw", "@message", "message", "raw", "log")
"""Names under which shippers keep the text of a record beside what they made of it; the text has all of it."""

_SEARCH_DEPTH = 3
"""How far below an object of no known form a record is looked for."""

_NAMES = ("name", "Name", "ColumnName")
_COLUMN_NAME = re.compile(r"[^{}\[\]\":\n]+\Z")
"""What a column may be called: names no value that only a record has, such as an ARN, a time or a document."""

_LISTS = (
    "Records",
    "records",
    "Events",
    "events",
    "logEvents",
    "Messages",
    "hits",
    "results",
    "value",
    "data",
    "items",
    "tables",
    "Tables",
)


def look_inside(thing: Object) -> Sequence[Inside] | None:
    """Return what lies inside of an object that is no record itself; None when it has no shape that is known."""
    for shape in SHAPES:
        inside = shape(thing)
        if inside is not None:
            return [*inside, *_other_lists(thing, shape)]
    return None


def _other_lists(thing: Object, shape: Shape) -> Iterator[Inside]:
    """Yield the lists of records that an object has beside the one that made its shape, as merged exports do."""
    opened = _OPENED.get(shape)
    if opened is None:
        return
    first = next((name for name in opened if isinstance(thing.get(name), list)), None)
    for name, value in thing.items():
        if name != first and isinstance(value, list) and mentions_record(value):
            yield {name: value} if name in _LISTS else value


def _look_alike(thing: Object) -> Sequence[Inside] | None:
    """Recognise what lies beside CloudTrail records and is none."""
    if "digestStartTime" in thing or "digestS3Object" in thing:
        return [Reason.DIGEST_FILE]
    if "hashSignature" in thing and "files" in thing:
        return [Reason.QUERY_SIGNATURE]
    if thing.get("Event") == "s3:TestEvent" or (thing.get("eventSource") == "aws:s3" and "s3" in thing):
        return [Reason.S3_NOTIFICATION]
    if any(isinstance(thing.get(f"{kind}JobSummaries"), list) for kind in ("Backup", "Copy", "Restore")):
        return [Reason.JOB_SUMMARIES]
    if thing.get("messageType") == "CONTROL_MESSAGE":
        return [Reason.CONTROL_MESSAGE]
    return [Reason.AGGREGATED_EVENT] if thing.get("eventType") == "AwsAggregatedEvent" else None


_DESCRIBED = (
    *("BackupJobs", "CopyJobs", "RestoreJobs", "CopyJob", "BackupJob", "RestoreJob", "reportItems"),
    *("BackupVaultList", "RecoveryPoints"),
)
"""Names of what AWS Backup answers about jobs, vaults and recovery points."""


def _job_description(thing: Object) -> Sequence[Inside] | None:
    """Recognise the answers of AWS Backup about jobs, vaults and recovery points, and its EventBridge state changes."""
    detail_type = thing.get("detail-type")
    if isinstance(detail_type, str) and detail_type.endswith("Job State Change"):
        return [JobDocument(dict(thing))]
    is_described = any(f"{kind}JobId" in thing for kind in ("Backup", "Copy", "Restore")) and any(
        name in thing for name in ("State", "Status", "CreationDate")
    )
    is_reported = any(f"{kind}JobId" in thing for kind in ("backup", "copy", "restore")) and "jobStatus" in thing
    is_place = "EncryptionKeyArn" in thing and ("BackupVaultArn" in thing or "RecoveryPointArn" in thing)
    if is_described or is_reported or is_place or any(isinstance(thing.get(name), list | dict) for name in _DESCRIBED):
        return [JobDocument(dict(thing))]
    return None


def _event_history(thing: Object) -> Sequence[Inside] | None:
    """Open LookupEvents: a page of entries, or one entry whose CloudTrailEvent is JSON text."""
    events = thing.get("Events")
    if isinstance(events, list):
        inside: list[Inside] = [_history_entry(entry) for entry in events]
        return [*inside, Page(bool(thing.get("NextToken")))]
    if isinstance(thing.get("CloudTrailEvent"), str | dict):
        return [_history_entry(thing)]
    return None


def _history_entry(entry: object) -> Inside:
    if isinstance(entry, dict) and ("EventId" in entry or "CloudTrailEvent" in entry):
        text, event_id = entry.get("CloudTrailEvent"), entry.get("EventId")
        is_torn = isinstance(text, str) and isinstance(event_id, str) and is_id_of_other(event_id, text)
        return HistoryEntry(text) if text and not is_torn else Reason.INVALID_RECORD
    return entry


def _log_events(thing: Object) -> Sequence[Inside] | None:
    """Open CloudWatch Logs: get-log-events, filter-log-events, and subscription documents."""
    for name in ("logEvents", "events"):
        events = thing.get(name)
        if isinstance(events, list) and all(isinstance(event, dict) and "message" in event for event in events):
            has_next = name == "events" and "searchedLogStreams" in thing and bool(thing.get("nextToken"))
            return [*(event["message"] for event in events), Page(has_next)]
    packed = thing.get("awslogs")
    data = packed.get("data") if isinstance(packed, dict) else None
    return [decode_packed(data)] if isinstance(data, str) else None


def _insights_results(thing: Object) -> Sequence[Inside] | None:
    """Open Logs Insights: rows of `{"field", "value"}` pairs."""
    results = thing.get("results")
    if not isinstance(results, list) or not results or not all(isinstance(row, list) for row in results):
        return None
    return [_insights_row(row) for row in results]


def _insights_row(row: list[Any]) -> Inside:
    named = [
        (pair["field"], pair.get("value"))
        for pair in row
        if isinstance(pair, dict) and isinstance(pair.get("field"), str)
    ]
    fields = _once_each(named)
    if fields is None:
        return Reason.INVALID_RECORD
    return fields["@message"] if fields.get("@message") else Columns(fields)


def _once_each(named: Sequence[tuple[str, Any]]) -> dict[str, Any] | None:
    """Return the cells of a row by the names of their columns; None where two rows were joined by damage."""
    fields = dict(named)
    return fields if all(fields[name] == value for name, value in named) else None


def _columnar(thing: Object) -> Sequence[Inside] | None:
    """Open rows beside the names of their columns: Log Analytics, Splunk's `json_rows`, pandas (`split`), Trino."""
    found = find_table(thing)
    if found is None:
        return None
    names = [column_name(one) for one in thing[found[0]]]
    are_names = len({*names}) == len(names) and "" not in names
    return [
        Columns(dict(zip(names, row, strict=True))) if are_names and len(row) == len(names) else Reason.INVALID_RECORD
        for row in thing[found[1]]
    ]


def find_table(thing: Object) -> tuple[str, str] | None:
    """Return the names under which columns and the rows beside them stand; None where there are none."""
    columns, rows = _list_under(thing, "columns", "Columns", "fields"), _list_under(thing, "rows", "Rows", "data")
    if columns is None or rows is None or not all(isinstance(row, list) for row in thing[rows]):
        return None
    return columns, rows


def _list_under(thing: Object, *names: str) -> str | None:
    return next((name for name in names if isinstance(thing.get(name), list) and thing[name]), None)


def column_name(column: object) -> str:
    """Return the name of a column that is described; none where it has none."""
    named = next(filter(None, map(column.get, _NAMES)), "") if isinstance(column, dict) else column
    return named if isinstance(named, str) else ""


def _query_results(thing: Object) -> Sequence[Inside] | None:
    """Open the answers of Athena's and CloudTrail Lake's GetQueryResults."""
    result = thing.get("ResultSet")
    if isinstance(result, dict) and isinstance(result.get("Rows"), list):
        return [*_athena_rows(result), Page(bool(thing.get("NextToken")))]
    lake = thing.get("QueryResultRows")
    if isinstance(lake, list):
        return [*map(_lake_row, lake), Page(bool(thing.get("NextToken")))]
    return None


def _lake_row(row: object) -> Inside:
    """Return a row of CloudTrail Lake, which comes as a list of cells, each an object of one column."""
    if not isinstance(row, list):
        return row
    fields = _once_each([column for cell in row if isinstance(cell, dict) for column in cell.items()])
    return Reason.INVALID_RECORD if fields is None else Columns(fields)


def _athena_rows(result: Object) -> Iterator[Inside]:
    """Yield the rows of a page. Only the first page repeats the names of the columns in its first row.

    Damage joins two rows into one of another length, or puts values among the names: such rows tell nothing.
    """
    metadata = result.get("ResultSetMetadata")
    described = metadata.get("ColumnInfo") if isinstance(metadata, dict) else None
    infos = described if isinstance(described, list) else []
    rows = [list(_athena_cells(row)) for row in result["Rows"]]
    names = [info.get("Name") for info in infos if isinstance(info, dict)] or (rows[0] if rows else [])
    are_names = all(isinstance(name, str) and _COLUMN_NAME.match(name) for name in names)
    are_names = are_names and len({*names}) == len(names)
    for row in rows[1:] if rows and rows[0] == names and are_names else rows:
        is_whole = are_names and len(row) == len(names)
        yield Columns(dict(zip(map(str, names), row, strict=True))) if is_whole else Reason.INVALID_RECORD


def _athena_cells(row: object) -> Iterator[str | None]:
    data = row.get("Data") if isinstance(row, dict) else None
    for cell in data if isinstance(data, list) else ():
        yield cell.get("VarCharValue") if isinstance(cell, dict) else None


def _packed(thing: Object) -> Sequence[Inside] | None:
    """Open what Kinesis and Firehose carry in base64."""
    kinesis = thing.get("kinesis")
    holder = kinesis if isinstance(kinesis, dict) else thing
    data = holder.get("data") if isinstance(kinesis, dict) or "recordId" in thing else None
    data = thing.get("Data") if "SequenceNumber" in thing else data
    return [decode_packed(data)] if isinstance(data, str) else None


def _listed(thing: Object) -> Sequence[Inside] | None:
    """Open an object around a list."""
    for name in _LISTS:
        inside = thing.get(name)
        if isinstance(inside, list):
            return inside
        if name == "hits" and isinstance(inside, dict):
            return [inside]
    return None


def _held(thing: Object) -> Sequence[Inside] | None:
    """Open an object that holds a whole record: under a known name, else under any, else what a known name has."""
    named = [
        inside
        for inside in map(thing.get, _HOLDERS)
        if isinstance(inside, dict) or (isinstance(inside, str) and "{" in inside)
    ]
    for inside in named:
        if mentions_record(inside, _SEARCH_DEPTH):
            return [inside if (fields := unlist(inside)) is None else Columns(fields)]
    return [inside for inside in thing.values() if mentions_record(inside, _SEARCH_DEPTH)] or named[:1] or None


def mentions_record(value: object, depth: int = _SEARCH_DEPTH) -> bool:
    """Check whether the names that every record has occur in a value, at no great depth."""
    match value:
        case str():
            return "{" in value and "eventSource" in value and "eventName" in value
        case dict():
            is_record = "eventSource" in value and "eventName" in value
            return is_record or (depth > 0 and any(mentions_record(inner, depth - 1) for inner in value.values()))
        case list():
            return depth > 0 and any(mentions_record(inner, depth - 1) for inner in value)
        case _:
            return False


def _table_row(thing: Object) -> Sequence[Inside] | None:
    """Recognise a row whose columns were named after the record's fields."""
    names = {name.lower().replace("_", "") for name in thing if isinstance(name, str)}
    is_row = {"eventname", "eventsource"} <= names or {"event name", "event source"} <= names
    if not is_row:
        return None
    whole = (value for value in thing.values() if isinstance(value, dict) and mentions_record(value, 0))
    return [next(whole, Columns(dict(thing)))]


def _elastic(thing: Object) -> Sequence[Inside] | None:
    """Recognise a document of Elastic whose record was taken apart."""
    columns = columns_from_ecs(thing)
    if columns is None:
        return None
    raw = next((thing[name] for name in _RAW_TEXTS if mentions_record(thing.get(name), 0)), None)
    return [Columns(columns)] if raw is None else [raw]


def decode_packed(text: object) -> Inside:
    """Decode base64, and inflate it when it is gzip."""
    try:
        data = base64.b64decode(text if isinstance(text, str) else "", validate=False)
    except (binascii.Error, ValueError):
        return Reason.INVALID_RECORD
    if data.startswith(b"\x1f\x8b"):
        from trail_diff.read.budget import Budget, Damaged
        from trail_diff.read.compressed import Chunks, inflate

        budget = Budget(_PACKED_BYTES)
        budget.take(len(data))
        try:
            data = b"".join(inflate(Chunks(iter((data,))), budget))
        except Damaged as damage:
            return damage.reason
    return data.decode("utf-8", "replace")


SHAPES: tuple[Shape, ...] = (
    _look_alike,
    _job_description,
    _event_history,
    _log_events,
    _insights_results,
    _query_results,
    _columnar,
    read_notebook,
    _packed,
    _listed,
    _elastic,
    _table_row,
    _held,
)

_OPENED: dict[Shape, tuple[str, ...]] = {
    _event_history: ("Events",),
    _log_events: ("logEvents", "events"),
    _insights_results: ("results",),
    _query_results: ("QueryResultRows",),
    _listed: _LISTS,
}
"""The names of the lists that a shape opens, the one that it prefers first."""
