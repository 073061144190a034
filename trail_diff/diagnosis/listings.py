"""The exhibits of a report: the events behind its counts, its decisions and the policies behind them. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import nsmallest
from typing import Literal

from trail_diff.arns import places_of_alike
from trail_diff.diagnosis.examined import Explained
from trail_diff.diagnosis.key_history import policy_versions
from trail_diff.model.decisions import CallerDecision
from trail_diff.model.learnt import Case, Event, JobEvents, TiedEvent
from trail_diff.model.report import CallerGroup, KeyPolicy, ListedEvent

MOST_EVENTS = 10_000
"""As many events as a report lists; a busy key has a hundred times more in an hour, and their counts tell as much."""

Side = Literal["failed", "succeeded"]


def list_events(
    case: Case, groups: Sequence[CallerGroup], most: int = MOST_EVENTS
) -> tuple[tuple[ListedEvent, ...], int]:
    """List the events of both jobs in order of time, and count those left out beyond the `most`.

    Errors are kept first, then the events of the groups that are first in the table, the earliest first.
    """
    places = _Places(groups)
    sides: list[tuple[Side, JobEvents | None]] = [("failed", case.failed), ("succeeded", case.succeeded)]
    ties = [(side, tie) for side, own in sides if own is not None for tie in own.events]
    placed = ((side, tie, places.of(tie.event)) for side, tie in ties)
    events = [_list_event(*one) for one in (nsmallest(most, placed, key=_weight) if len(ties) > most else placed)]
    events.sort(key=lambda event: (event.event_time, event.event_id, event.side))
    return tuple(events), len(ties) - len(events)


def list_policies(case: Case, explained: Iterable[Explained]) -> tuple[KeyPolicy, ...]:
    """List the policy of each key by which callers were decided, in the order of the callers."""
    found: dict[str, KeyPolicy] = {}
    for one in explained:
        key, policy = one.key, one.policy
        if key is None or policy is None or key in found:
            continue
        before = [
            version
            for version in policy_versions(case.changes, key)
            if policy.since is not None and version.since is not None and version.since < policy.since
        ]
        found[key] = KeyPolicy(
            key=key,
            document=dict(policy.document),
            evidence=policy.evidence,
            since=policy.since,
            is_todays=policy.is_todays,
            previous=dict(before[-1].document) if before else None,
        )
    return tuple(found.values())


class _Places:
    """Finds the places of an event's caller groups in the table; a call that names no key joins as it did there."""

    def __init__(self, groups: Sequence[CallerGroup]) -> None:
        self._exact: dict[object, int] = {}
        self._any_key: dict[object, int] = {}
        for place, group in enumerate(groups):
            caller = group.caller.across_sessions()
            self._exact[caller, group.action, group.key] = place
            self._any_key.setdefault((caller, group.action), place)

    def of(self, event: Event) -> tuple[int, ...]:
        return tuple(sorted(set(self._find(event))))

    def _find(self, event: Event) -> Iterator[int]:
        caller = event.caller.across_sessions()
        for access in event.accesses:
            place = self._exact.get((caller, access.action, access.key), self._any_key.get((caller, access.action)))
            if place is not None:
                yield place


def _weight(one: tuple[Side, TiedEvent, tuple[int, ...]]) -> tuple[object, ...]:
    side, tie, callers = one
    event = tie.event
    return event.error_code is None, min(callers, default=0), event.event_time, event.event_id, side


def _list_event(side: Side, tie: TiedEvent, callers: tuple[int, ...]) -> ListedEvent:
    event = tie.event
    return ListedEvent(
        event_id=event.event_id,
        event_time=event.event_time,
        event_name=event.event_name,
        side=side,
        callers=callers,
        tied_by=tie.reasons,
        error_code=event.error_code,
        error_message=event.error_message,
        aws_region=event.aws_region,
        recipient_account_id=event.recipient_account_id,
        source_ip_address=event.source_ip_address,
        vpc_endpoint_id=event.vpc_endpoint_id,
        encryption_context=dict(event.encryption_context),
        source=event.source,
    )


def list_decisions(explained: Sequence[Explained]) -> tuple[CallerDecision, ...]:
    """Return how each call was decided at the failed job, and today where that differs."""
    return tuple(decision for one in explained for decision in (one.then, one.today) if decision is not None)


def list_key_places(case: Case, groups: Sequence[CallerGroup]) -> Mapping[str, str]:
    """Return the account and Region of each key in the report of which another looks the same."""
    jobs = [side.job for side in (case.failed, case.succeeded) if side is not None]
    named = [*case.keys, *(key for job in jobs for key in (job.key, *job.keys)), *(group.key for group in groups)]
    return places_of_alike({key for key in named if key})
