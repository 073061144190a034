"""Keys in Terraform's JSON configuration syntax; what is not literal is left unresolved.

Source: Terraform, "JSON Configuration Syntax": strings hold `${…}` where the native syntax has expressions. What
`jsonencode` is given and what a data source `aws_iam_policy_document` of the file makes is read.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

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
from trail_diff.policy.documents.infrastructure.policy_document import DOCUMENT, document_from, merge_documents
from trail_diff.policy.documents.infrastructure.references import is_encrypted, may_hold_key, names_of
from trail_diff.policy.documents.infrastructure.tags import tags_of
from trail_diff.policy.documents.infrastructure.terraform import KEY_TYPES, POLICY_TYPE
from trail_diff.policy.documents.infrastructure.terraform_expressions import encoded, expression_of, literal

_DEPTH_LIMIT = 10
_DOCUMENT = re.compile(rf"data\.{DOCUMENT}\.([\w-]+)(?:\[[^\]]*\])?\.(?:minified_)?json")
_BLOCKS = {"statement": ("principals", "not_principals", "condition"), "principals": (), "not_principals": ()}
_LISTS = ("actions", "not_actions", "resources", "not_resources", "identifiers", "values")
_MERGED = (("source_policy_documents", "source_json"), ("override_policy_documents", "override_json"))


def read_terraform_json(document: Mapping[str, Any], _surroundings: Surroundings) -> Iterator[PlannedKey]:
    """Yield the keys of a configuration, and the modules that may hold others."""
    found = sorted(declared(document.get("resource")), key=lambda one: one[:2])
    set_apart = " ".join(str(block.get("key_id")) for kind, _name, block in found if kind == POLICY_TYPE)
    for kind, name, block in found:
        address = f"{kind}.{name}"
        is_set = block.get("policy") is not None or f"{address}." not in set_apart
        if kind.startswith("awscc_kms_"):
            yield unread(address, kind, f"/resource/{kind}/{name}")
        if (kind in KEY_TYPES or kind == POLICY_TYPE) and is_set and not _is_none(block):
            yield _key(address, block, document, f"/resource/{kind}/{name}")
    for name, blocks in _members(document.get("module")) if found else ():
        source = next((as_object(block).get("source") for block in _blocks(blocks)), None)
        yield unread(f"module.{name}", str(source), f"/module/{name}")


def _is_none(block: Mapping[str, Any]) -> bool:
    """Check whether a block makes nothing: none of a count, or for each of no names."""
    return str(block.get("count", 1)) == "0" or block.get("for_each", "…") in ({}, [])


def _key(address: str, block: Mapping[str, Any], document: Mapping[str, Any], path: str) -> PlannedKey:
    policy = _policy(block.get("policy"), document, 0)
    is_open = isinstance(policy, str) and expression_of(policy) is not None
    return PlannedKey(
        address=address,
        change="deployed",
        names=texts(address, block.get("key_id"), *_called(address, document), *_target(block.get("key_id"))),
        after=None if is_open else literal(policy),
        unknown=policy if is_open else None,
        path=f"{path}/policy" if "policy" in block else path,
        reason=end_of_key({}, block),
        may_lock_out=may_lock_out(block),
        tags=(None, tags_of(literal(dict(block)))),
    )


def _policy(value: Any, document: Mapping[str, Any], depth: int) -> Any:
    """Return a policy as far as it is written down in the configuration, else the text that has its expression."""
    if not isinstance(value, str) or depth > _DEPTH_LIMIT:
        return value
    written = encoded(value)
    if written is not None:
        return written
    named = _DOCUMENT.fullmatch(expression_of(value) or "")
    made = _made(named[1], document, depth) if named else None
    return value if made is None else made


def _made(name: str, document: Mapping[str, Any], depth: int) -> dict[str, Any] | None:
    """Return the policy that a data source makes; None where it is not there, or made of parts that are not known."""
    found = [block for kind, one, block in declared(document.get("data")) if (kind, one) == (DOCUMENT, name)]
    if len(found) != 1 or "dynamic" in found[0]:
        return None
    block = _normalized(found[0], ("statement",))
    if any("dynamic" in statement for statement in block["statement"]):
        return None
    own = document_from({"version": block.get("version"), "statement": block["statement"]}, {}, {})
    others = [_parts(found[0], names, document, depth) for names in _MERGED]
    if None in others:
        return None
    parts = [*(others[0] or ()), *([own] if own else []), *(others[1] or ())]
    return merge_documents(parts) if parts else None


def _parts(
    block: Mapping[str, Any], names: tuple[str, str], document: Mapping[str, Any], depth: int
) -> list[Any] | None:
    """Return the documents that a document is made of besides its own statements; None where one is not known."""
    given = [one for name in names for one in _blocks(block.get(name)) if one is not None]
    found = [_parsed(_policy(one, document, depth + 1)) for one in given]
    return found if all(isinstance(one, Mapping) and "Statement" in one for one in found) else None


def _parsed(policy: Any) -> Any:
    try:
        return json.loads(policy) if isinstance(policy, str) and expression_of(policy) is None else policy
    except (ValueError, RecursionError):
        return None


def _normalized(block: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Return a block as a plan has it: nested blocks and lists as lists, expressions unresolved."""
    made = {name: literal(value) for name, value in block.items()}
    for name in _LISTS:
        if isinstance(value := made.get(name), str):
            made[name] = [value]
    nested = {
        name: [_normalized(as_object(one), _BLOCKS.get(name, ())) for one in _blocks(block.get(name))] for name in names
    }
    return {**made, **nested}


def _called(address: str, document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the aliases, vaults, tables and others that refer to a key."""
    for kind, name, block in declared(document.get("resource")):
        held = [value for field, value in block.items() if may_hold_key(field)] if is_encrypted(kind) else []
        if f"{address}." in json.dumps(held, default=str):
            yield from (f"{kind}.{name}", *names_of(block))


def _target(key: object) -> Iterator[str]:
    """Yield the address of the key that a policy resource names."""
    expression = expression_of(key) if isinstance(key, str) else None
    if expression is not None:
        yield expression.rpartition(".")[0]


def declared(blocks: object) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield the blocks of resources or data sources with their types and names."""
    for kind, named in _members(blocks):
        for name, given in _members(named):
            yield from ((kind, name, as_object(block)) for block in _blocks(given))


def _members(value: object) -> Iterator[tuple[str, Any]]:
    """Yield the members of an object, or of a list of objects, which the syntax takes for the same."""
    for one in _blocks(value):
        yield from as_object(one).items()


def _blocks(value: object) -> list[Any]:
    """Return the blocks of a name: one alone may stand without a list."""
    return as_list(value) if isinstance(value, list) else [value] if value is not None else []
