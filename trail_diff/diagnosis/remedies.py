"""Which remedies to offer for what was found, each replayed over everything both jobs did with the key. Pure."""

from collections.abc import Mapping, Sequence

from trail_diff.diagnosis.examined import Examined, Explained
from trail_diff.diagnosis.explain import find_call, request_in_failed
from trail_diff.model.codes import Cause
from trail_diff.model.learnt import Case
from trail_diff.model.report import CallerGroup, Finding, Remedy
from trail_diff.policy.remedies.candidates import ObservedCall, Situation
from trail_diff.policy.remedies.remedy import PATCHLESS, find_remedies
from trail_diff.policy.request.context import build_request

_PATCHLESS_OF: Mapping[Cause, tuple[str, ...]] = {
    Cause.KEY_DISABLED: ("enable-key",),
    Cause.KEY_PENDING_DELETION: ("cancel-key-deletion",),
    Cause.GRANT_REVOKED: ("create-grant",),
    Cause.GRANT_NOT_CREATED: ("create-grant",),
    Cause.AWS_MANAGED_KEY_NOT_SHAREABLE: ("use-customer-managed-key",),
}
_OF_THE_POLICY = frozenset({Cause.KEY_POLICY_EXPLICIT_DENY, Cause.KEY_POLICY_NO_ALLOW})


def propose_remedies(examined: Examined, findings: Sequence[Finding]) -> tuple[Remedy, ...]:
    """Propose what may mend the weightiest finding; nothing where nothing was found or the policy is not known."""
    if not findings:
        return ()
    finding = findings[0]
    if finding.cause in _PATCHLESS_OF:
        return tuple(PATCHLESS[remedy_id]() for remedy_id in _PATCHLESS_OF[finding.cause])
    if finding.cause not in _OF_THE_POLICY:
        return ()
    explained = _explained_by(examined, finding)
    if explained is None or explained.policy is None:
        return ()
    needs_statement = finding.cause is Cause.KEY_POLICY_EXPLICIT_DENY
    if needs_statement and finding.statement is None:
        return ()
    case = examined.case
    situation = Situation(
        policy=explained.policy.document,
        grants=case.facts.grants,
        statement=finding.statement.index if finding.statement else None,
        caller=explained.group.caller,
        action=explained.group.action,
        job_role=case.failed.job.role,
        account=case.failed.job.account,
        observed=observe_calls(case, examined.groups, examined.driving, explained.group),
    )
    return find_remedies(situation)


def observe_calls(
    case: Case, groups: Sequence[CallerGroup], driving: Sequence[CallerGroup], about: CallerGroup
) -> tuple[ObservedCall, ...]:
    """Return each distinct call on the key; the missing and the refused ones have to be fixed."""
    observed = []
    for group in groups:
        call = find_call(case, group)
        if call is None or group.key != about.key:
            continue
        is_target = group in driving
        worked = group.succeeded.calls > group.succeeded.errors or group.failed.calls > group.failed.errors
        observed.append(
            ObservedCall(
                label=f"{group.caller.name or group.caller.account or 'unknown'} {group.action}",
                request=request_in_failed(case, call)
                if is_target
                else build_request(*call, case.facts.organization_id),
                calls=group.failed.calls + group.succeeded.calls or 1,
                succeeded=worked,
                is_target=is_target,
            )
        )
    return tuple(observed)


def _explained_by(examined: Examined, finding: Finding) -> Explained | None:
    caller = finding.caller.across_sessions() if finding.caller else None
    for one in examined.explained:
        if one.group.caller.across_sessions() == caller and one.group.action == finding.action:
            return one
    return None
