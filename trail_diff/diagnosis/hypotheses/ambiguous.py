"""What a refusal leaves open on purpose: across accounts KMS names three causes and does not say which it was.

The message says that the key does not exist in the Region, that no key policy allows the call, or that one denies it
(IAM user guide, "Troubleshoot access denied error messages"). Where the key's policy is known it decides; where it is
not, each of the three is possible, the key's absence only while nobody is seen to use it.
"""

from collections.abc import Iterator

from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.held_grants import granted_meanwhile
from trail_diff.diagnosis.hypotheses.interface import Hypothesis
from trail_diff.diagnosis.hypotheses.refused_calls import evidence_of, own_errors, was_survived
from trail_diff.events.denials import is_ambiguous
from trail_diff.model.codes import Cause, Layer
from trail_diff.model.learnt import Caller, Event
from trail_diff.model.reasons import Reason

_Call = tuple[Caller, str, str | None]
_NAMED: tuple[tuple[Cause, Layer], ...] = (
    (Cause.KEY_POLICY_NO_ALLOW, "key-policy"),
    (Cause.KEY_POLICY_EXPLICIT_DENY, "key-policy"),
    (Cause.KEY_NOT_FOUND, "key-state"),
)


def propose_ambiguous(examined: Examined) -> Iterator[Hypothesis]:
    """Propose each cause that a refusal names where neither the policy nor a later grant tells more."""
    found: dict[_Call, list[Event]] = {}
    decided = {(one.group.caller.across_sessions(), one.group.action) for one in examined.explained}
    for tie in own_errors(examined):
        caller = tie.event.caller.across_sessions()
        if not is_ambiguous(tie.event.error_message) or was_survived(examined, tie.event):
            continue
        for access in tie.event.accesses:
            is_open = (caller, access.action) not in decided
            if is_open and granted_meanwhile(examined, tie.event.caller, access.action) is None:
                found.setdefault((caller, access.action, access.key), []).append(tie.event)
    for (_, action, key), events in found.items():
        for cause, layer in _NAMED:
            if cause is Cause.KEY_NOT_FOUND and _is_there(examined, key):
                continue
            yield Hypothesis(
                cause=cause,
                standing="possible",
                caller=events[0].caller,
                action=action,
                key=key,
                layer=layer,
                reasons=(Reason.REFUSED_WITHOUT_LAYER,),
                evidence=evidence_of(*events[:3]),
                at_most="possible",
            )


def _is_there(examined: Examined, key: str | None) -> bool:
    """Check whether anybody was seen to use a key."""
    sides = (examined.case.failed, examined.case.succeeded)
    events = [tie.event for side in sides if side is not None for tie in side.events]
    return any(event.error_code is None and access.key == key for event in events for access in event.accesses)
