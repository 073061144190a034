"""Rule 5. Siblings: other service principals that pass or fail under the same statement.

Source: calls of other AWS services on the same key under the same policy. Only a statement whose tests cannot tell one
service from another says the same of both: it tests nothing that names the service, the resource it works for or the
request. It fails where AWS treats two services differently in something that is not documented.
"""

from trail_diff.diagnosis.evidence.refuted_by_success import TO_SETTLE
from trail_diff.diagnosis.evidence.requests import explained_for, outcome_of, tested_keys
from trail_diff.diagnosis.examined import Examined, Explained
from trail_diff.diagnosis.explain import policy_in_force
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
    """Judge a Deny by the other services that it treats alike."""
    if hypothesis.origin != "key-policy" or hypothesis.cause is not Cause.KEY_POLICY_EXPLICIT_DENY:
        return None
    explained = explained_for(examined, hypothesis)
    if explained is None or not _is_alike_for_all(explained, hypothesis):
        return None
    worked = _worked(examined, explained)
    if worked is not None:
        return Judgement(RULE, "refutes", (Reason.SIBLING_SUCCEEDED,), (worked,))
    return None


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


def _worked(examined: Examined, explained: Explained) -> Evidence | None:
    """Return the call of another service that worked under the same policy; None where there is none."""
    policy, own = explained.policy, explained.group.caller.across_sessions()
    if policy is None or policy.since is None or explained.key is None:
        return None
    for use in examined.case.uses:
        is_other = use.caller.kind is CallerKind.SERVICE_PRINCIPAL and use.caller != own and use.error_code is None
        if is_other and use.key == explained.key and use.last >= policy.since + TO_SETTLE:
            then = policy_in_force(examined.case, explained.key, use.last)
            if then is not None and then.since == policy.since:
                return Evidence(event_id=use.event_id)
    return None
