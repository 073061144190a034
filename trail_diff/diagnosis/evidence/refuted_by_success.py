"""Rule 3. Refuted by success: the same call worked while the same policy was in force, before or after.

Source: every call on the key that was read (`Case.uses`), each tied to the policy then in force. It fails where the
call that worked was another request in something that the statement tests and no record tells, and in the first
minutes of a policy, which KMS may not apply at once everywhere (KMS API reference, "PutKeyPolicy": eventual
consistency).
"""

from collections.abc import Iterator
from datetime import timedelta

from trail_diff.case.usage_history import facets_of
from trail_diff.diagnosis.evidence.requests import explained_for, is_same_request, outcome_of, tested_keys
from trail_diff.diagnosis.examined import Examined, Explained
from trail_diff.diagnosis.explain import policy_in_force
from trail_diff.diagnosis.hypotheses.interface import Hypothesis
from trail_diff.diagnosis.statements import key_policy_allows
from trail_diff.model.codes import Cause
from trail_diff.model.learnt import Use
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
        if not use.has_more_facts and all(is_same_request(own, facts, tested) for facts in use.facts):
            return Judgement(RULE, "refutes", (Reason.SUCCEEDED_UNDER_STATEMENT,), (Evidence(event_id=use.event_id),))
    return None


def successes_under(examined: Examined, explained: Explained) -> Iterator[Use]:
    """Yield the uses of the same caller, action and key that worked under the policy in force at the failed job."""
    policy, group = explained.policy, explained.group
    if policy is None or policy.is_todays or policy.since is None or explained.key is None:
        return
    for use in examined.case.uses:
        is_same_call = (use.key, use.action) == (explained.key, group.action) and use.error_code is None
        if is_same_call and use.caller == group.caller.across_sessions() and use.last >= policy.since + TO_SETTLE:
            then = policy_in_force(examined.case, explained.key, use.last)
            if then is not None and then.document == policy.document and then.since == policy.since:
                yield use
