"""Why a call of the succeeded job may be absent from the failed one: readings supported, ruled out or open. Pure."""

from collections.abc import Iterator
from datetime import timedelta

from trail_diff.case.coverage import BLOCKING
from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.hypotheses.not_kms import is_about_kms
from trail_diff.diagnosis.hypotheses.refused_calls import is_logged_elsewhere
from trail_diff.events.signs import READS_ONLY, accesses_of, actions_of, traits_of
from trail_diff.model.learnt import Caller
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Absence, CallerGroup, Reading

CACHE_TIME = timedelta(minutes=5)
"""DynamoDB caches a table's plaintext key for five minutes per caller (DynamoDB developer guide, "Encryption at rest");
what others do is not documented, so nothing beyond this time is concluded from it."""


def read_absences(examined: Examined) -> tuple[Absence, ...]:
    """Return the readings for each caller and action that makes the difference and that only the succeeded job has."""
    absent = [group for group in examined.driving if group.presence == "only-succeeded"]
    return tuple(Absence(group.caller, group.action, tuple(_read(examined, group))) for group in absent)


def _read(examined: Examined, group: CallerGroup) -> Iterator[Reading]:
    yield _denied(examined, group)
    yield _not_attempted(examined)
    yield _outside(examined, group)
    yield _not_collected(examined, group)
    yield _cached(examined, group)
    yield _other_key(examined, group)


def _denied(examined: Examined, group: CallerGroup) -> Reading:
    if not is_logged_elsewhere(examined, group):
        return Reading("denied-not-logged", "ruled-out", (Reason.DENIAL_WOULD_BE_LOGGED,))
    explained = examined.explain(group)
    if explained is not None and explained.then.decision in ("explicit-deny", "implicit-deny"):
        return Reading("denied-not-logged", "supported", (Reason.POLICY_DENIES_CALLER, Reason.DENIAL_NOT_LOGGED_HERE))
    if explained is not None and explained.then.decision == "allowed":
        is_todays = explained.policy is not None and explained.policy.is_todays
        reasons = (Reason.POLICY_ALLOWS_CALLER, *((Reason.POLICY_IS_TODAYS,) if is_todays else ()))
        return Reading("denied-not-logged", "open", reasons)
    if is_about_kms(examined.case.failed.job):
        return Reading("denied-not-logged", "supported", (Reason.MESSAGE_NAMES_KMS, Reason.DENIAL_NOT_LOGGED_HERE))
    return Reading("denied-not-logged", "open", (Reason.DENIAL_NOT_LOGGED_HERE,))


def _not_attempted(examined: Examined) -> Reading:
    job = examined.case.failed.job
    if is_about_kms(job):
        return Reading("not-attempted", "ruled-out", (Reason.MESSAGE_NAMES_KMS,))
    if job.message:
        return Reading("not-attempted", "supported", (Reason.MESSAGE_NAMES_NO_KMS,))
    return Reading("not-attempted", "open")


def _outside(examined: Examined, group: CallerGroup) -> Reading:
    case = examined.case
    warnings = case.coverage.warnings
    gaps = (Reason.DELIVERY_DELAY_POSSIBLE, Reason.WINDOW_NOT_COVERED, Reason.JOB_STILL_RUNNING)
    open_gaps = tuple(reason for reason in gaps if reason in warnings)
    if open_gaps:
        return Reading("outside-window", "open", open_gaps)
    if case.failed.job.kind == "window":
        return Reading("outside-window", "open")
    if any(case.failed.untied.find(accesses_of, _call_of(group))):
        return Reading("outside-window", "open", (Reason.SAME_CALL_NEAR_WINDOW,))
    return Reading("outside-window", "ruled-out", (Reason.JOB_ENDED_IN_WINDOW,))


def _not_collected(examined: Examined, group: CallerGroup) -> Reading:
    case = examined.case
    gaps = tuple(reason for reason in case.coverage.warnings if reason in BLOCKING or reason is Reason.FETCH_TRUNCATED)
    if group.caller.account in case.coverage.accounts:
        # A refused call is in the caller's own account, which was read.
        gaps = tuple(reason for reason in gaps if reason is not Reason.ACCOUNT_NOT_COVERED)
    if gaps:
        return Reading("not-collected", "supported", gaps)
    if any(case.failed.untied.find(traits_of, READS_ONLY)):
        return Reading("not-collected", "ruled-out", (Reason.OTHER_CALLS_IN_WINDOW,))
    if any(tie.event.read_only for tie in case.failed.events):
        return Reading("not-collected", "ruled-out", (Reason.CALLS_OF_THE_JOB_IN_WINDOW,))
    return Reading("not-collected", "open")


def _cached(examined: Examined, group: CallerGroup) -> Reading:
    start = examined.case.failed.job.created or examined.case.failed.window.start
    failed = examined.case.failed
    calls = failed.find(accesses_of, _call_of(group))
    if any(start - CACHE_TIME <= event.event_time < start for event in calls):
        return Reading("cached-data-key", "open", (Reason.CALLED_JUST_BEFORE,))
    if is_about_kms(failed.job):
        return Reading("cached-data-key", "ruled-out", (Reason.MESSAGE_NAMES_KMS,))
    return Reading("cached-data-key", "open", (Reason.NOT_CALLED_JUST_BEFORE,))


def _other_key(examined: Examined, group: CallerGroup) -> Reading:
    caller, action, key = _call_of(group)
    calls = examined.case.failed.find(actions_of, (caller, action))
    if any((access.action == action and access.key != key) for event in calls for access in event.accesses):
        return Reading("different-key", "open", (Reason.SAME_CALL_ON_OTHER_KEY,))
    if Reason.BASELINE_OTHER_VAULT in examined.case.coverage.warnings:
        return Reading("different-key", "open", (Reason.BASELINE_OTHER_VAULT,))
    return Reading("different-key", "ruled-out", (Reason.NO_CALL_ON_OTHER_KEY,))


def _call_of(group: CallerGroup) -> tuple[Caller, str, str | None]:
    return group.caller.across_sessions(), group.action, group.key
