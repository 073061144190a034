"""Whether one statement of a policy matches every request that another one matches, told from their words alone. Pure.

Source: IAM JSON policy reference, "Evaluation logic for multiple context keys or values": all conditions of a statement
have to match, one value is enough for a positive operator, and every value is an exemption from a negated one. What the
words do not decide is never taken to cover.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from trail_diff.model.reasons import Reason
from trail_diff.policy.elements.globs import Glob, glob_pieces
from trail_diff.policy.elements.operators import Family, read_operator

Covers = Callable[[str, str], bool]
_OTHER_ELEMENTS = ("Effect", "NotResource")
_EVERY_ACTION = frozenset({"*", "kms:*"})
_EXACT = frozenset({Family.NUMBER, Family.DATE, Family.BOOLEAN, Family.NULL, Family.BINARY})
"""Families of operators whose values are not exemptions from each other: they have to be the same."""


def covers(wide: Mapping[str, Any], narrow: Mapping[str, Any]) -> bool:
    """Check whether a statement matches each request that another of the same effect matches."""
    return (
        all(wide.get(name) == narrow.get(name) for name in _OTHER_ELEMENTS)
        and _covers_principal(wide, narrow)
        and _covers_action(wide, narrow)
        and (wide.get("Resource") in ("*", ["*"]) or _texts(wide.get("Resource")) >= _texts(narrow.get("Resource")))
        and _covers_condition(wide.get("Condition"), narrow.get("Condition"))
    )


def _covers_principal(wide: Mapping[str, Any], narrow: Mapping[str, Any]) -> bool:
    if wide.get("Principal") == "*":
        return True
    if "NotPrincipal" in wide or "NotPrincipal" in narrow:
        return _holds(narrow.get("NotPrincipal"), wide.get("NotPrincipal"))
    return _holds(wide.get("Principal"), narrow.get("Principal"))


def _holds(more: object, fewer: object) -> bool:
    """Check whether an element names every principal that another one names."""
    if not isinstance(more, Mapping) or not isinstance(fewer, Mapping):
        return more == fewer is not None
    return all(_texts(more.get(kind)) >= _texts(named) for kind, named in fewer.items())


def _covers_action(wide: Mapping[str, Any], narrow: Mapping[str, Any]) -> bool:
    if not _EVERY_ACTION.isdisjoint(_lowered(wide.get("Action"))):
        return True
    if "NotAction" in wide or "NotAction" in narrow:
        return _each_in(_lowered(wide.get("NotAction")), _lowered(narrow.get("NotAction")), _is_in_pattern)
    return _each_in(_lowered(narrow.get("Action")), _lowered(wide.get("Action")), _is_in_pattern)


def _covers_condition(wide: object, narrow: object) -> bool:
    asked, given = _tests_of(wide), _tests_of(narrow)
    if asked is None or given is None:
        return wide == narrow
    return all(test in given and _covers_values(test[0], values, given[test]) for test, values in asked.items())


def _covers_values(name: str, wide: Collection[str], narrow: Collection[str]) -> bool:
    """Check whether a test with one list of values matches wherever the same test with another list does."""
    operator = read_operator(name)
    if isinstance(operator, Reason) or operator.basic.family in _EXACT:
        return set(wide) == set(narrow)
    is_in = _is_in_pattern if operator.basic.family is Family.PATTERN else str.__eq__
    return _each_in(wide, narrow, is_in) if operator.basic.negated else _each_in(narrow, wide, is_in)


def _tests_of(condition: object) -> Mapping[tuple[str, str], Sequence[str]] | None:
    """Return the values of each test, by operator and key; None where they are not written as AWS has them."""
    if condition is None:
        return {}
    if not isinstance(condition, Mapping) or not all(isinstance(one, Mapping) for one in condition.values()):
        return None
    pairs = [((name, key.lower()), values) for name, keys in condition.items() for key, values in keys.items()]
    found = {test: sorted(_texts(values)) for test, values in pairs}
    return found if len(found) == len(pairs) and all(found.values()) else None


def _each_in(fewer: Collection[str], more: Collection[str], is_in: Covers) -> bool:
    return bool(fewer) and all(any(is_in(one, other) for other in more) for one in fewer)


def _is_in_pattern(text: str, pattern: str) -> bool:
    """Check whether a pattern matches all that a text with wildcards matches; `?` may not stand for its `*`."""
    if text == pattern:
        return True
    return "?" not in pattern and "$" not in pattern and Glob(glob_pieces(pattern)).match(text) == "match"


def _lowered(element: object) -> frozenset[str]:
    return frozenset(map(str.lower, _texts(element)))


def _texts(element: object) -> frozenset[str]:
    listed = element if isinstance(element, list) else [element] if element is not None else []
    return frozenset(str(one) for one in listed)
