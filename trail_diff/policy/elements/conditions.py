"""The Condition element: each operator and key is one test of a request, and all tests together must hold.

From the IAM User Guide: "IAM JSON policy elements: Condition", "Conditions with multiple context keys or values",
"Multivalued context keys". Where AWS's text decides nothing, the outcome is unknown.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from trail_diff.model.codes import Grade, KeyPresence, Matched
from trail_diff.model.decisions import ConditionOutcome
from trail_diff.model.reasons import Reason
from trail_diff.policy.documents.unresolved import is_unresolved, show_unresolved
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
from trail_diff.policy.elements.ownership import is_customers_network, is_elsewhere, is_the_customers
from trail_diff.policy.elements.variables import Variable, template_pieces
from trail_diff.policy.request.domains import ArnIn, Contains, Domain, Member, Open, Value, lowest
from trail_diff.policy.request.interface import Outcome
from trail_diff.policy.request.view import RequestView, scalar_text, service_family

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
_LISTED = 3


class Condition:
    """One operator and one key of a Condition."""

    __slots__ = (
        "_comparisons",
        "_family",
        "_is_multivalued",
        "_keys",
        "_literals",
        "_negated",
        "_quantifier",
        "_texts",
        "_when_absent",
        "_when_never",
        "expected",
        "fault",
        "key",
        "operator",
        "tested",
    )  # fmt: skip

    def __init__(self, operator: str, key: str, raw: object, *, has_variables: bool) -> None:
        self.operator, self.key = operator, key
        self.tested = key.lower()
        self._is_multivalued = self.tested in MULTIVALUED_KEYS
        values = list(raw) if isinstance(raw, list | tuple) else [raw]
        texts = [scalar_text(value) for value in values]
        self.expected = tuple(
            _shown(value) if text is None else text for value, text in zip(values, texts, strict=True)
        )
        self.expected = tuple(map(show_unresolved, self.expected))
        self._texts = tuple(texts)
        self._keys = (self.tested, *_variables_of(self.expected)) if has_variables else (self.tested,)
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
        self._when_never: Outcome = ("match" if basic.negated else "no-match", Reason.OPAQUE_VALUE_DIFFERS)
        self._literals = frozenset(
            text
            for text in texts
            if text is not None
            and basic.family is Family.TEXT
            and not (has_variables and "${" in text)
            and not is_unresolved(text)
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
        value = view.value_of(self.tested)
        if type(value) is str and not self._is_multivalued and not self._quantifier:
            return self._test_null(value, view) if self._family is Family.NULL else self._test_one(value, view)
        if isinstance(value, Domain):
            return _agreed([self.test_member(member, view) for member in value.members], value)
        return self.test_member(value, view)

    def test_member(self, member: Member, view: RequestView) -> Outcome:
        """Test a request that has a certain member of the key's domain."""
        if self.fault is not None:
            return ("unknown", self.fault)
        if self._family is Family.NULL and member is not Open.ANYTHING:
            return self._test_null(member, view)
        if isinstance(member, ArnIn):
            account = member.account
            return self._when_never if self._lists_only(lambda _key, text: is_elsewhere(text, account)) else _OPAQUE
        if isinstance(member, Contains):
            return self._test_contains(member.names, view)
        return self._test_open(member) if isinstance(member, Open) else self._test_values(member, view)

    def _test_open(self, member: Open) -> Outcome:
        match member:
            case Open.ABSENT:
                return self._when_absent
            case Open.AWS_OWNED:
                return self._when_never if self._lists_only(is_the_customers) else _OPAQUE
            case Open.ANYTHING:
                return _KEY_UNKNOWN

    def _lists_only(self, is_excluded: Callable[[str, str], bool]) -> bool:
        """Check whether all values are ones that the request cannot have; of other forms than text it is not known."""
        if self._family is Family.ADDRESS:
            return all(text is not None and is_customers_network(text) for text in self._texts)
        if self._family not in _TEXT_FAMILIES or self._is_multivalued:
            return False
        return all(text is not None and is_excluded(self.tested, text) for text in self._texts)

    def picks_principal_arn(self) -> bool:
        """Check whether the condition holds for callers with certain ARNs only."""
        if self.fault is not None or self.tested != "aws:principalarn" or self._family not in _TEXT_FAMILIES:
            return False
        return not self._negated and self._when_absent[0] == "no-match"

    def outcome(self, view: RequestView) -> ConditionOutcome:
        """Test a request, and tell all of it."""
        matched, reason = self.test(view)
        value = view.value_of(self.tested)
        return ConditionOutcome(
            operator=self.operator,
            key=self.key,
            expected=self.expected,
            actual=value if isinstance(value, str | tuple) else None,
            state=_presence(value),
            outcome=matched,
            reason=reason,
            grade=self.grade(view),
            unless=self._unless(matched, view),
        )

    def grade(self, view: RequestView) -> Grade:
        """Return the lowest grade of what the request has for the keys that the condition asks for."""
        return lowest(view.grade_of(key) for key in self._keys)

    def undecided_keys(self, view: RequestView) -> Iterable[str]:
        """Return the keys (lower case) whose values would have to be known to decide the condition."""
        matched, reason = self.test(view)
        if matched != "unknown":
            return
        if reason in (Reason.KEY_UNKNOWN, Reason.OPAQUE_VALUE) or isinstance(view.value_of(self.tested), Domain):
            yield self.tested
        yield from (key for key in self._keys[1:] if view.is_open(key))

    def _unless(self, matched: Matched, view: RequestView) -> str | None:
        """Return for which value the outcome would not hold; None where records say all there is to say of it."""
        if self.fault is not None or (matched != "unknown" and self.grade(view) == "recorded"):
            return None
        value = view.value_of(self.tested)
        if matched == "unknown" and isinstance(value, Domain):
            for member in value.members:
                if self.test_member(member, view)[0] == "no-match" and (text := _named(member)):
                    return f"{self.key} is {text}"
        if self._family is Family.NULL:
            is_null = "true" in self.expected
            return f"{self.key} is {'absent' if is_null == (matched == 'no-match') else 'present'}"
        is_one_of_them = self._negated == (matched != "no-match")
        listed = " or ".join(self.expected[:_LISTED]) + (" …" if len(self.expected) > _LISTED else "")
        return f"{self.key} is {'' if is_one_of_them else 'not '}{listed}"

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

    def _test_values(self, value: Value, view: RequestView) -> Outcome:
        members = (value,) if isinstance(value, str) else value
        if not members:
            return self._when_absent
        if not self._quantifier:
            return _NO_SET_OPERATOR if self._is_multivalued or len(members) > 1 else self._test_one(members[0], view)
        has_no_text, outcomes = not any(members), (self._test_one(member, view) for member in members)
        if self._quantifier == FOR_ALL_VALUES:
            return _ALL_OF_NONE if has_no_text else _first(outcomes, ("no-match", "unknown", "match"))
        outcome = _first(outcomes, ("match", "unknown", "no-match"))
        return _EMPTY_STRING if has_no_text and outcome[0] != "no-match" else outcome

    def _test_contains(self, names: tuple[str, ...], view: RequestView) -> Outcome:
        """Test a list of which only some names are known; the others are names of the same service."""
        outcome = self._test_values(names, view)
        if not self._quantifier or outcome[0] == "unknown":
            return outcome
        settles = "no-match" if self._quantifier == FOR_ALL_VALUES else "match"
        families = {service_family(name) for name in names}
        are_others_alike = (
            self._family in (Family.TEXT, Family.TEXT_ANY_CASE)
            and outcome[1] is Reason.VALUE_DIFFERS
            and not any(text is None or "$" in text or service_family(text) in families for text in self._texts)
        )
        return outcome if outcome[0] == settles or are_others_alike else _KEY_UNKNOWN

    def _test_null(self, member: Member, view: RequestView) -> Outcome:
        has_value = any(member) if isinstance(member, str | tuple) else member is not Open.ABSENT
        actual, reason = ("false", Reason.KEY_IS_NOT_NULL) if has_value else ("true", Reason.KEY_IS_NULL)
        outcome = self._test_one(actual, view)
        return outcome if outcome[0] == "unknown" else (outcome[0], reason)


