"""Times as people write them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trail_diff.moments import local_zone, parse_duration, parse_moment, possible_days

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TOKYO, NEW_YORK = ZoneInfo("Asia/Tokyo"), ZoneInfo("America/New_York")


def utc(text: str) -> datetime:
    """Return a moment of UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("now", "2026-03-02T12:00"),
        ("24h", "2026-03-01T12:00"),
        ("2h ago", "2026-03-02T10:00"),
        ("90 minutes ago", "2026-03-02T10:30"),
        ("today", "2026-03-02T00:00"),
        ("Yesterday", "2026-03-01T00:00"),
        ("yesterday 18:30", "2026-03-01T18:30"),
        ("last  night", "2026-03-01T18:00"),
        ("2026-03-01", "2026-03-01T00:00"),
        ("2026/03/01", "2026-03-01T00:00"),
        ("2026/3/1 9:05", "2026-03-01T09:05"),
        ("2026年3月1日", "2026-03-01T00:00"),
        ("2026年3月1日 18:00", "2026-03-01T18:00"),
        ("Mar 1, 2026", "2026-03-01T00:00"),
        ("1 March 2026", "2026-03-01T00:00"),
        ("2026-03-01 18:00", "2026-03-01T18:00"),
        ("2026-03-01 18:00 JST", "2026-03-01T09:00"),
        ("2026-03-01T18:00:00+09:00", "2026-03-01T09:00"),
        ("2026-03-01 18:00 +9", "2026-03-01T09:00"),
        ("2026-03-01 18:00 UTC+9", "2026-03-01T09:00"),
        ("2026/03/01 18:00 Asia/Tokyo", "2026-03-01T09:00"),
        ("2026-03-01 JST", "2026-02-28T15:00"),
        ("2026-03-01T18:00:00Z", "2026-03-01T18:00"),
        ("1772366400", "2026-03-01T12:00"),
        ("Mar 1, 2026 12:00:00 PM", "2026-03-01T12:00"),
        ("-24h", "2026-03-01T12:00"),
        ("PT2H", "2026-03-02T10:00"),
        ("P1D", "2026-03-01T12:00"),
        ("1h30m", "2026-03-02T10:30"),
        ("1 day and 12 hours ago", "2026-03-01T00:00"),
        ("P1DT12H", "2026-03-01T00:00"),
        ("Monday", "2026-03-02T00:00"),
        ("last Monday", "2026-02-23T00:00"),
        ("tue", "2026-02-24T00:00"),
        ("last Sunday at 18:30", "2026-03-01T18:30"),
        ("2026-3-1", "2026-03-01T00:00"),
        ("昨日", "2026-03-01T00:00"),
        ("昨晩", "2026-03-01T18:00"),
        ("2日前", "2026-02-28T12:00"),
        ("Mon, 02 Mar 2026 18:05:00 +0900", "2026-03-02T09:05"),
        ("March 02, 2026, 18:05:00 (UTC+09:00)", "2026-03-02T09:05"),
        ("Mar 2, 2026, 6:05:00 PM (UTC+01:00)", "2026-03-02T17:05"),
    ],
)
def test_what_people_write_is_read(text: str, moment: str) -> None:
    """Ages, days, nights, and times with or without a zone are read; a day begins at midnight, a night at 18:00."""
    assert parse_moment(text, NOON) == utc(moment)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01", "2026-03-01T14:59:59.999999"),
        ("yesterday", "2026-03-01T14:59:59.999999"),
        ("last night", "2026-03-01T21:00"),
        ("2026-03-01 18:00", "2026-03-01T09:00"),
        ("2026-03-01T18:00Z", "2026-03-01T18:00"),
        ("2026-12-31T23:59:60+00:00", "2026-12-31T23:59:59"),
        ("1772366400", "2026-03-01T12:00"),
        ("1h", "2026-03-02T11:00"),
    ],
)
def test_end_of_a_span_is_the_end_of_its_day_where_the_person_is(text: str, moment: str) -> None:
    """A day as the end of a span is its last moment; times without a zone are local, others stay as they are."""
    assert parse_moment(text, NOON, TOKYO, is_end=True) == utc(moment)


def test_day_on_which_clocks_change_has_its_own_length() -> None:
    """A local day is 23 or 25 hours long where clocks change; an hour that comes twice is as wide as it can be."""
    start, end = (parse_moment("2026-11-01", NOON, NEW_YORK, is_end=is_end) for is_end in (False, True))
    twice = [parse_moment("2026-11-01 01:30", NOON, NEW_YORK, is_end=is_end) for is_end in (False, True)]

    assert start is not None
    assert end == start + timedelta(hours=25) - timedelta(microseconds=1)
    assert twice == [utc("2026-11-01T05:30"), utc("2026-11-01T06:30")]


@pytest.mark.parametrize(
    "text",
    [
        "soon",
        "03/02/2026",
        "2026-03-01 18:00 CST",
        "2026-03-01 18:00 Asia/Tokio",
        "3 months",
        "99999999d ago",
        "30m1h",
        "1d5d",
        "",
    ],
)
def test_what_means_several_moments_or_none_is_none(text: str) -> None:
    """Nothing is guessed: neither which number is the month, nor which zone an abbreviation means, nor a unit."""
    assert parse_moment(text, NOON) is None


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("03/02/2026", ("2026-02-03", "2026-03-02")),
        ("3-2-2026 18:00", ("2026-02-03", "2026-03-02")),
        ("25/12/2026", ("2026-12-25",)),
        ("2026/03/02", ()),
        ("99/99/2026", ()),
    ],
)
def test_date_with_its_year_last_is_written_anew(text: str, days: tuple[str, ...]) -> None:
    """Of a date that ends in its year, the days that it may mean are told as they are to be written."""
    assert possible_days(text) == days


@pytest.mark.parametrize("name", ["Asia/Tokyo", ":Asia/Tokyo"])
def test_zone_is_the_one_that_tz_names(name: str) -> None:
    """TZ names a zone of the tz database, with or without a colon."""
    assert local_zone(name) == TOKYO


@pytest.mark.parametrize("name", ["JST-9", "../x", "/nonexistent", "", None])
def test_other_zone_is_what_the_machine_has(name: str | None) -> None:
    """Without a zone of that name, the machine's own is taken."""
    assert datetime(2026, 3, 1, tzinfo=local_zone(name)).utcoffset() is not None


@given(st.text())
def test_any_text_is_a_moment_of_utc_or_none(text: str) -> None:
    """No text crashes the reader, and what it gives is aware."""
    moment = parse_moment(text, NOON, TOKYO)

    assert moment is None or moment.utcoffset() == timedelta(0)


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("15m", 900), ("2h", 7200), ("3 days", 259200)])
def test_durations_are_read(text: str, seconds: int) -> None:
    """A duration is a number and a unit."""
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "15", "m", "-5m", "999999999w", "3 months"])
def test_other_text_is_no_duration(text: str) -> None:
    """Text that is no duration, or too long a one, gives none."""
    assert parse_duration(text) is None
