"""What changed between the two jobs and since: who changed which key, grant, policy, role or trail, and when. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from trail_diff.diagnosis.console_links import event_url
from trail_diff.diagnosis.key_history import policy_versions
from trail_diff.model.learnt import Case, Event
from trail_diff.model.report import Change, Finding, StatementChange, StatementRef


def list_changes(case: Case, findings: Sequence[Finding] = ()) -> tuple[Change, ...]:
    """List the changes from the beginning of the earlier job on, in order of time; without a second job, all there are.

    An earlier change is listed when a finding rests on it.
    """
    starts = [side.job.created for side in (case.failed, case.succeeded) if side is not None and side.job.created]
    start = min(starts) if case.succeeded and starts else None
    evidence = {one.event_id for finding in findings for one in finding.evidence} - {None}
    return tuple(
        Change(
            time=event.event_time,
            name=event.event_name,
            caller=event.caller,
            event_id=event.event_id,
            key=next((access.key for access in event.accesses if access.key), None),
            error_code=event.error_code,
            statements=_compare_policies(case, event),
            url=event_url(event.aws_region, event.event_id),
        )
        for event in case.changes
        if start is None or event.event_time >= start or event.event_id in evidence
    )


def _compare_policies(case: Case, event: Event) -> tuple[StatementChange, ...]:
    """Compare the policy that a PutKeyPolicy record carries with the one that the key had before, by statement."""
    key = next((access.key for access in event.accesses if access.key), None)
    if event.event_name != "PutKeyPolicy" or event.error_code is not None or key is None:
        return ()
    versions = list(policy_versions(case.changes, key))
    index = next((i for i, one in enumerate(versions) if one.evidence.event_id == event.event_id), None)
    if index is None or index == 0:
        return ()
    return tuple(compare_statements(versions[index - 1].document, versions[index].document))


def compare_statements(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[StatementChange]:
    """Name the statements that were added, removed or changed; those with one Sid are the same statement.

    Indexes are those of the new policy, for a removed statement of the old one.
    """
    before, after = _statements(old), _statements(new)
    changes = []
    for index, statement in enumerate(after, 1):
        if statement in before:
            continue
        same_sid = statement.get("Sid") is not None and any(one.get("Sid") == statement["Sid"] for one in before)
        changes.append(StatementChange("changed" if same_sid else "added", _reference(index, statement)))
    sids = {statement.get("Sid") for statement in after} - {None}
    for index, statement in enumerate(before, 1):
        if statement not in after and statement.get("Sid") not in sids:
            changes.append(StatementChange("removed", _reference(index, statement)))
    return changes


def _reference(index: int, statement: Mapping[str, Any]) -> StatementRef:
    sid = statement.get("Sid")
    return StatementRef(index, sid if isinstance(sid, str) else None)


def _statements(policy: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    statements = policy.get("Statement")
    listed = statements if isinstance(statements, list) else [statements]
    return [statement for statement in listed if isinstance(statement, Mapping)]
