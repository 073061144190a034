"""Expand `Fn::ForEach` among the resources of a template.

Source: CloudFormation user guide, "Fn::ForEach": a loop has an identifier, a collection and what is repeated, in whose
names and values `${Identifier}` and `&{Identifier}` (letters and digits alone) stand for an element.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from trail_diff.policy.documents.infrastructure.interface import as_list, as_object

_PREFIX = "Fn::ForEach::"
_DEPTH_LIMIT = 20
_NO_LETTER = re.compile(r"[^A-Za-z0-9]")


def expand_loops(resources: Mapping[str, Any], parameters: Mapping[str, Any], depth: int = 0) -> Mapping[str, Any]:
    """Return the resources with their loops expanded; a loop over a collection that is not known stays as it is.

    `parameters` are the values of the template's parameters, as far as they are known.
    """
    if not any(is_loop(str(name)) for name in resources) or depth > _DEPTH_LIMIT:
        return resources
    return dict(_expand(resources, parameters, depth))


def is_loop(name: str) -> bool:
    """Check whether a member of the resources is a loop."""
    return name.startswith(_PREFIX)


def _expand(resources: Mapping[str, Any], parameters: Mapping[str, Any], depth: int) -> Iterator[tuple[str, Any]]:
    for name, resource in resources.items():
        elements = _elements(resource, parameters) if is_loop(str(name)) else None
        if elements is None:
            yield name, resource
            continue
        identifier, _collection, repeated = as_list(resource)
        for element in elements:
            made = as_object(_fill(repeated, str(identifier), element, 0))
            yield from expand_loops(made, parameters, depth + 1).items()


def _elements(loop: object, parameters: Mapping[str, Any]) -> list[str] | None:
    parts = as_list(loop)
    if len(parts) != 3 or not isinstance(parts[2], Mapping):
        return None
    collection = parts[1]
    if isinstance(collection, Mapping):
        value = parameters.get(str(collection.get("Ref")))
        collection = value.split(",") if isinstance(value, str) else value
    is_known = isinstance(collection, list) and all(isinstance(one, str) for one in collection)
    return [one.strip() for one in collection] if is_known else None


def _fill(value: Any, identifier: str, element: str, depth: int) -> Any:
    """Return what is repeated for one element."""
    if depth > _DEPTH_LIMIT:
        return value
    if isinstance(value, list):
        return [_fill(one, identifier, element, depth + 1) for one in value]
    if isinstance(value, Mapping):
        if value == {"Ref": identifier}:
            return element
        return {
            _fill(str(name), identifier, element, depth): _fill(inner, identifier, element, depth + 1)
            for name, inner in value.items()
        }
    if not isinstance(value, str):
        return value
    plain = _NO_LETTER.sub("", element)
    return value.replace(f"${{{identifier}}}", element).replace(f"&{{{identifier}}}", plain)
