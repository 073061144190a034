"""Where the AWS console shows an event, so that a reader can look at what a finding rests on. Pure."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import structs

from trail_diff.arns import partition_of
from trail_diff.events.signs import ids_of
from trail_diff.model.learnt import Case, Event
from trail_diff.model.report import Evidence, Finding

_HISTORY = timedelta(days=90)
"""How far back event history goes (CloudTrail user guide, "Working with CloudTrail event history")."""

_REGION = re.compile(r"(?!us-iso|eu-iso)[a-z]{2}(?:-[a-z]+)+-\d{1,2}")
"""The isolated partitions have consoles of their own, which no link from outside can reach."""

_EVENT_ID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_HOSTS = {
    "aws": "{region}.console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


def event_url(region: str | None, event_id: str) -> str | None:
    """Return the address of an event in CloudTrail's event history; None unless the Region and the id look like AWS's.

    It opens for who is signed in to the event's account. Both parts come from a log, so a text that
    could lead elsewhere never becomes part of an address.
    """
    if region is None or not _REGION.fullmatch(region) or not _EVENT_ID.fullmatch(event_id):
        return None
    host = _HOSTS[partition_of(region)].format(region=region)
    return f"https://{host}/cloudtrailv2/home?region={region}#/events/{event_id}"


def is_in_history(case: Case, moment: datetime) -> bool:
    """Check whether event history still holds a time at the time of the question, or else of the newest record."""
    asked_at = case.asked_at or case.newest
    return asked_at is None or asked_at - moment < _HISTORY


def link_event(event: Event, case: Case) -> str | None:
    """Return where the console shows an event; None for one that event history no longer holds."""
    return event_url(event.aws_region, event.event_id) if is_in_history(case, event.event_time) else None


def locate_evidence(findings: Sequence[Finding], case: Case) -> tuple[Finding, ...]:
    """Return for each event that a finding rests on where it was recorded, and where the console shows it."""
    wanted = {one.event_id for finding in findings for one in finding.evidence}
    events = {event.event_id: event for event in _events(case, wanted) if event.event_id in wanted}
    return tuple(
        structs.replace(finding, evidence=tuple(_locate(one, events, case) for one in finding.evidence))
        for finding in findings
    )


def _locate(evidence: Evidence, events: Mapping[str, Event], case: Case) -> Evidence:
    event = events.get(evidence.event_id or "")
    if event is None:
        return evidence
    place = {"region": event.aws_region, "account": event.recipient_account_id, "url": link_event(event, case)}
    return structs.replace(evidence, **place)


def _events(case: Case, ids: Collection[str | None]) -> Iterator[Event]:
    yield from case.changes
    for side in (case.failed, case.succeeded):
        if side is not None:
            yield from side.find(ids_of, *ids)
