"""Reads times as people write them (ages, days, nights, local times) to aware UTC datetimes. The clock is handed in."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from trail_diff.times import parse_time

_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_PART = r"(\d{1,9})\s*(s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?|d(?:ays?)?|w(?:eeks?)?)"
_PARTS = re.compile(_PART, re.IGNORECASE)
_DURATION = re.compile(rf"(?:PT(?=\d+[smh])|P(?=\d+[dw]))?{_PART}(?:(?: ?T| and)?\s*{_PART})*\Z", re.IGNORECASE)
_ISO_DAY = re.compile(r"\d{4}-?\d{2}-?\d{2}\Z")
_YEAR_FIRST = re.compile(
    r"(\d{4})(?:[/-](\d{1,2})[/-](\d{1,2})|年(\d{1,2})月(\d{1,2})日)(?:\s*T?\s*(\d{1,2}:\d{2}.*))?\Z"
)
_YEAR_LAST = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})(?!\d)")
_WRITTEN_DAYS = ("%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%d.%m.%Y")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NAMED = re.compile(
    r"(today|yesterday|last night|(last )?(mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?)"
    r"(?: (?:at )?(\d{1,2}):(\d{2}))?\Z",
    re.IGNORECASE,
)
_ZONED = re.compile(
    r"(.*(?:[\d.]|\b[ap]m))\s*\(?([A-Za-z][A-Za-z0-9_+:/-]*)\)?\Z|(.*\d)\s+([+-]\d{1,2}(?::?\d{2})?)\Z", re.IGNORECASE
)
_MAIL_DATE = re.compile(r"[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d")
_JAPANESE = {"今日": "today", "昨日": "yesterday", "昨夜": "last night", "昨晩": "last night"} | {
    "日前": "d",
    "時間前": "h",
    "分前": "m",
}
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?\Z", re.IGNORECASE)
_OFFSET_AT_END = re.compile(r":\d{2}[+-]\d{2}:?\d{2}\Z")
_EPOCH = re.compile(r"\d{9,}(?:\.\d+)?\Z|\\?/Date\(")
_ABBREVIATIONS = {
    "Z": 0,
    "UTC": 0,
    "GMT": 0,
    "JST": 9,
    "KST": 9,
    "SGT": 8,
    "AEST": 10,
    "AEDT": 11,
    "CET": 1,
    "CEST": 2,
    "EST": -5,
    "EDT": -4,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
}
"""Hours from UTC of abbreviations that mean one zone; CST, IST and BST mean several, so they are none."""


def parse_moment(text: str, now: datetime, zone: tzinfo = UTC, *, is_end: bool = False) -> datetime | None:
    """Read a time: whatever `parse_time` reads, "now", an age, a day, "yesterday 18:00" or "last night".

    An age is "2h ago", "2h" or "-2h". A day is "today", "yesterday", 2026-03-02 or 2026/03/02: its first moment, or its
    last one where the time is the end of a span. A day of the week is the latest one, "last" one before today. "last
    night" is from 18:00 to 06:00. A time may end in its zone: an
    offset, UTC, JST or Asia/Tokyo; without one it is of `zone`. A date whose day and month could be exchanged is none.
    The Date of a mail is read as well, and the words and ages in Japanese.
    """
    plain = " ".join(text.split())
    for word, meant in _JAPANESE.items():
        plain = plain.replace(word, meant)
    if plain.lower() == "now":
        return now
    try:
        age = parse_duration(plain.lower().removeprefix("-").removesuffix("ago"))
        if age is not None:
            return now - age
        if _MAIL_DATE.match(plain):
            return parsedate_to_datetime(plain).astimezone(UTC)
        written, zone = take_zone(plain, zone)
        return _from_words(written, now.astimezone(zone), is_end=is_end) or _from_date(written, zone, is_end=is_end)
    except (ValueError, OverflowError, OSError):
        return None


def parse_duration(text: str) -> timedelta | None:
    """Read a duration such as "90s", "15m", "3 days" or "1h30m"; None if it is none.

    Its units go from the largest to the smallest, each once.
    """
    found = _PARTS.findall(text) if _DURATION.match(text.strip()) else []
    units = [_UNIT_SECONDS[unit[0].lower()] for _, unit in found]
    if not units or units != sorted(set(units), reverse=True):
        return None
    try:
        return timedelta(seconds=sum(int(count) * unit for (count, _), unit in zip(found, units, strict=True)))
    except OverflowError:
        return None


def possible_days(text: str) -> tuple[str, ...]:
    """Return the days, as ISO 8601 has them, that a date with its year last may mean; none if it is no such date."""
    found = _YEAR_LAST.match(text.strip())
    if not found:
        return ()
    one, other, year = found.groups()
    days = (f"{year}-{int(month):02}-{int(day):02}" for day, month in ((one, other), (other, one)))
    return tuple(dict.fromkeys(day for day in days if parse_time(day)))


def local_zone(name: str | None) -> tzinfo:
    """Return the zone that TZ names, else that of the machine; one written by its rules (JST-9) has none of them."""
    name = (name or "").removeprefix(":")
    try:
        if name and not name.startswith("/"):
            return ZoneInfo(name)
        with Path(name or "/etc/localtime").open("rb") as rules:
            return ZoneInfo.from_file(rules)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return datetime.now().astimezone().tzinfo or UTC


def take_zone(text: str, zone: tzinfo) -> tuple[str, tzinfo]:
    """Return a text without the zone that it ends in, and that zone."""
    found = _ZONED.match(text)
    named = _find_zone(found[2] or found[4]) if found else None
    return ((found[1] or found[3]).strip(), named) if found and named else (text, zone)


def _find_zone(name: str) -> tzinfo | None:
    hours = _ABBREVIATIONS.get(name.upper())
    if hours is not None:
        return timezone(timedelta(hours=hours))
    if found := _OFFSET.match(name):
        offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        return timezone(-offset if found[1] == "-" else offset)
    with suppress(ValueError, OSError, ZoneInfoNotFoundError):
        return ZoneInfo(name) if "/" in name else None
    return None


def _from_words(text: str, now: datetime, *, is_end: bool) -> datetime | None:
    """Read "today", "yesterday", "last night" or a day of the week, as seen from a local time."""
    found = _NAMED.match(text)
    if not found:
        return None
    name = found[1].lower()
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    day = today - timedelta(days=_days_since(name, today))
    if found[4]:
        return day.replace(hour=int(found[4]), minute=int(found[5])).astimezone(UTC)
    if name == "last night":
        return (today.replace(hour=6) if is_end else day.replace(hour=18)).astimezone(UTC)
    return _day(day, is_end=is_end)


def _days_since(name: str, today: datetime) -> int:
    """Return how many days ago a named day was."""
    if name in ("today", "yesterday", "last night"):
        return int(name != "today")
    days = (today.weekday() - _WEEKDAYS.index(name.removeprefix("last ")[:3])) % 7
    return days or 7 * name.startswith("last ")


def _from_date(text: str, zone: tzinfo, *, is_end: bool) -> datetime | None:
    """Read a date, with or without a time of the day."""
    if found := _YEAR_FIRST.match(text):
        year, month, day, time = found[1], found[2] or found[4], found[3] or found[5], found[6]
        text = f"{year}-{int(month):02}-{int(day):02}" + (f"T{time:0>{len(time) + (time[1] == ':')}}" if time else "")
    if _ISO_DAY.match(text):
        return _day(datetime.fromisoformat(text).replace(tzinfo=zone), is_end=is_end)
    for form in _WRITTEN_DAYS:
        with suppress(ValueError):
            return _day(datetime.strptime(text, form).replace(tzinfo=zone), is_end=is_end)
    moment = parse_time(text)
    if moment is None or _has_zone(text):
        return moment
    return moment.replace(tzinfo=zone, fold=int(is_end)).astimezone(UTC)


def _has_zone(text: str) -> bool:
    """Check whether a time says by itself which moment it is: as a count since the epoch, or with an offset."""
    if _EPOCH.match(text):
        return True
    with suppress(ValueError):
        return datetime.fromisoformat(text.upper()).tzinfo is not None
    return _OFFSET_AT_END.search(text) is not None


def _day(midnight: datetime, *, is_end: bool) -> datetime:
    """Return the first moment of a local day, or the last; one on which clocks change has no 24 hours."""
    if is_end:
        return (midnight + timedelta(days=1)).astimezone(UTC) - timedelta(microseconds=1)
    return midnight.astimezone(UTC)
