"""What a new key policy would break or fix: every observed call is decided by it, and by the old one when there is one.

Calls are put together into distinct requests first, so the cost of deciding does not grow with the number of events. A
call that succeeded is ground truth; where the old policy refuses it as it is understood here, that is a conflict, and
shown. Time, source address and session are not told apart unless a policy tests them.
"""

import json
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct, structs

from trail_diff.errors import UsageError
from trail_diff.events.denials import is_denial_code
from trail_diff.gather.fold import Add, Bunch
from trail_diff.model.codes import Supply, WhatIfOutcome
from trail_diff.model.learnt import Event, KeyAccess
from trail_diff.model.reasons import Reason
from trail_diff.model.report import StatementRef, WhatIfRow
from trail_diff.policy import CompiledPolicies, Decision, PolicySet, compile_policies, decide, evaluate
from trail_diff.policy.decide.statements import RETIRE_GRANT
from trail_diff.policy.request.context import build_request
from trail_diff.profiles.catalogue import call_profiles, profiles_of_service
from trail_diff.profiles.expected import Setting, make_calls
from trail_diff.read.interface import SlimRecord
from trail_diff.usage.callers import KeyChoice, named_key

Kind = tuple[tuple[Hashable, ...], str | None]
_ORDER: tuple[WhatIfOutcome, ...] = (
    "breaks",
    "conflict",
    "undetermined",
    "stays-denied",
    "starts-to-work",
    "unchanged",
)
_DENIED = ("explicit-deny", "implicit-deny")
_OPEN: WhatIfOutcome = "undetermined"

_CIRCUMSTANCES = frozenset({None, "other-account", "other-region"})
"""Circumstances of call profiles that any use of a key may come to; the others need a vault or role of their own."""


def _tell_context(event: Event) -> Hashable:
    other = event.request_parameters.get("destinationEncryptionContext")
    return bool(event.request_parameters), tuple(sorted(event.encryption_context.items())), str(other)


def _tell_source(event: Event) -> Hashable:
    return event.source_ip_address, event.vpc_endpoint_id, str(event.in_scope_of)


def _tell_grant(event: Event) -> Hashable:
    return str(event.request_parameters) if event.event_name == "CreateGrant" else None


def _raw_request(record: SlimRecord) -> Hashable:
    return bytes(record.request_parameters)


def _raw_source(record: SlimRecord) -> Hashable:
    return bytes(record.source_ip_address), bytes(record.vpc_endpoint_id), bytes(record.user_identity)


class _Teller(Struct, frozen=True):
    """Words in a policy or grant that make something matter, what that is, and the undecoded fields it comes from."""

    words: tuple[str, ...]
    tell: Callable[[Event], Hashable]
    raw: Callable[[SlimRecord], Hashable]


_TELLERS: Sequence[_Teller] = (
    _Teller(("encryptioncontext",), _tell_context, _raw_request),
    _Teller(("aws:source", '"sourcearn"'), _tell_source, _raw_source),
    _Teller(
        (":assumed-role/", "aws:userid"),
        lambda event: (event.caller.arn, event.principal_id),
        lambda record: bytes(record.user_identity),
    ),
    _Teller(("aws:currenttime", "aws:epochtime"), lambda event: event.event_time, lambda record: record.event_time),
    _Teller(("kms:grant", "kms:retiring"), _tell_grant, _raw_request),
    _Teller(
        ("kms:encryptionalgorithm",),
        lambda event: str(event.request_parameters.get("encryptionAlgorithm")),
        _raw_request,
    ),
)
"""What tells requests of one caller apart."""


class Policies(Struct, frozen=True):
    """The policies to replay with: the new one, the old one or None, grants and organization as far as known."""

    new: Mapping[str, Any]
    old: Mapping[str, Any] | None = None
    grants: tuple[Mapping[str, Any], ...] | None = None
    organization_id: str | None = None


class ReplayKinds(Struct, frozen=True):
    """Two calls are alike when the policies, whose `text` this is, cannot tell them apart; `told` are the tellers."""

    text: str
    tells_alias: bool = False
    told: tuple[int, ...] = ()
    keeps_event: bool = True
    keeps: None = None

    def kind(self, event: Event) -> Kind:
        """Return the kind of a call: what each access is to the policies, and its name of the key if that counts."""
        told = tuple([_TELLERS[place].tell(event) for place in self.told])
        recorded = self._tell_recorded(event) if event.request_context else None
        caller = event.caller.across_sessions()
        signatures = tuple(
            (caller, access.action, access.key, event.aws_region, told, recorded) for access in event.accesses
        )
        return signatures, named_key(event) if self.tells_alias else None

    def shortcut(self, record: SlimRecord) -> Hashable:
        """Return what determines the kind beside caller, name and `resources`, undecoded."""
        told = tuple([_TELLERS[place].raw(record) for place in self.told])
        named = bytes(record.request_parameters) if self.tells_alias else None
        return record.aws_region, told, bytes(record.event_context), named

    def _tell_recorded(self, event: Event) -> Hashable:
        """Return apart by what CloudTrail recorded of the tested condition keys."""
        return frozenset(
            (name, str(value)) for name, value in event.request_context.items() if name.lower() in self.text
        )


