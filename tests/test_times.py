"""Times in every form that descriptors and people write."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trail_diff.times import parse_time

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
        "1772366400000",
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


def test_milliseconds_that_look_like_a_day_are_milliseconds() -> None:
    """Thirteen digits are a count since the epoch, even where Python reads a day and a time in them."""
    assert parse_time("1712120100000") == datetime(2024, 4, 3, 4, 55, tzinfo=UTC)
