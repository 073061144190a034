"""Policies that allow a caller where its own policies do not, or where the key's policy is not known. Pure.

A statement for an identity policy holds all that the caller was seen to ask for, or is expected to, on the very key: if
it allowed the call alone that was refused first, the next would be refused. It is replayed with the key policy, as far
as that is known.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import structs

from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.explain import find_call, policy_in_force, request_in_failed
from trail_diff.diagnosis.grant_remedies import grant_again, is_foreign_linked_role
from trail_diff.diagnosis.key_history import grants_at
from trail_diff.model.codes import CallerKind
from trail_diff.model.learnt import KeyAccess
from trail_diff.model.reasons import Reason
from trail_diff.model.report import CallerGroup, Finding, Remedy, Replay
from trail_diff.policy import PolicySet, Request, compile_policies, decide
from trail_diff.policy.remedies.allows import allow_callers, risks_of_allowing
from trail_diff.policy.request.domains import Domain
from trail_diff.profiles.catalogue import call_profiles

_REFUSALS = ("explicit-deny", "implicit-deny")


def is_aws_managed(examined: Examined, finding: Finding) -> bool:
    """Check whether a finding is about an AWS managed key, whose policy nobody can edit."""
    state = examined.case.facts.key_state or {}
    return state.get("KeyManager") == "AWS" and state.get("Arn") in (None, finding.key or examined.key)


def allow_by_identity(examined: Examined, finding: Finding) -> tuple[Remedy, ...]:
    """Return the policy to attach to the caller; what else helps for a service-linked role, whose own AWS keeps."""
    if is_foreign_linked_role(finding):
        return (grant_again(examined, finding),)
    if finding.caller is not None and finding.caller.kind is CallerKind.SERVICE_LINKED_ROLE:
        return allow_without_policy(examined, finding)
    calls, key = _calls(examined, finding), _key_of(examined, finding)
    if not calls or key is None:
        return ()
    policy = {"Version": "2012-10-17", "Statement": [_of_identity(one, key) for one in allow_callers(_all(calls))]}
    return (_replayed(examined, key, calls, policy),)


def allow_without_policy(examined: Examined, finding: Finding) -> tuple[Remedy, ...]:
    """Return the statements to add to a key policy that is not known; a Deny in it may still be in the way."""
    calls = _calls(examined, finding)
    if not calls:
        return ()
    patch = tuple({"op": "add", "path": "/Statement/-", "value": one} for one in allow_callers(_all(calls)))
    is_service = finding.caller is not None and finding.caller.kind is CallerKind.SERVICE_PRINCIPAL
    return (
        Remedy(
            "allow-service-principal" if is_service else "allow-caller-role",
            helps="undetermined",
            patch=patch,
            risks=(Reason.KEY_POLICY_NOT_GIVEN, *risks_of_allowing(_all(calls))),
        ),
    )


def _calls(examined: Examined, finding: Finding) -> list[tuple[CallerGroup, Request]]:
    """Return the requests of the caller on the key that the finding is about, one for each action."""
    caller = finding.caller.across_sessions() if finding.caller else None
    key = _key_of(examined, finding)
    found: dict[str, tuple[CallerGroup, Request]] = {}
    for group in examined.groups:
        if group.caller.across_sessions() != caller:
            continue
        call = find_call(examined.case, group)
        if call is None or (group.key != key and not _is_of_the_part(group)):
            continue
        event, access = call
        request = request_in_failed(examined.case, (event, KeyAccess(access.action, key)))
        found.setdefault(group.action, (group, request))
    return _with_profile(examined, list(found.values()))


def _with_profile(examined: Examined, calls: list[tuple[CallerGroup, Request]]) -> list[tuple[CallerGroup, Request]]:
    """Add the other actions of the step that was refused, as call profiles have it, where no run shows them."""
    if not calls or any(group.succeeded.calls for group, _request in calls):
        return calls
    group, request = calls[0]
    via = (group.caller.invoked_by or "").removesuffix(".amazonaws.com")
    own = {group.action for group, _request in calls}
    session_of = "user" if examined.case.failed.job.kind == "window" else "job-role"
    needed = _needed_via(via, session_of, own) if via else set()
    return calls + [(group, _asking(request, action)) for action in sorted(needed - own)]


def _asking(request: Request, action: str) -> Request:
    """Return the request for another action; a grant that is made through a service is for its resource."""
    if action != "kms:CreateGrant":
        return structs.replace(request, action=action)
    context = {**request.context, "kms:GrantIsForAWSResource": Domain(("true",), "inferred")}
    return structs.replace(request, action=action, context=context)


def _needed_via(service: str, session_of: str, actions: set[str]) -> set[str]:
    """Return the actions that a role or user needs through a service, of the profiles that hold one of the actions."""
    profiles = [
        profile
        for profile in call_profiles().profiles
        if profile.caller.name in (service, f"{service}.amazonaws.com") and profile.caller.session_of == session_of
    ]
    return set().union(*({*one.actions} for one in profiles if actions & {*one.actions}))


def _key_of(examined: Examined, finding: Finding) -> str | None:
    if finding.key or finding.caller is None:
        return finding.key or examined.key
    groups = (group for group in examined.driving if group.action == finding.action)
    own = (group for group in groups if group.caller.across_sessions() == finding.caller.across_sessions())
    return next((group.key for group in own if group.key), examined.key)


def _is_of_the_part(group: CallerGroup) -> bool:
    """Check whether a call worked on another key: the caller asks the same of the key in question next."""
    return group.key is None or group.presence == "only-succeeded"


def _all(calls: Sequence[tuple[CallerGroup, Request]]) -> list[Request]:
    return [request for _group, request in calls]


def _of_identity(statement: dict[str, Any], key: str) -> dict[str, Any]:
    """Return a statement of a key policy as one of an identity policy: the key in the place of the principal."""
    own = {name: value for name, value in statement.items() if name != "Principal"}
    return {**own, "Resource": key}


def _replayed(
    examined: Examined, key: str, calls: Sequence[tuple[CallerGroup, Request]], policy: dict[str, Any]
) -> Remedy:
    case = examined.case
    moment = case.failed.job.completed or case.failed.window.end
    version = policy_in_force(case, key, moment)
    document, grants = (version.document if version else None), grants_at(case.changes, moment, case.facts)
    policies = compile_policies(PolicySet.assuming_no_limits(document, grants, (policy,)))
    outcomes = {f"{group.caller.name} {request.action}": decide(request, policies) for group, request in calls}
    refused = tuple(label for label, decision in outcomes.items() if decision in _REFUSALS)
    is_certain = version is not None and all(decision == "allowed" for decision in outcomes.values())
    reason = Reason.IDENTITY_POLICY_ALLOWS if is_certain else Reason.KEY_POLICY_NOT_GIVEN
    return Remedy(
        "allow-in-identity-policy",
        helps=False if refused else True if is_certain else "undetermined",
        policy=policy,
        replay=Replay(
            calls=sum({group.action: group.failed.calls + group.succeeded.calls for group, _request in calls}.values()),
            callers=1,
            fixed=tuple(label for label, decision in outcomes.items() if decision == "allowed"),
            still_denied=refused,
            undetermined=tuple(label for label, decision in outcomes.items() if decision == "undetermined"),
        ),
        risks=(Reason.NEEDS_ALLOW_AS_WELL,) if refused else (reason,),
    )
