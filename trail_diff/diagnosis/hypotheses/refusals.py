"""Causes that KMS itself states by its error code: a wrong encryption context, and throttling."""

from collections.abc import Iterator, Mapping

from trail_diff.diagnosis.examined import Examined, Explained
from trail_diff.diagnosis.hypotheses.interface import CauseText, Hypothesis, refuted
from trail_diff.diagnosis.hypotheses.not_kms import is_about_kms
from trail_diff.diagnosis.hypotheses.refused_calls import (
    THROTTLING_ERRORS,
    evidence_of,
    is_decisive,
    own_errors,
    was_survived,
)
from trail_diff.model.codes import Cause, Confidence
from trail_diff.model.learnt import TiedEvent
from trail_diff.model.reasons import Reason

TEXTS: Mapping[Cause, CauseText] = {
    Cause.ENCRYPTION_CONTEXT_MISMATCH: CauseText(
        means="KMS refused the ciphertext, or a grant's constraint does not fit the encryption context.",
        evidence="An InvalidCiphertextException or IncorrectKeyException; or the grant's constraints.",
        helps="Send the encryption context that was used to encrypt, or name the key that was; where a "
        "grant is for another context, make one for the caller's.",
        remedies=(
            "send-encryption-context",
            "create-fitting-grant",
            "name-encrypting-key",
        ),
    ),
    Cause.KMS_THROTTLED: CauseText(
        means="KMS throttled the job's calls.",
        evidence="A ThrottlingException with no later try that worked; confirmed when the job's own message says so, "
        "only possible when the message speaks of the key.",
        helps="Raise the quota, which the step shows, or spread the jobs.",
    ),
}


_CONTEXT_ERRORS = frozenset({"InvalidCiphertextException", "IncorrectKeyException"})
_THROTTLING_WORDS = ("throttl", "rate exceeded", "request rate")


def propose_context(examined: Examined) -> Iterator[Hypothesis]:
    """Examine whether KMS refused the ciphertext for its encryption context, or a grant's constraint did not fit."""
    errors = _errors(examined, _CONTEXT_ERRORS)
    if errors:
        events = [tie.event for tie in errors]
        yield Hypothesis(
            cause=Cause.ENCRYPTION_CONTEXT_MISMATCH,
            standing="confirmed" if is_decisive(examined, errors[0]) else "possible",
            caller=events[0].caller,
            action=events[0].accesses[0].action if events[0].accesses else None,
            reasons=(Reason.RECORD_STATES_CONTEXT,),
            evidence=evidence_of(*events[:3]),
        )
        return
    for group in examined.driving:
        explained = examined.explain(group)
        if group.failed.errors and explained is not None and _is_off_by_context(examined, explained):
            yield Hypothesis(
                cause=Cause.ENCRYPTION_CONTEXT_MISMATCH,
                standing="likely",
                caller=group.caller,
                action=group.action,
                layer="grant",
                reasons=(Reason.GRANT_CONSTRAINT_DIFFERS,),
            )


def _is_off_by_context(examined: Examined, explained: Explained) -> bool:
    """Check whether a grant would allow the refused call but for its context, with which the call never worked."""
    if explained.then.decision != "implicit-deny" or explained.call is None:
        return False
    refused, access = explained.call
    sides = [side for side in (examined.case.failed, examined.case.succeeded) if side is not None]
    has_worked = any(
        tie.event.error_code is None
        and tie.event.encryption_context == refused.encryption_context
        and tie.event.caller.across_sessions() == refused.caller.across_sessions()
        and any(one.action == access.action and one.key in (access.key, None) for one in tie.event.accesses)
        for side in sides
        for tie in side.events
    )
    reasons = (reason for one in explained.then.statements for reason in one.reasons)
    return not has_worked and Reason.GRANT_CONSTRAINT_DIFFERS in reasons


def propose_throttling(examined: Examined) -> Iterator[Hypothesis]:
    """Examine whether KMS throttled the failed job.

    That it failed for it is certain when its message says so, likely when the message says nothing of a key; a call
    that was made again and worked was no reason to fail.
    """
    errors = _errors(examined, THROTTLING_ERRORS)
    left = [tie for tie in errors if not was_survived(examined, tie.event)]
    if not left:
        yield refuted(Cause.KMS_THROTTLED, (Reason.THROTTLING_SURVIVED if errors else Reason.NO_THROTTLING,))
        return
    is_own = is_decisive(examined, left[0])
    events = [tie.event for tie in left if not is_own or is_decisive(examined, tie)]
    yield Hypothesis(
        cause=Cause.KMS_THROTTLED,
        standing=_confidence(examined, is_own=is_own),
        caller=events[0].caller,
        action=events[0].accesses[0].action if events[0].accesses else None,
        reasons=(Reason.RECORD_STATES_THROTTLING,),
        evidence=evidence_of(*events[:3]),
    )


def _confidence(examined: Examined, *, is_own: bool) -> Confidence:
    job = examined.case.failed.job
    if any(word in (job.message or "").lower() for word in _THROTTLING_WORDS):
        return "confirmed" if is_own else "likely"
    return "possible" if is_about_kms(job) or not is_own else "likely"


def _errors(examined: Examined, codes: frozenset[str]) -> list[TiedEvent]:
    """Return the job's errors of these codes, those that it can have failed for first."""
    errors = [tie for tie in own_errors(examined) if (tie.event.error_code or "") in codes]
    return sorted(errors, key=lambda tie: not is_decisive(examined, tie))
