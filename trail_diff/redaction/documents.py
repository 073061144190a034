"""A document rewritten part by part as reading splits it, each part in the form it came in.

What reading cannot parse is left out and counted, never copied.
"""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from trail_diff.errors import UsageError
from trail_diff.model.learnt import Skipped
from trail_diff.model.reasons import Reason
from trail_diff.read.containers import Document
from trail_diff.read.forms.rows import CELL_LIMIT_CHARACTERS, is_header
from trail_diff.read.lenient import Between, read_values
from trail_diff.read.lenient import Broken as BrokenText
from trail_diff.read.repair.resync import find_whole_values, gaps
from trail_diff.read.slim import Batch
from trail_diff.read.stream import Broken, Element, Line, Part, Rest, Splitter, Value
from trail_diff.read.text import as_utf8
from trail_diff.redaction import vocabulary as words
from trail_diff.redaction.members import Members
from trail_diff.redaction.owner_map import MAP_SCHEMA
from trail_diff.redaction.redactor import Redactor

_SEPARATOR_HINT = re.compile(r"sep=.\Z")
_FIRST_OF_VALUES = re.compile(r"\s*[{\[]\s*\n")
_SEARCH_DEPTH = 4
_DUMP = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Overheard(Splitter):
    """A Splitter whose parts are heard by somebody before the one who asked for them."""

    def __init__(self, document: Document, hear: Callable[[Part], None]) -> None:
        super().__init__(as_utf8(document.head, document.stream))
        self._hear = hear

    def parts(self, *, is_begun: bool = False) -> Iterator[Part]:
        """Yield all parts in order, each when it was heard."""
        for part in super().parts(is_begun=is_begun):
            self._hear(part)
            yield part


