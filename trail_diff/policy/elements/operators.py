"""The condition operators: how the name is read, and how one value of a policy is compared with one of a request.

From the IAM User Guide, "IAM JSON policy elements: Condition operators". Several values are left to conditions.
"""

import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import Enum
from typing import TypeVar

from msgspec import Struct

from trail_diff.model.reasons import Reason
from trail_diff.policy.documents.unresolved import is_unresolved
from trail_diff.policy.elements.arn_patterns import arn_comparison
from trail_diff.policy.elements.comparisons import (
    Doubt,
    Moment,
    is_inside,
    read_binary,
    read_boolean,
    read_date,
    read_network,
    read_number,
)
from trail_diff.policy.elements.globs import Glob, glob_pieces, unresolved_pieces
from trail_diff.policy.elements.outcomes import DIFFERS, EQUALS, LINE_BREAK, NOT_COMPARABLE, VARIABLE_FORM, Comparison
from trail_diff.policy.elements.variables import match_template, template_pieces
from trail_diff.policy.request.interface import Outcome
from trail_diff.policy.request.view import RequestView

_DOUBTFUL: Outcome = ("unknown", Reason.VALUE_FORM_DOUBTFUL)
_UNRESOLVED: Outcome = ("unknown", Reason.VALUE_KNOWN_AFTER_APPLY)
_BOOLEAN_FORM: Outcome = ("unknown", Reason.BOOLEAN_FORM)

T = TypeVar("T")


class Family(Enum):
    """What an operator takes its values for."""

    TEXT = "text"
    TEXT_ANY_CASE = "text-any-case"
    PATTERN = "pattern"
    ARN = "arn"
    NUMBER = "number"
    DATE = "date"
    BOOLEAN = "boolean"
    BINARY = "binary"
    ADDRESS = "address"
    NULL = "null"


class Basic(Struct, frozen=True):
    """An operator without its prefix and suffix. `relation` orders numbers and dates, actual value first."""

    family: Family
    negated: bool = False
    relation: Callable[[Decimal, Decimal], bool] = operator.eq


class Operator(Struct, frozen=True):
    """An operator as a policy names it."""

    basic: Basic
    quantifier: str = ""
    if_exists: bool = False


FOR_ALL_VALUES = "ForAllValues"
FOR_ANY_VALUE = "ForAnyValue"
_IF_EXISTS = "IfExists"

BASICS = {
    "StringEquals": Basic(Family.TEXT),
    "StringNotEquals": Basic(Family.TEXT, negated=True),
    "StringEqualsIgnoreCase": Basic(Family.TEXT_ANY_CASE),
    "StringNotEqualsIgnoreCase": Basic(Family.TEXT_ANY_CASE, negated=True),
    "StringLike": Basic(Family.PATTERN),
    "StringNotLike": Basic(Family.PATTERN, negated=True),
    "NumericEquals": Basic(Family.NUMBER),
    "NumericNotEquals": Basic(Family.NUMBER, negated=True),
    "NumericLessThan": Basic(Family.NUMBER, relation=operator.lt),
    "NumericLessThanEquals": Basic(Family.NUMBER, relation=operator.le),
    "NumericGreaterThan": Basic(Family.NUMBER, relation=operator.gt),
    "NumericGreaterThanEquals": Basic(Family.NUMBER, relation=operator.ge),
    "DateEquals": Basic(Family.DATE),
    "DateNotEquals": Basic(Family.DATE, negated=True),
    "DateLessThan": Basic(Family.DATE, relation=operator.lt),
    "DateLessThanEquals": Basic(Family.DATE, relation=operator.le),
    "DateGreaterThan": Basic(Family.DATE, relation=operator.gt),
    "DateGreaterThanEquals": Basic(Family.DATE, relation=operator.ge),
    "Bool": Basic(Family.BOOLEAN),
    "BinaryEquals": Basic(Family.BINARY),
    "IpAddress": Basic(Family.ADDRESS),
    "NotIpAddress": Basic(Family.ADDRESS, negated=True),
    "ArnEquals": Basic(Family.ARN),
    "ArnLike": Basic(Family.ARN),
    "ArnNotEquals": Basic(Family.ARN, negated=True),
    "ArnNotLike": Basic(Family.ARN, negated=True),
    "Null": Basic(Family.NULL),
}


def _all_operators() -> dict[str, Operator]:
    named = {"Null": Operator(BASICS["Null"])}
    for name, basic in BASICS.items():
        for quantifier in ("", FOR_ALL_VALUES, FOR_ANY_VALUE) if name != "Null" else ():
            prefix = f"{quantifier}:" if quantifier else ""
            named[prefix + name] = Operator(basic, quantifier)
            named[prefix + name + _IF_EXISTS] = Operator(basic, quantifier, if_exists=True)
    return named


