"""The distinct requests that were observed: calls that the policies to be tried cannot tell apart are one request.

Time, source address and session are not told apart unless a policy tests them, so that the cost of deciding does not
grow with the number of events.
"""

import json
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from trail_diff.arns import arn_account, arn_region, is_alias, is_key_id
from trail_diff.events.changes import POLICY_CARRIERS
from trail_diff.events.denials import is_denial_code
from trail_diff.gather.fold import Add, Bunch
from trail_diff.model.learnt import Event, KeyAccess
from trail_diff.read.records import SlimRecord
from trail_diff.usage.callers import KeyChoice, named_key

if TYPE_CHECKING:
    from datetime import datetime

Kind = tuple[tuple[Hashable, ...], Hashable]


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
    """Words in a policy or grant that make something matter, what that is, and the undecoded fields it comes from.

    `is_endless`: new values come as long as calls are made.
    """

    words: tuple[str, ...]
    tell: Callable[[Event], Hashable]
    raw: Callable[[SlimRecord], Hashable]
    is_endless: bool = False

    def is_needed(self, text: str, *, for_any: bool) -> bool:
        """Check whether a policy in a text tests this, or `for_any` policy may, unless that is endless."""
        return (for_any and not self.is_endless) or any(word in text for word in self.words)


_TELLERS: Sequence[_Teller] = (
    _Teller(("encryptioncontext",), _tell_context, _raw_request),
    _Teller(("aws:source", '"sourcearn"'), _tell_source, _raw_source),
    _Teller(
        (":assumed-role/", "aws:userid"),
        lambda event: (event.caller.arn, event.principal_id),
        lambda record: bytes(record.user_identity),
        is_endless=True,
    ),
    _Teller(
        ("aws:currenttime", "aws:epochtime"),
        lambda event: event.event_time,
        lambda record: record.event_time,
        is_endless=True,
    ),
    _Teller(
        ("aws:multifactorauthpresent",),
        lambda event: event.mfa_authenticated,
        lambda record: bytes(record.user_identity),
        is_endless=True,
    ),
    _Teller(("kms:grant", "kms:retiring"), _tell_grant, _raw_request),
    _Teller(
        ("kms:encryptionalgorithm",),
        lambda event: str(event.request_parameters.get("encryptionAlgorithm")),
        _raw_request,
    ),
)
"""What tells requests of one caller apart."""


class ReplayKinds(Struct, frozen=True):
    """Two calls are alike when the policies, whose `text` this is, cannot tell them apart; `told` are the tellers.

    With `tells_recorded`, all condition keys that CloudTrail recorded tell calls apart, whatever the policies test;
    with `tells_policy`, calls that put a policy on a key are told apart by that policy.
    """

    text: str
    tells_alias: bool = False
    told: tuple[int, ...] = ()
    tells_recorded: bool = False
    tells_policy: bool = False
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
        put_on = _put_policy(event) if self.tells_policy else None
        return signatures, (named_key(event) if self.tells_alias else None, put_on)

    def shortcut(self, record: SlimRecord) -> Hashable:
        """Return what determines the kind beside caller, name and `resources`, undecoded."""
        told = tuple([_TELLERS[place].raw(record) for place in self.told])
        named = bytes(record.request_parameters) if self.tells_alias else None
        return record.aws_region, told, bytes(record.event_context), named

    def _tell_recorded(self, event: Event) -> Hashable:
        """Return apart by what CloudTrail recorded of the tested condition keys."""
        return frozenset(
            (name, str(value))
            for name, value in event.request_context.items()
            if self.tells_recorded or name.lower() in self.text
        )


