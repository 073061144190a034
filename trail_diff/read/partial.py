"""Lines of a log that Docker cut at 16 KiB: each piece is an entry of its own, and pieces of one line are joined again.

They are pieces of one line where they follow one another and agree in all but the text, in the time to the nanosecond
or in an id of the line. The last one ends with a line break, or is marked.
"""

from typing import Any

_OF_PIECE = frozenset({"log", "partial_ordinal", "partial_last"})
_MOST_CHARACTERS = 8 << 20


class PartialLines:
    """Holds pieces back until the line is whole."""

    def __init__(self) -> None:
        self._pieces: list[dict[str, Any]] = []

    def take(self, value: Any) -> list[Any]:
        """Return what is whole now: a value, in place of the last piece the whole line; what turned out to be none."""
        if not _is_entry(value):
            return [*self.give_up(), value]
        given_up = [] if self._pieces and _line_of(self._pieces[0]) == _line_of(value) else self.give_up()
        self._pieces.append(value)
        if _is_last(value):
            pieces, self._pieces = self._pieces, []
            return [*given_up, {**value, "log": "".join([piece["log"] for piece in pieces])}]
        is_too_long = sum(len(piece["log"]) for piece in self._pieces) > _MOST_CHARACTERS
        return [*given_up, *(self.give_up() if is_too_long else ())]

    def give_up(self) -> list[Any]:
        """Return the pieces at hand, of a line whose end is missing."""
        pieces, self._pieces = self._pieces, []
        return pieces


def _is_entry(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("log"), str) and ("time" in value or "partial_id" in value)


def _line_of(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name not in _OF_PIECE}


def _is_last(entry: dict[str, Any]) -> bool:
    if "partial_id" in entry:
        return str(entry.get("partial_last")).lower() == "true"
    return bool(entry["log"].endswith("\n"))
