"""Rule 3. Refuted by success: the same call worked while the same policy was in force, before or after.

So does another call of the same caller on the key refute a statement that denies it by every word just as well: what
decides both, as the caller's principal, cannot be what the documents say of it.

Source: every call on the key that was read (`Case.uses`), each tied to the policy then in force. It fails where the
call that worked was another request in something that the statement tests and no record tells, and in the first
minutes of a policy, which KMS may not apply at once everywhere (KMS API reference, "PutKeyPolicy": eventual
consistency).
"""

from collections.abc import Iterator
from datetime import timedelta

from msgspec import structs

from trail_diff.case.usage_history import facets_of
from trail_diff.diagnosis.evidence.requests import explained_for, is_same_request, outcome_of, tested_keys
from trail_diff.diagnosis.examined import Examined, Explained
from trail_diff.diagnosis.explain import decide_group, policy_in_force, request_in_failed
from trail_diff.diagnosis.hypotheses.interface import Hypothesis
from trail_diff.diagnosis.statements import key_policy_allows
from trail_diff.model.codes import Cause
from trail_diff.model.learnt import KeyAccess, Use
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Evidence, Judgement

RULE = "refuted-by-success"
TO_SETTLE = timedelta(minutes=5)
"""How long a policy may take to be applied everywhere: KMS says less than five minutes for what it keeps eventually."""


def judge_by_success(examined: Examined, hypothesis: Hypothesis) -> Judgement | None:
    """Judge what the key policy is said to do to a call by calls that it let through."""
    if hypothesis.origin != "key-policy":
        return None
    explained = explained_for(examined, hypothesis)
    if explained is None or explained.call is None:
        return None
    if hypothesis.cause is Cause.KEY_POLICY_NO_ALLOW:
        # those that allow the call no more are among them: a date may have passed
        tested = tested_keys(key_policy_allows(explained.then))
    else:
        outcome = outcome_of(explained, hypothesis)
        tested = tested_keys([outcome]) if outcome is not None else frozenset()
    own = facets_of(explained.call[0])
    for use in successes_under(examined, explained):
        is_alike = not use.has_more_facts and all(is_same_request(own, facts, tested) for facts in use.facts)
        if is_alike and use.action == explained.group.action:
            return Judgement(RULE, "refutes", (Reason.SUCCEEDED_UNDER_STATEMENT,), (Evidence(event_id=use.event_id),))
        if is_alike and _denies_alike(examined, explained, hypothesis, use.action):
            return Judgement(RULE, "refutes", (Reason.DENIES_WHAT_SUCCEEDED,), (Evidence(event_id=use.event_id),))
    return None


def _denies_alike(examined: Examined, explained: Explained, hypothesis: Hypothesis, action: str) -> bool:
    """Check whether the blamed Deny matches the call, with nothing unknown, and would match it with another action."""
    blamed = outcome_of(explained, hypothesis)
    if hypothesis.cause is not Cause.KEY_POLICY_EXPLICIT_DENY or blamed is None or blamed.outcome != "match":
        return False
    if explained.call is None or explained.policy is None:
        return False
    request = request_in_failed(examined.case, (explained.call[0], KeyAccess(action, explained.key)))
    decision = decide_group(explained.group, request, explained.policy, examined.case)
    other = outcome_of(structs.replace(explained, then=decision), hypothesis)
    return other is not None and other.outcome == "match"


def successes_under(examined: Examined, explained: Explained) -> Iterator[Use]:
    """Yield the uses of the same caller and key that worked under the policy in force at the failed job."""
    policy, group = explained.policy, explained.group
    if policy is None or policy.is_todays or policy.since is None or explained.key is None:
        return
    for use in examined.case.uses:
        is_own = use.key == explained.key and use.caller == group.caller.across_sessions()
        if is_own and use.error_code is None and use.last >= policy.since + TO_SETTLE:
            then = policy_in_force(examined.case, explained.key, use.last)
            if then is not None and then.document == policy.document and then.since == policy.since:
                yield use