class ObservedRequests:
    """Collects distinct requests while calls stream by; memory grows with how different they are, not how many.

    `policies` are all policies and grants that the requests will be tried with. With `tells_names`, requests are told
    apart as for any policy and by the alias that they name, and `put_policies` tells which was put on a key last.
    """

    def __init__(self, policies: Collection[object], keys: Collection[str] = (), *, tells_names: bool = False) -> None:
        text = json.dumps(list(policies), default=str).lower()
        told = tuple(place for place, teller in enumerate(_TELLERS) if teller.is_needed(text, for_any=tells_names))
        self._choice = KeyChoice(keys)
        tells_alias = self._choice.has_aliases or tells_names
        self.kinds = ReplayKinds(text, tells_alias, told, tells_recorded=tells_names, tells_policy=tells_names)
        self._seen: dict[Hashable, ObservedRequest] = {}
        self.aliases: dict[str, set[str]] = {}
        self.policies: dict[str, tuple[datetime, str]] = {}

    @classmethod
    def for_any_policy(cls, keys: Collection[str] = ()) -> "ObservedRequests":
        """Return a collection for policies that are not known yet: all is told apart but sessions and times."""
        made = cls((), keys)
        told = tuple(place for place, teller in enumerate(_TELLERS) if not teller.is_endless)
        made.kinds = ReplayKinds("", tells_alias=True, told=told, tells_recorded=True, tells_policy=True)
        return made

    @staticmethod
    def are_told_apart(policies: Collection[object]) -> bool:
        """Check whether calls collected for any policy are told apart by all that these policies test."""
        text = json.dumps(list(policies), default=str).lower()
        return not any(teller.is_endless and any(word in text for word in teller.words) for teller in _TELLERS)

    def take(self, one: "ObservedRequest") -> None:
        """Take in a request that was counted before."""
        self._choice.learn(one.event)
        self._learn(one.event)
        self._seen[len(self._seen)] = one

    def learn_alias(self, name: str, keys: Collection[str]) -> None:
        """Take note of what an alias stands for."""
        self._choice.learn_alias(name, keys)
        self.aliases.setdefault(name, set()).update(keys)

    def learn_policy(self, key: str, put: "datetime", policy: str) -> None:
        """Take note of a policy that was put on a key; the last one stays."""
        self.policies[key] = max(self.policies.get(key, (put, "")), (put, policy))

    def open(self, kind: Kind, event: Event | None) -> Add:
        """Begin a kind, or go on with it; return what adds calls to it. `event` is the kind's first."""
        if event is not None:
            self._choice.learn(event)
            self._learn(event)
        accesses = zip(kind[0], event.accesses if event else (), strict=True)
        held = [(signature, access) for signature, access in accesses if self._choice.may_hold(access.key)]
        seen = [self._seen.setdefault(signature, ObservedRequest(event, access)) for signature, access in held if event]
        policy = _put_policy(event) if event and self.kinds.tells_policy else None
        put_on = [access.key for access in event.accesses if access.key] if event and policy else []

        def add(bunch: Bunch) -> None:
            for key in put_on if bunch.code is None else ():
                self.learn_policy(key, bunch.last, policy or "")
            for one in seen:
                one.calls += bunch.calls
                one.succeeded += bunch.calls if bunch.code is None else 0
                one.denied += bunch.calls if is_denial_code(bunch.code) else 0
                one.first = bunch.first if one.first is None else min(one.first, bunch.first)
                one.last = bunch.last if one.last is None else max(one.last, bunch.last)

        return add

    def requests(self) -> "list[ObservedRequest]":
        """Return what was collected of the keys in question."""
        return [one for one in self._seen.values() if one.calls and self._choice.holds(one.access.key)]

    def on_key(self, names: Collection[str]) -> "list[ObservedRequest]":
        """Return what was collected of the key that has these names: ARN, id or alias."""
        aliased = {key for name in names if is_alias(name) for key in self._keys_of(name)}
        choice = KeyChoice({*(name for name in names if is_key_name(name)), *aliased})
        return [one for one in self.requests() if choice.is_of_some and choice.holds(one.access.key)]

    def _keys_of(self, alias: str) -> Iterator[str]:
        """Yield the keys that calls name by an alias; the ARN of one is of one account and Region."""
        place = arn_account(alias), arn_region(alias)
        for key in self.aliases.get(alias[alias.index("alias/") :], ()):
            if place in ((None, None), (arn_account(key), arn_region(key))):
                yield key

    def put_policies(self, name: str) -> list[tuple[str, str]]:
        """Return the ARN of the key of a name, ARN or id, and the policy that was put on it last, if calls tell it."""
        named = (key for key in self.policies if key == name or key.endswith(f":key/{name}"))
        return [(key, self.policies[key][1]) for key in named]

    def _learn(self, event: Event) -> None:
        """Note which key an alias stands for; few calls name a key by its alias."""
        name = named_key(event) if self.kinds.tells_alias else None
        if name is not None and is_alias(name):
            keys = self.aliases.setdefault(name[name.index("alias/") :], set())
            keys.update(access.key for access in event.accesses if access.key)


def _put_policy(event: Event) -> str | None:
    policy = event.request_parameters.get("policy") if event.event_name in POLICY_CARRIERS else None
    return policy if isinstance(policy, str) else None


def is_key_name(name: str) -> bool:
    """Check whether a name can be a key's own, not that of something encrypted with it."""
    return ":key/" in name or is_key_id(name)


class ObservedRequest:
    """One distinct request and how often it was made, succeeded, and was refused.

    `is_by_policy_alone`: AWS's text has it that the key's policy lets it through, so that no grant has to be known.
    """

    def __init__(
        self, event: Event, access: KeyAccess, *, observed: bool = True, is_by_policy_alone: bool = False
    ) -> None:
        self.event, self.access, self.observed = event, access, observed
        self.is_by_policy_alone = is_by_policy_alone
        self.calls = self.succeeded = self.denied = 0
        self.first: datetime | None = None
        self.last: datetime | None = None
