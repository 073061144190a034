"""Rule 5. Siblings: other services, other jobs, and the same call on other keys.

Source: calls of other AWS services on the same key under the same policy; the other jobs of the vault before and since
the change; the caller's own calls on other keys whose policies were recorded. Only a statement whose tests cannot tell
one service, or one key, from another says the same of both. It fails where AWS treats two services differently in
something that is not documented, and where something else began with the same change.
"""

from trail_diff.diagnosis.evidence.refuted_by_success import was_settled
from trail_diff.diagnosis.evidence.requests import explained_for, outcome_of, tested_keys
from trail_diff.diagnosis.evidence.sibling_jobs import fail_since, fail_without
from trail_diff.diagnosis.evidence.sibling_keys import worked_under_same, worked_without
from trail_diff.diagnosis.examined import Examined, Explained
from trail_diff.diagnosis.hypotheses.interface import Hypothesis
from trail_diff.diagnosis.statements import statement_at
from trail_diff.model.codes import CallerKind, Cause
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Evidence, Judgement

RULE = "siblings"
_ALIKE_FOR_SERVICES = frozenset(
    {
        "aws:principalarn",
        "aws:principalaccount",
        "aws:principaltype",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:principalisawsservice",
        "aws:viaawsservice",
        "aws:username",
        "kms:calleraccount",
        "kms:viaservice",
    }
)


def judge_by_siblings(examined: Examined, hypothesis: Hypothesis) -> Judgement | None:
    """Judge what a policy does by others that it treats alike, and a change by what began with it."""
    explained = explained_for(examined, hypothesis) if hypothesis.origin == "key-policy" else None
    if explained is not None and hypothesis.cause is Cause.KEY_POLICY_EXPLICIT_DENY:
        worked = _worked(examined, explained, hypothesis) if _is_alike_for_all(explained, hypothesis) else None
        if worked is not None and worked.says == "refutes":
            return worked
        same = worked_under_same(examined, explained, hypothesis)
        if same is not None:
            return Judgement(RULE, "refutes", (same[0],), same[1])
        if worked is not None:
            return worked
    if hypothesis.origin not in ("key-policy", "grants"):
        return None
    without = fail_without(examined, hypothesis)
    if without is not None:
        return Judgement(RULE, "doubts", (without[0],), without[1])
    told = [
        fail_since(examined, hypothesis),
        worked_without(examined, explained, hypothesis) if explained is not None else None,
    ]
    said = [one for one in told if one is not None]
    reasons, evidence = tuple(reason for reason, _ in said), tuple(one for _, ones in said for one in ones)
    return Judgement(RULE, "supports", reasons, evidence) if said else None


def _is_alike_for_all(explained: Explained, hypothesis: Hypothesis) -> bool:
    """Check whether the statement cannot tell one service principal from another, for any action."""
    outcome = outcome_of(explained, hypothesis)
    if outcome is None or explained.policy is None or explained.group.caller.kind is not CallerKind.SERVICE_PRINCIPAL:
        return False
    raw = statement_at(explained.policy.document, outcome.index) or {}
    principal = raw.get("Principal")
    names_all = principal == "*" or (isinstance(principal, dict) and principal.get("AWS") in ("*", ["*"]))
    return (
        names_all and raw.get("Action") in ("kms:*", "*", ["kms:*"]) and tested_keys([outcome]) <= _ALIKE_FOR_SERVICES
    )


def _worked(examined: Examined, explained: Explained, hypothesis: Hypothesis) -> Judgement | None:
    """Judge by another service's call that worked under the same statement: refuted, in doubt before it settled."""
    own, doubts = explained.group.caller.across_sessions(), None
    for use in examined.case.uses:
        is_other = use.caller.kind is CallerKind.SERVICE_PRINCIPAL and use.caller != own and use.error_code is None
        if not is_other or use.key != explained.key:
            continue
        evidence = (Evidence(event_id=use.event_id),)
        match was_settled(examined, explained, hypothesis, use):
            case True:
                return Judgement(RULE, "refutes", (Reason.SIBLING_SUCCEEDED,), evidence)
            case False:
                doubts = doubts or Judgement(RULE, "doubts", (Reason.SUCCEEDED_TOO_SOON,), evidence)
    return doubts
