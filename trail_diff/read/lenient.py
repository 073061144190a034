"""Decoding JSON values: by msgspec, and by Python's own parser where msgspec refuses.

That is so for raw control characters, lone surrogates, bytes that are no UTF-8, and numbers too large for it. A name
that an object has twice loses nothing. A line break inside of a string is no JSON: a terminal or a mail put it in, even
in the middle of a name; only where the string holds JSON itself it may be white space. Nor are the codes of a terminal
and the zero bytes of a hole in a file.
"""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from operator import attrgetter
from typing import Any

import msgspec

from trail_diff.model.learnt import Record
from trail_diff.model.reasons import Reason
from trail_diff.read.records import NULL, READ_FIELDS, SlimRecord
from trail_diff.read.slim import REFUSALS

SPACE = b" \t\r\n\x0b\x0c\x1e\0"
DEPTH_LIMIT = 500
"""How deep brackets may lie in one another; records stay below twenty, and both parsers give up not far beyond."""
SHARED_BYTES = 1024
_MOST_SHARED = 4096
"""Up to what size, and of how many, the parts of records are held that may come again."""

_ONCE = frozenset({"eventSource", "eventID", "api", "actor", "event", "aws", "event.id", "EventId", "AwsEventId"})
"""Names that a record has once, in CloudTrail's schema or in another; an object with two of them was two records."""
_PACKED = frozenset({"data", "Data", "message", "Message", "body", "Body", "VarCharValue"})
"""Names under which a record may lie in a way that does not show."""
TORN: dict[str, Any] = dict.fromkeys(("eventVersion", "eventSource", "eventName"))
"""What stands for an object that was made of two records: it is counted as an invalid one."""

_ANY = msgspec.json.Decoder()
_ENCODER = msgspec.json.Encoder()
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\]]|"', re.DOTALL)
_TEXT = re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_HOLDS_JSON = re.compile(r'"\s*(?:[{\[]|\\")')
_FOREIGN = re.compile("[\n\r\x1b\x08\0]")
"""What no string of JSON holds as it is, and what shows that the string is not what was written."""


class Broken(msgspec.Struct, frozen=True):
    """Text in which a value begins that cannot be read, and why; `at` is where it begins."""

    reason: Reason
    at: int


class Between(msgspec.Struct, frozen=True):
    """Text before, between and after values."""

    text: str


class Scan:
    """Finds where the value that a buffer begins with ends; goes on where it was when the buffer has grown."""

    def __init__(self, depth: int = 0) -> None:
        self._depth, self._at = depth, 0

    @property
    def passed(self) -> int:
        """Return how far it has come."""
        return self._at

    def find_end(self, buffer: bytes, start: int) -> int | Reason:
        """Return the end of the value at `start`; TRUNCATED_JSON while it is open."""
        for token in _TOKEN.finditer(buffer, start + self._at):
            match token[0]:
                case b"{" | b"[":
                    self._depth += 1
                    if self._depth > DEPTH_LIMIT:
                        return Reason.NESTING_LIMIT
                case b"}" | b"]":
                    self._depth -= 1
                    if self._depth <= 0:
                        return token.end()
                case b'"':
                    self._at = token.start() - start
                    return Reason.TRUNCATED_JSON
        self._at = len(buffer) - start
        return Reason.TRUNCATED_JSON


def _read_integer(digits: str) -> int | float:
    """Read a whole number; one that Python refuses for its length loses its digits, not the record around it."""
    try:
        return int(digits)
    except ValueError:
        return float(digits)


class Doubtful(dict[str, Any]):
    """An object in which something is said twice, with two values; a record that holds such an object is one as well.

    Nobody knows which of the two is so.
    """


