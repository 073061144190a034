"""Rule 1. The record or the message names it: the layer, the statement's kind, the key state.

Source: `errorCode` and `errorMessage` of the failed job's own calls, and the job's message (IAM user guide,
"Troubleshoot access denied error messages"; KMS developer guide, "Key states"). CloudTrail names one layer only, even
when several refuse; so what is named is certain, and the silence about the others is not. It fails where the call that
was refused is not what the job failed for.
"""

from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.hypotheses.interface import Hypothesis
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Judgement

RULE = "stated"
_STATED = frozenset(
    {
        Reason.RECORD_STATES_LAYER,
        Reason.MESSAGE_STATES_LAYER,
        Reason.RECORD_STATES_KEY_STATE,
        Reason.RECORD_STATES_CONTEXT,
        Reason.RECORD_STATES_THROTTLING,
    }
)


def judge_by_statement(_examined: Examined, hypothesis: Hypothesis) -> Judgement | None:
    """Judge what a record or message names: proved where the job can have failed for it."""
    named = tuple(reason for reason in hypothesis.reasons if reason in _STATED)
    if not named or hypothesis.standing not in ("confirmed", "likely"):
        return None
    return Judgement(RULE, "proves" if hypothesis.standing == "confirmed" else "supports", named, hypothesis.evidence)
