"""Causes in the key itself: disabled, pending deletion, unavailable, not found.

Evidence, the strongest first: an error of the failed job's own call that names the state; the event that set the state
before the job, with none that undid it; today's DescribeKey, which says nothing of the job's time unless nothing
changed since. A call that used the key in the window proves that it was enabled.
"""

from collections.abc import Iterator, Mapping

from trail_diff.causes.interface import Examined, evidence_of, failed_errors
from trail_diff.history import KeyStateAt, state_at
from trail_diff.model import Cause, Confidence, Event, Evidence, Finding, Reason, RuledOut

CRYPTO_ACTIONS = frozenset(
    {
        "kms:Decrypt",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
    }
)
"""Actions that KMS refuses unless the key is enabled (KMS developer guide, "Key states of AWS KMS keys")."""

_CAUSES: Mapping[str, Cause] = {
    "Disabled": Cause.KEY_DISABLED,
    "PendingDeletion": Cause.KEY_PENDING_DELETION,
    "PendingReplicaDeletion": Cause.KEY_PENDING_DELETION,
    "Unavailable": Cause.KEY_UNAVAILABLE,
    "PendingImport": Cause.KEY_UNAVAILABLE,
    "Creating": Cause.KEY_UNAVAILABLE,
    "Updating": Cause.KEY_UNAVAILABLE,
    "Deleted": Cause.KEY_NOT_FOUND,
}
_ERRORS: Mapping[str, Cause] = {
    "DisabledException": Cause.KEY_DISABLED,
    "NotFoundException": Cause.KEY_NOT_FOUND,
    "KeyUnavailableException": Cause.KEY_UNAVAILABLE,
    "KMSInvalidStateException": Cause.KEY_UNAVAILABLE,
}


def examine_key_state(examined: Examined) -> Iterator[Finding | RuledOut]:
    """Examine the state of the key at the time of the failed job."""
    stated = list(_stated(examined))
    yield from stated
    if stated or examined.key is None:
        return
    state = _state_then(examined, examined.key)
    if _is_used(examined, examined.key):
        yield from (RuledOut(cause, (Reason.KEY_USED_IN_WINDOW,)) for cause in _of_the_state())
    elif state is not None and state.state in _CAUSES:
        yield from _from_state(examined, state)
    elif state is not None:
        yield from (RuledOut(cause, (Reason.KEY_STATE_ENABLED,)) for cause in _of_the_state())


def _stated(examined: Examined) -> Iterator[Finding]:
    """Give a finding for each state that an error of the failed job names; one for each cause."""
    found: dict[Cause, list[Event]] = {}
    for tie in failed_errors(examined):
        cause = _ERRORS.get((tie.event.error_code or "").split(".")[-1])
        if cause is not None:
            message = (tie.event.error_message or "").lower()
            if "pending deletion" in message or "pending replica deletion" in message:
                cause = Cause.KEY_PENDING_DELETION
            found.setdefault(cause, []).append(tie.event)
    for cause, events in found.items():
        yield Finding(
            cause=cause,
            confidence="confirmed",
            caller=events[0].caller.across_sessions(),
            action=events[0].accesses[0].action if events[0].accesses else None,
            layer="key-state",
            reasons=(Reason.RECORD_STATES_KEY_STATE, *_set_by(examined)),
            evidence=evidence_of(*events[:3]) + _evidence_of_change(examined),
        )


def _from_state(examined: Examined, state: KeyStateAt) -> Iterator[Finding | RuledOut]:
    if not examined.driving:
        return
    before = (
        examined.case.succeeded
        and examined.key
        and state_at(examined.case.changes, examined.key, examined.case.succeeded.window.end, examined.case.facts)
    )
    if state.event is not None and before and before.state == state.state and before.event == state.event:
        yield RuledOut(_CAUSES[state.state], (Reason.KEY_STATE_SAME_FOR_SUCCEEDED,))
        return
    confidence: Confidence = "confirmed" if state.event is not None else "possible"
    reason = Reason.KEY_STATE_CHANGED_BEFORE_JOB if state.event is not None else Reason.KEY_STATE_TODAY
    group = examined.driving[0]
    yield Finding(
        cause=_CAUSES[state.state],
        confidence=confidence,
        caller=group.caller,
        action=group.action,
        layer="key-state",
        reasons=(reason,),
        evidence=(state.evidence,),
    )


def _state_then(examined: Examined, key: str) -> KeyStateAt | None:
    """Give the state while the job ran: a change during the job counts when it is for the worse."""
    case = examined.case
    job = case.failed.job
    start, end = job.created or case.failed.window.start, job.completed or case.failed.window.end
    at_end = state_at(case.changes, key, end, case.facts)
    if at_end is not None and at_end.state in _CAUSES:
        return at_end
    return state_at(case.changes, key, start, case.facts)


def _is_used(examined: Examined, key: str) -> bool:
    """Tell whether somebody used the key for cryptography while the job ran."""
    failed = examined.case.failed
    start, end = failed.job.created or failed.window.start, failed.job.completed or failed.window.end
    events = (*(tie.event for tie in failed.events), *failed.untied)
    return any(
        event.error_code is None
        and start <= event.event_time <= end
        and any(access.key == key and access.action in CRYPTO_ACTIONS for access in event.accesses)
        for event in events
    )


def _set_by(examined: Examined) -> tuple[Reason, ...]:
    return (Reason.KEY_STATE_CHANGED_BEFORE_JOB,) if _evidence_of_change(examined) else ()


def _evidence_of_change(examined: Examined) -> tuple[Evidence, ...]:
    state = _state_then(examined, examined.key) if examined.key else None
    return (state.evidence,) if state is not None and state.event is not None and state.state in _CAUSES else ()


def _of_the_state() -> tuple[Cause, ...]:
    return (Cause.KEY_DISABLED, Cause.KEY_PENDING_DELETION, Cause.KEY_UNAVAILABLE, Cause.KEY_NOT_FOUND)
