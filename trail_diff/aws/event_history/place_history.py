"""The event history of one account and Region: fetches what is missing of a plan, page by page, and keeps it.

LookupEvents gives the newest event first, 50 at a time, at most two requests a second. What lies after the oldest event
of a page (by a second, since the next page may have more of the same second) is whole, and is kept as a slice; so an
interruption costs at most the pages since the last slice.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from trail_diff.aws.event_history.history_plan import (
    ASSUMED_IAM_RATE,
    BACKUP,
    FREQUENT_CHANGES,
    FREQUENT_LOOK_BACK,
    IAM,
    KMS,
    OF_ORGANIZATIONS,
    OF_ROLES,
    OF_VAULTS,
    ORGANIZATIONS,
    PAGE,
    PAGES_BY_NAME,
    RARE_CHANGES,
    is_cheaper_by_source,
    time_of,
)
from trail_diff.aws.event_history.pace import Pace
from trail_diff.aws.event_history.slices import Entry, Lane, Slices, Span, merge_spans, subtract
from trail_diff.errors import AwsError

PAGES_PER_SLICE = 20
"""A slice is put away at least this often: ten seconds of work."""

_STALE_TOKEN = "InvalidNextTokenException"  # noqa: S105 - an error code
"""What AWS says when a page's token is not accepted any more."""

Lookup = Callable[[dict[str, Any]], dict[str, Any]]
"""Makes one LookupEvents call."""

Meter = Callable[[tuple[str, str], int, float, int], None]
"""Takes note of a page: its account and Region, requests done and expected to be left there, and events on the page."""


class Errand(Struct, frozen=True):
    """What to bring from one account and Region: all KMS and AWS Backup events of `windows`, the changes of `changes`.

    `of_keys` says whether changes of keys and vaults are wanted from here, `of_roles` those of roles. `around` are the
    names of changes of resources, which are wanted from the first window to the last.
    """

    windows: tuple[Span, ...]
    changes: Span | None
    of_keys: bool = True
    of_roles: bool = False
    around: tuple[str, ...] = ()


