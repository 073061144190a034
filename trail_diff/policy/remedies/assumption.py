"""What is left to test of a Deny that is assumed to match: only what a change has added to it.

A blamed statement that the evaluator leaves open is assumed to match. Then each of its elements is true of the call as
it stood, so that of the changed statement only the added conditions, and the values added to negated ones, count.
"""

from collections.abc import Mapping
from typing import Any

from trail_diff.policy.remedies.patches import conditions_of, is_negated, statements_of

_ELEMENTS = ("Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource")
_IF_EXISTS = "IfExists"


def assume_matched(old: Mapping[str, Any], new: Mapping[str, Any], indexes: frozenset[int]) -> dict[str, Any]:
    """Return the changed policy with what is left of the statements that are assumed to have matched."""
    before, after = statements_of(old), statements_of(new)
    statements = [
        _what_is_left(before[index - 1], statement) if index in indexes and index <= len(before) else statement
        for index, statement in enumerate(after, 1)
    ]
    return {**new, "Statement": statements}


def without_denies(policy: Mapping[str, Any], indexes: frozenset[int]) -> dict[str, Any]:
    """Return a policy in which some Denies have no effect; a statement without an action has none."""
    statements = [
        {"Effect": "Deny", "Principal": "*", "Resource": "*"}
        if index in indexes and isinstance(statement, Mapping) and statement.get("Effect") == "Deny"
        else statement
        for index, statement in enumerate(statements_of(policy), 1)
    ]
    return {**policy, "Statement": statements}


def _what_is_left(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    left = {name: value for name, value in new.items() if name in ("Sid", "Effect")}
    for name in _ELEMENTS:
        if name in new and new.get(name) != old.get(name):
            left[name] = new[name]
    if not {"Principal", "NotPrincipal"} & left.keys():
        left["Principal"] = "*"
    left.setdefault("Action", "*")
    left.setdefault("Resource", "*")
    condition = _added_conditions(old, new)
    return {**left, "Condition": condition} if condition else left


def _added_conditions(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    known = {
        (_plain(operator), str(key).lower()): _listed(values)
        for operator, keys in conditions_of(old)
        for key, values in keys.items()
    }
    added: dict[str, dict[str, Any]] = {}
    for operator, keys in conditions_of(new):
        for key, values in keys.items():
            before = known.get((_plain(operator), str(key).lower()))
            if before is None or (before != _listed(values) and not is_negated(operator)):
                added.setdefault(operator, {})[key] = values
            elif more := [value for value in _listed(values) if value not in before]:
                added.setdefault(operator, {})[key] = more
    return added


def _plain(operator: str) -> str:
    """Return a negated operator without IfExists, which changes nothing for it: both hold when the key is absent."""
    return operator.removesuffix(_IF_EXISTS) if is_negated(operator) else operator


def _listed(values: object) -> list[Any]:
    return list(values) if isinstance(values, list) else [values]
