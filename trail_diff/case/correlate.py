"""Which events belong to a job. No KMS record carries a job id, so every tie is evidence, kept with the event.

In order of strength: the encryption context names the job's vault or resource, the key and a service principal, the
key and the job's role, the key alone. A context that names another vault or resource than the job's keeps the event
out; a context of unknown form never does. Time can mislead: a busy key is used by others inside the same window, and
what happens in the padding may belong to a neighbouring job, so calls there are left to the job that was running.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from trail_diff.arns import arn_account, arn_region, last_name
from trail_diff.case.event_index import EventIndex
from trail_diff.events.encryption_context import ContextVerdict, contexts_of, names_vault, read_context, vaults_of
from trail_diff.model.codes import CallerKind
from trail_diff.model.learnt import Event, Job, JobEvents, TiedEvent, Window, merge_windows
from trail_diff.model.reasons import Reason


def job_window(job: Job, pad: timedelta, newest: datetime | None) -> Window | None:
    """Return the window to search for a job: creation to completion, padded; None if the job has no time at all.

    A job without completion is searched up to the newest record. A `window` job is taken as given, without padding.
    """
    start, end = job.created or job.completed, job.completed or newest or job.created
    if start is None or end is None:
        return None
    if job.kind == "window":
        return Window(start, end)
    try:
        return Window(start - pad, max(start, end) + pad)
    except OverflowError:
        return Window(start, end)


def tie_events(
    job: Job, window: Window, events: EventIndex, keys: Sequence[str], others: Sequence[Job] = ()
) -> JobEvents:
    """Tie to the job the KMS events in its window that belong to it, in order of time.

    `keys` are the keys in question; `others` the other jobs known, whose calls must not leak in.
    """
    own_id = job.id.casefold()
    others = [other for other in others if other.id.casefold() != own_id]
    near = _runs_of_neighbours(job, others, window) if job.kind != "window" else ()
    in_question, vaults = frozenset(keys), vaults_of(others)
    about = events.within(window) if job.kind == "window" else events.concerning(job, window)
    told: dict[int, tuple[Reason, ...]] = {}
    tied = []
    for event, sort in events.sorted_calls(about):
        if sort not in told:
            told[sort] = tuple(_tie(event, job, in_question, vaults))
        if told[sort] and not (near and _belongs_to_neighbour(event, job, near)):
            tied.append(TiedEvent(event, told[sort]))
    ids = {tie.event.event_id for tie in tied}
    return JobEvents(job, window, tuple(tied), events.inside(window).without(ids))


def has_concurrent_job(job: Job, others: Iterable[Job]) -> bool:
    """Check whether another job ran on the same vault while this one did; a job and its parent are one."""
    own = {one.casefold() for one in (job.id, job.parent) if one}
    return any(
        _overlap(job, other)
        and _is_same_vault(job, other)
        and other.id.casefold() not in own
        and (other.parent or "").casefold() != job.id.casefold()
        for other in others
    )


_NAMING = {ContextVerdict.NAMES_VAULT, ContextVerdict.NAMES_RESOURCE}


def _tie(event: Event, job: Job, keys: frozenset[str], vaults: Collection[str]) -> Iterator[Reason]:
    """Yield every reason that ties an event to the job, beside which there are the vaults of others."""
    if job.kind == "window":
        if not keys or event.is_on(keys):
            yield Reason.IN_WINDOW
        return
    verdict = read_context(contexts_of(event), job, vaults)
    if verdict is ContextVerdict.NAMES_OTHER:
        return
    on_key, by_role = event.is_on(keys), is_job_role(event, job)
    if verdict in _NAMING:
        if on_key:
            yield Reason.KEY_AND_CONTEXT
        names_vault = verdict is ContextVerdict.NAMES_VAULT
        yield Reason.CONTEXT_NAMES_VAULT if names_vault else Reason.CONTEXT_NAMES_RESOURCE
    if on_key and event.caller.kind is CallerKind.SERVICE_PRINCIPAL:
        yield Reason.KEY_AND_SERVICE_PRINCIPAL
    if by_role and (on_key or (_may_be_about_keys(event, keys) and is_of_region(event, job))):
        yield Reason.KEY_AND_JOB_ROLE if on_key else Reason.JOB_ROLE
    elif on_key and verdict is ContextVerdict.SILENT and event.caller.kind is not CallerKind.SERVICE_PRINCIPAL:
        yield Reason.KEY_ONLY


def is_job_role(event: Event, job: Job) -> bool:
    """Check whether the caller is the job's role: by the role's ARN, by its name where the path is not known.

    Where the job's role is not known, every session that AWS Backup named may be it.
    """
    role_arn = event.caller.role_arn
    if not role_arn:
        return False
    if not job.role:
        return "/AWSBackup-" in (event.caller.arn or "")
    if role_arn == job.role:
        return True
    # The path stands only in sessionIssuer.arn; an ARN rebuilt from an STS session has none.
    is_same_account = arn_account(role_arn) in (None, arn_account(job.role) or arn_account(role_arn))
    is_pathless = "/" not in role_arn.partition(":role/")[2]
    return is_pathless and is_same_account and last_name(role_arn) == last_name(job.role)


def regions_of(job: Job) -> frozenset[str]:
    """Return the Regions in which a job's calls may be: its own, and those of its vaults and keys."""
    places = (job.vault, job.source_vault, *job.keys)
    return frozenset(region for region in (job.region, *map(arn_region, places)) if region)


def is_of_region(event: Event, job: Job) -> bool:
    """Check whether a call went to a Region of the job, as far as they are known: its role may be at work in others."""
    regions = {*regions_of(job), arn_region(job.resource)} - {None}
    return event.aws_region is None or not regions or event.aws_region in regions


def _may_be_about_keys(event: Event, keys: frozenset[str]) -> bool:
    """Check whether a role's call on no key in question may count: a role serves many jobs, so only if it failed."""
    return not keys or event.error_code is not None or all(access.key is None for access in event.accesses)


def _belongs_to_neighbour(event: Event, job: Job, spans: Sequence[Window]) -> bool:
    """Check whether a call in the padding was made while a neighbouring job on the same vault or role ran."""
    moment = event.event_time
    if job.created and job.completed and job.created <= moment <= job.completed:
        return False
    return any(span.start <= moment <= span.end for span in spans)


def _runs_of_neighbours(job: Job, others: Iterable[Job], window: Window) -> Sequence[Window]:
    """Return when other jobs on the same vault or role ran inside of a window, overlaps put together."""
    vault = last_name(job.vault)
    spans = {
        (other.created, other.completed)
        for other in others
        if other.created
        and other.completed
        and window.start <= other.completed >= other.created <= window.end
        and ((job.role and job.role == other.role) or (last_name(other.vault) == vault and _is_same_vault(job, other)))
    }
    return merge_windows(Window(start, end) for start, end in spans)


def _overlap(one: Job, other: Job) -> bool:
    if not (one.created and one.completed and other.created and other.completed):
        return False
    return one.created <= other.completed and other.created <= one.completed


def _is_same_vault(one: Job, other: Job) -> bool:
    return bool(one.vault and other.vault) and names_vault(one.vault or "", other.vault or "")
