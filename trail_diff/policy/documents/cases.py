"""Reads a decided case: one JSON object with a request, the policies in its way, and the expected decision.

In a case, a condition key that neither `context` nor `unknown` of the request holds is absent, and a layer that neither
the case nor its `unknownLayers` holds is not in play. A context value of `{"opaque": true}` is an undocumented one.
Nothing here raises on odd content: what cannot be read makes the decision undetermined.
"""

import json
from collections.abc import Mapping
from typing import Any

from msgspec import structs

from trail_diff.policy.request.interface import Opaque, PolicyDocument, PolicySet, Request, Value
from trail_diff.policy.request.principals import principal_from

_OPAQUE = {"opaque": True}
_UNREADABLE: PolicyDocument = {"Statement": None}


def load_case(case: Mapping[str, Any]) -> tuple[Request, PolicySet]:
    """Read the request and the policies of a case."""
    request = case.get("request")
    return _request_of(request if isinstance(request, Mapping) else {}), _policies_of(case)


def _request_of(request: Mapping[str, Any]) -> Request:
    context = request.get("context")
    return Request(
        principal=principal_from(request.get("principal")),
        action=_text(request.get("action")),
        resource=_text(request.get("resource")),
        context=_context_of(context) if isinstance(context, Mapping) else {},
        unknown=_names(request.get("unknown")),
        absent=_names(request.get("absent")),
        default_absent=request.get("defaultAbsent") is not False,
        resource_account=_text(request.get("resourceAccount")) or None,
    )


def _context_of(context: Mapping[Any, Any]) -> dict[str, Value]:
    return {str(key): Opaque.SERVICE_VALUE if value == _OPAQUE else value for key, value in context.items()}


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
