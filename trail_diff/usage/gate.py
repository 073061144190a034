"""The gate for a policy that is not applied yet: every key of a document is tried with the calls observed on it.

The gate is never green without evidence: where nothing was replayed, or a policy is not known before it is applied, it
says so, and nothing passes. Calls that AWS is known to make are tried as well, and shown apart: they are not evidence
of what happens in this account.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from msgspec import Struct, structs

from trail_diff.arns import arn_account, arn_region, is_alias
from trail_diff.errors import UsageError
from trail_diff.model.codes import GateOutcome, KeyChange, WhatIfOutcome
from trail_diff.model.learnt import Coverage, Facts
from trail_diff.model.reasons import Reason, in_order
from trail_diff.model.what_if import MOVES, WhatIf, WhatIfKey, WhatIfRow
from trail_diff.policy.documents.doubts import why_refused
from trail_diff.policy.documents.infrastructure.interface import NOT_KEYS, PlannedKey
from trail_diff.policy.documents.unresolved import show_unresolved
from trail_diff.usage.ended_keys import ENDS, MAY_END, end_calls, risk_calls
from trail_diff.usage.known_calls import (
    BACKUP,
    KnownCalls,
    are_calls_left_out,
    demand_calls,
    expected_calls,
    known_steps,
    stand_in,
)
from trail_diff.usage.moved_calls import find_new_key, move_to
from trail_diff.usage.moves import calls_of, has_moves, is_harmless, move_calls
from trail_diff.usage.other_policies import policy_on, try_held
from trail_diff.usage.requests import ObservedRequest, ObservedRequests, is_key_name
from trail_diff.usage.saved_calls import SavedCalls
from trail_diff.usage.what_if import Policies, default_policy, replay, serves_a_step, severity

NOTHING_READ = Coverage()
_TRIED = frozenset({"created", "changed", "deployed"})
_KNOWN_ANEW: frozenset[WhatIfOutcome] = frozenset({"breaks", "stays-denied"})


def policies_of(keys: Sequence[PlannedKey], facts: Facts) -> list[object]:
    """Return all policies and grants that calls will be tried with: what they test tells requests apart."""
    held = [text for key in keys for one in key.held for text in (*one.before, *one.after)]
    return [*(key.before for key in keys), *(key.after for key in keys), *held, facts.grants]


def names_of(keys: Sequence[PlannedKey], asked: Collection[str]) -> tuple[str, ...]:
    """Return the names of the keys whose calls have to be collected; () where calls on any key count."""
    if any(not key.address and not key.names for key in keys) or (has_moves(keys) and not asked):
        return ()
    return tuple(sorted({*asked, *(name for key in keys for name in key.names if ":key/" in name)}))


def try_keys(
    keys: Sequence[PlannedKey],
    facts: Facts,
    observed: ObservedRequests | None,
    coverage: Coverage = NOTHING_READ,
    known: KnownCalls | None = None,
) -> WhatIf:
    """Try every key's new policy on the calls observed on it; with None, on those that AWS is `known` to make."""
    gate = _Gate.of(keys, facts, observed, known or BACKUP)
    rows: list[WhatIfRow] = []
    told: list[WhatIfKey] = []
    for key in gate.keys:
        if key.held or not is_harmless(key, observed):
            about, own = gate.try_beside(key) if key.held else gate.try_key(key)
            told.append(about)
            rows += own
    if observed is None and any(not row.observed for row in rows) and are_calls_left_out(gate.known):
        coverage = structs.replace(coverage, warnings=(*coverage.warnings, Reason.CALLS_OF_ROLES_NOT_TRIED))
    return _judge(rows, told, _with_gap(coverage, told, observed), is_replay=observed is not None)


