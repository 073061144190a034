"""Rule 9. A refusal would be recorded: the call of a role or user of an account that was read is missing altogether.

Source: KMS logs a refused call in the caller's account (KMS developer guide, "Logging AWS KMS API calls"); only that of
a service principal or of another account is logged elsewhere. It fails where the log has a gap: it says nothing then.
"""

from trail_diff.case.coverage import BLOCKING
from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.hypotheses.interface import Hypothesis
from trail_diff.diagnosis.hypotheses.refused_calls import may_be_refused
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Judgement

RULE = "refusal-recorded"
_GAPS = BLOCKING | {Reason.INPUT_PARTLY_READ, Reason.FETCH_TRUNCATED, Reason.DELIVERY_DELAY_POSSIBLE}


def judge_by_silence(examined: Examined, hypothesis: Hypothesis) -> Judgement | None:
    """Judge that a call was refused by the refusal that nobody recorded."""
    if hypothesis.layer not in ("key-policy", "grant") or hypothesis.caller is None or hypothesis.origin == "stated":
        return None
    if not _GAPS.isdisjoint(examined.case.coverage.warnings):
        return None
    for group in examined.driving:
        is_own = (group.caller.across_sessions(), group.action) == hypothesis.call() and group.key == hypothesis.key
        if is_own and not may_be_refused(examined, group):
            return Judgement(RULE, "refutes", (Reason.DENIAL_WOULD_BE_LOGGED,))
    return None
