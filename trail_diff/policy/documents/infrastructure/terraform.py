"""Keys in what Terraform and OpenTofu print: `show -json` of a plan or a state, and the state file itself."""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import structs

from trail_diff.model.codes import KeyChange
from trail_diff.model.reasons import Reason
from trail_diff.policy.documents.infrastructure.beside import Beside, other_policies
from trail_diff.policy.documents.infrastructure.interface import (
    ENABLED,
    MATERIAL,
    PlannedKey,
    Surroundings,
    end_of_key,
    may_lock_out,
    removed_grant,
    texts,
    unread,
)
from trail_diff.policy.documents.infrastructure.moves import SERVICES, Move, MoveKind, planned_move
from trail_diff.policy.documents.infrastructure.policy_document import DOCUMENT
from trail_diff.policy.documents.infrastructure.references import (
    is_encrypted,
    is_marked,
    keys_in,
    names_of,
    open_keys,
    path_of,
    tops_of,
)
from trail_diff.policy.documents.infrastructure.tags import tags_of
from trail_diff.policy.documents.infrastructure.terraform_resources import Resource, read_resources

KEY_TYPES = frozenset({"aws_kms_key", "aws_kms_external_key", "aws_kms_replica_key", "aws_kms_replica_external_key"})
POLICY_TYPE = "aws_kms_key_policy"
_CALLERS = ("aws_iam_role", "aws_iam_user")
_OPEN = "known after apply"
_SETTINGS = ("aws_s3_bucket_server_side_encryption_configuration", "aws_ebs_default_kms_key")
"""Resources that are settings of others, which stay when these are deleted."""

_OWN_NAMES: Mapping[str, tuple[str, ...]] = {"alias": ("name",), "role": ("arn", "name")}
_STACKS = {"aws_cloudformation_stack": "template_url", "aws_cloudformation_stack_set": "template_url"}
"""Resources that may make keys of their own, and the argument that names what they are made from."""


def read_terraform(document: Mapping[str, Any], _surroundings: Surroundings) -> Iterator[PlannedKey]:
    """Yield the keys of a plan or a state."""
    resources = [part for one in read_resources(document) for part in _apart(one)]
    keys = [_with_policy(one, resources) for one in resources if one.type in KEY_TYPES]
    yield from (_name(key, resources) for key in keys)
    known = {name for key in keys for name in key.names}
    for one in resources:
        if one.type == POLICY_TYPE and not _targets(one, known):
            yield _planned(one, one, frozenset({*_values_of(one, "key_id"), one.address}))
        elif one.type == "aws_kms_grant" and "delete" in one.actions:
            yield removed_grant(one.address, one.before, one.after, one.path)
        elif (moved := find_move(one)) is not None:
            yield moved
        elif one.type.startswith("awscc_kms_") and one.actions != ("no-op",):
            yield unread(one.address, one.type, one.path)
        elif one.type in _STACKS and one.actions not in ((), ("no-op",)):
            yield unread(one.address, str(one.after.get(_STACKS[one.type]) or "template_body"), one.path)
    yield from other_policies([_beside(one) for one in resources if one.actions])


def _beside(one: Resource) -> Beside:
    after = one.before if one.actions == ("forget",) else one.after
    indexes = (one.index, "")
    references = {
        name: tuple(
            f"{part}{index}" for found in names for part in (found, found.rpartition(".")[0]) for index in indexes
        )
        for name, names in one.references.items()
    }
    return Beside(one.address, one.type, one.before, after, one.path, references)


def _apart(one: Resource) -> Iterator[Resource]:
    """Yield a policy resource that goes to another key as what it is for the one and for the other.

    Replaced, it leaves the default policy behind. The provider's plan has such a change as an update, too; then the
    first key may get what the resource says.
    """
    was, will = one.before.get("key_id"), one.after.get("key_id")
    if one.type != POLICY_TYPE or not was or not one.after or was == will:
        yield one
    else:
        is_replaced = "create" in one.actions
        yield structs.replace(
            one,
            after={} if is_replaced else {**one.after, "key_id": was},
            unknown={} if is_replaced else {**one.unknown, "key_id": False},
            references={} if is_replaced else one.references,
            actions=("delete",) if is_replaced else one.actions,
        )
        yield structs.replace(one, before={}, actions=("create",))


def find_move(one: Resource) -> PlannedKey | None:
    """Return what stands for an alias, a caller or an encrypted resource that a plan takes away or moves."""
    is_gone, is_replaced = "delete" in one.actions, {"delete", "create"} <= set(one.actions)
    is_alias, is_caller = one.type == "aws_kms_alias", one.type in _CALLERS
    is_kept = is_gone and not is_replaced and not (is_alias or is_caller or one.type in _SETTINGS)
    if not one.before or "forget" in one.actions or is_kept or not is_encrypted(one.type):
        return None
    kind: MoveKind = "role" if is_caller else "alias" if is_alias else "resource"
    before, after = (
        texts(*(values.get(name) for name in _OWN_NAMES[kind])) if kind != "resource" else frozenset(names_of(values))
        for values in (one.before, one.after)
    )
    keys_before = keys_in(one.before)
    return planned_move(
        Move(
            address=one.address,
            kind=kind,
            before=before,
            after=after,
            keys_before=keys_before,
            keys_after=_keys_after(one, keys_before),
            is_gone=is_gone and not is_replaced and kind != "resource",
            is_replaced=is_replaced,
            path=one.path,
            service=SERVICES.get(one.type),
            made_from=_pointed(one, _fields(one)),
            tags=(tags_of(one.before), tags_of(one.after)),
        )
    )


