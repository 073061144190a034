"""Renders for a ticket: short, and the same in every tracker that knows tables."""

from collections.abc import Sequence

from trail_diff.model import CallerUse, Coverage, Job, JobRow, Report, WhatIfRow
from trail_diff.render import escape, layout
from trail_diff.render.catalogue import Catalogue
from trail_diff.render.interface import RenderOptions
from trail_diff.render.phrases import caller_name, catalogue


def render_report(report: Report, options: RenderOptions) -> str:
    """Render the report of a case."""
    words = catalogue(options.lang)
    labels, verdict = words.labels, report.verdict
    head = words.outcomes[verdict.outcome] + (
        f" ({words.confidences[verdict.confidence]})" if verdict.confidence else ""
    )
    lines = [f"**{head}:** {escape.markdown_prose(verdict.summary)}", ""]
    lines += _table(["", labels["failed"], labels["succeeded"]], _job_rows(report.failed, report.succeeded, words))
    header = [labels[name] for name in ("presence", "caller", "type", "action", "key", "failed", "succeeded")]
    rows = [
        [
            words.presences[group.presence],
            escape.markdown(caller_name(group.caller)),
            escape.markdown(group.caller.type or group.caller.kind),
            escape.markdown(group.action),
            _span(layout.show_key(group.key)),
            layout.show_calls(group.failed, words),
            layout.show_calls(group.succeeded, words),
        ]
        for group in report.callers
    ]
    lines += ["", f"### {labels['callers']}", "", *(_table(header, rows) if rows else [labels["no_callers"]])]
    lines += _findings(report, words) + _remedies(report, words) + _changes(report, words)
    if report.next_steps:
        lines += ["", f"### {labels['next']}", ""]
    for step in report.next_steps:
        told = escape.markdown_prose(layout.show_step(step, report.failed.account, words))
        lines.append(f"- {told}: {escape.markdown(step.command)}")
    lines += ["", f"### {labels['coverage']}", "", *_coverage(report.coverage, words)]
    return "\n".join(lines) + "\n"


def render_jobs(rows: Sequence[JobRow], coverage: Coverage, options: RenderOptions) -> str:
    """Render the list of jobs."""
    words = catalogue(options.lang)
    labels = words.labels
    header = [labels[name] for name in ("time", "id", "kind", "state", "resource", "baseline", "differences")]
    table = [
        [
            layout.show_time(row.job.created),
            escape.markdown(row.job.id),
            words.job_kinds[row.job.kind],
            _span(row.job.state),
            _span(row.job.resource),
            _span(row.baseline.id if row.baseline else None),
            "; ".join(words.reason(reason) for reason in row.differences),
        ]
        for row in rows
    ]
    lines = _table(header, table) if table else [labels["no_jobs"]]
    return "\n".join([*lines, "", *_coverage(coverage, words)]) + "\n"


def render_callers(rows: Sequence[CallerUse], coverage: Coverage, options: RenderOptions) -> str:
    """Render the list of callers."""
    words = catalogue(options.lang)
    header = [words.labels[name] for name in ("caller", "type", "action", "key", "calls", "errors", "seen")]
    table = [
        [
            escape.markdown(caller_name(row.caller)),
            escape.markdown(row.caller.type or row.caller.kind),
            escape.markdown(row.action),
            _span(layout.show_key(row.key)),
            str(row.calls),
            " ".join(f"{count} × {escape.markdown(code)}" for code, count in row.error_codes.items()),
            layout.show_span(row.first, row.last),
        ]
        for row in rows
    ]
    lines = _table(header, table) if table else [words.labels["no_uses"]]
    return "\n".join([*lines, "", *_coverage(coverage, words)]) + "\n"


def render_what_if(rows: Sequence[WhatIfRow], coverage: Coverage, options: RenderOptions) -> str:
    """Render the replay of a policy."""
    words = catalogue(options.lang)
    header = [words.labels[name] for name in ("what_if", "caller", "type", "action", "calls", "why")]
    table = [
        [
            words.what_ifs[row.outcome],
            escape.markdown(caller_name(row.caller)),
            escape.markdown(row.caller.type or row.caller.kind),
            escape.markdown(row.action),
            layout.show_observed(row, words),
            escape.markdown_prose(layout.show_why(row, words)),
        ]
        for row in rows
    ]
    lines = _table(header, table) if table else [words.labels["no_uses"]]
    return "\n".join([*lines, "", *_coverage(coverage, words)]) + "\n"


def _job_rows(failed: Job, succeeded: Job | None, words: Catalogue) -> list[list[str]]:
    one, other = layout.job_rows(failed), layout.job_rows(succeeded)
    return [
        [words.labels[name], _span(one.get(name)), _span(other.get(name))]
        for name in layout.JOB_FIELDS
        if name in one or name in other
    ]


def _findings(report: Report, words: Catalogue) -> list[str]:
    lines = ["", f"### {words.labels['findings']}", ""] if report.findings else []
    for finding, actions in layout.merge_findings(report.findings):
        told = escape.markdown_prose(layout.show_finding(finding, actions, words))
        why = "; ".join(words.reason(reason) for reason in finding.reasons)
        lines.append(f"- {words.confidences[finding.confidence]}: {told}" + (f" ({why})" if why else ""))
        if finding.evidence:
            shown = ", ".join(escape.markdown(layout.show_evidence(evidence)) for evidence in finding.evidence)
            lines.append(f"  - {words.labels['evidence']}: {shown}")
    return lines


def _remedies(report: Report, words: Catalogue) -> list[str]:
    lines = ["", f"### {words.labels['remedies']}", ""] if report.remedies else []
    for remedy in report.remedies:
        told = escape.markdown_prose(words.remedies.get(remedy.id, remedy.id))
        risks = "; ".join(escape.markdown_prose(words.reason(risk)) for risk in remedy.risks)
        lines.append(f"- {words.helps[str(remedy.helps).lower()]}: {told}" + (f" ({risks})" if risks else ""))
    return lines


def _changes(report: Report, words: Catalogue) -> list[str]:
    lines = ["", f"### {words.labels['changes']}", ""] if report.changes else []
    return lines + [
        f"- {layout.show_time(change.time)} {escape.markdown_prose(layout.show_change(change, words))}"
        for change in report.changes
    ]


def _coverage(coverage: Coverage, words: Catalogue) -> list[str]:
    labels = words.labels
    told = [layout.coverage_counts(coverage, words)]
    places = (("regions", coverage.regions), ("accounts", coverage.accounts))
    told += [f"{labels[name]} {escape.markdown(', '.join(values))}" for name, values in places if values]
    told += [
        f"{labels['skipped']} {count} × {words.reason(reason)}"
        for reason, count in layout.skipped_by_reason(coverage.skipped).items()
    ]
    lines = ["; ".join(told)]
    return lines + [f"- {escape.markdown_prose(words.reason(warning))}" for warning in coverage.warnings]


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [header, ["---"] * len(header), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]


def _span(text: str | None) -> str:
    return escape.markdown(text) if text else ""
