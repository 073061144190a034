"""How the windows of many jobs are read: from event history, which forgets nothing, or from an engine, which costs.

Both are asked again as more windows are found to matter, and return all that was read so far.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from msgspec import Struct, structs

from trail_diff.aws.event_history.history_plan import time_of
from trail_diff.aws.event_history.slices import Span, merge_spans, subtract
from trail_diff.gather.raw_case import Collected, collect_found
from trail_diff.model.learnt import Window
from trail_diff.read.interface import Progress, ReadOptions, Source, Tally


class Wanted(Struct, frozen=True):
    """A window, wanted of an account and Region; `service` is that of the resource, if known."""

    account: str
    region: str
    window: Window
    service: str = ""


class Reading(Protocol):
    """Reads what is wanted, and remembers what it has read."""

    def read(self, wanted: frozenset[Wanted], changes: Window | None) -> Collected:
        """Return the records of all that is wanted, and of all that was wanted before."""


class HistoryReading:
    """Event history: each account and Region is asked for its own windows; what was fetched is not fetched again."""

    def __init__(self, source: Source, selection: ReadOptions, progress: Progress | None) -> None:
        self._source, self._selection, self._progress = source, selection, progress

    def read(self, wanted: frozenset[Wanted], changes: Window | None) -> Collected:
        """Read all of it, of which only what is new takes requests."""
        placed: dict[tuple[str, str], list[Window]] = {}
        for one in wanted:
            placed.setdefault((one.account, one.region), []).append(one.window)
        query = ReadOptions(
            regions=_regions_of(wanted),
            windows=join_windows(one.window for one in wanted),
            changes=changes,
            services=join_services(one.service for one in wanted),
            placed={place: join_windows(windows) for place, windows in placed.items()},
        )
        tally = Tally()
        return collect_found(self._source.read(query, self._selection, tally, self._progress), tally)


class StoreReading:
    """An engine: one question for all windows; of those that come later, only for what was not asked."""

    def __init__(self, source: Source, selection: ReadOptions, progress: Progress | None) -> None:
        self._source, self._selection, self._progress = source, selection, progress
        self._regions: tuple[str, ...] = ()
        self._asked: list[Span] = []
        self._collected = Collected()

    def read(self, wanted: frozenset[Wanted], changes: Window | None) -> Collected:
        """Ask for what is new, and add it to the rest."""
        spans = merge_spans(_span(one.window) for one in wanted)
        for query in self._plan(spans, _regions_of(wanted), changes):
            self._add(query)
        self._asked = merge_spans([*self._asked, *spans])
        return self._collected

    def _plan(self, spans: Sequence[Span], regions: tuple[str, ...], changes: Window | None) -> Iterator[ReadOptions]:
        """Yield what is new: time in the Regions that were asked about, then all of it in Regions that were not."""
        later = [part for span in spans for part in subtract(span, self._asked)]
        if self._regions and later:
            earlier = _before(changes, self._asked[0], later)
            yield ReadOptions(self._regions, windows=_windows(later), changes=earlier)
        new = tuple(region for region in regions if region not in self._regions)
        self._regions = (*self._regions, *new)
        if new:
            yield ReadOptions(new, windows=_windows(spans), changes=changes)

    def _add(self, query: ReadOptions) -> None:
        tally, so_far = Tally(), self._collected
        found = collect_found(self._source.read(query, self._selection, tally, self._progress), tally)
        self._collected = structs.replace(
            so_far,
            records=(*so_far.records, *found.records),
            job_documents=(*so_far.job_documents, *found.job_documents),
            skipped=(*so_far.skipped, *found.skipped),
            tally=so_far.tally.merge(tally),
        )


def join_windows(windows: Iterable[Window]) -> tuple[Window, ...]:
    """Return the same time in as few windows of whole seconds as can be, the earliest first."""
    return _windows(merge_spans(map(_span, windows)))


def join_services(services: Iterable[str]) -> tuple[str, ...]:
    """Return the services, each once; none where one is not known."""
    named = tuple(sorted(set(services)))
    return named if all(named) else ()


def _before(changes: Window | None, asked: Span, later: Sequence[Span]) -> Window | None:
    """Return the changes before the first second asked for, where a window lies earlier still; None elsewhere."""
    if changes is None or min(later).start >= asked.start:
        return None
    until = time_of(asked.start - 1)
    return Window(min(changes.start, until), until)


def _span(window: Window) -> Span:
    return Span(math.floor(window.start.timestamp()), math.ceil(window.end.timestamp()))


def _windows(spans: Iterable[Span]) -> tuple[Window, ...]:
    return tuple(Window(time_of(span.start), time_of(span.end)) for span in sorted(spans))


def _regions_of(wanted: Iterable[Wanted]) -> tuple[str, ...]:
    return tuple(sorted({one.region for one in wanted}))
