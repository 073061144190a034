"""CloudTrail's event history as a source: ninety days of every account and Region, KMS events always included.

Each account and Region is fetched in a thread of its own, since each has its own limit on requests. Records come out in
the order of the accounts and Regions, then in that of the questions, so that two runs are alike.
"""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from trail_diff.arns import global_region
from trail_diff.aws.client import Aws
from trail_diff.aws.event_history.history_plan import span_of, time_of
from trail_diff.aws.event_history.pace import Pace
from trail_diff.aws.event_history.place_history import Errand, Meter, PlaceHistory
from trail_diff.aws.event_history.slices import Entry, Slices
from trail_diff.errors import AwsCredentialsError, AwsError
from trail_diff.events.surroundings import changes_around
from trail_diff.model.learnt import Skipped, Window
from trail_diff.model.reasons import Reason
from trail_diff.read.interface import Found, FoundRecord, Progress, ReadOptions, Selection, Tally
from trail_diff.read.records import Peek

HISTORY_DAYS = 90

_SECONDS_FOR_TWO = 1.02
"""Two requests a second are allowed for an account and Region; this stays a little below."""

_JOIN_SECONDS = 5.0
_LEAST_HOURS_MINUTES = 120


class HistoryOptions(Struct, frozen=True):
    """How to fetch: where to keep slices (None: nowhere), how many requests per place at most, and how fast."""

    cache: Path | None = None
    max_requests: int = 600
    seconds_for_two: float = _SECONDS_FOR_TWO


