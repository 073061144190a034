"""What a caller needs of a key: the requests of both runs, and those that its call profile adds. Pure."""

from collections.abc import Callable, Iterator, Sequence

from msgspec import structs

from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.explain import find_call, policy_in_force, request_in_failed
from trail_diff.diagnosis.key_history import grants_at
from trail_diff.diagnosis.parts import find_counterpart
from trail_diff.diagnosis.told import told_call
from trail_diff.model.codes import CallerKind, Decided
from trail_diff.model.learnt import Caller, KeyAccess
from trail_diff.model.reasons import Reason
from trail_diff.model.report import CallerGroup, Finding, Replay
from trail_diff.policy import PolicySet, Request, compile_policies, decide
from trail_diff.policy.request.domains import ABSENT, Domain
from trail_diff.policy.request.service_names import GRANTS_FOR_NO_RESOURCE
from trail_diff.profiles.catalogue import call_profiles
from trail_diff.profiles.interface import CallProfile

Call = tuple[CallerGroup, Request]
"""A caller group and the request that stands for it."""

_DECRYPT = "kms:Decrypt"
_PUT_AND_GET = frozenset({_DECRYPT, "kms:GenerateDataKey", "kms:Encrypt"})
_REFUSALS = ("explicit-deny", "implicit-deny")


def needed_calls(examined: Examined, finding: Finding) -> list[Call]:
    """Return the requests of the caller on the key that the finding is about, one for each action."""
    caller = finding.caller.across_sessions() if finding.caller else None
    key = key_of(examined, finding)
    found: dict[str, Call] = {}
    for group in examined.groups:
        if group.caller.across_sessions() != caller:
            continue
        call = find_call(examined.case, group)
        if call is None or (group.key != key and not _is_of_the_part(group)):
            continue
        event, access = call
        request = request_in_failed(examined.case, (event, KeyAccess(access.action, key)))
        found.setdefault(group.action, (group, request))
    if not found and key is not None and Reason.MESSAGE_STATES_LAYER in finding.reasons:
        told = told_call(examined.case, examined.groups)
        found = {told[0].action: (told[0], request_in_failed(examined.case, told[1]))} if told is not None else {}
    return _with_profile(examined, _with_counterpart(examined, list(found.values())))


def _with_counterpart(examined: Examined, calls: list[Call]) -> list[Call]:
    """Add what the caller that plays the same part asked for, where the caller itself never worked."""
    if not calls or any(group.succeeded.calls for group, _request in calls):
        return calls
    group, request = next((call for call in calls if call[0].failed.errors), calls[0])
    call = find_call(examined.case, group)
    other = find_counterpart(examined.case, group, (call[0],)) if call is not None else None
    own = {group.action for group, _request in calls}
    played = [one for one in examined.groups if one.caller.across_sessions() == other and one.key == group.key]
    actions = sorted({one.action for one in played if one.succeeded.calls > one.succeeded.errors} - own)
    return [*calls, *((group, _asking(request, action)) for action in actions)] if other is not None else calls


def _with_profile(examined: Examined, calls: list[Call]) -> list[Call]:
    """Add the other actions of the step that was refused, as call profiles have it, where no run shows them."""
    if not calls or any(group.succeeded.calls for group, _request in calls):
        return calls
    group, request = calls[0]
    via = via_service_of(request) or (group.caller.invoked_by or "").removesuffix(".amazonaws.com")
    own = {group.action for group, _request in calls}
    is_users = examined.case.failed.job.kind == "window" and group.caller.kind is not CallerKind.SERVICE_ROLE
    session_of = "user" if is_users else "job-role"
    needed: set[str] = set()
    if group.caller.kind is CallerKind.SERVICE_LINKED_ROLE:
        needed = needed_by_linked_role(group.caller, own)
    elif via:
        needed = _needed_via(via, session_of, own)
    return calls + [(group, _asking(request, action)) for action in sorted(needed - own)]


def _asking(request: Request, action: str) -> Request:
    """Return the request for another action; a grant that is made through a service is for its resource."""
    if action != "kms:CreateGrant":
        return structs.replace(request, action=action)
    is_plain = f"{via_service_of(request)}.amazonaws.com" in GRANTS_FOR_NO_RESOURCE
    for_resource = Domain(("false", ABSENT), "documented") if is_plain else Domain(("true",), "inferred")
    context = {**request.context, "kms:GrantIsForAWSResource": for_resource}
    return structs.replace(request, action=action, context=context)


