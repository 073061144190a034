"""What the text renderers share: values of the model as short texts, not yet escaped for a medium."""

from collections.abc import Sequence
from datetime import datetime

from trail_diff.arns import last_name
from trail_diff.model import Calls, Coverage, Evidence, Finding, Job, Skipped
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


def show_finding(finding: Finding, words: Catalogue) -> str:
    """Show a finding as one line: the cause, who, what, where."""
    caller = finding.caller
    parts = [
        words.causes[finding.cause],
        " ".join(filter(None, [caller.name if caller else None, finding.action])),
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
