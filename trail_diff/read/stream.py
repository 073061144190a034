"""Splitting a document into JSON values and text lines with bounded memory.

Values may follow one another with or without line breaks. A large `{"Records": [ … ]}` is not one value but a container
whose elements are given one by one. Python's own parser takes over where msgspec refuses (raw control characters,
lone surrogates), and reading goes on at the next line or element after a value that neither can read.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from trail_diff.model.reasons import Reason
from trail_diff.read import slim
from trail_diff.read.containers import Damaged, Readable
from trail_diff.read.lenient import SPACE, parse_leniently
from trail_diff.read.slim import REFUSALS, Batch

WINDOW_BYTES = 4 << 20
"""How much is looked at in one go; a document that fits is decoded whole."""
VALUE_LIMIT_BYTES = 64 << 20
"""How large one JSON value may be; CloudTrail's are below 1 MiB, exported lists of them are split before it matters."""

SPLIT_NAMES = frozenset(
    {"Records", "Events", "events", "logEvents", "records", "BackupJobs", "CopyJobs", "RestoreJobs"}
)
"""Names of the arrays that are split: their elements mean the same alone as together."""

_CONTAINER = re.compile(
    rb'\s*(?:\{(?P<before>(?:\s*"[^"\\]{0,200}"\s*:\s*(?:"(?:[^"\\]|\\.){0,2000}"|[\w.+-]{1,40})\s*,){0,20})'
    rb'\s*"(?P<name>\w{1,40})"\s*:\s*)?\['
)


class _TrailFile(msgspec.Struct):
    """The form of trail files and console downloads: its elements stay undecoded."""

    Records: list[msgspec.Raw]


_TRAIL_FILE = msgspec.json.Decoder(_TrailFile)
_ELEMENTS = msgspec.json.Decoder(list[msgspec.Raw])
_ANY = msgspec.json.Decoder()


class Value(msgspec.Struct, frozen=True):
    """A decoded JSON value that stands by itself, or that the lenient parser read inside of the array `container`."""

    value: Any
    container: str | None = None


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


class Problem(msgspec.Struct, frozen=True):
    """Something that could not be read, and was passed over."""

    reason: Reason


Part = Value | Batch | Element | Rest | Line | Problem