def compile_conditions(raw: object, *, has_variables: bool) -> tuple[tuple[Condition, ...], tuple[Reason, ...]]:
    """Compile a Condition element; return its tests, and what is wrong with it as a whole."""
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


def _agreed(outcomes: Sequence[Outcome], domain: Domain) -> Outcome:
    """Return the outcome that all members have, with the reason of the last; unknown where they have not the same."""
    first = outcomes[0][0]
    if all(outcome[0] == first for outcome in outcomes):
        return outcomes[-1]
    return _OPAQUE if Open.AWS_OWNED in domain.members else _KEY_UNKNOWN


def _presence(value: Member | Domain) -> KeyPresence:
    members = value.members if isinstance(value, Domain) else (value,)
    if all(member is Open.ABSENT for member in members):
        return "absent"
    has_value = Open.AWS_OWNED in members or not {Open.ABSENT, Open.ANYTHING} & set(members)
    return "present" if has_value else "unknown"


def _named(member: Member) -> str | None:
    """Return how a clause names a member; None for one that only the policy's values can tell."""
    match member:
        case Open.ABSENT:
            return "absent"
        case str() as text:
            return text
        case tuple() as texts:
            return " and ".join(texts) or "absent"
        case _:
            return None


def _variables_of(texts: Iterable[str]) -> Iterator[str]:
    pieces = (piece for text in texts for piece in template_pieces(text, wildcards=False) or ())
    yield from (piece.key for piece in pieces if isinstance(piece, Variable))


def _compile(operator: Operator, text: str | None, *, has_variables: bool) -> Comparison:
    if text is None:
        return lambda _actual, _view: _VALUE_FORM
    return compile_value(operator.basic, text, has_variables=has_variables)


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