def _keep_repeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of its members; where an earlier one of the same name may hold records it is kept, lists as one.

    Of others the last counts, as in JSON. Two records that damage made one are none, and are counted as invalid.
    """
    made = dict(pairs)
    is_record = "eventSource" in made and "eventName" in made
    if len(made) == len(pairs):
        return Doubtful(made) if is_record and _is_in_doubt(made) else made
    seen: dict[str, Any] = {}
    repeated: list[tuple[str, Any, Any]] = []
    for name, value in pairs:
        before = seen.get(name)
        if name in seen:
            repeated.append((name, before, value))
        if not _may_hold_record(name, before):
            seen[name] = value
        elif isinstance(before, list) and isinstance(value, list):
            seen[name] = [*before, *value]
        else:
            seen |= {f"{name} ({len(seen)})": before, name: value}
    differing = [(name, before) for name, before, value in repeated if before != value]
    if differing and _is_torn(repeated, differing):
        return {**TORN}
    kept = made if is_record else seen
    return Doubtful(kept) if differing or (is_record and _is_in_doubt(made)) else kept


def _is_in_doubt(value: Any) -> bool:
    """Check whether an object says something twice, or one inside of it does."""
    match value:
        case Doubtful():
            return True
        case dict():
            return any(map(_is_in_doubt, value.values()))
        case list():
            return any(map(_is_in_doubt, value))
        case _:
            return False


def _is_torn(repeated: list[tuple[str, Any, Any]], differing: list[tuple[str, Any]]) -> bool:
    """Check whether an object with members that come twice, some with two values each, was made of two records.

    That is so if one is a member that every record has once, or the text of a record.
    """
    is_known = any(name in _ONCE for name, _, _ in repeated)
    return is_known or any(_may_hold_record(name, before) for name, before in differing if not isinstance(before, list))


def _may_hold_record(name: str, value: Any) -> bool:
    match value:
        case str():
            return name in _PACKED or "eventSource" in value
        case dict():
            return "eventSource" in value or any(_may_hold_record(*member) for member in value.items())
        case list():
            return name.endswith("Jobs") or any(_may_hold_record(name, one) for one in value)
        case _:
            return False


_LENIENT = json.JSONDecoder(strict=False, parse_int=_read_integer, object_pairs_hook=_keep_repeated)


def decode_value(raw: bytes | msgspec.Raw) -> Any:
    """Decode a whole value of which nothing may be lost; a Reason says that it is none."""
    try:
        value = _ANY.decode(raw)
    except REFUSALS:
        return _decode_leniently(bytes(raw))
    text = bytes(raw)
    return value if _count_names(_ENCODER.encode(value)) == _count_names(text) else _decode_leniently(text)


def _count_names(text: bytes) -> int:
    """Return how many names of members JSON has, and how often a string has what looks like one's end."""
    return text.count(b'":') + text.count(b'" :')


def _decode_leniently(raw: bytes) -> Any:
    text = raw.decode("utf-8", "surrogateescape")
    found = next(read_values(text.lstrip(SPACE.decode())), None)
    match found:
        case Broken(reason, _):
            return reason
        case Between() | None:
            return Reason.INVALID_JSON
        case dict() if _is_in_doubt(found):
            return Doubtful(found)
        case _:
            return found


def decode_fully(raw: bytes | msgspec.Raw) -> Any:
    """Decode a value; by the lenient parser when msgspec refuses it. A Reason says that neither can."""
    try:
        return _ANY.decode(raw)
    except REFUSALS:
        return _decode_leniently(bytes(raw))


def read_values(text: str) -> Iterator[Any | Between | Broken]:
    """Yield every JSON value of a text, with what is between them, up to the first that is broken."""
    begins = text[: len(text) - len(text.lstrip()) + 1][-1:]
    at = len(text) - len(text.lstrip()) if begins in ("{", "[", '"') else text.find("{")
    done, is_plain = 0, text.isascii() and "\\u" not in text
    while at >= 0:
        if at > done:
            yield Between(text[done:at])
        try:
            value, end = _LENIENT.raw_decode(text, at)
        except json.JSONDecodeError as error:
            is_open = error.pos >= len(text.rstrip()) - 8 or error.msg.startswith("Unterminated")
            yield Broken(Reason.TRUNCATED_JSON if is_open else Reason.INVALID_JSON, at)
            return
        except RecursionError:
            yield Broken(Reason.NESTING_LIMIT, at)
            return
        except ValueError:
            yield Broken(Reason.INVALID_JSON, at)
            return
        if _is_disturbed(text, at, end):
            yield Broken(Reason.INVALID_JSON, at)
            return
        yield value if is_plain else _without_surrogates(value)
        done = end
        at = _next_value(text, end)
    if text[done:]:
        yield Between(text[done:])