class Splitter:
    """Splits one document; `lines` gives the rest as text once a table was recognised; `is_blank` if there is nothing.

    Where not `is_quick`, no piece is decoded at once; that gives the same and is there to be compared with.

    Damage below (a truncated gz) ends the document; it is reported after everything that could be read.
    """

    def __init__(self, stream: Readable, *, is_quick: bool = True) -> None:
        self._stream, self._is_quick = stream, is_quick
        self._buffer = b""
        self._at = 0
        self._is_ended = False
        self._damage: Reason | None = None
        self._passed = self._lines_from = 0
        self.is_blank = True

    def parts(self, *, is_begun: bool = False) -> Iterator[Part]:
        """Yield all parts in order. Where the document `is_begun`, what is left is not taken for one whole value."""
        self._fill(WINDOW_BYTES)
        is_whole = self._is_ended and self._damage is None and not is_begun
        yield from self._whole() if is_whole else ()
        while self._skip(SPACE + b","):
            self.is_blank = False
            if self._peek() not in b"{[":
                yield from self._line()
            elif batch := self._take_lines():
                yield batch
            elif container := self._match_container():
                yield from self._split(container)
            else:
                yield from self._one()
        if self._damage is not None:
            yield Problem(self._damage)

    def lines(self) -> Iterator[str]:
        """Yield the rest of the document line by line, each with its line break."""
        while self._fill(1):
            yield self._take_line(keep_end=True).decode("utf-8", "replace")

    # ---- values

    def _whole(self) -> Iterator[Part]:
        """Yield the whole document when it is one value; else nothing, and nothing is consumed."""
        if self._is_quick and (batch := slim.read_document(self._buffer)):
            self._at, self.is_blank = len(self._buffer), False
            yield batch
            return
        try:
            elements = _TRAIL_FILE.decode(self._buffer).Records
        except REFUSALS:
            try:
                value = _ANY.decode(self._buffer)
            except REFUSALS:
                return
            self._at, self.is_blank = len(self._buffer), False
            yield Value(value)
            return
        self._at, self.is_blank = len(self._buffer), False
        yield from (Element(raw, "Records") for raw in elements)

    def _line(self) -> Iterator[Part]:
        """Yield a line of text; where a value begins at its end (`aws logs tail --format json`), go to that value."""
        line = self._take_line(keep_end=True)
        begins = len(line.rstrip(SPACE)) - 1
        is_at_hand = self._buffer.endswith(line, 0, self._at)
        if is_at_hand and line[begins : begins + 1] == b"{":
            self._at -= len(line) - begins
        else:
            yield Line(line.rstrip(b"\r\n").decode("utf-8", "replace"))

    def _take_lines(self) -> Batch | None:
        """Take all lines at hand when each of them is a record; after a refusal the same lines are not tried again."""
        if not self._is_quick or self._passed + self._at < self._lines_from:
            return None
        end = len(self._buffer) if self._is_ended else self._buffer.rfind(b"\n", self._at) + 1
        batch = slim.read_lines(self._buffer[self._at : end]) if end > self._at else None
        if batch:
            self._at = end
        else:
            self._lines_from = self._passed + max(end, self._at + 1)
        return batch

    def _one(self) -> Iterator[Part]:
        """Yield the value at hand: by its line when it is on one, else by the lenient parser."""
        line_end = self._buffer.find(b"\n", self._at)
        if line_end < 0:
            yield from self._one_leniently()
            return
        try:
            value = _ANY.decode(self._buffer[self._at : line_end])
        except REFUSALS:
            yield from self._one_leniently()
        else:
            self._at = line_end + 1
            yield Value(value)

    def _one_leniently(self, container: str | None = None, marker: bytes = b"\n") -> Iterator[Part]:
        """Yield the value at hand by the lenient parser; after a bad one go on at the marker."""
        size = 1 << 16
        while True:
            self._fill(size)
            window = self._buffer[self._at : self._at + size]
            is_all = self._is_ended and self._at + size >= len(self._buffer)
            found = parse_leniently(window, is_all=is_all)
            if isinstance(found, tuple):
                self._at += found[1]
                yield Value(found[0], container)
                return
            if found is Reason.TRUNCATED_JSON and not is_all and size < VALUE_LIMIT_BYTES:
                size *= 4
                continue
            if found is Reason.TRUNCATED_JSON and not is_all:
                found = Reason.VALUE_TOO_LARGE
            if found is not Reason.TRUNCATED_JSON or self._damage is None:
                yield Problem(found)
            self._resume(marker)
            return

    def _resume(self, marker: bytes) -> None:
        """Go to where the next value may begin: a line break, or the beginning that the elements of an array share."""
        self._at += 1
        while (found := self._buffer.find(marker, self._at)) < 0:
            self._at = max(self._at, len(self._buffer) - len(marker))
            if not self._read_more():
                self._at = len(self._buffer)
                return
        self._at = found

    # ---- containers

    def _match_container(self) -> re.Match[bytes] | None:
        match = _CONTAINER.match(self._buffer, self._at, self._at + (1 << 16))
        if match is None:
            return None
        name = match["name"]
        return match if name is None or name.decode() in SPLIT_NAMES else None

    def _split(self, container: re.Match[bytes]) -> Iterator[Part]:
        name = (container["name"] or b"").decode()
        before = container["before"] or b""
        self._at = container.end()
        marker = b""
        while self._skip(SPACE + b","):
            if self._peek() == b"]":
                self._at += 1
                yield from self._end_container(name, before)
                return
            marker = marker or self._buffer[self._at : self._at + 12]
            yield from self._take_batch(marker, name) or self._one_leniently(name, marker)
        if self._damage is None:
            yield Problem(Reason.TRUNCATED_JSON)

    def _end_container(self, name: str, before: bytes) -> Iterator[Part]:
        """Read what follows an array inside of its object: `}`, or further fields such as NextToken."""
        if not name:
            return
        rest: dict[str, Any] = {}
        if not self._skip(SPACE):
            yield from () if self._damage else (Problem(Reason.TRUNCATED_JSON),)
        elif self._peek() == b",":
            self._passed += self._at
            self._buffer, self._at = b"{" + self._buffer[self._at + 1 :], 0
            for part in self._one_leniently(name):
                if isinstance(part, Value) and isinstance(part.value, dict):
                    rest = part.value
                elif isinstance(part, Problem):
                    yield part
        else:
            self._at += 1
        fields = parse_leniently(b"{" + before.rstrip(SPACE + b",") + b"}", is_all=True)
        yield Rest({**(fields[0] if isinstance(fields, tuple) else {}), **rest}, name)

    def _take_batch(self, marker: bytes, name: str) -> list[Part] | None:
        """Take as many elements as surely end inside of the window.

        A cut is right exactly if what is before it is a whole list of values: msgspec decodes `[` + it + `]` only then,
        because at any other place a string, an object or an array would still be open.
        """
        self._fill(WINDOW_BYTES)
        start, end = self._at, len(self._buffer)
        for _ in range(4):
            end = self._buffer.rfind(marker, start + 1, end)
            if end < 0:
                return None
            cut = self._buffer[start:end].rstrip(SPACE)
            if not cut.endswith(b","):
                continue
            parts = _read_array(b"[" + cut[:-1] + b"]", name, is_quick=self._is_quick)
            if parts is not None:
                self._at = end
                return parts
        return None

    # ---- the buffer

    def _peek(self) -> bytes:
        return self._buffer[self._at : self._at + 1]

    def _skip(self, characters: bytes) -> bool:
        """Pass over characters; tell whether something is left."""
        while self._fill(1):
            rest = self._buffer[self._at : self._at + 4096]
            left = rest.lstrip(characters)
            self._at += len(rest) - len(left)
            if left:
                return True
        return False

    def _take_line(self, *, keep_end: bool = False) -> bytes:
        """Take what is left of the line; of a line beyond the limit only its beginning."""
        found = self._buffer.find(b"\n", self._at)
        taken = b""
        while found < 0 and not self._is_ended:
            if len(self._buffer) - self._at > VALUE_LIMIT_BYTES:
                taken, self._at = taken or self._buffer[self._at : self._at + 4096], len(self._buffer)
            searched = len(self._buffer) - self._at
            if not self._read_more():
                break
            found = self._buffer.find(b"\n", self._at + searched)
        end = found + 1 if found >= 0 else len(self._buffer)
        line = taken or self._buffer[self._at : end]
        self._at = end
        return line if keep_end else line.rstrip(b"\r\n")

    def _fill(self, size: int) -> bool:
        """Have `size` bytes at hand if the document has as many; tell whether there is any."""
        if len(self._buffer) - self._at < size and not self._is_ended:
            self._read_more(size)
        return len(self._buffer) > self._at

    def _read_more(self, size: int = 0) -> bool:
        """Read on until `size` bytes are at hand, a little more if there were as many; tell whether any came."""
        parts = [self._buffer[self._at :]]
        at_hand = len(parts[0])
        while not self._is_ended and (len(parts) == 1 or at_hand < size):
            try:
                data = self._stream.read(WINDOW_BYTES)
            except Damaged as damage:
                self._damage, data = damage.reason, b""
            if not data:
                self._is_ended = True
                break
            parts.append(data)
            at_hand += len(data)
        if len(parts) == 1:
            return False
        self._passed += self._at
        self._buffer, self._at = b"".join(parts), 0
        return True


def _read_array(data: bytes, name: str, *, is_quick: bool) -> list[Part] | None:
    """Read the elements of an array; None if it is none."""
    if is_quick and (batch := slim.read_elements(data, name)):
        return [batch]
    try:
        return [Element(raw, name) for raw in _ELEMENTS.decode(data)]
    except REFUSALS:
        return None
