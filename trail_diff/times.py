"""Reads every date form of job descriptors to aware UTC datetimes; what people type is read by `moments`."""

import re
from datetime import UTC, datetime
from functools import lru_cache

_CONSOLE_FORMS = (
    "%b %d, %Y %I:%M:%S %p",
    "%b %d, %Y, %I:%M:%S %p",
    "%b %d, %Y %H:%M:%S",
    "%B %d, %Y %I:%M:%S %p",
    "%B %d, %Y, %I:%M:%S %p",
    "%B %d, %Y %H:%M:%S",
    "%B %d, %Y, %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
)
"""Forms of consoles and of sheets saved again; a date such as 3/1/2026 means two days, so it is none."""

_CONSOLE_BEGINNING = re.compile(r"[A-Za-z]{3,9}\.? +\d|\d{4}/|\d{1,2}\.\d")
"""How all of these begin: trying each of them takes long."""
_LEAP_SECOND = re.compile(r"(?<=:[0-5]\d):60(?!\d)")
_MILLISECONDS_TEXT = re.compile(r"\\?/Date\((-?\d{1,15})\)\\?/")
_MILLISECONDS_FROM = 1e11
"""Epoch numbers from here on are milliseconds: as seconds they would be later than the year 5000."""
_MILLISECONDS_DIGITS = 13


def parse_time(value: object) -> datetime | None:
    """Read a time in any form job descriptors have; None for anything else.

    Forms: ISO 8601 (no offset means UTC), epoch seconds or milliseconds, `{"seconds", "nanos"}`,
    "Jan 10, 2019 1:45:24 PM" (UTC), and PowerShell's "/Date(1547108091000)/". A leap second is the second before it.
    """
    try:
        return _read(value)
    except (ValueError, OverflowError, OSError):
        return None


def _read(value: object) -> datetime | None:
    match value:
        case str():
            return _from_text(value.strip())
        case int() | float() if not isinstance(value, bool):
            return _from_epoch(float(value))
        case {"seconds": int() | float() as seconds, **rest} if not isinstance(seconds, bool):
            nanos = rest.get("nanos")
            return _from_epoch(seconds + (nanos / 1e9 if isinstance(nanos, int) else 0))
        case _:
            return None


def _from_epoch(number: float) -> datetime:
    return datetime.fromtimestamp(number / 1000 if abs(number) >= _MILLISECONDS_FROM else number, UTC)


def _from_text(text: str) -> datetime | None:
    if len(text) == _MILLISECONDS_DIGITS and text.isdecimal():  # Python would read a day and a time without separators
        return _from_epoch(int(text))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return _from_other_text(text)
    return moment if moment.tzinfo is UTC else (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


@lru_cache(1 << 12)
def _from_other_text(text: str) -> datetime | None:
    """Read what is no ISO 8601 time as Python understands it: lower case, leap seconds, and other forms."""
    if found := _MILLISECONDS_TEXT.fullmatch(text):
        return _from_epoch(int(found[1]) / 1000)
    iso = _LEAP_SECOND.sub(":59", text).upper()
    return _from_text(iso) if iso != text else _from_console_text(text)


def _from_console_text(text: str) -> datetime | None:
    for form in _CONSOLE_FORMS if _CONSOLE_BEGINNING.match(text) else ():
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return _from_epoch(float(text)) if re.fullmatch(r"\d{9,13}(\.\d+)?", text) else None
