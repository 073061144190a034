"""Builds a Case from what was gathered: which job, which baseline, which keys, which events belong to each. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

import msgspec

from trail_diff.case.baseline import rank_baselines, uses_other_vault
from trail_diff.case.correlate import job_window
from trail_diff.case.coverage import summarize_reading
from trail_diff.case.expected import expect_calls, find_lenders
from trail_diff.case.gathered import Gathered
from trail_diff.case.keys import concerned_key, learn_from_baseline, learn_from_option, learn_keys, used_beside
from trail_diff.case.question import Question
from trail_diff.case.sides import finish_case, known_keys, tie_side
from trail_diff.errors import FactError, JobNotFoundError, UsageError
from trail_diff.events.jobs import find_job, is_finished, is_succeeded
from trail_diff.events.key_names import resolve_key
from trail_diff.model.learnt import Case, Facts, Job, Skipped, Window
from trail_diff.model.reasons import Reason
from trail_diff.times import parse_time

MOST_BASELINES = 10
"""How many of the jobs that one can be compared with are tried, until one of them has events."""


def build_case(gathered: Gathered, question: Question, facts: Facts) -> Case:
    """Put the job that was asked about beside its baseline, each with the events that belong to it.

    Raises:
        JobNotFoundError, AmbiguousJobError: the job or the named baseline is not there, or there are several.
        UsageError: the named baseline is the job itself, or did not succeed.
        FactError: the job has no time by which it could be found in the events.
    """
    jobs = [job for job in gathered.jobs if _is_in_scope(job, question)]
    gathered, failed = gathered.indexed(), _find(question.job_id, jobs, gathered)
    keys = tuple(resolve_key(key, gathered.key_names()) for key in question.keys)
    question = msgspec.structs.replace(question, keys=keys)
    best: Case | None = None
    for baseline in _baselines(failed, jobs, question, gathered):
        case = _compare(gathered, [failed, baseline], question, facts)
        if case.succeeded is not None and case.succeeded.events:
            return case
        best = best or case
    return best or _compare(gathered, [failed], question, facts)


def case_windows(gathered: Gathered, question: Question) -> tuple[Window, ...]:
    """Return the time around every job that `build_case` may look at.

    Raises:
        JobNotFoundError, AmbiguousJobError, UsageError: as `build_case` does.
    """
    jobs = [job for job in gathered.jobs if _is_in_scope(job, question)]
    failed = _find(question.job_id, jobs, gathered)
    newest = parse_time(gathered.tally.newest())
    others = _baselines(failed, jobs, question, gathered) or find_lenders(failed, jobs)
    windows = [job_window(job, question.pad, newest) for job in (failed, *others)]
    return tuple(window for window in windows if window is not None)


def _is_in_scope(job: Job, question: Question) -> bool:
    in_account = question.account is None or job.account in (None, question.account)
    return in_account and (not question.regions or job.region in (None, *question.regions))


def _find(job_id: str, jobs: Sequence[Job], gathered: Gathered) -> Job:
    """Find a job; where there is none, say what was read and skipped: the wrong files are the likely reason."""
    try:
        return find_job(jobs, job_id)
    except JobNotFoundError as error:
        elsewhere = [job for job in gathered.jobs if job.id.casefold() == job_id.casefold()]
        if elsewhere:
            places = ", ".join(sorted(f"{job.account or '?'}/{job.region or '?'}" for job in elsewhere))
            message = f"job {job_id!r} is in {places}, not where --account or --region say"
            raise JobNotFoundError(message, hint="name its account and Region, or neither", job_id=job_id) from error
        tally, skipped = gathered.tally, gathered.skipped
        again = advise_again(skipped, summarize_reading(tally, skipped).warnings)
        message = f"{error.message}; {tell_reading(tally.records, tally.files, skipped)}"
        raise JobNotFoundError(message, hint=again or error.hint, job_id=job_id) from error


def tell_reading(records: int, files: int, skipped: Iterable[Skipped]) -> str:
    """Return what was read, and what was skipped for which reason."""
    skips = Counter[str]()
    for one in skipped:
        skips[one.reason] += one.count
    places = f" in {files} file(s)" if files else ""
    return ", ".join([f"{records} record(s) read{places}", *_count_skips(skips)])


def advise_again(skipped: Iterable[Skipped], warnings: Collection[Reason]) -> str | None:
    """Return how to export again what could be read in part only; None where all was read."""
    again = _SAVE_AS_CSV if any(one.reason is Reason.OFFICE_FILE for one in skipped) else _EXPORT_AGAIN
    return again if Reason.INPUT_PARTLY_READ in warnings else None


def _count_skips(skips: Counter[str]) -> list[str]:
    """Return how much was skipped for each reason, in the order of their names: of many, those that count most."""
    most = dict(skips.most_common(_MOST_SKIPS))
    told = [f"{count} skipped as {reason}" for reason, count in sorted(most.items())]
    rest = skips.total() - sum(most.values())
    return [*told, f"{rest} skipped otherwise"] if rest else told


_MOST_SKIPS = 4

_SAVE_AS_CSV = "save the sheet as CSV (UTF-8), with times as ISO 8601, or export it again as JSON (--output json)"
_EXPORT_AGAIN = (
    "part of the input could not be read; export it again as JSON (--output json), redirected to a file, not copied "
    "from a terminal, a mail or a spreadsheet; times as ISO 8601"
)


def _baselines(failed: Job, jobs: Sequence[Job], question: Question, gathered: Gathered) -> list[Job]:
    """Return the named baseline, or the best few candidates: one whose events are not in the export is passed over."""
    if question.baseline_job_id is None:
        return rank_baselines(failed, jobs)[:MOST_BASELINES]
    baseline = _find(question.baseline_job_id, jobs, gathered)
    if baseline is failed:
        raise UsageError(
            "the baseline is the job itself", hint="give the id of a job that succeeded with --baseline-job-id"
        )
    if is_finished(baseline) and not is_succeeded(baseline):
        raise UsageError(
            f"job {baseline.id} cannot be the baseline: it ended {baseline.state}",
            hint="'trail-diff jobs' lists the jobs that completed",
        )
    return [baseline]


def _compare(gathered: Gathered, jobs: Sequence[Job], question: Question, facts: Facts) -> Case:
    """Build the case of a failed job and, when there is a second one, its baseline."""
    newest = parse_time(gathered.tally.newest())
    windows = [_need_window(job, job_window(job, question.pad, newest)) for job in jobs]
    jobs = [_with_key_roles(job, window, gathered) for job, window in zip(jobs, windows, strict=True)]
    baseline = jobs[1] if len(jobs) > 1 else None
    if baseline is not None:
        jobs = list(_share_keys(jobs[0], baseline, windows[0], gathered, question.keys))
    asked, place = learn_from_option(jobs[0], question.keys, baseline), (jobs[0].vault, jobs[0].resource)
    jobs = [
        msgspec.structs.replace(job, key_roles=(*job.key_roles, *asked)) if (job.vault, job.resource) == place else job
        for job in jobs
    ]
    keys = tuple(dict.fromkeys([*question.keys, *(key for job in jobs for key in known_keys(job))]))
    sides = [
        tie_side(job, window, gathered, keys, concerned_key(job, question.keys, baseline))
        for job, window in zip(jobs, windows, strict=True)
    ]
    case = finish_case(gathered, sides, question.keys, facts)
    has_shown = case.succeeded is not None and bool(case.succeeded.events)
    is_lent = baseline is None or not has_shown or uses_other_vault(case.failed.job, baseline)
    expected = expect_calls(case.failed.job, gathered, question.pad) if is_lent else ()
    return msgspec.structs.replace(case, expected=expected)


def _with_key_roles(job: Job, window: Window, gathered: Gathered) -> Job:
    return msgspec.structs.replace(job, key_roles=learn_keys(job, window, gathered.found(), gathered.jobs))


def _share_keys(failed: Job, baseline: Job, window: Window, gathered: Gathered, asked: Sequence[str]) -> Iterator[Job]:
    """Yield both jobs with the keys that they share: of those that are told alike of the baseline, they come first."""
    beside = used_beside(failed, window, gathered.found(), gathered.jobs)
    failed_roles = (*failed.key_roles, *learn_from_baseline(failed, baseline, asked, beside))
    yield msgspec.structs.replace(failed, key_roles=failed_roles)
    shared = {(one.role, one.key) for one in failed_roles}
    told = [(one.role, one.origin) for one in baseline.key_roles]
    roles = sorted(
        baseline.key_roles, key=lambda one: (told.index((one.role, one.origin)), (one.role, one.key) not in shared)
    )
    yield msgspec.structs.replace(baseline, key_roles=tuple(roles))


def _need_window(job: Job, window: Window | None) -> Window:
    if window is None:
        raise FactError(
            f"job {job.id} has no creation or completion time, so its events cannot be found",
            hint="give its full description with --job FILE (aws backup describe-backup-job)",
        )
    return window
