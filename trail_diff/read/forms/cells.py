"""The cells of a table as text: which character parts them, the names in the header, and the rows that are whole."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from trail_diff.model.reasons import Reason

CELL_LIMIT_CHARACTERS = 16 << 20
"""How long one cell may be; a whole record is below 1 MiB."""
_RULED = re.compile(r"[-+|=]{3,}|\([0-9]{1,9} rows?\)")
"""The line under a header, and the count under the rows."""


def delimiter_of(header: str) -> str:
    """Return the comma, tab, semicolon or bar that stands most often in a header."""
    return max((",", "\t", ";", "|"), key=header.count)


def split_header(line: str) -> list[str]:
    """Return the names in a header; none for a line that is no header, as one with a carriage return in it."""
    try:
        return next(csv.reader([line.strip("\r\n").lstrip("\ufeff")], delimiter=delimiter_of(line)), [])
    except csv.Error:
        return []


def read_cells(lines: Iterable[str], delimiter: str, counts: Counter[Reason], columns: int = 0) -> Iterator[list[str]]:
    """Yield the rows that are not empty; those that cannot be read are counted.

    Rows are read strictly, so that a cell cut in its middle at the end of a file is counted instead of taken for whole.
    So is a last row that has no line end and fewer cells than there are `columns`.
    """
    csv.field_size_limit(CELL_LIMIT_CHARACTERS)
    last = [""]
    reader = csv.reader(_noted(lines, last), delimiter=delimiter, strict=True)
    while True:
        try:
            row = next(reader, None)
        except csv.Error:
            counts[Reason.UNREADABLE_ROW] += 1
            continue
        if row is None:
            return
        if any(row) and len(row) < columns and not last[0].endswith(("\n", "\r")):
            counts[Reason.UNREADABLE_ROW] += 1
        elif any(row):
            yield row


def _noted(lines: Iterable[str], last: list[str]) -> Iterator[str]:
    """Yield lines without zero bytes, nor what `psql` draws around rows, and note which was the last."""
    for line in lines:
        if not _RULED.fullmatch(line.strip()):
            last[0] = line
            yield line.replace("\0", "")
