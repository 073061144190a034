"""From what was gathered to a Case: which job, which baseline, which keys, which events belong to whom. Pure."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import timedelta

import msgspec
from msgspec import Struct

from trail_diff.case.baseline import compare_jobs, rank_baselines
from trail_diff.case.correlate import find_keys, job_window, tie_events, vault_key
from trail_diff.case.coverage import check_coverage, check_export, check_side, summarize_reading
from trail_diff.case.gathered import Gathered
from trail_diff.errors import FactError, JobNotFoundError, UsageError
from trail_diff.events.changes import select_changes
from trail_diff.events.jobs import find_job, is_finished, is_succeeded
from trail_diff.events.key_names import resolve_key
from trail_diff.model.learnt import Case, Coverage, Facts, Job, JobEvents, Window, Windows
from trail_diff.model.reasons import Reason
from trail_diff.times import parse_time

DEFAULT_PAD = timedelta(minutes=15)
"""How much is searched before and after a job: calls come a little earlier and later than its descriptor says."""


class Question(Struct, frozen=True):
    """What is asked: the job, what to compare it with (None: choose), and the keys, account and Regions in question."""

    job_id: str
    baseline_job_id: str | None = None
    keys: tuple[str, ...] = ()
    account: str | None = None
    regions: tuple[str, ...] = ()
    pad: timedelta = DEFAULT_PAD


def build_case(gathered: Gathered, question: Question, facts: Facts) -> Case:
    """Put the job that was asked about beside its baseline, each with the events that belong to it.

    Raises:
        JobNotFoundError, AmbiguousJobError: the job or the named baseline is not there, or there are several.
        UsageError: the named baseline is the job itself, or did not succeed.
        FactError: the job has no time by which it could be found in the events.
    """
    jobs = [job for job in gathered.jobs if _is_in_scope(job, question)]
    failed = _find(question.job_id, jobs, gathered)
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
    windows = [job_window(job, question.pad, newest) for job in (failed, *_baselines(failed, jobs, question, gathered))]
    return tuple(window for window in windows if window is not None)


def build_comparison(
    failed: Gathered,
    succeeded: Gathered,
    windows: tuple[Window | None, Window | None],
    keys: Sequence[str],
    facts: Facts,
) -> Case:
    """Put two exports, or two spans of time of exports, side by side as if each were a job.

    A side without a window is all that its export holds. What one export tells of the other's time does not make up for
    what the other lacks, as its calls are not among the other's.

    Raises:
        FactError: a side without a window has no record with a time.
    """
    given = tuple(resolve_key(resolve_key(key, failed.key_names()), succeeded.key_names()) for key in keys)
    sides, gaps = [], set()
    for name, gathered, window in zip(("failed", "succeeded"), (failed, succeeded), windows, strict=True):
        job, span = _window_job(name, gathered, window)
        sides.append(_tie(job, span, gathered, given, given))
        gaps |= set(check_export(gathered.tally, gathered.events))
    sides = [_with_key(side, next(iter(given), None) or _differing_key(*sides)) for side in sides]
    for side, gathered in zip(sides, (failed, succeeded), strict=True):
        gaps |= set(check_side(side, gathered.tally))
    merged = failed if failed is succeeded else failed.merge(succeeded)
    return _finish(msgspec.structs.replace(merged, jobs=()), sides, given, facts, gaps)


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
            raise JobNotFoundError(message, hint="name its account and Region, or neither") from error
        tally, skips = gathered.tally, Counter[str]()
        for skipped in gathered.skipped:
            skips[skipped.reason] += skipped.count
        places = f" in {tally.files} file(s)" if tally.files else ""
        told = [f"{tally.records} record(s) read{places}"]
        told += [f"{count} skipped as {reason}" for reason, count in sorted(skips.items())]
        is_partly_read = Reason.INPUT_PARTLY_READ in summarize_reading(tally, gathered.skipped).warnings
        hint = _EXPORT_AGAIN if is_partly_read else error.hint
        raise JobNotFoundError(f"{error.message}; {', '.join(told)}", hint=hint) from error


_EXPORT_AGAIN = (
    "part of the input could not be read; export it again as JSON (--output json), redirected to a file, not copied "
    "from a terminal, a mail or a spreadsheet; times as ISO 8601"
)


def _baselines(failed: Job, jobs: Sequence[Job], question: Question, gathered: Gathered) -> list[Job]:
    """Return the named baseline, or the best few candidates: one whose events are not in the export is passed over."""
    if question.baseline_job_id is None:
        return rank_baselines(failed, jobs)[:10]
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
    found = [find_keys(job, window, gathered.events) for job, window in zip(jobs, windows, strict=True)]
    keys = dict.fromkeys(
        [*question.keys, *(key for job in jobs for key in job.keys), *(k for own in found for k in own)]
    )
    sides = []
    for job, window, own in zip(jobs, windows, found, strict=True):
        named = [*question.keys, *([job.key] if job.key else []), *own]
        sides.append(_tie(job, window, gathered, tuple(keys), named))
    is_told = jobs[0].key is not None or vault_key(jobs[0], gathered.events) is not None
    if len(sides) > 1 and not is_told and not _have_other_vaults(*jobs):
        sides[0] = _with_key(sides[0], sides[1].job.key)
    return _finish(gathered, sides, tuple(keys), facts, _missing_keys(question.keys, gathered))


def _missing_keys(asked: Sequence[str], gathered: Gathered) -> tuple[Reason, ...]:
    """Return a warning when records name keys, but none that was asked about: they may be about something else."""
    named = {one.key for one in gathered.key_names()} if asked else set[str]()
    return (Reason.KEY_NOT_IN_EVENTS,) if asked and named and named.isdisjoint(asked) else ()


def _need_window(job: Job, window: Window | None) -> Window:
    if window is None:
        raise FactError(
            f"job {job.id} has no creation or completion time, so its events cannot be found",
            hint="give its full description with --job FILE (aws backup describe-backup-job)",
        )
    return window


def _tie(job: Job, window: Window, gathered: Gathered, keys: Sequence[str], named: Sequence[str]) -> JobEvents:
    """Tie the events to a job, and name the keys that it used; it is about the first of those that were `named`."""
    side = tie_events(job, window, gathered.events, keys, gathered.jobs)
    used = Counter(access.key for tie in side.events for access in tie.event.accesses if access.key)
    order = dict.fromkeys([*job.keys, *(key for key in keys if key in used), *sorted(used)])
    key = next(iter([*named, *order]), None)
    return msgspec.structs.replace(side, job=msgspec.structs.replace(job, key=key, keys=tuple(order)))


def _finish(
    gathered: Gathered, sides: Sequence[JobEvents], keys: Sequence[str], facts: Facts, gaps: Collection[Reason] = ()
) -> Case:
    """Complete a case whose events are tied: what changed, and what the evidence does not cover beside known gaps."""
    failed, succeeded = sides[0], sides[1] if len(sides) > 1 else None
    differences = compare_jobs(failed.job, succeeded.job) if succeeded is not None else ()
    warnings = {*gaps, *differences, *check_coverage(failed, succeeded, gathered.tally, gathered.events, gathered.jobs)}
    if failed.job.key is None:
        warnings.add(Reason.KEY_NOT_KNOWN)
    if gathered.beyond.lacks_caller_type:
        warnings.add(Reason.CALLER_TYPE_NOT_IN_EXPORT)
    reading = summarize_reading(gathered.tally, gathered.skipped)
    warnings |= {*reading.warnings}
    every_key = tuple(dict.fromkeys([*keys, *(key for side in sides for key in side.job.keys)]))
    return Case(
        failed=failed,
        succeeded=succeeded,
        coverage=_complete(reading, sides, warnings),
        keys=every_key,
        changes=select_changes(gathered.events, every_key, [side.job for side in sides]),
        jobs=gathered.jobs,
        facts=facts,
        newest=parse_time(gathered.tally.newest()),
    )


def _have_other_vaults(failed: Job, baseline: Job) -> bool:
    return Reason.BASELINE_OTHER_VAULT in compare_jobs(failed, baseline)


def _differing_key(failed: JobEvents, succeeded: JobEvents) -> str | None:
    """Return the key in which two spans of time differ: calls on it failed, or are only in the succeeded one.

    Other keys of a busy account come and go as well; the one with the most such calls is taken.
    """
    used = {access.key for tie in failed.events for access in tie.event.accesses}
    refused = Counter(access.key for tie in failed.events if tie.event.error_code for access in tie.event.accesses)
    missing = Counter(access.key for tie in succeeded.events for access in tie.event.accesses if access.key not in used)
    counts = {key: count for found in (missing, refused) for key, count in found.items() if key}
    return max(counts, key=lambda key: (key in refused, counts[key], key), default=None)


def _with_key(side: JobEvents, key: str | None) -> JobEvents:
    """Return the side with a key to diagnose, such as its baseline's: the same vault has the same key."""
    if key is None:
        return side
    job = msgspec.structs.replace(side.job, key=key, keys=tuple(dict.fromkeys([key, *side.job.keys])))
    return msgspec.structs.replace(side, job=job)


