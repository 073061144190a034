"""Keys in CloudFormation, SAM and CDK templates, and in the answers of GetTemplate and DescribeChangeSet."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from msgspec import structs

from trail_diff.model.codes import KeyChange
from trail_diff.model.reasons import Reason
from trail_diff.policy.documents.infrastructure.beside import Beside, other_policies
from trail_diff.policy.documents.infrastructure.interface import (
    PlannedKey,
    Surroundings,
    as_list,
    as_object,
    end_of_key,
    may_lock_out,
    texts,
    unread,
)
from trail_diff.policy.documents.infrastructure.intrinsics import Template
from trail_diff.policy.documents.infrastructure.loops import is_loop
from trail_diff.policy.documents.infrastructure.moves import SERVICES, Move, MoveKind, planned_move
from trail_diff.policy.documents.infrastructure.parts import INLINED, MACRO_PATH, PART_TYPES, is_part, place_of
from trail_diff.policy.documents.infrastructure.references import is_encrypted, keys_in, may_hold_key, names_of
from trail_diff.policy.documents.infrastructure.tags import tags_of
from trail_diff.policy.documents.unresolved import unresolved

KEY_TYPES = frozenset({"AWS::KMS::Key", "AWS::KMS::ReplicaKey"})
_CALLERS = {"AWS::IAM::Role": "RoleName", "AWS::IAM::User": "UserName"}
_NOT_KNOWN = "{{changeSet:KNOWN_AFTER_APPLY}}"
"""What CloudFormation writes in a change set for a value that it does not know yet."""

_DEPTH_LIMIT = 20
_ACTIONS: Mapping[str, KeyChange] = {"Add": "created", "Remove": "deleted", "Modify": "changed", "Import": "created"}


def read_template(document: Mapping[str, Any], surroundings: Surroundings) -> Iterator[PlannedKey]:
    """Yield the keys of a template whose condition does not leave them out."""
    template = Template(document, surroundings)
    yield from _macros(document.get("Transform"))
    for name, resource in template.resources.items():
        entry = as_object(resource)
        if is_loop(name) and any(kind in str(resource) for kind in KEY_TYPES):
            yield PlannedKey(name, "deployed", texts(name), unknown=name, path=f"/Resources/{name}")
        if is_part(name, entry) and template.is_true(entry.get("Condition")) is not False:
            yield from _read_part(name, entry, template)
        if entry.get("Type") not in KEY_TYPES or template.is_true(entry.get("Condition")) is False:
            continue
        properties = template.members(entry.get("Properties"))
        policy = properties.get("KeyPolicy", _hidden_in(properties))
        if policy is None and entry.get("Type") == "AWS::KMS::ReplicaKey":
            continue
        made = template.resolve(policy) if policy is not None else None
        yield PlannedKey(
            address=name,
            change="deployed",
            names=texts(name, f"/Resources/{name}", *_called(template, name)),
            after=made,
            path=f"/Resources/{name}/Properties/KeyPolicy",
            service=_service_of(template, name),
            may_lock_out=may_lock_out(properties),
            tags=(None, tags_of({"Tags": template.resolve(properties.get("Tags"))})),
            reason=end_of_key({}, {"Enabled": template.resolve(properties.get("Enabled"))}),
        )


def _macros(transform: object) -> Iterator[PlannedKey]:
    """Yield the macros that a template is put through beside those of AWS: they may change any key of it."""
    for one in transform if isinstance(transform, list) else [transform]:
        name = one if isinstance(one, str) else as_object(one).get("Name")
        if isinstance(name, str) and (name == "AWS::Include" or not name.startswith("AWS::")):
            yield unread("Transform", name, MACRO_PATH)


def _read_part(name: str, entry: Mapping[str, Any], template: Template) -> Iterator[PlannedKey]:
    """Yield the keys of a part that was found, with the parameters that it is given; else the part as not read."""
    path, inner = f"/Resources/{name}", as_object(entry.get(INLINED))
    if "Resources" not in inner:
        place = template.resolve(place_of(entry))
        yield unread(name, place if isinstance(place, str) else str(entry.get("Type", name)), path)
        return
    given = template.resolve(as_object(entry.get("Properties")).get("Parameters"))
    parameters = {str(one): _as_parameter(value) for one, value in as_object(given).items()}
    for key in read_template(inner, structs.replace(template.surroundings, parameters=parameters)):
        address = f"{name}/{key.address}"
        yield structs.replace(key, address=address, names=key.names | {address}, path=path)


def _hidden_in(properties: Mapping[str, Any]) -> Any:
    """Return the function among properties that may make any of them, a macro for instance."""
    return next(({name: argument} for name, argument in properties.items() if name.startswith("Fn::")), None)


def _as_parameter(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def read_change_set(document: Mapping[str, Any], _surroundings: Surroundings) -> Iterator[PlannedKey]:
    """Yield the keys of a change set that was described with its property values (`--include-property-values`)."""
    for place, change in enumerate(map(as_object, as_list(document.get("Changes")))):
        resource = as_object(change.get("ResourceChange"))
        kind, path = resource.get("ResourceType"), f"/Changes/{place}/ResourceChange"
        if kind in PART_TYPES:
            told = resource.get("ChangeSetId") or resource.get("PhysicalResourceId") or kind
            yield unread(str(resource.get("LogicalResourceId")), str(told), path)
        if kind in KEY_TYPES:
            yield _changed_key(resource, f"{path}/AfterContext")
        elif (moved := _moved(resource, f"{path}/AfterContext")) is not None:
            yield moved
    yield from other_policies(list(_beside(document)))


def _beside(document: Mapping[str, Any]) -> Iterator[Beside]:
    for place, change in enumerate(map(as_object, as_list(document.get("Changes")))):
        one = as_object(change.get("ResourceChange"))
        own = {"PhysicalResourceId": one["PhysicalResourceId"]} if "PhysicalResourceId" in one else {}
        before, after = (_properties(one.get(name)) for name in ("BeforeContext", "AfterContext"))
        sides = {**own, **before} if before else {}, {**own, **after} if after else {}
        name, kind = str(one.get("LogicalResourceId")), str(one.get("ResourceType"))
        if one.get("PolicyAction") != "Retain":
            yield Beside(name, kind, *sides, f"/Changes/{place}/ResourceChange/AfterContext")


def _changed_key(resource: Mapping[str, Any], path: str) -> PlannedKey:
    before, after = (_properties(resource.get(name)) for name in ("BeforeContext", "AfterContext"))
    name, action, kept = (str(resource.get(part)) for part in ("LogicalResourceId", "Action", "PolicyAction"))
    is_kept = action == "Remove" and kept == "Retain"
    is_told = "AfterContext" in resource or action == "Remove"
    unknown = None if is_told else "AfterContext"
    if resource.get("Replacement") == "Conditional" and "Retain" not in kept:
        unknown = "Replacement: Conditional"
    return PlannedKey(
        address=name,
        change="unchanged" if is_kept else _ACTIONS.get(action, "changed"),
        names=texts(name, resource.get("PhysicalResourceId")),
        before=before.get("KeyPolicy"),
        after=before.get("KeyPolicy") if is_kept else after.get("KeyPolicy"),
        unknown=unknown,
        path=path,
        reason=None if "Retain" in kept else _end_of(resource, before, after),
        may_lock_out=may_lock_out(after),
        tags=(tags_of(before), tags_of(after)) if is_told else (None, None),
    )


def move_kind(resource_type: str) -> MoveKind:
    """Return as what a resource takes something away from calls when it changes."""
    return "role" if resource_type in _CALLERS else "alias" if resource_type == "AWS::KMS::Alias" else "resource"


def _moved(resource: Mapping[str, Any], path: str) -> PlannedKey | None:
    """Return what stands for an alias, a role or an encrypted resource that a change set takes away or moves."""
    kind, action = str(resource.get("ResourceType")), resource.get("Action")
    is_gone = action == "Remove" and resource.get("PolicyAction") != "Retain"
    if not is_encrypted(kind) or not (is_gone or action == "Modify"):
        return None
    before, after = (_properties(resource.get(name)) for name in ("BeforeContext", "AfterContext"))
    of = move_kind(kind)
    if is_gone and of == "resource":
        return None
    names = names_in(kind, before) | texts(resource.get("PhysicalResourceId"))
    keys = keys_in(before), keys_in(after)
    is_told = "AfterContext" in resource or is_gone
    return planned_move(
        Move(
            address=str(resource.get("LogicalResourceId")),
            kind=of,
            before=names,
            after=names_in(kind, after) or names,
            keys_before=keys[0],
            keys_after=keys[1] if is_told else keys[0] | {name: name for name, _detail in _about_keys(resource)},
            is_gone=is_gone,
            is_replaced=resource.get("Replacement") == "True" and resource.get("PolicyAction") != "Retain",
            path=path,
            service=SERVICES.get(kind),
            made_from=_causes(resource),
            tags=(tags_of(before), tags_of(after if is_told else before)),
        )
    )


def names_in(kind: str, properties: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of a resource as its properties have them."""
    own = names_of(properties) if move_kind(kind) == "resource" else [properties.get(_CALLERS.get(kind, "AliasName"))]
    return texts(*own)


