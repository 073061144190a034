"""Rule 1. The record or the message names it: the layer, the statement's kind, the key state.

Source: `errorCode` and `errorMessage` of the failed job's own calls, and the job's message (IAM user guide,
"Troubleshoot access denied error messages"; KMS developer guide, "Key states"). CloudTrail names one layer only, even
when several refuse; so what is named is certain, and the silence about the others is not. It fails where the call that
was refused is not what the job failed for.
"""

from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.hypotheses.interface import Hypothesis
from trail_diff.events.denials import is_ambiguous
from trail_diff.model.learnt import Event
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Evidence, Judgement

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


def judge_by_statement(examined: Examined, hypothesis: Hypothesis) -> Judgement | None:
    """Judge what a record or message names: proved where the job can have failed for it.

    A refusal across accounts names the key's policy without saying whether a statement denies or none allows.
    """
    refused = _left_open(examined, hypothesis) if hypothesis.origin == "key-policy" else None
    if refused is not None:
        return Judgement(RULE, "supports", (Reason.REFUSED_WITHOUT_LAYER,), (Evidence(event_id=refused.event_id),))
    named = tuple(reason for reason in hypothesis.reasons if reason in _STATED)
    if not named or hypothesis.standing not in ("confirmed", "likely"):
        return None
    return Judgement(RULE, "proves" if hypothesis.standing == "confirmed" else "supports", named, hypothesis.evidence)


def _left_open(examined: Examined, hypothesis: Hypothesis) -> Event | None:
    """Return the refusal of the very call that leaves open what of the key's policy it was."""
    for tie in examined.case.failed.events:
        is_own = tie.event.caller.across_sessions() == hypothesis.call()[0]
        accesses = {(access.action, access.key) for access in tie.event.accesses}
        if is_own and (hypothesis.action, hypothesis.key) in accesses and is_ambiguous(tie.event.error_message):
            return tie.event
    return None
