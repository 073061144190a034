"""A page for a terminal: lines that fit its width, unless they are to be pasted; every text is escaped on its way in.

Colour and links add no information; neither is written unless the options ask for it.
"""

from collections.abc import Sequence

from tabulate import tabulate

from trail_diff.render import escape
from trail_diff.render.interface import RenderOptions
from trail_diff.render.local_time import add_local_times, times_beside
from trail_diff.render.width import shorten, width_of, wrap

_COLORS = {"bold": "1", "red": "31", "yellow": "33", "green": "32", "dim": "2"}
_NARROWEST = 20
FIELD_WIDTH = 11


class Page:
    """Collects the lines."""

    def __init__(self, options: RenderOptions, *, has_gaps: bool = True, breaks: bool = True) -> None:
        """Begin an empty page, with empty lines between its parts or without; `breaks`: commands are broken to fit."""
        self._has_gaps, self._breaks = has_gaps, breaks
        self.width, self._color, self._links = options.width, options.color, options.links
        self._zone = options.zone
        self._lines: list[str] = []

    def text(self) -> str:
        """Return the whole page."""
        return "\n".join(line.rstrip() for line in self._lines) + "\n"

    def gap(self) -> None:
        """Add an empty line."""
        self._lines += [""] if self._has_gaps else []

    def head(self, title: str) -> None:
        """Begin a section."""
        self.gap()
        self._lines.append(self._paint(escape.terminal(title), "bold"))

    def wrap(self, text: str, color: str | None = None) -> None:
        """Add a paragraph."""
        self._lines += [self._paint(line, color) for line in self._broken(text, 0)]

    def bullet(self, text: str, level: int = 1, url: str | None = None) -> None:
        """Add an item of a list; its `level` is how deep it is nested."""
        first, rest = "  " * (level - 1) + "- ", "  " * level
        lines = self._broken(text, len(rest))
        self._lines += [(rest if index else first) + self._link(line, url) for index, line in enumerate(lines)]

    def command(self, text: str, indent: int = 4) -> None:
        """Add a command that can be pasted as it is: its lines end in a continuation for the shell.

        A word longer than a line is broken by the terminal, which adds no line break.
        """
        lines = [""]
        for word in escape.terminal(text).split(" "):
            joined = f"{lines[-1]} {word}" if lines[-1] else word
            if self._breaks and lines[-1] and width_of(joined) > self.width - indent - 2:
                lines.append(word)
            else:
                lines[-1] = joined
        self._lines += [" " * indent + line + " \\" for line in lines[:-1]] + [" " * indent + lines[-1]]

    def pair(self, name: str, text: str, indent: int = 22, url: str | None = None) -> None:
        """Add a text beside its name, or behind one that is too long; without one it goes on below the text before."""
        text = "".join(f"({local}) " for local in self.local_times(name)) + text
        name = escape.terminal(name)
        if width_of(name) >= indent:
            self._lines += [self._link(line, url) for line in self._hanging(f"{name}: {text}", indent)]
            return
        for line in self._broken(text, indent) or [""]:
            self._lines.append(name + " " * (indent - width_of(name)) + self._link(line, url))
            name = ""

    def field(self, name: str, text: str, url: str | None = None) -> None:
        """Add a text beside a short name."""
        self.pair(name, text, FIELD_WIDTH, url)

    def code(self, lines: Sequence[str], indent: int = FIELD_WIDTH) -> None:
        """Add lines that can be pasted as they are; the terminal breaks those that are too long."""
        self._lines += [" " * indent + escape.terminal(line) for line in lines]

    def local_times(self, text: str) -> list[str]:
        """Return the local times that stand beside those in a text, none where only UTC is shown."""
        return times_beside(text, self._zone)

    def fits(self, rows: Sequence[Sequence[str]]) -> bool:
        """Check whether a table fits without cutting any cell."""
        widths = [max(map(width_of, column)) for column in zip(*rows, strict=True)]
        return sum(widths) + 2 * (len(widths) - 1) <= self.width

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]], colors: Sequence[str | None] = ()) -> None:
        """Add a table of escaped cells, which may have several lines; the widest columns are cut until it fits."""
        cells = [[self._lines_of(cell) for cell in row] for row in (header, *rows)]
        widths = [max(width_of(line) for cell in column for line in cell) for column in zip(*cells, strict=True)]
        limits = _fit(widths, self.width)
        cut = [
            ["\n".join(shorten(line, limit) for line in cell) for cell, limit in zip(row, limits, strict=True)]
            for row in cells
        ]
        # The header goes in as a row: tabulate makes every column two wider than its header.
        drawn = tabulate(cut, tablefmt="plain", disable_numparse=True, preserve_whitespace=True).splitlines()
        painted = ["dim", *colors, *([None] * (len(rows) - len(colors)))]
        shades = [color for color, row in zip(painted, cells, strict=True) for _ in range(max(map(len, row)))]
        for line, color in zip(drawn, shades, strict=True):
            self._lines.append(self._paint(line.rstrip(), color))

    def _lines_of(self, cell: str) -> list[str]:
        """Return the lines of a cell, local times on lines of their own."""
        return [*cell.split("\n"), *(f"  {local}" for local in self.local_times(cell))]

    def _hanging(self, text: str, indent: int) -> list[str]:
        """Break a text into lines, all but the first of them indented."""
        shown = self._shown(text)
        first = wrap(shown, self.width)[0]
        rest = wrap(shown[len(first) :], max(self.width - indent, _NARROWEST))
        return [first, *(" " * indent + line for line in rest)]

    def _broken(self, text: str, indent: int) -> list[str]:
        return wrap(self._shown(text), max(self.width - indent, _NARROWEST))

    def _shown(self, text: str) -> str:
        return add_local_times(escape.terminal(text), self._zone)

    def _paint(self, text: str, color: str | None) -> str:
        if not self._color or color is None or not text:
            return text
        return f"\x1b[{_COLORS[color]}m{text}\x1b[0m"

    def _link(self, text: str, url: str | None) -> str:
        return f"\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\" if self._links and url else text


def _fit(widths: Sequence[int], total: int) -> list[int]:
    """Take from the widest columns until all fit with two spaces between them."""
    limits = list(widths)
    room = total - 2 * (len(limits) - 1)
    while sum(limits) > room and max(limits) > 4:
        limits[limits.index(max(limits))] -= 1
    return limits
