"""Diagnose many jobs out of one reading: each sees what a reading for it alone would have kept, and no more.

The work grows with the events around each job, not with jobs times all events: an index finds the calls of its windows
that may be its own, and the other jobs that matter; how a key was used is told once for all its jobs. What changes
keys, grants, roles and vaults is few, and seen by all.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta

from msgspec import structs

from trail_diff.case.baseline import rank_baselines
from trail_diff.case.builder import build_case, case_windows
from trail_diff.case.correlate import job_window
from trail_diff.case.coverage import summarize_reading
from trail_diff.case.event_index import EventIndex
from trail_diff.case.gathered import Beyond, Gathered
from trail_diff.case.question import Question
from trail_diff.case.usage_history import KeyUses
from trail_diff.model.indexes import JobIndex
from trail_diff.model.learnt import Case, Facts, Job, JobEvents, Window, merge_windows
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Report
from trail_diff.read.parallel import run_in_order
from trail_diff.triaging.neighbours import Neighbours

_WORTH_JOBS = 16
"""How many jobs there have to be before further processes are worth their start."""
_FIRST_JOBS = 8
_SHARES = 8
"""Into how many shares the jobs of one process are cut, so that all are done at about the same time."""
NO_TIME = datetime.min.replace(tzinfo=UTC)
"""Where the time of a job stands that has none."""


class Cases:
    """The cases of many jobs, out of one reading; `are_known`: documents of today are known of their keys."""

    def __init__(self, gathered: Gathered, facts: Facts, pad: timedelta, *, are_known: bool = False) -> None:
        self._whole = are_known or facts.are_of_today()
        self._gathered, self._facts = structs.replace(gathered, index=EventIndex(gathered.events)), facts
        self._questions, self._neighbours = Questions(gathered.jobs, pad), Neighbours(gathered.jobs)
        self._every_job = JobIndex(gathered.jobs)
        self._uses = None if gathered.uses is not None else KeyUses(gathered.events)
        self._beyond = Beyond(lacks_caller_type=gathered.beyond.lacks_caller_type)

    def of(self, job: Job) -> Case:
        """Return the case of a job; one without any time has no events, as they cannot be found.

        Further baselines are only looked at where the best one has no events, as `build_case` does.
        """
        if job_window(job, timedelta(), None) is None:
            return self._without_time(job)
        question = self._questions.ask(job)
        alike = self._neighbours.alike(job)
        best = next(iter(rank_baselines(job, alike)), None)
        if best is None:
            return self._build(job, question, alike, alike)
        case = self._build(job, structs.replace(question, baseline_job_id=best.id), alike, (best,))
        return case if case.succeeded and case.succeeded.events else self._build(job, question, alike, alike)

    def _build(self, job: Job, question: Question, alike: Sequence[Job], sides: Sequence[Job]) -> Case:
        gathered = self._gathered
        windows = case_windows(structs.replace(gathered, jobs=alike), question)
        jobs = self._neighbours.around(job, sides, windows)
        index = gathered.found().limited(windows)
        known = structs.replace(
            gathered, events=(), jobs=jobs, beyond=self._beyond, index=index, uses=gathered.uses or ()
        )
        case = build_case(known, question, self._facts)
        uses = self._uses.of(case.keys, case.changes, whole=self._whole) if self._uses is not None else case.uses
        return structs.replace(case, every_job=self._every_job, uses=uses)

    def _without_time(self, job: Job) -> Case:
        reading = summarize_reading(self._gathered.tally, self._gathered.skipped)
        coverage = structs.replace(reading, warnings=(*reading.warnings, Reason.JOB_TIME_NOT_KNOWN))
        side, asked_at = JobEvents(job, Window(NO_TIME, NO_TIME)), self._gathered.asked_at
        return Case(side, None, coverage, job.keys, facts=self._facts, asked_at=asked_at)


class _Diagnosis:
    """Diagnoses jobs by their places, in this process or in another one: a copy of a job would be another job."""

    def __init__(self, case_of: Callable[[Job], Case], jobs: Sequence[Job], analyse: Callable[[Case], Report]) -> None:
        self._case_of, self._jobs, self._analyse = case_of, jobs, analyse

    def __call__(self, places: Sequence[int]) -> Iterator[tuple[int, Report]]:
        """Yield the reports of some jobs, each with its place."""
        for place in places:
            yield place, self._analyse(self._case_of(self._jobs[place]))


def diagnose_all(
    case_of: Callable[[Job], Case], jobs: Sequence[Job], analyse: Callable[[Case], Report], processes: int
) -> tuple[Report, ...]:
    """Return the report of each job, in order; many are diagnosed in several processes.

    The first ones are diagnosed here: what they look up, as by what calls are found, the processes share then.
    """
    work, places = _Diagnosis(case_of, jobs, analyse), range(len(jobs))
    if processes <= 1 or len(jobs) < _WORTH_JOBS:
        return tuple(report for _, report in work(places))
    found = dict(work(places[:_FIRST_JOBS]))
    with closing(run_in_order(work, _share(places[_FIRST_JOBS:], processes), processes)) as diagnosed:
        found.update(told for _, told in diagnosed)
    return tuple(found[place] for place in places)


def _share(places: Sequence[int], processes: int) -> Iterator[Sequence[int]]:
    """Yield shares of jobs so that each process mostly has those of one time, and so a part of the events only.

    What a process looks at of the events that all share it has a copy of from then on.
    """
    size = len(places) // (processes * _SHARES) + 1
    shares = [places[start : start + size] for start in range(0, len(places), size)]
    yield from (share for number in range(_SHARES) for share in shares[number::_SHARES])


class Questions:
    """Asks about jobs by their ids, and by account and Region where an id stands for several."""

    def __init__(self, jobs: Iterable[Job], pad: timedelta) -> None:
        self._counts, self._pad = Counter(job.id.casefold() for job in jobs), pad

    def ask(self, job: Job) -> Question:
        """Return the question about a job."""
        if self._counts[job.id.casefold()] == 1:
            return Question(job.id, pad=self._pad)
        return Question(job.id, account=job.account, regions=(job.region,) if job.region else (), pad=self._pad)


def windows_of(jobs: Iterable[Job], gathered: Gathered, pad: timedelta) -> tuple[Window, ...]:
    """Return the time around every job that the cases of some jobs may look at, overlaps put together."""
    questions, neighbours = Questions(gathered.jobs, pad), Neighbours(gathered.jobs)
    found = {window for job in jobs for window in _look_around(job, gathered, questions.ask(job), neighbours)}
    return tuple(merge_windows(found))


def _look_around(job: Job, gathered: Gathered, question: Question, neighbours: Neighbours) -> tuple[Window, ...]:
    return case_windows(structs.replace(gathered, jobs=neighbours.alike(job)), question)
