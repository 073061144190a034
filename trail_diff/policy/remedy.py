"""Changes of a key policy that might help, the useful and the tempting ones, each proved by a replay of what was seen.

A remedy narrows the guilty Deny or adds the missing Allow; it never removes a statement. It helps only if every call
that was missing or refused gets through, nobody who got through is kept out, and no stranger gets in.
"""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from trail_diff.model import Caller, CallerKind, Decided, Reason, Remedy, Replay
from trail_diff.policy.compiled import CompiledPolicies, compile_policies
from trail_diff.policy.evaluate import decide, evaluate
from trail_diff.policy.interface import PolicySet, Principal, PrincipalKind, Request

Policy = dict[str, Any]
_NEGATED_ARN = frozenset(
    {"stringnotequals", "stringnotlike", "arnnotequals", "arnnotlike", "stringnotequalsignorecase"}
)
_STRANGER_ACCOUNT = "000000000000"
_OPEN_BUT_GRANTED_BEFORE = frozenset(
    {
        Reason.GRANTS_NOT_GIVEN,
        Reason.IDENTITY_POLICIES_NOT_GIVEN,
        Reason.GRANT_CONSTRAINT_UNKNOWN,
        Reason.GRANTEE_NOT_GIVEN,
        Reason.GRANT_MATCHES,
        Reason.SERVICE_LINKED_ROLE_POSSIBLE,
    }
)
"""What may keep a call open that succeeded before: then something allowed it, which the policy does not take away."""


class ObservedCall(Struct, frozen=True):
    """One distinct request that was seen, how often, and whether it ever succeeded; `is_target`: it has to be fixed."""

    label: str
    request: Request
    calls: int
    succeeded: bool
    is_target: bool


class Situation(Struct, frozen=True):
    """What remedies start from: the policy in force, who is to be helped, and everything that was seen."""

    policy: Mapping[str, Any]
    grants: tuple[Mapping[str, Any], ...] | None
    statement: int | None
    caller: Caller
    action: str
    job_role: str | None
    account: str | None
    observed: tuple[ObservedCall, ...]


def find_remedies(situation: Situation) -> tuple[Remedy, ...]:
    """Try every remedy and every tempting change; those that help first, the narrowest of them ahead."""
    tried = [_try(situation, one) for one in _candidates(situation)]
    order = {True: 0, "undetermined": 1, False: 2}
    return tuple(sorted(tried, key=lambda remedy: order[remedy.helps]))


class _Candidate(Struct, frozen=True):
    id: str
    patch: tuple[dict[str, Any], ...]
    risks: tuple[Reason, ...] = ()
    why_not: tuple[Reason, ...] = ()


def _candidates(situation: Situation) -> Iterator[_Candidate]:
    if situation.statement is not None:
        yield from _narrower_denies(situation)
        yield from _tempting(situation)
    else:
        yield _missing_allow(situation)


def _narrower_denies(situation: Situation) -> Iterator[_Candidate]:
    caller, name = situation.caller, situation.caller.name or ""
    needs_allow = (Reason.NEEDS_ALLOW_AS_WELL,)
    if caller.kind is CallerKind.SERVICE_PRINCIPAL:
        yield _condition(situation, "exempt-this-service", "StringNotEqualsIfExists", "aws:PrincipalServiceName", name)
        risks = (Reason.SOURCE_ACCOUNT_NOT_ALWAYS_SENT, *needs_allow)
        if situation.account:
            patch = _add_condition(situation, "StringNotEquals", "aws:SourceAccount", situation.account)
            yield _Candidate("exempt-by-source-account", patch, risks)
        yield _condition(situation, "require-principal-arn", "Null", "aws:PrincipalArn", "false")
    elif caller.role_arn and (patch := _extend_list(situation, caller.role_arn)):
        yield _Candidate("exempt-caller-role", patch, (Reason.ALLOWS_ANY_ROLE_SESSION, *needs_allow))
    yield _condition(situation, "exempt-service-principals", "BoolIfExists", "aws:PrincipalIsAWSService", "false")


