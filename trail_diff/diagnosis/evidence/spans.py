"""From which change to which other a hypothesis is said to have kept calls out. Pure.

What a policy does holds until one is put that does it no more, a key state until the key is enabled, an ended grant is
missing until one is made to the same caller, a role lacks what was taken from it until it is changed again, and an
alias names another key until it moves on.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct, structs

from trail_diff.diagnosis.evidence.requests import explained_for
from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.held_grants import holds_grant
from trail_diff.diagnosis.hypotheses.interface import Hypothesis
from trail_diff.diagnosis.key_history import GRANT_ENDINGS, STATE_AFTER
from trail_diff.diagnosis.policy_spans import blamed_in, span_of
from trail_diff.events.changes import is_change_of
from trail_diff.events.signs import ids_of
from trail_diff.model.learnt import Event
from trail_diff.model.report import Evidence

OF_THE_CALLER = frozenset({"identity-policy", "permissions-boundary"})
"""Layers that are the caller's own."""


class Span(Struct, frozen=True):
    """The changes between which a hypothesis holds, and the key whose calls would have ended meanwhile.

    `until` and `ending` are None where nothing undid it.
    """

    key: str | None
    since: datetime
    beginning: Evidence
    until: datetime | None = None
    ending: Evidence | None = None

    def holds(self, first: datetime, last: datetime) -> bool:
        """Check whether calls between two times fall into the span."""
        return last > self.since and (self.until is None or first < self.until)

    def evidence(self) -> tuple[Evidence, ...]:
        """Point to the changes."""
        return (self.beginning, self.ending) if self.ending is not None else (self.beginning,)


def blamed_span(examined: Examined, hypothesis: Hypothesis) -> Span | None:
    """Return the span in which a hypothesis holds; None where no record tells when it began."""
    if hypothesis.origin == "key-policy":
        return _of_policy(examined, hypothesis)
    if hypothesis.layer == "key-state":
        return _of_state(examined, hypothesis)
    if hypothesis.origin == "grants":
        return _of_grant(examined, hypothesis)
    moved = _of_alias(examined, hypothesis)
    return moved or (_of_role(examined, hypothesis) if hypothesis.layer in OF_THE_CALLER else None)


def _of_policy(examined: Examined, hypothesis: Hypothesis) -> Span | None:
    explained = explained_for(examined, hypothesis)
    if explained is None or explained.policy is None or explained.policy.since is None or explained.key is None:
        return None
    span = span_of(examined.case, explained, blamed_in(explained, hypothesis.cause, hypothesis.statement))
    if span is None or span.first.since is None:
        return None
    begins = Span(explained.key, span.first.since, span.first.evidence)
    ending = span.ending
    return structs.replace(begins, until=ending.since, ending=ending.evidence) if ending is not None else begins


def _of_state(examined: Examined, hypothesis: Hypothesis) -> Span | None:
    key = hypothesis.key or examined.key
    own = [event for event in _on_key(examined, key) if event.event_name in STATE_AFTER]
    begun = [event for event in _named(own, hypothesis) if STATE_AFTER[event.event_name] != "Enabled"]
    return _between(key, begun, [event for event in own if STATE_AFTER[event.event_name] == "Enabled"])


def _of_grant(examined: Examined, hypothesis: Hypothesis) -> Span | None:
    caller, operation = hypothesis.caller, (hypothesis.action or "").removeprefix("kms:")
    if caller is None:
        return None
    ended = [event for event in _named(examined.case.changes, hypothesis) if event.event_name in GRANT_ENDINGS]
    made = [
        event
        for event in _on_key(examined, hypothesis.key)
        if event.event_name == "CreateGrant"
        and holds_grant(event.request_parameters, caller)
        and operation in (event.request_parameters.get("operations") or ())
    ]
    return _between(hypothesis.key, ended, made)


def _of_role(examined: Examined, hypothesis: Hypothesis) -> Span | None:
    """Return the span between the last change of the caller before its call was refused and the first after it."""
    if hypothesis.caller is None or hypothesis.caller.name is None:
        return None
    changes = [
        event for event in examined.case.changes if event.error_code is None and is_change_of(event, hypothesis.caller)
    ]
    return _around(hypothesis.key or examined.key, changes, refused_at(examined, hypothesis))


def _of_alias(examined: Examined, hypothesis: Hypothesis) -> Span | None:
    """Return the span in which an alias named the key on which the call was refused; the calls ended on another one."""
    moved = [event for event in examined.case.changes if event.event_name == "UpdateAlias" and not event.error_code]
    to_key = [event for event in moved if any(access.key == hypothesis.key for access in event.accesses)]
    names = {event.request_parameters.get("aliasName") for event in to_key} - {None}
    own = [one for one in examined.driving if (one.caller.across_sessions(), one.action) == hypothesis.call()]
    left = (one.key for one in own if one.key != hypothesis.key and one.succeeded.calls)
    span = _around(next(left, None), to_key, refused_at(examined, hypothesis))
    if span is None or span.key is None or len(names) != 1:
        return None
    begun = [event for event in to_key if event.event_time == span.since]
    return _between(span.key, begun, [event for event in moved if event.request_parameters.get("aliasName") in names])


def refused_at(examined: Examined, hypothesis: Hypothesis) -> datetime | None:
    """Return when the call that a hypothesis is about was first refused in the failed job's window."""
    failed, ids = examined.case.failed, {one.event_id for one in hypothesis.evidence}
    named = failed.find(ids_of, *ids)
    return min((one.event_time for one in named if one.error_code is not None), default=None)


def _on_key(examined: Examined, key: str | None) -> list[Event]:
    return [
        event
        for event in examined.case.changes
        if event.error_code is None and key is not None and any(access.key == key for access in event.accesses)
    ]


def _named(events: Iterable[Event], hypothesis: Hypothesis) -> list[Event]:
    """Return those of the events that a hypothesis rests on."""
    ids = {one.event_id for one in hypothesis.evidence}
    return [event for event in events if event.event_id in ids]


def _around(key: str | None, changes: Sequence[Event], moment: datetime | None) -> Span | None:
    before = [event for event in changes if moment is not None and event.event_time <= moment]
    after = [event for event in changes if moment is not None and event.event_time > moment]
    return _between(key, before[-1:], after)


def _between(key: str | None, begun: Sequence[Event], ended: Sequence[Event]) -> Span | None:
    """Return the span from the first of some changes to the first later one of others; None without the former."""
    first = min(begun, key=lambda event: event.event_time, default=None)
    if first is None:
        return None
    later = [event for event in ended if event.event_time > first.event_time]
    last = min(later, key=lambda event: event.event_time, default=None)
    begins = Span(key, first.event_time, Evidence(event_id=first.event_id))
    return structs.replace(begins, until=last.event_time, ending=Evidence(event_id=last.event_id)) if last else begins
