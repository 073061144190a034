"""Times of rows; dates such as 3/1/2026, of which all of a column tells which number is the day.

A column in which one number goes beyond twelve has its day there. Where none does, no date is guessed.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from msgspec import Struct

from trail_diff.times import parse_time

Order = Literal["day-first", "month-first"]
_DATE = re.compile(
    r"\s*(?P<first>\d{1,2})(?P<mark>[/.-])(?P<second>\d{1,2})[/.-](?P<year>\d{4}|\d{2}),?[ T]+"
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<seconds>\d{2})(?:[.,]\d{1,9})?)?\s?(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?:UTC|Z)?\s*\Z"
)
_FORMS = (
    "%d-%b-%Y %H:%M:%S",
    "%b %d, %Y @ %H:%M:%S",
    "%a, %d %b %Y %H:%M:%S",
    "%d %b %Y %H:%M:%S",
    "%d %B %Y %H:%M:%S",
    "%a %b %d %H:%M:%S %Y",
    "%Y\u5e74%m\u6708%d\u65e5 %H:%M:%S",
    "%Y. %m. %d. %H:%M:%S",
)
"""Forms of databases, Kibana, mails, C and of sheets in Japanese and Korean; each can mean one time only."""
_SERIAL = re.compile(r"[3-6]\d{4}[.,]\d{1,17}\Z")
_FIRST_DAY = datetime(1899, 12, 30, tzinfo=UTC)
"""From when a spreadsheet counts days."""
_FIRST_YEAR = 2013
_YEAR_COMMA = re.compile(r"(?<= \d{4}),(?= )")
_OFFSET = re.compile(r"\s*\((?:UTC|GMT)([+-])(\d{1,2}):?(\d{2})\)\s*\Z")
_SAME_ALL_YEAR = frozenset({"GMT", "UTC", "JST", "KST", "SGT"})
"""Short names of zones that know no summer time."""
ROW_LIMIT = 1_000_000
"""How many rows are held until the order of their dates is known."""


class Settled(Struct, frozen=True):
    """A row with its time as ISO 8601; None where the order of day and month is not known."""

    row: list[str]
    is_changed: bool = False
    is_ambiguous: bool = False


def settle_dates(rows: Iterator[list[str]], column: int | None) -> Iterator[Settled]:
    """Yield every row with the time in a column made plain; rows from the first doubtful one on are held."""
    for row in rows:
        if column is None or column >= len(row) or not _DATE.match(row[column]):
            yield Settled(row)
            continue
        held = [row]
        for further in rows:
            held.append(further)
            if len(held) >= ROW_LIMIT:
                break
        order = tell_order([one[column] for one in held if column < len(one)])
        yield from (_settle(one, column, order) for one in held)


def read_written(text: str) -> datetime | None:
    """Read a time as databases and spreadsheets write it, in a form that can mean one time only; UTC, as all here."""
    if _SERIAL.match(text):
        moment = _FIRST_DAY + timedelta(days=float(text.replace(",", ".")))
        return (moment + timedelta(milliseconds=500)).replace(microsecond=0)
    plain = re.sub(r"\.\d{1,9}\Z", "", text.strip()) if text[:1].isalnum() else text
    for form in _FORMS:
        try:
            return datetime.strptime(plain, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def tell_order(texts: Sequence[str]) -> Order | None:
    """Return the order of day and month that all dates of a column have; None where it cannot be told."""
    found = [date for text in texts if (date := _DATE.match(text))]
    is_day_first = any(int(date["first"]) > 12 for date in found)
    is_month_first = any(int(date["second"]) > 12 for date in found)
    if is_day_first != is_month_first:
        return "day-first" if is_day_first else "month-first"
    is_dotted = bool(found) and all(date["mark"] == "." for date in found)
    return "day-first" if is_dotted and not is_day_first else None


def _settle(row: list[str], column: int, order: Order | None) -> Settled:
    found = _DATE.match(row[column]) if column < len(row) else None
    if found is None:
        return Settled(row)
    moment = _read(found, order) if order else None
    if moment is None:
        return Settled(row, is_ambiguous=True)
    return Settled([*row[:column], f"{moment:%Y-%m-%dT%H:%M:%SZ}", *row[column + 1 :]], is_changed=True)


def _read(found: re.Match[str], order: Order) -> datetime | None:
    first, second = int(found["first"]), int(found["second"])
    day, month = (first, second) if order == "day-first" else (second, first)
    year, hour = int(found["year"]), int(found["hour"])
    if found["half"]:
        hour = hour % 12 + (12 if found["half"][0] in "pP" else 0)
    try:
        return datetime(  # noqa: DTZ001 - written as UTC by the caller
            year + (2000 if year < 100 else 0), month, day, hour, int(found["minute"]), int(found["seconds"] or 0)
        )
    except ValueError:
        return None


def read_row_time(value: Any) -> str | None:
    """Read the time of a row; console exports may print local time with its offset, databases wrap it.

    A number is a time where it lies in the years that CloudTrail has been recording, since 2013.
    """
    value = value.get("$date") if isinstance(value, dict) and "$date" in value else value
    text, shift = value, timedelta()
    if isinstance(value, datetime):
        text = (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    if isinstance(value, str):
        text = value.strip().removesuffix(" UTC")
        if found := _OFFSET.search(text):
            shift = timedelta(hours=int(found[2]), minutes=int(found[3])) * (-1 if found[1] == "-" else 1)
            text = text[: found.start()]
        text = _YEAR_COMMA.sub("", text)
    moment = _read_text_time(text) if isinstance(text, str) else parse_time(text)
    if moment is None or (not isinstance(text, str) and moment.year < _FIRST_YEAR):
        return None
    try:
        return f"{moment - shift:%Y-%m-%dT%H:%M:%SZ}"
    except OverflowError:
        return None


def _read_text_time(text: str) -> datetime | None:
    """Read a time as text; one that ends in its zone only where that means one hour.

    A short name such as CET is written in summer as well, by whoever means CEST.
    """
    if moment := parse_time(text) or read_written(text):
        return moment
    from trail_diff.moments import take_zone

    written, zone = take_zone(text, UTC)
    name = text.removeprefix(written).strip()
    is_sure = bool(name) and (not name.isalpha() or name.upper() in _SAME_ALL_YEAR)
    moment = parse_time(written) or read_written(written) if is_sure else None
    if moment is None:
        return None
    early, late = (moment.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    return early.astimezone(UTC) if early.utcoffset() == late.utcoffset() else None
