"""The specs of the lists: jobs, callers, and calls replayed against a policy."""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from msgspec import structs

from trail_diff.arns import last_name
from trail_diff.model.learnt import Caller
from trail_diff.model.lists import CallerUse, JobRow
from trail_diff.model.what_if import WhatIf, WhatIfRow
from trail_diff.render import escape, layout, what_if
from trail_diff.render.catalogue import Catalogue
from trail_diff.render.list_spec import Column, Heading, ListSpec, TerminalTable
from trail_diff.render.phrases import caller_name, caller_type

if TYPE_CHECKING:
    from trail_diff.render.page import Page

Data = Mapping[str, Callable[[Any], object]]

_WHAT_IF_MARKS = {"breaks": "bad", "at-risk": "bad", "starts-to-work": "ok", "undetermined": "warn", "conflict": "warn"}

CALLER_DATA: Data = {
    **{
        f"caller_{name}": attrgetter(f"caller.{name}")
        for name in ("type", "kind", "name", "arn", "role_arn", "account")
    },
    "invoked_by": attrgetter("caller.invoked_by"),
    "action": attrgetter("action"),
    "key": attrgetter("key"),
}
"""The caller, action and key of a row that has them."""

CALLS_DATA: Data = {
    "calls": attrgetter("calls"),
    "errors": attrgetter("errors"),
    "error_codes": lambda calls: " ".join(f"{code}:{count}" for code, count in calls.error_codes.items()),
    "first": lambda calls: layout.show_time(calls.first),
    "last": lambda calls: layout.show_time(calls.last),
}
"""How often something was called."""


def kind_of(caller: Caller, words: Catalogue) -> str:
    """Return what a caller is, with its type as CloudTrail has it."""
    kind = words.caller_kinds[caller.kind]
    return words.aside(kind, caller.type) if caller.type else kind


def _caller_columns(*, has_choice: bool) -> dict[str, Column[Any]]:
    return {
        "caller": Column("caller", lambda row, words: caller_name(row.caller, words), "code"),
        "type": Column("type", lambda row, words: caller_type(row.caller, words), "code"),
        "kind": Column("type", lambda row, words: kind_of(row.caller, words), has_choice=has_choice),
        "action": Column("action", lambda row, _: row.action, "code"),
        "key": Column("key", lambda row, _: layout.show_key(row.key), "code", shorten=layout.shorten_key),
    }


def _draw_job(page: "Page", row: JobRow, words: Catalogue, verbose: bool) -> None:  # noqa: FBT001
    from trail_diff.render.job_lines import draw_job

    draw_job(page, row, words, verbose=verbose)


def _order_jobs(rows: Sequence[JobRow]) -> Sequence[JobRow]:
    """Return the jobs that failed first, then the newest first."""
    newest = sorted(rows, key=lambda row: row.job.created.timestamp() if row.job.created else 0.0, reverse=True)
    return sorted(newest, key=lambda row: not row.has_failed)


def _count_jobs(rows: Sequence[JobRow], words: Catalogue) -> str:
    failed = sum(row.has_failed for row in rows)
    counts = [words.count("jobs", len(rows)), *([words.count("failed_short", failed)] if failed else [])]
    return words.join_items(counts)


JOBS = ListSpec[JobRow](
    name="jobs",
    member="jobs",
    table_id="jobs-table",
    title="html_title_jobs",
    caption="html_jobs_found_caption",
    empty="no_jobs",
    columns={
        "time": Column("time", lambda row, _: layout.show_time(row.job.created), "words"),
        "id": Column("id", lambda row, _: row.job.id, "code"),
        "kind": Column("kind", lambda row, words: words.job_kinds[row.job.kind], "words", has_choice=True),
        "state": Column("state", lambda row, _: row.job.state or "", "code", has_choice=True),
        "start": Column("start", lambda row, _: layout.show_time(row.job.created), "words"),
        "end": Column("end", lambda row, _: layout.show_time(row.job.completed), "words"),
        "resource": Column("resource", lambda row, _: row.job.resource or "", "code"),
        "vault": Column("vault", lambda row, _: last_name(row.job.vault) or "", "code"),
        "message": Column("message", lambda row, _: row.job.message or ""),
        "baseline": Column("baseline", lambda row, _: row.baseline.id if row.baseline else "", "code"),
        "differences": Column("differences", lambda row, words: words.reasons_of(row.differences), "words"),
    },
    markdown=("time", "id", "kind", "state", "vault", "resource", "baseline", "differences"),
    html=("id", "kind", "state", "start", "end", "resource", "vault", "message", "baseline", "differences"),
    data={
        **{name: attrgetter(f"job.{name}") for name in ("id", "kind", "state")},
        "created": lambda row: layout.show_time(row.job.created),
        "completed": lambda row: layout.show_time(row.job.completed),
        **{name: attrgetter(f"job.{name}") for name in ("resource", "vault", "role", "key", "region", "account")},
        "message": attrgetter("job.message"),
        "baseline": lambda row: row.baseline.id if row.baseline else None,
        "differences": lambda row: " ".join(row.differences),
        "profiles": lambda row: " ".join(row.profiles),
    },
    terminal=_draw_job,
    sum_up=_count_jobs,
    terminal_order=_order_jobs,
)