class _Gate(Struct, frozen=True):
    """The keys of a document, and the calls that they are tried on: with None observed, those that are known."""

    keys: Sequence[PlannedKey]
    facts: Facts
    observed: ObservedRequests | None
    known: KnownCalls
    is_only: bool

    @classmethod
    def of(
        cls, keys: Sequence[PlannedKey], facts: Facts, observed: ObservedRequests | None, known: KnownCalls
    ) -> "_Gate":
        """Return the gate of keys; the grants given name the only one of a document that there is."""
        is_only = sum(key.reason not in NOT_KEYS and key.change != "created" for key in keys) == 1
        granted = _keys_of(facts) if observed is None and is_only else frozenset()
        named = [key if key.arn else structs.replace(key, names=key.names | granted) for key in keys]
        return cls(named, facts, observed, known, is_only)

    def try_beside(self, key: PlannedKey) -> tuple[WhatIfKey, Iterable[WhatIfRow]]:
        """Return what becomes of what the document has beside its keys, and of the calls that this is about."""
        seen = self.observed.requests() if self.observed is not None else self._known_calls()
        count, lost = try_held(key, seen, partial(policy_on, self.keys, self.observed), self.facts)
        is_tried = count and key.reason is Reason.OTHER_POLICY_NOT_TRIED
        why, expression = Reason.OTHER_POLICY_CHANGES if is_tried else key.reason, show_unresolved(key.unknown or "")
        change: KeyChange = "changed" if lost else key.change
        return WhatIfKey(key.address, key.arn, change, count, why, expression, key.path), lost

    def _known_calls(self) -> list[ObservedRequest]:
        """Return the calls that a service is known to make on the keys of the document that there are."""
        arns = [key.arn for key in self.keys if key.arn and key.reason not in NOT_KEYS]
        return [one for arn in arns for one in expected_calls(arn_account(arn) or "", arn, self.known)]

    def try_key(self, key: PlannedKey) -> tuple[WhatIfKey, Iterable[WhatIfRow]]:
        """Return what becomes of a key's policy, and of the calls on the key."""
        observed = self.observed
        own = _requests_on(key, observed, is_only=self.is_only)
        reason = _why_not_tried(key, own, observed)
        if reason in (None, Reason.KEY_IS_NEW) and not (key.before and _why_refused(key, key.before)):
            reason = _why_refused(key, key.after) or reason
        arn = key.arn or _only_key(own)
        named = arn or (", ".join(sorted(key.names)) or None if not key.address else None)
        expression = show_unresolved(key.unknown or "")
        told = WhatIfKey(key.address, named, key.change, len(own), reason, expression, key.path)
        new = find_new_key(key, self.keys, observed) if observed is not None else None
        if new is not None:
            return told, move_to(own, new, self.facts, key.reason)
        tried = _try(_with_default(key, arn), self.facts, own, self.known, is_observed=observed is not None)
        return told, (
            structs.replace(row, address=key.address, decides=row.observed or observed is None or _is_of_new(row, key))
            for row in tried
        )


def _is_of_new(row: WhatIfRow, key: PlannedKey) -> bool:
    """Check whether a known call is made by the service of a resource that the document encrypts with a new key.

    Nothing can be observed on that key, so what is known is all there is.
    """
    is_service = row.caller.kind == "service-principal" and key.service is not None
    return key.change == "created" and is_service and (row.caller.name or "").startswith(key.service or "")


def replay_saved(
    keys: Sequence[PlannedKey], facts: Facts, calls: SavedCalls, observed: ObservedRequests, *, is_told_apart: bool
) -> WhatIf:
    """Try every key's new policy on calls that were saved, and say how old and how complete they are."""
    coverage = calls.replay_into(observed)
    if not is_told_apart:
        coverage = structs.replace(coverage, warnings=(*coverage.warnings, Reason.CALLS_NOT_TOLD_APART))
    return structs.replace(try_keys(keys, facts, observed, coverage), evidence=calls.evidence())


def demand_age(report: WhatIf, oldest: datetime) -> WhatIf:
    """Return a replay that does not pass when its saved calls end before a moment; what breaks, breaks all the same."""
    evidence = report.evidence
    if evidence is None or (evidence.end is not None and evidence.end >= oldest):
        return report
    outcome: GateOutcome = report.outcome if report.outcome in ("breaks", "at-risk") else "evidence-too-old"
    return structs.replace(report, outcome=outcome, evidence=structs.replace(evidence, is_too_old=True))


def account_in(policy: Mapping[str, Any] | None) -> str:
    """Return the account that a policy delegates to, else the one it names first: most likely the key's own."""
    found = re.search(r":iam::(\d{12}):root\b", str(policy)) or re.search(r"\b(\d{12})\b", str(policy))
    return found[1] if found else "000000000000"


def _why_refused(key: PlannedKey, policy: Mapping[str, Any] | None) -> Reason | None:
    return None if policy is None else why_refused(policy, may_lock_out=key.may_lock_out)


def _only_key(own: Sequence[ObservedRequest]) -> str | None:
    keys = {one.access.key for one in own}
    return keys.pop() if len(keys) == 1 else None


def _keys_of(facts: Facts) -> frozenset[str]:
    """Return the key that the grants given are on; nothing where they are on several, or do not name it."""
    keys = {str(grant.get("KeyId")) for grant in facts.grants or () if ":key/" in str(grant.get("KeyId"))}
    return frozenset(keys) if len(keys) == 1 else frozenset()


def _requests_on(key: PlannedKey, observed: ObservedRequests | None, *, is_only: bool) -> list[ObservedRequest]:
    """Return the requests on a key; a policy alone that is tried on no key in particular takes those on the only one.

    Raises:
        UsageError: the calls are on several keys, and none was named: a policy belongs to one.
    """
    if observed is not None and key.reason in MOVES:
        return calls_of(key, observed)
    if observed is None or key.change == "created" or key.reason in NOT_KEYS:
        return []
    if not is_only or key.arn is not None:
        return observed.on_key(key.names)
    if any(is_key_name(name) or is_alias(name) for name in key.names):
        return observed.on_key(key.names)
    requests = observed.requests()
    keys = sorted({one.access.key for one in requests if one.access.key})
    if len(keys) > 1:
        name = f"{key.address}={keys[0]}" if key.address else keys[0]
        raise UsageError(
            f"the events are about {len(keys)} keys, and a key policy belongs to one",
            hint=f"name it with --key, e.g. --key {name}",
        )
    return requests


