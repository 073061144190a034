"""From the parts of a document to records: many plain ones at once, the others through the gate for values."""

from collections.abc import Iterator
from functools import cache
from itertools import chain
from typing import Any

import msgspec

from trail_diff.model.learnt import Skipped
from trail_diff.model.reasons import Reason
from trail_diff.read.budget import VALUE_WORK, Budget, Damaged
from trail_diff.read.forms.job_reports import is_job_header, read_job_rows
from trail_diff.read.forms.rows import header_for, is_header
from trail_diff.read.gate import Gate
from trail_diff.read.interface import Found, FoundJob, FoundSlim, ReadOptions, Selection, Tally
from trail_diff.read.ledger import is_broken
from trail_diff.read.lenient import Doubtful, decode_value
from trail_diff.read.partial import PartialLines
from trail_diff.read.parts import Broken, Element, Line, Part, Rest, Value
from trail_diff.read.recognition import (
    contained,
    is_before_table,
    read_peek,
)
from trail_diff.read.repair.format_list import is_format_list
from trail_diff.read.repair.mail import is_base64, is_encoded_mail
from trail_diff.read.repair.yaml_text import ANSWER
from trail_diff.read.shapes import mentions_record
from trail_diff.read.slim import ENTRY, REFUSALS, Batch, Entry
from trail_diff.read.stream import Splitter

_BLANK_BYTES = 2
"""How long a line is at most that holds no row."""
_HISTORY = msgspec.json.Decoder(Entry)


def _has_own_form(line: str) -> bool:
    """Check whether the first line of a document shows a form that is undone as a whole before it is read."""
    return is_base64(line) or is_format_list(line)


