"""What a new key policy would break or fix: every observed call is decided by it, and by the old one when there is one.

A call that succeeded is ground truth: where the old policy refuses it as it is understood here, that is a conflict, and
shown. A call that worked and that the new policy may refuse is *at risk*: a Deny that may match it, or an Allow that is
lost where something else might allow it. Calls that AWS is known to make are tried as well, apart from those observed.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct, structs

from trail_diff.arns import arn_account
from trail_diff.model.codes import Supply, WhatIfOutcome
from trail_diff.model.decisions import StatementRef
from trail_diff.model.reasons import Reason
from trail_diff.model.what_if import WhatIfRow
from trail_diff.policy import Decision, evaluate
from trail_diff.policy.decide.statements import RETIRE_GRANT
from trail_diff.policy.documents.infrastructure.moves import is_same_key
from trail_diff.policy.documents.unresolved import unresolved
from trail_diff.policy.request.context import build_request
from trail_diff.policy.request.interface import Request
from trail_diff.usage.later import from_then_on, moments_in
from trail_diff.usage.requests import ObservedRequest
from trail_diff.usage.sides import Side

_ORDER: tuple[WhatIfOutcome, ...] = (
    "breaks",
    "at-risk",
    "conflict",
    "undetermined",
    "stays-denied",
    "starts-to-work",
    "unchanged",
)
_OPEN: WhatIfOutcome = "undetermined"
_REFUSALS = frozenset({"explicit-deny", "implicit-deny"})
_Sides = tuple[Side, Side | None]


class Policies(Struct, frozen=True):
    """The policies to replay with: the new one, the old one or None, grants and organization as far as known."""

    new: Mapping[str, Any]
    old: Mapping[str, Any] | None = None
    grants: tuple[Mapping[str, Any], ...] | None = None
    organization_id: str | None = None

    def are_grants_told(self, key: str | None) -> bool:
        """Check whether the grants tell of a key: some are on it, or say nothing of the key that they are on."""
        named = {str(grant.get("KeyId", grant.get("keyId")) or "") for grant in self.grants or ()}
        is_stand_in = key is None or (key.startswith("arn:") and arn_account(key) is None)
        return is_stand_in or not named or "" in named or any(is_same_key(one, key) for one in named)


def replay(seen: Sequence[ObservedRequest], policies: Policies) -> tuple[WhatIfRow, ...]:
    """Decide every distinct request, and merge what comes out alike; worst first."""
    trial = _Trial.of(policies)
    return merge_rows(trial.decide(one) for one in seen)


def merge_rows(rows: Iterable[WhatIfRow]) -> tuple[WhatIfRow, ...]:
    """Merge what comes out alike for a caller, action and key; worst first."""
    merged: dict[tuple[Any, ...], WhatIfRow] = {}
    for row in rows:
        place = (row.caller, row.action, row.key, row.outcome, row.statement, row.unknown_keys)
        known = merged.get(place)
        merged[place] = row if known is None else _add(known, row)
    return tuple(sorted(merged.values(), key=severity))


def undecided_row(one: ObservedRequest, outcome: WhatIfOutcome, *reasons: Reason) -> WhatIfRow:
    """Return what becomes of a call where no policy is decided; one that was refused all along stays so."""
    return WhatIfRow(
        caller=one.event.caller.across_sessions(),
        action=one.access.action,
        key=one.access.key,
        calls=one.calls,
        denied=one.denied,
        outcome="stays-denied" if one.denied and not one.succeeded else outcome,
        new="undetermined",
        reasons=reasons,
        observed=one.observed,
    )


def serves_a_step(steps: Iterable[Sequence[ObservedRequest]], policies: Policies) -> bool:
    """Check whether the new policy refuses no call of some step: a key serves some of a service's steps, seldom all."""
    trial = _Trial.of(policies)
    return any(all(trial.decide(one).new not in _REFUSALS for one in step) for step in steps)


def default_policy(account: str | None) -> dict[str, Any]:
    """Return the policy that AWS gives to a key without one: the account decides (KMS developer guide)."""
    root = {"AWS": f"arn:aws:iam::{account or unresolved('AWS::AccountId')}:root"}
    statement = {"Sid": "Enable IAM User Permissions", "Effect": "Allow", "Principal": root, "Action": "kms:*"}
    return {"Version": "2012-10-17", "Statement": [{**statement, "Resource": "*"}]}


class _Ruled(Struct, frozen=True):
    """A request under one policy: the decision, and whether that comes to a refusal whatever is open in it."""

    side: Side
    decision: Decision
    is_refusal: bool

    @classmethod
    def of(cls, request: Request, side: Side) -> "_Ruled":
        """Decide a request."""
        decision = evaluate(request, side.known)
        return cls(side, decision, side.refuses(request, decision))


