"""Which caller of the succeeded job plays the part of one that never worked: a role of another stage, a new one. Pure.

Evidence: the same action, made by the same sort of caller, through the same service or with the same keys in its
encryption context; between several the one whose name is most alike. It fails where two unrelated roles of alike names
make alike calls, so what follows from it only shows what differs.
"""

import re
from collections.abc import Iterator, Sequence

from trail_diff.events.identity import service_name
from trail_diff.model.codes import CallerKind
from trail_diff.model.learnt import Caller, Case, Event
from trail_diff.model.report import CallerGroup

_PEOPLE_AND_ROLES = frozenset(
    {
        CallerKind.ROLE,
        CallerKind.SERVICE_ROLE,
        CallerKind.FORWARD_ACCESS_SESSION,
        CallerKind.USER,
        CallerKind.FEDERATED,
        CallerKind.IDENTITY_CENTER_USER,
        CallerKind.CROSS_ACCOUNT,
    }
)
_WORD = re.compile(r"[A-Za-z][a-z]*|[0-9]+")


def find_counterpart(case: Case, group: CallerGroup, refused: Sequence[Event]) -> Caller | None:
    """Return the caller whose calls of the same action worked and that plays the same part; None when none stands out.

    A caller that makes the call in the failed job too has a part of its own there.
    """
    if case.succeeded is None:
        return None
    own = group.caller.across_sessions()
    present = {tie.event.caller.across_sessions() for tie in case.failed.events} - {own}
    candidates: dict[Caller, list[Event]] = {}
    for event in _worked(case, group.action):
        caller = event.caller.across_sessions()
        if caller != own and caller not in present and _is_of_one_sort(caller, own):
            candidates.setdefault(caller, []).append(event)
    scores = {caller: _score(own, refused, caller, events) for caller, events in candidates.items()}
    best = max(scores.values(), default=None)
    if best is None or not best[0]:
        return None
    ahead = [caller for caller, score in scores.items() if score == best]
    return ahead[0] if len(ahead) == 1 else None


def _worked(case: Case, action: str) -> Iterator[Event]:
    for tie in case.succeeded.events if case.succeeded else ():
        if tie.event.error_code is None and any(access.action == action for access in tie.event.accesses):
            yield tie.event


def _is_of_one_sort(one: Caller, other: Caller) -> bool:
    """Check whether two callers may play one part: a service only its own in another Region, a role any role's."""
    if one.kind in _PEOPLE_AND_ROLES and other.kind in _PEOPLE_AND_ROLES:
        return True
    if one.kind is CallerKind.SERVICE_PRINCIPAL and other.kind is CallerKind.SERVICE_PRINCIPAL:
        return service_name(one.name or "") == service_name(other.name or "")
    return one.kind is other.kind and (one.name or "") == (other.name or "")


def _score(own: Caller, refused: Sequence[Event], other: Caller, worked: Sequence[Event]) -> tuple[bool, float]:
    """Return whether the calls are alike, and how alike the names are."""
    is_alike = bool(_ways(refused) & _ways(worked)) or own.name == other.name
    return is_alike, _likeness(own.name or "", other.name or "")


def _ways(events: Sequence[Event]) -> set[object]:
    """Return the ways in which calls were made: through which service, with which keys of a context."""
    return {
        (event.caller.invoked_by, tuple(sorted(event.encryption_context)) if event.request_parameters else None)
        for event in events
    } | {event.caller.invoked_by for event in events if event.caller.invoked_by}


def _likeness(one: str, other: str) -> float:
    """Return how many of the words of two names are the same."""
    words, others = ({word.lower() for word in _WORD.findall(name)} for name in (one, other))
    return len(words & others) / len(words | others) if words and others else 0.0
