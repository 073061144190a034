"""What a new key policy would break or fix: every observed call is decided by it, and by the old one when there is one.

A call that succeeded is ground truth: where the old policy refuses it as it is understood here, that is a conflict, and
shown. A call that worked and that the new policy may refuse is *at risk*: a Deny that may match it, or an Allow that is
lost where something else might allow it. Calls that AWS is known to make are tried as well, apart from those observed.
"""

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct, structs

from trail_diff.errors import UsageError
from trail_diff.model.codes import Supply, WhatIfOutcome
from trail_diff.model.reasons import Reason
from trail_diff.model.report import StatementRef, WhatIfRow
from trail_diff.policy import CompiledPolicies, Decision, PolicySet, compile_policies, decide, evaluate
from trail_diff.policy.decide.statements import RETIRE_GRANT
from trail_diff.policy.remedies.patches import statements_of
from trail_diff.policy.request.context import build_request
from trail_diff.policy.request.interface import Request
from trail_diff.profiles.catalogue import call_profiles, profiles_of_service
from trail_diff.profiles.expected import Setting, make_calls
from trail_diff.usage.requests import ObservedRequest

_ORDER: tuple[WhatIfOutcome, ...] = (
    "breaks",
    "at-risk",
    "conflict",
    "undetermined",
    "stays-denied",
    "starts-to-work",
    "unchanged",
)
_DENIED = ("explicit-deny", "implicit-deny")
_OPEN: WhatIfOutcome = "undetermined"
_ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}

_CIRCUMSTANCES = frozenset({None, "other-account", "other-region"})
"""Circumstances of call profiles that any use of a key may come to; the others need a vault or role of their own."""


class Policies(Struct, frozen=True):
    """The policies to replay with: the new one, the old one or None, grants and organization as far as known."""

    new: Mapping[str, Any]
    old: Mapping[str, Any] | None = None
    grants: tuple[Mapping[str, Any], ...] | None = None
    organization_id: str | None = None


def replay(seen: Sequence[ObservedRequest], policies: Policies) -> tuple[WhatIfRow, ...]:
    """Decide every distinct request, and merge what comes out alike for a caller, action and key; worst first."""
    trial = _Trial.of(policies)
    merged: dict[tuple[Any, ...], WhatIfRow] = {}
    for one in seen:
        row = trial.decide(one)
        place = (row.caller, row.action, row.key, row.outcome, row.statement, row.unknown_keys)
        known = merged.get(place)
        merged[place] = row if known is None else _add(known, row)
    return tuple(sorted(merged.values(), key=_sort_key))


class KnownCalls(Struct, frozen=True):
    """Whose known calls are tried: a service, and of AWS Backup a resource type; `role` is the one a job would have."""

    service: str = "backup"
    resource_type: str | None = None
    role: str | None = None


BACKUP = KnownCalls()


def expected_calls(account: str, key: str, known: KnownCalls = BACKUP) -> Iterator[ObservedRequest]:
    """Yield the calls that a service is known to make, as if they had been seen, each once.

    The default is AWS Backup. Those that a role makes are left out where the role is not known, and so is the retiring
    of grants, in which no key policy has a say.

    Raises:
        UsageError: no calls are known of this service or resource type.
    """
    _check_known("service", known.service, {profile.service for profile in call_profiles().profiles})
    types = {name for profile in profiles_of_service("backup") for name in profile.resource_types}
    _check_known("resource type", known.resource_type or next(iter(types)), types)
    made: set[Hashable] = set()
    setting = Setting(account, key, known.role)
    for profile in profiles_of_service(known.service, known.resource_type):
        for event in make_calls(profile, setting) if profile.only_with in _CIRCUMSTANCES else ():
            call = event.caller.across_sessions(), event.accesses
            if call not in made and event.accesses[0].action.lower() != RETIRE_GRANT:
                made.add(call)
                yield ObservedRequest(event, event.accesses[0], observed=False)


def _check_known(what: str, name: str, known: Collection[str]) -> None:
    if name.lower() not in known:
        raise UsageError(f"no calls to KMS are known of the {what} {name!r}", hint=f"known: {', '.join(sorted(known))}")


