"""Tables of a page: the first rows are markup, all of them are data for the page's script, which sorts and filters."""

import json
from collections.abc import Mapping, Sequence

from markupsafe import Markup
from msgspec import Struct

from trail_diff.arns import last_name
from trail_diff.model.learnt import Caller
from trail_diff.model.report import CallerGroup, CallerUse, JobRow, ListedEvent, Report, WhatIfRow
from trail_diff.render import escape, layout
from trail_diff.render.catalogue import Catalogue
from trail_diff.render.phrases import caller_name

PAGE = 100
"""As many rows as are in the page at once."""

MOST_ROWS = 10_000
"""As many rows as a page has at all; who wants more wants them in another form."""

_LONGEST_CELL = 500
_LONGEST_KEY = 17
_PRESENCE_MARKS = {"only-succeeded": "bad", "denied-in-failed": "bad", "only-failed": "warn", "both": "ok"}
_WHAT_IF_MARKS = {"breaks": "bad", "at-risk": "bad", "starts-to-work": "ok", "undetermined": "warn", "conflict": "warn"}

Row = tuple[str, ...]


class Column(Struct, frozen=True):
    """A column: `is_code` for names in AWS, `has_choice` when one of its few values can be chosen.

    `marks` says which of its values are good, bad or doubtful: a word of the style sheet for each.
    """

    label: str
    is_code: bool = False
    has_choice: bool = False
    marks: Mapping[str, str] = {}


class DataTable(Struct, frozen=True):
    """A table of texts, not yet escaped."""

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    left_out: int = 0
    page: int = PAGE

    @property
    def first_rows(self) -> tuple[Row, ...]:
        """Return the rows that are markup."""
        return self.rows[: self.page]

    @property
    def data(self) -> Markup:
        """Return all rows as JSON for the script, each text once and ready to be shown; nothing when all are markup."""
        if len(self.rows) <= self.page:
            return Markup("")
        places: dict[str, int] = {}
        rows = [[places.setdefault(text, len(places)) for text in row] for row in self.rows]
        texts = [escape.terminal(text) for text in places]
        written = json.dumps({"texts": texts, "rows": rows}, ensure_ascii=False, separators=(",", ":"))
        return Markup(escape.script(written))  # noqa: S704 - escaped for a script element


def callers_table(groups: Sequence[CallerGroup], words: Catalogue) -> DataTable:
    """Return the caller groups side by side."""
    marks = {words.presences[presence]: mark for presence, mark in _PRESENCE_MARKS.items()}
    names = ("caller*", "type", "action*", "key*", "presence?", "failed", "succeeded")
    columns = _columns(words, *names, presence=marks)
    rows = [
        (
            caller_name(group.caller, words),
            _kind(group.caller, words),
            group.action,
            escape.shorten(layout.show_key(group.key), _LONGEST_KEY),
            words.presences[group.presence],
            _calls(group, "failed", words),
            _calls(group, "succeeded", words),
        )
        for group in groups[:MOST_ROWS]
    ]
    return DataTable("callers-table", words.labels["legend"], columns, _shorten(rows), len(groups) - len(rows))


def events_table(report: Report, words: Catalogue) -> DataTable:
    """Return the events behind the counts, in order of time."""
    names = ("time", "html_side?", "caller*", "html_event*", "key*", "html_result?", "message", "tied_by")
    more = ("html_context*", "html_from*", "html_region*", "html_event_id*", "file*")
    marks = {event.error_code: "bad" for event in report.events if event.error_code} | {words.labels["html_ok"]: "ok"}
    columns = _columns(words, *names, *more, html_result=marks)
    rows = [_event_row(event, report, words) for event in report.events[:MOST_ROWS]]
    return DataTable(
        "events-table", words.labels["html_events_caption"], columns, _shorten(rows), len(report.events) - len(rows)
    )


