"""Rule 3. Refuted by success: the same call worked while what is blamed was in force, before or after.

So does another call of the same caller on the key refute a statement that denies it by every word just as well: what
decides both, as the caller's principal, cannot be what the documents say of it.

Source: every call on the key that was read (`Case.uses`), each tied to the policy then in force. It fails where the
call that worked was another request in something that the statement tests and no record tells, and in the first
minutes of a policy, which KMS may not apply at once everywhere (KMS API reference, "PutKeyPolicy": eventual
consistency): a success there only puts in doubt. So does one where only today's policy is known, and a change of it in
between may be in no record.
"""

from collections.abc import Iterator

from msgspec import structs

from trail_diff.case.usage_history import facets_of
from trail_diff.diagnosis.evidence.requests import explained_for, is_same_request, outcome_of, tested_keys
from trail_diff.diagnosis.evidence.tested_state import changes_of_tested
from trail_diff.diagnosis.examined import Examined, Explained, holds_as_well
from trail_diff.diagnosis.explain import decide_group, policy_in_force, request_in_failed
from trail_diff.diagnosis.held_grants import granted_meanwhile, held_until_ended
from trail_diff.diagnosis.hypotheses.interface import Hypothesis
from trail_diff.diagnosis.key_history import TO_SETTLE, PolicyVersion
from trail_diff.diagnosis.policy_spans import blamed_in, span_of
from trail_diff.diagnosis.statements import find_covering, key_policy_allows, lost_allows, statements_of
from trail_diff.model.codes import Cause
from trail_diff.model.decisions import CallerDecision
from trail_diff.model.learnt import KeyAccess, Use
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Evidence, Judgement

RULE = "refuted-by-success"


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
    own, told = facets_of(explained.call[0]), []
    for use, is_settled in successes_under(examined, explained, hypothesis):
        is_same = use.action == explained.group.action
        if _is_by_grant(examined, hypothesis, use) or changes_of_tested(
            examined, use.caller, use.key, tested, use.last
        ):
            continue
        if use.has_more_facts or not all(is_same_request(own, facts, tested) for facts in use.facts):
            continue
        is_alike = is_same or _denies_alike(examined, explained, hypothesis, use.action)
        is_lacking = not is_alike and _lacks_alike(examined, explained, hypothesis, use.action)
        if not is_alike and not is_lacking:
            continue
        evidence = (Evidence(event_id=use.event_id),)
        if is_lacking and is_settled:
            told.append(Judgement(RULE, "doubts", (Reason.LACKS_WHAT_SUCCEEDED,), evidence))
        elif is_settled:
            reason = Reason.SUCCEEDED_UNDER_STATEMENT if is_same else Reason.DENIES_WHAT_SUCCEEDED
            return Judgement(RULE, "refutes", (reason,), evidence)
        else:
            is_todays = explained.policy is not None and explained.policy.is_todays
            reason = Reason.WORKED_UNCHANGED if is_todays else Reason.SUCCEEDED_TOO_SOON
            told.append(Judgement(RULE, "doubts", (reason,), evidence))
    return next(iter(told), None)


def _is_by_grant(examined: Examined, hypothesis: Hypothesis, use: Use) -> bool:
    """Check whether a call worked by a grant made since the failed job, or ended before: it tells of no Allow then."""
    if hypothesis.cause is not Cause.KEY_POLICY_NO_ALLOW or hypothesis.caller is None:
        return False
    explained = explained_for(examined, hypothesis)
    if explained is not None and lost_allows(explained) and held_until_ended(examined, hypothesis.caller, use):
        return True
    made = granted_meanwhile(examined, hypothesis.caller, hypothesis.action)
    return made is not None and use.first >= made.event_time


def _denies_alike(examined: Examined, explained: Explained, hypothesis: Hypothesis, action: str) -> bool:
    """Check whether the blamed Deny matches the call, with nothing unknown, and would match it with another action."""
    blamed = outcome_of(explained, hypothesis)
    if hypothesis.cause is not Cause.KEY_POLICY_EXPLICIT_DENY or blamed is None or blamed.outcome != "match":
        return False
    decision = _decide_as(examined, explained, action)
    other = outcome_of(structs.replace(explained, then=decision), hypothesis) if decision is not None else None
    return other is not None and other.outcome == "match"


def _lacks_alike(examined: Examined, explained: Explained, hypothesis: Hypothesis, action: str) -> bool:
    """Check whether nothing known allows the call with another action either: what let that in is not known."""
    if hypothesis.cause is not Cause.KEY_POLICY_NO_ALLOW:
        return False
    decision = _decide_as(examined, explained, action)
    return decision is not None and decision.decision == "implicit-deny"


def _decide_as(examined: Examined, explained: Explained, action: str) -> CallerDecision | None:
    """Decide the call by the policy in force as if it were of another action."""
    if explained.call is None or explained.policy is None:
        return None
    request = request_in_failed(examined.case, (explained.call[0], KeyAccess(action, explained.key)))
    return decide_group(explained.group, request, explained.policy, examined.case)


def _allows_no_more(then: PolicyVersion, policy: PolicyVersion) -> bool:
    """Check whether every Allow of a policy stands in another one too."""
    allows = (one for one in statements_of(then.document) if one.get("Effect") == "Allow")
    return all(find_covering(one, policy.document) is not None for one in allows)


def successes_under(examined: Examined, explained: Explained, hypothesis: Hypothesis) -> Iterator[tuple[Use, bool]]:
    """Yield the uses of the same caller and key that worked under what is blamed, each with whether it had settled."""
    own = explained.group.caller.across_sessions()
    for use in examined.case.uses:
        if use.key == explained.key and use.caller == own and use.error_code is None:
            is_settled = was_settled(examined, explained, hypothesis, use)
            if is_settled is not None:
                yield use, is_settled


def was_settled(examined: Examined, explained: Explained, hypothesis: Hypothesis, use: Use) -> bool | None:
    """Check whether what is blamed had been in force for long enough at a use; None where it was not in force.

    A Deny may have stood in earlier policies and later ones too; what nothing allows now, a policy did not allow whose
    every Allow stands in the one in force.
    """
    policy = explained.policy
    if policy is None or policy.is_todays:
        return holds_as_well(examined.case, use.last) if policy is not None else None
    then = policy_in_force(examined.case, use.key, use.last)
    if then is None or then.is_todays or then.since is None:
        return None
    if then.since == policy.since and then.evidence != policy.evidence:
        return use.last >= then.since + TO_SETTLE  # put in the same second: what came last let the call through
    holds = blamed_in(explained, hypothesis.cause, hypothesis.statement)
    if hypothesis.cause is Cause.KEY_POLICY_NO_ALLOW and not _allows_no_more(then, policy):
        return None
    span = span_of(examined.case, explained, holds, use.last)
    if span is None or span.first.since is None:
        return None
    return use.last >= span.first.since + TO_SETTLE
