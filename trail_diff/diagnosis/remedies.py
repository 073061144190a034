"""Which remedies to offer for what was found, each replayed over everything both jobs did with the key. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import structs

from trail_diff.arns import arn_account
from trail_diff.diagnosis.context_remedies import fix_context, send_what_policy_asks
from trail_diff.diagnosis.examined import Examined, Explained
from trail_diff.diagnosis.explain import find_call, policy_in_force, request_in_failed
from trail_diff.diagnosis.grant_remedies import grant_again, is_foreign_linked_role, name_key
from trail_diff.diagnosis.identity_remedies import allow_by_identity, allow_without_policy, is_aws_managed
from trail_diff.diagnosis.key_history import GRANT_ENDINGS, PolicyVersion
from trail_diff.diagnosis.limit_remedies import allow_by_limit
from trail_diff.diagnosis.needs import needed_calls
from trail_diff.diagnosis.statements import lost_allows
from trail_diff.diagnosis.unavailable_remedies import make_available
from trail_diff.model.codes import CallerKind, Cause
from trail_diff.model.learnt import Case
from trail_diff.model.reasons import Reason
from trail_diff.model.report import CallerGroup, Finding, Remedy
from trail_diff.policy.remedies.patches import statements_of
from trail_diff.policy.remedies.remedy import PATCHLESS, find_remedies, in_order, restore_statements
from trail_diff.policy.remedies.situation import ObservedCall, Situation
from trail_diff.policy.request.context import build_request

_PATCHLESS_OF: Mapping[Cause, tuple[str, ...]] = {
    Cause.KEY_DISABLED: ("enable-key",),
    Cause.KEY_PENDING_DELETION: ("cancel-key-deletion",),
    Cause.GRANT_REVOKED: ("create-grant",),
    Cause.GRANT_NOT_CREATED: ("create-grant",),
    Cause.AWS_MANAGED_KEY_NOT_SHAREABLE: ("use-customer-managed-key",),
}
_OF_THE_POLICY = frozenset({Cause.KEY_POLICY_EXPLICIT_DENY, Cause.KEY_POLICY_NO_ALLOW})
_NO_ALLOW = frozenset({Cause.KEY_POLICY_NO_ALLOW, Cause.IDENTITY_POLICY_NO_ALLOW})
_MAKERS: Mapping[Cause, Callable[[Examined, Finding], tuple[Remedy, ...]]] = {
    Cause.PERMISSIONS_BOUNDARY_DENY: allow_by_limit,
    Cause.SESSION_POLICY_DENY: allow_by_limit,
    Cause.VPC_ENDPOINT_POLICY_DENY: allow_by_limit,
    Cause.ENCRYPTION_CONTEXT_MISMATCH: fix_context,
    Cause.KEY_UNAVAILABLE: make_available,
}
"""What makes the remedies of a cause that lies in another policy than the key's, or in the request."""


def propose_remedies(examined: Examined, findings: Sequence[Finding]) -> tuple[Remedy, ...]:
    """Propose what may mend the weightiest finding; nothing where nothing was found or the policy is not known."""
    if not findings:
        return ()
    finding = findings[0]
    if finding.cause in _NO_ALLOW and (grants := _grants_beside(examined, findings)):
        return in_order((*grants, *_of_first(examined, findings)))
    return _of_first(examined, findings)


def _grants_beside(examined: Examined, findings: Sequence[Finding]) -> tuple[Remedy, ...]:
    """Return the grant to make again, where one that was the caller's is likely what the missing Allow came to."""
    first = findings[0]
    return tuple(
        grant_again(examined, one)
        for one in findings[1:]
        if one.cause in (Cause.GRANT_REVOKED, Cause.GRANT_NOT_CREATED) and one.confidence != "possible"
        if (one.caller, one.action, one.key) == (first.caller, first.action, first.key)
    )[:1]


