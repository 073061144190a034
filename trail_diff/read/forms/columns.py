"""From the columns of a row to a record: what its column names stand for, and the structs that its cells hold.

Query engines write column names in lower case, so the spelling of CloudTrail is restored; names and values of an
encryption context keep theirs.
"""

import ast
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from trail_diff.model.learnt import Record
from trail_diff.read.forms.dates import read_row_time
from trail_diff.read.forms.ecs import columns_from_ecs
from trail_diff.read.forms.spelling import SPELLING
from trail_diff.read.forms.structtext import parse_struct_text

_CONSOLE = {
    "username": ("userIdentity", "userName"),
    "awsaccesskey": ("userIdentity", "accessKeyId"),
    "read-only": ("readOnly",),
}
_SENTINEL = {
    "timegenerated": ("eventTime",),
    "_time": ("eventTime",),
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
"""Columns of Microsoft Sentinel's table AWSCloudTrail, as its reference lists them, and Splunk's time of an event."""

WHOLE_RECORD = (
    "@message",
    "_raw",
    "cloudtrailevent",
    "eventjson",
    "message",
    "event.original",
    "record",
    "raw",
    "row",
    "payload",
    "rawevent",
    "rawlog",
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
_LITERAL_CHARACTERS = 1 << 18
"""How long a struct may be that Python printed; a record has 256 KB at most."""
_RESOURCE = re.compile(r"resources[._](?:([0-9]{1,3})[._])?(\w+)\Z")
ZONE = re.compile(r"\s*\[([A-Za-z][\w/+: -]{0,40})\]\s*\Z")
"""What Sentinel's portal adds to the name of a column of times: their zone."""


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
    given = [
        (path_of(name), value) for name, value in columns.items() if isinstance(name, str) and not _is_absent(value)
    ]
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


def path_of(name: str) -> list[str]:
    """Return the path that a column's name stands for, in CloudTrail's spelling."""
    name = ZONE.sub("", name).replace("{}", "")
    plain = name.strip().lower()
    if own := _CONSOLE.get(plain_name(name)) or _SENTINEL.get(plain):
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
            value = read_literal(text) or parse_struct_text(text)
    return _respell(value, name, 0)


def read_literal(text: str) -> Any:
    """Read a struct as Python prints it, in a table that pandas wrote; None if it is none, or nothing that JSON has."""
    if not text.startswith(("{'", "[{'")) or len(text) > _LITERAL_CHARACTERS:
        return None
    try:
        value = ast.literal_eval(text)
        json.dumps(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return value


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


def _is_absent(value: Any) -> bool:
    return value is None or value in ("", "null", "-")


def plain_name(name: str) -> str:
    """Return a column's name in lower case, without what tables add to names."""
    plain = ZONE.sub("", name).strip().strip('"').lower().replace(" ", "")
    return plain if plain in WHOLE_RECORD else plain.replace("_", "")