def parse_text(text: str) -> Any:
    """Parse the first JSON value in a string, leniently.

    Raises:
        ValueError: it is none.
    """
    for found in read_values(text):
        match found:
            case Broken(reason, _):
                raise ValueError(reason.value)
            case Between():
                continue
            case _:
                return found
    raise ValueError(Reason.INVALID_JSON.value)


def _next_value(text: str, end: int) -> int:
    """Return where the next value begins: an array only where it follows at once, for log prefixes hold brackets."""
    rest = end
    while text[rest : rest + 1] in (" ", "\t", "\r", "\n", ",") and rest < len(text):
        rest += 1
    return rest if text[rest : rest + 1] in ("[", '"') else text.find("{", rest)


def _is_disturbed(text: str, start: int, end: int) -> bool:
    """Check whether a string of a value has a line break, a terminal's code or a hole in it."""
    if not _FOREIGN.search(text, start, end):
        return False
    strings = (found[0] for found in _TEXT.finditer(text, start, end) if _FOREIGN.search(found[0]))
    return not all(_is_spaced_json(string) for string in strings)


def _is_spaced_json(string: str) -> bool:
    """Check whether a string holds JSON, one value or several, between whose parts its line breaks are."""
    if not _HOLDS_JSON.match(string):
        return False
    try:
        inner = str(_LENIENT.decode(string)).strip()
        if _is_disturbed(inner, 0, len(inner)):
            return False
        while inner:
            _, end = _LENIENT.raw_decode(inner)
            inner = inner[end:].strip(" \t\r\n,")
    except (ValueError, RecursionError):
        return False
    return True


def to_record(slim_record: SlimRecord) -> Record | Reason:
    """Decode what `normalize` reads of a record; a Reason says that a part of it cannot be, or says something twice.

    Parts that come again are the same objects, as most are in a night of calls, so nobody may change them.
    """
    record: Record = {}
    for name, value in zip(READ_FIELDS.values(), _values_of(slim_record), strict=True):
        if value is NULL:
            continue
        decoded = decode_shared(bytes(value)) if isinstance(value, msgspec.Raw) else value
        if isinstance(decoded, Reason):
            return decoded
        record[name] = decoded
    return record


def with_shared_request(record: Record, slim_record: SlimRecord) -> Record:
    """Return a record with its request as the same object that others have which asked the same, as calls of a job do.

    That is most of what a call takes up that is kept, and is sent between processes once.
    """
    request = decode_shared(bytes(slim_record.request_parameters))
    return {**record, "requestParameters": request} if request == record.get("requestParameters") else record


def decode_shared(raw: bytes) -> Any:
    """Decode a part of a record, which may come again; a Reason says that it cannot be, or says something twice."""
    return _decode_once(raw) if len(raw) <= SHARED_BYTES else _decode_part(raw)


def _decode_part(raw: bytes) -> Any:
    value = decode_value(raw)
    return Reason.INVALID_RECORD if type(value) is not dict and _is_in_doubt(value) else value


_decode_once = lru_cache(maxsize=_MOST_SHARED)(_decode_part)
_values_of = attrgetter(*READ_FIELDS)


def _without_surrogates(value: Any) -> Any:
    """Replace what is half a character, so that every string can be written again."""
    match value:
        case str():
            try:
                value.encode("utf-8")
            except UnicodeEncodeError:
                return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            return value
        case list():
            return [_without_surrogates(item) for item in value]
        case dict():
            return type(value)({_without_surrogates(key): _without_surrogates(item) for key, item in value.items()})
        case _:
            return value