def _needed_via(service: str, session_of: str, actions: set[str]) -> set[str]:
    """Return the actions that a role or user needs through a service, of the profiles that hold one of the actions.

    Who is only seen to decrypt gets what another puts, and needs no more of a step that does both.
    """
    is_reader = actions == {_DECRYPT}
    profiles = [
        profile
        for profile in call_profiles().profiles
        if service in (*profile.via, profile.caller.name, (profile.caller.name or "").removesuffix(".amazonaws.com"))
        and profile.caller.session_of == session_of
        and not (is_reader and _PUT_AND_GET.issuperset(profile.actions))
    ]
    return set().union(*({*one.actions} for one in profiles if actions & {*one.actions}))


def via_service_of(request: Request) -> str | None:
    """Return the service through which a request was made, by its encryption context or by who is said to call."""
    domain = request.context.get("kms:ViaService")
    members = domain.members if isinstance(domain, Domain) else ()
    return next((one.partition(".")[0] for one in members if isinstance(one, str)), None)


def needed_by_linked_role(caller: Caller, actions: set[str]) -> set[str]:
    """Return the actions that a service-linked role itself needs: what its service asks for as a user is another's."""
    own = (one for one in _of_linked_role(caller) if one.only_with in (None, "other-account"))
    return set().union(*({*one.actions} for one in own if actions & {*one.actions}))


def is_let_in_abroad(caller: Caller) -> bool:
    """Check whether a service-linked role is let in by the policy of another account's key, as AWS documents it."""
    return any(one.through == "key-policy" and "caller-account-only" in one.refusal for one in _of_linked_role(caller))


def _of_linked_role(caller: Caller) -> Iterator[CallProfile]:
    """Yield the profiles whose role is the caller: one of its kind may have a suffix of the customer's choice."""
    for one in call_profiles().profiles:
        is_linked = one.caller.identity == "service-linked-role" and one.caller.name is not None
        if is_linked and f"/aws-service-role/{one.caller.name}" in f"{caller.role_arn}":
            yield one


def key_of(examined: Examined, finding: Finding) -> str | None:
    """Return the key that a finding is about: where it names none, that of the call it is about."""
    if finding.key or finding.caller is None:
        return finding.key or examined.key
    groups = (group for group in examined.driving if group.action == finding.action)
    own = (group for group in groups if group.caller.across_sessions() == finding.caller.across_sessions())
    return next((group.key for group in own if group.key), examined.key)


def _is_of_the_part(group: CallerGroup) -> bool:
    """Check whether a call worked on another key: the caller asks the same of the key in question next."""
    return group.key is None or group.presence == "only-succeeded"


def requests_of(calls: Sequence[Call]) -> list[Request]:
    """Return the requests of calls."""
    return [request for _group, request in calls]


def policies_then(examined: Examined, key: str) -> PolicySet:
    """Return what is known of the key's own policies as the failed job met them, on the assumption of no limits."""
    case = examined.case
    moment = case.failed.job.completed or case.failed.window.end
    version = policy_in_force(case, key, moment)
    grants = grants_at(case.changes, moment, case.facts)
    return PolicySet.assuming_no_limits(version.document if version else None, grants)


def replay_calls(calls: Sequence[Call], policies: PolicySet) -> Replay:
    """Decide the calls of one caller by policies that are offered, and return what becomes of each."""
    ask = asking(policies)
    outcomes = {f"{group.caller.name} {request.action}": ask(request) for group, request in calls}
    return Replay(
        calls=sum({group.action: group.failed.calls + group.succeeded.calls for group, _request in calls}.values()),
        callers=1,
        fixed=tuple(label for label, decision in outcomes.items() if decision == "allowed"),
        still_denied=tuple(label for label, decision in outcomes.items() if decision in _REFUSALS),
        undetermined=tuple(label for label, decision in outcomes.items() if decision == "undetermined"),
    )


def asking(policies: PolicySet) -> Callable[[Request], Decided]:
    """Return what decides requests by policies of which the caller's own may not be given.

    Where none of those is needed they are taken for silent: no Deny of theirs is assumed.
    """
    whole = compile_policies(policies)
    alone = whole if policies.identity_policies else compile_policies(structs.replace(policies, identity_policies=()))

    def ask(request: Request) -> Decided:
        return "allowed" if decide(request, alone) == "allowed" else decide(request, whole)

    return ask
