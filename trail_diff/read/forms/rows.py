"""Tables: CSV exports of the console, Athena, CloudTrail Lake, Logs Insights and Splunk, and rows of query results.

Query engines write column names in lower case, so the spelling of CloudTrail is restored; names and values of an
encryption context keep theirs.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import UNSET

from trail_diff.model.learnt import Record, Skipped
from trail_diff.model.reasons import Reason
from trail_diff.read.forms.cells import delimiter_of, read_cells, split_header
from trail_diff.read.forms.dates import Settled, read_written, settle_dates
from trail_diff.read.forms.ecs import columns_from_ecs
from trail_diff.read.forms.spelling import SPELLING
from trail_diff.read.forms.structtext import parse_struct_text
from trail_diff.read.slim import is_id_of_other
from trail_diff.times import parse_time

Row = Record | str | Skipped
"""A record, the text of one, or what could not be read."""

_NEEDED = ({"eventname", "eventsource"}, {"event.action", "event.provider"})
"""Columns without which a table is none of CloudTrail events: AWS's own names, or Elastic's."""

_CONSOLE = {
    "username": ("userIdentity", "userName"),
    "awsaccesskey": ("userIdentity", "accessKeyId"),
    "read-only": ("readOnly",),
}
_SENTINEL = {
    "timegenerated": ("eventTime",),
    "eventtypename": ("eventType",),
    "awseventid": ("eventID",),
    "awsrequestid_": ("requestID",),
    "useridentitytype": ("userIdentity", "type"),
    "useridentityprincipalid": ("userIdentity", "principalId"),
    "useridentityarn": ("userIdentity", "arn"),
    "useridentityaccountid": ("userIdentity", "accountId"),
    "useridentityaccesskeyid": ("userIdentity", "accessKeyId"),
    "useridentityusername": ("userIdentity", "userName"),
    "useridentityinvokedby": ("userIdentity", "invokedBy"),
    "sessionissuertype": ("userIdentity", "sessionContext", "sessionIssuer", "type"),
    "sessionissuerprincipalid": ("userIdentity", "sessionContext", "sessionIssuer", "principalId"),
    "sessionissuerarn": ("userIdentity", "sessionContext", "sessionIssuer", "arn"),
    "sessionissueraccountid": ("userIdentity", "sessionContext", "sessionIssuer", "accountId"),
    "sessionissuerusername": ("userIdentity", "sessionContext", "sessionIssuer", "userName"),
}
"""Columns of Microsoft Sentinel's table AWSCloudTrail, as its reference lists them."""

_WHOLE_RECORD = (
    "@message",
    "_raw",
    "cloudtrailevent",
    "eventjson",
    "message",
    "event.original",
    "record",
    "raw",
    "row",
)
"""Columns that hold a whole record as JSON text, the surer ones first."""
STRUCTS = frozenset(
    {
        "userIdentity",
        "requestParameters",
        "responseElements",
        "additionalEventData",
        "serviceEventDetails",
        "resources",
        "eventContext",
    }
)
"""Members of a record that hold objects or lists; where they are text, they are restored."""
_FREE_NAMES = frozenset(
    {"encryptionContext", "sourceEncryptionContext", "encryptionContextSubset", "encryptionContextEquals"}
)
_DEPTH_LIMIT = 16
_FIRST_YEAR = 2013
_RESOURCE = re.compile(r"resources[._](?:([0-9]{1,3})[._])?(\w+)\Z")
_ZONE = re.compile(r"\s*\[([A-Za-z][\w/+: -]{0,40})\]\s*\Z")
"""What Sentinel's portal adds to the name of a column of times: their zone."""
_SAME_ALL_YEAR = frozenset({"GMT", "UTC", "JST", "KST", "SGT"})
"""Short names of zones that know no summer time."""
_ROUNDED = re.compile(r"\s*\d[.,]?\d{0,12}E\+\d{1,2}\s*\Z", re.IGNORECASE)
_YEAR_COMMA = re.compile(r"(?<= \d{4}),(?= )")
_OFFSET = re.compile(r"\s*\((?:UTC|GMT)([+-])(\d{1,2}):?(\d{2})\)\s*\Z")


def is_header(first_line: str) -> bool:
    """Check whether a line is the header of a table of CloudTrail records, in any of the known forms."""
    if not _may_be_header(first_line):
        return False
    names = {_plain(name) for name in split_header(first_line)}
    return any(needed <= names for needed in _NEEDED) or (
        not first_line.lstrip().startswith(("{", "[")) and bool(names & set(_WHOLE_RECORD)) and "{" not in first_line
    )