def _with_default(key: PlannedKey, arn: str | None) -> PlannedKey:
    """Return a key with the policy that AWS gives to one without: the account decides (KMS developer guide)."""
    is_told = key.after is not None or key.unknown is not None or key.reason in NOT_KEYS
    if is_told or key.change not in ("changed", "deployed"):
        return key
    return structs.replace(key, after=default_policy(arn_account(arn)))


def _try(
    key: PlannedKey, facts: Facts, own: Sequence[ObservedRequest], known: KnownCalls, *, is_observed: bool
) -> Iterator[WhatIfRow]:
    """Yield what becomes of a key's calls: those observed, and those of the known ones that were not."""
    arn = key.arn or _only_key(own)
    account = arn_account(arn) or account_in(key.after)
    if key.reason in MOVES:
        yield from move_calls(own, key.reason)
        return
    name = arn or stand_in(account, key.after)
    expected = list(expected_calls(account, name, known))
    if not is_observed and not expected:
        raise demand_calls(known, name)
    has_policy = key.after is not None and key.unknown is None
    is_expiring = key.reason in MAY_END
    if key.reason is not None and (key.reason in ENDS or (is_expiring and not has_policy)):
        yield from end_calls(own if is_observed else expected, key.reason)
    elif key.reason is not None and is_expiring:
        lasting = structs.replace(key, change="changed", reason=None)
        yield from risk_calls(_try(lasting, facts, own, known, is_observed=is_observed), key.reason)
    elif key.change in _TRIED and key.after is not None and has_policy:
        policies = Policies(key.after, key.before, facts.grants, facts.organization_id)
        yield from replay(own, policies)
        seen = {(one.event.caller.name, one.access.action) for one in own}
        rows = replay(expected, policies)
        if not is_observed and not are_calls_left_out(known):
            rows = _not_served(rows, policies, serves=serves_a_step(known_steps(account, name, known), policies))
        for row in rows:
            if (row.caller.name, row.action) not in seen and (not is_observed or row.outcome in _KNOWN_ANEW):
                yield row


def _not_served(rows: Sequence[WhatIfRow], policies: Policies, *, serves: bool) -> tuple[WhatIfRow, ...]:
    """Return the known calls as they come out of a policy alone: where it serves no step, what it refuses breaks."""
    if serves or policies.old is not None:
        return tuple(rows)
    return tuple(structs.replace(row, outcome="breaks") if row.outcome == "stays-denied" else row for row in rows)


def _why_not_tried(key: PlannedKey, own: Sequence[ObservedRequest], observed: ObservedRequests | None) -> Reason | None:
    """Return why a key's policy was not tried on calls, or what else decides of them."""
    is_seen = bool(own) or observed is None
    is_expiring = key.reason in MAY_END
    is_about_calls = is_expiring or key.reason in ENDS
    is_decided = not (is_expiring and key.unknown is not None) and not (is_about_calls and key.change == "created")
    if key.reason is not None and is_decided:
        return key.reason if is_seen or not is_about_calls else Reason.NO_CALL_TO_REPLAY
    if key.change == "unchanged":
        return Reason.POLICY_UNCHANGED
    if key.unknown is not None:
        return Reason.POLICY_KNOWN_AFTER_APPLY
    if key.change == "created":
        return Reason.POLICY_IS_DEFAULT if key.after is None else Reason.KEY_IS_NEW
    if not is_seen:
        return Reason.NO_CALL_TO_REPLAY
    return Reason.POLICY_IS_DEFAULT if key.after is None else None


def _with_gap(coverage: Coverage, keys: Sequence[WhatIfKey], observed: ObservedRequests | None) -> Coverage:
    """Return the coverage with the reason why nothing was replayed."""
    missed = [key for key in keys if key.reason is Reason.NO_CALL_TO_REPLAY]
    if observed is None or not missed:
        return coverage
    places = {arn_region(key.key) for key in missed} - {None}
    gaps = {Reason.NO_KMS_EVENTS if not coverage.events_kept else Reason.KEY_NOT_IN_EVENTS}
    if coverage.regions and not places <= set(coverage.regions):
        gaps.add(Reason.REGION_NOT_COVERED)
    found = {*coverage.warnings, *gaps}
    return structs.replace(coverage, warnings=in_order(found))


def _judge(rows: Sequence[WhatIfRow], keys: Sequence[WhatIfKey], coverage: Coverage, *, is_replay: bool) -> WhatIf:
    """Judge what the rows come to that decide; the others are shown."""
    outcomes = {row.outcome for row in rows if row.decides}
    is_unserved = not is_replay and bool(rows) and outcomes == {"stays-denied"}
    is_open = is_unserved or any(key.is_open for key in keys)
    outcome: GateOutcome
    if "breaks" in outcomes:
        outcome = "breaks"
    elif "at-risk" in outcomes:
        outcome = "at-risk"
    else:
        outcome = "nothing-replayed" if is_open else "passes"
    return WhatIf(outcome, tuple(sorted(rows, key=severity)), tuple(keys), coverage)
