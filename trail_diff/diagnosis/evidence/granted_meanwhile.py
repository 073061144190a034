"""Rule 6. Granted meanwhile: a grant to this very caller was made between the failure and the success.

Source: CreateGrant records that name the caller as grantee. It fails where something else was changed at the same time
and the grant is only a companion of it.
"""

from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.held_grants import granted_meanwhile
from trail_diff.diagnosis.hypotheses.interface import Hypothesis
from trail_diff.model.codes import Cause
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Evidence, Judgement

RULE = "granted-meanwhile"
_LACKS_A_GRANT = frozenset({Cause.GRANT_NOT_CREATED, Cause.GRANT_REVOKED, Cause.KEY_POLICY_NO_ALLOW})


def judge_by_grant(examined: Examined, hypothesis: Hypothesis) -> Judgement | None:
    """Judge that a grant is missing by the grant that was made before the calls worked."""
    if hypothesis.cause not in _LACKS_A_GRANT or hypothesis.caller is None or hypothesis.origin == "stated":
        return None
    made = granted_meanwhile(examined, hypothesis.caller, hypothesis.action)
    if made is None:
        return None
    return Judgement(RULE, "supports", (Reason.GRANTED_MEANWHILE,), (Evidence(event_id=made.event_id),))