class Learner:
    """Learns names from the parts of documents."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor, self._members = redactor, Members(redactor)

    def hear(self, part: Part) -> None:
        """Take in the names that a part tells.

        Raises:
            UsageError: it is a map of pseudonyms.
        """
        match part:
            case Batch():
                for raw in part.split():
                    self._members.learn(raw)
            case Element(raw, _):
                self._members.learn(raw)
            case Value(value, _):
                _refuse_map(value)
                self._redactor.learn(value)
            case Line(text):
                self._redactor.learn({"message": text})
            case Rest(fields, _):
                self._redactor.learn(fields)
            case Broken():
                pass


def _refuse_map(value: Any) -> None:
    if isinstance(value, dict) and value.get("schema") == MAP_SCHEMA:
        raise UsageError("a map of pseudonyms is among the inputs: it tells who is who", hint="leave it out")


class Rewriter:
    """Rewrites documents with what the redactor has learnt; remembers from one to the next what comes again."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor, self._members = redactor, Members(redactor)
        self._left_out: Counter[Reason] = Counter()
        self._container: str | None = None
        self._is_empty = True
        self._indent: int | None = None

    def rewrite(self, document: Document, left_out: list[Skipped]) -> Iterator[str]:
        """Yield the text of a document with its names replaced; then `left_out` has what is not in it."""
        self._left_out.clear()
        head = document.head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
        self._container, self._indent = None, 2 if _FIRST_OF_VALUES.match(head) else None
        splitter = Splitter(as_utf8(document.head, document.stream), is_quick='"Events"' not in head)
        is_first = True
        for part in splitter.parts():
            if is_first and isinstance(part, Line) and _SEPARATOR_HINT.match(part.text):
                yield part.text + "\n"
                continue
            if is_first and isinstance(part, Line) and is_header(part.text):
                yield from self._rewrite_table(part.text, splitter)
            else:
                yield from self._rewrite_part(part, splitter)
            splitter.mark()
            is_first = False
        yield self._close()
        left_out.extend(Skipped(document.name, reason, count) for reason, count in self._left_out.items())

    def _rewrite_part(self, part: Part, splitter: Splitter) -> Iterator[str]:
        match part:
            case Batch(split=split, container=container, is_history=is_history):
                yield self._open(container)
                for raw in split():
                    text = self._members.rewrite(raw)
                    yield from self._place(_as_entry(text) if is_history else text, container)
            case Element(raw, container):
                yield from self._place(self._members.rewrite(raw), container)
            case Value(value, container):
                indent = self._indent if container is None else None
                yield from self._place(_dump(self._redact(value), indent), container)
            case Rest(fields, container):
                yield self._open(container)
                yield self._close(self._redactor.redact(fields))
            case Line(text):
                yield from self._rewrite_line(text)
            case Broken(reason):
                yield from self._rewrite_segment(splitter, reason)

    def _redact(self, value: Any) -> Any:
        """Redact a value; where it has no field that is known, as a piece of a torn record, also all its keys."""
        return self._redactor.redact(value) if _has_field(value, 0) else self._redactor.redact_unknown(value)

    # ---- lines

    def _rewrite_line(self, line: str) -> Iterator[str]:
        """Yield the values of a line of text, the first with what stands before it; other text is left out."""
        prefix, is_first = "", True
        for found in read_values(line):
            match found:
                case BrokenText(reason):
                    self._left_out[reason] += 1
                case Between(text) if is_first:
                    prefix = self._redactor.prefix(text.lstrip())
                case Between(text):
                    self._left_out[Reason.NOT_CLOUDTRAIL] += bool(text.strip(" \t\r\n,"))
                case value:
                    yield from self._place(prefix + _dump(self._redact(value), None), None)
                    prefix, is_first = "", False
        self._left_out[Reason.NOT_CLOUDTRAIL] += is_first

    def _rewrite_segment(self, splitter: Splitter, reason: Reason) -> Iterator[str]:
        """Yield the values that are whole in broken text, each on a line of its own; the rest is left out."""
        text = splitter.take_segment().data.decode("utf-8", "replace")
        values = find_whole_values(text)
        for one in values:
            yield from self._place(_dump(self._redact(one.value), None), None)
        self._left_out[reason] += any(gap.strip() for gap in gaps(text, values)) or not values

    # ---- tables

    def _rewrite_table(self, header: str, splitter: Splitter) -> Iterator[str]:
        """Yield the rows of a table; one that ends within a cell is left out."""
        delimiter = max(",\t;", key=header.count)
        csv.field_size_limit(CELL_LIMIT_CHARACTERS)
        lines = (line.replace("\0", "") for line in chain([header + "\n"], splitter.lines()))
        rows = csv.reader(lines, delimiter=delimiter, strict=True)
        names: list[str] = []
        while True:
            try:
                row = next(rows, None)
            except csv.Error:
                self._left_out[Reason.UNREADABLE_ROW] += 1
                continue
            if row is None:
                return
            if names:
                columns = [*names, *[""] * len(row)]
                row = [self._redactor.cell(name, cell) for name, cell in zip(columns, row, strict=False)]
            else:
                names = row
                row = [self._redactor.key(name) for name in row]
            yield _write_row(row, delimiter)

    # ---- containers

    def _place(self, text: str | Reason, container: str | None) -> Iterator[str]:
        """Yield a value where it belongs: on a line of its own, or as an element of its array."""
        if isinstance(text, Reason):
            self._left_out[text] += 1
            return
        yield self._open(container)
        if container is None:
            yield text + "\n"
        else:
            yield text if self._is_empty else "," + text
            self._is_empty = False

    def _open(self, container: str | None) -> str:
        """Return what begins an array, and ends another one before; nothing while the same one goes on."""
        if container == self._container:
            return ""
        ended = self._close()
        self._container, self._is_empty = container, True
        if container is None:
            return ended
        return f"{ended}{{{_DUMP(container)}:[" if container else f"{ended}["

    def _close(self, fields: dict[str, Any] | None = None) -> str:
        """Return what ends the array at hand, with the fields beside it; nothing when there is none."""
        container, self._container = self._container, None
        if container is None:
            return ""
        beside = "".join(f",{_DUMP(name)}:{_DUMP(value)}" for name, value in (fields or {}).items())
        return f"]{beside}}}\n" if container else "]\n"


def _has_field(value: Any, depth: int) -> bool:
    """Check whether a value is text, or holds the name of a known field at no great depth."""
    match value:
        case dict():
            is_one = any(words.is_field(name) for name in value)
            return is_one or (depth < _SEARCH_DEPTH and any(_has_field(inner, depth + 1) for inner in value.values()))
        case list():
            return depth < _SEARCH_DEPTH and any(_has_field(inner, depth + 1) for inner in value)
        case _:
            return depth == 0 or (isinstance(value, str) and "eventSource" in value)


def _as_entry(text: str | Reason) -> str | Reason:
    """Return a record as an entry of event history."""
    return text if isinstance(text, Reason) else _DUMP({"CloudTrailEvent": text})


def _dump(value: Any, indent: int | None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) if indent else _DUMP(value)


def _write_row(row: list[str], delimiter: str) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerow(row)
    return out.getvalue()
