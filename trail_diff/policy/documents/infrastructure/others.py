"""Keys in what Pulumi, AWS Config and Cloud Control print."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from trail_diff.model.codes import KeyChange
from trail_diff.model.reasons import Reason
from trail_diff.policy.documents.infrastructure.interface import (
    PlannedKey,
    Surroundings,
    as_list,
    as_object,
    removed_grant,
    texts,
    unread,
)
from trail_diff.policy.documents.infrastructure.moves import SERVICES, Move, MoveKind, planned_move

PULUMI_TYPES = frozenset(
    {"aws:kms/key:Key", "aws:kms/externalKey:ExternalKey", "aws:kms/replicaKey:ReplicaKey", "aws-native:kms:Key"}
)
_PULUMI_POLICY = "aws:kms/keyPolicy:KeyPolicy"
_PULUMI_ALIAS = "aws:kms/alias:Alias"
_PULUMI_FIELDS: Mapping[str, str] = {
    "aws:iam/role:Role": "",
    _PULUMI_ALIAS: "targetKeyId",
    "aws:backup/vault:Vault": "kmsKeyArn",
    "aws:dynamodb/table:Table": "serverSideEncryption.kmsKeyArn",
    "aws:sqs/queue:Queue": "kmsMasterKeyId",
    "aws:sns/topic:Topic": "kmsMasterKeyId",
    "aws:secretsmanager/secret:Secret": "kmsKeyId",
    "aws:rds/instance:Instance": "kmsKeyId",
    "aws:rds/cluster:Cluster": "kmsKeyId",
    "aws:efs/fileSystem:FileSystem": "kmsKeyId",
    "aws:cloudwatch/logGroup:LogGroup": "kmsKeyId",
}
"""Where resources of Pulumi's AWS provider name their key; "" for a role, which has none."""