def _may_be_header(line: str) -> bool:
    """Check whether the names that a header needs occur at all, which costs little and rules out most lines."""
    plain = line.lower().replace(" ", "").replace("_", "")
    is_known = any(all(name in plain for name in needed) for needed in _NEEDED)
    return is_known or ("{" not in plain and any(name in plain for name in _WHOLE_RECORD))


def lacks_caller_type(columns: Sequence[str]) -> bool:
    """Check whether a table has no column that could say of what type a caller is, as the console's has not."""
    return not any(_plain(name).startswith("useridentity") or _plain(name) in _WHOLE_RECORD for name in columns)


def read_rows(lines: Iterable[str], source: str) -> Iterator[Row]:
    """Read a table, header first: a record for each row, or the text of a cell that holds a whole record."""
    rest = iter(lines)
    header = next(rest, "")
    names = split_header(header)
    counts: Counter[Reason] = Counter()
    holder = next((index for name in _WHOLE_RECORD for index, own in enumerate(names) if _plain(own) == name), None)
    told = next((index for index, name in enumerate(names) if _plain(name) == "eventid"), None)
    time = next((index for index, name in enumerate(names) if _path(name) == ["eventTime"]), None)
    accounts = [index for index, name in enumerate(names) if _path(name)[-1].lower().endswith("accountid")]
    # A header that holds values ran into a row, of which a part is missing.
    sizes = [len(header) if any("{" in name or ".amazonaws.com" in name for name in names) else 0]
    counts[Reason.UNREADABLE_ROW] += bool(sizes[0])
    structs = [index for index, name in enumerate(names) if len(_path(name)) == 1 and _path(name)[0] in STRUCTS]
    cells = read_cells(rest, delimiter_of(header), counts, len(names))
    for settled in settle_dates(cells, time if holder is None else None):
        row = settled.row
        if row == names:  # tables put together
            continue
        text = row[holder] if holder is not None and holder < len(row) else ""
        is_torn = "{" in text and told is not None and told < len(row) and is_id_of_other(row[told], text)
        if "{" in text and not is_torn:
            yield text
            continue
        counts[Reason.ACCOUNT_NUMBER_LOST] += _drop_rounded(row, accounts)
        # A row that runs on behind its last column is two rows in one: a record of both would be wrong.
        is_mixed = is_torn or any(row[len(names) :])
        record = Reason.UNREADABLE_ROW if is_mixed else _read_row(names, settled, time)
        if isinstance(record, Reason):
            counts[record] += 1
            sizes[0] += sum(map(len, row)) + len(row)
        else:
            counts[Reason.REPAIRED_DATES] += settled.is_changed
            counts[Reason.CELL_NOT_READ] += any(_is_cut(row, index, names, record) for index in structs)
            yield record
    for reason, count in counts.items():
        is_lost = reason in (Reason.TIME_AMBIGUOUS, Reason.UNREADABLE_ROW)
        if count:
            yield Skipped(source, reason, count, (is_lost and sizes[0]) or UNSET)


def _read_row(names: Sequence[str], settled: Settled, time: int | None) -> Record | Reason:
    """Make a record of a row, whose time may be in the zone that its column is named by; a Reason says it is none."""
    columns = dict(zip(names, settled.row, strict=False))
    written = columns.get(names[time]) if time is not None else None
    if time is not None and written and (zone := _ZONE.search(names[time])) and zone[1].upper() != "UTC":
        columns[names[time]] = f"{written} {zone[1]}"
    record = None if settled.is_ambiguous else record_from_columns(columns)
    if settled.is_ambiguous or (record is not None and record["eventTime"] is None and written):
        return Reason.TIME_AMBIGUOUS
    return Reason.UNREADABLE_ROW if record is None else record


def _is_cut(row: Sequence[str], index: int, names: Sequence[str], record: Record) -> bool:
    """Check whether a cell that should hold a struct begins as one and cannot be read."""
    is_struct = index < len(row) and row[index].lstrip().startswith(("{", "["))
    return is_struct and record.get(_path(names[index])[0]) is None


def _drop_rounded(row: list[str], accounts: Sequence[int]) -> int:
    """Drop account numbers that a spreadsheet rounded, and tell how many; put back the zeros that others lost."""
    dropped = 0
    for index in accounts:
        if index >= len(row) or not row[index]:
            continue
        if _ROUNDED.match(row[index]):
            row[index], dropped = "", dropped + 1
        elif row[index].isdecimal():
            row[index] = row[index].zfill(12)
    return dropped


def count_unreadable(rows: Iterable[Row | None], source: str) -> Iterator[Row]:
    """Yield the rows that could be read, then how many could not, which are None."""
    unreadable = 0
    for row in rows:
        if row is None:
            unreadable += 1
        else:
            yield row
    if unreadable:
        yield Skipped(source, Reason.UNREADABLE_ROW, unreadable)


