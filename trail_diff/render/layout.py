"""What the text renderers share: values of the model as short texts, not yet escaped for a medium."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import structs

from trail_diff.arns import last_name
from trail_diff.model import (
    Absence,
    CallerDecision,
    Calls,
    Change,
    ConditionOutcome,
    Coverage,
    Evidence,
    Finding,
    Job,
    NextStep,
    Replay,
    Skipped,
    WhatIfRow,
)
from trail_diff.render.catalogue import Catalogue

JOB_FIELDS = ("id", "state", "time", "resource", "vault", "source", "role", "key", "message")


def show_time(moment: datetime | None) -> str:
    """Show a time as UTC."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else ""


def show_span(start: datetime | None, end: datetime | None) -> str:
    """Show a span of time; the end without its day when it is the same one."""
    if start is None or end is None:
        return show_time(start or end)
    same_day = start.date() == end.date()
    return f"{show_time(start)} – {end:%H:%M:%SZ}" if same_day else f"{show_time(start)} – {show_time(end)}"


def show_key(key: str | None) -> str:
    """Show a key by its id or alias."""
    if key is None:
        return ""
    return key.rsplit(":", 1)[-1] if "alias/" in key else last_name(key) or key


def show_calls(calls: Calls, words: Catalogue) -> str:
    """Show how many calls there were, and how many of them failed."""
    if not calls.calls:
        return "–"
    label = words.labels["error" if calls.errors == 1 else "errors"]
    return f"{calls.calls} ({calls.errors} {label})" if calls.errors else str(calls.calls)


def job_rows(job: Job | None) -> dict[str, str]:
    """Give what is known of a job, by the names of its rows."""
    if job is None:
        return {}
    texts = {
        "id": job.id,
        "state": job.state,
        "time": show_span(job.created, job.completed) if job.kind != "window" else None,
        "resource": job.resource,
        "vault": last_name(job.vault),
        "source": last_name(job.source_vault),
        "role": job.role,
        "key": show_key(job.key),
        "message": job.message,
    }
    return {name: text for name, text in texts.items() if text}


def merge_findings(findings: Sequence[Finding]) -> list[tuple[Finding, str]]:
    """Put findings that differ in their action only together; the actions as one text."""
    merged: dict[Finding, list[str]] = {}
    for finding in findings:
        actions = merged.setdefault(structs.replace(finding, action=None), [])
        if finding.action:
            actions.append(finding.action)
    return [(finding, ", ".join(dict.fromkeys(actions))) for finding, actions in merged.items()]


def merge_absences(absences: Sequence[Absence]) -> list[tuple[Absence, str]]:
    """Put absences that differ in their action only together; the actions as one text."""
    merged: dict[Absence, list[str]] = {}
    for absence in absences:
        merged.setdefault(structs.replace(absence, action=""), []).append(absence.action)
    return [(absence, ", ".join(dict.fromkeys(actions))) for absence, actions in merged.items()]


def conditions_of(finding: Finding, decisions: Sequence[CallerDecision]) -> tuple[ConditionOutcome, ...]:
    """Give the conditions of the statement that a finding blames, as they came out for its caller."""
    if finding.statement is None or finding.caller is None:
        return ()
    for decision in decisions:
        if decision.as_of == "today" or decision.caller.across_sessions() != finding.caller.across_sessions():
            continue
        for statement in decision.statements:
            if (statement.index, statement.layer) == (finding.statement.index, finding.layer):
                return statement.conditions
    return ()


def show_replay(replay: Replay, words: Catalogue) -> str:
    """Show what a replay came to, in one line."""
    told = words.labels["replay"].format(calls=replay.calls, callers=replay.callers)
    counts = [
        f"{len(getattr(replay, name))} {words.labels[name]}"
        for name in ("fixed", "broken", "still_denied", "undetermined")
        if getattr(replay, name)
    ]
    return ": ".join(filter(None, [told, ", ".join(counts)]))


def show_finding(finding: Finding, actions: str, words: Catalogue) -> str:
    """Show a finding as one line: the cause, who, what, where."""
    caller = finding.caller
    parts = [
        words.causes[finding.cause],
        " ".join(filter(None, [caller.name if caller else None, actions])),
        words.layers.get(finding.layer or "", ""),
        show_statement(finding, words),
    ]
    return ", ".join(part for part in parts if part)


def show_statement(finding: Finding, words: Catalogue) -> str:
    """Show which statement a finding blames."""
    if finding.statement is None:
        return ""
    shown = words.labels["statement"].format(index=finding.statement.index)
    return f"{shown} ({finding.statement.sid})" if finding.statement.sid else shown


def show_evidence(evidence: Evidence) -> str:
    """Show where evidence is found."""
    return evidence.event_id or " ".join(filter(None, [evidence.file, evidence.path]))


def show_observed(row: WhatIfRow, words: Catalogue) -> str:
    """Show how often a call was seen, and how often it was refused."""
    if not row.observed:
        return words.labels["not_observed"]
    told = f"{row.calls} {words.labels['call' if row.calls == 1 else 'calls']}"
    return f"{told}, {row.denied} {words.labels['refused']}" if row.denied else told


def show_why(row: WhatIfRow, words: Catalogue) -> str:
    """Show which statement refuses, or what would have to be known."""
    parts = []
    if row.statement is not None:
        sid = f" ({row.statement.sid})" if row.statement.sid else ""
        parts.append(words.labels["statement"].format(index=row.statement.index) + sid)
    if row.outcome in ("undetermined", "breaks", "conflict"):
        parts += [words.reason(reason) for reason in row.reasons]
    if row.unknown_keys:
        parts.append(f"{words.labels['open_keys']}: {', '.join(row.unknown_keys)}")
    return "; ".join(parts)


def show_change(change: Change, words: Catalogue) -> str:
    """Show a change as one line: what, by whom, and which statements differ."""
    told = f"{change.name} {words.labels['by']} {change.caller.name or change.caller.arn or words.labels['unnamed']}"
    parts = [told + (f" ({change.error_code})" if change.error_code else "")]
    for one in change.statements:
        sid = f" ({one.statement.sid})" if one.statement.sid else ""
        parts.append(f"{words.labels['statement'].format(index=one.statement.index)}{sid} {words.labels[one.kind]}")
    return "; ".join(parts)


def show_step(step: NextStep, account: str | None, words: Catalogue) -> str:
    """Show why a step is suggested, in which account it has to be taken, and where its output goes."""
    parts = [words.reason(step.reason)]
    if step.account and step.account != account:
        parts.append(words.labels["in_account"].format(account=step.account))
    if step.option:
        parts.append(words.labels["give_with"].format(option=step.option))
    return "; ".join(parts)


def coverage_counts(coverage: Coverage, words: Catalogue) -> str:
    """Show how much was read, in one line."""
    counts = (
        ("file", "files", coverage.files_read),
        ("record", "records", coverage.records_read),
        ("event", "events", coverage.events_kept),
    )
    return ", ".join(
        words.labels[f"one_{one}"] if count == 1 else words.labels[many].format(count=count)
        for one, many, count in counts
    )


def skipped_by_reason(skipped: Sequence[Skipped]) -> dict[str, int]:
    """Add up what was skipped by reason, over all sources."""
    sums: dict[str, int] = {}
    for one in skipped:
        sums[one.reason] = sums.get(one.reason, 0) + one.count
    return sums
