"""Keys in what Pulumi prints: a preview, whose steps have each resource before and after, and the export of a stack."""

from collections.abc import Iterator, Mapping
from typing import Any

from trail_diff.model.codes import KeyChange
from trail_diff.model.reasons import Reason
from trail_diff.policy.documents.infrastructure.interface import (
    PlannedKey,
    Surroundings,
    as_list,
    as_object,
    described,
    end_of_key,
    may_lock_out,
    removed_grant,
    texts,
    unread,
)
from trail_diff.policy.documents.infrastructure.moves import SERVICES, Move, MoveKind, planned_move

PULUMI_TYPES = frozenset(
    {
        "aws:kms/key:Key",
        "aws:kms/externalKey:ExternalKey",
        "aws:kms/replicaKey:ReplicaKey",
        "aws:kms/replicaExternalKey:ReplicaExternalKey",
        "aws-native:kms:Key",
        "aws-native:kms:ReplicaKey",
    }
)
_PULUMI_POLICY = "aws:kms/keyPolicy:KeyPolicy"
_ALIASES = frozenset({"aws:kms/alias:Alias", "aws-native:kms:Alias"})
_BUCKET_RULE = "applyServerSideEncryptionByDefault.kmsMasterKeyId"
_BUCKET_SETTING = "BucketServerSideEncryptionConfiguration"
_SETTINGS: Mapping[str, str] = {
    f"aws:s3/b{_BUCKET_SETTING[1:]}:{_BUCKET_SETTING}": f"rules.{_BUCKET_RULE}",
    f"aws:s3/b{_BUCKET_SETTING[1:]}V2:{_BUCKET_SETTING}V2": f"rules.{_BUCKET_RULE}",
    "aws:ebs/defaultKmsKey:DefaultKmsKey": "keyArn",
}
"""Resources that are settings of others, which stay when these are deleted, and where they name their key."""

_FIELDS: Mapping[str, str] = {
    **_SETTINGS,
    "aws:iam/role:Role": "",
    "aws:kms/alias:Alias": "targetKeyId",
    "aws:backup/vault:Vault": "kmsKeyArn",
    "aws:backup/logicallyAirGappedVault:LogicallyAirGappedVault": "encryptionKeyArn",
    "aws:dynamodb/table:Table": "serverSideEncryption.kmsKeyArn",
    "aws:s3/bucket:Bucket": f"serverSideEncryptionConfiguration.rule.{_BUCKET_RULE}",
    "aws:s3/bucketV2:BucketV2": f"serverSideEncryptionConfigurations.rules.{_BUCKET_RULE}",
    "aws:sqs/queue:Queue": "kmsMasterKeyId",
    "aws:sns/topic:Topic": "kmsMasterKeyId",
    "aws:secretsmanager/secret:Secret": "kmsKeyId",
    "aws:ebs/volume:Volume": "kmsKeyId",
    "aws:rds/instance:Instance": "kmsKeyId",
    "aws:rds/cluster:Cluster": "kmsKeyId",
    "aws:efs/fileSystem:FileSystem": "kmsKeyId",
    "aws:cloudwatch/logGroup:LogGroup": "kmsKeyId",
    "aws:cloudtrail/trail:Trail": "kmsKeyId",
    "aws:lambda/function:Function": "kmsKeyArn",
    "aws-native:iam:Role": "",
    "aws-native:kms:Alias": "targetKeyId",
    "aws-native:backup:BackupVault": "encryptionKeyArn",
    "aws-native:dynamodb:Table": "sseSpecification.kmsMasterKeyId",
    "aws-native:sqs:Queue": "kmsMasterKeyId",
    "aws-native:sns:Topic": "kmsMasterKeyId",
    "aws-native:s3:Bucket": (
        "bucketEncryption.serverSideEncryptionConfiguration.serverSideEncryptionByDefault.kmsMasterKeyId"
    ),
}
"""Where resources of Pulumi's AWS providers name their key; "" for a role, which has none."""

_NAMES = ("name", "aliasName", "bucket", "bucketName", "backupVaultName", "tableName", "queueName", "topicName")
_MOVING = frozenset({"update", "replace", "create-replacement", "delete-replaced", "delete"})
"""Steps of a preview that may take something away from calls."""

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
    """Yield the keys of `pulumi preview --json`; a replacement has several steps, of which one tells."""
    told: set[tuple[str, Reason | None]] = set()
    for key in _read_steps(document):
        place = key.path.split("/")[2] if key.path else ""
        step = as_object(as_list(document.get("steps"))[int(place)]) if place else {}
        what = str(step.get("urn")), key.reason
        if "replace" not in str(step.get("op")) or what not in told:
            yield key
        told.add(what)


