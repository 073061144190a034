"""What changed between the two jobs and since: who changed which key, grant, policy, role or trail, and when. Pure."""

from collections.abc import Sequence

from trail_diff.diagnosis.console_links import link_event
from trail_diff.diagnosis.key_history import policy_versions
from trail_diff.diagnosis.statements import compare_statements
from trail_diff.events.surroundings import changed_resource
from trail_diff.model.learnt import Case, Event
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Change, Finding


def list_changes(case: Case, findings: Sequence[Finding] = ()) -> tuple[Change, ...]:
    """List the changes from the beginning of the earlier job on, in order of time; without a second job, all there are.

    An earlier change is listed when a finding rests on it.
    """
    starts = [side.job.created for side in (case.failed, case.succeeded) if side is not None and side.job.created]
    start = min(starts) if case.succeeded and starts else None
    evidence = {one.event_id for finding in findings for one in finding.evidence} - {None}
    return tuple(
        _describe(case, event)
        for event in case.changes
        if start is None or event.event_time >= start or event.event_id in evidence
    )


def _describe(case: Case, event: Event) -> Change:
    key = next((access.key for access in event.accesses if access.key), None)
    versions = list(policy_versions(case.changes, key)) if key and _puts_policy(event) else []
    index = next((i for i, one in enumerate(versions) if one.evidence.event_id == event.event_id), None)
    return Change(
        time=event.event_time,
        name=event.event_name,
        caller=event.caller,
        event_id=event.event_id,
        key=key,
        resource=changed_resource(event),
        error_code=event.error_code,
        statements=tuple(compare_statements(versions[index - 1].document, versions[index].document)) if index else (),
        url=link_event(event, case),
        reason=Reason.POLICY_TEXT_UNREADABLE if key and _puts_policy(event) and index is None else None,
    )


def _puts_policy(event: Event) -> bool:
    return event.event_name == "PutKeyPolicy" and event.error_code is None