class _OpenAllow(Struct, frozen=True):
    """Whom an Allow that may match is about, and on which conditions."""

    element: str
    principals: frozenset[tuple[str, str]]
    condition: object

    @classmethod
    def of(cls, statement: Mapping[str, Any]) -> "_OpenAllow":
        """Take a statement apart."""
        element = "NotPrincipal" if "NotPrincipal" in statement else "Principal"
        named = statement.get(element)
        kinds = named.items() if isinstance(named, Mapping) else [("", named)]
        principals = (
            (str(kind), str(name)) for kind, names in kinds for name in (names if isinstance(names, list) else [names])
        )
        return cls(element, frozenset(principals), statement.get("Condition"))

    def is_kept_by(self, other: "_OpenAllow") -> bool:
        """Check whether another lets through whom this one does: no fewer principals, on the same conditions."""
        is_alike = (self.element, self.condition) == (other.element, other.condition)
        if not is_alike or self.element == "NotPrincipal":
            return is_alike and self.principals == other.principals
        return self.principals <= other.principals


class _Sides(Struct, frozen=True):
    """A policy compiled: with what is known beside it, and twice with the grants alone.

    `alone`: no identity policy allows anything; `at_best`: they allow everything. `document` is the policy itself.
    """

    document: Mapping[str, Any]
    known: CompiledPolicies
    alone: CompiledPolicies
    at_best: CompiledPolicies

    @classmethod
    def of(cls, policy: Mapping[str, Any], policies: Policies) -> "_Sides":
        """Compile a policy."""
        sets = (
            PolicySet.assuming_no_limits(policy, policies.grants),
            PolicySet.assuming_no_limits(policy, policies.grants, ()),
            PolicySet.assuming_no_limits(policy, policies.grants, (_ALLOW_ALL,)),
        )
        return cls(policy, *map(compile_policies, sets))

    def allows(self, request: Request) -> tuple[bool, bool]:
        """Return whether the policy allows a request alone, and at best."""
        return decide(request, self.alone) == "allowed", decide(request, self.at_best) == "allowed"

    def open_allows(self, decision: Decision) -> "list[_OpenAllow]":
        """Return the Allows of the policy that may be what lets a request through."""
        statements = statements_of(self.document)
        return [
            _OpenAllow.of(statements[one.index - 1])
            for one in decision.statements
            if one.layer == "key-policy" and one.effect == "Allow" and one.outcome == "unknown"
        ]


class _Trial(Struct, frozen=True):
    """Both policies compiled."""

    new: _Sides
    old: _Sides | None
    organization_id: str | None

    @classmethod
    def of(cls, policies: Policies) -> "_Trial":
        """Compile the policies."""
        old = _Sides.of(policies.old, policies) if policies.old is not None else None
        return cls(_Sides.of(policies.new, policies), old, policies.organization_id)

    def decide(self, one: ObservedRequest) -> WhatIfRow:
        """Decide a request under both policies, and judge what becomes of it."""
        request = build_request(one.event, one.access, self.organization_id)
        after = evaluate(request, self.new.known)
        before = evaluate(request, self.old.known) if self.old is not None else None
        outcome = _judge(one, after, before)
        if after.decision == "undetermined" and one.succeeded and outcome in (_OPEN, "unchanged"):
            outcome = self._weigh(request, outcome, after, before)
        telling = before if outcome == "conflict" and before is not None else after
        return WhatIfRow(
            caller=one.event.caller.across_sessions(),
            action=one.access.action,
            key=one.access.key,
            calls=one.calls,
            denied=one.denied,
            outcome=outcome,
            new=after.decision,
            old=before.decision if before else None,
            statement=_guilty(telling),
            unknown_keys=after.unknown_keys if outcome != "unchanged" else (),
            reasons=telling.reasons,
            observed=one.observed,
            supply=_supply(after, before, observed=one.observed) if outcome in (_OPEN, "at-risk") else (),
        )

    def _weigh(
        self, request: Request, outcome: WhatIfOutcome, after: Decision, before: Decision | None
    ) -> WhatIfOutcome:
        """Judge a call that worked and that the new policy leaves open; no other layer denied it.

        An Allow is lost where the old policy allowed the call, alone or together with the caller's own policies, and
        the new one does not: then only a grant could. So is one that may have allowed it, and that is gone or tests
        something else.
        """
        if not _open_denies(after) <= _open_denies(before):
            return "at-risk"
        allowed = self.new.allows(request)
        was_allowed = self.old.allows(request) if self.old is not None else (False, False)
        if any(was and not still for was, still in zip(was_allowed, allowed, strict=True)):
            return "at-risk"
        if allowed[0]:
            return "unchanged"
        return "at-risk" if self._loses_open_allow(after, before) else outcome

    def _loses_open_allow(self, after: Decision, before: Decision | None) -> bool:
        """Check whether an Allow that may have let a call through is in the new policy no more."""
        if self.old is None or before is None:
            return False
        left = self.new.open_allows(after)
        return not all(any(one.is_kept_by(other) for other in left) for one in self.old.open_allows(before))