class LookupEvents:
    """Event history as a Source; `note` is called with what could not be fetched, and what to do."""

    def __init__(
        self,
        accounts: Sequence[Aws],
        regions: Sequence[str],
        options: HistoryOptions,
        note: Callable[[str], None],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._accounts = accounts
        self._regions = tuple(regions)
        self._options = options
        self._clock = clock
        self._places: dict[tuple[str, str], PlaceHistory] = {}
        self._note = note
        self.requests = 0

    def read(
        self, query: ReadOptions, selection: Selection, tally: Tally, progress: Progress | None
    ) -> Iterator[Found]:
        """Bring the events of the windows and the changes from every account and Region.

        The first account and Region has to answer, or any where windows are `placed`; what fails elsewhere becomes a
        note, and its place is not covered.

        Raises:
            AwsError: a place that has to answer did not, or credentials have expired.
        """
        now = self._clock()
        work = self._plan(query, now)
        errors = _side_by_side(work, _Sums(progress, self._options.seconds_for_two / 2).page)
        self.requests = sum(place.requests for place in self._places.values())
        needed = next((error for error in errors if error is not None), None)
        if needed is not None and (errors[0] is not None if query.placed is None else all(errors)):
            raise needed
        self._report(work, errors, tally)
        tally.as_of = now.isoformat()
        for place, errand in work:
            source = f"lookup-events/{place.account}/{place.region}"
            for span in place.searched(errand) if place.region in self._regions_of(query) else ():
                bounds = (time_of(span.start).isoformat(), time_of(span.end).isoformat())
                tally.searched.add((place.region, place.account, *bounds))
            changes = place.changes_searched(errand) if place.region in self._regions_of(query) else None
            if changes is not None:
                tally.narrow_changes(time_of(changes.start).isoformat(), time_of(changes.end).isoformat())
            self._note_age(place, errand, tally, now)
            for entry in place.entries(errand):
                yield from _decode(entry, source, selection, tally)

    def _note_age(self, place: PlaceHistory, errand: Errand, tally: Tally, now: datetime) -> None:
        """Note how old the oldest of the windows' events is, if an earlier run fetched it."""
        second = place.cached_at(errand)
        if second is None:
            return
        at = time_of(second)
        tally.cached_at = min(tally.cached_at or at.isoformat(), at.isoformat())
        self._note(
            f"events of account {place.account}, {place.region} were kept from a fetch at {at:%Y-%m-%d %H:%M} UTC, "
            f"{_format_age(now - at)} ago; --no-cache fetches them again"
        )

    def _plan(self, query: ReadOptions, now: datetime) -> list[tuple[PlaceHistory, Errand]]:
        """Return what to bring from where: in the Regions of the query, and roles' changes where IAM's events are."""
        oldest = now - timedelta(days=HISTORY_DAYS) + timedelta(minutes=1)
        if any(window.start < oldest for window in query.windows):
            self._note(
                f"event history goes back {HISTORY_DAYS} days only; older events are in a trail's bucket or "
                "event data store (see --events)"
            )
        changes = span_of(query.changes, oldest, now) if query.changes else None
        regions = self._regions_of(query)
        home = global_region(regions[0])
        around = changes_around(query.services) if changes else ()
        work = []
        for aws in self._accounts:
            found = [(region, _windows_at(query, aws, region)) for region in regions]
            wanted = {region: windows for region, windows in found if windows is not None}
            for region, windows in wanted.items():
                spans = tuple(span for window in windows if (span := span_of(window, oldest, now)) is not None)
                named = around if spans else ()
                errand = Errand(spans, changes, of_roles=region == home, around=named)
                work.append((self._place(aws, region, now), errand))
            if changes is not None and wanted and home not in wanted:
                work.append((self._place(aws, home, now), Errand((), changes, of_keys=False, of_roles=True)))
        return work

    def _regions_of(self, query: ReadOptions) -> tuple[str, ...]:
        return query.regions or self._regions

    def _place(self, aws: Aws, region: str, now: datetime) -> PlaceHistory:
        name = (aws.account_id(), region)
        if name not in self._places:
            self._places[name] = PlaceHistory(
                name,
                lambda parameters: aws.call("cloudtrail", "lookup_events", parameters, region),
                Slices(self._options.cache, int(now.timestamp())),
                Pace(self._options.seconds_for_two),
                self._options.max_requests,
            )
        return self._places[name]

    def _report(
        self, work: Sequence[tuple[PlaceHistory, Errand]], errors: Sequence[AwsError | None], tally: Tally
    ) -> None:
        for (place, _), error in zip(work, errors, strict=True):
            where = f"account {place.account}, {place.region}"
            if isinstance(error, AwsCredentialsError):
                raise error
            if error is not None:
                self._note(f"events of {where} are missing: {error.message}; {error.hint}")
                tally.next_token = tally.next_token or place.requests > 1
            for name, second in place.cut_short.items():
                self._note(
                    f"calls of {name} in {where} are too many: those before {time_of(second):%Y-%m-%d %H:%M} UTC "
                    "were not looked at"
                )
            if place.truncated:
                tally.next_token = True
                self._note(
                    f"stopped after {self._options.max_requests} requests to event history in {where}: the events are "
                    "incomplete; allow more with --max-requests, shorten --pad, or query the trail itself "
                    "(--athena-table, or --events s3://…)"
                )


def _windows_at(query: ReadOptions, aws: Aws, region: str) -> tuple[Window, ...] | None:
    """Return the windows that are wanted of an account and Region; None where nothing is."""
    return query.windows if query.placed is None else query.placed.get((aws.account_id(), region))


def _format_age(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    if minutes < _LEAST_HOURS_MINUTES:
        return f"{minutes} minutes" if minutes > 1 else "a minute"
    return f"{age.days} days" if age.days > 1 else f"{minutes // 60} hours"


def _side_by_side(work: Sequence[tuple[PlaceHistory, Errand]], meter: Meter) -> list[AwsError | None]:
    """Run every errand in a thread of its own, and return each one's error; an interruption stops them all.

    Bugs in a thread are raised here. Threads are daemons, so that an answer that never comes cannot hold the end up.
    """
    outcomes: queue.SimpleQueue[tuple[int, BaseException | None]] = queue.SimpleQueue()
    stop = threading.Event()

    def run(index: int, place: PlaceHistory, errand: Errand) -> None:
        try:
            place.fetch(errand, stop, meter)
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            outcomes.put((index, error))
        else:
            outcomes.put((index, None))

    threads = [
        threading.Thread(target=run, args=(index, place, errand), daemon=True)
        for index, (place, errand) in enumerate(work)
    ]
    errors: list[AwsError | None] = [None] * len(work)
    try:
        for thread in threads:
            thread.start()
        for _ in threads:
            index, error = outcomes.get()
            if isinstance(error, AwsError):
                errors[index] = error
            elif error is not None:
                raise error
    finally:
        stop.set()
        for thread in threads:
            thread.join(_JOIN_SECONDS)
    return errors


class _Sums:
    """Adds up the pages of all places, and shows how far they are."""

    def __init__(self, progress: Progress | None, interval_seconds: float) -> None:
        self._progress = progress
        self._interval = interval_seconds
        self._lock = threading.Lock()
        self._places: dict[tuple[str, str], tuple[int, float]] = {}
        self._events = 0

    def page(self, place: tuple[str, str], done: int, left: float, events: int) -> None:
        """Take note of a page."""
        with self._lock:
            self._places[place] = (done, left)
            self._events += events
            if self._progress is not None:
                made = sum(done for done, _ in self._places.values())
                open_ = sum(left for _, left in self._places.values())
                longest = max(left for _, left in self._places.values())
                self._progress.search(made / (made + open_), longest * self._interval, self._events)


def _decode(entry: Entry, source: str, selection: Selection, tally: Tally) -> Iterator[Found]:
    try:
        record: Any = msgspec.json.decode(entry.text)
        peek = msgspec.convert(record, Peek)
    except (msgspec.DecodeError, msgspec.ValidationError):
        yield Skipped(source, Reason.INVALID_RECORD)
        return
    tally.count(peek)
    tally.event_history += 1
    if selection(peek):
        yield FoundRecord(record, source)
