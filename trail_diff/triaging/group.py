"""Put the reports of many jobs together by what they blame: cause, key, statement or layer, and change. Pure."""

from collections.abc import Hashable, Iterable, Sequence
from datetime import UTC, datetime

from trail_diff.events.denials import is_denial_code
from trail_diff.events.jobs import is_succeeded
from trail_diff.model.codes import Confidence
from trail_diff.model.learnt import Coverage, Job
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Change, Finding, NextStep, Remedy, Report
from trail_diff.model.triage import JobKey, Triage, TriageChange, TriageCounts, TriageGroup, TriageJob

_CERTAINTY: Sequence[Confidence | None] = ("confirmed", "likely", "possible", None)
_LATEST = datetime.max.replace(tzinfo=UTC)


def group_reports(reports: Iterable[Report], seen: int, coverage: Coverage) -> Triage:
    """Return the groups: most jobs first, then the earliest. Every report is in exactly one."""
    groups: dict[Hashable, list[Report]] = {}
    outcomes = {"explained": 0, "difference": 0, "no-difference": 0, "inconclusive": 0}
    for report in sorted(reports, key=_order):
        groups.setdefault(_blamed(report), []).append(report)
        outcomes[report.verdict.outcome] += 1
    counts = TriageCounts(seen, sum(outcomes.values()), *outcomes.values())
    made = sorted(map(_make_group, groups.values()), key=lambda group: (-len(group.jobs), group.first or _LATEST))
    return Triage(counts, tuple(made), coverage)


def outline(report: Report) -> Report:
    """Return what a group and its sentence are told from; what a job's own report shows beside is left out."""
    finding = best_finding(report)
    change = _change_of(finding, report) if finding else None
    remedy = _helping(report)
    return Report(
        verdict=report.verdict,
        failed=report.failed,
        succeeded=report.succeeded,
        coverage=Coverage(warnings=report.coverage.warnings),
        callers=report.callers,
        findings=report.findings,
        remedies=(Remedy(remedy.id, remedy.helps),) if remedy else (),
        changes=(change,) if change else (),
        next_steps=report.next_steps,
        key_places=report.key_places,
    )


def is_worth_telling(report: Report) -> bool:
    """Check whether a job belongs to a group: it did not complete, has a message, refused calls, or a difference."""
    refused = (code for group in report.callers for code in group.failed.error_codes if is_denial_code(code))
    is_plain = is_succeeded(report.failed) and not report.failed.message
    return not is_plain or report.verdict.outcome in ("explained", "difference") or any(refused)


def job_key(job: Job | TriageJob) -> JobKey:
    """Return by what a job is known among those of several accounts and Regions."""
    return job.id, job.account, job.region


def best_finding(report: Report) -> Finding | None:
    """Return the finding that the verdict rests on."""
    return next((one for one in report.findings if one.cause is report.verdict.cause), None)


def _blamed(report: Report) -> Hashable:
    """Return what two reports have in common when they belong to one group; without a cause, what is missing."""
    finding, verdict = best_finding(report), report.verdict
    if finding is None or verdict.cause is None:
        return verdict.outcome, _missing(report), report.failed.key if verdict.outcome == "difference" else None
    change = _change_of(finding, report)
    key = _key_of(finding, report) if finding.layer is not None else None
    named = finding.statement.index if finding.statement else None
    message = report.failed.message if finding.layer is None else None
    return verdict.cause, finding.layer, key, named, change.event_id if change else None, message


def _make_group(reports: Sequence[Report]) -> TriageGroup:
    report = reports[0]
    finding = best_finding(report)
    change = _change_of(finding, report) if finding else None
    blamed = [one for own in reports for one in own.findings if finding and _is_same(one, finding)]
    groups = [group for own in reports for group in own.callers if group.driving]
    callers = [one.caller for one in blamed if one.caller] or [group.caller for group in groups]
    actions = [one.action for one in blamed if one.action] or [group.action for group in groups]
    remedy = _helping(report)
    times = sorted(one.failed.created for one in reports if one.failed.created)
    return TriageGroup(
        cause=report.verdict.cause,
        outcome=report.verdict.outcome,
        confidence=max((one.verdict.confidence for one in reports), key=_CERTAINTY.index),
        layer=finding.layer if finding else None,
        key=_key_of(finding, report) if finding and finding.layer else None,
        statement=finding.statement if finding else None,
        callers=tuple({caller.across_sessions(): None for caller in callers}),
        actions=tuple(sorted(set(actions))),
        change=_make_change(change),
        summary=report.verdict.summary,
        remedy=remedy.id if remedy else None,
        reasons=finding.reasons if finding else _missing(report),
        next_steps=_steps(reports),
        first=times[0] if times else None,
        last=times[-1] if times else None,
        vaults=tuple(sorted({one.failed.vault for one in reports if one.failed.vault})),
        jobs=_under_parents(list(map(_make_job, reports))),
    )


def _under_parents(jobs: Sequence[TriageJob]) -> tuple[TriageJob, ...]:
    """Return the jobs with the parts of a composite one right after it; others stay where they are."""
    places = {job.id.casefold(): place for place, job in enumerate(jobs)}

    def place_of(numbered: tuple[int, TriageJob]) -> tuple[int, bool, int]:
        own, job = numbered
        parent = places.get((job.parent or "").casefold(), own)
        return parent, parent != own, own

    return tuple(job for _, job in sorted(enumerate(jobs), key=place_of))


def _make_job(report: Report) -> TriageJob:
    job = report.failed
    return TriageJob(
        id=job.id,
        kind=job.kind,
        state=job.state,
        resource=job.resource,
        resource_type=job.resource_type,
        vault=job.vault,
        account=job.account,
        region=job.region,
        created=job.created,
        baseline=report.succeeded.id if report.succeeded else None,
        confidence=report.verdict.confidence,
        parent=job.parent,
        message=job.message,
    )


def _make_change(change: Change | None) -> TriageChange | None:
    if change is None:
        return None
    return TriageChange(change.event_id, change.name, change.caller.name or change.caller.arn, change.time)


def _helping(report: Report) -> Remedy | None:
    """Return the first remedy that helps for certain."""
    return next((remedy for remedy in report.remedies if remedy.helps is True), None)


def _change_of(finding: Finding, report: Report) -> Change | None:
    """Return the latest change that a finding rests on."""
    evidence = {one.event_id for one in finding.evidence} - {None}
    changes = [change for change in report.changes if change.event_id in evidence]
    return max(changes, key=lambda change: (change.time, change.event_id), default=None)


def _key_of(finding: Finding, report: Report) -> str | None:
    """Return the key of the calls that a finding is about, else the job's."""
    caller = finding.caller.across_sessions() if finding.caller else None
    keys = [
        group.key
        for group in report.callers
        if group.driving and group.caller.across_sessions() == caller and group.action == finding.action
    ]
    return next((key for key in keys if key), report.failed.key)


def _is_same(one: Finding, other: Finding) -> bool:
    return (one.cause, one.layer, one.statement) == (other.cause, other.layer, other.statement)


def _missing(report: Report) -> tuple[Reason, ...]:
    """Return the warnings that say why there is no answer; only an inconclusive one is due to them."""
    return report.coverage.warnings if report.verdict.outcome == "inconclusive" else ()


def _steps(reports: Sequence[Report]) -> tuple[NextStep, ...]:
    return tuple(dict.fromkeys(step for report in reports for step in report.next_steps))


def _order(report: Report) -> tuple[datetime, str]:
    return report.failed.created or _LATEST, report.failed.id
