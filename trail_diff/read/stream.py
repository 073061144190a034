"""Splitting a document into JSON values and text lines with bounded memory.

Values may follow one another with or without line breaks. A large `{"Records": [ … ]}` is not one value but a container
whose elements are given one by one. Python's own parser takes over where msgspec refuses (raw control characters,
lone surrogates), and reading goes on at the next line or element after a value that neither can read.
"""

import re
from collections.abc import Iterator

import msgspec

from trail_diff.model.reasons import Reason
from trail_diff.read import slim
from trail_diff.read.budget import SCAN_WORK, Budget, Damaged
from trail_diff.read.compressed import Readable
from trail_diff.read.lenient import SPACE, Scan, decode_value
from trail_diff.read.parts import (
    Broken,
    Element,
    Line,
    Part,
    Rest,
    Segment,
    TrailFile,
    Value,
    decode_trail_file,
    decode_whole,
    last_beginning,
    read_array,
)
from trail_diff.read.slim import REFUSALS, Batch
from trail_diff.read.text import Text

WINDOW_BYTES = 4 << 20
"""How much is looked at in one go; a document that fits is decoded whole."""
VALUE_LIMIT_BYTES = 64 << 20
"""How large one JSON value may be; CloudTrail's are below 1 MiB, exported lists of them are split before it matters."""

SEGMENT_BYTES = 8 << 20
"""How much text that cannot be read as it is is looked at in one piece."""

SPLIT_NAMES = frozenset(
    {"Records", "Events", "events", "logEvents", "records", "BackupJobs", "CopyJobs", "RestoreJobs"}
)
"""Names of the arrays that are split: their elements mean the same alone as together."""

_CONTAINER = re.compile(
    rb'\s*(?:\{(?P<before>(?:\s*"[^"\\]{0,200}"\s*:\s*(?:"(?:[^"\\]|\\.){0,2000}"|[\w.+-]{1,40})\s*,){0,20})'
    rb'\s*"(?P<name>\w{1,40})"\s*:\s*)?\['
)


