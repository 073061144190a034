"""The conditions that a new Allow keeps: those of the statement that allows the caller itself, but for this request.

A condition that the request meets stays as it is; of one that it does not meet, the request's own value takes the place
of those listed. Where it has no such value, or the condition tests otherwise, the new Allow goes without it: what a
service does not send was no guard, what another caller lacks may be one.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from trail_diff.model.decisions import ConditionOutcome, StatementOutcome
from trail_diff.policy.remedies.patches import conditions_of, is_negated, statements_of
from trail_diff.policy.request.interface import Decision, PrincipalKind, Request

_TAKING_VALUES = ("string", "arn", "ipaddress")
_MARKS = ("*", "?", "${")


class Guard(Struct, frozen=True):
    """What a new Allow for a request tests, as JSON; `is_less`: it leaves out what the caller's own statement tests."""

    condition: str = "{}"
    is_less: bool = False

    def put_on(self, statement: Mapping[str, Any]) -> dict[str, Any]:
        """Return a statement that tests this as well."""
        kept = json.loads(self.condition)
        own = statement.get("Condition", {})
        merged = {name: {**kept.get(name, {}), **own.get(name, {})} for name in (*own, *kept)}
        return {**statement, "Condition": merged} if merged else dict(statement)


def guard_of(policy: Mapping[str, Any], request: Request, decision: Decision) -> Guard:
    """Return what a new Allow for a request keeps of the statement that names the caller and nearly allows it."""
    statements = statements_of(policy)
    own = [one for one in decision.statements if _is_nearly(one) and _names(statements[one.index - 1], request)]
    nearest = min(own, key=lambda one: sum(test.outcome != "match" for test in one.conditions), default=None)
    if nearest is None:
        return Guard()
    kept: dict[str, dict[str, Any]] = {}
    is_less = False
    for operator, key, listed in _tests(statements[nearest.index - 1]):
        outcome = next((one for one in nearest.conditions if (one.operator, one.key) == (operator, key)), None)
        value = listed if outcome is None or outcome.outcome == "match" else _own_value(outcome)
        if value is None:
            is_less = request.principal.kind is not PrincipalKind.SERVICE
        else:
            kept.setdefault(operator, {})[key] = value
    return Guard(json.dumps(kept), is_less)


def _is_nearly(statement: StatementOutcome) -> bool:
    is_allow = statement.layer == "key-policy" and statement.effect == "Allow"
    return is_allow and statement.outcome != "match" and bool(statement.conditions)


def _names(statement: Any, request: Request) -> bool:
    """Check whether a statement lists the caller itself, not its account or everyone."""
    named = statement.get("Principal") if isinstance(statement, Mapping) else None
    listed = [one for names in named.values() for one in _listed(names)] if isinstance(named, Mapping) else []
    return any(name and name in listed for name in (request.principal.name, request.principal.role_arn))


def _tests(statement: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for operator, keys in conditions_of(statement):
        for key, listed in keys.items():
            yield operator, str(key), listed


def _own_value(outcome: ConditionOutcome) -> str | list[str] | None:
    """Return the value of the request to test for; None where it has none, or the operator is no comparison of it."""
    operator = outcome.operator.lower().rpartition(":")[2]
    values = _listed(outcome.actual)
    is_plain = all(isinstance(one, str) and not any(mark in one for mark in _MARKS) for one in values)
    if is_negated(outcome.operator) or not operator.startswith(_TAKING_VALUES) or not values or not is_plain:
        return None
    return values[0] if len(values) == 1 else list(values)


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else [] if value is None else [value]
