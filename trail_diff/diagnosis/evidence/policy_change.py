"""Rule 2. What changed between: the policies in force at the two jobs, statement by statement.

Source: PutKeyPolicy and CreateKey records carry the whole policy. The statements that were added or altered and could
flip the call are the suspects; what did not change, and let the same call through, is not. It fails where the call of
the failed job was another request than the one that worked in something that the statement tests and no record tells.
"""

from trail_diff.diagnosis.evidence.requests import explained_for, outcome_of, tested_keys, worked_alike
from trail_diff.diagnosis.examined import Examined, Explained
from trail_diff.diagnosis.hypotheses.interface import Hypothesis
from trail_diff.diagnosis.policy_spans import blamed_in, span_of
from trail_diff.diagnosis.statements import applying_allows, find_covering, key_policy_allows, statement_at
from trail_diff.model.codes import Cause
from trail_diff.model.decisions import StatementOutcome
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Evidence, Judgement

RULE = "policy-change"


def judge_by_change(examined: Examined, hypothesis: Hypothesis) -> Judgement | None:
    """Judge a Deny, or a missing Allow, of the key policy by what changed in it between the jobs."""
    if hypothesis.origin != "key-policy":
        return None
    explained = explained_for(examined, hypothesis)
    if explained is None or explained.policy is None:
        return None
    if explained.before_policy is None:
        return _put_between(examined, explained)
    if hypothesis.cause is Cause.KEY_POLICY_NO_ALLOW:
        return _judge_allow(examined, explained, hypothesis)
    return _judge_deny(examined, explained, hypothesis)


def _judge_deny(examined: Examined, explained: Explained, hypothesis: Hypothesis) -> Judgement | None:
    outcome = outcome_of(explained, hypothesis)
    if explained.policy is None or explained.before_policy is None or outcome is None:
        return None
    statement = statement_at(explained.policy.document, outcome.index)
    old = explained.before_policy
    same = find_covering(statement, old.document) if statement is not None else None
    if same is not None:
        is_same = worked_alike(examined, explained, tested_keys([outcome]))
        if is_same is True or (is_same is None and _came_out_alike(explained, outcome, same)):
            return Judgement(RULE, "refutes", (Reason.POLICY_SAME_FOR_SUCCEEDED,), (old.evidence,))
        return None
    sids = {one.sid for one in explained.before.statements} if explained.before else set()
    reason = Reason.STATEMENT_ALTERED if outcome.sid is not None and outcome.sid in sids else Reason.STATEMENT_ADDED
    return Judgement(RULE, "supports", (reason,), (_brought_by(examined, explained, hypothesis),))


def _came_out_alike(explained: Explained, outcome: StatementOutcome, same: int) -> bool:
    """Check whether a statement came out the same for certain when the call worked, so that it cannot be to blame."""
    group = explained.group
    if explained.before is None or group.succeeded.calls <= group.succeeded.errors:
        return False
    before = next((one for one in explained.before.statements if one.index == same), None)
    return before is not None and before.outcome == outcome.outcome == "match"


def _judge_allow(examined: Examined, explained: Explained, hypothesis: Hypothesis) -> Judgement | None:
    if explained.policy is None or explained.before_policy is None or explained.before is None:
        return None
    old, new = explained.before_policy.document, explained.policy.document
    before = applying_allows(explained.before)
    lost = [one for one in before if (raw := statement_at(old, one.index)) is None or find_covering(raw, new) is None]
    if lost:
        still = {one.sid for one in explained.then.statements if one.sid is not None}
        reason = Reason.STATEMENT_ALTERED if any(one.sid in still for one in lost) else Reason.STATEMENT_REMOVED
        return Judgement(RULE, "supports", (reason,), (_brought_by(examined, explained, hypothesis),))
    # where the policy before did not allow this very request either, any Allow may have let the other one through
    if worked_alike(examined, explained, tested_keys(before or key_policy_allows(explained.before))):
        return Judgement(RULE, "refutes", (Reason.POLICY_SAME_FOR_SUCCEEDED,), (explained.before_policy.evidence,))
    return None


def _brought_by(examined: Examined, explained: Explained, hypothesis: Hypothesis) -> Evidence:
    """Point to the change that brought what is blamed: the first of the policies that have it."""
    holds = blamed_in(explained, hypothesis.cause, hypothesis.statement)
    span = span_of(examined.case, explained, holds)
    return span.first.evidence if span is not None else hypothesis.evidence[0]


def _put_between(examined: Examined, explained: Explained) -> Judgement | None:
    """Judge by a policy that was put between the jobs where the one before is not known: it may have changed this."""
    policy, succeeded = explained.policy, examined.case.succeeded
    if policy is None or policy.since is None or succeeded is None:
        return None
    if policy.since < (succeeded.job.completed or succeeded.window.start):
        return None
    return Judgement(RULE, "supports", (Reason.POLICY_PUT_BETWEEN,), (policy.evidence,))
