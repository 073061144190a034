"""Takes policy documents out of their wrappers and checks them; a fault is reported with its place."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from trail_diff.errors import PolicyError
from trail_diff.policy.documents.infrastructure.registry import only_policy
from trail_diff.policy.documents.names import find_repeated, parse_json, token

_HINT = "give the policy as aws kms get-key-policy prints it, or as the JSON document itself"
_WRAPPERS_AT_MOST = 8
_SCALARS = (str, int, float, bool)
_LISTS_OF_TEXT = ("Action", "NotAction", "Resource", "NotResource")


def policy_from(value: object) -> dict[str, Any]:
    """Find the policy document in what a file holds.

    It may be the document itself, the answer of GetKeyPolicy (`{"Policy": "…"}`), a PutKeyPolicy or CreateKey record,
    JSON text of any of these, or what Terraform and CloudFormation have around one.

    Raises:
        PolicyError: there is no policy in it, or it is malformed; the message names the place as a JSON pointer.
    """
    return _find(value, 0)


def parse_policy(document: object) -> dict[str, Any]:
    """Check that a document has the form of a policy, and give it back.

    An element, operator or key that AWS does not know is none of the form: the evaluator reports those.

    Raises:
        PolicyError: at the place it names, as a JSON pointer, the form is wrong.
    """
    if not isinstance(document, Mapping):
        raise _error("", "the policy is not an object")
    if "Statement" not in document:
        raise _error("", "the policy has no Statement")
    twice = find_repeated(document)
    if twice is not None:
        raise _error(twice[0], f"{twice[1]} is given twice")
    statements = document["Statement"]
    if isinstance(statements, list):
        for index, statement in enumerate(statements):
            _check_statement(statement, f"/Statement/{index}")
    else:
        _check_statement(statements, "/Statement")
    return {str(name): part for name, part in document.items()}


def _find(value: object, depth: int) -> dict[str, Any]:
    if depth > _WRAPPERS_AT_MOST:
        raise PolicyError("the policy is wrapped too deep", hint=_HINT)
    match value:
        case {"Statement": _}:
            return parse_policy(value)
        case list():
            return _find_only(value, depth)
        case str():
            try:
                inner = parse_json(value)
            except (ValueError, RecursionError) as error:
                raise PolicyError("the policy text is not JSON", hint=_HINT) from error
        case Mapping():
            inner = _unwrap(value)
        case _:
            inner = None
    if inner is None:
        raise PolicyError("no policy in it: there is no Statement", hint=_HINT)
    return _find(inner, depth + 1)


def _unwrap(value: Mapping[str, Any]) -> object:
    """Take away what AWS or a tool has around a policy; None where nothing of the kind is known."""
    match value:
        case {"spec": {"forProvider": dict() as inner}} | {"spec": dict() as inner}:
            return _unwrap(inner)
        case (
            {"Policy": str() | dict() as inner}
            | {"policy": str() | dict() as inner}
            | {"requestParameters": {"policy": str() | dict() as inner}}
            | {"CloudTrailEvent": str() | dict() as inner}
            | {"detail": dict() as inner}
            | {"TemplateBody": str() | dict() as inner}
        ):
            return inner
        case (
            {"Records": list() as many}
            | {"Events": list() as many}
            | {"items": list() as many}
            | {"key_policies": list() as many}
        ):
            return many
        case _:
            return only_policy(value)


def _find_only(many: list[Any], depth: int) -> dict[str, Any]:
    """Find the one policy among several values; the others are about something else."""
    if len(many) == 1:
        return _find(many[0], depth + 1)
    found: list[dict[str, Any]] = []
    for value in many:
        if isinstance(value, Mapping):
            with suppress(PolicyError):
                policy = _find(value, depth + 1)
                found += [] if policy in found else [policy]
    if not found:
        raise PolicyError("no policy in it: there is no Statement", hint=_HINT)
    if len(found) > 1:
        raise PolicyError(
            f"{len(found)} different policies in it", hint="give the one in question as a file of its own"
        )
    return found[0]


def _check_statement(statement: object, place: str) -> None:
    if not isinstance(statement, Mapping):
        raise _error(place, "not an object")
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise _error(f"{place}/Effect", "neither Allow nor Deny")
    for name in ("Principal", "NotPrincipal"):
        if name in statement:
            _check_principal(statement[name], f"{place}/{name}")
    for name in _LISTS_OF_TEXT:
        if name in statement:
            _check_values(statement[name], f"{place}/{name}", (str,))
    if "Condition" in statement:
        _check_condition(statement["Condition"], f"{place}/Condition")


def _check_principal(principal: object, place: str) -> None:
    if isinstance(principal, str):
        if principal != "*":
            raise _error(place, 'neither "*" nor an object')
        return
    if not isinstance(principal, Mapping):
        raise _error(place, 'neither "*" nor an object')
    for kind, names in principal.items():
        _check_values(names, f"{place}/{token(kind)}", (str, int))


def _check_condition(condition: object, place: str) -> None:
    if not isinstance(condition, Mapping):
        raise _error(place, "not an object of operators")
    for operator, keys in condition.items():
        if not isinstance(keys, Mapping):
            raise _error(f"{place}/{token(operator)}", "not an object of condition keys")
        for key, values in keys.items():
            _check_values(values, f"{place}/{token(operator)}/{token(key)}", _SCALARS)


def _check_values(values: object, place: str, types: tuple[type, ...]) -> None:
    if not isinstance(values, list):
        if not isinstance(values, types):
            raise _error(place, "not a value")
        return
    for index, value in enumerate(values):
        if not isinstance(value, types):
            raise _error(f"{place}/{index}", "not a value")


def _error(place: str, problem: str) -> PolicyError:
    return PolicyError(f"the policy is malformed at {place or '/'}: {problem}", hint="correct the policy at that place")