def whole_record(columns: Mapping[str, Any]) -> str | None:
    """Return the text of a column that holds a whole record, as CloudTrail Lake's eventJson does; None without one.

    A record whose id is not that of the row was made of two by damage, and is none.
    """
    cells = {_plain(name): value for name, value in columns.items() if isinstance(name, str)}
    texts = (cells.get(name) for name in _WHOLE_RECORD)
    found = next((text for text in texts if isinstance(text, str) and "{" in text), None)
    event_id = cells.get("eventid")
    is_torn = found is not None and isinstance(event_id, str) and is_id_of_other(event_id, found)
    return None if is_torn else found


def restore_record(record: Record) -> Record:
    """Return a row that passes for a record its structure: names with dots, or structs as text. Others stay so.

    Logs Insights and Splunk write such rows with the names that a record has.
    """
    is_text = any(isinstance(record.get(name), str) for name in STRUCTS)
    is_flat = "userIdentity" not in record and any(name.startswith("userIdentity.") for name in record)
    return (record_from_columns(record) or record) if is_text or is_flat else record


def record_from_columns(columns: Mapping[str, Any]) -> Record | None:
    """Make a record of one row; None when it names no event source and event name.

    Understands struct text, JSON text and flat columns named by path with dots or underscores; where a struct and a
    flat column both name a field, the flat one counts. A row of the console's CSV has no caller type, and none is made
    up.
    """
    record: Record = {}
    columns = columns_from_ecs(columns) or columns
    given = [(_path(name), value) for name, value in columns.items() if isinstance(name, str) and not _is_absent(value)]
    named = [placed for path, value in given for placed in _each_resource(path, value)]
    for path, value in sorted(named, key=lambda placed: len(placed[0])):
        _place(record, path, value)
    if not isinstance(record.get("eventSource"), str) or not isinstance(record.get("eventName"), str):
        return None
    record["eventTime"] = read_row_time(record.get("eventTime"))
    if isinstance(record.get("readOnly"), str):
        record["readOnly"] = {"true": True, "false": False}.get(record["readOnly"].strip().lower())
    _fill_identity(record)
    if isinstance(record.get("resources"), dict):
        record["resources"] = _list_resources(record["resources"])
    return record


def _each_resource(path: list[str], value: Any) -> Iterator[tuple[list[str], Any]]:
    """Yield a column's value by its path; a column that has the ARNs of several resources gives one path for each."""
    is_many = path[0] == "resources" and len(path) == 3 and isinstance(value, list)
    yield from ([(["resources", str(n), path[2]], one) for n, one in enumerate(value)] if is_many else [(path, value)])


def _place(record: Record, path: Sequence[str], value: Any) -> None:
    """Put the value of one column where it belongs in the record; flat resources do not replace a list of them."""
    if len(path) > _DEPTH_LIMIT or (path[0] == "resources" and isinstance(record.get("resources"), list)):
        return
    is_column = path[0] in STRUCTS and len(path) == 1
    is_inside = path[0] == "userIdentity" or path[-1] in _FREE_NAMES or path[-1] in ("constraints", "operations")
    if is_column or (is_inside and not _FREE_NAMES.intersection(path[:-1])):
        value = _read_struct(value, path[-1])
    place: Any = record
    for step in path[:-1]:
        inner = place.get(step)
        if not isinstance(inner, dict):
            inner = place[step] = {}
        place = inner
    place[path[-1]] = value


def _path(name: str) -> list[str]:
    """Return the path that a column's name stands for, in CloudTrail's spelling."""
    name = _ZONE.sub("", name).replace("{}", "")
    plain = name.strip().lower()
    if own := _CONSOLE.get(_plain(name)) or _SENTINEL.get(plain):
        return [*own]
    if found := _RESOURCE.match(plain):
        return ["resources", found[1] or "0", "ARN" if found[2] == "arn" else SPELLING.get(found[2], found[2])]
    if "." in plain:
        steps = name.strip().split(".")
        for index, step in enumerate(steps):
            if SPELLING.get(step.lower()) in _FREE_NAMES:
                return [*_spell(steps[: index + 1]), *([".".join(steps[index + 1 :])] if steps[index + 1 :] else [])]
        return _spell(steps)
    return _snake_path(plain) or [SPELLING.get(plain.replace("_", "").replace(" ", ""), name.strip())]


def _snake_path(plain: str) -> list[str] | None:
    """Return the path of a column whose name has underscores between its steps, or between the words of these."""
    if "_" not in plain or plain.replace("_", "") in SPELLING:
        return None
    steps = plain.split("_")
    return _spell(steps) if SPELLING.get(steps[0]) in STRUCTS else _join_words(steps)