def _condition(situation: Situation, remedy_id: str, operator: str, key: str, value: str) -> _Candidate:
    risks = {
        "exempt-service-principals": (Reason.EXEMPTS_EVERY_SERVICE, Reason.NEEDS_ALLOW_AS_WELL),
        "require-principal-arn": (Reason.PRINCIPAL_ARN_FORM_UNDOCUMENTED,),
    }.get(remedy_id, (Reason.NEEDS_ALLOW_AS_WELL,))
    is_role = situation.caller.kind is not CallerKind.SERVICE_PRINCIPAL
    why_not = (Reason.CALLER_IS_NOT_A_SERVICE_PRINCIPAL,) if is_role else ()
    return _Candidate(remedy_id, _add_condition(situation, operator, key, value), risks, why_not)


def _tempting(situation: Situation) -> Iterator[_Candidate]:
    """Give what people try first; whether it helps is decided by the replay as for any other."""
    is_service = situation.caller.kind is CallerKind.SERVICE_PRINCIPAL
    not_the_role = (Reason.CALLER_IS_NOT_THE_ROLE,)
    role = situation.job_role
    if role and (patch := _extend_list(situation, role)) and role != situation.caller.role_arn:
        yield _Candidate("add-backup-role", patch, why_not=not_the_role)
    if role:
        name = role.rsplit("/", 1)[-1]
        session = f"arn:aws:sts::{situation.account}:assumed-role/{name}/AWSBackup-{name}"
        if patch := _extend_list(situation, session):
            yield _Candidate("add-session-arn", patch, why_not=not_the_role)
        statement = {"Effect": "Allow", "Principal": {"AWS": role}, "Action": "kms:*", "Resource": "*"}
        yield _Candidate("allow-role-everything", _add_statement(situation, statement), why_not=(Reason.DENY_WINS,))
    via = _add_condition(situation, "BoolIfExists", "aws:ViaAWSService", "false")
    why_not_via = (Reason.CALLER_IS_A_SERVICE_PRINCIPAL,) if is_service else ()
    yield _Candidate("via-aws-service", via, why_not=why_not_via)
    if patch := _rename_operators(situation):
        yield _Candidate("if-exists-operator", patch, why_not=(Reason.ABSENT_KEY_STILL_MATCHES,))


def _missing_allow(situation: Situation) -> _Candidate:
    caller = situation.caller
    is_service = caller.kind is CallerKind.SERVICE_PRINCIPAL
    principal = {"Service": caller.name} if is_service else {"AWS": caller.role_arn or caller.arn}
    actions = sorted({call.request.action for call in situation.observed if call.is_target}) or [situation.action]
    statement = {"Sid": "AllowCaller", "Effect": "Allow", "Principal": principal, "Action": actions, "Resource": "*"}
    remedy_id = "allow-service-principal" if is_service else "allow-caller-role"
    risks = (Reason.ALLOWS_SERVICE_FOR_ANYONE,) if is_service else (Reason.ALLOWS_ANY_ROLE_SESSION,)
    return _Candidate(remedy_id, _add_statement(situation, statement), risks)


def _try(situation: Situation, candidate: _Candidate) -> Remedy:
    """Apply a change to a copy of the policy, replay everything seen and some strangers, and judge."""
    changed = apply_patch(situation.policy, candidate.patch)
    old, new = (_compile(policy, situation) for policy in (situation.policy, changed))
    replay = replay_calls(situation.observed, old, new)
    lets_in = any(_lets_in(request, old, new) for request in _strangers(situation))
    missing = [call for call in situation.observed if call.is_target]
    states = [_is_fixed(call, new) for call in missing]
    helps: bool | str = "undetermined"
    if lets_in or replay.broken or not missing or any(state is False for state in states):
        helps = False
    elif all(states):
        helps = True
    reasons = candidate.risks if helps is not False else candidate.why_not
    return Remedy(
        id=candidate.id,
        helps=True if helps is True else False if helps is False else "undetermined",
        patch=candidate.patch,
        policy=changed,
        replay=replay,
        risks=(*reasons, *((Reason.STRANGER_GETS_IN,) if lets_in else ())),
    )


