"""Which of many jobs the case of one can depend on: found by index, so that not every job is looked at for each."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

from trail_diff.arns import last_name
from trail_diff.case.baseline import differ
from trail_diff.case.builder import MOST_BASELINES
from trail_diff.case.correlate import has_concurrent_job
from trail_diff.case.expected import MOST_LENDERS
from trail_diff.events.jobs import has_issues, is_succeeded
from trail_diff.events.vaults import is_vault_key_used, resource_type_of
from trail_diff.model.learnt import Job, Window

_EARLIEST = datetime.min.replace(tzinfo=UTC)
_NEAREST_KEYED = 3
"""How many jobs with a key are looked at on either side of a job: one, and as many as may have its own id."""
_LAYERS = 2
"""How many of the jobs that ran at a time stand for all of one vault or role: a job itself can be one of them."""


class Neighbours:
    """Finds what `case` looks for among all jobs; what it gives keeps the order of the jobs.

    That is: jobs of the same id; those that can be a baseline or lend their calls, as many of the nearest as are looked
    at; those that ran in a window on the vault or by the role of a side, as far as they tell when any did; the nearest
    jobs of its vaults that have a key; and of each vault one, as names of vaults tell contexts apart.
    """

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._jobs = jobs
        self._ids: dict[str, list[int]] = {}
        self._comparable: dict[tuple[str, str], dict[_Class, _Row]] = {}
        self._lenders: dict[Hashable, _Row] = {}
        self._keyed: dict[str, _Row] = {}
        for place, job in enumerate(jobs):
            self._add(place, job)
        counts = Counter(job.id.casefold() for job in jobs)
        self._spans, self._open = _find_spans(jobs, counts), _find_open(jobs)
        self._vaults = {name: _Spans(own) for name, own in _by_vault(jobs).items()}
        self._of_name: dict[str, set[str]] = {}
        for vault in {job.vault for job in jobs} - {None}:
            self._of_name.setdefault(last_name(vault) or "", set()).add(vault or "")
        vaults = {(job.vault, job.source_vault): place for place, job in reversed(list(enumerate(jobs)))}
        self._of_each_vault = frozenset(vaults.values())

    def _add(self, place: int, job: Job) -> None:
        self._ids.setdefault(job.id.casefold(), []).append(place)
        if job.key and job.vault and is_vault_key_used(job):
            self._keyed.setdefault(job.vault, _Row()).add(place, job)
        if not is_succeeded(job) or has_issues(job):
            return
        self._lenders.setdefault(_lending(job), _Row()).add(place, job)
        for sign in _signs(job):
            rows = self._comparable.setdefault(sign, {})
            rows.setdefault(_class_of(job), _Row()).add(place, job)

    def alike(self, job: Job) -> tuple[Job, ...]:
        """Return the jobs of the same id, and the best of those that it can be compared with or that can lend calls."""
        return self._pick(self._places_alike(job))

    def around(self, job: Job, sides: Sequence[Job], windows: Sequence[Window]) -> tuple[Job, ...]:
        """Return all that the case of a job depends on, of which these are the sides and the windows."""
        places = set(self._of_each_vault) | self._places_alike(job) | self._at_the_same_time(job)
        for sign in {sign for side in (job, *sides) for sign in self._shared(side)}:
            places.update(self._open.get(sign, ()))
            if (spans := self._spans.get(sign)) is not None:
                places.update(place for window in windows for place in spans.inside(window))
        for side in (job, *sides):
            for vault in {side.vault, side.source_vault} - {None}:
                row = self._keyed.get(vault or "")
                places.update(row.nearest(side.created or side.completed, _NEAREST_KEYED) if row else ())
        return self._pick(places)

    def _shared(self, job: Job) -> Iterator[tuple[str, str]]:
        """Yield by what jobs are found that share the role of a job, or a vault of that name, known by ARN or not."""
        if job.role:
            yield "role", job.role
        yield from (("vault", vault) for vault in self._of_name.get(last_name(job.vault) or "", ()))

    def _at_the_same_time(self, job: Job) -> set[int]:
        """Return the place of a job that ran on the same vault while this one did, where there is one."""
        spans = self._vaults.get(last_name(job.vault) or "")
        if spans is None or job.created is None or job.completed is None:
            return set()
        together = spans.inside(Window(job.created, job.completed))
        return set(islice((place for place in together if has_concurrent_job(job, [self._jobs[place]])), 1))

    def _places_alike(self, job: Job) -> set[int]:
        if not (job.resource or job.vault):
            return set(range(len(self._jobs)))
        places = set(self._ids[job.id.casefold()])
        for sign in _signs(job):
            for (kind, account, region, *_), row in self._comparable.get(sign, {}).items():
                is_near = kind == job.kind and not differ(account, job.account) and not differ(region, job.region)
                places.update(row.nearest(job.created, MOST_BASELINES + 1) if is_near else ())
        lenders = self._lenders.get(_lending(job))
        return places.union(lenders.nearest(job.created, MOST_LENDERS + 1) if lenders else ())

    def _pick(self, places: Iterable[int]) -> tuple[Job, ...]:
        return tuple(self._jobs[place] for place in sorted(places))


_Span = tuple[datetime, datetime, int]
"""When a job began and ended, and its place."""


class _Row:
    """The places of jobs that are alike, found by nearness in time."""

    def __init__(self) -> None:
        self._timed: list[tuple[datetime, int]] = []
        self._untimed: list[int] = []
        self._is_sorted = True

    def add(self, place: int, job: Job) -> None:
        """Add a job."""
        if job.created is None:
            self._untimed.append(place)
        else:
            self._timed.append((job.created, place))
            self._is_sorted = False

    def nearest(self, moment: datetime | None, count: int) -> Iterator[int]:
        """Yield the places of as many jobs as are counted before a time, after it and without one; of equals all."""
        if not self._is_sorted:
            self._timed.sort()
            self._is_sorted = True
        yield from self._untimed if moment is None else self._untimed[:count]
        timed = self._timed
        if moment is None:
            yield from (place for _, place in timed)
            return
        middle = bisect_right(timed, moment, key=lambda one: one[0])
        first, last = max(0, middle - count), min(len(timed), middle + count)
        while 0 < first < len(timed) and timed[first - 1][0] == timed[first][0]:
            first -= 1
        while 0 < last < len(timed) and timed[last][0] == timed[last - 1][0]:
            last += 1
        yield from (place for _, place in timed[first:last])


class _Spans:
    """Times from beginning to end with the places of their jobs, found by a window."""

    def __init__(self, spans: Iterable[tuple[datetime, datetime, int]]) -> None:
        self._spans = sorted(spans)
        self._starts = [start for start, _, _ in self._spans]
        self._longest = max((end - start for start, end, _ in self._spans), default=timedelta())

    def inside(self, window: Window) -> Iterator[int]:
        """Yield the places of jobs that ran in a window."""
        try:
            earliest = window.start - self._longest
        except OverflowError:
            earliest = _EARLIEST
        for at in range(bisect_left(self._starts, earliest), bisect_right(self._starts, window.end)):
            if self._spans[at][1] >= window.start:
                yield self._spans[at][2]


_Class = tuple[str, str | None, str | None, str | None, bool, str | None, str | None]


def _class_of(job: Job) -> _Class:
    """Return what makes baselines equally like any job, but for their resources and times."""
    return job.kind, job.account, job.region, job.vault, job.resource is None, job.role, job.backup_type


def _lending(job: Job) -> Hashable:
    return job.kind, job.account, job.region, resource_type_of(job)


def _signs(job: Job) -> list[tuple[str, str]]:
    """Return by what jobs are found that can be compared: resource, name of the vault."""
    signs = {"resource": job.resource, "vault": last_name(job.vault)}
    return [(name, sign) for name, sign in signs.items() if sign]


def _sharing(job: Job) -> list[tuple[str, str]]:
    """Return by what jobs are found whose calls may be taken for one another's: role, vault."""
    signs = {"role": job.role, "vault": job.vault}
    return [(name, sign) for name, sign in signs.items() if sign]


