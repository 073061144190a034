"""Diagnose many jobs out of one reading: each sees what a reading for it alone would have kept, and no more.

The work grows with the events around each job, not with jobs times all events: calls lie in order of time, so those
of the windows of a job are found by bisection; what changes keys, grants, roles and vaults is few, and seen by all.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta

from msgspec import structs

from trail_diff.case.baseline import rank_baselines
from trail_diff.case.builder import Question, build_case, case_windows
from trail_diff.case.correlate import job_window
from trail_diff.case.coverage import lacks_caller_type, summarize_reading
from trail_diff.case.gathered import Beyond, Gathered, in_order
from trail_diff.case.sides import use_keys
from trail_diff.events.changes import is_change
from trail_diff.model.learnt import Case, Event, Facts, Job, JobEvents, Window
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Report
from trail_diff.read.parallel import run_in_order
from trail_diff.triaging.neighbours import Neighbours

_WORTH_JOBS = 16
"""How many jobs there have to be before further processes are worth their start."""
NO_TIME = datetime.min.replace(tzinfo=UTC)
"""Where the time of a job stands that has none."""


class Cases:
    """The cases of many jobs, out of one reading."""

    def __init__(self, gathered: Gathered, facts: Facts, pad: timedelta) -> None:
        self._gathered, self._facts = gathered, facts
        self._questions, self._neighbours = Questions(gathered.jobs, pad), Neighbours(gathered.jobs)
        self._changes = [event for event in gathered.events if is_change(event)]
        self._calls = [event for event in gathered.events if event.accesses and not is_change(event)]
        self._times = [event.event_time for event in self._calls]
        self._on_key: dict[str, list[Event]] = {}
        for event in gathered.events:
            for key in {access.key for access in event.accesses if access.key}:
                self._on_key.setdefault(key, []).append(event)
        lacks_type = gathered.beyond.lacks_caller_type or any(map(lacks_caller_type, gathered.events))
        self._beyond = Beyond(tuple(gathered.key_names()), lacks_type)

    def of(self, job: Job) -> Case:
        """Return the case of a job; one without any time has no events, as they cannot be found.

        Further baselines are only looked at where the best one has no events, as `build_case` does.
        """
        if job_window(job, timedelta(), None) is None:
            return self._without_time(job)
        question = self._questions.ask(job)
        alike = self._neighbours.alike(job)
        best = next(iter(rank_baselines(job, alike)), None)
        pinned = structs.replace(question, baseline_job_id=best.id if best else None)
        case = self._build(job, pinned)
        return case if best is None or (case.succeeded and case.succeeded.events) else self._build(job, question)

    def _build(self, job: Job, question: Question) -> Case:
        windows = _look_around(job, self._gathered, question, self._neighbours)
        jobs = self._neighbours.around(job, windows)
        events = in_order([*self._changes, *self._calls_in(windows)])
        known = structs.replace(self._gathered, events=events, jobs=jobs, beyond=self._beyond)
        case = structs.replace(build_case(known, question, self._facts), jobs=self._gathered.jobs)
        if self._gathered.uses is not None:
            return case
        calls = {event.event_id: event for key in case.keys for event in self._on_key.get(key, ())}
        return structs.replace(case, uses=use_keys(calls.values(), case.keys, case.changes))

    def _without_time(self, job: Job) -> Case:
        reading = summarize_reading(self._gathered.tally, self._gathered.skipped)
        coverage = structs.replace(reading, warnings=(*reading.warnings, Reason.JOB_TIME_NOT_KNOWN))
        side, asked_at = JobEvents(job, Window(NO_TIME, NO_TIME)), self._gathered.asked_at
        return Case(side, None, coverage, job.keys, facts=self._facts, asked_at=asked_at)

    def _calls_in(self, windows: Sequence[Window]) -> Iterator[Event]:
        """Yield the calls inside of any of the windows, each once."""
        end = 0
        for window in sorted(windows, key=lambda window: window.start):
            first = max(end, bisect_left(self._times, window.start))
            end = max(first, bisect_right(self._times, window.end))
            yield from self._calls[first:end]


class _Diagnosis:
    """Diagnoses jobs by their places, in this process or in another one: a copy of a job would be another job."""

    def __init__(self, case_of: Callable[[Job], Case], jobs: Sequence[Job], analyse: Callable[[Case], Report]) -> None:
        self._case_of, self._jobs, self._analyse = case_of, jobs, analyse

    def __call__(self, place: int) -> Iterator[Report]:
        """Yield the report of a job."""
        yield self._analyse(self._case_of(self._jobs[place]))


def diagnose_all(
    case_of: Callable[[Job], Case], jobs: Sequence[Job], analyse: Callable[[Case], Report], processes: int
) -> tuple[Report, ...]:
    """Return the report of each job, in order; many are diagnosed in several processes."""
    is_worth = processes > 1 and len(jobs) >= _WORTH_JOBS
    work = _Diagnosis(case_of, jobs, analyse)
    with closing(run_in_order(work, range(len(jobs)), processes if is_worth else 0)) as diagnosed:
        return tuple(report for _, report in diagnosed)


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
    joined: list[Window] = []
    for window in sorted(found, key=lambda window: (window.start, window.end)):
        if joined and window.start <= joined[-1].end:
            joined[-1] = Window(joined[-1].start, max(joined[-1].end, window.end))
        else:
            joined.append(window)
    return tuple(joined)


def _look_around(job: Job, gathered: Gathered, question: Question, neighbours: Neighbours) -> tuple[Window, ...]:
    return case_windows(structs.replace(gathered, jobs=neighbours.alike(job)), question)
