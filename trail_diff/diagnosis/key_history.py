"""What a key's policy, state and grants were at a time, told from the events that changed them and from today's facts.

An export begins somewhere: before the first event of a kind nothing is known but what today's document says, and that
only as long as no later event changed it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from msgspec import Struct

from trail_diff.events.changes import POLICY_CARRIERS
from trail_diff.model.learnt import Event, Facts, Window
from trail_diff.model.report import Evidence
from trail_diff.times import parse_time

_MOST_POLICIES = 256
"""How many policies are kept as they were read: many jobs have the same."""
STATE_AFTER: Mapping[str, str] = {
    "CreateKey": "Enabled",
    "CancelKeyDeletion": "Disabled",
    "ConnectCustomKeyStore": "Enabled",
    "ImportKeyMaterial": "Enabled",
    "EnableKey": "Enabled",
    "DisableKey": "Disabled",
    "DeleteImportedKeyMaterial": "PendingImport",
    "DeleteExpiredKeyMaterial": "PendingImport",
    "DisconnectCustomKeyStore": "Unavailable",
    "ScheduleKeyDeletion": "PendingDeletion",
    "DeleteKey": "Deleted",
}
"""Key states after each event, as DescribeKey names them; a cancelled deletion leaves the key disabled (KMS developer
guide, "Key states of AWS KMS keys"). "Deleted" is not a state of DescribeKey, which then answers NotFoundException.

Times of records are whole seconds; within one, events are taken in this order: KMS enables no key before its deletion
is cancelled, and what takes a key out of use counts as the last, unless `undone_in_its_second`."""
_ORDER = tuple(STATE_AFTER)
_STORE_EVENTS = frozenset({"DisconnectCustomKeyStore", "ConnectCustomKeyStore"})
_UNDOES: Mapping[str, str] = {
    "DisableKey": "EnableKey",
    "ScheduleKeyDeletion": "CancelKeyDeletion",
    "DeleteImportedKeyMaterial": "ImportKeyMaterial",
    "DeleteExpiredKeyMaterial": "ImportKeyMaterial",
    "DisconnectCustomKeyStore": "ConnectCustomKeyStore",
}


GRANT_ENDINGS = frozenset({"RevokeGrant", "RetireGrant"})
TO_SETTLE = timedelta(minutes=5)
"""How long a change may take to be applied everywhere: KMS says less than five minutes for what it keeps eventually."""


class PolicyVersion(Struct, frozen=True):
    """A key policy, where it is from, and since when it was in force (None: not known)."""

    document: Mapping[str, Any]
    evidence: Evidence
    since: datetime | None = None
    is_todays: bool = False


class KeyStateAt(Struct, frozen=True):
    """A key state with where it is from; `event` is the event that set it, when one did."""

    state: str
    evidence: Evidence
    event: Event | None = None


def policy_at(
    changes: Sequence[Event], key: str, moment: datetime, facts: Facts, *, about: str | None
) -> PolicyVersion | None:
    """Return the key policy in force at a time; None when nothing tells.

    The last PutKeyPolicy or CreateKey before it counts, else today's policy (of the key that the facts are `about`), if
    no PutKeyPolicy came after: then today's is a later one. Where the record of the last does not have its policy in a
    form that can be read, it is not known.
    """
    versions = list(policy_versions(changes, key))
    puts = _on_key(changes, key, ("PutKeyPolicy",))
    last = next((put for put in reversed(puts) if put.event_time <= moment), None)
    if last is not None and not any(version.since == last.event_time for version in versions):
        return None
    before = [version for version in versions if version.since is not None and version.since <= moment]
    if before:
        return before[-1]
    if versions or puts or key != about:
        return None
    return todays_policy(facts)


def todays_policy(facts: Facts) -> PolicyVersion | None:
    """Return the policy that was handed in as today's."""
    if facts.key_policy is None:
        return None
    return PolicyVersion(facts.key_policy, Evidence(file=facts.policy_source, path=""), is_todays=True)


def policy_versions(changes: Sequence[Event], key: str) -> Iterator[PolicyVersion]:
    """Yield each policy that was put on the key, in order of time, as the records carry it."""
    for event in _on_key(changes, key, POLICY_CARRIERS):
        text = event.request_parameters.get("policy")
        document = _parse(text) if isinstance(text, str) else text
        if isinstance(document, dict) and isinstance(document.get("Statement"), dict | list):
            yield PolicyVersion(document, Evidence(event_id=event.event_id), event.event_time)


def policies_of_second(changes: Sequence[Event], key: str, version: PolicyVersion) -> Iterator[PolicyVersion]:
    """Yield the other policies put in the same second as one, before or after it: no record tells which came last."""
    put = {event.event_id for event in _on_key(changes, key, ("PutKeyPolicy",))}
    for other in policy_versions(changes, key):
        is_put = other.evidence.event_id in put and version.evidence.event_id in put
        if is_put and other.since == version.since and other.evidence != version.evidence:
            yield other