class Replayed:
    """Collects distinct requests while calls stream by; memory grows with how different they are, not how many."""

    def __init__(self, policies: Policies, keys: Collection[str] = ()) -> None:
        text = json.dumps([policies.new, policies.old, policies.grants], default=str).lower()
        told = tuple(place for place, teller in enumerate(_TELLERS) if any(word in text for word in teller.words))
        self._choice, self._is_chosen = KeyChoice(keys), bool(keys)
        self.kinds = ReplayKinds(text, self._choice.has_aliases, told)
        self._seen: dict[Hashable, _Seen] = {}

    def add(self, event: Event) -> None:
        """Take one event in."""
        self.open(self.kinds.kind(event), event)(Bunch.of(event))

    def open(self, kind: Kind, event: Event | None) -> Add:
        """Begin a kind, or go on with it; give what adds calls to it. `event` is the kind's first."""
        if event is not None:
            self._choice.learn(event)
        accesses = zip(kind[0], event.accesses if event else (), strict=True)
        held = [(signature, access) for signature, access in accesses if self._choice.may_hold(access.key)]
        seen = [self._seen.setdefault(signature, _Seen(event, access)) for signature, access in held if event]

        def add(bunch: Bunch) -> None:
            for one in seen:
                one.calls += bunch.calls
                one.succeeded += bunch.calls if bunch.code is None else 0
                one.denied += bunch.calls if is_denial_code(bunch.code) else 0

        return add

    def seen(self) -> Sequence["_Seen"]:
        """Return what was collected.

        Raises:
            UsageError: the calls are on several keys, and none was named: a policy belongs to one.
        """
        chosen = [seen for seen in self._seen.values() if seen.calls and self._choice.holds(seen.access.key)]
        keys = sorted({seen.access.key for seen in chosen if seen.access.key})
        if not self._is_chosen and len(keys) > 1:
            raise UsageError(
                f"the events are about {len(keys)} keys, and a key policy belongs to one",
                hint=f"name it with --key, e.g. --key {keys[0]}",
            )
        return chosen


class _Seen:
    """One distinct request and how often it was made, succeeded, and was refused."""

    def __init__(self, event: Event, access: KeyAccess, *, observed: bool = True) -> None:
        self.event, self.access, self.observed = event, access, observed
        self.calls = self.succeeded = self.denied = 0


def replay(seen: Sequence[_Seen], policies: Policies) -> tuple[WhatIfRow, ...]:
    """Decide every distinct request, and merge what comes out alike for a caller, action and key; worst first."""
    new, old = _compile(policies.new, policies), _compile(policies.old, policies) if policies.old is not None else None
    alone = compile_policies(PolicySet.assuming_no_limits(policies.new, policies.grants, ()))
    merged: dict[tuple[Any, ...], WhatIfRow] = {}
    for one in seen:
        row = _decide(one, new, old, policies.organization_id)
        if row.outcome == "undetermined" and one.succeeded and _is_allowed_alone(one, alone, policies.organization_id):
            row = structs.replace(row, outcome="unchanged", supply=())
        place = (row.caller, row.action, row.key, row.outcome, row.statement, row.unknown_keys)
        known = merged.get(place)
        merged[place] = row if known is None else _add(known, row)
    return tuple(sorted(merged.values(), key=_sort_key))


def expected_calls(
    account: str, key: str, service: str = "backup", resource_type: str | None = None, role: str | None = None
) -> Iterator[_Seen]:
    """Yield the calls that a service is known to make, as if they had been seen, each once.

    The default is AWS Backup. Those that a role makes are left out where the role is not known, and so is the retiring
    of grants, in which no key policy has a say.

    Raises:
        UsageError: no calls are known of this service or resource type.
    """
    _check_known("service", service, {profile.service for profile in call_profiles().profiles})
    types = {name for profile in profiles_of_service("backup") for name in profile.resource_types}
    _check_known("resource type", resource_type or next(iter(types)), types)
    made: set[Hashable] = set()
    for profile in profiles_of_service(service, resource_type):
        for event in make_calls(profile, Setting(account, key, role)) if profile.only_with in _CIRCUMSTANCES else ():
            call = event.caller.across_sessions(), event.accesses
            if call not in made and event.accesses[0].action.lower() != RETIRE_GRANT:
                made.add(call)
                yield _Seen(event, event.accesses[0], observed=False)


def _check_known(what: str, name: str, known: Collection[str]) -> None:
    if name.lower() not in known:
        raise UsageError(f"no calls to KMS are known of the {what} {name!r}", hint=f"known: {', '.join(sorted(known))}")


def _decide(one: _Seen, new: CompiledPolicies, old: CompiledPolicies | None, organization_id: str | None) -> WhatIfRow:
    request = build_request(one.event, one.access, organization_id)
    after = evaluate(request, new)
    before = evaluate(request, old) if old is not None else None
    outcome = _judge(one, after, before)
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
        unknown_keys=after.unknown_keys,
        reasons=telling.reasons,
        observed=one.observed,
        supply=_supply(after, before, observed=one.observed) if outcome == _OPEN else (),
    )


def _is_allowed_alone(one: _Seen, alone: CompiledPolicies, organization_id: str | None) -> bool:
    """Check whether the key policy or a grant allows a call by itself; its success shows that no other layer denies."""
    return decide(build_request(one.event, one.access, organization_id), alone) == "allowed"


def _judge(one: _Seen, after: Decision, before: Decision | None) -> WhatIfOutcome:
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
    for statement in decision.statements:
        if decision.decision == "explicit-deny" and statement.effect == "Deny" and statement.outcome == "match":
            return StatementRef(statement.index, statement.sid)
    return None


def _add(row: WhatIfRow, other: WhatIfRow) -> WhatIfRow:
    return structs.replace(row, calls=row.calls + other.calls, denied=row.denied + other.denied)


def _compile(policy: Mapping[str, Any], policies: Policies) -> CompiledPolicies:
    return compile_policies(PolicySet.assuming_no_limits(policy, policies.grants))


def _sort_key(row: WhatIfRow) -> tuple[int, int, str, str, str, str]:
    return _ORDER.index(row.outcome), -row.calls, row.caller.name or "", row.action, row.key or "", repr(row)