def _of_first(examined: Examined, findings: Sequence[Finding]) -> tuple[Remedy, ...]:
    finding = findings[0]
    if finding.cause in _OF_THE_POLICY:
        return _of_key_policy(examined, findings)
    if Reason.CREATE_GRANT_REFUSED in finding.reasons:
        # which layer refused is not stated: whoever makes the grant has to be allowed to, or somebody else makes it
        return in_order((*_allow_caller(examined, findings), grant_again(examined, finding)))
    if finding.cause is Cause.IDENTITY_POLICY_NO_ALLOW:
        return _allow_caller(examined, findings)
    maker = _MAKERS.get(finding.cause)
    offered = (
        maker(examined, finding)
        if maker is not None
        else tuple(_without_patch(examined, finding, remedy_id) for remedy_id in _PATCHLESS_OF.get(finding.cause, ()))
    )
    return in_order([_beside_deny(remedy, findings) for remedy in offered])


def _of_key_policy(examined: Examined, findings: Sequence[Finding]) -> tuple[Remedy, ...]:
    """Propose what may mend a key policy; where it cannot be edited, or cannot let the caller in, what else helps."""
    finding = findings[0]
    if is_aws_managed(examined, finding):
        return (PATCHLESS["use-customer-managed-key"](),)
    is_deny = finding.cause is Cause.KEY_POLICY_EXPLICIT_DENY
    explained = _explained_by(examined, finding)
    if not is_deny and is_foreign_linked_role(finding):
        return (grant_again(examined, finding), *_restore(examined, findings, explained))
    if explained is not None and explained.policy is not None and not (is_deny and finding.statement is None):
        found = find_remedies(_situation(examined, findings, explained))
        own = () if is_deny else _allow_at_home(examined, findings, explained)
        return in_order((*found, *send_what_policy_asks(examined, explained), *own))
    return () if is_deny else (*allow_without_policy(examined, finding), *_allow_at_home(examined, findings, None))


def _allow_at_home(examined: Examined, findings: Sequence[Finding], explained: Explained | None) -> tuple[Remedy, ...]:
    """Return the policy that a caller needs in its own account for the key of another, beside that of the key.

    By itself it helps as little as the other; that both are needed is among its risks (KMS developer guide, "Allowing
    users in other accounts to use a KMS key"). A service-linked role has it of AWS: the statement that let its account
    in does too.
    """
    finding = findings[0]
    caller, owner = finding.caller, arn_account(finding.key or examined.key)
    if caller is None or caller.role_arn is None or None in (caller.account, owner) or caller.account == owner:
        return ()
    if caller.kind is CallerKind.SERVICE_LINKED_ROLE:
        return _restore(examined, findings, explained)
    return tuple(
        structs.replace(one, helps="undetermined") if Reason.NEEDS_ALLOW_AS_WELL in one.risks else one
        for one in allow_by_identity(examined, finding)
    )


def _allow_caller(examined: Examined, findings: Sequence[Finding]) -> tuple[Remedy, ...]:
    """Propose what lets a caller in by its own policies: a service-linked role, whose own AWS keeps, by the key's."""
    finding, explained = findings[0], _explained_by(examined, findings[0])
    is_linked = finding.caller is not None and finding.caller.kind is CallerKind.SERVICE_LINKED_ROLE
    if is_linked and not is_foreign_linked_role(finding) and explained is not None and explained.policy is not None:
        return find_remedies(_situation(examined, findings, explained))
    return allow_by_identity(examined, finding)


def _restore(examined: Examined, findings: Sequence[Finding], explained: Explained | None) -> tuple[Remedy, ...]:
    """Return the statements as they were that let the caller in, where a change of the policy took them away.

    For a caller of another account that is never certain: its own account has to let it in as well.
    """
    lost = lost_allows(explained) if explained is not None else []
    if explained is None or not lost:
        return ()
    situation = _situation(examined, findings, explained)
    seen = tuple(call for call in situation.observed if call.calls)
    return (restore_statements(structs.replace(situation, observed=seen), lost),)