def state_at(changes: Sequence[Event], key: str, moment: datetime, facts: Facts) -> KeyStateAt | None:
    """Return the key's state at a time: after the last event before it, else today's if nothing changed it since.

    Without either, the first event after it may tell what it was: a key that is enabled later was not enabled before.
    """
    events = sorted([*_on_key(changes, key, STATE_AFTER), *_on_store(changes, key, facts)], key=_in_order)
    before = [event for event in events if event.event_time <= moment]
    if before:
        return KeyStateAt(_state_after(before[-1]), Evidence(event_id=before[-1].event_id), before[-1])
    if events:
        first = events[0]
        undone = {"EnableKey": "Disabled", "CancelKeyDeletion": "PendingDeletion"}.get(first.event_name)
        return KeyStateAt(undone, Evidence(event_id=first.event_id), first) if undone else None
    return todays_state(facts, key)


def undone_in_its_second(changes: Sequence[Event], key: str, facts: Facts, set_by: Event) -> bool:
    """Check whether a state was also undone in the second in which an event set it: no record tells which came last."""
    events = [*_on_key(changes, key, STATE_AFTER), *_on_store(changes, key, facts)]
    undoing = _UNDOES.get(set_by.event_name)
    return any(event.event_name == undoing and event.event_time == set_by.event_time for event in events)


def todays_state(facts: Facts, key: str) -> KeyStateAt | None:
    """Return the state that was handed in as today's, if it is about this key."""
    state = (facts.key_state or {}).get("KeyState")
    arn = (facts.key_state or {}).get("Arn")
    if not isinstance(state, str) or arn not in (None, key):
        return None
    return KeyStateAt(state, Evidence(file=facts.state_source or "--key-state", path="/KeyMetadata/KeyState"))


def deletion_scheduled(facts: Facts) -> Window | None:
    """Return between when today's pending deletion was scheduled, from its date; None without one.

    The waiting period is 7 to 30 days (KMS API reference, ScheduleKeyDeletion, PendingWindowInDays).
    """
    date = parse_time((facts.key_state or {}).get("DeletionDate"))
    if date is None:
        return None
    return Window(date - timedelta(days=30), date - timedelta(days=7))


def grants_at(changes: Sequence[Event], moment: datetime, facts: Facts) -> tuple[Mapping[str, Any], ...] | None:
    """Return the grants in force at a time, from today's list; None when there is no list.

    A grant made later is left out; one that ended later, and whose making was recorded, is put back.
    """
    if facts.grants is None:
        return None
    listed = [grant for grant in facts.grants if not _is_later(parse_time(grant.get("CreationDate")), moment)]
    done = [event for event in changes if event.error_code is None]
    made = {grant_id_of(event): event for event in done if event.event_name == "CreateGrant"}
    ended = {grant_id_of(event): event.event_time for event in done if event.event_name in GRANT_ENDINGS}
    late = {grant_id for grant_id, event in made.items() if event.event_time > moment}
    known = {grant.get("GrantId") for grant in listed}
    put_back = (
        {"GrantId": grant_id, **made[grant_id].request_parameters}
        for grant_id, time in ended.items()
        if time > moment and grant_id in made and grant_id not in late | known
    )
    return (*(grant for grant in listed if grant.get("GrantId") not in late), *put_back)


def grant_id_of(event: Event) -> str | None:
    """Return the grant that an event is about: from the request, the response or the additional data."""
    for place in (event.request_parameters, event.response_elements, event.additional_event_data):
        grant_id = place.get("grantId")
        if isinstance(grant_id, str):
            return grant_id
    return None


def _is_later(time: datetime | None, moment: datetime) -> bool:
    return time is not None and time > moment


def _state_after(event: Event) -> str:
    if event.event_name == "CreateKey" and event.request_parameters.get("origin") == "EXTERNAL":
        return "PendingImport"
    return STATE_AFTER[event.event_name]


def _on_store(changes: Sequence[Event], key: str, facts: Facts) -> Iterator[Event]:
    """Yield the events of the custom key store that today's DescribeKey, or else a call, says the key is in."""
    state = facts.key_state or {}
    is_told = bool(state) and state.get("Arn") in (None, key)
    store = state.get("CustomKeyStoreId") if is_told else facts.key_stores.get(key)
    if not isinstance(store, str):
        return
    for event in changes:
        is_done = event.event_name in _STORE_EVENTS and event.error_code is None
        if is_done and event.request_parameters.get("customKeyStoreId") == store:
            yield event


def _on_key(changes: Sequence[Event], key: str, names: Mapping[str, str] | tuple[str, ...]) -> list[Event]:
    """Return the events of these names that changed this key, in order of time; refused calls changed nothing."""
    chosen = [
        event
        for event in changes
        if event.event_name in names
        and event.error_code is None
        and any(access.key == key for access in event.accesses)
    ]
    return sorted(chosen, key=_in_order)


def _in_order(event: Event) -> tuple[datetime, int]:
    """Order events by time; a key is created before anything else of that second is done to it."""
    return event.event_time, _ORDER.index(event.event_name) if event.event_name in STATE_AFTER else 1


@lru_cache(maxsize=_MOST_POLICIES)
def _parse(text: str) -> object:
    """Return the document in a text; the same for each job of a key, so nobody may change it."""
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