def _judge(one: ObservedRequest, after: Decision, before: Decision | None) -> WhatIfOutcome:
    """Judge what becomes of a call; no key policy has a say in the retiring of a grant."""
    is_refused = bool(one.denied) and not one.succeeded
    if one.access.action.lower() == RETIRE_GRANT:
        return "stays-denied" if is_refused else "unchanged"
    if before is not None and before.decision in _DENIED:
        if one.succeeded:
            return "conflict"
        is_refused = True
    if after.decision in _DENIED:
        is_spared = after.decision == "implicit-deny" and before is None and not one.succeeded
        return "stays-denied" if is_refused or is_spared else "breaks"
    if after.decision == "undetermined":
        if before is None or _openness(before) != _openness(after):
            return _OPEN
        return "stays-denied" if is_refused else "unchanged"
    return "starts-to-work" if is_refused else "unchanged"


def _openness(decision: Decision) -> Hashable:
    """Return what keeps a decision open: alike under both policies, it makes no difference between them."""
    unknown = [one for one in decision.statements if one.outcome == "unknown"]
    tests = frozenset((one.effect, one.conditions, one.reasons) for one in unknown)
    return decision.decision, decision.reasons, decision.unknown_keys, tests


def _supply(after: Decision, before: Decision | None, *, observed: bool) -> tuple[Supply, ...]:
    """Return what would decide a call that is open; what was open under the old policy as well makes no difference."""
    reasons = set(after.reasons) - set(before.reasons if before else ())
    wanted: list[Supply] = ["--grants"] if Reason.GRANTS_NOT_GIVEN in reasons else []
    if before is None and observed and {Reason.GRANTS_NOT_GIVEN, Reason.IDENTITY_POLICIES_NOT_GIVEN} & reasons:
        wanted.append("--old")
    if not observed and Reason.RESOURCE_FORM in reasons:
        wanted.append("--key")
    for key in after.unknown_keys:
        if key == "aws:principalorgid":
            wanted.append("--org-id")
        else:
            wanted.append("request-parameters" if key.startswith("kms:encryptioncontext") else "request-context")
    return tuple(dict.fromkeys(wanted))


def _guilty(decision: Decision) -> StatementRef | None:
    """Return the Deny that refuses the call, or the first that may refuse it."""
    if decision.decision != "explicit-deny":
        return _open_deny(decision)
    for statement in decision.statements:
        if statement.effect == "Deny" and statement.outcome == "match":
            return StatementRef(statement.index, statement.sid)
    return None


def _open_denies(decision: Decision | None) -> set[Hashable]:
    """Return what the Denies test that may match: one that the old policy had as well is no new risk."""
    statements = decision.statements if decision else ()
    denies = (one for one in statements if one.effect == "Deny" and one.outcome == "unknown")
    return {(one.conditions, one.reasons) for one in denies}


def _open_deny(decision: Decision) -> StatementRef | None:
    for statement in decision.statements:
        if statement.effect == "Deny" and statement.outcome == "unknown":
            return StatementRef(statement.index, statement.sid)
    return None


def _add(row: WhatIfRow, other: WhatIfRow) -> WhatIfRow:
    return structs.replace(row, calls=row.calls + other.calls, denied=row.denied + other.denied)


def _sort_key(row: WhatIfRow) -> tuple[int, int, str, str, str, str]:
    return (
        (not row.observed) * 10 + _ORDER.index(row.outcome),
        -row.calls,
        row.caller.name or "",
        row.action,
        row.key or "",
        repr(row),
    )
