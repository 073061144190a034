"""The failed job's calls that ended in an error, and which of them it can have failed for. Pure."""

from collections.abc import Iterator, Sequence

from trail_diff.arns import arn_account
from trail_diff.case.correlate import is_of_region
from trail_diff.diagnosis.diff import is_onlooker, is_relevant
from trail_diff.diagnosis.examined import Examined
from trail_diff.events.encryption_context import names_vault
from trail_diff.events.normalize import KMS
from trail_diff.model.codes import CallerKind, Confidence
from trail_diff.model.learnt import Case, Event, Job, TiedEvent
from trail_diff.model.reasons import Reason
from trail_diff.model.report import CallerGroup, Evidence

THROTTLING_ERRORS = frozenset({"ThrottlingException", "Throttling", "RequestLimitExceeded", "TooManyRequestsException"})


def failed_errors(examined: Examined) -> Iterator[TiedEvent]:
    """Yield the failed job's calls that ended in an error, unless the same caller's calls all failed before as well."""
    errors_before = {
        (group.caller.across_sessions(), group.action)
        for group in examined.groups
        if group.succeeded.errors and group.succeeded.errors == group.succeeded.calls
    }
    relevant = {(group.caller.across_sessions(), group.action) for group in examined.groups if group.failed.errors}
    for tie in examined.case.failed.events:
        if tie.event.error_code is None:
            continue
        actions = {access.action for access in tie.event.accesses}
        caller = tie.event.caller.across_sessions()
        places = {(caller, action) for action in actions}
        if places & relevant and not places & errors_before:
            yield tie


_BY_ROLE = {Reason.JOB_ROLE, Reason.KEY_AND_JOB_ROLE, Reason.KEY_ONLY, Reason.KEY_AND_SERVICE_PRINCIPAL}
"""By what a call belongs to a job if its key does: one that only the role tells may be another job's."""
_LOOKS = ("kms:Describe", "kms:Get", "kms:List")
"""How the actions begin that a job can do without: one that succeeded may have been refused them."""


def own_errors(examined: Examined) -> Iterator[TiedEvent]:
    """Yield the errors of those callers whose calls may drive the verdict: not of bystanders on the same key."""
    relevant = {
        (group.caller.across_sessions(), group.action)
        for group in examined.groups
        if group.failed.errors and is_relevant(group) and (not is_onlooker(group) or group in examined.driving)
    }
    for tie in failed_errors(examined):
        caller = tie.event.caller.across_sessions()
        if any((caller, access.action) in relevant for access in tie.event.accesses):
            yield tie


def is_decisive(examined: Examined, tie: TiedEvent) -> bool:
    """Check whether an error can be what the job failed for.

    It cannot when the same call worked later in the job. It is doubtful when it may be that of another job.
    """
    return not (was_survived(examined, tie.event) or may_be_of_another_job(examined.case, tie))


def is_logged_elsewhere(examined: Examined, group: CallerGroup) -> bool:
    """Check whether a refused call would only be logged in an account whose records are not here: the caller's own.

    KMS logs a call across accounts that it refuses in the caller's account only (KMS developer guide, "Logging AWS KMS
    API calls"); a service principal's account is AWS's. The refused call of anybody else would be in the log.
    """
    if group.caller.kind in (CallerKind.SERVICE_PRINCIPAL, CallerKind.CROSS_ACCOUNT):
        return True
    own, keys = group.caller.account, arn_account(group.key)
    return own is not None and keys is not None and own not in (keys, *examined.case.coverage.accounts)


def may_be_refused(examined: Examined, group: CallerGroup) -> bool:
    """Check whether the failed job's calls of a group can have been refused: recorded as such, or absent."""
    return group.failed.errors > 0 or is_logged_elsewhere(examined, group)


def was_survived(examined: Examined, error: Event) -> bool:
    """Check whether the caller made the same call again after the error, and it worked; in a job that failed.

    Of an error that a service passes on, only the role and the action tell which calls are the same.
    """
    return examined.case.failed.job.state != "COMPLETED" and any(
        tie.event.error_code is None and tie.event.event_time >= error.event_time and _is_same_call(tie.event, error)
        for tie in examined.case.failed.events
    )