def _code_spans(row: CallerUse, _words: Catalogue) -> str:
    return " ".join(f"{count} × {escape.markdown(code)}" for code, count in row.error_codes.items())


def _calls_with_errors(row: CallerUse, words: Catalogue) -> str:
    return words.aside(str(row.calls), words.count("errors", row.errors)) if row.errors else str(row.calls)


CALLERS = ListSpec[CallerUse](
    name="callers",
    member="callers",
    table_id="uses-table",
    title="html_title_callers",
    caption="html_uses_caption",
    empty="no_uses",
    columns={
        **_caller_columns(has_choice=True),
        "calls": Column("calls", lambda row, _: str(row.calls), "words"),
        "errors": Column("errors", lambda row, _: str(row.errors), "words"),
        "calls_with_errors": Column("calls", _calls_with_errors, "words"),
        "codes": Column("error_codes", lambda row, _: " ".join(row.error_codes)),
        "counted_codes": Column("error_codes", lambda row, _: layout.count_codes(row.error_codes)),
        "code_spans": Column("errors", _code_spans, "markdown"),
        "first": Column("first", lambda row, _: layout.show_time(row.first), "words"),
        "last": Column("last", lambda row, _: layout.show_time(row.last), "words"),
        "seen": Column("seen", lambda row, _: layout.show_span(row.first, row.last), "words"),
    },
    markdown=("caller", "type", "action", "key", "calls", "code_spans", "seen"),
    html=("caller", "kind", "action", "key", "calls", "errors", "counted_codes", "first", "last"),
    data={**CALLER_DATA, **CALLS_DATA},
    terminal=TerminalTable(
        columns=("caller", "type", "action", "key", "calls_with_errors"),
        verbose=("codes", "seen"),
        stacked=(("caller",), ("type", "action"), ("codes", "seen")),
    ),
)


def _draw_call(page: "Page", row: WhatIfRow, words: Catalogue, verbose: bool) -> None:  # noqa: FBT001
    if row.outcome == "unchanged" and not verbose:
        return
    seen = what_if.show_observed(row, words)
    page.bullet(f"{what_if.show_what_if(row, words)}: {caller_name(row.caller, words)} {row.action} ({seen})")
    why = what_if.show_why(row, words)
    if why:
        page.bullet(why, level=2)


WHAT_IF = ListSpec[WhatIfRow](
    name="what-if",
    member="calls",
    table_id="what-if-table",
    title="html_title_what_if",
    caption="html_what_if_caption",
    empty="no_uses",
    columns={
        **_caller_columns(has_choice=False),
        "outcome": Column(
            "what_if",
            what_if.show_what_if,
            "words",
            has_choice=True,
            marks=lambda words: {words.what_ifs[outcome]: mark for outcome, mark in _WHAT_IF_MARKS.items()},
        ),
        "calls": Column("calls", what_if.show_observed, "words"),
        "why": Column("why", what_if.show_why),
    },
    markdown=("outcome", "caller", "type", "action", "calls", "why"),
    html=("caller", "kind", "action", "key", "outcome", "calls", "why"),
    data={
        "outcome": attrgetter("outcome"),
        **CALLER_DATA,
        **{name: attrgetter(name) for name in ("calls", "denied", "old", "new")},
        "statement": lambda row: row.statement.index if row.statement else None,
        "unknown_keys": lambda row: " ".join(row.unknown_keys),
        "reasons": lambda row: " ".join(row.reasons),
        "observed": lambda row: str(row.observed).lower(),
        "supply": lambda row: " ".join(row.supply),
    },
    terminal=_draw_call,
    sum_up=what_if.show_tally,
)


def what_if_list(report: WhatIf) -> ListSpec[WhatIfRow]:
    """Return the spec of a replay's calls, headed by what it comes to and the keys that were tried."""
    heading = Heading(
        lead=lambda words: what_if.show_gate(report, words),
        notes=lambda words: (*what_if.show_tried_keys(report, words), *what_if.show_evidence_saved(report, words)),
        members={"outcome": report.outcome, "keys": list(report.keys), "evidence": report.evidence},
    )
    return structs.replace(WHAT_IF, heading=heading)