def _complete(reading: Coverage, sides: Sequence[JobEvents], warnings: Collection[Reason]) -> Coverage:
    spans = [(side.window.start, side.window.end) for side in sides]
    ids = {tie.event.event_id for side in sides for tie in side.events}
    return msgspec.structs.replace(
        reading,
        windows=Windows(spans[0], spans[1] if len(spans) > 1 else None),
        events_kept=len(ids),
        warnings=tuple(reason for reason in Reason if reason in warnings),
    )


def _window_job(name: str, gathered: Gathered, window: Window | None) -> tuple[Job, Window]:
    """Make a job out of a span of time; when the export tells of one job only, with what it says of itself."""
    first, last = parse_time(gathered.tally.first), parse_time(gathered.tally.last)
    start, end = (window.start, window.end) if window else (first, last)
    if start is None or end is None:
        raise FactError(
            f"the {name} export holds no CloudTrail record",
            hint=f"give an export that does, or name the time with --{name}-window FROM/TO",
        )
    span = Window(start, end)
    inside = [event for event in gathered.events if span.holds(event.event_time)]
    told = [job for job in gathered.jobs if job.created and span.holds(job.created)]
    job = told[0] if len(told) == 1 else Job(id="", kind="window")
    made = msgspec.structs.replace(
        job,
        id=f"{start:%Y-%m-%dT%H:%M:%SZ}/{end:%Y-%m-%dT%H:%M:%SZ}",
        kind="window",
        created=start,
        completed=end,
        region=job.region or _only({event.aws_region for event in inside}),
        account=job.account or _only({event.recipient_account_id for event in inside}),
    )
    return made, span


def _only(values: Collection[str | None]) -> str | None:
    return next(iter(values)) if len(values) == 1 else None
