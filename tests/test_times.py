"""Times in every form that descriptors and people write."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trail_diff.times import parse_duration, parse_moment, parse_time

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-01T12:00:00Z",
        "2026-03-01T12:00:00.000Z",
        "2026-03-01T21:00:00+09:00",
        "2026-03-01 12:00:00",
        "Mar 1, 2026 12:00:00 PM",
        "March 1, 2026, 12:00:00",
        "2026/03/01 12:00:00",
        "01.03.2026 12:00",
        1772366400,
        1772366400.0,
        1772366400000,
        "1772366400",
        "2026-03-01t12:00:00z",
        "/Date(1772366400000)/",
        {"seconds": 1772366400},
        {"seconds": 1772366400, "nanos": None},
        {"seconds": 1772366400, "nanos": 0},
    ],
)
def test_every_form_is_read(value: Any) -> None:
    """All forms of one moment give the same aware UTC time."""
    assert parse_time(value) == NOON


def test_leap_second_is_the_one_before_it() -> None:
    """A clock may tell the sixtieth second, for which a datetime has no place."""
    assert parse_time("2026-12-31T23:59:60Z") == datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)


def test_true_is_no_second() -> None:
    """A flag where the seconds should be is no time."""
    assert parse_time({"seconds": True}) is None


def test_date_that_means_two_days_is_none() -> None:
    """A sheet saved again may write the day or the month first; neither is guessed."""
    assert parse_time("3/1/2026 12:00") is None


@given(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.dictionaries(st.text(), st.text()))
)
@settings(deadline=None)
def test_anything_else_gives_a_time_or_none(value: Any) -> None:
    """No value crashes the reader, and what it gives is aware."""
    moment = parse_time(value)

    assert moment is None or moment.tzinfo is UTC


def test_ages_count_back_from_now() -> None:
    """An age is taken from the clock that is handed in."""
    assert parse_moment("2h ago", NOON) == NOON - timedelta(hours=2)
    assert parse_moment("now", NOON) == NOON
    assert parse_moment("soon", NOON) is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("24h", "2026-02-28T12:00"),
        ("Yesterday", "2026-02-28T00:00"),
        ("today", "2026-03-01T00:00"),
        ("last  night", "2026-02-28T18:00"),
        ("2026-03-01", "2026-03-01T00:00"),
    ],
)
def test_days_and_nights_have_names(text: str, moment: str) -> None:
    """A night begins at 18:00 UTC of the day before, a day at midnight; an age needs no "ago"."""
    assert parse_moment(text, NOON) == datetime.fromisoformat(moment).replace(tzinfo=UTC)


def test_age_beyond_all_time_is_none() -> None:
    """An age that no calendar reaches back to is no time."""
    assert parse_moment("99999999d ago", NOON) is None


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("15m", 900), ("2h", 7200), ("3 days", 259200)])
def test_durations_are_read(text: str, seconds: int) -> None:
    """A duration is a number and a unit."""
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "15", "m", "-5m", "999999999w"])
def test_other_text_is_no_duration(text: str) -> None:
    """Text that is no duration, or too long a one, gives none."""
    assert parse_duration(text) is None
