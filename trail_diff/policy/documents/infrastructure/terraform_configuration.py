"""The configuration in a Terraform plan: the expressions of its resources, followed through modules.

Source: Terraform, "JSON Output Format", "Configuration Representation": an argument that is not constant has the
references of its expression; `var.x` is an argument of the module's call, `module.m.x` an output of the called module.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from trail_diff.policy.documents.infrastructure.interface import as_list, as_object
from trail_diff.policy.documents.infrastructure.policy_document import references_in

_DEPTH_LIMIT = 20
_OUTPUT = re.compile(r"module\.([^.\[]+)(\[[^\]]*\])?\.([^.\[]+)")
_VARIABLE = re.compile(r"var\.([^.\[]+)")
_MODULES = re.compile(r"(?:module\.[^.\[]+(?:\[[^\]]*\])?\.)*")
Expressions = Mapping[str, Any]
"""The expressions of a resource's arguments, by argument."""


class Configuration(Struct, frozen=True):
    """All modules of a configuration, each by its path: `""` for the root, `module.a.module.b.` for one inside."""

    modules: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Configuration":
        """Read the configuration of a plan."""
        root = as_object(as_object(document.get("configuration")).get("root_module"))
        return cls(dict(_modules(root, "", 0)))

    def expressions(self, address: str) -> Expressions:
        """Return the expressions of a resource, by its address without indexes."""
        path = _module_of(address)
        for resource in map(as_object, as_list(self.modules.get(path, {}).get("resources"))):
            if f"{path}{resource.get('address')}" == address:
                return as_object(resource.get("expressions"))
        return {}

    def references(self, address: str) -> dict[str, tuple[str, ...]]:
        """Return for each argument of a resource instance what its expression names, as addresses from the root."""
        plain = without_indexes(address)
        place = _Place(_module_of(plain), _module_of(address))
        return {
            name: tuple(found for one in references_in(expression) for found in self._follow(one, place, 0))
            for name, expression in self.expressions(plain).items()
        }

    def _follow(self, reference: str, place: "_Place", depth: int) -> Iterator[str]:
        """Yield what a reference in a module comes to: resources, data sources, and variables of the root."""
        output, variable = _OUTPUT.match(reference), _VARIABLE.match(reference)
        if output:
            called = _Place(f"{place.path}module.{output[1]}.", f"{place.module}module.{output[1]}{output[2] or ''}.")
            expression, place = self.modules.get(called.path, {}).get("outputs"), called
            expression = as_object(expression).get(output[3])
        elif variable and place.path:
            name, place = place.path.removesuffix(".").rpartition("module.")[2], place.outer()
            call = as_object(as_object(self.modules.get(place.path, {}).get("module_calls")).get(name))
            expression = as_object(call.get("expressions")).get(variable[1])
        elif reference.startswith("module."):
            return
        else:
            yield f"{place.module}{reference}"
            return
        for one in references_in(expression) if depth <= _DEPTH_LIMIT else ():
            yield from self._follow(one, place, depth + 1)


class _Place(Struct, frozen=True):
    """A module: its path in the configuration, and as an instance, which may have indexes."""

    path: str
    module: str

    def outer(self) -> "_Place":
        """Return the module that calls this one."""
        return _Place(*(one.removesuffix(".").rpartition("module.")[0] for one in (self.path, self.module)))


def without_indexes(address: str) -> str:
    """Return an address without any index, as the configuration has it."""
    parts, depth = [], 0
    for letter in address:
        depth += letter == "["
        parts += [letter] if not depth else []
        depth -= letter == "]"
    return "".join(parts)


def _module_of(address: str) -> str:
    """Return the module instance that a resource is in, with a dot at its end; empty for the root."""
    found = _MODULES.match(address)
    return found[0] if found else ""


def _modules(module: Mapping[str, Any], path: str, depth: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if depth > _DEPTH_LIMIT:
        return
    yield path, module
    for name, call in as_object(module.get("module_calls")).items():
        yield from _modules(as_object(as_object(call).get("module")), f"{path}module.{name}.", depth + 1)