def _by_vault(jobs: Sequence[Job]) -> dict[str, list[tuple[datetime, datetime, int]]]:
    found: dict[str, list[tuple[datetime, datetime, int]]] = {}
    for place, job in enumerate(jobs):
        name = last_name(job.vault)
        if name and job.created and job.completed:
            found.setdefault(name, []).append((job.created, job.completed, place))
    return found


def _find_spans(jobs: Sequence[Job], counts: Counter[str]) -> dict[tuple[str, str], _Spans]:
    """Return for each vault and role the jobs that tell when any job ran there, whichever of them is left out.

    A few that reach far tell it for all; those whose id stands for several jobs are all kept.
    """
    found: dict[tuple[str, str], list[_Span]] = {}
    kept: dict[tuple[str, str], list[_Span]] = {}
    for place, job in enumerate(jobs):
        if job.created and job.completed:
            is_alone = counts[job.id.casefold()] == 1
            for sign in _sharing(job):
                (found if is_alone else kept).setdefault(sign, []).append((job.created, job.completed, place))
    for sign, spans in found.items():
        rest = set(spans)
        for _ in range(_LAYERS):
            cover = set(_cover(rest))
            kept.setdefault(sign, []).extend(cover)
            rest -= cover
    return {sign: _Spans(spans) for sign, spans in kept.items()}


def _cover(spans: Iterable[_Span]) -> Iterator[_Span]:
    """Yield a few of some spans that hold every moment that any of them holds: of those that go on, the longest."""
    until, best = _EARLIEST, None
    for span in sorted(spans):
        start, end, _ = span
        if best is not None and start > until:
            yield best
            until, best = best[1], None
        if start > until:
            until, best = start, span
        elif end > (best[1] if best is not None else until):
            best = span
    if best is not None:
        yield best


def _find_open(jobs: Sequence[Job]) -> dict[tuple[str, str], list[int]]:
    """Return for each vault and role the first jobs that did not end: they run on for whatever comes later."""
    begun = sorted((job.created, place) for place, job in enumerate(jobs) if job.created and not job.completed)
    found: dict[tuple[str, str], list[int]] = {}
    ids: dict[tuple[str, str], set[str]] = {}
    for _, place in begun:
        for sign in _sharing(jobs[place]):
            met = ids.setdefault(sign, set())
            if len(met) < _LAYERS:
                met.add(jobs[place].id.casefold())
                found.setdefault(sign, []).append(place)
    return found