def _is_same_call(call: Event, error: Event) -> bool:
    if passed_on(error) and error.caller.role_arn:
        actions = {access.action for access in error.accesses}
        is_same = call.caller.role_arn == error.caller.role_arn
        return is_same and any(access.action in actions for access in call.accesses)
    return (
        call.accesses == error.accesses
        and call.encryption_context == error.encryption_context
        and call.caller.across_sessions() == error.caller.across_sessions()
    )


def may_be_of_another_job(case: Case, tie: TiedEvent) -> bool:
    """Check whether a refused call that only the role ties to the job may be another job's of that role.

    On a key that the succeeded job used as well, that is one which did not succeed either: its failure is explained by
    the call. On a key that is known to be the job's by more than its role, or is the only one that can be, the call
    would concern it in any case.
    """
    own = case.failed.job
    was_used = any(tie.event.is_on({access.key}) for one in _succeeded(case) for access in one.event.accesses)
    if was_used and not {*told_keys(own), *own.keys}.difference(access.key for access in tie.event.accesses):
        return False
    return has_other_job(case, tie, only_failed=was_used)


def has_other_job(case: Case, tie: TiedEvent, *, only_failed: bool = True) -> bool:
    """Check whether another job of the role ran when a call was made that only the role ties to the job.

    One that failed, unless a job can do without the call.
    """
    own, moment = case.failed.job, tie.event.event_time
    if not _BY_ROLE.issuperset(tie.reasons) or tie.event.is_on(told_keys(own)):
        return False
    only_failed = only_failed and not all(access.action.startswith(_LOOKS) for access in tie.event.accesses)
    running = (
        job
        for job in case.jobs
        if job.created and job.created <= moment and (job.completed is None or moment <= job.completed)
    )
    return any(
        job.role == own.role and is_of_region(tie.event, job) and not is_same_job(job, own)
        for job in (case.job_index().failed_between(moment, moment) if only_failed else running)
    )


def is_same_job(job: Job, own: Job) -> bool:
    """Check whether a job is the one in question, or its parent."""
    return job.id.casefold() in {own.id.casefold(), (own.parent or "").casefold()}


def doubt_key(case: Case, key: str | None) -> Reason | None:
    """Return why a key may be another job's; None where it is the job's.

    Nothing but a call of the storage service tells that it is the vault's, and such a call names no vault in its
    encryption context; or nothing but a call of the role that it is the resource's. The other job failed in the same
    place at the time, or the service used another key for the failed job as well as for the succeeded one.
    """
    own = case.failed.job
    sides = [side.job for side in (case.failed, case.succeeded) if side is not None]
    origins = {one.origin for job in sides for one in job.key_roles if one.key == key} - {"baseline"}
    start, end = own.created or own.completed, own.completed or own.created
    if not origins or not origins <= {"storage-service", "job-role"} or start is None or end is None:
        return None
    is_vaults = "storage-service" in origins
    used = {one.key for one in own.key_roles if one.origin == "storage-service"}
    if is_vaults and used and key not in used:
        return Reason.KEY_OF_OTHER_VAULT
    for job in case.job_index().failed_between(start, end):
        is_here = (job.region, job.account) == (own.region, own.account) and not is_same_job(job, own)
        if is_here and is_vaults and job.vault and not names_vault(job.vault, own.vault or ""):
            return Reason.KEY_OF_OTHER_VAULT
        if is_here and not is_vaults and job.role == own.role:
            return Reason.ROLE_OF_OTHER_JOB
    return None


def told_keys(job: Job) -> set[str]:
    """Return the keys that are a job's by more than what its role used, which serves other jobs as well."""
    return {one.key for one in job.key_roles if one.origin != "job-role"}


def _succeeded(case: Case) -> Sequence[TiedEvent]:
    return case.succeeded.events if case.succeeded is not None else ()


def standing_of(decisive: Sequence[Event]) -> Confidence:
    """Return how certain it is that the job failed for errors that name a cause, given those that can be decisive.

    Whether a call that another service passes the error of on was made again and worked is in no record that is read.
    """
    if not decisive:
        return "possible"
    return "likely" if all(map(passed_on, decisive)) else "confirmed"


def passed_on(error: Event) -> tuple[Reason, ...]:
    """Return that an error is what another service passes on of KMS's answer, where it is no record of KMS itself."""
    return (Reason.ANSWER_PASSED_ON,) if error.event_source != KMS else ()


def evidence_of(*events: Event) -> tuple[Evidence, ...]:
    """Point to events."""
    return tuple(Evidence(event_id=event.event_id) for event in events)