def _about_keys(resource: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the details of a change that are about a property that may name a key, with its name."""
    for detail in map(as_object, as_list(resource.get("Details"))):
        name = str(as_object(detail.get("Target")).get("Name"))
        if may_hold_key(name):
            yield name, detail


def _causes(resource: Mapping[str, Any]) -> frozenset[str]:
    """Return the logical ids that make a key's property change, as the details of a change name them."""
    causes = (detail.get("CausingEntity") for _name, detail in _about_keys(resource))
    return frozenset(str(one).split(".")[0] for one in causes if one)


def _end_of(resource: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> Reason | None:
    """Return what becomes of a key beside its policy."""
    if resource.get("Action") == "Remove":
        return Reason.KEY_IS_DELETED
    if resource.get("Replacement") == "True":
        return Reason.KEY_IS_REPLACED
    return end_of_key(before, after)


def _properties(context: object) -> Mapping[str, Any]:
    with suppress(ValueError, RecursionError):
        told = context.replace(_NOT_KNOWN, unresolved(_NOT_KNOWN)) if isinstance(context, str) else None
        parsed = context if told is None else json.loads(told)
        return as_object(as_object(parsed).get("Properties", parsed))
    return {}


def _called(template: Template, key: str) -> Iterator[str]:
    """Yield the names of the aliases, vaults, tables and others that refer to the key."""
    for logical_id, resource in template.resources.items():
        entry = as_object(resource)
        properties = as_object(entry.get("Properties"))
        held = {field: value for field, value in properties.items() if may_hold_key(field)}
        if is_encrypted(str(entry.get("Type"))) and _refers(held, key, 0):
            yield logical_id
            yield from names_of({field: template.resolve(value) for field, value in properties.items()})


def _service_of(template: Template, key: str) -> str | None:
    """Return what begins the names of the services that call for a resource that refers to the key, if told."""
    entries = map(as_object, template.resources.values())
    found = (SERVICES.get(str(one.get("Type"))) for one in entries if _refers(one.get("Properties"), key, 0))
    return next(filter(None, found), None)


def _refers(value: object, key: str, depth: int) -> bool:
    """Check whether a value refers to a resource by Ref, GetAtt or Sub."""
    if depth > _DEPTH_LIMIT:
        return False
    if isinstance(value, list):
        return any(_refers(one, key, depth + 1) for one in value)
    return any(_names(name, inner, key) or _refers(inner, key, depth + 1) for name, inner in as_object(value).items())


def _names(function: str, argument: object, key: str) -> bool:
    """Check whether an intrinsic function itself names the key."""
    named = argument if isinstance(argument, str) else next(iter(as_list(argument)), None)
    if not isinstance(named, str):
        return False
    if function == "Fn::Sub":
        return f"${{{key}}}" in named or f"${{{key}." in named
    return function in ("Ref", "Fn::GetAtt") and named.split(".")[0] == key
