"""Which jobs triage diagnoses: those that did not succeed, and those that did with refused calls or a message."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from msgspec import Struct, structs

from trail_diff.arns import last_name
from trail_diff.case.coverage import is_searched
from trail_diff.case.gathered import Gathered
from trail_diff.events.denials import is_denial_code
from trail_diff.events.encryption_context import contexts_of, is_told_apart, names_of, sole_name
from trail_diff.events.jobs import is_finished, is_succeeded
from trail_diff.model.codes import Cause
from trail_diff.model.learnt import Event, Job
from trail_diff.model.reasons import Reason


class TriageFilter(Struct, frozen=True):
    """Which jobs are asked about; an empty tuple or None leaves all. `start` and `end` bound when jobs were created.

    `causes` chooses among groups, after the diagnosis.
    """

    start: datetime | None = None
    end: datetime | None = None
    vaults: tuple[str, ...] = ()
    resource_types: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    causes: tuple[Cause, ...] = ()

    def holds(self, job: Job) -> bool:
        """Check whether a job is asked about; one whose time is not known is."""
        moment = job.created or job.completed
        if moment is not None and ((self.start and moment < self.start) or (self.end and moment > self.end)):
            return False
        in_account = not self.accounts or job.account in self.accounts
        of_type = not self.resource_types or _is_among(job.resource_type, self.resource_types)
        return in_account and of_type and (not self.vaults or _is_among(last_name(job.vault), self.vaults, job.vault))

    def misses_all(self, jobs: Sequence[Job]) -> bool:
        """Check whether there are jobs and the time asked about has none of any vault, type or account."""
        by_time = TriageFilter(self.start, self.end)
        is_timed = self.start is not None or self.end is not None
        return is_timed and bool(jobs) and not any(map(by_time.holds, jobs))

    def renamed(self, rename: Callable[[str], str] | None) -> "TriageFilter":
        """Return the same with vaults and accounts by the names that they are read by, where they are renamed."""
        if rename is None:
            return self
        return structs.replace(self, vaults=tuple(map(rename, self.vaults)), accounts=tuple(map(rename, self.accounts)))

    def wants_cause(self, cause: Cause | None) -> bool:
        """Check whether a diagnosis is asked about."""
        return not self.causes or cause in self.causes


EVERY_JOB = TriageFilter()


def select_jobs(gathered: Gathered, wanted: TriageFilter) -> tuple[Job, ...]:
    """Return the jobs to diagnose, in order of their creation.

    A job that completed counts where it carries a message (AWS Backup Audit Manager reports say "completed with issues"
    in no other way), or where a call of its role, or on one of its keys, was refused while it ran, unless the
    encryption context of the call names something else than the job's vault or resource.
    """
    asked = [job for job in gathered.jobs if wanted.holds(job) and is_finished(job)]
    refused = [event for event in gathered.events if event.accesses and is_denial_code(event.error_code)]
    times = [event.event_time for event in refused]
    return tuple(job for job in asked if not is_succeeded(job) or job.message or any(_refused_in(job, refused, times)))


def check_completed(gathered: Gathered, wanted: TriageFilter) -> tuple[Reason, ...]:
    """Return a warning where jobs that completed ran at a time that was not searched: their refused calls are not seen.

    Event history is asked for the windows of jobs that failed alone, as it answers two requests a second.
    """
    completed = (job for job in gathered.jobs if is_succeeded(job) and wanted.holds(job))
    is_whole = all(is_searched(job, gathered.tally) for job in completed)
    return () if is_whole else (Reason.COMPLETED_JOBS_NOT_SEARCHED,)


def _refused_in(job: Job, refused: Sequence[Event], times: Sequence[datetime]) -> Iterator[bool]:
    if job.created is None or job.completed is None:
        return
    own = names_of(job)
    for event in refused[bisect_left(times, job.created) : bisect_right(times, job.completed)]:
        by_role = job.role is not None and event.caller.role_arn == job.role
        name = sole_name(contexts_of(event))
        is_elsewhere = name is not None and name not in own and is_told_apart(name[0], job)
        yield (by_role or event.is_on(job.keys)) and not is_elsewhere


def _is_among(value: str | None, wanted: Sequence[str], whole: str | None = None) -> bool:
    folded = {name.casefold() for name in wanted}
    return any(one is not None and one.casefold() in folded for one in (value, whole))
