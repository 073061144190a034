"""Keys in what Pulumi prints: a preview, whose steps have each resource before and after, and the export of a stack."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from trail_diff.model.codes import KeyChange
from trail_diff.model.reasons import Reason
from trail_diff.policy.documents.infrastructure.beside import Beside, other_policies
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
from trail_diff.policy.documents.infrastructure.references import is_encrypted, keys_in, names_of, path_of, tops_of
from trail_diff.policy.documents.infrastructure.tags import tags_of

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
_BUCKET_SETTING = "BucketServerSideEncryptionConfiguration"
_SETTINGS = frozenset(
    {
        f"aws:s3/b{_BUCKET_SETTING[1:]}:{_BUCKET_SETTING}",
        f"aws:s3/b{_BUCKET_SETTING[1:]}V2:{_BUCKET_SETTING}V2",
        "aws:ebs/defaultKmsKey:DefaultKmsKey",
    }
)
"""Resources that are settings of others, which stay when these are deleted."""

_CALLERS = frozenset({"aws:iam/role:Role", "aws-native:iam:Role", "aws:iam/user:User", "aws-native:iam:User"})
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
    yield from other_policies(list(_beside(document)))
    told: set[tuple[str, Reason | None]] = set()
    for key in _read_steps(document):
        place = key.path.split("/")[2] if key.path else ""
        step = as_object(as_list(document.get("steps"))[int(place)]) if place else {}
        what = str(step.get("urn")), key.reason
        if "replace" not in str(step.get("op")) or what not in told:
            yield key
        told.add(what)


def _beside(document: Mapping[str, Any]) -> Iterator[Beside]:
    for place, step in enumerate(map(as_object, as_list(document.get("steps")))):
        old, new = as_object(step.get("oldState")), as_object(step.get("newState"))
        kind = str(new.get("type", old.get("type", "")))
        before, after = ({**as_object(one.get("outputs")), **as_object(one.get("inputs"))} for one in (old, new))
        if old.get("retainOnDelete") is not True:
            yield Beside(_pulumi_name(step.get("urn")), kind, before, after, f"/steps/{place}/newState")


def _read_steps(document: Mapping[str, Any]) -> Iterator[PlannedKey]:
    for place, step in enumerate(map(as_object, as_list(document.get("steps")))):
        old, new = as_object(step.get("oldState")), as_object(step.get("newState"))
        kind = str(new.get("type", old.get("type", _type_of(step.get("urn")))))
        inputs, operation = as_object(old.get("inputs")), str(step.get("op"))
        if kind == _PULUMI_GRANT and (operation == "delete" or "replace" in operation):
            given = {} if operation == "delete" else as_object(new.get("inputs"))
            yield removed_grant(_pulumi_name(step.get("urn")), inputs, given, f"/steps/{place}/oldState")
        is_told = bool(old or new)
        if (kind in _STACKS and operation != "same") or (_may_move(kind) and operation in _MOVING and not is_told):
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
            tags=(tags_of(inputs), tags_of(as_object(new.get("inputs")))) if old and new else (None, None),
        )


def _change(kind: str, operation: str, new: Mapping[str, Any]) -> KeyChange:
    """Return what becomes of a policy: one that is deleted, or made for a key that there is, changes."""
    change = _OPERATIONS.get(operation, "changed")
    is_of_new = change == "created" and as_object(new.get("inputs")).get("keyId") in (None, _UNKNOWN_TEXT)
    return "changed" if kind == _PULUMI_POLICY and change in ("created", "deleted") and not is_of_new else change


def _moved(kind: str, step: Mapping[str, Any], path: str) -> PlannedKey | None:
    """Return what stands for an alias, a role or an encrypted resource that a preview takes away or moves."""
    states = as_object(step.get("oldState")), as_object(step.get("newState"))
    operation = str(step.get("op"))
    is_gone, is_replaced = operation == "delete" and kind not in _SETTINGS, "replace" in operation
    if not _may_move(kind) or operation not in _MOVING or states[0].get("retainOnDelete") is True:
        return None
    of: MoveKind = "role" if kind in _CALLERS else "alias" if kind in _ALIASES else "resource"
    is_settled = operation == "delete-replaced" and not states[1]
    if of == "resource" and (is_gone or is_settled):
        return None
    sides = [{**as_object(state.get("outputs")), **as_object(state.get("inputs"))} for state in states]
    names = [frozenset(names_of(side)) for side in sides]
    keys = [keys_in(side) for side in sides]
    is_open = {place: place for place in keys[0] if _is_open_at(sides[1], path_of(place))}
    own = names if of != "role" else [texts(sides[0].get("arn")), frozenset[str]()]
    if of == "alias":
        own = [texts(side.get("name"), side.get("aliasName")) for side in sides]
    return planned_move(
        Move(
            address=_pulumi_name(step.get("urn")),
            kind=of,
            before=own[0],
            after=own[1] or own[0],
            keys_before=keys[0],
            keys_after={name: name if value == _UNKNOWN_TEXT else value for name, value in keys[1].items()} | is_open,
            is_gone=is_gone,
            is_replaced=is_replaced,
            path=path,
            service=SERVICES.get(kind),
            tags=(tags_of(sides[0]), tags_of(sides[1])),
            made_from=_dependencies(states[1], tops_of((*keys[0], *keys[1]))),
        )
    )


def _may_move(kind: str) -> bool:
    """Check whether calls may depend on a resource of a kind, beside keys, policies and grants."""
    return kind.startswith("aws") and is_encrypted(kind)


def _dependencies(state: Mapping[str, Any], names: Iterable[str]) -> frozenset[str]:
    """Return the resources, by URN, that some inputs of a resource are made from."""
    made_from = as_object(state.get("propertyDependencies"))
    return texts(*(one for name in names for one in as_list(made_from.get(name))))


def _is_open_at(value: object, path: Iterable[str]) -> bool:
    """Check whether Pulumi does not know the value at a path yet, or what it is in."""
    for name in path:
        value = next(iter(value), None) if isinstance(value, list) else value
        value = value if value == _UNKNOWN_TEXT else as_object(value).get(name)
    return value == _UNKNOWN_TEXT


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
