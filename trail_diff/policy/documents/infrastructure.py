"""Key policies inside of what infrastructure tools have: `terraform show -json`, CloudFormation templates in JSON."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from trail_diff.errors import PolicyError

_TERRAFORM_TYPES = frozenset({"aws_kms_key", "aws_kms_key_policy", "aws_kms_external_key", "aws_kms_replica_key"})
_TEMPLATE_TYPES = frozenset({"AWS::KMS::Key", "AWS::KMS::ReplicaKey"})
_DEPTH_LIMIT = 20
_DEPLOYED = "give the policy as it was deployed: aws kms get-key-policy --policy-name default --key-id …"


def find_key_policy(document: Mapping[str, Any]) -> Any | None:
    """Find the only key policy in a Terraform state or plan, or in a CloudFormation template; None if it is neither.

    Raises:
        PolicyError: there are several, or the policy is not literal.
    """
    found = [*_in_terraform(document), *_in_state(document), *_in_template(document)]
    if not found:
        _complain_of_none(document)
        return None
    policies = {json.dumps(policy, sort_keys=True, default=str): (place, policy) for place, policy in found}
    if len(policies) > 1:
        places = ", ".join(place for place, _ in policies.values())
        raise PolicyError(f"several key policies in it: {places}", hint="give the one in question as a file of its own")
    place, policy = next(iter(policies.values()))
    intrinsic = _find_intrinsic(policy, 0)
    if intrinsic is not None:
        raise PolicyError(
            f"{place} is not literal: it uses {intrinsic}",
            hint=_DEPLOYED,
        )
    return policy


def _in_terraform(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name in ("values", "planned_values"):
        values = document.get(name)
        root = values.get("root_module") if isinstance(values, Mapping) else None
        yield from _in_module(root, 0)
    changes = document.get("resource_changes")
    if not isinstance(changes, list) or "planned_values" in document:
        return
    for change in changes:
        after = _object(_object(change).get("change")).get("after")
        if _object(change).get("type") in _TERRAFORM_TYPES and _object(after).get("policy"):
            yield str(_object(change).get("address")), _object(after)["policy"]


def _in_state(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Look into a state file itself, which `terraform show` would print in another form."""
    for resource in map(_object, _list(document.get("resources"))):
        for instance in _list(resource.get("instances")):
            policy = _object(_object(instance).get("attributes")).get("policy")
            if resource.get("type") in _TERRAFORM_TYPES and policy:
                yield f"{resource.get('type')}.{resource.get('name')}", policy


def _complain_of_none(document: Mapping[str, Any]) -> None:
    """Return why there is no policy where one is expected."""
    for change in map(_object, _list(document.get("resource_changes"))):
        is_unknown = _object(_object(change.get("change")).get("after_unknown")).get("policy")
        if change.get("type") in _TERRAFORM_TYPES and is_unknown:
            raise PolicyError(f"{change.get('address')}: the policy is not known before it is applied", hint=_DEPLOYED)
    for name, resource in _object(document.get("Resources")).items():
        if _object(resource).get("Type") in _TEMPLATE_TYPES:
            raise PolicyError(f"/Resources/{name} has no KeyPolicy, so AWS gives it the default one", hint=_DEPLOYED)


def _in_module(module: object, depth: int) -> Iterator[tuple[str, Any]]:
    if depth > _DEPTH_LIMIT:
        return
    for resource in _list(_object(module).get("resources")):
        values = _object(_object(resource).get("values"))
        if _object(resource).get("type") in _TERRAFORM_TYPES and values.get("policy"):
            yield str(_object(resource).get("address")), values["policy"]
    for child in _list(_object(module).get("child_modules")):
        yield from _in_module(child, depth + 1)


def _in_template(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, resource in _object(document.get("Resources")).items():
        policy = _object(_object(resource).get("Properties")).get("KeyPolicy")
        if _object(resource).get("Type") in _TEMPLATE_TYPES and policy is not None:
            yield f"/Resources/{name}/Properties/KeyPolicy", policy


def _find_intrinsic(value: object, depth: int) -> str | None:
    """Name the first intrinsic function of CloudFormation in a value."""
    if depth > _DEPTH_LIMIT:
        return None
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if len(value) == 1 and (name == "Ref" or str(name).startswith("Fn::")):
                return str(name)
            if found := _find_intrinsic(inner, depth + 1):
                return found
    if isinstance(value, list):
        return next((found for item in value if (found := _find_intrinsic(item, depth + 1))), None)
    return None


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
