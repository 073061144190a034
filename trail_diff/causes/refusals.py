"""Causes that KMS itself states by its error code: a wrong encryption context, and throttling."""

from collections.abc import Iterator

from trail_diff.causes.interface import Examined, evidence_of, failed_errors
from trail_diff.model import Cause, Event, Finding, Reason, RuledOut

_CONTEXT_ERRORS = frozenset({"InvalidCiphertextException", "IncorrectKeyException"})
_THROTTLING_ERRORS = frozenset(
    {"ThrottlingException", "Throttling", "RequestLimitExceeded", "TooManyRequestsException"}
)
_THROTTLING_WORDS = ("throttl", "rate exceeded", "request rate")


def examine_context(examined: Examined) -> Iterator[Finding | RuledOut]:
    """Examine whether KMS refused the ciphertext for its encryption context, or a grant's constraint did not fit."""
    events = _events(examined, _CONTEXT_ERRORS)
    if events:
        yield Finding(
            cause=Cause.ENCRYPTION_CONTEXT_MISMATCH,
            confidence="confirmed",
            caller=events[0].caller,
            action=events[0].accesses[0].action if events[0].accesses else None,
            reasons=(Reason.RECORD_STATES_CONTEXT,),
            evidence=evidence_of(*events[:3]),
        )
        return
    for group in examined.driving:
        explained = examined.explain(group)
        if explained is None or explained.then.decision != "implicit-deny":
            continue
        if Reason.GRANT_CONSTRAINT_DIFFERS in explained.then.reasons:
            yield Finding(
                cause=Cause.ENCRYPTION_CONTEXT_MISMATCH,
                confidence="likely",
                caller=group.caller,
                action=group.action,
                layer="grant",
                reasons=(Reason.GRANT_CONSTRAINT_DIFFERS,),
            )


def examine_throttling(examined: Examined) -> Iterator[Finding | RuledOut]:
    """Examine whether KMS throttled the failed job; that it failed for it is certain only when its message says so."""
    events = _events(examined, _THROTTLING_ERRORS)
    message = (examined.case.failed.job.message or "").lower()
    if not events:
        yield RuledOut(Cause.KMS_THROTTLED, (Reason.NO_THROTTLING,))
        return
    is_told = any(word in message for word in _THROTTLING_WORDS)
    yield Finding(
        cause=Cause.KMS_THROTTLED,
        confidence="confirmed" if is_told else "likely",
        caller=events[0].caller,
        action=events[0].accesses[0].action if events[0].accesses else None,
        reasons=(Reason.RECORD_STATES_THROTTLING,),
        evidence=evidence_of(*events[:3]),
    )


def _events(examined: Examined, codes: frozenset[str]) -> list[Event]:
    return [tie.event for tie in failed_errors(examined) if (tie.event.error_code or "") in codes]