_PULUMI_GRANT = "aws:kms/grant:Grant"
_UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What Pulumi writes in a preview for a value that is not known yet (its SDK's `UnknownStringValue`)."""

_SEALED = "4dabf18193072939515e22adb298388d"
"""What Pulumi marks a secret with in its state: encrypted, or with its value as JSON in `plaintext`."""

_SEALED_TEXT = "[secret]"
"""What Pulumi writes in a preview for a secret."""

_OPERATIONS: Mapping[str, KeyChange] = {
    "create": "created",
    "delete": "deleted",
    "same": "unchanged",
    "update": "changed",
    "replace": "changed",
    "read": "unchanged",
    "refresh": "unchanged",
}
_STACKS = frozenset({"aws:cloudformation/stack:Stack", "aws-native:cloudformation:Stack"})
"""Resources that may make keys of their own."""


def read_pulumi_preview(document: Mapping[str, Any], _surroundings: Surroundings) -> Iterator[PlannedKey]:
    """Yield the keys of `pulumi preview --json`, whose steps have each resource's state before and after."""
    for place, step in enumerate(map(as_object, as_list(document.get("steps")))):
        old, new = as_object(step.get("oldState")), as_object(step.get("newState"))
        kind = str(new.get("type", old.get("type")))
        inputs, operation = as_object(old.get("inputs")), str(step.get("op"))
        if kind == _PULUMI_GRANT and (operation == "delete" or "replace" in operation):
            grantee, path = inputs.get("granteePrincipal"), f"/steps/{place}/oldState"
            yield removed_grant(_pulumi_name(step.get("urn")), grantee, path, inputs.get("keyId"))
        if kind in _STACKS and step.get("op") != "same":
            yield unread(_pulumi_name(step.get("urn")), kind, f"/steps/{place}/newState")
        if (moved := _moved(kind, step, f"/steps/{place}/newState")) is not None:
            yield moved
        if kind not in PULUMI_TYPES and kind != _PULUMI_POLICY:
            continue
        is_kept = step.get("op") == "delete" and old.get("retainOnDelete") is True
        before, after = _pulumi_policy(old), _pulumi_policy(old if is_kept else new)
        is_unknown = _is_open(after)
        yield PlannedKey(
            address=_pulumi_name(step.get("urn")),
            change="unchanged" if is_kept else _OPERATIONS.get(str(step.get("op")), "changed"),
            names=_pulumi_names(step.get("urn"), old, new),
            before=None if _is_open(before) else before,
            after=None if is_unknown else after,
            unknown="policy" if is_unknown else None,
            path=f"/steps/{place}/newState/inputs/policy",
            reason=_end_of(str(step.get("op")), old, new) if kind in PULUMI_TYPES else None,
        )


def _moved(kind: str, step: Mapping[str, Any], path: str) -> PlannedKey | None:
    """Return what stands for an alias, a role or an encrypted resource that a preview takes away or moves."""
    states = as_object(step.get("oldState")), as_object(step.get("newState"))
    operation, field = str(step.get("op")), _PULUMI_FIELDS.get(kind)
    is_gone, is_replaced = operation == "delete", "replace" in operation
    if field is None or operation not in ("update", "replace", "delete") or states[0].get("retainOnDelete") is True:
        return None
    of: MoveKind = "role" if not field else "alias" if kind == _PULUMI_ALIAS else "resource"
    if is_gone and of == "resource":
        return None
    sides = [{**as_object(state.get("outputs")), **as_object(state.get("inputs"))} for state in states]
    names = [texts(*(side.get(name) for name in ("arn", "name", "bucket")), side.get("id")) for side in sides]
    own = names if of != "role" else [texts(sides[0].get("arn")), frozenset[str]()]
    if of == "alias":
        own = [texts(side.get("name")) for side in sides]
    return planned_move(
        Move(
            address=_pulumi_name(step.get("urn")),
            kind=of,
            before=own[0],
            after=own[1] or own[0],
            keys_before={field: _inner(sides[0], field)},
            keys_after={field: _inner(sides[1], field)},
            is_gone=is_gone,
            is_replaced=is_replaced,
            path=path,
            service=SERVICES.get(kind),
        )
    )


def _inner(value: object, path: str) -> str | None:
    """Return the text at a path; the path itself, where Pulumi does not know it yet."""
    for name in filter(None, path.split(".")):
        value = as_object(value).get(name)
    if value == _UNKNOWN_TEXT:
        return path
    return value if isinstance(value, str) and value else None


def _end_of(operation: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Reason | None:
    """Return what becomes of a key beside its policy."""
    if old.get("retainOnDelete") is not True:
        if operation == "delete":
            return Reason.KEY_IS_DELETED
        if "replace" in operation:
            return Reason.KEY_IS_REPLACED
    was, is_now = (as_object(state.get("inputs")) for state in (old, new))
    is_disabled = any(is_now.get(name) is False and was.get(name) is not False for name in ("isEnabled", "enabled"))
    return Reason.KEY_IS_DISABLED if is_disabled else None


def read_pulumi_stack(document: Mapping[str, Any], _surroundings: Surroundings) -> Iterator[PlannedKey]:
    """Yield the keys of `pulumi stack export`."""
    resources = as_list(as_object(document.get("deployment")).get("resources"))
    for place, state in enumerate(map(as_object, resources)):
        if state.get("type") in PULUMI_TYPES or state.get("type") == _PULUMI_POLICY:
            name, names = _pulumi_name(state.get("urn")), _pulumi_names(state.get("urn"), {}, state)
            policy, path = _pulumi_policy(state), f"/deployment/resources/{place}/outputs/policy"
            if _is_open(policy):
                policy = None
            yield _described(name, names, policy, "policy", path)


def read_resource_description(document: Mapping[str, Any], _surroundings: Surroundings) -> Iterator[PlannedKey]:
    """Yield the keys of an answer of Cloud Control (GetResource), or of AWS Config (configuration items)."""
    for described in map(
        as_object, [document.get("ResourceDescription"), *as_list(document.get("ResourceDescriptions"))]
    ):
        if document.get("TypeName") == "AWS::KMS::Key" or "KeyPolicy" in str(described.get("Properties")):
            properties = _parsed(described.get("Properties"))
            names = texts(described.get("Identifier"), properties.get("Arn"), properties.get("KeyId"))
            address = str(described.get("Identifier") or "key")
            if names or properties:
                yield _described(address, names, properties.get("KeyPolicy"), "KeyPolicy", "/ResourceDescription")
    items = [*as_list(document.get("configurationItems")), *as_list(document.get("baseConfigurationItems"))]
    items += [_parsed(one) for one in as_list(document.get("Results"))]
    items += [document["configurationItem"]] if "configurationItem" in document else []
    items += [document] if document.get("resourceType") == "AWS::KMS::Key" else []
    for item in map(as_object, items):
        if item.get("resourceType") == "AWS::KMS::Key":
            yield _config_item(item)


def _config_item(item: Mapping[str, Any]) -> PlannedKey:
    supplementary, configuration = as_object(item.get("supplementaryConfiguration")), _parsed(item.get("configuration"))
    policy = supplementary.get("Policy", configuration.get("policy", configuration.get("keyPolicy")))
    names = texts(item.get("ARN"), item.get("arn"), item.get("resourceId"), item.get("resourceName"))
    place = "supplementaryConfiguration.Policy"
    return _described(str(item.get("resourceId") or "key"), names, policy, place, f"/{place.replace('.', '/')}")


def _described(address: str, names: frozenset[str], policy: Any, place: str, path: str) -> PlannedKey:
    """Return a key as it was described; AWS leaves out what it did not record, so without a policy it is not known."""
    if policy:
        return PlannedKey(address, "deployed", names, after=policy, path=path)
    return PlannedKey(address, "deployed", names, unknown=place, path=path, reason=Reason.POLICY_NOT_TOLD)


def _is_open(policy: Any) -> bool:
    """Check whether a policy is one that Pulumi does not know yet, or keeps secret."""
    return isinstance(policy, str) and (_UNKNOWN_TEXT in policy or policy == _SEALED_TEXT)


def _pulumi_policy(state: Mapping[str, Any]) -> Any:
    for part in ("inputs", "outputs"):
        values = as_object(state.get(part))
        policy = values.get("policy", values.get("keyPolicy"))
        if isinstance(policy, Mapping) and _SEALED in policy:
            policy = policy.get("plaintext", _SEALED_TEXT)
        if policy:
            return policy
    return None


def _pulumi_names(urn: object, *states: Mapping[str, Any]) -> frozenset[str]:
    outputs = [as_object(state.get(part)) for state in states for part in ("outputs", "inputs")]
    found = [values.get(name) for values in outputs for name in ("arn", "keyId", "id")]
    return texts(urn, _pulumi_name(urn), *found, *(state.get("id") for state in states))


def _pulumi_name(urn: object) -> str:
    return str(urn).rsplit("::", 1)[-1]


def _parsed(value: object) -> Mapping[str, Any]:
    with suppress(ValueError, RecursionError):
        return as_object(json.loads(value) if isinstance(value, str) else value)
    return {}
