"""Statements: the elements together. A statement matches when each of its elements does.

A statement that AWS would refuse, or that has an element AWS does not document, is kept, and unknown where it would
have matched.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from trail_diff.model.codes import Grade, Layer, Matched
from trail_diff.model.decisions import ConditionOutcome, StatementOutcome
from trail_diff.model.reasons import Reason
from trail_diff.policy.elements.conditions import Condition, compile_conditions
from trail_diff.policy.elements.principal_elements import Named, Naming, PrincipalElement
from trail_diff.policy.elements.scope import compile_actions, compile_resources
from trail_diff.policy.request.domains import Domain, highest, lowest
from trail_diff.policy.request.interface import Outcome, PrincipalKind
from trail_diff.policy.request.view import RequestView

RETIRE_GRANT = "kms:retiregrant"
LAYERS_WITH_PRINCIPAL: frozenset[Layer] = frozenset({"key-policy", "rcp", "vpc-endpoint-policy"})
_ELEMENTS = frozenset(
    ("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition")
)
_EXCLUSIVE = (("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource"))
_BLIND_TO_RETIRING: frozenset[Layer] = frozenset({"key-policy", "rcp"})
"""Layers in which kms:RetireGrant has no effect (KMS Developer Guide, "Retiring and revoking grants")."""
_NAMES_EVERYONE: Named = ("match", Reason.PRINCIPAL_IS_ANYONE, Naming.DIRECT)


class Statement:
    """A statement made ready to test. `effects` has both effects when Effect names neither."""

    def __init__(self, raw: Mapping[str, Any], index: int, layer: Layer, *, has_variables: bool) -> None:
        self.index = index
        self.layer: Layer = layer
        sid, effect = raw.get("Sid"), raw.get("Effect")
        self.sid = sid if isinstance(sid, str) else None
        self.faults = list(_faults_of(raw))
        self.effect: Literal["Allow", "Deny"] = "Deny"
        self.effects: frozenset[str] = frozenset(("Allow", "Deny"))
        if effect in ("Allow", "Deny"):
            self.effect = "Allow" if effect == "Allow" else "Deny"
            self.effects = frozenset((self.effect,))
        elif isinstance(effect, str) and effect.lower() == "allow":
            self.effect = "Allow"
        self._read_principal(raw)
        self._read_scope(raw, has_variables=has_variables)
        self.conditions, faults = (), ()  # type: tuple[Any, ...], tuple[Reason, ...]
        if "Condition" in raw:
            self.conditions, faults = compile_conditions(raw["Condition"], has_variables=has_variables)
        self.faults += faults
        # limits do not reach what everyone gets on condition of an ARN (IAM User Guide, "Principal")
        self._shared = _tested_together(self.conditions)
        self._names_by_condition = any(condition.picks_principal_arn() for condition in self.conditions)

    def _read_principal(self, raw: Mapping[str, Any]) -> None:
        self._principal: PrincipalElement | None = None
        self._is_not_principal = "NotPrincipal" in raw and "Principal" not in raw
        has_principal = "Principal" in raw or "NotPrincipal" in raw
        if self.layer not in LAYERS_WITH_PRINCIPAL:
            if has_principal:
                self.faults.append(Reason.PRINCIPAL_NOT_EXPECTED)
        elif not has_principal:
            self.faults.append(Reason.PRINCIPAL_MISSING)
        else:
            self._principal = PrincipalElement(raw["NotPrincipal" if self._is_not_principal else "Principal"])

    def _read_scope(self, raw: Mapping[str, Any], *, has_variables: bool) -> None:
        self.void: Reason | None = None
        self._scope = []
        if "Action" in raw or "NotAction" in raw:
            negated = "Action" not in raw
            self._scope.append(compile_actions(raw["NotAction" if negated else "Action"], negated=negated))
        else:
            self.void = Reason.ACTION_MISSING
        if "Resource" in raw or "NotResource" in raw:
            negated = "Resource" not in raw
            element = raw["NotResource" if negated else "Resource"]
            self._scope.append(compile_resources(element, negated=negated, has_variables=has_variables))
        elif self.layer == "key-policy":
            self.void = self.void or Reason.RESOURCE_MISSING
        else:
            self.faults.append(Reason.RESOURCE_MISSING)

    def scope(self, view: RequestView) -> Outcome:
        """Test the action and the resource; with the first reason that they are not in scope, or not for certain."""
        if self.void is not None:
            return ("no-match", self.void)
        if view.action == RETIRE_GRANT and self.layer in _BLIND_TO_RETIRING:
            return ("no-match", Reason.RETIRE_GRANT_NOT_IN_POLICY)
        outcomes = [test(view) for test in self._scope]
        order: tuple[Matched, ...] = ("no-match", "unknown", "match")
        return min(outcomes, key=lambda outcome: order.index(outcome[0]))

    def test(self, view: RequestView, scope: Matched, named: Matched) -> Matched:
        """Test a request whose scope and caller were tested before, and do not rule the statement out."""
        matched: Matched = "unknown" if self.faults or "unknown" in (named, scope) else "match"
        for condition in self.conditions:
            outcome = condition.test(view)[0]
            if outcome == "no-match":
                return "no-match"
            if outcome == "unknown":
                matched = "unknown"
        return "no-match" if matched == "unknown" and self._contradicts_itself(view) else matched

    def _contradicts_itself(self, view: RequestView) -> bool:
        """Check whether each value that some key can have fails one of the conditions on it."""
        return any(
            isinstance(value := view.value_of(together[0].tested), Domain)
            and all(any(one.test_member(member, view)[0] == "no-match" for one in together) for member in value.members)
            for together in self._shared
        )

    def outcome(self, view: RequestView) -> StatementOutcome:
        """Test a request, and tell all of it; conditions only where action, resource and principal leave them a say."""
        scope, scope_reason = self.scope(view)
        named, named_reason, _naming = self.named(view)
        if scope == "no-match" or named == "no-match":
            reason = scope_reason if scope == "no-match" else named_reason
            grade = "recorded" if scope == "no-match" else self._grade_of_naming(view)
            return StatementOutcome(self.index, self.sid, self.effect, "no-match", (), self.layer, (reason,), grade)
        conditions = tuple(condition.outcome(view) for condition in self.conditions)
        reasons = [] if self._principal is None else [named_reason]
        reasons += [scope_reason] if scope == "unknown" else []
        matched = self.test(view, scope, named)
        reasons += self.faults if matched == "unknown" else []
        unique = tuple(dict.fromkeys(reasons))
        grade = self._grade(matched, conditions, view)
        return StatementOutcome(self.index, self.sid, self.effect, matched, conditions, self.layer, unique, grade)

    def _grade(self, matched: Matched, conditions: Sequence[ConditionOutcome], view: RequestView) -> Grade:
        """Return the lowest grade that the outcome rests on; one condition that fails is enough for no match."""
        if matched != "no-match":
            return lowest((self._grade_of_naming(view), *(one.grade for one in conditions)))
        failing = [one.grade for one in conditions if one.outcome == "no-match"]
        return highest(failing) if failing else lowest(one.grade for one in conditions)

    def _grade_of_naming(self, view: RequestView) -> Grade:
        return view.principal.grade if self._principal is not None and self._principal.services else "recorded"

    def undecided_keys(self, view: RequestView) -> Iterable[str]:
        """Return the keys (lower case) whose values would have to be known to decide the statement."""
        if self._principal is not None and self.named(view)[0] == "unknown":
            yield from self._principal.undecided_keys(view)
        for condition in self.conditions:
            yield from condition.undecided_keys(view)

    def principal_fault(self) -> Reason | None:
        """Return what is wrong with the principals as a whole, if anything."""
        return (self._principal.odd or self._principal.odd_service) if self._principal is not None else None

    def names_by_identity(self) -> bool:
        """Check whether `named` asks for no more than the identity of the caller: for no session, and for no key."""
        return self._principal is None or self._principal.asks_for_identity_only()

    def named(self, view: RequestView) -> Named:
        """Check whether the statement is about the caller, and by what it names it."""
        if self._principal is None:
            return _NAMES_EVERYONE
        if self._is_not_principal:
            named = self._principal.spares(view)
            is_open = "Allow" in self.effects and named[0] != "unknown"
            return ("unknown", Reason.NOT_PRINCIPAL_WITH_ALLOW, Naming.DIRECT) if is_open else named
        named = self._principal.named(view, is_endpoint_policy=self.layer == "vpc-endpoint-policy")
        is_service = view.principal.kind is PrincipalKind.SERVICE
        if is_service and self._principal.is_anyone and "Allow" in self.effects and self.layer == "key-policy":
            return ("unknown", Reason.ALLOW_WILDCARD_AND_SERVICE_PRINCIPAL, Naming.DIRECT)
        if named[2] is Naming.ANYONE and self._names_by_condition:
            return (named[0], named[1], Naming.DIRECT)
        return named


def _tested_together(conditions: Sequence[Condition]) -> tuple[tuple[Condition, ...], ...]:
    """Return the conditions on the same key, for each key that more than one asks for."""
    by_key: dict[str, list[Condition]] = {}
    for condition in conditions:
        by_key.setdefault(condition.tested, []).append(condition)
    return tuple(tuple(together) for together in by_key.values() if len(together) > 1)


def _faults_of(raw: Mapping[str, Any]) -> Iterator[Reason]:
    if raw.get("Effect") not in ("Allow", "Deny"):
        yield Reason.EFFECT_NOT_RECOGNISED
    if any(name not in _ELEMENTS for name in raw):
        yield Reason.ELEMENT_UNKNOWN
    if any(name in raw and other in raw for name, other in _EXCLUSIVE):
        yield Reason.ELEMENTS_CONTRADICT