class _Trial(Struct, frozen=True):
    """Both policies compiled, the new and the old one.

    `known` is with the grants that are given, for calls on keys that these tell of, `open` is where no grant is known,
    and `alone` without any grant, for calls in which grants have no say.
    """

    policies: Policies
    known: _Sides
    open: _Sides
    alone: _Sides
    moments: tuple[datetime, ...]

    @classmethod
    def of(cls, policies: Policies) -> "_Trial":
        """Compile the policies."""
        known = _sides(policies, policies.grants)
        unknown = known if policies.grants is None else _sides(policies, None)
        alone = _sides(policies, ()) if policies.grants is None else known
        return cls(policies, known, unknown, alone, moments_in(policies.new, policies.old))

    def decide(self, one: ObservedRequest) -> WhatIfRow:
        """Decide a request under both policies, and judge what becomes of it."""
        request = build_request(one.event, one.access, self.policies.organization_id)
        request = from_then_on(request, self.moments, one.event.event_time)
        if one.is_by_policy_alone:
            request = structs.replace(request, principal=structs.replace(request.principal, grade="documented"))
        new, old = self._sides_for(one)
        ruled = _Ruled.of(request, new)
        replaced = _Ruled.of(request, old) if old is not None else None
        after, before = ruled.decision, replaced.decision if replaced is not None else None
        outcome = _judge(one, ruled, replaced)
        if after.decision == "undetermined" and one.succeeded and outcome in (_OPEN, "unchanged"):
            outcome = _weigh(request, ruled, replaced)
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
            statement=guilty_statement(telling),
            unknown_keys=after.unknown_keys if outcome != "unchanged" else (),
            reasons=telling.reasons,
            observed=one.observed,
            supply=_supply(after, before, observed=one.observed) if outcome in (_OPEN, "at-risk") else (),
        )

    def _sides_for(self, one: ObservedRequest) -> _Sides:
        """Return the policies with what is known of the grants on the key of a call."""
        if one.is_by_policy_alone:
            return self.alone
        return self.known if self.policies.are_grants_told(one.access.key) else self.open


def _sides(policies: Policies, grants: tuple[Mapping[str, Any], ...] | None) -> _Sides:
    return Side.of(policies.new, grants), Side.of(policies.old, grants) if policies.old is not None else None


def _judge(one: ObservedRequest, after: _Ruled, before: _Ruled | None) -> WhatIfOutcome:
    """Judge what becomes of a call; no key policy has a say in the retiring of a grant."""
    is_refused = bool(one.denied) and not one.succeeded
    if one.access.action.lower() == RETIRE_GRANT:
        return "stays-denied" if is_refused else "unchanged"
    was_refusal = before is not None and before.is_refusal
    if was_refusal and one.succeeded:
        return "conflict"
    if is_refused or was_refusal:
        return _judge_refused(after, before)
    if after.is_refusal:
        is_spared = after.decision.decision != "explicit-deny" and before is None and not one.succeeded
        return "stays-denied" if is_spared else "breaks"
    return _OPEN if after.decision.decision == "undetermined" and not _is_alike(after, before) else "unchanged"


def _judge_refused(after: _Ruled, before: _Ruled | None) -> WhatIfOutcome:
    """Judge a call that is refused today; where the old policy allows it, by something else, which stays."""
    if after.is_refusal or (before is not None and before.decision.decision == "allowed"):
        return "stays-denied"
    if after.decision.decision == "allowed":
        return "starts-to-work"
    return "stays-denied" if _is_alike(after, before) else _OPEN


def _weigh(request: Request, after: _Ruled, before: _Ruled | None) -> WhatIfOutcome:
    """Judge a call that worked and that the new policy leaves open; no other layer denied it.

    An Allow is lost where the old policy allowed the call, alone or together with the caller's own policies, and the
    new one does not: then only a grant could. So is one that may have allowed it, and that is gone or tests something
    else. Where the old policy is not known, the caller's own policies may be what lets it in, and go on to.
    """
    if not open_tests(after.decision, "Deny") <= open_tests(before.decision if before else None, "Deny"):
        return "at-risk"
    alone, at_best = after.side.allows(request)
    if before is None:
        return "unchanged" if alone else _OPEN if at_best else "at-risk"
    was_alone, was_at_best = before.side.allows(request)
    if (was_alone and not alone) or (was_at_best and not at_best):
        return "at-risk"
    left = after.side.open_allows(after.decision)
    is_kept = all(any(one.is_kept_by(other) for other in left) for one in before.side.open_allows(before.decision))
    return "unchanged" if alone or is_kept else "at-risk"


def _is_alike(after: _Ruled, before: _Ruled | None) -> bool:
    """Check whether the same is open under both policies, so that it makes no difference between them."""
    return before is not None and _openness(before.decision) == _openness(after.decision)


def _openness(decision: Decision) -> Hashable:
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


def guilty_statement(decision: Decision) -> StatementRef | None:
    """Return the Deny that refuses the call, or the first that may refuse it."""
    outcome = "match" if decision.decision == "explicit-deny" else "unknown"
    denies = (one for one in decision.statements if one.effect == "Deny" and one.outcome == outcome)
    return next((StatementRef(one.index, one.sid) for one in denies), None)


def open_tests(decision: Decision | None, effect: Literal["Allow", "Deny"]) -> set[Hashable]:
    """Return what the statements of an effect test that may match: one that the old policy had as well is no news."""
    statements = decision.statements if decision else ()
    found = (one for one in statements if one.effect == effect and one.outcome == "unknown")
    return {(one.conditions, one.reasons) for one in found}


def _add(row: WhatIfRow, other: WhatIfRow) -> WhatIfRow:
    return structs.replace(row, calls=row.calls + other.calls, denied=row.denied + other.denied)


def severity(row: WhatIfRow) -> tuple[int, int, str, str, str, str]:
    """Return what rows are sorted by, the worst first; those that were not seen come after all that were."""
    return (
        (not row.observed) * 10 + _ORDER.index(row.outcome),
        -row.calls,
        row.caller.name or "",
        row.action,
        row.key or "",
        repr(row),
    )
