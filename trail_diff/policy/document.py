"""Policy documents: out of the wrappers that people have them in, checked, with the place of what is wrong."""

import json
from collections.abc import Mapping
from typing import Any

from trail_diff.errors import PolicyError

_HINT = "give the policy as aws kms get-key-policy prints it, or as the JSON document itself"
_DEPTH_LIMIT = 100


def policy_from(value: object) -> dict[str, Any]:
    """Find the policy document in what a file holds.

    It may be the document itself, the answer of GetKeyPolicy (`{"Policy": "…"}`), a PutKeyPolicy or CreateKey record,
    or JSON text of any of these.

    Raises:
        PolicyError: there is no policy in it, or it is malformed; the message names the place as a JSON pointer.
    """
    return _find(value, 0)


def _find(value: object, depth: int) -> dict[str, Any]:
    if depth > 4:
        raise PolicyError("the policy is wrapped too deep", hint=_HINT)
    match value:
        case str():
            try:
                return _find(json.loads(value, strict=False), depth + 1)
            except (ValueError, RecursionError) as error:
                raise PolicyError(f"the policy text is not JSON ({error})", hint=_HINT) from error
        case {"Statement": statement, **rest}:
            return check_policy({**{str(name): part for name, part in rest.items()}, "Statement": statement})
        case {"Policy": str() | dict() as inner} | {"policy": str() | dict() as inner}:
            return _find(inner, depth + 1)
        case {"requestParameters": {"policy": str() | dict() as inner}}:
            return _find(inner, depth + 1)
        case {"CloudTrailEvent": str() | dict() as inner} | {"detail": dict() as inner}:
            return _find(inner, depth + 1)
        case {"Records": [inner]} | {"Events": [inner]} | [inner]:
            return _find(inner, depth + 1)
        case _:
            raise PolicyError("no policy in it: there is no Statement", hint=_HINT)


def check_policy(document: dict[str, Any]) -> dict[str, Any]:
    """Check that a document has the form of a policy, and give it back.

    Raises:
        PolicyError: at the place it names, the form is wrong.
    """
    statements = document["Statement"]
    for index, statement in enumerate(statements if isinstance(statements, list) else [statements]):
        place = f"/Statement/{index}" if isinstance(statements, list) else "/Statement"
        if not isinstance(statement, Mapping):
            raise PolicyError(f"{place} is not an object", hint=_HINT)
        if statement.get("Effect") not in ("Allow", "Deny"):
            raise PolicyError(f"{place}/Effect is neither Allow nor Deny", hint="correct the Effect of the statement")
        _check_conditions(statement.get("Condition"), f"{place}/Condition")
    return document


def _check_conditions(condition: object, place: str) -> None:
    if condition is None:
        return
    if not isinstance(condition, Mapping):
        raise PolicyError(f"{place} is not an object", hint=_HINT)
    for operator, keys in condition.items():
        if not isinstance(keys, Mapping):
            raise PolicyError(f"{place}/{operator} is not an object of condition keys", hint=_HINT)
