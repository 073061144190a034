"""The spec of a list: its columns, and which of them each output format shows. Every renderer reads it."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from msgspec import Struct

from trail_diff.render.catalogue import Catalogue

if TYPE_CHECKING:
    from trail_diff.render.page import Page

Row = TypeVar("Row")


class Column(Struct, Generic[Row], frozen=True):
    """A column for readers: the label that heads it, and the text of a row, not yet escaped.

    `kind` is what the text holds: sentences that may hold names of others ("prose"), one such name ("code"), phrases of
    the catalogue, times and numbers ("words"), or Markdown that is escaped already. `has_choice` lets a page filter by
    its few values, `marks` says which of them are good, bad or doubtful. `shorten` is for where there is no room.
    """

    label: str
    text: Callable[[Row, Catalogue], str]
    kind: Literal["prose", "code", "words", "markdown"] = "prose"
    has_choice: bool = False
    marks: Callable[[Catalogue], Mapping[str, str]] = lambda _words: {}
    shorten: Callable[[str], str] = str


class TerminalTable(Struct, frozen=True):
    """A table on a terminal: its columns, and more of them with --verbose.

    Where they do not fit, those of `stacked` share the first cell: a line of it for each group.
    """

    columns: tuple[str, ...]
    verbose: tuple[str, ...] = ()
    stacked: tuple[tuple[str, ...], ...] = ()


class Heading(Struct, frozen=True):
    """What stands above the rows of one list: a sentence in place of the spec's own, and notes, one a line.

    `members` are what the JSON document has beside the rows and the coverage.
    """

    lead: Callable[[Catalogue], str] | None = None
    notes: Callable[[Catalogue], Sequence[str]] = lambda _words: ()
    members: Mapping[str, object] = {}


NO_HEADING = Heading()


class ListSpec(Struct, Generic[Row], frozen=True):
    """A list: `columns` by name, and which of them Markdown, HTML and a terminal show, in order.

    `data` are the columns for a program, that is of CSV. `name` is in the id of the JSON document, whose rows are its
    `member`; `table_id` is that of the table on a page. `title`, `caption` and `empty` are labels of the catalogue.
    `terminal` is a table, or draws each row, in `terminal_order`; other forms keep the order that the rows come in.
    """

    name: str
    member: str
    table_id: str
    title: str
    caption: str
    empty: str
    columns: Mapping[str, Column[Row]]
    markdown: tuple[str, ...]
    html: tuple[str, ...]
    data: Mapping[str, Callable[[Row], object]]
    terminal: "TerminalTable | Callable[[Page, Row, Catalogue, bool], None]"
    terminal_order: Callable[[Sequence[Row]], Sequence[Row]] = lambda rows: rows
    sum_up: Callable[[Sequence[Row], Catalogue], str] = lambda _rows, _words: ""
    heading: Heading = NO_HEADING

    def pick(self, names: Sequence[str]) -> tuple[Column[Row], ...]:
        """Return the columns of these names."""
        return tuple(self.columns[name] for name in names)

    def lead(self, rows: Sequence[Row], words: Catalogue) -> str:
        """Return the sentence above the rows, if any: the heading's, a summary, or that there are no rows."""
        if self.heading.lead is not None:
            return self.heading.lead(words)
        return self.sum_up(rows, words) if rows else words.labels[self.empty]