_RAW = msgspec.json.Decoder(msgspec.Raw)
_UNNAMED = re.compile(rb"\s*,\w")
"""How a header begins whose first column has no name, as that of the index that pandas writes."""
_SCALAR = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[^\s,\[\]{}":]+', re.DOTALL)


class Splitter:
    """Splits one document; `lines` gives the rest as text once a table was recognised; `is_blank` if there is nothing.

    Where not `is_quick`, no piece is decoded at once; that gives the same and is there to be compared with.

    `start` is where in its file the stream begins. Whoever takes the parts marks what is accounted for. Where text is
    broken, it takes the segment from the last mark on, and the parts go on behind it. `damage` is why the document
    below ended early (a truncated gz).
    """

    def __init__(
        self, stream: Readable, *, is_quick: bool = True, start: int = 0, budget: Budget | None = None
    ) -> None:
        self._stream, self._is_quick, self._budget = stream, is_quick, budget
        self._buffer = b""
        self._at = 0
        self._is_ended = False
        self.damage: Reason | None = None
        self._passed = self._mark = start
        self._lines_from = self._batch_from = 0
        self.is_blank = True

    @property
    def position(self) -> int:
        """Return how many bytes of the document were passed."""
        return self._passed + self._at

    @property
    def is_recoded(self) -> bool:
        """Check whether text that is no UTF-8 was read so far."""
        return isinstance(self._stream, Text) and self._stream.is_recoded

    def mark(self) -> None:
        """Take all that was passed for accounted for."""
        self._mark = self._passed + self._at

    def parts(self, *, is_begun: bool = False) -> Iterator[Part]:
        """Yield all parts in order. Where the document `is_begun`, what is left is not taken for one whole value."""
        self._fill(WINDOW_BYTES)
        is_whole = self._is_ended and self.damage is None and not is_begun
        yield from self._whole() if is_whole else ()
        between = SPACE if _UNNAMED.match(self._buffer, self._at) else SPACE + b","
        while self._skip(between):
            self.is_blank, between = False, SPACE + b","
            if self._peek() not in b"{[":
                yield from self._line()
            elif batch := self._take_lines():
                yield batch
            elif container := self._match_container():
                yield from self._split(container)
            else:
                yield from self._one()

    def take_segment(self) -> Segment:
        """Take what follows the last mark: to the end of the document, or to where a record or a line begins."""
        begins = self._mark - self._passed
        while not self._is_ended and len(self._buffer) - begins < SEGMENT_BYTES:
            self._read_more(SEGMENT_BYTES)
            begins = self._mark - self._passed
        data = self._buffer[begins : begins + SEGMENT_BYTES]
        is_last = self._is_ended and begins + len(data) == len(self._buffer)
        data = data if is_last else data[: last_beginning(data)]
        segment = Segment(data, self._mark, is_last)
        self._at = begins + len(data)
        self.is_blank = self.is_blank and not data.strip()
        self.mark()
        return segment

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
        value = decode_trail_file(self._buffer) or decode_whole(self._buffer)
        if value is None:
            return
        self._at, self.is_blank = len(self._buffer), False
        if isinstance(value, TrailFile):
            yield from (Element(raw, "Records") for raw in value.Records)
        else:
            yield Value(value.value, size=len(self._buffer))

    def _line(self) -> Iterator[Part]:
        """Yield a line of text; where a value begins at its end (`aws logs tail --format json`), go to that value."""
        line = self._take_line(keep_end=True)
        begins = len(line.rstrip(SPACE)) - 1
        is_at_hand = self._buffer.endswith(line, 0, self._at)
        if is_at_hand and line[begins : begins + 1] == b"{":
            self._at -= len(line) - begins
            if b"{" in line[:begins]:
                yield Line(line[:begins].decode("utf-8", "replace"))
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
        """Yield the value at hand: by its line when it is on one, else by where its brackets close."""
        line_end = self._buffer.find(b"\n", self._at)
        if line_end >= 0:
            try:
                _RAW.decode(self._buffer[self._at : line_end])
            except REFUSALS:
                pass
            else:
                yield self._take_value(line_end + 1, None)
                return
        yield self._one_by_brackets(None)

    def _one_by_brackets(self, container: str | None) -> Part:
        """Return the value at hand, which ends where its brackets close; of a broken one nothing is passed."""
        if self._peek() not in b"{[":
            return self._one_scalar(container)
        scan, size = Scan(), 1 << 16
        while True:
            end = self._find_end(scan)
            if isinstance(end, int):
                return self._take_value(end, container)
            if end is not Reason.TRUNCATED_JSON or self._is_ended:
                return Broken(end)
            if len(self._buffer) - self._at > VALUE_LIMIT_BYTES:
                return Broken(Reason.VALUE_TOO_LARGE)
            size = max(size * 2, len(self._buffer) - self._at + 1)
            self._fill(size)

    def _one_scalar(self, container: str | None) -> Part:
        """Return the text, number or word at hand, as far as a comma or bracket outside of quotation marks."""
        self._fill(1 << 16)
        found = _SCALAR.match(self._buffer, self._at)
        if found is None or (found.end() == len(self._buffer) and not self._is_ended):
            return Broken(Reason.INVALID_JSON)
        return self._take_value(found.end(), container)

    def _take_value(self, end: int, container: str | None) -> Part:
        raw = self._buffer[self._at : end]
        value = decode_value(raw)
        if isinstance(value, Reason):
            return Broken(value)
        self._at = end
        return Value(value, container, len(raw))

    # ---- containers

    def _match_container(self) -> re.Match[bytes] | None:
        match = _CONTAINER.match(self._buffer, self._at, self._at + (1 << 16))
        if match is None:
            return None
        name = match["name"]
        return match if name is None or name.decode() in SPLIT_NAMES else None

    def _split(self, container: re.Match[bytes]) -> Iterator[Part]:
        if self._budget is not None:
            self._budget.look()
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
            for part in self._take_batch(marker, name) or [self._one_by_brackets(name)]:
                yield part
                if isinstance(part, Broken):
                    return
        yield Broken(Reason.TRUNCATED_JSON)

    def _end_container(self, name: str, before: bytes) -> Iterator[Part]:
        """Read what follows an array inside of its object: `}`, or further fields such as NextToken."""
        if not name:
            return
        if not self._skip(SPACE):
            yield Broken(Reason.TRUNCATED_JSON)
            return
        after = b"}"
        if self._peek() == b",":
            end = self._find_object_end()
            if isinstance(end, Reason):
                yield Broken(end)
                return
            after = self._buffer[self._at : end]
            self._at = end
        elif self._peek() == b"}":
            self._at += 1
        else:
            yield Broken(Reason.INVALID_JSON)
            return
        fields = decode_value(b"{" + (before.rstrip(SPACE + b",") + after).lstrip(SPACE + b","))
        if isinstance(fields, Reason):
            yield Broken(fields)
        else:
            yield Rest(fields, name)

    def _find_object_end(self) -> int | Reason:
        """Return where the object ends inside of which we are."""
        scan = Scan(depth=1)
        while True:
            end = self._find_end(scan)
            if isinstance(end, int) or end is not Reason.TRUNCATED_JSON or self._is_ended:
                return end
            if len(self._buffer) - self._at > VALUE_LIMIT_BYTES:
                return Reason.VALUE_TOO_LARGE
            self._fill(2 * (len(self._buffer) - self._at) + 1)

    def _find_end(self, scan: Scan) -> int | Reason:
        """Return where the value at hand ends, as far as it is at hand, and count the work."""
        begun = scan.passed
        end = scan.find_end(self._buffer, self._at)
        if self._budget is not None:
            self._budget.work(SCAN_WORK * ((end - self._at if isinstance(end, int) else scan.passed) - begun))
            if self._budget.is_spent:
                return Reason.WORK_LIMIT
        return end

    def _take_batch(self, marker: bytes, name: str) -> list[Part] | None:
        """Take as many elements as surely end inside of the window.

        A cut is right exactly if what is before it is a whole list of values: msgspec decodes `[` + it + `]` only then,
        because at any other place a string, an object or an array would still be open.
        """
        if self.position < self._batch_from:
            return None
        self._fill(WINDOW_BYTES)
        start, end = self._at, len(self._buffer)
        tried = self._passed + end
        for _ in range(4):
            end = self._buffer.rfind(marker, start + 1, end)
            if end < 0:
                break
            cut = self._buffer[start:end].rstrip(SPACE)
            if not cut.endswith(b","):
                continue
            parts = read_array(b"[" + cut[:-1] + b"]", name, is_quick=self._is_quick)
            if parts is not None:
                self._at = end
                return parts
        self._batch_from = tried  # the elements up to there are read one by one
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
        if self.position - self._mark > SEGMENT_BYTES:
            self.mark()  # too far back to be looked at again
        kept = self._mark - self._passed
        parts = [self._buffer[kept:]]
        at_hand = len(self._buffer) - self._at
        while not self._is_ended and (len(parts) == 1 or at_hand < size):
            try:
                data = self._stream.read(WINDOW_BYTES)
            except Damaged as damage:
                self.damage, data = damage.reason, b""
            if not data:
                self._is_ended = True
                break
            parts.append(data)
            at_hand += len(data)
        if len(parts) == 1:
            return False
        self._passed += kept
        self._buffer, self._at = b"".join(parts), self._at - kept
        return True