class PlaceHistory:
    """Fetches for one account and Region. At most `budget` requests; after that it is `truncated`.

    `cut_short` has the changes of resources that are too many to fetch all, each with the second up to which (from the
    oldest on) they are missing.
    """

    def __init__(self, place: tuple[str, str], lookup: Lookup, slices: Slices, pace: Pace, budget: int) -> None:
        self.account, self.region = place
        self.truncated = False
        self.cut_short: dict[str, int] = {}
        self.requests = 0
        self._lookup = lookup
        self._slices = slices
        self._pace = pace
        self._left = budget
        self._open_questions = 0

    def fetch(self, errand: Errand, stop: threading.Event, meter: Meter) -> None:
        """Fetch what is missing of the errand; what is cheap comes first, so that a busy window cannot starve it.

        Raises:
            AwsError: a call failed; what was whole by then is kept.
        """
        run = _Run(stop, meter)
        self._open_questions = sum(1 for _ in self._questions(errand))
        windows = merge_spans(errand.windows)
        for span in windows:
            self._fetch_lane(self._lane("EventSource", BACKUP), span, run)
        reserve = sum(len(names) for _, names, _ in _named_changes(errand)) + len(errand.around)
        self._left -= reserve
        for index, span in enumerate(windows):
            share = self._left // (len(windows) - index)
            self._fetch_lane(self._lane("EventSource", KMS), span, run, limit=share)
        self._left += reserve
        self._fetch_changes(errand, run)

    def entries(self, errand: Errand) -> Iterator[Entry]:
        """Yield every event of the errand that was fetched, each once."""
        seen: set[str] = set()
        for lane, span in self._questions(errand):
            for entry in self._slices.entries(lane, span):
                if entry.event_id not in seen:
                    seen.add(entry.event_id)
                    yield entry

    def searched(self, errand: Errand) -> list[Span]:
        """Return the parts of the windows in which no KMS event is missing."""
        kms = self._lane("EventSource", KMS)
        return [
            part
            for window in merge_spans(errand.windows)
            for part in subtract(window, self._slices.missing(kms, window))
        ]

    def changes_searched(self, errand: Errand) -> Span | None:
        """Return the newest part of the errand's changes in which none is missing; None where there is none.

        Grants that are made and retired are left out of it, as they are asked for from near the windows only.
        """
        asked = [(source, names, span) for source, names, span in _named_changes(errand) if names != FREQUENT_CHANGES]
        if errand.changes is None or not asked:
            return None
        gaps = [
            gap for source, names, span in asked for gap in self._gaps(self._lane("EventSource", source), names, span)
        ]
        start = max([errand.changes.start, *(gap.end + 1 for gap in gaps)])
        return Span(start, errand.changes.end) if start <= errand.changes.end else None

    def cached_at(self, errand: Errand) -> int | None:
        """Return when the oldest part of the windows' KMS events was fetched by an earlier run; None without any."""
        kms = self._lane("EventSource", KMS)
        times = (self._slices.cached_at(kms, window) for window in errand.windows)
        return min((time for time in times if time is not None), default=None)

    def _questions(self, errand: Errand) -> Iterator[tuple[Lane, Span]]:
        for span in merge_spans(errand.windows):
            yield self._lane("EventSource", KMS), span
            yield self._lane("EventSource", BACKUP), span
        for source, names, span in _named_changes(errand):
            yield self._lane("EventSource", source), span
            for name in names:
                yield self._lane("EventName", name), span
        for name in errand.around:
            yield self._lane("EventName", name), _between(errand)

    def _fetch_changes(self, errand: Errand, run: "_Run") -> None:
        """Fetch the changes outside the windows, by source or by name, whichever is expected to cost less."""
        for source, names, span in _named_changes(errand):
            lane = self._lane("EventSource", source)
            gaps = self._gaps(lane, names, span)
            if is_cheaper_by_source(self._rate(lane, errand), gaps, names):
                for gap in gaps:
                    self._fetch_lane(lane, gap, run, limit=len(names), may_end=True)
                gaps = self._gaps(lane, names, span)
            for name in names if gaps else ():
                self._fetch_lane(self._lane("EventName", name), Span(gaps[0].start, gaps[-1].end), run)
        for name in errand.around:
            left = self._fetch_lane(
                self._lane("EventName", name), _between(errand), run, limit=PAGES_BY_NAME, may_end=True
            )
            if left and not run.stop.is_set():
                self.cut_short[name] = left[0].end

    def _gaps(self, source: Lane, names: Sequence[str], span: Span) -> list[Span]:
        """Return the parts of a span in which some of the names were not fetched, neither by name nor by source."""
        by_source = self._slices.missing(source, span)
        missing = [
            gap
            for part in by_source
            for name in names
            for gap in self._slices.missing(self._lane("EventName", name), part)
        ]
        return merge_spans(missing)

    def _rate(self, source: Lane, errand: Errand) -> float:
        """Return how many events a second a source has: as in the windows; without any, too many to ask by source."""
        windows = merge_spans(errand.windows)
        seconds = sum(span.end - span.start + 1 for span in windows)
        if source.value in (IAM, ORGANIZATIONS):
            return ASSUMED_IAM_RATE
        events = sum(1 for span in windows for _ in self._slices.entries(source, span))
        return events / seconds if seconds else float(PAGE)

    def _fetch_lane(
        self, lane: Lane, span: Span, run: "_Run", *, limit: int | None = None, may_end: bool = False
    ) -> list[Span]:
        """Fetch what is missing of a lane in a span, and return what still is: something only at a limit or a stop.

        `may_end` says that ending at the limit is no loss, since the rest is fetched in another way.
        """
        allowed = self._left if limit is None else min(limit, self._left)
        self._open_questions = max(0, self._open_questions - 1)
        for gap in self._slices.missing(lane, span):
            fetch = _GapFetch(lane, gap, self._slices)
            while not fetch.is_done and allowed > 0 and not run.stop.is_set():
                allowed, self._left, self.requests = allowed - 1, self._left - 1, self.requests + 1
                with self._pace.turn(run.stop):
                    events = fetch.step(self._lookup)
                left = fetch.expected_left + self._open_questions
                run.meter((self.account, self.region), self.requests, left, events)
            fetch.put_away()
            is_cut = not fetch.is_done and not run.stop.is_set() and not may_end
            self.truncated = self.truncated or is_cut
        return self._slices.missing(lane, span)

    def _lane(self, attribute: str, value: str) -> Lane:
        return Lane(self.account, self.region, attribute, value)


