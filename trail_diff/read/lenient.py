"""Decoding one JSON value: by msgspec, and by Python's own parser where msgspec refuses.

That is so for raw control characters, lone surrogates, bytes that are no UTF-8, and numbers too large for it.
"""

import json
from typing import Any

import msgspec

from trail_diff.model.learnt import Record
from trail_diff.model.reasons import Reason
from trail_diff.read.interface import NULL, SlimRecord
from trail_diff.read.slim import REFUSALS

SPACE = b" \t\r\n\x0b\x0c\x1e\0"

_ANY = msgspec.json.Decoder()


def _read_integer(digits: str) -> int | float:
    """Read a whole number; one that Python refuses for its length loses its digits, not the record around it."""
    try:
        return int(digits)
    except ValueError:
        return float(digits)


_LENIENT = json.JSONDecoder(strict=False, parse_int=_read_integer)


def parse_leniently(window: bytes, *, is_all: bool) -> tuple[Any, int] | Reason:
    """Parse the value that a window begins with; give it with its length in bytes, or why not.

    TRUNCATED_JSON: the window ends inside of the value. INVALID_JSON: it is wrong wherever it ends.
    """
    text = window.decode("utf-8", "surrogateescape")
    try:
        value, end = _LENIENT.raw_decode(text)
    except json.JSONDecodeError as error:
        is_open = error.pos >= len(text.rstrip()) - 8 or error.msg.startswith("Unterminated")
        return Reason.TRUNCATED_JSON if is_open else Reason.INVALID_JSON
    except (RecursionError, ValueError):
        return Reason.INVALID_JSON
    is_number = not isinstance(value, dict | list | str)
    if is_number and end == len(text) and not is_all:
        return Reason.TRUNCATED_JSON
    used = text[:end].encode("utf-8", "surrogateescape")
    return _without_surrogates(value) if b"\\u" in used or not used.isascii() else value, len(used)


def parse_text(text: str) -> Any:
    """Parse one JSON value in a string, leniently.

    Raises:
        ValueError: it is none.
    """
    found = parse_leniently(text.encode("utf-8", "surrogatepass").lstrip(SPACE), is_all=True)
    match found:
        case Reason():
            raise ValueError(found.value)
        case value, _:
            return value


def decode_fully(raw: bytes | msgspec.Raw) -> Any:
    """Decode a value; by the lenient parser when msgspec refuses it. A Reason says that neither can."""
    try:
        return _ANY.decode(raw)
    except REFUSALS:
        found = parse_leniently(bytes(raw).lstrip(SPACE), is_all=True)
        return found if isinstance(found, Reason) else found[0]


def to_record(slim_record: SlimRecord) -> Record | Reason:
    """Decode what `normalize` reads of a record; a Reason says that a part of it cannot be."""
    record: Record = {}
    for name, attribute in _SLIM_FIELDS:
        value = getattr(slim_record, attribute)
        if value is NULL:
            continue
        decoded = decode_fully(value) if isinstance(value, msgspec.Raw) else value
        match decoded:
            case Reason():
                return decoded
            case _:
                record[name] = decoded
    return record


_SLIM_FIELDS = tuple(zip(SlimRecord.__struct_encode_fields__, SlimRecord.__struct_fields__, strict=True))


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
            return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
        case _:
            return value
