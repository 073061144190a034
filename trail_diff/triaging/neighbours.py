"""Which of many jobs the case of one can depend on: found by index, so that not every job is looked at for each."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from trail_diff.arns import last_name
from trail_diff.model.learnt import Job, Window

_EARLIEST = datetime.min.replace(tzinfo=UTC)


class Neighbours:
    """Finds what `case` looks for among all jobs; what it gives keeps the order of the jobs.

    That is: jobs of the same id; those that can be a baseline, which share the resource or the vault; those that ran
    inside of a window; and of each vault one, as names of vaults tell contexts apart.
    """

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._jobs = jobs
        self._alike: dict[tuple[str, str], list[int]] = {}
        for place, job in enumerate(jobs):
            for sign in _signs(job):
                self._alike.setdefault(sign, []).append(place)
        vaults = {(job.vault, job.source_vault): place for place, job in reversed(list(enumerate(jobs)))}
        self._of_each_vault = frozenset(vaults.values())
        timed = sorted((job.created, place) for place, job in enumerate(jobs) if job.created and job.completed)
        self._starts, self._timed = [start for start, _ in timed], [place for _, place in timed]
        spans = (job.completed - job.created for job in jobs if job.created and job.completed)
        self._longest = max(spans, default=timedelta())

    def alike(self, job: Job) -> tuple[Job, ...]:
        """Return the jobs of the same id, and those that it can be compared with."""
        return self._pick(self._places_alike(job))

    def around(self, job: Job, windows: Iterable[Window]) -> tuple[Job, ...]:
        """Return all that the case of a job depends on, which looks at these windows."""
        places = set(self._of_each_vault) | self._places_alike(job)
        for window in windows:
            places |= self._places_in(window)
        return self._pick(places)

    def _places_alike(self, job: Job) -> set[int]:
        if not (job.resource or job.vault):
            return set(range(len(self._jobs)))
        return {place for sign in _signs(job) for place in self._alike[sign]}

    def _places_in(self, window: Window) -> set[int]:
        try:
            earliest = window.start - self._longest
        except OverflowError:
            earliest = _EARLIEST
        between = slice(bisect_left(self._starts, earliest), bisect_right(self._starts, window.end))
        ended = ((place, self._jobs[place].completed) for place in self._timed[between])
        return {place for place, completed in ended if completed and completed >= window.start}

    def _pick(self, places: Iterable[int]) -> tuple[Job, ...]:
        return tuple(self._jobs[place] for place in sorted(places))


def _signs(job: Job) -> list[tuple[str, str]]:
    """Return by what jobs are found that are the same or alike: id, resource, name of the vault."""
    signs = {"id": job.id.casefold(), "resource": job.resource, "vault": last_name(job.vault)}
    return [(name, sign) for name, sign in signs.items() if sign]
