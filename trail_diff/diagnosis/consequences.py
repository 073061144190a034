"""What fails only because another call was refused before it: listed under the headline, and not in it. Pure.

Evidence: a refusal that is found to be the cause. What its caller did not come to any more follows from it; what
another caller did not, only where the refusal is confirmed and no finding is about the other. It fails where a job goes
on after a refusal: then the calls would be there. A call that was refused itself follows from a refused CreateGrant
before it whose request names its caller as the grantee and its operation, unless a Deny is stated to refuse it.
"""

from collections.abc import Iterator, Sequence

from trail_diff.diagnosis.held_grants import holds_grant
from trail_diff.events.denials import is_denial_code
from trail_diff.model.codes import CallerKind
from trail_diff.model.learnt import Caller, Case, Event
from trail_diff.model.reasons import Reason
from trail_diff.model.report import CallerGroup, Consequence, Finding, RequestDifference

_CREATE_GRANT = "kms:CreateGrant"


def causes_first(case: Case, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return findings with those last that follow from a refused CreateGrant which another of them is about."""
    makers = {one.caller.across_sessions() for one in findings if one.action == _CREATE_GRANT and one.caller}

    def follows(finding: Finding) -> bool:
        if finding.caller is None or finding.action in (None, _CREATE_GRANT):
            return False
        call = (finding.caller.across_sessions(), finding.action, finding.key)
        return any(one.caller.across_sessions() in makers for one in _refused_grants(case, *call))

    return tuple(sorted(findings, key=follows))


def without_consequences(
    driving: Sequence[CallerGroup], findings: Sequence[Finding], case: Case | None = None
) -> tuple[CallerGroup, ...]:
    """Leave out the groups that follow from the best finding, and what KMS notes of itself, which is nobody's call."""
    if not findings:
        return tuple(driving)
    own = [one for one in driving if one.failed.calls or one.caller.kind is not CallerKind.SERVICE_EVENT]
    kept = (group for group in own if _why_it_follows(group, own, findings) is None)
    return tuple(group for group in kept if case is None or not _lacks_grant(case, group, findings))


def list_consequences(
    driving: Sequence[CallerGroup],
    findings: Sequence[Finding],
    differences: Sequence[RequestDifference] = (),
    case: Case | None = None,
    groups: Sequence[CallerGroup] = (),
) -> tuple[Consequence, ...]:
    """Return each group that follows from the best finding, and why it is taken to, in the order of the table.

    A caller whose part another one plays in the failed job is missing for that, and not for the refusal. Of all
    `groups` those are listed that were refused for want of the grant that the best finding is about.
    """
    played = {one.succeeded_caller.across_sessions() for one in differences if one.succeeded_caller is not None}
    own = [one for one in driving if one.failed.calls or one.caller.kind is not CallerKind.SERVICE_EVENT]
    found = [(group, _why_it_follows(group, own, findings)) for group in own]
    missing = [
        Consequence(group.caller, group.action, group.key, group.succeeded.calls, reason)
        for group, reason in found
        if reason is not None and group.caller.across_sessions() not in played
    ]
    refused = [
        Consequence(group.caller, group.action, group.key, group.succeeded.calls, Reason.FOLLOWS_REFUSED_GRANT)
        for group in groups
        if case is not None and _lacks_grant(case, group, findings)
    ]
    return (*missing, *refused)


def _lacks_grant(case: Case, group: CallerGroup, findings: Sequence[Finding]) -> bool:
    """Check whether a group was refused for want of the very grant whose creation the best finding is about."""
    best = findings[0] if findings else None
    if best is None or best.action != _CREATE_GRANT or best.caller is None or not group.failed.errors:
        return False
    maker = best.caller.across_sessions()
    grants = _refused_grants(case, group.caller.across_sessions(), group.action, group.key)
    return any(one.caller.across_sessions() == maker for one in grants)


def _refused_grants(case: Case, caller: Caller, action: str | None, key: str | None) -> Iterator[Event]:
    """Yield the refused CreateGrant calls that would have let a caller's refused call through, made before it."""
    events = [tie.event for tie in case.failed.events if is_denial_code(tie.event.error_code)]
    refused = [
        event
        for event in events
        if event.caller.across_sessions() == caller
        and any(access.action == action and access.key in (key, None) for access in event.accesses)
        and (event.denial is None or event.denial.effect != "explicit-deny")
    ]
    operation = (action or "").removeprefix("kms:")
    for event in events:
        operations = event.request_parameters.get("operations")
        if event.event_name != "CreateGrant" or not isinstance(operations, list) or operation not in operations:
            continue
        is_of_key = any(access.key in (key, None) for access in event.accesses)
        after = (other.caller for other in refused if other.event_time >= event.event_time)
        if is_of_key and any(holds_grant(event.request_parameters, one) for one in after):
            yield event


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