_OPERATORS = _all_operators()
_LOWERED = frozenset(name.lower() for name in _OPERATORS)


def read_operator(name: str) -> Operator | Reason:
    """Find the operator that a policy names, or tell what is wrong with the name."""
    if (found := _OPERATORS.get(name)) is not None:
        return found
    return Reason.OPERATOR_LETTER_CASE if name.lower() in _LOWERED else Reason.OPERATOR_UNKNOWN


def compile_value(basic: Basic, text: str, *, has_variables: bool) -> Comparison:
    """Make ready the comparison with one value of a policy; `has_variables` is false before version 2012-10-17."""
    if is_unresolved(text):
        return _unresolved_comparison(text)
    match basic.family:
        case Family.TEXT | Family.TEXT_ANY_CASE | Family.PATTERN:
            return _text_comparison(basic, text, has_variables=has_variables)
        case Family.ARN:
            return arn_comparison(text, negated=basic.negated, has_variables=has_variables)
        case _ if has_variables and "${" in text:
            return lambda _actual, _view: VARIABLE_FORM
        case _:
            return _TYPED[basic.family](text, basic)


def _unresolved_comparison(text: str) -> Comparison:
    """Compare with a value of which some is not known: what is known can rule a match out, and never confirm one."""
    glob = Glob(unresolved_pieces(text.lower()))
    return lambda actual, _view: DIFFERS if glob.match(actual.lower()) == "no-match" else _UNRESOLVED


def _text_comparison(basic: Basic, text: str, *, has_variables: bool) -> Comparison:
    if has_variables and "${" in text:
        return _template_comparison(basic.family, text)
    match basic.family:
        case Family.PATTERN:
            return _glob_comparison(Glob(glob_pieces(text)))
        case Family.TEXT_ANY_CASE:
            lowered = text.lower()
            return lambda actual, _view: EQUALS if actual.lower() == lowered else DIFFERS
        case _:
            return lambda actual, _view: EQUALS if actual == text else DIFFERS


def _template_comparison(family: Family, text: str) -> Comparison:
    wildcards, fold = family is Family.PATTERN, str.lower if family is Family.TEXT_ANY_CASE else str
    pieces = template_pieces(text, wildcards=wildcards)
    if pieces is None:
        return lambda _actual, _view: VARIABLE_FORM

    def compare(actual: str, view: RequestView) -> Outcome:
        matched, reason = match_template(pieces, actual, view, wildcards=wildcards, fold=fold)
        if reason is not None:
            return ("unknown", reason)
        return EQUALS if matched == "match" else DIFFERS

    return compare


def _glob_comparison(glob: Glob) -> Comparison:
    def compare(actual: str, _view: RequestView) -> Outcome:
        matched = glob.match(actual)
        if matched == "unknown":
            return LINE_BREAK
        return EQUALS if matched == "match" else DIFFERS

    return compare


def _typed(
    text: str,
    read: Callable[[str], T | Doubt | None],
    relation: Callable[[T, T], bool],
    *,
    negated: bool,
    doubt: Outcome = _DOUBTFUL,
) -> Comparison:
    """Compare values of a type. Of what is no such value, AWS only says that positive operators do not match."""
    expected = read(text)
    not_comparable = NOT_COMPARABLE if negated else DIFFERS

    def compare(actual: str, _view: RequestView) -> Outcome:
        value = read(actual)
        if isinstance(value, Doubt) or isinstance(expected, Doubt):
            return doubt
        if value is None or expected is None:
            return not_comparable
        return EQUALS if relation(value, expected) else DIFFERS

    return compare


def _date_comparison(text: str, basic: Basic) -> Comparison:
    """Compare dates, which is open where a date is a span that the other one falls into."""
    expected = read_date(text)
    on_firsts = _typed(
        text, read_date, lambda one, other: basic.relation(one.first, other.first), negated=basic.negated
    )

    def compare(actual: str, view: RequestView) -> Outcome:
        value = read_date(actual)
        if isinstance(value, Moment) and isinstance(expected, Moment) and value.meets(expected):
            return _DOUBTFUL
        return on_firsts(actual, view)

    return compare


_TYPED: Mapping[Family, Callable[[str, Basic], Comparison]] = {
    Family.NUMBER: lambda text, basic: _typed(text, read_number, basic.relation, negated=basic.negated),
    Family.DATE: _date_comparison,
    Family.ADDRESS: lambda text, basic: _typed(text, read_network, is_inside, negated=basic.negated),
    Family.BINARY: lambda text, basic: _typed(text, read_binary, operator.eq, negated=basic.negated),
    Family.BOOLEAN: lambda text, _basic: _typed(text, read_boolean, operator.eq, negated=False, doubt=_BOOLEAN_FORM),
    Family.NULL: lambda text, _basic: _typed(text, read_boolean, operator.eq, negated=False, doubt=_BOOLEAN_FORM),
}