def _join_words(words: Sequence[str]) -> list[str] | None:
    """Return the path of a column in snake case, whose steps are words themselves; None where no struct begins it."""
    path: list[str] = []
    at = 0
    while at < len(words):
        ends = range(len(words), at, -1)
        end = next((end for end in ends if "".join(words[at:end]) in SPELLING), at + 1)
        path.append(SPELLING.get("".join(words[at:end]), words[at]))
        at = end
    return path if path[0] in STRUCTS else None


def _spell(steps: Sequence[str]) -> list[str]:
    return [SPELLING.get(step.lower(), step) for step in steps]


def _read_struct(value: Any, name: str) -> Any:
    """Read a column that holds a struct: as JSON, else as struct text, with its names respelled."""
    if isinstance(value, str):
        text = value.strip()
        if not text.startswith(("{", "[")):
            return value
        try:
            value = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            value = parse_struct_text(text)
    return _respell(value, name, 0)


def _respell(value: Any, name: str, depth: int) -> Any:
    if depth > _DEPTH_LIMIT:
        return None
    if isinstance(value, list) and value and all(isinstance(item, tuple) and len(item) == 2 for item in value):
        value = {str(key): inner for key, inner in value}  # a map, as Parquet gives it
    if isinstance(value, list):
        return [_respell(item, name, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    if name in _FREE_NAMES:
        return dict(value)
    if name == "resources":
        return _read_resource(value)
    respelled = {}
    for key, inner in value.items():
        spelled = SPELLING.get(str(key).lower().replace("_", ""), str(key))
        is_text = spelled in _FREE_NAMES and isinstance(inner, str)
        respelled[spelled] = _respell(_read_struct(inner, spelled) if is_text else inner, spelled, depth + 1)
    return respelled


def _read_resource(resource: Mapping[Any, Any]) -> Record:
    """Read an entry of resources, or the console's form of it (resourceType, resourceName)."""
    lower = {str(key).lower(): value for key, value in resource.items()}
    name = lower.get("arn") or lower.get("resourcename")
    read = {"ARN": name, "accountId": lower.get("accountid"), "type": lower.get("type") or lower.get("resourcetype")}
    return {key: value for key, value in read.items() if value is not None}


def _list_resources(resources: Mapping[str, Any]) -> list[Any]:
    """Return flat columns of resources, kept by their number, or a single resource, as a list."""
    if not all(name.isdecimal() for name in resources):
        return [resources]
    return [resources[number] for number in sorted(resources, key=int)]


def _fill_identity(record: Record) -> None:
    """Where the console's CSV names no user, the source IP address names the service that called."""
    identity = record.setdefault("userIdentity", {})
    address = record.get("sourceIPAddress")
    if identity == {} and isinstance(address, str) and ".amazonaws.com" in address:
        identity["invokedBy"] = address


def read_row_time(value: Any) -> str | None:
    """Read the time of a row; console exports may print local time with its offset, databases wrap it.

    A number is a time where it lies in the years that CloudTrail has been recording, since 2013.
    """
    value = value.get("$date") if isinstance(value, dict) and "$date" in value else value
    text, shift = value, timedelta()
    if isinstance(value, datetime):
        text = (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    if isinstance(value, str):
        text = value.strip().removesuffix(" UTC")
        if found := _OFFSET.search(text):
            shift = timedelta(hours=int(found[2]), minutes=int(found[3])) * (-1 if found[1] == "-" else 1)
            text = text[: found.start()]
        text = _YEAR_COMMA.sub("", text)
    moment = _read_text_time(text) if isinstance(text, str) else parse_time(text)
    if moment is None or (not isinstance(text, str) and moment.year < _FIRST_YEAR):
        return None
    try:
        return f"{moment - shift:%Y-%m-%dT%H:%M:%SZ}"
    except OverflowError:
        return None


def _read_text_time(text: str) -> datetime | None:
    """Read a time as text; one that ends in its zone only where that means one hour.

    A short name such as CET is written in summer as well, by whoever means CEST.
    """
    if moment := parse_time(text) or read_written(text):
        return moment
    from trail_diff.moments import take_zone

    written, zone = take_zone(text, UTC)
    name = text.removeprefix(written).strip()
    is_sure = bool(name) and (not name.isalpha() or name.upper() in _SAME_ALL_YEAR)
    moment = parse_time(written) or read_written(written) if is_sure else None
    if moment is None:
        return None
    early, late = (moment.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    return early.astimezone(UTC) if early.utcoffset() == late.utcoffset() else None


def _is_absent(value: Any) -> bool:
    return value is None or value in ("", "null", "-")


def _plain(name: str) -> str:
    plain = _ZONE.sub("", name).strip().strip('"').lower().replace(" ", "")
    return plain if plain in _WHOLE_RECORD else plain.replace("_", "")
