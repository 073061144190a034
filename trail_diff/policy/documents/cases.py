"""Reads a decided case: one JSON object with a request, the policies in its way, and the expected decision.

In a case, a condition key that neither `context` nor `unknown` of the request holds is absent, and a layer that neither
the case nor its `unknownLayers` holds is not in play. A context value may be a domain: `{"oneOf": [member, ...],
"grade": "documented"}`, a member being a value, a list of values, `{"absent": true}`, `{"awsOwned": true}`,
`{"anything": true}`, `{"contains": [name, ...]}` or `{"arnIn": account}`; a member may also stand alone. `{"opaque":
true}` is one of AWS's own, or none.
Nothing here raises on odd content: what cannot be read makes the decision undetermined.
"""

import json
from collections.abc import Mapping
from typing import Any

from msgspec import structs

from trail_diff.model.codes import Grade
from trail_diff.policy.request.domains import (
    IS_ABSENT,
    IS_UNKNOWN,
    NEVER_THE_CUSTOMERS,
    ArnIn,
    Contains,
    Domain,
    Member,
    Open,
    Value,
)
from trail_diff.policy.request.interface import PolicyDocument, PolicySet, Request
from trail_diff.policy.request.principals import principal_from

_GRADES: Mapping[str, Grade] = {"recorded": "recorded", "documented": "documented", "inferred": "inferred"}
_OPEN: Mapping[str, Open] = {"absent": Open.ABSENT, "awsOwned": Open.AWS_OWNED, "anything": Open.ANYTHING}
_UNREADABLE: PolicyDocument = {"Statement": None}


def load_case(case: Mapping[str, Any]) -> tuple[Request, PolicySet]:
    """Read the request and the policies of a case."""
    request = case.get("request")
    return _request_of(request if isinstance(request, Mapping) else {}), _policies_of(case)


def _request_of(request: Mapping[str, Any]) -> Request:
    return Request(
        principal=principal_from(request.get("principal")),
        action=_text(request.get("action")),
        resource=_text(request.get("resource")),
        context=_context_of(request),
        otherwise=IS_UNKNOWN if request.get("defaultAbsent") is False else IS_ABSENT,
        resource_account=_text(request.get("resourceAccount")) or None,
    )


def _context_of(request: Mapping[str, Any]) -> dict[str, Value | Domain]:
    """Return the domain of each key that a case says something of; what it calls unknown is so whatever else it has."""
    given = request.get("context")
    context: dict[str, Value | Domain] = {}
    for key, value in given.items() if isinstance(given, Mapping) else ():
        context[str(key)] = _domain_of(value) or value
    named = {key.lower() for key in context}
    context |= {name: IS_ABSENT for name in _names(request.get("absent")) if name.lower() not in named}
    unknown = {name.lower(): name for name in _names(request.get("unknown"))}
    kept = {key: value for key, value in context.items() if key.lower() not in unknown}
    return kept | dict.fromkeys(unknown, IS_UNKNOWN)


def _domain_of(value: object) -> Domain | None:
    """Read a domain, or a member that stands alone; None for what is neither."""
    match value:
        case {"opaque": True}:
            return NEVER_THE_CUSTOMERS
        case {"oneOf": [_, *_] as members, **others}:
            grade = others.get("grade")
            read = [_member_of(member) for member in members]
            known = tuple(member for member in read if member is not None)
            return Domain(known, _GRADES.get(str(grade), "recorded")) if len(known) == len(read) else None
        case Mapping():
            member = _member_of(value)
            return Domain((member,)) if member is not None else None
        case _:
            return None


def _member_of(value: object) -> Member | None:
    match value:
        case str():
            return value
        case list() if all(isinstance(one, str) for one in value):
            return tuple(value)
        case {"contains": [str(), *_] as names} if all(isinstance(name, str) for name in names):
            return Contains(tuple(names))
        case {"arnIn": str() as account}:
            return ArnIn(account)
        case Mapping():
            return next((member for name, member in _OPEN.items() if value == {name: True}), None)
        case _:
            return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _names(value: object) -> frozenset[str]:
    return frozenset(name for name in _listed(value) if isinstance(name, str))


def _policies_of(case: Mapping[str, Any]) -> PolicySet:
    grants = case.get("grants", ())
    policies = PolicySet(
        key_policy=_policy(case["policy"]) if case.get("policy") is not None else {"Statement": []},
        grants=tuple(grants) if isinstance(grants, list | tuple) else None,
        identity_policies=_layer(case, "identityPolicies", "identityPolicy"),
        permissions_boundaries=_layer(case, "permissionBoundaries", "permissionsBoundaries", "permissionBoundary"),
        session_policies=_layer(case, "sessionPolicies", "sessionPolicy"),
        scps=_levels(case, "scps"),
        rcps=_levels(case, "rcps"),
        vpc_endpoint_policies=_layer(case, "vpcEndpointPolicies", "vpcEndpointPolicy"),
    )
    unknown = {name: None for name in _names(case.get("unknownLayers")) if name in PolicySet.__struct_fields__}
    return structs.replace(policies, **unknown)


def _layer(case: Mapping[str, Any], *names: str) -> tuple[PolicyDocument, ...]:
    return tuple(_policy(policy) for name in names for policy in _listed(case.get(name)))


def _levels(case: Mapping[str, Any], name: str) -> tuple[tuple[PolicyDocument, ...], ...]:
    """Read the levels of an organization; a flat list of policies is one level."""
    levels = _listed(case.get(name))
    if any(not isinstance(level, list | tuple) for level in levels):
        return (tuple(_policy(policy) for level in levels for policy in _listed(level)),)
    return tuple(tuple(_policy(policy) for policy in level) for level in levels)


def _listed(value: object) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _policy(value: object) -> PolicyDocument:
    if isinstance(value, str):
        try:
            value = json.loads(value, strict=False)
        except (ValueError, RecursionError):
            return _UNREADABLE
    if isinstance(value, Mapping) and "Statement" not in value and isinstance(value.get("policy"), Mapping):
        value = value["policy"]
    return value if isinstance(value, Mapping) else _UNREADABLE
