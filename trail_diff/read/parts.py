"""The parts of a document, and decoding a piece of it into them at once."""

import re
from typing import Any

import msgspec

from trail_diff.model.reasons import Reason
from trail_diff.read import slim
from trail_diff.read.lenient import decode_value
from trail_diff.read.slim import REFUSALS, Batch


class TrailFile(msgspec.Struct, forbid_unknown_fields=True):
    """The form of trail files and console downloads: its elements stay undecoded."""

    Records: list[msgspec.Raw]


_TRAIL_FILE = msgspec.json.Decoder(TrailFile)
_ELEMENTS = msgspec.json.Decoder(list[msgspec.Raw])
_RAW = msgspec.json.Decoder(msgspec.Raw)
_BEGINNING = re.compile(rb'\{\s{0,80}"eventVersion"')


class Value(msgspec.Struct, frozen=True):
    """A decoded JSON value that stands by itself, or that was decoded alone inside of the array `container`."""

    value: Any
    container: str | None = None
    size: int = 0


class Element(msgspec.Struct, frozen=True):
    """An undecoded element of the array called `container` (empty: an array that stands by itself)."""

    raw: msgspec.Raw
    container: str


class Rest(msgspec.Struct, frozen=True):
    """What the object around the array `container` holds beside it."""

    fields: dict[str, Any]
    container: str


class Line(msgspec.Struct, frozen=True):
    """A line that begins with no JSON value, without its line break."""

    text: str


class Broken(msgspec.Struct, frozen=True):
    """The document cannot be read on from here; nothing of it was passed over."""

    reason: Reason


class Segment(msgspec.Struct, frozen=True):
    """What follows the last that was accounted for, and the byte at which it begins; `is_last`: to the end."""

    data: bytes
    at: int
    is_last: bool


Part = Value | Batch | Element | Rest | Line | Broken


def read_array(data: bytes, name: str, *, is_quick: bool) -> list[Part] | None:
    """Read the elements of an array; None if it is none."""
    if is_quick and (batch := slim.read_elements(data, name)):
        return [batch]
    try:
        return [Element(raw, name) for raw in _ELEMENTS.decode(data)]
    except REFUSALS:
        return None


def decode_trail_file(data: bytes) -> TrailFile | None:
    """Decode a trail file into undecoded elements; None where it has another form, or a name twice."""
    try:
        return _TRAIL_FILE.decode(data) if data.count(b'"Records"') == 1 else None
    except REFUSALS:
        return None


def decode_whole(data: bytes) -> Value | None:
    """Decode a document that is one value of strict JSON; None where it is none."""
    try:
        _RAW.decode(data)
    except REFUSALS:
        return None
    value = decode_value(data)
    return None if isinstance(value, Reason) else Value(value)


def last_beginning(data: bytes) -> int:
    """Return where in a piece of text the last record begins, else its last line; else its end."""
    half = len(data) // 2
    last = data.rfind(b'"eventVersion"', half)
    if last >= 0 and (found := _BEGINNING.search(data, max(last - 90, half), last + 14)):
        return found.start()
    line = data.rfind(b"\n", half) + 1
    return line or len(data)
