"""A document rewritten part by part as reading splits it, each part in the form it came in.

Of text that is read only after repairs, the records and jobs are written, each on a line of its own. What reading
cannot parse is left out and counted, never copied.
"""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any

from trail_diff.errors import UsageError
from trail_diff.model.learnt import Skipped
from trail_diff.model.reasons import Reason
from trail_diff.read.budget import VALUE_WORK
from trail_diff.read.containers import Document
from trail_diff.read.envelope import Envelope
from trail_diff.read.forms.cells import delimiter_of, read_cells
from trail_diff.read.forms.rows import is_header
from trail_diff.read.interface import FoundJob, FoundRecord, Tally, select_everything
from trail_diff.read.ledger import is_broken
from trail_diff.read.lenient import Between, read_values
from trail_diff.read.parts import Broken, Element, Line, Part, Rest, Value
from trail_diff.read.recognition import is_before_table
from trail_diff.read.repair.mail import is_encoded_mail
from trail_diff.read.repair.mend import Look, mend
from trail_diff.read.repair.resync import find_whole_values, gaps
from trail_diff.read.repair.yaml_text import ANSWER
from trail_diff.read.slim import Batch
from trail_diff.read.stream import Splitter
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
        super().__init__(as_utf8(document.head, document.stream), budget=document.budget)
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
        self._doubtful: Counter[Reason] = Counter()
        self._is_settled = False
        self._look = Look("", select_everything)
        self._container: str | None = None
        self._is_empty = True
        self._indent: int | None = None

    def rewrite(self, document: Document, left_out: list[Skipped]) -> Iterator[str]:
        """Yield the text of a document with its names replaced; then `left_out` has what is not in it."""
        self._left_out.clear()
        self._doubtful.clear()
        self._look = Look(document.name, select_everything, document.budget)
        head = document.head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
        self._container, self._indent = None, 2 if _FIRST_OF_VALUES.match(head) else None
        stream, is_quick = as_utf8(document.head, document.stream), '"Events"' not in head
        splitter = Splitter(stream, is_quick=is_quick, budget=document.budget)
        is_first = True
        for part in splitter.parts():
            if is_first and isinstance(part, Line) and is_before_table(part.text):
                yield part.text + "\n" if _SEPARATOR_HINT.match(part.text) else ""
                splitter.mark()
                continue
            if is_first and isinstance(part, Line) and is_header(part.text):
                yield from self._rewrite_table(part.text, splitter)
            elif is_first and isinstance(part, Line) and ANSWER.match(part.text):
                yield from self._rewrite_segment(splitter, Reason.YAML_NOT_READ)
            else:
                yield from self._rewrite_part(part, splitter)
            if self._settle():
                splitter.mark()
            is_first = False
        self._settle(is_last=True)
        yield self._close()
        left_out.extend(Skipped(document.name, reason, count) for reason, count in self._left_out.items() if count)

    def rewrite_records(self, document: Document, left_out: list[Skipped]) -> Iterator[str]:
        """Yield the records and jobs of a document, one a line; entries of event history, and that it goes on, as such.

        That is for forms that cannot be kept. Afterwards `left_out` has what is not in it.
        """
        tally = Tally()
        envelope = Envelope(document.name, select_everything, tally, document.budget)
        for found in envelope.read(Splitter(as_utf8(document.head, document.stream), budget=document.budget)):
            match found:
                case Skipped(reason=reason):
                    left_out.extend([] if reason.startswith("repaired-") else [found])
                case FoundRecord(content):
                    text = _DUMP(self._redactor.redact(content))
                    yield f"{_as_entry(text) if tally.is_event_history() else text}\n"
                case FoundJob(content):
                    yield f"{_DUMP(self._redactor.redact(content))}\n"
        if tally.next_token:
            yield '{"Events":[],"NextToken":"more"}\n'

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
                found = list(read_values(text))
                if is_broken(found) or is_encoded_mail(text):
                    yield from self._rewrite_segment(splitter, Reason.TEXT_NOT_READ)
                else:
                    yield from self._rewrite_line(found)
            case Broken(reason):
                yield from self._rewrite_segment(splitter, reason)

    def _redact(self, value: Any) -> Any:
        """Redact a value; where it has no field that is known, as a piece of a torn record, also all its keys."""
        return self._redactor.redact(value) if _has_field(value, 0) else self._redactor.redact_unknown(value)

    # ---- lines

    def _rewrite_line(self, found: Sequence[Any]) -> Iterator[str]:
        """Yield the values of a line of text, the first with what stands before it; other text is left out."""
        prefix, is_first = "", True
        for one in found:
            match one:
                case Between(text) if is_first:
                    prefix = self._redactor.prefix(text.lstrip())
                case Between(text):
                    self._leave_out(Reason.NOT_CLOUDTRAIL, bool(text.strip(" \t\r\n,")))
                case value:
                    yield from self._place(prefix + _dump(self._redact(value), None), None)
                    prefix, is_first = "", False
        self._leave_out(Reason.NOT_CLOUDTRAIL, is_first)

    # ---- broken text

    def _rewrite_segment(self, splitter: Splitter, reason: Reason) -> Iterator[str]:
        """Yield what reading finds in broken text, from the last that was settled on; where nothing, its whole values.

        What is neither is left out.
        """
        self._doubtful.clear()
        text = splitter.take_segment().data.decode("utf-8", "replace")
        mended = mend(text, self._look)
        for item in mended.items:
            if not isinstance(item, Skipped):
                content = item.record if isinstance(item, FoundRecord) else item.document
                yield from self._place(_dump(self._redact(content), None), None)
        if mended.is_fruitful:
            self._leave_out(reason, mended.lost if mended.lost_bytes else 0)
        else:
            yield from self._rewrite_whole_values(text, reason)
        self._is_settled = True

    def _rewrite_whole_values(self, text: str, reason: Reason) -> Iterator[str]:
        values = find_whole_values(text)
        for one in values:
            yield from self._place(_dump(self._redact(one.value), None), None)
        self._leave_out(reason, any(gap.strip() for gap in gaps(text, values)) or not values)

    def _leave_out(self, reason: Reason, count: int) -> None:
        """Count what is left out; text that is no value only means something if it is not a part of broken text."""
        self._doubtful[reason] += count

    def _settle(self, *, is_last: bool = False) -> bool:
        """Check whether something was written since the last time; what was left out so far then stays so."""
        is_settled, self._is_settled = self._is_settled, False
        if is_settled or is_last:
            self._left_out.update(self._doubtful)
            self._doubtful.clear()
        return is_settled

    # ---- tables

    def _rewrite_table(self, header: str, splitter: Splitter) -> Iterator[str]:
        """Yield the rows of a table; one that ends within a cell is left out."""
        delimiter = delimiter_of(header)
        names: list[str] = []
        for row in read_cells(chain([header + "\n"], splitter.lines()), delimiter, self._left_out):
            self._is_settled = True
            self._redactor.learnt.weigh(VALUE_WORK)
            if names:
                columns = [*names, *[""] * len(row)]
                cells = [self._redactor.cell(name, cell) for name, cell in zip(columns, row, strict=False)]
            else:
                names = row
                cells = [self._redactor.key(name) for name in row]
            yield _write_row(cells, delimiter)
        self._is_settled = True

    # ---- containers

    def _place(self, text: str | Reason, container: str | None) -> Iterator[str]:
        """Yield a value where it belongs: on a line of its own, or as an element of its array."""
        self._is_settled = True
        self._redactor.learnt.weigh(VALUE_WORK)
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