def _situation(examined: Examined, findings: Sequence[Finding], explained: Explained) -> Situation:
    case, finding = examined.case, findings[0]
    is_deny = finding.cause is Cause.KEY_POLICY_EXPLICIT_DENY
    before = _policy_before(case, explained)
    suspects = _equal_suspects(findings) if is_deny else ()
    observed = observe_calls(examined, findings, explained)
    return Situation(
        policy=explained.policy.document if explained.policy else {},
        grants=case.facts.grants,
        statement=finding.statement.index if is_deny and finding.statement else None,
        caller=explained.group.caller,
        action=explained.group.action,
        job_role=case.failed.job.role,
        account=case.failed.job.account or arn_account(explained.key),
        observed=(*observed, *(() if is_deny else _needed_too(examined, finding, observed))),
        assumed=suspects,
        innocent=_innocent(before, explained, suspects),
        before=before.document if before is not None else None,
        grant_ended=_has_ended_grant(case, explained),
    )


def _without_patch(examined: Examined, finding: Finding, remedy_id: str) -> Remedy:
    """Return a remedy that changes something else than a policy, with the commands for it."""
    remedy = PATCHLESS[remedy_id]()
    key = finding.key or examined.key
    if remedy_id == "create-grant":
        return grant_again(examined, finding)
    calls = _COMMANDS.get(remedy_id, ())
    return structs.replace(remedy, commands=tuple(f"aws kms {call} {name_key(key)}" for call in calls if key))


def _beside_deny(remedy: Remedy, findings: Sequence[Finding]) -> Remedy:
    """Return a remedy as it stands beside the findings: where a Deny is found as well, it is not certain to help."""
    denies = (one for one in findings if one.cause is Cause.KEY_POLICY_EXPLICIT_DENY)
    if remedy.helps is not True or all(one.confidence == "possible" for one in denies):
        return remedy
    return structs.replace(remedy, helps="undetermined", risks=(*remedy.risks, Reason.POLICY_DENIES_CALLER))


_COMMANDS: Mapping[str, tuple[str, ...]] = {
    "enable-key": ("enable-key",),
    "cancel-key-deletion": ("cancel-key-deletion", "enable-key"),
}


def best_remedy(remedies: Sequence[Remedy]) -> str | None:
    """Return the id of the remedy to try first: they are in the order of how much they help and how narrow they are."""
    return next((remedy.id for remedy in remedies if remedy.helps is not False), None)


def observe_calls(examined: Examined, findings: Sequence[Finding], explained: Explained) -> tuple[ObservedCall, ...]:
    """Return each distinct call on the key that the first finding is about; those of its kind have to be fixed.

    The call itself is one of them where only the job's message tells of it.
    """
    case, about, observed = examined.case, explained.group, []
    calls = [(group, find_call(case, group)) for group in examined.groups]
    calls += [] if about in examined.groups else [(about, explained.call)]
    for group, call in calls:
        if call is None or group.key != about.key:
            continue
        is_target = group in (*examined.driving, about) and _is_target(case, group, about, findings)
        observed.append(
            ObservedCall(
                label=f"{group.caller.name or group.caller.account or 'unknown'} {group.action}",
                request=request_in_failed(case, call)
                if is_target
                else build_request(*call, case.facts.organization_id),
                calls=group.failed.calls + group.succeeded.calls or 1,
                succeeded=_did_work(group) or group.failed.calls > group.failed.errors,
                is_target=is_target,
            )
        )
    return tuple(observed)


