"""Causes in the key policy that is evaluated: an explicit deny, or nothing that allows.

The decision holds for the very call that the succeeded job made. Where the policy in force at the succeeded job is
known and refuses that call too, the call succeeded nonetheless, so the policy cannot be why it is missing now. That
today's policy allows a call rules nothing out: it may have been repaired since.
"""

from collections.abc import Iterator

from trail_diff.diagnosis.examined import Examined, Explained
from trail_diff.diagnosis.hypotheses.interface import Hypothesis, refuted
from trail_diff.diagnosis.hypotheses.refused_calls import may_be_refused
from trail_diff.diagnosis.hypotheses.stated import deny_of
from trail_diff.model.codes import Cause, Confidence
from trail_diff.model.reasons import Reason
from trail_diff.model.report import CallerDecision, CallerGroup, Evidence, StatementRef


def propose_key_policy(examined: Examined) -> Iterator[Hypothesis]:
    """Examine what the policy in force decided on each caller that is missing or was refused without a stated layer."""
    denied = allowed = 0
    for group in examined.driving:
        explained = examined.explain(group)
        if explained is None or _has_stated_layer(examined, group.caller.across_sessions(), group.action):
            continue
        if explained.then.decision == "allowed" and explained.policy is not None and not explained.policy.is_todays:
            allowed += 1
        finding = _find(examined, explained)
        if finding is not None and finding.standing != "refuted":
            denied += 1
        if finding is not None:
            yield finding
    if allowed and not denied:
        yield refuted(Cause.KEY_POLICY_EXPLICIT_DENY, (Reason.POLICY_ALLOWS_CALLER,))
        yield refuted(Cause.KEY_POLICY_NO_ALLOW, (Reason.POLICY_ALLOWS_CALLER,))


def _find(examined: Examined, explained: Explained) -> Hypothesis | None:
    decision = explained.then
    if decision.decision == "explicit-deny" and (reference := deny_of(decision)) is not None:
        cause, reasons = Cause.KEY_POLICY_EXPLICIT_DENY, [Reason.STATEMENT_DENIES]
    elif decision.decision == "implicit-deny" and decision.layer == "key-policy":
        cause, reference, reasons = Cause.KEY_POLICY_NO_ALLOW, None, [Reason.NO_KEY_POLICY_ALLOW]
    elif _lost_allow(explained):
        cause, reference, reasons = Cause.KEY_POLICY_NO_ALLOW, None, [Reason.POLICY_LOST_ALLOW]
    else:
        return None
    before = explained.before.decision if explained.before is not None else "undetermined"
    was_refused = before == decision.decision != "undetermined"
    denies_only_now = decision.decision == "explicit-deny" and before in ("allowed", "implicit-deny")
    if ((explained.policy_unchanged and not denies_only_now) or was_refused) and has_worked(explained.group):
        return refuted(cause, (Reason.POLICY_SAME_FOR_SUCCEEDED,))
    return _make_finding(examined, explained, cause, reference, reasons)


_NOT_OF_THE_POLICY = frozenset(
    {Reason.GRANTS_NOT_GIVEN, Reason.IDENTITY_POLICIES_NOT_GIVEN, Reason.GRANT_ACROSS_ACCOUNTS}
)
"""What keeps a decision open though the key policy itself is decided."""


def _lost_allow(explained: Explained) -> bool:
    """Check whether the policy before allowed the call and the one in force does not, whatever else is not known."""
    then, before = explained.then, explained.before
    if then.decision != "undetermined" or before is None or not set(then.reasons) <= _NOT_OF_THE_POLICY:
        return False
    is_open = any(one.outcome == "unknown" for one in then.statements if one.layer == "key-policy")
    return not is_open and _has_allow(before) and not _has_allow(then)


def _has_allow(decision: CallerDecision) -> bool:
    return any(
        one.effect == "Allow" and one.outcome == "match" and one.layer == "key-policy" for one in decision.statements
    )


def has_worked(group: CallerGroup) -> bool:
    """Check whether the succeeded job's call was let through."""
    return group.succeeded.calls > group.succeeded.errors


def _make_finding(
    examined: Examined, explained: Explained, cause: Cause, statement: StatementRef | None, reasons: list[Reason]
) -> Hypothesis:
    policy, group = explained.policy, explained.group
    is_certain = Reason.POLICY_LOST_ALLOW not in reasons
    if policy is not None and policy.is_todays:
        reasons.append(Reason.POLICY_IS_TODAYS)
        is_certain = False
    if explained.put_during_job:
        reasons.append(Reason.CHANGED_DURING_JOB)
        is_certain = False
    confidence: Confidence = "confirmed" if is_certain else "likely"
    if not may_be_refused(examined, group):
        reasons.append(Reason.DENIAL_WOULD_BE_LOGGED)
        confidence = "possible"
    reasons.append(Reason.CALLER_REFUSED if group.failed.errors else Reason.CALLER_MISSING)
    return Hypothesis(
        cause=cause,
        standing=confidence,
        caller=group.caller,
        action=group.action,
        layer="key-policy",
        statement=statement,
        reasons=tuple(reasons),
        evidence=_evidence(explained, statement),
    )


def _evidence(explained: Explained, statement: StatementRef | None) -> tuple[Evidence, ...]:
    if explained.policy is None:
        return ()
    evidence = explained.policy.evidence
    if statement is None or evidence.file is None:
        return (evidence,)
    return (Evidence(file=evidence.file, path=f"{evidence.path or ''}/Statement/{statement.index - 1}"),)


def _has_stated_layer(examined: Examined, caller: object, action: str) -> bool:
    return any(
        tie.event.denial is not None
        and tie.event.denial.layer is not None
        and tie.event.caller.across_sessions() == caller
        and any(access.action == action for access in tie.event.accesses)
        for tie in examined.case.failed.events
    )