def replay_calls(observed: Sequence[ObservedCall], old: CompiledPolicies, new: CompiledPolicies) -> Replay:
    """Decide every observed call by both policies, and say what changes for whom."""
    groups: dict[str, list[str]] = {"fixed": [], "broken": [], "still_denied": [], "undetermined": []}
    for call in observed:
        before, after = decide(call.request, old), decide(call.request, new)
        place = _place(call, before, after, is_fixed=_is_fixed(call, new))
        if place is not None:
            groups[place].append(call.label)
    return Replay(
        calls=sum(call.calls for call in observed),
        callers=len({call.request.principal for call in observed}),
        **{name: tuple(dict.fromkeys(labels)) for name, labels in groups.items()},
    )


def _place(call: ObservedCall, before: Decided, after: Decided, *, is_fixed: bool | None) -> str | None:
    denied = ("explicit-deny", "implicit-deny")
    if after in denied:
        return "still_denied" if before in denied else "broken"
    if before in denied or call.is_target:
        return "fixed" if is_fixed else "undetermined"
    return "undetermined" if after != before else None


def _is_fixed(call: ObservedCall, policies: CompiledPolicies) -> bool | None:
    """Tell whether a call gets through; None when that cannot be decided.

    A call that succeeded before was allowed by something. Where only grants or identity policies that were not given
    keep it open, that something is taken to be there still.
    """
    decision = evaluate(call.request, policies)
    if decision.decision == "allowed":
        return True
    if decision.decision in ("explicit-deny", "implicit-deny"):
        return False
    may_be_denied = any(
        statement.effect == "Deny" and statement.outcome == "unknown" for statement in decision.statements
    )
    if call.succeeded and not may_be_denied and set(decision.reasons) & _OPEN_BUT_GRANTED_BEFORE:
        return True
    return None


def _strangers(situation: Situation) -> Iterator[Request]:
    """Give requests of principals that nobody has seen: a role of the same account, and one of another."""
    for account in filter(None, (situation.account, _STRANGER_ACCOUNT)):
        role = f"arn:aws:iam::{account}:role/stranger"
        for call in situation.observed:
            yield Request(
                principal=Principal(PrincipalKind.ROLE, role, account, role),
                action=call.request.action,
                resource=call.request.resource,
                context={
                    "aws:PrincipalArn": role,
                    "aws:PrincipalAccount": account,
                    "kms:CallerAccount": account,
                    "aws:PrincipalIsAWSService": "false",
                    "aws:ViaAWSService": "false",
                },
                default_absent=True,
                resource_account=situation.account,
            )


def _lets_in(request: Request, old: CompiledPolicies, new: CompiledPolicies) -> bool:
    denied = ("explicit-deny", "implicit-deny")
    before, after = decide(request, old), decide(request, new)
    return before in denied and after not in denied


def _compile(policy: Mapping[str, Any], situation: Situation) -> CompiledPolicies:
    return compile_policies(PolicySet.assuming_no_limits(policy, situation.grants))


# ---- patches (RFC 6902)


def apply_patch(policy: Mapping[str, Any], patch: Sequence[Mapping[str, Any]]) -> Policy:
    """Apply the additions, replacements and removals of a patch that was made for this policy; the policy is kept."""
    changed: Policy = copy.deepcopy(dict(policy))
    for step in patch:
        parts = [part.replace("~1", "/").replace("~0", "~") for part in step["path"].split("/")[1:]]
        place: Any = changed
        for part in parts[:-1]:
            place = place[int(part)] if isinstance(place, list) else place[part]
        last = parts[-1]
        if isinstance(place, list):
            position = len(place) if last == "-" else int(last)
            place[position : position + (step["op"] != "add")] = [] if step["op"] == "remove" else [step["value"]]
        elif step["op"] == "remove":
            del place[last]
        else:
            place[last] = copy.deepcopy(step["value"])
    return changed


