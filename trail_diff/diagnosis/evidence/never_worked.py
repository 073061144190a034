"""Rule 7. Never worked: a policy that never allowed the caller, or a grant to a principal that is no longer there.

Source: DescribeKey (`KeyManager` is AWS: the policy cannot be edited), and unique ids (`AROA…`) in grants and records.
It fails where the id in the grant is another principal's that only looks like the caller's: so it counts only where
records carry both.
"""

from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.hypotheses.interface import Hypothesis
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Judgement

RULE = "never-worked"
_NEVER = frozenset({Reason.NEVER_ALLOWED, Reason.GRANTEE_WAS_DELETED})


def judge_by_origin(_examined: Examined, hypothesis: Hypothesis) -> Judgement | None:
    """Judge what never can have worked: the hypothesis itself carries what shows it."""
    named = tuple(reason for reason in hypothesis.reasons if reason in _NEVER)
    return Judgement(RULE, "supports", named, hypothesis.evidence) if named else None
