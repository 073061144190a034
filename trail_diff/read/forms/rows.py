"""Tables: CSV exports of the console, Athena, CloudTrail Lake, Logs Insights and Splunk, and rows of query results."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import UNSET

from trail_diff.model.learnt import Record, Skipped
from trail_diff.model.reasons import Reason
from trail_diff.read.forms.cells import delimiter_of, read_cells, split_header
from trail_diff.read.forms.columns import STRUCTS, WHOLE_RECORD, ZONE, path_of, plain_name, record_from_columns
from trail_diff.read.forms.dates import Settled, settle_dates
from trail_diff.read.slim import is_id_of_other

Row = Record | str | Skipped
"""A record, the text of one, or what could not be read."""

_NEEDED = ({"eventname", "eventsource"}, {"event.action", "event.provider"})
"""Columns without which a table is none of CloudTrail events: AWS's own names, or Elastic's."""

_ROUNDED = re.compile(r"\s*\d[.,]?\d{0,12}E\+\d{1,2}\s*\Z", re.IGNORECASE)


def is_header(first_line: str) -> bool:
    """Check whether a line is the header of a table of CloudTrail records, in any of the known forms."""
    if not _may_be_header(first_line):
        return False
    names = {plain_name(name) for name in split_header(first_line)}
    return any(needed <= names for needed in _NEEDED) or (
        not first_line.lstrip().startswith(("{", "[")) and bool(names & set(WHOLE_RECORD)) and "{" not in first_line
    )


def header_for(first_line: str) -> str | None:
    """Return a header for a table that has none, by its first row; None for a line that is no row with a record."""
    if '"{""' not in first_line or "eventSource" not in first_line:
        return None
    names = ["record" if cell.startswith("{") else f"column{at}" for at, cell in enumerate(split_header(first_line))]
    return ",".join(names) if names.count("record") == 1 else None


def _may_be_header(line: str) -> bool:
    """Check whether the names that a header needs occur at all, which costs little and rules out most lines."""
    plain = line.lower().replace(" ", "").replace("_", "")
    is_known = any(all(name in plain for name in needed) for needed in _NEEDED)
    return is_known or ("{" not in plain and any(name in plain for name in WHOLE_RECORD))


def read_rows(lines: Iterable[str], source: str) -> Iterator[Row]:
    """Read a table, header first: a record for each row, or the text of a cell that holds a whole record."""
    given = iter(lines)
    header = next(given, "")
    names = split_header(header)
    rest = map(_as_cell, given) if len(names) == 1 else given
    counts: Counter[Reason] = Counter()
    holder = next((index for name in WHOLE_RECORD for index, own in enumerate(names) if plain_name(own) == name), None)
    told = next((index for index, name in enumerate(names) if plain_name(name) == "eventid"), None)
    time = next((index for index, name in enumerate(names) if path_of(name) == ["eventTime"]), None)
    accounts = [index for index, name in enumerate(names) if path_of(name)[-1].lower().endswith("accountid")]
    # A header that holds values ran into a row, of which a part is missing.
    sizes = [len(header) if any("{" in name.replace("{}", "") or ".amazonaws.com" in name for name in names) else 0]
    counts[Reason.UNREADABLE_ROW] += bool(sizes[0])
    structs = [index for index, name in enumerate(names) if len(path_of(name)) == 1 and path_of(name)[0] in STRUCTS]
    cells = read_cells(rest, delimiter_of(header), counts, len(names))
    for settled in settle_dates(cells, time if holder is None else None):
        row = settled.row
        if row == names:  # tables put together
            continue
        text = row[holder] if holder is not None and holder < len(row) else ""
        is_torn = "{" in text and told is not None and told < len(row) and is_id_of_other(row[told], text)
        if "{" in text and not is_torn:
            yield text
            continue
        counts[Reason.ACCOUNT_NUMBER_LOST] += _drop_rounded(row, accounts)
        # A row that runs on behind its last column is two rows in one: a record of both would be wrong.
        is_mixed = is_torn or any(row[len(names) :])
        record = Reason.UNREADABLE_ROW if is_mixed else _read_row(names, settled, time)
        if isinstance(record, Reason):
            counts[record] += 1
            sizes[0] += sum(map(len, row)) + len(row)
        else:
            counts[Reason.REPAIRED_DATES] += settled.is_changed
            counts[Reason.CELL_NOT_READ] += any(_is_cut(row, index, names, record) for index in structs)
            yield record
    for reason, count in counts.items():
        is_lost = reason in (Reason.TIME_AMBIGUOUS, Reason.UNREADABLE_ROW)
        if count:
            yield Skipped(source, reason, count, (is_lost and sizes[0]) or UNSET)


def _as_cell(line: str) -> str:
    """Return a line of a table of one column as its cell, where it is a record as `psql` prints it."""
    text = line.strip()
    return '"' + text.replace('"', '""') + '"\n' if text.startswith("{") and text.endswith("}") else line


def _read_row(names: Sequence[str], settled: Settled, time: int | None) -> Record | Reason:
    """Make a record of a row, whose time may be in the zone that its column is named by; a Reason says it is none."""
    columns = dict(zip(names, settled.row, strict=False))
    written = columns.get(names[time]) if time is not None else None
    if time is not None and written and (zone := ZONE.search(names[time])) and zone[1].upper() != "UTC":
        columns[names[time]] = f"{written} {zone[1]}"
    record = None if settled.is_ambiguous else record_from_columns(columns)
    if settled.is_ambiguous or (record is not None and record["eventTime"] is None and written):
        return Reason.TIME_AMBIGUOUS
    return Reason.UNREADABLE_ROW if record is None else record


def _is_cut(row: Sequence[str], index: int, names: Sequence[str], record: Record) -> bool:
    """Check whether a cell that should hold a struct begins as one and cannot be read."""
    is_struct = index < len(row) and row[index].lstrip().startswith(("{", "["))
    return is_struct and record.get(path_of(names[index])[0]) is None


def _drop_rounded(row: list[str], accounts: Sequence[int]) -> int:
    """Drop account numbers that a spreadsheet rounded, and tell how many; put back the zeros that others lost."""
    dropped = 0
    for index in accounts:
        if index >= len(row) or not row[index]:
            continue
        if _ROUNDED.match(row[index]):
            row[index], dropped = "", dropped + 1
        elif row[index].isdecimal():
            row[index] = row[index].zfill(12)
    return dropped


def count_unreadable(rows: Iterable[Row | None], source: str) -> Iterator[Row]:
    """Yield the rows that could be read, then how many could not, which are None."""
    unreadable = 0
    for row in rows:
        if row is None:
            unreadable += 1
        else:
            yield row
    if unreadable:
        yield Skipped(source, Reason.UNREADABLE_ROW, unreadable)


def whole_record(columns: Mapping[str, Any]) -> str | None:
    """Return the text of a column that holds a whole record, as CloudTrail Lake's eventJson does; None without one.

    A record whose id is not that of the row was made of two by damage, and is none.
    """
    cells = {plain_name(name): value for name, value in columns.items() if isinstance(name, str)}
    texts = (cells.get(name) for name in WHOLE_RECORD)
    found = next((text for text in texts if isinstance(text, str) and "{" in text), None)
    event_id = cells.get("eventid")
    is_torn = found is not None and isinstance(event_id, str) and is_id_of_other(event_id, found)
    return None if is_torn else found
