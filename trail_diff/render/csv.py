"""Renders for a spreadsheet: one row for each caller group, the verdict repeated in each."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from trail_diff.model.learnt import Coverage
from trail_diff.model.report import CallerGroup, Report
from trail_diff.render import escape, layout
from trail_diff.render.interface import RenderOptions
from trail_diff.render.list_spec import ListSpec, Row
from trail_diff.render.lists import CALLER_DATA, CALLS_DATA

SIDES = ("failed", "succeeded")
REPORT_COLUMNS = (
    "outcome",
    "cause",
    "failed_job",
    "succeeded_job",
    *CALLER_DATA,
    *(f"{side}_{name}" for side in SIDES for name in CALLS_DATA),
    "presence",
    "tied_by",
    "recorded_in",
    "confidence",
    "hypotheses",
    "rests_on",
    "request_differences",
    "best_remedy",
    "warnings",
    "records_read",
    "skipped",
)


def render_report(report: Report, _options: RenderOptions) -> str:
    """Render the report of a case; one row without a caller when there is no caller group."""
    skipped = layout.skipped_by_reason(report.coverage.skipped)
    shared: dict[str, object] = {
        "outcome": report.verdict.outcome,
        "cause": report.verdict.cause,
        "confidence": report.verdict.confidence,
        "best_remedy": report.best_remedy,
        "failed_job": report.failed.id,
        "succeeded_job": report.succeeded.id if report.succeeded else None,
        "warnings": " ".join(report.coverage.warnings),
        "records_read": report.coverage.records_read,
        "skipped": " ".join(f"{reason}:{count}" for reason, count in skipped.items()),
    }
    rows = [{**shared, **_group_cells(group), **_weight_cells(group, report)} for group in report.callers] or [shared]
    return write_rows(REPORT_COLUMNS, ([row.get(name) for name in REPORT_COLUMNS] for row in rows))


def render_list(spec: ListSpec[Row], rows: Sequence[Row], _coverage: Coverage, _options: RenderOptions) -> str:
    """Render a list."""
    return write_rows(list(spec.data), ([value(row) for value in spec.data.values()] for row in rows))


def _group_cells(group: CallerGroup) -> Mapping[str, object]:
    return {
        **{name: value(group) for name, value in CALLER_DATA.items()},
        **{f"{side}_{name}": value(getattr(group, side)) for side in SIDES for name, value in CALLS_DATA.items()},
        "presence": group.presence,
        "tied_by": " ".join(group.tied_by),
        "recorded_in": " ".join(group.recorded_in),
    }


def _weight_cells(group: CallerGroup, report: Report) -> Mapping[str, object]:
    """Return what could explain a row, each hypothesis with its standing, and what the findings about it rest on."""
    caller = group.caller.across_sessions()
    weighed = [
        f"{row.cause}{f'#{row.statement.index}' if row.statement else ''}:{row.standing}"
        for row in report.weighing
        if row.caller is None or (row.caller.across_sessions(), row.action) == (caller, group.action)
    ]
    rests_on = [
        f"{one.key or one.reason}:{one.grade}"
        for finding in report.findings
        if finding.caller is not None and (finding.caller.across_sessions(), finding.action) == (caller, group.action)
        for one in finding.rests_on
    ]
    differences = [
        f"{one.name}: {' '.join(one.failed) or '-'} | {' '.join(one.succeeded) or '-'}"
        for one in report.request_differences
        if (one.caller.across_sessions(), one.action, one.key) == (caller, group.action, group.key)
    ]
    return {
        "hypotheses": " ".join(dict.fromkeys(weighed)),
        "rests_on": " ".join(dict.fromkeys(rests_on)),
        "request_differences": "; ".join(differences),
    }


def write_rows(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table of values, every cell escaped; None is an empty one."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(["" if value is None else escape.csv(str(value)) for value in row])
    return written.getvalue()
