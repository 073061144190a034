"""Renders for a spreadsheet: one row for each caller group, the verdict repeated in each."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from trail_diff.model.learnt import Caller, Coverage
from trail_diff.model.report import CallerUse, Calls, JobRow, Report, WhatIf
from trail_diff.render import escape, layout
from trail_diff.render.interface import RenderOptions

_CALLER = ("type", "kind", "name", "arn", "role_arn", "account")
_CALLS = ("calls", "errors", "error_codes", "first", "last")
REPORT_COLUMNS = (
    "outcome",
    "cause",
    "failed_job",
    "succeeded_job",
    *(f"caller_{name}" for name in _CALLER),
    "invoked_by",
    "action",
    "key",
    *(f"failed_{name}" for name in _CALLS),
    *(f"succeeded_{name}" for name in _CALLS),
    "presence",
    "tied_by",
    "recorded_in",
    "warnings",
    "records_read",
    "skipped",
)
JOB_COLUMNS = (
    "id",
    "kind",
    "state",
    "created",
    "completed",
    "resource",
    "vault",
    "role",
    "key",
    "region",
    "account",
    "message",
    "baseline",
    "differences",
)
WHAT_IF_COLUMNS = (
    "outcome",
    *(f"caller_{name}" for name in _CALLER),
    *(
        "invoked_by",
        "action",
        "key",
        "calls",
        "denied",
        "old",
        "new",
        "statement",
        "unknown_keys",
        "reasons",
        "observed",
        "supply",
    ),
)
CALLER_COLUMNS = (*(f"caller_{name}" for name in _CALLER), "invoked_by", "action", "key", *_CALLS)


def render_report(report: Report, _options: RenderOptions) -> str:
    """Render the report of a case; one row without a caller when there is no caller group."""
    skipped = layout.skipped_by_reason(report.coverage.skipped)
    shared = {
        "outcome": report.verdict.outcome,
        "cause": report.verdict.cause,
        "failed_job": report.failed.id,
        "succeeded_job": report.succeeded.id if report.succeeded else None,
        "warnings": " ".join(report.coverage.warnings),
        "records_read": report.coverage.records_read,
        "skipped": " ".join(f"{reason}:{count}" for reason, count in skipped.items()),
    }
    rows = [
        {
            **shared,
            **_caller(group.caller),
            "action": group.action,
            "key": group.key,
            **{f"failed_{name}": value for name, value in _calls(group.failed).items()},
            **{f"succeeded_{name}": value for name, value in _calls(group.succeeded).items()},
            "presence": group.presence,
            "tied_by": " ".join(group.tied_by),
            "recorded_in": " ".join(group.recorded_in),
        }
        for group in report.callers
    ]
    return _write(REPORT_COLUMNS, rows or [shared])


def render_jobs(rows: Sequence[JobRow], _coverage: Coverage, _options: RenderOptions) -> str:
    """Render the list of jobs."""
    plain = ("id", "kind", "state", "resource", "vault", "role", "key", "region", "account", "message")
    return _write(
        JOB_COLUMNS,
        [
            {
                **{name: getattr(row.job, name) for name in plain},
                "created": layout.show_time(row.job.created),
                "completed": layout.show_time(row.job.completed),
                "baseline": row.baseline.id if row.baseline else None,
                "differences": " ".join(row.differences),
            }
            for row in rows
        ],
    )


def render_callers(rows: Sequence[CallerUse], _coverage: Coverage, _options: RenderOptions) -> str:
    """Render the list of callers."""
    return _write(
        CALLER_COLUMNS,
        [
            {
                **_caller(row.caller),
                "action": row.action,
                "key": row.key,
                **_calls(Calls(row.calls, row.errors, row.error_codes, row.first, row.last)),
            }
            for row in rows
        ],
    )


def render_what_if(report: WhatIf, _options: RenderOptions) -> str:
    """Render the replay of a policy."""
    return _write(
        WHAT_IF_COLUMNS,
        [
            {
                "outcome": row.outcome,
                **_caller(row.caller),
                "action": row.action,
                "key": row.key,
                "calls": row.calls,
                "denied": row.denied,
                "old": row.old,
                "new": row.new,
                "statement": row.statement.index if row.statement else None,
                "unknown_keys": " ".join(row.unknown_keys),
                "reasons": " ".join(row.reasons),
                "observed": str(row.observed).lower(),
                "supply": " ".join(row.supply),
            }
            for row in report.calls
        ],
    )


def _caller(caller: Caller) -> dict[str, object]:
    return {**{f"caller_{name}": getattr(caller, name) for name in _CALLER}, "invoked_by": caller.invoked_by}


def _calls(calls: Calls) -> dict[str, object]:
    return {
        "calls": calls.calls,
        "errors": calls.errors,
        "error_codes": " ".join(f"{code}:{count}" for code, count in calls.error_codes.items()),
        "first": layout.show_time(calls.first),
        "last": layout.show_time(calls.last),
    }


def _write(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([escape.csv(str(row[name])) if row.get(name) is not None else "" for name in columns])
    return written.getvalue()