def _needed_too(examined: Examined, finding: Finding, observed: Sequence[ObservedCall]) -> Iterator[ObservedCall]:
    """Yield what a service-linked role needs beside what it was seen to ask for: it would be refused that next.

    Another role's own policies may let it have the rest; those of a service-linked role nobody can edit.
    """
    if finding.caller is None or finding.caller.kind is not CallerKind.SERVICE_LINKED_ROLE:
        return
    seen = {call.request.action for call in observed if call.is_target}
    for group, request in needed_calls(examined, finding):
        if request.action not in seen:
            label = f"{group.caller.name} {request.action}"
            yield ObservedCall(label, request, calls=0, succeeded=False, is_target=True)


def _is_target(case: Case, group: CallerGroup, about: CallerGroup, findings: Sequence[Finding]) -> bool:
    """Check whether a remedy has to let a group through.

    That is the caller concerned, and others that worked in the succeeded job and now meet the same cause in the same
    way: missing as it is, or refused as it is, or the job's own role. What is refused beside a caller that is missing,
    or missing beside one that is refused, is a bystander or a consequence: what keeps a bystander out stays. A caller
    that is missing and that the same statement keeps out for certain is none.
    """
    if group.caller.across_sessions() == about.caller.across_sessions():
        return True
    found = [one for one in findings if _is_about(one, group) and one.cause is findings[0].cause]
    first = findings[0].statement
    is_kept_out = any(one.statement == first is not None and one.confidence == "confirmed" for one in found)
    is_of_the_job = group.caller.role_arn is not None and group.caller.role_arn == case.failed.job.role
    is_alike = (group.failed.errors > 0) == (about.failed.errors > 0)
    is_meant = is_alike or is_of_the_job or (is_kept_out and not group.failed.errors)
    return bool(found) and _did_work(group) and is_meant


def _is_about(finding: Finding, group: CallerGroup) -> bool:
    caller = finding.caller.across_sessions() if finding.caller else None
    return group.caller.across_sessions() == caller and group.action == finding.action


def _did_work(group: CallerGroup) -> bool:
    return group.succeeded.calls > group.succeeded.errors


def _equal_suspects(findings: Sequence[Finding]) -> tuple[int, ...]:
    """Return the Denies of its policy that are suspected as much as the first, each of which has to be narrowed."""
    first = findings[0]
    equal = (
        one for one in findings if (one.cause, one.confidence, one.key) == (first.cause, first.confidence, first.key)
    )
    return tuple(sorted({one.statement.index for one in equal if one.statement is not None and one.caller is not None}))


def _innocent(before: PolicyVersion | None, explained: Explained, suspects: Sequence[int]) -> tuple[int, ...]:
    """Return the statements that stood in the policy, as they are, when the succeeded job's call got through.

    One that is blamed all the same, for a date that has passed since, is none of them.
    """
    if before is None or explained.policy is None:
        return ()
    old, new = statements_of(before.document), statements_of(explained.policy.document)
    return tuple(index for index, statement in enumerate(new, 1) if statement in old and index not in suspects)


def _policy_before(case: Case, explained: Explained) -> PolicyVersion | None:
    """Return the policy that a record shows to have been in force at the succeeded job, if the call got through."""
    group = explained.group
    if case.succeeded is None or group.key is None or not _did_work(group):
        return None
    start = case.succeeded.job.created or case.succeeded.window.start
    before = policy_in_force(case, group.key, start)
    return None if before is None or before.is_todays else before


def _has_ended_grant(case: Case, explained: Explained) -> bool:
    """Check whether a grant on the key ended since the succeeded job began."""
    if case.succeeded is None:
        return False
    start = case.succeeded.job.created or case.succeeded.window.start
    return any(
        event.event_name in GRANT_ENDINGS and event.error_code is None and event.event_time >= start
        for event in case.changes
        if explained.key in (*event.resources, *(access.key for access in event.accesses))
    )


def _explained_by(examined: Examined, finding: Finding) -> Explained | None:
    """Return how the policy of the finding's key decides its call; what another key's policy says mends nothing."""
    own = (one for one in examined.explained if _is_about(finding, one.group))
    return next((one for one in own if finding.key in (None, one.key)), None)
