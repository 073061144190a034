"""Two configurations of one tool, the one in force and the new one: what the new one no longer has, or moves.

A template or a configuration tells what will be, not what changes. Beside the one in force it does: a key that is left
out is deleted, and one under another name is another key.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import structs

from trail_diff.model.reasons import Reason
from trail_diff.policy.documents.infrastructure.beside import Beside, other_policies
from trail_diff.policy.documents.infrastructure.cloudformation import move_kind, names_in
from trail_diff.policy.documents.infrastructure.interface import PlannedKey, Surroundings, as_object
from trail_diff.policy.documents.infrastructure.intrinsics import Template
from trail_diff.policy.documents.infrastructure.moves import SERVICES, Move, planned_move
from trail_diff.policy.documents.infrastructure.references import is_encrypted, keys_in
from trail_diff.policy.documents.infrastructure.tags import tags_of
from trail_diff.policy.documents.infrastructure.terraform import find_move
from trail_diff.policy.documents.infrastructure.terraform_expressions import expression_of, literal
from trail_diff.policy.documents.infrastructure.terraform_resources import Resource
from trail_diff.policy.documents.infrastructure.terraform_syntax import declared
from trail_diff.policy.documents.unresolved import expressions_in, unresolved

_PLACES = ("Resources", "resource")
"""Where a template of CloudFormation and a configuration of Terraform in JSON have what they make."""

_KEY_REFERENCE = re.compile(r"(aws_kms_\w+\.[\w-]+(?:\[[^\]]*\])?)\.(?:arn|id|key_id|key_arn)\b")
"""How a configuration of Terraform refers to a key."""
_STAYS = frozenset({"Retain", "RetainExceptOnCreate"})


def are_alike(old: object, new: object) -> bool:
    """Check whether two documents are configurations of one tool, so that what one lacks is not made."""
    return any(isinstance(as_object(old).get(place), Mapping | list) and place in as_object(new) for place in _PLACES)


def keys_left_out(
    old: Mapping[str, Any], new: Mapping[str, Any], before: Sequence[PlannedKey], after: Sequence[PlannedKey]
) -> Iterator[PlannedKey]:
    """Yield the keys of the configuration in force that the new one does not have, as they will be."""
    known = {key.address for key in after} | _forgotten(new)
    for key in before:
        if key.address not in known and key.reason is Reason.PART_NOT_READ:
            yield structs.replace(key, path="")
        if key.address in known or key.reason is not None:
            continue
        entry = as_object(as_object(old.get("Resources")).get(key.address))
        if entry.get("DeletionPolicy") in _STAYS:
            yield structs.replace(key, change="unchanged", before=key.after, path="")
        else:
            deleted = Reason.KEY_IS_DELETED
            yield structs.replace(key, change="deleted", before=key.after, after=None, path="", reason=deleted)


def open_conditions(old: Mapping[str, Any], new: Mapping[str, Any], around: Surroundings) -> Mapping[str, str]:
    """Return the conditions of a new template that may leave a resource out, by its name, unless they did before."""
    was, template = as_object(old.get("Conditions")), Template(new, around)
    found = {}
    for name, resource in template.resources.items():
        condition = as_object(resource).get("Condition")
        before = as_object(as_object(old.get("Resources")).get(name)).get("Condition")
        is_same = condition == before and was.get(str(before)) == as_object(new.get("Conditions")).get(str(condition))
        if isinstance(condition, str) and not is_same and template.is_true(condition) is None:
            found[name] = condition
    return found


def renamed(keys: Sequence[PlannedKey], new: Mapping[str, Any]) -> list[PlannedKey]:
    """Return keys by the addresses that a configuration of Terraform moves them to."""
    moves = _new_addresses(new)
    return [structs.replace(key, address=moves.get(key.address, key.address)) for key in keys]


def _new_addresses(new: Mapping[str, Any]) -> Mapping[str, str]:
    return {str(one.get("from")): str(one.get("to")) for one in _blocks(new, "moved")}


def _forgotten(new: Mapping[str, Any]) -> set[str]:
    """Return the addresses that a configuration of Terraform removes without destroying what they are of."""
    removed = _blocks(new, "removed")
    return {str(one.get("from")) for one in removed if as_object(one.get("lifecycle")).get("destroy") is False}


def _blocks(document: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    blocks = document.get(name)
    return [as_object(one) for one in (blocks if isinstance(blocks, list) else [blocks])]


def template_moves(old: Mapping[str, Any], new: Mapping[str, Any], surroundings: Surroundings) -> Iterator[PlannedKey]:
    """Yield what stands for an alias, a role or an encrypted resource that a new template takes away or moves."""
    sides = Template(old, surroundings), Template(new, surroundings)
    yield from other_policies(list(_beside(sides)))
    for name in sides[0].resources:
        moved = _template_move(name, sides)
        yield from [moved] if moved is not None else []


def _beside(sides: tuple[Template, Template]) -> Iterator[Beside]:
    for name in {**sides[0].resources, **sides[1].resources}:
        both = [as_object(side.resources.get(name)) for side in sides]
        there = [side.is_true(one.get("Condition")) is not False for side, one in zip(sides, both, strict=True)]
        values = [as_object(side.resolve(one.get("Properties"))) for side, one in zip(sides, both, strict=True)]
        if both[1] or both[0].get("DeletionPolicy") not in _STAYS:
            kind = str(both[0].get("Type", both[1].get("Type")))
            was, will = (one if is_there else {} for one, is_there in zip(values, there, strict=True))
            yield Beside(name, kind, was, will, f"/Resources/{name}" if both[1] else "")


def _template_move(name: str, sides: tuple[Template, Template]) -> PlannedKey | None:
    """Return what stands for a resource of an old template that calls need, where a new one takes it or its key."""
    entries = as_object(sides[0].resources.get(name)), as_object(sides[1].resources.get(name))
    kind = str(entries[0].get("Type"))
    of, is_retained = move_kind(kind), entries[0].get("DeletionPolicy") in _STAYS
    stays = entries[1].get("Type") == kind and sides[1].is_true(entries[1].get("Condition")) is not False
    if not is_encrypted(kind) or (not stays and (is_retained or of == "resource")):
        return None
    made = [as_object(side.resolve(as_object(one.get("Properties")))) for side, one in zip(sides, entries, strict=True)]
    found, keys = [names_in(kind, one) for one in made], [keys_in(one) for one in made]
    return planned_move(
        Move(
            address=name,
            kind=of,
            before=found[0],
            after=found[1] if stays else (),
            keys_before=keys[0],
            keys_after=keys[1],
            is_gone=not stays,
            is_replaced=stays and found[0] != found[1],
            path=f"/Resources/{name}" if stays else "",
            service=SERVICES.get(kind),
            tags=(tags_of(made[0]), tags_of(made[1])),
            made_from={one.split(".")[0] for value in keys[1].values() for one in expressions_in(value)},
        )
    )


def configuration_moves(
    old: Mapping[str, Any], new: Mapping[str, Any], surroundings: Surroundings
) -> Iterator[PlannedKey]:
    """Yield what stands for an alias, a role or an encrypted resource that a new configuration takes away or moves."""
    addresses, left = _new_addresses(new), _forgotten(new)
    given = {f"{kind}.{name}": block for kind, name, block in declared(new.get("resource"))}
    for kind, name, block in declared(old.get("resource")):
        address = addresses.get(f"{kind}.{name}", f"{kind}.{name}")
        if f"{kind}.{name}" in left:
            continue
        before = _with_keys(block, {}, surroundings, addresses)
        keys: dict[str, tuple[str, ...]] = {}
        after = _with_keys(given.get(address, {}), keys, surroundings, {})
        one = Resource(
            address,
            kind,
            before,
            after,
            references=keys,
            actions=_actions(before, after),
            path=f"/resource/{kind}/{name}",
        )
        if (moved := find_move(one)) is not None:
            yield moved


def _actions(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what Terraform would do to a resource: an alias is made again under another name."""
    if not after:
        return ("delete",)
    if "target_key_id" in before and before.get("name") != after.get("name"):
        return "delete", "create"
    return ("no-op",) if before == after else ("update",)


def _with_keys(
    block: Mapping[str, Any], keys: dict[str, tuple[str, ...]], surroundings: Surroundings, addresses: Mapping[str, str]
) -> Mapping[str, Any]:
    """Return a block with each reference to a key as its ARN, else as its address, unresolved; add these to `keys`.

    `addresses` are those that keys of the block have now, by the ones that they had.
    """
    made: dict[str, Any] = {}
    for name, value in block.items():
        found = dict.fromkeys(_KEY_REFERENCE.findall(json.dumps(value, default=str)))
        keys |= {name: tuple(found)} if found else {}
        made[name] = literal(_replaced(value, surroundings, addresses))
    return made


def _replaced(value: Any, surroundings: Surroundings, addresses: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {name: _replaced(one, surroundings, addresses) for name, one in value.items()}
    if isinstance(value, list):
        return [_replaced(one, surroundings, addresses) for one in value]
    named = _KEY_REFERENCE.fullmatch(expression_of(value) or "") if isinstance(value, str) else None
    if named is None:
        return value
    known = surroundings.keys.get(named[1])
    return known or unresolved(addresses.get(named[1], named[1]))
