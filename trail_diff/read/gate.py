"""The gate that every record goes through, in whatever value of a document it is.

It counts each record in the tally and asks the selection. What is no record is counted by reason, once for each
document and reason.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from trail_diff.model.learnt import Record, Skipped
from trail_diff.model.reasons import Reason
from trail_diff.read.budget import Budget, Damaged
from trail_diff.read.deep import find_deep, tells_of_record
from trail_diff.read.forms.columns import record_from_columns, restore_record
from trail_diff.read.forms.dates import read_row_time
from trail_diff.read.forms.rows import read_rows, whole_record
from trail_diff.read.interface import Found, FoundJob, FoundRecord, Selection, Tally
from trail_diff.read.ledger import Ledger, mentions, size_as_json, size_of
from trail_diff.read.lenient import Between, Doubtful, read_values
from trail_diff.read.lenient import Broken as BrokenText
from trail_diff.read.recognition import (
    fuller_record,
    has_joined_name,
    holds_part_of_another,
    is_insight,
    is_ocsf,
    is_of_another,
    is_record,
    is_spoilt_record,
    peek_at,
)
from trail_diff.read.repair.elisions import is_mark
from trail_diff.read.repair.links import without_links
from trail_diff.read.shapes import Columns, HistoryEntry, Inside, JobDocument, Page, look_inside, mentions_record

DEPTH_LIMIT = 16
"""How many levels of lists, objects and texts may lie around a record: each wrapper (SQS, SNS …) takes up to four."""

_CUT = frozenset({Reason.TRUNCATED_JSON, Reason.TRUNCATED_ARCHIVE, Reason.NESTING_LIMIT, Reason.VALUE_TOO_LARGE})
"""Why text is broken in a way that is told even where nothing that is left of it mentions a call."""


class Gate:
    """Lets the records through that values hold, whatever wraps them.

    Where it `may_repair`, broken text is changed in the ways that are known until it can be read.
    """

    def __init__(
        self,
        source: str,
        selection: Selection,
        tally: Tally,
        budget: Budget | None = None,
        *,
        may_repair: bool = True,
    ) -> None:
        self._source, self._selection, self._tally, self._budget = source, selection, tally, budget
        self._may_repair = may_repair
        self._ledger = Ledger()
        self._size = 0
        self._has_next_page = False

    def read_value(self, value: Any, size: int) -> Iterator[Found]:
        """Yield what a value that was found in broken text holds."""
        self._size = size
        yield from self._unwrap(value, 0)

    def read_rows(self, rows: Iterator[Record | str | Skipped]) -> Iterator[Found]:
        """Yield the wanted records of a table whose rows were read elsewhere."""
        try:
            for row in rows:
                match row:
                    case Skipped():
                        yield row
                    case str():
                        yield from self._read_text(row, 1)
                    case dict():
                        yield from self._pass(row)
        except Damaged as damage:
            self._ledger.note(damage.reason)
        yield from self._ledger.rows(self._source)

    def read_table(self, lines: Iterator[str]) -> Iterator[Found]:
        """Yield the wanted records of a table, header first."""
        for row in read_rows(lines, self._source):
            match row:
                case Skipped():
                    self._ledger.add(row)
                case str():
                    yield from self._read_text(row, 1)
                case dict():
                    yield from self._pass(row)

    @property
    def ledger(self) -> Ledger:
        """Return what was not read so far, and why."""
        return self._ledger

    @property
    def has_next_page(self) -> bool:
        """Check whether the last listing that was read goes on."""
        return self._has_next_page

    def _mend(self, text: str, reason: Reason, at: int | None = None) -> Iterator[Found]:
        from trail_diff.read.repair.mend import Look, mend

        look = Look(self._source, self._selection, self._budget)
        found = mend(text, look, is_repaired=self._may_repair)
        if look.is_spent and not found.repairs:
            reason = Reason.WORK_LIMIT
        self._tally.add(found.tally)
        self._ledger.take(found.ledger)
        for repair in dict.fromkeys([*found.repairs, *[Reason.REPAIRED_ELISIONS] * found.is_elided]):
            self._ledger.note(repair, count=max(found.tally.records, 1))
        if reason is Reason.TRUNCATED_JSON and found.lost and not found.is_cut:
            reason = Reason.INVALID_JSON
        is_cut = reason in _CUT and not found.repairs
        is_told = reason is Reason.INVALID_JSON and not found.repairs and found.quoted_bytes
        if found.lost_bytes or not found.is_fruitful or is_cut or is_told:
            self._ledger.note(reason, size=found.lost_bytes or found.unread_bytes, at=at, count=max(found.lost, 1))
        elif reason is Reason.INVALID_JSON and not found.repairs:
            self._ledger.note(Reason.REPAIRED_PUNCTUATION)
        self._ledger.account()
        yield from found.items

    def _read_text(self, text: str, depth: int) -> Iterator[Found]:
        """Read text that holds JSON, as a whole or behind a prefix (a timestamp, a log group and stream)."""
        found = self._values(text)
        broken = next((one for one in found if isinstance(one, BrokenText)), None)
        if broken or any(isinstance(one, Between) and mentions(one.text) for one in found):
            yield from self._mend(text, broken.reason if broken else Reason.TEXT_NOT_READ)
        else:
            yield from self._read_found(text, found, depth)

    def _values(self, text: str) -> list[Any]:
        """Return the values of a text and what is between them; each is work of its own."""
        self._work(len(text))
        found = []
        for one in read_values(text):
            if not isinstance(one, Between):
                self._work()
            found.append(one)
        return found

    def _read_found(self, text: str, found: Sequence[Any], depth: int) -> Iterator[Found]:
        """Read the values of a text of which none is broken."""
        values = [one for one in found if not isinstance(one, Between)]
        self._size = size_of(text) if len(values) == len(found) == 1 else 0
        for value in values:
            yield from self._unwrap(value, depth + 1)
        if text.startswith("CWL CONTROL MESSAGE"):
            self._ledger.note(Reason.CONTROL_MESSAGE)
        elif text.startswith("RESOURCES\t") or (values and text.startswith("EVENTS\t")):
            return  # `--output text`, whose other columns only repeat what the record says
        elif is_mark(text):
            self._ledger.note(Reason.REPAIRED_ELISIONS)
        elif not values or any(isinstance(one, Between) and mentions(one.text) for one in found):
            is_telling = any(isinstance(one, Between) and mentions(one.text) for one in found)
            self._ledger.note(Reason.TEXT_NOT_READ if is_telling else Reason.NOT_CLOUDTRAIL, size=size_of(text))

    def _unwrap(self, value: Inside, depth: int) -> Iterator[Found]:  # noqa: C901 - one case for each thing inside
        self._work()
        match value:
            case _ if depth > DEPTH_LIMIT:
                self._ledger.note(Reason.NESTING_LIMIT, size=self._size)
            case Reason():
                self._ledger.note(value, size=self._size)
            case Page(has_next):
                self._has_next_page = has_next  # of pages one after another, the last one tells
            case JobDocument(document):
                self._ledger.account()
                yield FoundJob(document, self._source)
            case HistoryEntry(inner):
                self._tally.event_history += 1
                yield from self._unwrap(inner, depth + 1)
            case Columns(row):
                yield from self._read_columns(row)
            case dict():
                yield from self._read_object(value, depth)
            case list():
                for inner in value:
                    yield from self._unwrap(inner, depth + 1)
            case str():
                yield from self._read_text(value, depth)
            case _:  # a bare number, true or null
                self._ledger.note(Reason.NOT_CLOUDTRAIL, size=self._size)

    def _read_object(self, thing: dict[str, Any], depth: int) -> Iterator[Found]:  # noqa: C901 - one case for each kind
        if is_record(peek_at(thing)) and not (fuller := fuller_record(thing)):
            yield from self._pass(thing)
            return
        if is_record(peek_at(thing)):
            if is_of_another(thing, fuller):
                self._ledger.note(Reason.INVALID_RECORD, size=size_as_json(thing, self._size))
            yield from self._unwrap(fuller, depth + 1)
            return
        if is_insight(thing):
            self._ledger.note(Reason.INSIGHT_EVENT, size=self._size)
            return
        if is_spoilt_record(thing):
            plain = without_links(thing)
            if plain is not None and is_record(peek_at(plain)):
                self._ledger.note(Reason.REPAIRED_LINKS)
                yield from self._pass(plain)
            else:
                self._ledger.note(Reason.INVALID_RECORD, size=size_as_json(thing, self._size))
            return
        if is_ocsf(thing):
            from trail_diff.read.forms.ocsf import record_from_ocsf

            record = record_from_ocsf(thing)
            yield from self._pass(record) if record is not None else self._unwrap(Reason.NOT_CLOUDTRAIL, depth)
            return
        shape = look_inside(thing)
        inside = [*find_deep(thing)] if shape is None else shape
        if shape is None and not inside:
            is_telling = tells_of_record(thing)
            reason = Reason.TEXT_NOT_READ if is_telling else Reason.NOT_CLOUDTRAIL
            self._ledger.note(reason, size=size_as_json(thing, self._size) if is_telling else 0)
        if "readOnly" in thing and any(is_of_another(thing, inner) for inner in inside):
            self._ledger.note(Reason.INVALID_RECORD, size=size_as_json(thing, self._size))
        for inner in inside:
            yield from self._unwrap(inner, depth + 1)

    def _read_columns(self, row: dict[str, Any]) -> Iterator[Found]:
        if text := whole_record(row):
            yield from self._read_text(text, 1)
            return
        record = record_from_columns(row)
        if record is not None:
            yield from self._pass(record)
        elif texts := [cell for cell in row.values() if mentions_record(cell)]:
            yield from self._unwrap(texts, 1)
        else:
            self._ledger.note(Reason.UNREADABLE_ROW, size=self._size)

    def _pass(self, record: Record) -> Iterator[Found]:
        """Let one decoded record through the gate."""
        is_doubtful = isinstance(record, Doubtful)
        if not isinstance(record.get("eventTime", ""), str):
            record = {**record, "eventTime": read_row_time(record.get("eventTime"))}
        peek = peek_at(record)
        if not is_record(peek) or has_joined_name(record):
            self._ledger.note(Reason.INVALID_RECORD, size=self._size)
            return
        if holds_part_of_another(record):
            self._ledger.note(Reason.TEXT_NOT_READ, size=self._size)
        self._ledger.account()
        self._tally.count(peek)
        if self._selection(peek):
            yield from self._give(record, is_doubtful=is_doubtful)

    def _give(self, record: Record, *, is_doubtful: bool) -> Iterator[Found]:
        """Give a wanted record, unless it says something twice: then it is counted, and its facts are not known."""
        if is_doubtful:
            self._ledger.note(Reason.INVALID_RECORD, size=size_as_json(record, 0))
        else:
            yield FoundRecord(restore_record(record), self._source)

    def _work(self, size: int = 0) -> None:
        if self._budget is not None:
            self._budget.look(size)
