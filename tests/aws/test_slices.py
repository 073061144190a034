"""Spans and slices: what is held, and what is missing of a span."""

import itertools
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from trail_diff.aws.event_history.slices import FINAL_AFTER, Entry, Lane, Slices, Span, merge_spans, subtract

LANE = Lane("111122223333", "eu-west-1", "EventSource", "kms.amazonaws.com")
SPANS = st.builds(lambda start, length: Span(start, start + length), st.integers(0, 60), st.integers(0, 15))


def seconds(spans: list[Span]) -> set[int]:
    """Return every second that spans hold."""
    return {second for span in spans for second in range(span.start, span.end + 1)}


@given(SPANS, st.lists(SPANS, max_size=6))
def test_what_is_missing_is_what_nothing_covers(span: Span, covered: list[Span]) -> None:
    """The missing parts hold exactly the seconds that no other span holds, each once, the newest first."""
    parts = subtract(span, covered)

    assert seconds(parts) == seconds([span]) - seconds(covered)
    assert sum(part.end - part.start + 1 for part in parts) == len(seconds(parts))
    assert parts == sorted(parts, reverse=True)


@given(st.lists(SPANS, max_size=6))
def test_merged_spans_hold_the_same_time(spans: list[Span]) -> None:
    """Merging keeps every second, and leaves no two spans that touch."""
    merged = merge_spans(spans)

    assert seconds(merged) == seconds(spans)
    assert all(one.end + 1 < other.start for one, other in itertools.pairwise(merged))


@given(st.lists(SPANS, max_size=6), SPANS)
def test_an_event_is_given_once_however_slices_overlap(spans: list[Span], wanted: Span) -> None:
    """Slices that overlap give each event of their time once."""
    slices = Slices(None, now=0)
    for span in spans:
        slices.add(LANE, span, [Entry(second, f"e{second}", "{}") for second in sorted(seconds([span]))])

    given_ids = [entry.event_id for entry in slices.entries(LANE, wanted)]

    assert sorted(given_ids) == sorted(f"e{second}" for second in seconds(spans) & seconds([wanted]))


def test_lanes_are_kept_apart(tmp_path: Path) -> None:
    """What is held for one question is not given for another, whatever its name holds."""
    odd = Lane("111122223333", "eu-west-1", "EventName", "../../x")
    Slices(tmp_path, now=100 + FINAL_AFTER).add(odd, Span(1, 50), [Entry(7, "a", "{}")])

    again = Slices(tmp_path, now=100 + FINAL_AFTER)

    assert [entry.event_id for entry in again.entries(odd, Span(0, 60))] == ["a"]
    assert again.missing(odd, Span(0, 60)) == [Span(51, 60), Span(0, 0)]
    assert list(again.entries(LANE, Span(0, 60))) == []
    assert all(tmp_path in path.parents for path in tmp_path.rglob("*"))


def test_cache_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    """Where nothing can be written, slices are held in memory."""
    (tmp_path / "file").write_text("in the way")
    slices = Slices(tmp_path / "file" / "cache", now=100 + FINAL_AFTER)

    slices.add(LANE, Span(1, 50), [Entry(7, "a", "{}")])

    assert [entry.event_id for entry in slices.entries(LANE, Span(0, 60))] == ["a"]