def _read_steps(document: Mapping[str, Any]) -> Iterator[PlannedKey]:
    for place, step in enumerate(map(as_object, as_list(document.get("steps")))):
        old, new = as_object(step.get("oldState")), as_object(step.get("newState"))
        kind = str(new.get("type", old.get("type", _type_of(step.get("urn")))))
        inputs, operation = as_object(old.get("inputs")), str(step.get("op"))
        if kind == _PULUMI_GRANT and (operation == "delete" or "replace" in operation):
            grantee, path = inputs.get("granteePrincipal"), f"/steps/{place}/oldState"
            yield removed_grant(_pulumi_name(step.get("urn")), grantee, path, inputs.get("keyId"))
        is_told = bool(old or new)
        if (kind in _STACKS and operation != "same") or (kind in _FIELDS and operation in _MOVING and not is_told):
            yield unread(_pulumi_name(step.get("urn")), kind, f"/steps/{place}/newState")
        if (moved := _moved(kind, step, f"/steps/{place}/newState")) is not None:
            yield moved
        if kind not in PULUMI_TYPES and kind != _PULUMI_POLICY:
            continue
        is_kept = step.get("op") == "delete" and old.get("retainOnDelete") is True
        before, after = _pulumi_policy(old), _pulumi_policy(old if is_kept else new)
        is_unknown = _is_open(after) or not is_told
        yield PlannedKey(
            address=_pulumi_name(step.get("urn")),
            change="unchanged" if is_kept else _change(kind, operation, new),
            names=_pulumi_names(step.get("urn"), old, new),
            before=None if _is_open(before) else before,
            after=None if is_unknown else after,
            unknown="policy" if is_unknown else None,
            path=f"/steps/{place}/newState/inputs/policy",
            reason=_end_of(str(step.get("op")), old, new) if kind in PULUMI_TYPES else None,
            may_lock_out=may_lock_out(as_object(new.get("inputs"))),
        )


def _change(kind: str, operation: str, new: Mapping[str, Any]) -> KeyChange:
    """Return what becomes of a policy: one that is deleted, or made for a key that there is, changes."""
    change = _OPERATIONS.get(operation, "changed")
    is_of_new = change == "created" and as_object(new.get("inputs")).get("keyId") in (None, _UNKNOWN_TEXT)
    return "changed" if kind == _PULUMI_POLICY and change in ("created", "deleted") and not is_of_new else change


def _moved(kind: str, step: Mapping[str, Any], path: str) -> PlannedKey | None:
    """Return what stands for an alias, a role or an encrypted resource that a preview takes away or moves."""
    states = as_object(step.get("oldState")), as_object(step.get("newState"))
    operation, field = str(step.get("op")), _FIELDS.get(kind)
    is_gone, is_replaced = operation == "delete" and kind not in _SETTINGS, "replace" in operation
    if field is None or operation not in _MOVING or states[0].get("retainOnDelete") is True:
        return None
    of: MoveKind = "role" if not field else "alias" if kind in _ALIASES else "resource"
    is_settled = operation == "delete-replaced" and not states[1]
    if of == "resource" and (is_gone or is_settled):
        return None
    sides = [{**as_object(state.get("outputs")), **as_object(state.get("inputs"))} for state in states]
    names = [texts(*(side.get(name) for name in ("arn", "id", *_NAMES))) for side in sides]
    own = names if of != "role" else [texts(sides[0].get("arn")), frozenset[str]()]
    if of == "alias":
        own = [texts(side.get("name"), side.get("aliasName")) for side in sides]
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
            made_from=_dependencies(states[1], field.split(".")[0]),
        )
    )


def _dependencies(state: Mapping[str, Any], name: str) -> frozenset[str]:
    """Return the resources, by URN, that an input of a resource is made from."""
    return texts(*as_list(as_object(state.get("propertyDependencies")).get(name)))


def _inner(value: object, path: str) -> str | None:
    """Return the text at a path, through the lists that Pulumi has; the path itself, where it is not known yet."""
    for name in filter(None, path.split(".")):
        value = next(iter(value), None) if isinstance(value, list) else value
        value = value if value == _UNKNOWN_TEXT else as_object(value).get(name)
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
    return end_of_key(was, is_now) if is_now else None


def read_pulumi_stack(document: Mapping[str, Any], _surroundings: Surroundings) -> Iterator[PlannedKey]:
    """Yield the keys of `pulumi stack export`."""
    resources = as_list(as_object(document.get("deployment")).get("resources"))
    for place, state in enumerate(map(as_object, resources)):
        if state.get("type") in PULUMI_TYPES or state.get("type") == _PULUMI_POLICY:
            name, names = _pulumi_name(state.get("urn")), _pulumi_names(state.get("urn"), {}, state)
            policy, path = _pulumi_policy(state), f"/deployment/resources/{place}/outputs/policy"
            if _is_open(policy):
                policy = None
            yield described(name, names, policy, as_object(state.get("outputs")), ("policy", path))


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


def _type_of(urn: object) -> str:
    """Return the type of a resource as its URN has it: the last of its parents' types and its own."""
    parts = str(urn).split("::")
    return parts[2].rpartition("$")[2] if len(parts) > 3 else ""


def _pulumi_name(urn: object) -> str:
    return str(urn).rsplit("::", 1)[-1]
