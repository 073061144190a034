"""Resolve CloudFormation's intrinsic functions in part: what cannot be known stays unresolved, with its expression.

Source: CloudFormation user guide, "Intrinsic function reference" and "Pseudo parameters reference".
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from trail_diff.arns import last_name
from trail_diff.policy.documents.infrastructure.interface import Surroundings, as_list, as_object
from trail_diff.policy.documents.infrastructure.loops import expand_loops, is_loop
from trail_diff.policy.documents.unresolved import is_unresolved, unresolved

NO_VALUE = object()
"""What `AWS::NoValue` resolves to: the member that holds it goes."""

_DEPTH_LIMIT = 60
_PLACEHOLDER = re.compile(r"\$\{(!?)\s*([^}]*?)\s*\}")
_SUFFIXES = {"aws": "amazonaws.com", "aws-us-gov": "amazonaws.com", "aws-cn": "amazonaws.com.cn"}
"""What the names of services end in, by partition."""

_ROLE_TYPES = {"AWS::IAM::Role": "role", "AWS::IAM::User": "user"}


class Template(Struct, frozen=True):
    """A template with what is known of where it is deployed."""

    document: Mapping[str, Any]
    surroundings: Surroundings = Surroundings()

    @property
    def resources(self) -> Mapping[str, Any]:
        """Return the resources by logical id, loops expanded."""
        return self.members(self.document.get("Resources"))

    def members(self, value: object) -> Mapping[str, Any]:
        """Return the members of an object, loops expanded."""
        members = as_object(value)
        if not any(is_loop(str(name)) for name in members):
            return members
        declared = as_object(self.document.get("Parameters"))
        defaults = {name: as_object(one).get("Default") for name, one in declared.items()}
        return expand_loops(members, {**defaults, **self.surroundings.parameters})

    def resolve(self, value: Any, depth: int = 0) -> Any:
        """Return a value with every intrinsic function resolved as far as it can be."""
        if depth > _DEPTH_LIMIT:
            return unresolved("nested too deep")
        if isinstance(value, list):
            made = [self.resolve(one, depth + 1) for one in value]
            return [one for one in made if one is not NO_VALUE]
        if not isinstance(value, Mapping):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            if name == "Ref" or str(name).startswith("Fn::"):
                return self._call(str(name), argument, depth + 1)
        held = self.members(value)
        if any(str(name).startswith("Fn::") for name in held):
            return _expression(*next(one for one in held.items() if str(one[0]).startswith("Fn::")))
        members = {name: self.resolve(inner, depth + 1) for name, inner in held.items()}
        return {name: inner for name, inner in members.items() if inner is not NO_VALUE}

    def is_true(self, condition: object, depth: int = 0) -> bool | None:
        """Return what a condition of the template comes to; None where that is not known."""
        if depth > _DEPTH_LIMIT or not isinstance(condition, str):
            return None
        return self._test(as_object(self.document.get("Conditions")).get(condition), depth + 1)

    def _call(self, name: str, argument: Any, depth: int) -> Any:
        functions: Mapping[str, Callable[[Any, int], Any]] = {
            "Ref": lambda argument, _depth: self._ref(str(argument)),
            "Fn::Sub": self._substitute,
            "Fn::Join": self._join,
            "Fn::GetAtt": self._get_attribute,
            "Fn::If": self._choose,
        }
        if name in functions:
            return functions[name](argument, depth)
        return self._pick(name, self.resolve(argument, depth + 1))

    def _get_attribute(self, argument: Any, depth: int) -> str:
        path = argument.split(".", 1) if isinstance(argument, str) else list(map(str, as_list(argument)))
        return self._attribute(*path, depth=depth) if len(path) == 2 else _expression("Fn::GetAtt", argument)

    def _ref(self, name: str) -> Any:
        known = self.surroundings
        pseudo = {
            "AWS::NoValue": NO_VALUE,
            "AWS::AccountId": known.account,
            "AWS::Region": known.region,
            "AWS::Partition": known.partition,
            "AWS::URLSuffix": _SUFFIXES.get(known.partition or ""),
        }
        if name in pseudo:
            return pseudo[name] or unresolved(name)
        parameter = as_object(self.document.get("Parameters")).get(name)
        if parameter is not None:
            value = known.parameters.get(name, as_object(parameter).get("Default"))
            if value is None:
                return unresolved(name)
            is_list = "List" in str(as_object(parameter).get("Type"))
            return [part.strip() for part in str(value).split(",")] if is_list else str(value)
        if name in known.keys:
            return last_name(known.keys[name])
        resource = as_object(self.resources.get(name))
        if resource.get("Type") in _ROLE_TYPES and (named := self._role_name(resource, 0)):
            return named
        return unresolved(name)

    def _attribute(self, logical_id: str, attribute: str, *, depth: int) -> str:
        resource = as_object(self.resources.get(logical_id))
        kind = _ROLE_TYPES.get(str(resource.get("Type")))
        named = self._role_name(resource, depth)
        if attribute == "Arn" and logical_id in self.surroundings.keys:
            return self.surroundings.keys[logical_id]
        if attribute != "Arn" or kind is None or not named:
            return unresolved(f"{logical_id}.{attribute}")
        path = self.resolve(as_object(resource.get("Properties")).get("Path", "/"), depth + 1)
        partition, account = self._ref("AWS::Partition"), self._ref("AWS::AccountId")
        return f"arn:{partition}:iam::{account}:{kind}{path}{named}"

    def _role_name(self, resource: Mapping[str, Any], depth: int) -> str | None:
        properties = as_object(resource.get("Properties"))
        value = self.resolve(properties.get("RoleName", properties.get("UserName")), depth + 1)
        return value if isinstance(value, str) else None

    def _substitute(self, argument: Any, depth: int) -> Any:
        text, own = (argument, {}) if isinstance(argument, str) else (next(iter(as_list(argument)), ""), {})
        if isinstance(argument, list) and len(argument) > 1:
            own = {name: self.resolve(value, depth + 1) for name, value in as_object(argument[1]).items()}

        def one(found: re.Match[str]) -> str:
            literal, name = found[1], found[2]
            if literal:
                return f"${{{name}}}"
            value = own.get(name)
            if value is None:
                logical_id, dot, attribute = name.partition(".")
                value = self._attribute(logical_id, attribute, depth=depth) if dot else self._ref(name)
            return _text(value, name)

        return _PLACEHOLDER.sub(one, str(text))

    def _join(self, argument: Any, depth: int) -> str:
        parts = as_list(argument)
        separator = str(parts[0]) if parts else ""
        values = self.resolve(parts[1] if len(parts) > 1 else [], depth + 1)
        if not isinstance(values, list):
            return _expression("Fn::Join", argument)
        return separator.join(_text(value, "Fn::Join") for value in values)

    def _choose(self, argument: Any, depth: int) -> Any:
        parts = as_list(argument)
        chosen = self.is_true(parts[0], depth) if len(parts) == 3 else None
        if chosen is None:
            return _expression("Fn::If", argument)
        return self.resolve(parts[1] if chosen else parts[2], depth + 1)

    def _pick(self, name: str, argument: Any) -> Any:
        parts = as_list(argument)
        try:
            if name == "Fn::Select" and isinstance(parts[1], list):
                return parts[1][int(parts[0])]
            if name == "Fn::Split" and isinstance(parts[1], str) and not is_unresolved(parts[1]):
                return parts[1].split(str(parts[0]))
            if name == "Fn::FindInMap":
                found = as_object(self.document.get("Mappings"))[parts[0]][parts[1]][parts[2]]
                return found if isinstance(found, str | list) else str(found)
            if name == "Fn::ToJsonString" and isinstance(argument, list | Mapping):
                return json.dumps(argument, ensure_ascii=False)
        except (IndexError, KeyError, TypeError, ValueError):
            pass
        return _expression(name, argument)

    def _test(self, condition: Any, depth: int) -> bool | None:
        is_call = depth <= _DEPTH_LIMIT and isinstance(condition, Mapping) and len(condition) == 1
        name, argument = next(iter(condition.items())) if is_call else ("", None)
        parts = as_list(argument)
        match name:
            case "Condition":
                return self.is_true(argument, depth + 1)
            case "Fn::Equals" if len(parts) == 2:
                return _equal(*(self.resolve(part, depth + 1) for part in parts))
            case "Fn::Not" if len(parts) == 1:
                inner = self._test(parts[0], depth + 1)
                return None if inner is None else not inner
            case "Fn::And" | "Fn::Or":
                decisive = name == "Fn::Or"
                results = [self._test(part, depth + 1) for part in parts]
                return decisive if decisive in results else None if None in results else not decisive
            case _:
                return None


def _equal(one: object, other: object) -> bool | None:
    if any(not isinstance(side, str | int | bool) or is_unresolved(str(side)) for side in (one, other)):
        return None
    return str(one) == str(other)


def _text(value: object, expression: str) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else unresolved(expression)


def _expression(name: str, argument: object) -> str:
    """Return what stands for a function that cannot be resolved, with its arguments as far as they are short."""
    written = argument if isinstance(argument, str) else json.dumps(argument, default=str)
    return unresolved(f"{name} {written}"[:120])