def _statement_of(situation: Situation) -> tuple[str, Mapping[str, Any]]:
    statements = situation.policy.get("Statement")
    index = (situation.statement or 1) - 1
    if isinstance(statements, list):
        statement = statements[index] if index < len(statements) else {}
        return f"/Statement/{index}", statement if isinstance(statement, Mapping) else {}
    return "/Statement", statements if isinstance(statements, Mapping) else {}


def _add_condition(situation: Situation, operator: str, key: str, value: str) -> tuple[dict[str, Any], ...]:
    place, statement = _statement_of(situation)
    condition = statement.get("Condition")
    if not isinstance(condition, Mapping):
        return ({"op": "add", "path": f"{place}/Condition", "value": {operator: {key: value}}},)
    block = condition.get(operator)
    if not isinstance(block, Mapping):
        return ({"op": "add", "path": f"{place}/Condition/{_escape(operator)}", "value": {key: value}},)
    return ({"op": "add", "path": f"{place}/Condition/{_escape(operator)}/{_escape(key)}", "value": value},)


def _extend_list(situation: Situation, arn: str) -> tuple[dict[str, Any], ...]:
    """Add an ARN to the values of the negated aws:PrincipalArn that the Deny excepts; nothing when it has none."""
    place, statement = _statement_of(situation)
    for operator, keys in _conditions(statement):
        if operator.lower().removesuffix("ifexists") not in _NEGATED_ARN:
            continue
        for key, values in keys.items():
            if str(key).lower() != "aws:principalarn":
                continue
            path = f"{place}/Condition/{_escape(operator)}/{_escape(str(key))}"
            listed = list(values) if isinstance(values, list) else [values]
            return ({"op": "replace", "path": path, "value": [*listed, arn]},)
    return ()


def _rename_operators(situation: Situation) -> tuple[dict[str, Any], ...]:
    place, statement = _statement_of(situation)
    renamed = {
        (operator if operator.lower().endswith("ifexists") or operator == "Null" else f"{operator}IfExists"): keys
        for operator, keys in _conditions(statement)
    }
    if not renamed or renamed == statement.get("Condition"):
        return ()
    return ({"op": "replace", "path": f"{place}/Condition", "value": renamed},)


def _add_statement(situation: Situation, statement: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    statements = situation.policy.get("Statement")
    if isinstance(statements, list):
        return ({"op": "add", "path": "/Statement/-", "value": statement},)
    return ({"op": "replace", "path": "/Statement", "value": [statements, statement]},)


def _conditions(statement: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    condition = statement.get("Condition")
    if isinstance(condition, Mapping):
        yield from ((str(operator), keys) for operator, keys in condition.items() if isinstance(keys, Mapping))


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


PATCHLESS: Mapping[str, Callable[[], Remedy]] = {
    "enable-key": lambda: Remedy("enable-key", helps=True, risks=(Reason.DELETES_NOTHING_ELSE,)),
    "cancel-key-deletion": lambda: Remedy("cancel-key-deletion", helps=True, risks=(Reason.DELETES_NOTHING_ELSE,)),
    "create-grant": lambda: Remedy("create-grant", helps="undetermined", risks=(Reason.GRANT_NOT_REPLAYABLE,)),
    "use-customer-managed-key": lambda: Remedy(
        "use-customer-managed-key", helps=True, risks=(Reason.POLICY_OF_AWS_MANAGED_KEY,)
    ),
}
"""Remedies that change something else than the policy."""
