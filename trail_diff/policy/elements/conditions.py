"""The Condition element: each operator and key is one test of a request, and all tests together must hold.

From the IAM User Guide: "IAM JSON policy elements: Condition", "Conditions with multiple context keys or values",
"Multivalued context keys". Where AWS's text decides nothing, the outcome is unknown.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from trail_diff.model.codes import KeyPresence, Matched
from trail_diff.model.reasons import Reason
from trail_diff.model.report import ConditionOutcome
from trail_diff.policy.elements.keys import MULTIVALUED_KEYS
from trail_diff.policy.elements.operators import (
    FOR_ALL_VALUES,
    FOR_ANY_VALUE,
    Family,
    Operator,
    compile_value,
    read_operator,
)
from trail_diff.policy.elements.outcomes import DIFFERS, EQUALS, Comparison
from trail_diff.policy.elements.variables import Variable, template_pieces
from trail_diff.policy.request.interface import Opaque, Outcome, State, Value
from trail_diff.policy.request.view import RequestView, scalar_text

_CUSTOMER = re.compile(r"(?:\A|:)[0-9]{12}(?::|\Z)")
_TEXT_FAMILIES = (Family.TEXT, Family.TEXT_ANY_CASE, Family.PATTERN, Family.ARN)

_NEGATED: Mapping[Outcome, Outcome] = {
    EQUALS: ("no-match", Reason.VALUE_EQUALS),
    DIFFERS: ("match", Reason.VALUE_DIFFERS),
}
_KEY_UNKNOWN: Outcome = ("unknown", Reason.KEY_UNKNOWN)
_OPAQUE: Outcome = ("unknown", Reason.OPAQUE_VALUE)
_NO_SET_OPERATOR: Outcome = ("unknown", Reason.MULTIVALUED_WITHOUT_SET_OPERATOR)
_VALUE_FORM: Outcome = ("unknown", Reason.VALUE_FORM_DOUBTFUL)
_ALL_OF_NONE: Outcome = ("match", Reason.FOR_ALL_VALUES_EMPTY)
_ANY_OF_NONE: Outcome = ("no-match", Reason.FOR_ANY_VALUE_EMPTY)
_EMPTY_STRING: Outcome = ("unknown", Reason.EMPTY_STRING_IN_SET)


class Condition:
    """One operator and one key of a Condition."""

    __slots__ = ("_comparisons", "_family", "_is_multivalued", "_key", "_literals", "_negated", "_quantifier",
                 "_when_absent", "_when_opaque", "expected", "fault", "key", "operator")  # fmt: skip

    def __init__(self, operator: str, key: str, raw: object, *, has_variables: bool) -> None:
        self.operator, self.key = operator, key
        self._key = key.lower()
        self._is_multivalued = self._key in MULTIVALUED_KEYS
        values = list(raw) if isinstance(raw, list | tuple) else [raw]
        texts = [scalar_text(value) for value in values]
        self.expected = tuple(
            _shown(value) if text is None else text for value, text in zip(values, texts, strict=True)
        )
        found = read_operator(operator)
        self.fault: Reason | None = None
        if isinstance(found, Reason):
            self.fault = found
            return
        if not values:
            self.fault = Reason.EMPTY_VALUE_LIST
        self._set_up(found, texts, has_variables=has_variables)

    def _set_up(self, found: Operator, texts: Sequence[str | None], *, has_variables: bool) -> None:
        basic = found.basic
        self._family, self._negated, self._quantifier = basic.family, basic.negated, found.quantifier
        self._when_absent = _outcome_when_absent(found)
        self._when_opaque = _outcome_when_opaque(found, texts)
        self._literals = frozenset(
            text
            for text in texts
            if text is not None and basic.family is Family.TEXT and not (has_variables and "${" in text)
        )
        self._comparisons = tuple(
            _compile(found, text, has_variables=has_variables)
            for text in texts
            if text is None or text not in self._literals
        )

    def test(self, view: RequestView) -> Outcome:
        """Test a request."""
        if self.fault is not None:
            return ("unknown", self.fault)
        value = view.value_of(self._key)
        if type(value) is str and not self._is_multivalued and not self._quantifier:
            return self._test_null(value, view) if self._family is Family.NULL else self._test_one(value, view)
        if value is State.UNKNOWN:
            return _KEY_UNKNOWN
        if self._family is Family.NULL and not isinstance(value, Opaque):
            return self._test_null(value, view)
        return self._test_set(value, view)

    def picks_principal_arn(self) -> bool:
        """Check whether the condition holds for callers with certain ARNs only."""
        if self.fault is not None or self._key != "aws:principalarn" or self._family not in _TEXT_FAMILIES:
            return False
        return not self._negated and self._when_absent[0] == "no-match"

    def outcome(self, view: RequestView) -> ConditionOutcome:
        """Test a request, and tell all of it."""
        matched, reason = self.test(view)
        value = view.value_of(self._key)
        state: KeyPresence = "present"
        if isinstance(value, State):
            state = "absent" if value is State.ABSENT else "unknown"
        actual = None if isinstance(value, State | Opaque) else value
        return ConditionOutcome(self.operator, self.key, self.expected, actual, state, matched, reason)

    def undecided_keys(self, view: RequestView) -> Iterable[str]:
        """Return the keys (lower case) whose values would have to be known to decide the condition."""
        matched, reason = self.test(view)
        if matched != "unknown":
            return
        if reason in (Reason.KEY_UNKNOWN, Reason.OPAQUE_VALUE):
            yield self._key
        elif reason is Reason.VARIABLE_UNKNOWN:
            pieces = (piece for text in self.expected for piece in template_pieces(text, wildcards=False) or ())
            variables = (piece.key for piece in pieces if isinstance(piece, Variable))
            yield from (key for key in variables if isinstance(view.value_of(key), Opaque) or view.is_unknown(key))

    def _test_one(self, actual: str, view: RequestView) -> Outcome:
        outcome = EQUALS if actual in self._literals else DIFFERS
        if outcome is DIFFERS:
            for compare in self._comparisons:
                compared = compare(actual, view)
                if compared[0] == "match":
                    outcome = compared
                    break
                if compared[0] == "unknown" and outcome is DIFFERS:
                    outcome = compared
        return _NEGATED.get(outcome, outcome) if self._negated else outcome

    def _test_set(self, value: Value | State, view: RequestView) -> Outcome:
        match value:
            case Opaque():
                return self._when_opaque
            case State() | ():
                return self._when_absent
            case str() as one:
                members: tuple[str, ...] = (one,)
            case _:
                members = value
        if not self._quantifier:
            return _NO_SET_OPERATOR if self._is_multivalued or len(members) > 1 else self._test_one(members[0], view)
        has_no_text = not any(members)
        if self._quantifier == FOR_ALL_VALUES:
            return _ALL_OF_NONE if has_no_text else _weakest(self._test_one(member, view) for member in members)
        outcome = _strongest(self._test_one(member, view) for member in members)
        return _EMPTY_STRING if has_no_text and outcome[0] != "no-match" else outcome

    def _test_null(self, value: Value | State, view: RequestView) -> Outcome:
        has_value = isinstance(value, str | tuple) and any(value)
        actual, reason = ("false", Reason.KEY_IS_NOT_NULL) if has_value else ("true", Reason.KEY_IS_NULL)
        outcome = self._test_one(actual, view)
        return outcome if outcome[0] == "unknown" else (outcome[0], reason)


def compile_conditions(raw: object, *, has_variables: bool) -> tuple[tuple[Condition, ...], tuple[Reason, ...]]:
    """Compile a Condition element; give its tests, and what is wrong with it as a whole."""
    if not isinstance(raw, Mapping):
        return (), (Reason.STATEMENT_MALFORMED,)
    conditions: list[Condition] = []
    faults: list[Reason] = [] if raw else [Reason.EMPTY_CONDITION]
    for operator, keys in raw.items():
        if not isinstance(keys, Mapping):
            faults.append(Reason.STATEMENT_MALFORMED)
        elif not keys:
            faults.append(Reason.EMPTY_CONDITION)
        else:
            made = [
                Condition(str(operator), str(key), values, has_variables=has_variables) for key, values in keys.items()
            ]
            _mark_repeated(made)
            conditions.extend(made)
    return tuple(conditions), tuple(dict.fromkeys(faults))


def _mark_repeated(conditions: Sequence[Condition]) -> None:
    """Mark the keys that an operator tests twice, in different letter case: AWS does not say which one counts."""
    counts = Counter(condition.key.lower() for condition in conditions)
    for condition in conditions:
        if counts[condition.key.lower()] > 1 and condition.fault is None:
            condition.fault = Reason.STATEMENT_MALFORMED


def _outcome_when_absent(operator: Operator) -> Outcome:
    if operator.quantifier == FOR_ALL_VALUES:
        return _ALL_OF_NONE
    if operator.quantifier == FOR_ANY_VALUE:
        return ("unknown", Reason.FOR_ANY_VALUE_IF_EXISTS_ABSENT) if operator.if_exists else _ANY_OF_NONE
    if operator.if_exists:
        return ("match", Reason.IF_EXISTS_ABSENT)
    return ("match", Reason.NEGATED_KEY_ABSENT) if operator.basic.negated else ("no-match", Reason.KEY_ABSENT)


def _outcome_when_opaque(operator: Operator, texts: Iterable[str | None]) -> Outcome:
    """Return what becomes of a value that is no account and no ARN of a customer.

    The evidence is a whole account id between colons in the policy's value. It fails where a policy lists an account
    of AWS's own.
    """
    if operator.basic.family not in _TEXT_FAMILIES:
        return _OPAQUE
    if not all(text is not None and _CUSTOMER.search(text) for text in texts):
        return _OPAQUE
    matched: Matched = "match" if operator.basic.negated else "no-match"
    # there may be no value at all, which must come to the same
    return (matched, Reason.OPAQUE_VALUE_DIFFERS) if _outcome_when_absent(operator)[0] == matched else _OPAQUE


def _compile(operator: Operator, text: str | None, *, has_variables: bool) -> Comparison:
    if text is None:
        return lambda _actual, _view: _VALUE_FORM
    return compile_value(operator.basic, text, has_variables=has_variables)


def _weakest(outcomes: Iterable[Outcome]) -> Outcome:
    return _first(outcomes, ("no-match", "unknown", "match"))


def _strongest(outcomes: Iterable[Outcome]) -> Outcome:
    return _first(outcomes, ("match", "unknown", "no-match"))


def _first(outcomes: Iterable[Outcome], order: tuple[Matched, ...]) -> Outcome:
    return min(outcomes, key=lambda outcome: order.index(outcome[0]))


def _shown(value: object) -> str:
    """Show a value that is not text, whatever its depth."""
    match value:
        case None:
            return "null"
        case Mapping():
            return "{…}"
        case list() | tuple():
            return "[…]"
        case float():
            return repr(value)
        case _:
            return "…"
