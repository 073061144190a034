"""The same call, and what differs: the requests of a call that was refused beside those that worked. Pure.

Only what records tell of a request is compared, and only what none of the refused calls shares with any that worked:
what comes and goes on both sides explains nothing.
"""

from collections.abc import Iterator, Sequence

from trail_diff.model.learnt import Case, Event, JobEvents
from trail_diff.model.report import CallerGroup, RequestDifference

_MOST_VALUES = 3


def compare_requests(case: Case, driving: Sequence[CallerGroup]) -> tuple[RequestDifference, ...]:
    """Return what differs between the refused calls of each group and those that worked in the succeeded job."""
    return tuple(difference for group in driving for difference in _compare(case, group))


def _compare(case: Case, group: CallerGroup) -> Iterator[RequestDifference]:
    if case.succeeded is None:
        return
    refused = [dict(_facts(event)) for event in _calls(case.failed, group, worked=False)]
    worked = [dict(_facts(event)) for event in _calls(case.succeeded, group, worked=True)]
    if not refused or not worked:
        return
    for name in dict.fromkeys(name for facts in (*refused, *worked) for name in facts):
        now, then = {facts.get(name, "") for facts in refused}, {facts.get(name, "") for facts in worked}
        if now.isdisjoint(then):
            yield RequestDifference(group.caller, group.action, group.key, name, _shown(now), _shown(then))


def _shown(values: set[str]) -> tuple[str, ...]:
    return tuple(sorted(value for value in values if value)[:_MOST_VALUES])


def _calls(side: JobEvents, group: CallerGroup, *, worked: bool) -> list[Event]:
    return [
        tie.event
        for tie in side.events
        if (tie.event.error_code is None) == worked
        and tie.event.caller.across_sessions() == group.caller.across_sessions()
        and any(access.action == group.action for access in tie.event.accesses)
    ]


def _facts(event: Event) -> Iterator[tuple[str, str]]:
    """Yield what a record tells of a request that can differ from call to call; a context that is not told is none."""
    if event.request_parameters:
        for name, value in sorted(event.encryption_context.items()):
            yield f"kms:EncryptionContext:{name}", value
    yield "aws:SourceVpce", event.vpc_endpoint_id or ""
    yield "aws:userid", (event.principal_id or "").partition(":")[0]