def _keys_after(one: Resource, before: Mapping[str, str]) -> dict[str, str]:
    """Return the keys that a resource will name; for one that is not known before, the expression that makes it."""
    known = keys_in(one.after)
    for place in (*before, *open_keys(one.unknown)):
        path = path_of(place)
        if place not in known and is_marked(one.unknown, path):
            made_from = next(iter(one.references.get(path[0], ())), None) or before.get(place)
            known |= {place: made_from} if made_from else {}
    return known


def _fields(one: Resource) -> tuple[str, ...]:
    """Return the arguments of a resource that hold its keys."""
    return tops_of((*keys_in(one.before), *keys_in(one.after), *open_keys(one.unknown)))


def _targets(policy: Resource, known: set[str]) -> bool:
    """Check whether the key of a policy resource is a resource of the same document."""
    named = {*_values_of(policy, "key_id"), *_pointed(policy, ("key_id",))}
    return not named.isdisjoint(known)


def _with_policy(key: Resource, resources: list[Resource]) -> PlannedKey:
    """Return a key with the policy of the resource that sets it: a resource of its own comes before the argument.

    Where it alone does not change and the argument does, the argument is what will be set. Which of two comes last, one
    that is made and one that is destroyed, or the argument and a resource that does not refer to the key, is open.
    """
    own = texts(key.address, *_ids(key))
    setters = [one for one in resources if one.type == POLICY_TYPE and _is_about(one, key, own)]
    if len(setters) > 1 and any(one.actions == ("delete",) for one in setters):
        return structs.replace(
            _planned(key, setters[0], own), after=None, unknown=" / ".join(one.address for one in setters)
        )
    is_set_anew = key.before.get("policy") and key.after.get("policy") not in (None, key.before.get("policy"))
    is_last = bool(setters) and key.address in _pointed(setters[0], ("key_id",))
    if setters and is_set_anew and setters[0].actions not in (("no-op",), ("forget",)) and not is_last:
        return structs.replace(_planned(key, key, own), after=None, unknown=f"{key.address} / {setters[0].address}")
    if not setters or (is_set_anew and setters[0].actions == ("no-op",)):
        return _planned(key, key, own)
    return _planned(key, setters[0], own)


def _planned(key: Resource, setter: Resource, names: frozenset[str]) -> PlannedKey:
    before, after = setter.before.get("policy") or key.before.get("policy"), setter.after.get("policy")
    if setter.actions == ("forget",):
        after = before
    unknown = None
    if setter.unknown.get("policy") is True:
        after, unknown = _unknown_policy(setter)
    return PlannedKey(
        address=key.address,
        change=_change(key),
        names=names,
        before=before or None,
        after=after or None,
        unknown=unknown,
        path=f"{setter.path}/policy",
        reason=_end_of(key),
        may_lock_out=may_lock_out(setter.after),
        tags=(tags_of(key.before), tags_of(key.after)) if key.before and key.after else (None, tags_of(key.after)),
    )


def _unknown_policy(setter: Resource) -> tuple[Any, str | None]:
    """Return a policy that is known after apply: as far as its policy document tells it, else what makes it."""
    made = setter.after.get(DOCUMENT)
    if made is not None:
        return made, None
    names = setter.references.get("policy", ())
    if not names and not setter.before:
        return None, None
    return None, ", ".join(names[:1]) or f"{setter.config_address}.policy"


def _change(key: Resource) -> KeyChange:
    if not key.actions:
        return "deployed"
    if key.type == POLICY_TYPE and ("create" not in key.actions or _values_of(key, "key_id")):
        return "changed"
    if "create" in key.actions and "delete" not in key.actions:
        return "created"
    if key.actions == ("delete",):
        return "deleted"
    return "changed"


def _end_of(key: Resource) -> Reason | None:
    """Return what becomes of a key beside its policy; a policy resource that is destroyed leaves it the default one."""
    if "delete" in key.actions and key.type != POLICY_TYPE:
        return Reason.KEY_IS_REPLACED if "create" in key.actions else Reason.KEY_IS_DELETED
    after = {**key.after, **{name: _OPEN for name in (*ENABLED, *MATERIAL) if is_marked(key.unknown, [name])}}
    return end_of_key(key.before, after) if key.after and key.type != POLICY_TYPE else None


def _name(key: PlannedKey, resources: list[Resource]) -> PlannedKey:
    """Return a key with the names of the resources that are encrypted with it, or will be if they have no key yet."""
    found: set[str] = set()
    service = None
    for one in resources:
        if is_encrypted(one.type) and _is_about_names(one, key):
            found |= {*names_of(one.before), *names_of(one.after), one.address}
            service = service or SERVICES.get(one.type)
    return structs.replace(key, names=key.names | found, service=service)


def _is_about(one: Resource, key: Resource, names: frozenset[str]) -> bool:
    values = {*_values_of(one, "key_id")}
    return not values.isdisjoint(names) or (not values and key.address in _pointed(one, ("key_id",)))


def _is_about_names(one: Resource, key: PlannedKey) -> bool:
    values = {*keys_in(one.before).values()} or {*keys_in(one.after).values()}
    if not values.isdisjoint(key.names):
        return True
    return not values and key.address in _pointed(one, _fields(one))


def _pointed(one: Resource, fields: tuple[str, ...]) -> set[str]:
    """Return the addresses that a resource's arguments refer to; with for_each, the instance of the same index."""
    addresses = {name for field in fields for name in one.references.get(field, ())}
    return addresses | {f"{address}{one.index}" for address in addresses}


def _values_of(one: Resource, field: str) -> tuple[str, ...]:
    return tuple(sorted(texts(one.before.get(field), one.after.get(field))))


def _ids(one: Resource) -> tuple[str, ...]:
    return tuple(value for field in ("arn", "key_id", "id") for value in _values_of(one, field))
