"""What is missing only because another call was refused before it: listed under the headline, and not in it. Pure.

Evidence: a refusal that is found to be the cause. What its caller did not come to any more follows from it; what
another caller did not, only where the refusal is confirmed and no finding is about the other. It fails where a job goes
on after a refusal: then the calls would be there.
"""

from collections.abc import Sequence

from trail_diff.model.codes import CallerKind
from trail_diff.model.reasons import Reason
from trail_diff.model.report import CallerGroup, Consequence, Finding, RequestDifference


def without_consequences(driving: Sequence[CallerGroup], findings: Sequence[Finding]) -> tuple[CallerGroup, ...]:
    """Leave out the groups that follow from the best finding, and what KMS notes of itself, which is nobody's call."""
    if not findings:
        return tuple(driving)
    own = [one for one in driving if one.failed.calls or one.caller.kind is not CallerKind.SERVICE_EVENT]
    return tuple(group for group in own if _why_it_follows(group, own, findings) is None)


def list_consequences(
    driving: Sequence[CallerGroup], findings: Sequence[Finding], differences: Sequence[RequestDifference] = ()
) -> tuple[Consequence, ...]:
    """Return each group that follows from the best finding, and why it is taken to, in the order of the table.

    A caller whose part another one plays in the failed job is missing for that, and not for the refusal.
    """
    played = {one.succeeded_caller.across_sessions() for one in differences if one.succeeded_caller is not None}
    own = [one for one in driving if one.failed.calls or one.caller.kind is not CallerKind.SERVICE_EVENT]
    found = [(group, _why_it_follows(group, own, findings)) for group in own]
    return tuple(
        Consequence(group.caller, group.action, group.key, group.succeeded.calls, reason)
        for group, reason in found
        if reason is not None and group.caller.across_sessions() not in played
    )


def _why_it_follows(group: CallerGroup, driving: Sequence[CallerGroup], findings: Sequence[Finding]) -> Reason | None:
    """Return why a group is missing only because of the best finding; None where it is not known to."""
    best = findings[0] if findings else None
    if best is None or best.caller is None or group.failed.calls:
        return None
    if not any(one.failed.errors and _is_of(one, best) for one in driving):
        return None
    if group.caller.across_sessions() == best.caller.across_sessions():
        return Reason.FOLLOWS_OWN_REFUSAL
    is_certain = best.confidence == "confirmed" and not any(_is_of(group, finding) for finding in findings)
    return Reason.FOLLOWS_REFUSAL if is_certain else None


def _is_of(group: CallerGroup, finding: Finding) -> bool:
    caller = finding.caller.across_sessions() if finding.caller else None
    return group.caller.across_sessions() == caller and finding.action in (None, group.action)
