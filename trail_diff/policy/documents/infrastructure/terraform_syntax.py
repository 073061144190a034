"""Keys in Terraform's JSON configuration syntax; what is not literal is left unresolved.

Source: Terraform, "JSON Configuration Syntax": strings hold `${…}` where the native syntax has expressions.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from trail_diff.policy.documents.infrastructure.interface import PlannedKey, Surroundings, as_object, texts
from trail_diff.policy.documents.infrastructure.terraform import KEY_TYPES, POLICY_TYPE
from trail_diff.policy.documents.unresolved import is_unresolved, unresolved


def read_terraform_json(document: Mapping[str, Any], _surroundings: Surroundings) -> Iterator[PlannedKey]:
    """Yield the keys of a configuration."""
    declared = [
        (kind, name, block)
        for kind, named in _members(document.get("resource"))
        if kind in KEY_TYPES or kind == POLICY_TYPE
        for name, blocks in _members(named)
        for block in map(as_object, blocks if isinstance(blocks, list) else [blocks])
    ]
    set_apart = " ".join(str(block.get("key_id")) for kind, _name, block in declared if kind == POLICY_TYPE)
    for kind, name, block in sorted(declared, key=lambda one: one[:2]):
        address, path = f"{kind}.{name}", f"/resource/{kind}/{name}"
        policy = block.get("policy")
        names = texts(address, block.get("key_id"))
        if isinstance(policy, str) and policy.startswith("${"):
            yield PlannedKey(address, "deployed", names, unknown=policy, path=path)
        elif policy is not None:
            yield PlannedKey(address, "deployed", names, after=_literal(policy), path=f"{path}/policy")
        elif f"{address}." not in set_apart:
            yield PlannedKey(address, "deployed", names, path=path)


def _members(value: object) -> Iterator[tuple[str, Any]]:
    """Yield the members of an object, or of a list of objects, which the syntax takes for the same."""
    for one in value if isinstance(value, list) else [value]:
        yield from as_object(one).items()


def _literal(value: Any) -> Any:
    """Return a value of the JSON syntax with its interpolations unresolved; `$${` is an escaped `${`."""
    if isinstance(value, list):
        return [_literal(one) for one in value]
    if isinstance(value, Mapping):
        return {name: _literal(one) for name, one in value.items()}
    if not isinstance(value, str) or "${" not in value or is_unresolved(value):
        return value
    parts, rest = [], value
    while (start := rest.find("${")) >= 0:
        if rest[max(start - 1, 0) : start] == "$":
            parts.append(rest[: start - 1] + "${")
            rest = rest[start + 2 :]
            continue
        end = rest.find("}", start)
        if end < 0:
            break
        parts += [rest[:start], unresolved(rest[start + 2 : end].strip())]
        rest = rest[end + 1 :]
    return "".join(parts) + rest
