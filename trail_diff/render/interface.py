"""The interface of a renderer: finished values in, text out. It escapes every value for its medium."""

from collections.abc import Sequence
from datetime import tzinfo
from typing import Literal, Protocol

from msgspec import Struct

from trail_diff.model.learnt import Coverage
from trail_diff.model.report import Report
from trail_diff.render.list_spec import ListSpec, Row

Format = Literal["table", "markdown", "json", "csv", "html"]
Lang = Literal["en", "ja"]


class RenderOptions(Struct, frozen=True):
    """How to show it: `width` in terminal columns, `verbose` with more of the evidence, in which language.

    `lines` is how many a terminal shows of an answer beside the command that was typed.
    `color` with ANSI sequences, `links` as a terminal follows them (OSC 8), `zone` is of the times beside UTC, if any.
    """

    width: int = 100
    color: bool = False
    verbose: bool = False
    lang: Lang = "en"
    links: bool = False
    zone: tzinfo | None = None
    lines: int = 24


class Renderer(Protocol):
    """Turns finished values into text that ends with a line break. A module with these functions is a renderer."""

    def render_report(self, report: Report, options: RenderOptions) -> str:
        """Render the report of a case."""

    def render_list(self, spec: ListSpec[Row], rows: Sequence[Row], coverage: Coverage, options: RenderOptions) -> str:
        """Render a list, with the columns that its spec names for this form."""
