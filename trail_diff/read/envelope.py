"""From the parts of a document to records: whatever wraps them, all go through one gate.

The gate counts every record in the tally, asks the selection, and only then decodes it in full. What is no record is
counted by reason, once for each document and reason.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from trail_diff.model.learnt import Record, Skipped
from trail_diff.model.reasons import Reason
from trail_diff.read.forms.job_reports import is_job_header, read_job_rows
from trail_diff.read.forms.rows import is_header, read_rows, record_from_columns, restore_record, whole_record
from trail_diff.read.interface import (
    Found,
    FoundJob,
    FoundRecord,
    FoundSlim,
    Peek,
    ReadOptions,
    Selection,
    Tally,
)
from trail_diff.read.lenient import decode_fully, parse_text
from trail_diff.read.shapes import Columns, HistoryEntry, Inside, JobDocument, Page, look_inside
from trail_diff.read.slim import REFUSALS, Batch
from trail_diff.read.stream import Element, Line, Part, Problem, Rest, Splitter, Value

DEPTH_LIMIT = 8
"""How many wrappers may lie in one another: SQS around SNS around EventBridge around a record is four."""

_SEPARATOR_HINT = re.compile(r"sep=.\Z")
"""The first line by which Excel is told the separator of a CSV."""

_YAML = re.compile(
    r"(?:- )?(?:AccessKeyId|AccountId|EventId|CloudTrailEvent|\w+JobId): |- '\{"
    r"|(?:Events|events|Records|results|QueryResultRows|ResultSet|\w+Jobs?):\s*\Z"
)
"""How what the AWS CLI prints as YAML begins; reading the lines that happen to hold JSON would read it in part."""

_JOB_LISTS = frozenset({"BackupJobs", "CopyJobs", "RestoreJobs"})
_PEEK = msgspec.json.Decoder(Peek)


class _HistoryRaw(msgspec.Struct, rename={"event": "CloudTrailEvent"}):
    """The one field of a LookupEvents entry that matters."""

    event: str


_HISTORY = msgspec.json.Decoder(_HistoryRaw)


class Envelope:
    """Reads the parts of one document. Where `is_slim`, records that are surely plain are given as SlimRecords."""

    def __init__(self, source: str, selection: Selection, tally: Tally, *, is_slim: bool = False) -> None:
        self._source, self._selection, self._tally, self._is_slim = source, selection, tally, is_slim
        self._skipped: Counter[Reason] = Counter()
        self._has_next_page = False

    def read(self, splitter: Splitter, *, is_begun: bool = False) -> Iterator[Found | FoundSlim]:
        """Yield every wanted record and every job description of a document, then what was skipped in it.

        Where it `is_begun`, what comes is the rest of a document, which is no table.
        """
        is_first = not is_begun
        for part in splitter.parts(is_begun=is_begun):
            if is_first and isinstance(part, Line) and _SEPARATOR_HINT.match(part.text):
                continue
            if is_first and isinstance(part, Line) and _YAML.match(part.text):
                self._skipped[Reason.YAML_NOT_READ] += 1
                break
            if is_first and isinstance(part, Line) and is_header(part.text):
                yield from self._read_table(part.text, splitter)
            elif is_first and isinstance(part, Line) and is_job_header(part.text):
                yield from self._read_jobs(part.text, splitter)
            else:
                yield from self._read_part(part)
            is_first = False
        self._tally.next_token |= self._has_next_page
        if splitter.is_blank and not self._skipped and not is_begun:
            self._skipped[Reason.EMPTY_FILE] += 1
        for reason, count in self._skipped.items():
            yield Skipped(self._source, reason, count)

    def read_rows(self, rows: Iterator[Record | str | Skipped]) -> Iterator[Found]:
        """Yield the wanted records of a table whose rows were read elsewhere."""
        for row in rows:
            match row:
                case Skipped():
                    yield row
                case str():
                    yield from self._read_text(row, 1)
                case dict():
                    yield from self._pass(row)
        for reason, count in self._skipped.items():
            yield Skipped(self._source, reason, count)

    # ---- parts

    def _read_part(self, part: Part) -> Iterator[Found | FoundSlim]:
        match part:
            case Batch():
                yield from self._pass_batch(part)
            case Element(raw, container):
                yield from self._read_element(raw, container)
            case Value(value, container):
                yield from self._unwrap(_contained(value, container), 0)
            case Line(text):
                yield from self._read_text(text, 0)
            case Rest(fields, container):
                self._note_page(fields, container)
            case Problem(reason):
                self._skipped[reason] += 1

    def read_batch(self, batch: Batch) -> Iterator[Found | FoundSlim]:
        """Yield what a document that was read at once holds."""
        yield from self._pass_batch(batch)
        self._tally.next_token |= self._has_next_page
        for reason, count in self._skipped.items():
            yield Skipped(self._source, reason, count)

    def _pass_batch(self, batch: Batch) -> Iterator[Found | FoundSlim]:
        """Let many records through the gate at once."""
        records = batch.records
        self._tally.count_all(records, batch.sources)
        self._tally.event_history += len(records) if batch.is_history else 0
        self._has_next_page = self._has_next_page if batch.has_next is None else batch.has_next
        wanted = self._pick(batch)
        if self._is_slim and all(records[place].is_structured() for place in wanted):
            yield FoundSlim([records[place] for place in wanted], self._source)
        elif wanted:
            raws = batch.split()
            for place in wanted:
                yield from self._give_whole(raws[place])

    def _pick(self, batch: Batch) -> list[int]:
        if isinstance(self._selection, ReadOptions):
            return self._selection.pick(batch.records, batch.sources)
        return [place for place, record in enumerate(batch.records) if self._selection(record)]

    def _give_whole(self, raw: bytes | msgspec.Raw) -> Iterator[Found]:
        record = decode_fully(raw)
        if isinstance(record, dict):
            yield FoundRecord(restore_record(record), self._source)
        else:
            self._skipped[Reason.INVALID_JSON] += 1

    def _read_element(self, raw: msgspec.Raw, container: str) -> Iterator[Found]:
        """Read one element of a split array without decoding more of it than needed."""
        if container == "Events":
            try:
                text = _HISTORY.decode(raw).event
            except REFUSALS:
                yield from self._read_slowly(raw, container)
                return
            self._tally.event_history += 1
            yield from self._read_raw(text.encode("utf-8", "surrogatepass"))
            return
        yield from self._read_raw(raw, container)

    def _read_raw(self, raw: bytes | msgspec.Raw, container: str = "") -> Iterator[Found]:
        """Read an undecoded record; what is none is decoded and looked at."""
        try:
            peek = _PEEK.decode(raw)
        except REFUSALS:
            peek = None
        if peek is None or not _is_record(peek):
            yield from self._read_slowly(raw, container)
            return
        self._tally.count(peek)
        if self._selection(peek):
            yield from self._give_whole(raw)

    def _read_slowly(self, raw: bytes | msgspec.Raw, container: str) -> Iterator[Found]:
        value = decode_fully(raw)
        if isinstance(value, Reason):
            self._skipped[value] += 1
        else:
            yield from self._unwrap(_contained(value, container), 0)

    def _read_text(self, text: str, depth: int) -> Iterator[Found]:
        """Read text that holds JSON, as a whole or behind a prefix (a timestamp, a log group and stream)."""
        if text.startswith("CWL CONTROL MESSAGE"):
            self._skipped[Reason.CONTROL_MESSAGE] += 1
            return
        is_json = text.lstrip()[:1] in ("{", "[", '"')
        start = 0 if is_json else text.find("{")
        if start < 0:
            self._skipped[Reason.NOT_CLOUDTRAIL] += 1
            return
        try:
            value = parse_text(text[start:])
        except ValueError as error:
            self._skipped[Reason(str(error))] += 1
            return
        yield from self._unwrap(value, depth + 1)

    def _read_jobs(self, header: str, splitter: Splitter) -> Iterator[Found]:
        for row in read_job_rows(_lines(header, splitter), self._source):
            match row:
                case Skipped():
                    self._skipped[row.reason] += row.count
                case dict():
                    yield FoundJob(row, self._source)

    def _read_table(self, header: str, splitter: Splitter) -> Iterator[Found]:
        for row in read_rows(_lines(header, splitter), self._source):
            match row:
                case Skipped():
                    self._skipped[row.reason] += row.count
                case str():
                    yield from self._read_text(row, 1)
                case dict():
                    yield from self._pass(row)

    # ---- values

    def _unwrap(self, value: Inside, depth: int) -> Iterator[Found]:  # noqa: C901 - one case for each thing inside
        match value:
            case _ if depth > DEPTH_LIMIT:
                self._skipped[Reason.NESTING_LIMIT] += 1
            case Reason():
                self._skipped[value] += 1
            case Page(has_next):
                self._has_next_page = has_next  # of pages one after another, the last one tells
            case JobDocument(document):
                yield FoundJob(document, self._source)
            case HistoryEntry(inner):
                self._tally.event_history += 1
                yield from self._unwrap(inner, depth + 1)
            case Columns(row):
                yield from self._read_columns(row)
            case dict():
                yield from self._read_object(value, depth)
            case list():
                for inner in value:
                    yield from self._unwrap(inner, depth + 1)
            case str():
                yield from self._read_text(value, depth)
            case _:  # a bare number, true or null
                self._skipped[Reason.NOT_CLOUDTRAIL] += 1

    def _read_object(self, thing: dict[str, Any], depth: int) -> Iterator[Found]:
        if _is_record(_peek_at(thing)):
            yield from self._pass(thing)
            return
        if _is_insight(thing):
            self._skipped[Reason.INSIGHT_EVENT] += 1
            return
        if _is_ocsf(thing):
            from trail_diff.read.forms.ocsf import record_from_ocsf

            record = record_from_ocsf(thing)
            yield from self._pass(record) if record is not None else self._unwrap(Reason.NOT_CLOUDTRAIL, depth)
            return
        if _is_spoilt_record(thing):
            self._skipped[Reason.INVALID_RECORD] += 1
            return
        inside = look_inside(thing)
        if inside is None:
            self._skipped[Reason.NOT_CLOUDTRAIL] += 1
            return
        for inner in inside:
            yield from self._unwrap(inner, depth + 1)

    def _read_columns(self, row: dict[str, Any]) -> Iterator[Found]:
        if text := whole_record(row):
            yield from self._read_text(text, 1)
            return
        record = record_from_columns(row)
        if record is None:
            self._skipped[Reason.UNREADABLE_ROW] += 1
        else:
            yield from self._pass(record)

    def _pass(self, record: Record) -> Iterator[Found]:
        """Let one decoded record through the gate."""
        peek = _peek_at(record)
        if not _is_record(peek):
            self._skipped[Reason.INVALID_RECORD] += 1
            return
        self._tally.count(peek)
        if self._selection(peek):
            yield FoundRecord(restore_record(record), self._source)

    def _note_page(self, fields: dict[str, Any], container: str) -> None:
        if container == "Events":
            self._has_next_page = bool(fields.get("NextToken"))
        elif container == "events" and "searchedLogStreams" in fields:
            self._has_next_page = bool(fields.get("nextToken"))


def _lines(header: str, splitter: Splitter) -> Iterator[str]:
    yield header + "\n"
    yield from splitter.lines()


def _is_record(peek: Peek) -> bool:
    """Check whether an object is a CloudTrail record: it names an API call of a service, and is no Insight event."""
    return (
        isinstance(peek.event_source, str)
        and isinstance(peek.event_name, str)
        and not peek.event_source.startswith("aws:")
        and peek.event_type != "AwsCloudTrailInsight"
    )


def _peek_at(thing: dict[str, Any]) -> Peek:
    return Peek(
        event_source=thing.get("eventSource"),
        event_name=thing.get("eventName"),
        event_time=thing.get("eventTime"),
        event_id=thing.get("eventID"),
        event_type=thing.get("eventType"),
        aws_region=thing.get("awsRegion"),
        recipient_account_id=thing.get("recipientAccountId"),
        read_only=thing.get("readOnly"),
    )


def _is_insight(thing: dict[str, Any]) -> bool:
    return thing.get("eventType") == "AwsCloudTrailInsight" or "insightDetails" in thing


def _is_ocsf(thing: dict[str, Any]) -> bool:
    return isinstance(thing.get("api"), dict) and isinstance(thing.get("actor"), dict)


def _is_spoilt_record(thing: dict[str, Any]) -> bool:
    """Return a record whose needed fields have the wrong type or are missing from other things."""
    is_notification = str(thing.get("eventSource")).startswith("aws:")
    return "eventVersion" in thing and ("eventSource" in thing or "userIdentity" in thing) and not is_notification


def _contained(value: Any, container: str | None) -> Any:
    """Return an element the wrapper back that says what it is; records need none."""
    if container in _JOB_LISTS:
        return {container: [value]}
    if container in ("events", "logEvents", "Events"):
        return {container: [value]}
    return value
