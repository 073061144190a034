"""Where and when records were, as their counts tell."""

from datetime import UTC, datetime, timedelta

import pytest

from trail_diff.model.learnt import Window
from trail_diff.read.interface import Tally

HOUR = datetime(2026, 3, 1, 18, tzinfo=UTC)


def make_tally() -> Tally:
    """Return the counts of records of two Regions, and of one that names none."""
    tally = Tally()
    tally.hours = {
        ("eu-west-1", "111122223333", "2026-03-01T18"): 9,
        ("us-east-1", "444455556666", "2026-03-01T20"): 1,
        ("", "", "2026-03-01T23"): 1,
        ("eu west", "1.1E+11", "not-a-time"): 1,
    }
    tally.searched = {("eu-north-1", "123456789012", "2026-03-01T00:00:00Z", "2026-03-01T01:00:00Z")}
    return tally


@pytest.mark.parametrize(
    ("region", "account", "start", "end", "expected"),
    [
        ("eu-west-1", None, 0, 0, True),
        ("eu-west-1", None, 59, 59, True),
        ("eu-west-1", None, 60, 119, False),
        ("eu-west-1", None, -60, -1, False),
        ("eu-west-1", None, -60, 0, True),
        ("us-east-1", None, 0, 119, False),
        (None, None, 130, 130, True),
        ("us-east-1", "111122223333", 130, 130, False),
        ("us-east-1", "444455556666", 130, 130, True),
        ("us-east-1", "111122223333", 310, 310, True),
    ],
)
def test_an_hour_has_records(region: str | None, account: str | None, start: int, end: int, *, expected: bool) -> None:
    """An hour counts where it overlaps a span; a record that names no Region or account may be of any."""
    span = HOUR + timedelta(minutes=start), HOUR + timedelta(minutes=end)

    assert make_tally().places().has_records(region, account, *span) is expected


def test_what_is_counted_later_is_known() -> None:
    """Where records were is told anew when more of them were counted, or the counts were replaced."""
    tally = make_tally()
    assert tally.regions() == {"eu-west-1", "us-east-1", "eu-north-1"}
    assert tally.accounts() == {"111122223333", "444455556666", "123456789012"}

    tally.hours["eu-south-1", "111122223333", "2026-03-01T18"] = 1
    assert "eu-south-1" in tally.regions()
    tally.hours = {("sa-east-1", "", "2026-03-01T18"): 1}
    assert tally.regions() == {"sa-east-1", "eu-north-1"}


def test_hours_with_records_make_spans_without_a_gap() -> None:
    """One hour without a record breaks no span, two do; records of other places fill no gap."""
    tally = Tally()
    hours = ("2026-03-01T18", "2026-03-01T19", "2026-03-01T21", "2026-03-02T00")
    tally.hours = {("eu-west-1", "111122223333", hour): 1 for hour in hours}
    tally.hours["us-east-1", "111122223333", "2026-03-01T22"] = 1

    spans = tally.places().unbroken("eu-west-1", "111122223333")

    at = [HOUR + timedelta(hours=hour) for hour in (0, 4, 6, 7)]
    assert spans == (Window(at[0], at[1]), Window(at[2], at[3]))
