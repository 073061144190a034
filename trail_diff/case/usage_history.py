"""How keys were used between one change and the next, added up over everything that was read: a fold.

The spans are those between changes that can alter who may use a key (its policy, grants and state, an alias that moved,
what a role may do), which have to be known before the first event is added; events may then come in any order. Of a
key that was not changed all is one span, and kept where documents of today are to be compared with it. Memory is
bounded: beyond the most entries, new callers are no longer told apart, and `is_complete` says so.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from msgspec import structs

from trail_diff.events.changes import PRINCIPAL_POLICY_CHANGES
from trail_diff.model.learnt import Event, Facets, Use

MOST_USES = 50_000
MOST_FACTS = 8
SPAN_CHANGES = frozenset(
    {
        "PutKeyPolicy",
        "CreateKey",
        "CreateGrant",
        "RevokeGrant",
        "RetireGrant",
        "DisableKey",
        "EnableKey",
        "ScheduleKeyDeletion",
        "CancelKeyDeletion",
        "DeleteKey",
        "ImportKeyMaterial",
        "DeleteImportedKeyMaterial",
        "DeleteExpiredKeyMaterial",
    }
)
"""Changes that can alter who may use the key that they name; a span lies between two of them."""
_OF_EVERY_KEY = PRINCIPAL_POLICY_CHANGES | {"UpdateAlias", "DisconnectCustomKeyStore", "ConnectCustomKeyStore"}
"""Changes that divide the time of every key: a role's policies and stores name none, a moved alias only its new one."""

_Place = tuple[str, object, str, str | None, str | None]


class UseHistory:
    """Adds up the uses of the keys that were changed; `merge` puts together what several processes saw.

    `whole`: those of keys that were not changed are kept as well.
    """

    def __init__(self, keys: Collection[str], changes: Iterable[Event], *, whole: bool = False) -> None:
        self._spans = _find_spans(changes, frozenset(keys), whole=whole)
        self._uses: dict[_Place, Use] = {}
        self.is_complete = True

    def add(self, event: Event) -> None:
        """Add an event; one that is no call on the keys is passed over."""
        for access in event.accesses:
            if access.key in self._spans and event.event_name not in SPAN_CHANGES:
                self._put(
                    Use(
                        key=access.key or "",
                        caller=event.caller.across_sessions(),
                        action=access.action,
                        error_code=event.error_code,
                        since=self._since(access.key or "", event.event_time),
                        calls=1,
                        first=event.event_time,
                        last=event.event_time,
                        event_id=event.event_id,
                        facts=(facets_of(event),),
                    )
                )

    def merge(self, other: "UseHistory") -> None:
        """Add the uses that another history of the same keys and changes saw."""
        for use in other.freeze():
            self._put(use)
        self.is_complete = self.is_complete and other.is_complete

    def freeze(self) -> tuple[Use, ...]:
        """Return the uses in order of their first call."""
        return tuple(sorted(self._uses.values(), key=_order_of))

    def _put(self, use: Use) -> None:
        place: _Place = (use.key, use.caller, use.action, use.error_code, use.since)
        known = self._uses.get(place)
        if known is not None:
            self._uses[place] = merge_uses(known, use)
        elif len(self._uses) < MOST_USES:
            self._uses[place] = use
        else:
            self.is_complete = False

    def _since(self, key: str, moment: datetime) -> str | None:
        times, ids = self._spans[key]
        at = bisect_right(times, moment)
        return ids[at - 1] if at else None


class KeyUses:
    """How keys were used in some events, told once for all that ask about the same key between the same changes."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._on_key: dict[str, list[Event]] = {}
        for event in events:
            for key in {access.key for access in event.accesses if access.key}:
                self._on_key.setdefault(key, []).append(event)
        self._known: dict[tuple[str, object], tuple[Use, ...]] = {}

    def of(self, keys: Collection[str], changes: Iterable[Event], *, whole: bool = False) -> tuple[Use, ...]:
        """Return how keys were used, as a `UseHistory` of all events does."""
        told = list(changes)
        spans = _find_spans(told, frozenset(keys), whole=whole)
        for key, span in spans.items():
            if (key, span) not in self._known:
                history = UseHistory((key,), told, whole=whole)
                for event in self._on_key.get(key, ()):
                    history.add(event)
                self._known[key, span] = history.freeze()
        uses = [use for key, span in spans.items() for use in self._known[key, span]]
        return tuple(sorted(uses, key=_order_of))


def compared_keys(keys: Collection[str], changes: Iterable[Event], *, whole: bool) -> frozenset[str]:
    """Return those keys that were changed, so that what came before and after can be told apart; `whole`: all."""
    return frozenset(_find_spans(changes, keys, whole=whole))


def merge_uses(one: Use, other: Use) -> Use:
    """Return two uses of one place as one; the earliest event stands for both."""
    facts = tuple(sorted({*one.facts, *other.facts}, key=repr))
    earliest = min(one, other, key=lambda use: (use.first, use.event_id))
    return structs.replace(
        one,
        calls=one.calls + other.calls,
        first=earliest.first,
        last=max(one.last, other.last),
        event_id=earliest.event_id,
        facts=facts[:MOST_FACTS],
        has_more_facts=one.has_more_facts or other.has_more_facts or len(facts) > MOST_FACTS,
    )


def facets_of(event: Event) -> Facets:
    """Return the facts of a request that differ from call to call and that a policy can test."""
    is_told = bool(event.request_parameters or event.encryption_context)
    return Facets(
        encryption_context=tuple(sorted(event.encryption_context.items())) if is_told else None,
        source_ip_address=event.source_ip_address,
        vpc_endpoint_id=event.vpc_endpoint_id,
        principal_id=event.principal_id,
        aws_region=event.aws_region,
        mfa_authenticated=event.mfa_authenticated,
    )


def _order_of(use: Use) -> tuple[datetime, str, str]:
    return use.first, use.event_id, use.action


def _find_spans(
    changes: Iterable[Event], keys: Collection[str], *, whole: bool
) -> Mapping[str, tuple[tuple[datetime, ...], tuple[str, ...]]]:
    found: dict[str, list[tuple[datetime, str]]] = {key: [] for key in keys} if whole else {}
    for event in changes:
        if event.error_code is not None:
            continue
        named: Collection[str] = ()
        if event.event_name in SPAN_CHANGES:
            named = {access.key for access in event.accesses if access.key in keys and access.key}
        elif event.event_name in _OF_EVERY_KEY:
            named = keys
        for key in named:
            found.setdefault(key, []).append((event.event_time, event.event_id))
    spans = {key: sorted(set(own)) for key, own in found.items()}
    return {key: (tuple(time for time, _ in own), tuple(one for _, one in own)) for key, own in spans.items()}
