"""Tables of a page: the first rows are markup, all of them are data for the page's script, which sorts and filters."""

import json
from collections.abc import Mapping, Sequence

from markupsafe import Markup
from msgspec import Struct

from trail_diff.model.report import CallerGroup, Calls, ListedEvent, Report
from trail_diff.render import escape, layout
from trail_diff.render.catalogue import Catalogue
from trail_diff.render.list_spec import Column, Row
from trail_diff.render.lists import kind_of
from trail_diff.render.phrases import caller_name

PAGE = 100
"""The most rows shown at once."""

MOST_ROWS = 10_000
"""The most rows in a page; more are better read in another format."""

_LONGEST_CELL = 500
_LONGEST_KEY = 17
_PRESENCE_MARKS = {"only-succeeded": "bad", "denied-in-failed": "bad", "only-failed": "warn", "both": "ok"}

Cells = tuple[str, ...]


class Heading(Struct, frozen=True):
    """The head of a column: `is_code` for names in AWS, `has_choice` when one of its few values can be chosen.

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
    columns: tuple[Heading, ...]
    rows: tuple[Cells, ...]
    left_out: int = 0
    page: int = PAGE

    @property
    def first_rows(self) -> tuple[Cells, ...]:
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


def make_table(
    table_id: str, caption: str, columns: Sequence[Column[Row]], rows: Sequence[Row], words: Catalogue
) -> DataTable:
    """Return a table of these columns; `caption` is a label of the catalogue."""
    headings = tuple(
        Heading(
            words.labels[column.label],
            column.kind == "code" and not column.has_choice,
            column.has_choice,
            column.marks(words),
        )
        for column in columns
    )
    cells = tuple(
        tuple(escape.shorten(column.text(row, words), _LONGEST_CELL) for column in columns) for row in rows[:MOST_ROWS]
    )
    return DataTable(table_id, words.labels[caption], headings, cells, len(rows) - len(cells))


def callers_table(report: Report, words: Catalogue) -> DataTable:
    """Return the caller groups, those of both jobs side by side."""

    def key(group: CallerGroup, _words: Catalogue) -> str:
        place = report.key_places.get(group.key or "", "")
        return " ".join(filter(None, [escape.shorten(layout.show_key(group.key), _LONGEST_KEY), place]))

    columns = (*_GROUP_COLUMNS, Column("key", key, "code"), _PRESENCE_COLUMN, *_SIDE_COLUMNS)
    shown = columns if report.succeeded is not None else columns[:-1]
    return make_table("callers-table", "legend", shown, report.callers, words)


def events_table(report: Report, words: Catalogue) -> DataTable:
    """Return the events behind the counts, in order of time."""

    def group_of(event: ListedEvent) -> CallerGroup | None:
        return report.callers[event.callers[0]] if event.callers else None

    def caller(event: ListedEvent, words: Catalogue) -> str:
        group = group_of(event)
        return caller_name(group.caller, words) if group else words.labels["unnamed"]

    def key(event: ListedEvent, words: Catalogue) -> str:
        group = group_of(event)
        return layout.place_key(group.key, report.key_places, words) if group else ""

    def marks(words: Catalogue) -> Mapping[str, str]:
        return {event.error_code: "bad" for event in report.events if event.error_code} | {
            words.labels["html_ok"]: "ok"
        }

    columns: tuple[Column[ListedEvent], ...] = (
        Column("time", lambda event, _: layout.show_time(event.event_time)),
        Column("html_side", lambda event, words: words.labels[event.side], has_choice=True),
        Column("caller", caller, "code"),
        Column("html_event", lambda event, _: event.event_name, "code"),
        Column("key", key, "code"),
        Column(
            "html_result",
            lambda event, words: event.error_code or words.labels["html_ok"],
            has_choice=True,
            marks=marks,
        ),
        *_EVENT_DETAILS,
    )
    return make_table("events-table", "html_events_caption", columns, report.events, words)


def _calls(calls: Calls, words: Catalogue) -> str:
    return words.head(layout.show_calls(calls, words), words.join_items(list(calls.error_codes)))


_GROUP_COLUMNS: tuple[Column[CallerGroup], ...] = (
    Column("caller", lambda group, words: caller_name(group.caller, words), "code"),
    Column("type", lambda group, words: kind_of(group.caller, words)),
    Column("action", lambda group, _: group.action, "code"),
)

_PRESENCE_COLUMN: Column[CallerGroup] = Column(
    "presence",
    lambda group, words: words.presences[group.presence],
    has_choice=True,
    marks=lambda words: {words.presences[presence]: mark for presence, mark in _PRESENCE_MARKS.items()},
)

_SIDE_COLUMNS: tuple[Column[CallerGroup], ...] = (
    Column("failed", lambda group, words: _calls(group.failed, words)),
    Column("succeeded", lambda group, words: _calls(group.succeeded, words)),
)

_EVENT_DETAILS: tuple[Column[ListedEvent], ...] = (
    Column("message", lambda event, _: event.error_message or ""),
    Column("tied_by", lambda event, words: words.reasons_of(event.tied_by)),
    Column(
        "html_context",
        lambda event, words: words.join_items([f"{name}={value}" for name, value in event.encryption_context.items()]),
        "code",
    ),
    Column(
        "html_from", lambda event, _: " ".join(filter(None, [event.source_ip_address, event.vpc_endpoint_id])), "code"
    ),
    Column(
        "html_region", lambda event, _: " ".join(filter(None, [event.aws_region, event.recipient_account_id])), "code"
    ),
    Column("html_event_id", lambda event, _: event.event_id, "code"),
    Column("file", lambda event, _: event.source, "code"),
)