class _Run(Struct, frozen=True):
    """What a fetch is stopped by, and reports to."""

    stop: threading.Event
    meter: Meter


class _GapFetch:
    """Fetches one gap of a lane, the newest page first."""

    def __init__(self, lane: Lane, gap: Span, slices: Slices) -> None:
        self.is_done = False
        self._lane = lane
        self._gap = gap
        self._slices = slices
        self._token: str | None = None
        self._until = self._end = gap.end
        self._oldest = gap.end
        self._pages = 0
        self._waiting: list[Entry] = []
        self._seen: set[str] = set()

    @property
    def expected_left(self) -> float:
        """Return how many pages are expected to be left, if events are as dense in the rest of the gap."""
        if self.is_done or not self._pages:
            return 0
        covered = (self._gap.end - self._oldest + 1) / (self._gap.end - self._gap.start + 1)
        return self._pages * (1 - covered) / covered

    def step(self, lookup: Lookup) -> int:
        """Fetch a page, and return how many new events it has.

        A token that is not accepted any more is given up: from the oldest event seen it goes on with a new one.

        Raises:
            AwsError: the call failed; what was whole by then is kept.
        """
        try:
            answer = lookup(self._parameters())
        except AwsError as error:
            if error.code == _STALE_TOKEN and self._token is not None:
                self._token, self._until = None, self._oldest
                return 0
            self.put_away()
            raise
        before = len(self._waiting)
        for event in answer.get("Events", ()):
            self._take(event)
        self._pages += 1
        self._token = answer.get("NextToken")
        if self._token is None:
            self.is_done = True
            self._oldest = self._gap.start - 1
        new = len(self._waiting) - before
        if self._pages % PAGES_PER_SLICE == 0:
            self.put_away()
        return new

    def put_away(self) -> None:
        """Keep what is whole: everything later than the oldest second seen."""
        whole = Span(self._oldest + 1, self._end)
        if self._pages and whole.start <= whole.end:
            self._slices.add(self._lane, whole, [entry for entry in self._waiting if entry.second >= whole.start])
            self._waiting = [entry for entry in self._waiting if entry.second < whole.start]
            self._end = self._oldest

    def _parameters(self) -> dict[str, Any]:
        parameters: dict[str, Any] = {
            "LookupAttributes": [{"AttributeKey": self._lane.attribute, "AttributeValue": self._lane.value}],
            "StartTime": time_of(self._gap.start),
            "EndTime": time_of(self._until),
            "MaxResults": PAGE,
        }
        return {**parameters, "NextToken": self._token} if self._token else parameters

    def _take(self, event: dict[str, Any]) -> None:
        """Keep an event; one that lacks its record is kept without, so that it is counted as skipped."""
        moment, event_id, text = event.get("EventTime"), event.get("EventId"), event.get("CloudTrailEvent")
        second = int(moment.timestamp()) if isinstance(moment, datetime) else self._oldest
        self._oldest = min(self._oldest, second)
        named = event_id if isinstance(event_id, str) else f"{second}/{len(self._seen)}"
        if named not in self._seen:
            self._seen.add(named)
            self._waiting.append(Entry(second, named, text if isinstance(text, str) else ""))


def _between(errand: Errand) -> Span:
    """Return the span from the first window to the last."""
    return Span(min(window.start for window in errand.windows), max(window.end for window in errand.windows))


def _named_changes(errand: Errand) -> Iterator[tuple[str, tuple[str, ...], Span]]:
    """Yield the names of changes with the source that has them and the span that they are asked for in."""
    changes = errand.changes
    if changes is None:
        return
    if errand.of_roles:
        yield IAM, OF_ROLES, changes
        yield ORGANIZATIONS, OF_ORGANIZATIONS, changes
    if errand.of_keys:
        yield KMS, RARE_CHANGES, changes
        earliest = min((window.start for window in errand.windows), default=changes.start)
        first = max(changes.start, earliest - FREQUENT_LOOK_BACK)
        yield KMS, FREQUENT_CHANGES, Span(first, changes.end)
        yield BACKUP, OF_VAULTS, changes