def uses_table(uses: Sequence[CallerUse], words: Catalogue) -> DataTable:
    """Return who uses which key."""
    columns = _columns(words, "caller*", "type?", "action*", "key*", "calls", "errors", "error_codes", "first", "last")
    rows = [
        (
            caller_name(use.caller, words),
            _kind(use.caller, words),
            use.action,
            layout.show_key(use.key),
            str(use.calls),
            str(use.errors),
            ", ".join(f"{code} × {count}" for code, count in use.error_codes.items()),
            layout.show_time(use.first),
            layout.show_time(use.last),
        )
        for use in uses[:MOST_ROWS]
    ]
    return DataTable("uses-table", words.labels["html_uses_caption"], columns, _shorten(rows), len(uses) - len(rows))


def jobs_table(jobs: Sequence[JobRow], words: Catalogue) -> DataTable:
    """Return the jobs found."""
    names = ("id*", "kind?", "state?", "start", "end", "resource*", "vault*", "message", "baseline*", "differences")
    rows = [
        (
            row.job.id,
            words.job_kinds[row.job.kind],
            row.job.state or "",
            layout.show_time(row.job.created),
            layout.show_time(row.job.completed),
            row.job.resource or "",
            last_name(row.job.vault) or "",
            row.job.message or "",
            row.baseline.id if row.baseline else "",
            words.reasons_of(row.differences),
        )
        for row in jobs[:MOST_ROWS]
    ]
    caption = words.labels["html_jobs_found_caption"]
    return DataTable("jobs-table", caption, _columns(words, *names), _shorten(rows), len(jobs) - len(rows))


def what_if_table(calls: Sequence[WhatIfRow], words: Catalogue) -> DataTable:
    """Return what a policy would do to each call, the worst first."""
    marks = {words.what_ifs[outcome]: mark for outcome, mark in _WHAT_IF_MARKS.items()}
    columns = _columns(words, "caller*", "type", "action*", "key*", "what_if?", "calls", "why", what_if=marks)
    rows = [
        (
            caller_name(row.caller, words),
            _kind(row.caller, words),
            row.action,
            layout.show_key(row.key),
            layout.show_what_if(row, words),
            layout.show_observed(row, words),
            layout.show_why(row, words),
        )
        for row in calls[:MOST_ROWS]
    ]
    return DataTable(
        "what-if-table", words.labels["html_what_if_caption"], columns, _shorten(rows), len(calls) - len(rows)
    )


def _event_row(event: ListedEvent, report: Report, words: Catalogue) -> Row:
    group = report.callers[event.callers[0]] if event.callers else None
    return (
        layout.show_time(event.event_time),
        words.labels[event.side],
        caller_name(group.caller, words) if group else words.labels["unnamed"],
        event.event_name,
        layout.show_key(group.key) if group else "",
        event.error_code or words.labels["html_ok"],
        event.error_message or "",
        words.reasons_of(event.tied_by),
        ", ".join(f"{name}={value}" for name, value in event.encryption_context.items()),
        " ".join(filter(None, [event.source_ip_address, event.vpc_endpoint_id])),
        " ".join(filter(None, [event.aws_region, event.recipient_account_id])),
        event.event_id,
        event.source,
    )


def _columns(words: Catalogue, *names: str, **marks: Mapping[str, str]) -> tuple[Column, ...]:
    """Make columns by the names of their labels: `*` marks one of code, `?` one with a choice."""
    bare = [(name.rstrip("*?"), name[-1]) for name in names]
    return tuple(Column(words.labels[name], sign == "*", sign == "?", marks.get(name, {})) for name, sign in bare)


def _shorten(rows: Sequence[Row]) -> tuple[Row, ...]:
    return tuple(tuple(escape.shorten(cell, _LONGEST_CELL) for cell in row) for row in rows)


def _kind(caller: Caller, words: Catalogue) -> str:
    kind = words.caller_kinds[caller.kind]
    return f"{kind} ({caller.type})" if caller.type else kind


def _calls(group: CallerGroup, side: str, words: Catalogue) -> str:
    calls = group.failed if side == "failed" else group.succeeded
    codes = ", ".join(calls.error_codes)
    shown = layout.show_calls(calls, words)
    return f"{shown}: {codes}" if codes else shown