class Envelope(Gate):
    """Reads the parts of one document. Where `is_slim`, records that are surely plain are given as SlimRecords."""

    def __init__(
        self, source: str, selection: Selection, tally: Tally, budget: Budget | None = None, *, is_slim: bool = False
    ) -> None:
        super().__init__(source, selection, tally, budget)
        self._is_slim = is_slim
        self._partial = PartialLines()

    def read(self, splitter: Splitter, *, is_begun: bool = False) -> Iterator[Found | FoundSlim]:
        """Yield every wanted record and every job description of a document, then what was skipped in it.

        Where it `is_begun`, what comes is the rest of a document, which is no table.
        """
        try:
            yield from self._read_parts(splitter, is_begun=is_begun)
        except Damaged as damage:
            self._ledger.note(damage.reason, at=splitter.position)
        self._tally.next_token |= self._has_next_page
        if splitter.damage is not None:
            self._ledger.note(splitter.damage)
        if splitter.is_recoded:
            self._ledger.note(Reason.REPAIRED_ENCODING)
        if splitter.is_blank and not self._ledger and not is_begun:
            self._ledger.note(Reason.EMPTY_FILE)
        yield from self._ledger.rows(self._source)

    def _read_parts(self, splitter: Splitter, *, is_begun: bool) -> Iterator[Found | FoundSlim]:
        is_first = not is_begun
        for part in splitter.parts(is_begun=is_begun):
            self._work()
            if is_first and isinstance(part, Line) and is_before_table(part.text):
                splitter.mark()
                continue
            if is_first and isinstance(part, Line) and is_header(part.text):
                yield from self._read_table(part.text, splitter)
            elif is_first and isinstance(part, Line) and (header := header_for(part.text)):
                yield from self.read_table(chain([header, part.text + "\n"], splitter.lines()))
                self._ledger.account()
            elif is_first and isinstance(part, Line) and ANSWER.match(part.text):
                yield from self._mend_segment(splitter, Reason.YAML_NOT_READ)
            elif is_first and isinstance(part, Line) and _has_own_form(part.text):
                yield from self._mend_segment(splitter)
            elif is_first and isinstance(part, Line) and is_job_header(part.text):
                yield from self._read_jobs(part.text, splitter)
            else:
                yield from self._read_part(part, splitter)
            if self._ledger.settle():
                splitter.mark()
            is_first = False
        yield from self._give_up_lines()

    def _read_part(self, part: Part, splitter: Splitter) -> Iterator[Found | FoundSlim]:
        if not isinstance(part, Value | Line | Broken):
            yield from self._give_up_lines()
        match part:
            case Batch():
                yield from self._pass_batch(part)
            case Element(raw, container):
                yield from self._read_element(raw, container)
            case Value(value, container, size):
                for one in self._partial.take(value):
                    yield from self.read_value(contained(one, container), size)
            case Line(text):
                yield from self._read_line(text, splitter)
            case Rest(fields, container):
                self._note_page(fields, container)
                for inner in fields.values():
                    yield from self._unwrap(inner, 1) if mentions_record(inner) else ()
            case Broken(reason):
                yield from self._mend_segment(splitter, reason)

    def _read_line(self, text: str, splitter: Splitter) -> Iterator[Found]:
        found = self._values(text)
        if is_broken(found) or is_encoded_mail(text):
            yield from self._mend_segment(splitter)
        else:
            yield from self._give_up_lines()
            yield from self._read_found(text, found, 0)

    def _give_up_lines(self) -> Iterator[Found]:
        for piece in self._partial.give_up():
            yield from self.read_value(piece, 0)

    def _mend_segment(self, splitter: Splitter, reason: Reason = Reason.TEXT_NOT_READ) -> Iterator[Found]:
        """Read text that is no JSON as it is as well as it can be, in one piece from the last mark on."""
        self._ledger.discard()
        self._partial.give_up()  # the segment has them
        segment = splitter.take_segment()
        is_cut = splitter.damage is not None and segment.is_last
        text = segment.data.decode("utf-8", "replace")
        yield from self._mend(text, splitter.damage if is_cut and splitter.damage else reason, segment.at)
        if is_cut:
            splitter.damage = None

    def read_batch(self, batch: Batch) -> Iterator[Found | FoundSlim]:
        """Yield what a document that was read at once holds."""
        yield from self._pass_batch(batch)
        self._tally.next_token |= self._has_next_page
        yield from self._ledger.rows(self._source)

    def _pass_batch(self, batch: Batch) -> Iterator[Found | FoundSlim]:
        """Let many records through the gate at once."""
        records = batch.records
        self._ledger.account()
        self._work(VALUE_WORK * len(records))
        self._tally.count_all(records, batch.sources)
        self._tally.event_history += len(records) if batch.is_history else 0
        self._has_next_page = self._has_next_page if batch.has_next is None else batch.has_next
        wanted = self._pick(batch)
        if self._is_slim and all(records[place].is_structured() for place in wanted):
            whole = cache(batch.split)
            yield FoundSlim([records[place] for place in wanted], self._source, lambda one: whole()[wanted[one]])
        elif wanted:
            raws = batch.split()
            for place in wanted:
                yield from self._give_whole(raws[place])

    def _pick(self, batch: Batch) -> list[int]:
        if isinstance(self._selection, ReadOptions):
            return self._selection.pick(batch.records, batch.sources)
        return [place for place, record in enumerate(batch.records) if self._selection(record)]

    def _give_whole(self, raw: bytes | msgspec.Raw) -> Iterator[Found]:
        record = decode_value(raw)
        if isinstance(record, dict):
            yield from self._give(record, is_doubtful=isinstance(record, Doubtful))
        else:
            self._ledger.note(Reason.INVALID_JSON, size=self._size)

    def _read_element(self, raw: msgspec.Raw, container: str) -> Iterator[Found]:
        """Read one element of a split array without decoding more of it than needed."""
        if container == "Events":
            try:
                entry = _HISTORY.decode(raw)
            except REFUSALS:
                entry = None
            if entry is None or entry.is_torn() or bytes(raw).count(ENTRY) > 1:
                yield from self._read_slowly(raw, container)
                return
            self._tally.event_history += 1
            yield from self._read_raw(entry.event.encode("utf-8", "surrogatepass"))
            return
        yield from self._read_raw(raw, container)

    def _read_raw(self, raw: bytes | msgspec.Raw, container: str = "") -> Iterator[Found]:
        """Read an undecoded record; what is none is decoded and looked at."""
        peek = read_peek(raw)
        if peek is None:
            yield from self._read_slowly(raw, container)
            return
        self._ledger.account()
        self._tally.count(peek)
        if self._selection(peek):
            yield from self._give_whole(raw)

    def _read_slowly(self, raw: bytes | msgspec.Raw, container: str) -> Iterator[Found]:
        self._size = len(memoryview(raw))
        value = decode_value(raw)
        if isinstance(value, Reason):
            self._ledger.note(value, size=self._size)
        else:
            yield from self._unwrap(contained(value, container), 0)

    def _read_jobs(self, header: str, splitter: Splitter) -> Iterator[Found]:
        for row in read_job_rows(self._lines(header, splitter), self._source):
            match row:
                case Skipped():
                    self._ledger.add(row)
                case dict():
                    yield FoundJob(row, self._source)
        self._ledger.account()

    def _read_table(self, header: str, splitter: Splitter) -> Iterator[Found]:
        yield from self.read_table(self._lines(header, splitter))
        self._ledger.account()

    def _lines(self, header: str, splitter: Splitter) -> Iterator[str]:
        yield header + "\n"
        for line in splitter.lines():
            self._work(len(line) + (2 * VALUE_WORK if len(line) > _BLANK_BYTES else 0))
            yield line

    def _note_page(self, fields: dict[str, Any], container: str) -> None:
        if container == "Events":
            self._has_next_page = bool(fields.get("NextToken"))
        elif container == "events" and "searchedLogStreams" in fields:
            self._has_next_page = bool(fields.get("nextToken"))
