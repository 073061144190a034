"""Rule 8. The value's domain: what a condition key can be for this caller decides, and its grade limits the certainty.

Source: the evaluator, which has a domain for each condition key and kind of caller with its grade (recorded,
documented, inferred). A condition is decided where every value of the domain agrees. It fails where AWS sends a value
outside the documented domain; from an inferred one no finding is more than likely.
"""

from trail_diff.diagnosis.evidence.requests import explained_for, outcome_of
from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.hypotheses.interface import Hypothesis
from trail_diff.model.codes import Cause
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Judgement

RULE = "domain"


def judge_by_domain(examined: Examined, hypothesis: Hypothesis) -> Judgement | None:
    """Judge a Deny that matches: whatever the keys that it tests can be for this caller, it denies."""
    if hypothesis.origin != "key-policy" or hypothesis.cause is not Cause.KEY_POLICY_EXPLICIT_DENY:
        return None
    explained = explained_for(examined, hypothesis)
    outcome = outcome_of(explained, hypothesis) if explained is not None else None
    if outcome is None or outcome.outcome != "match":
        return None
    reasons = tuple(dict.fromkeys(one.reason for one in outcome.conditions if one.outcome == "match"))
    return Judgement(RULE, "supports", reasons or (Reason.STATEMENT_DENIES,), hypothesis.evidence)
