"""Matches text against `*` and `?` in time linear in the text, without regular expressions.

A wildcard that would have to stand for a line break leaves the match unknown: AWS does not say whether it does.
"""

from collections.abc import Iterable, Sequence
from enum import Enum

from trail_diff.model.codes import Matched
from trail_diff.policy.documents.unresolved import split_unresolved

_LINE_BREAKS = "\r\n"
_WORK_LIMIT = 1 << 30


class Wildcard(Enum):
    """The two wildcards; a character that only looks like one is plain text."""

    ANY_TEXT = "*"
    ANY_CHARACTER = "?"


Piece = str | Wildcard


def glob_pieces(text: str) -> tuple[Piece, ...]:
    """Take a pattern apart into text and wildcards."""
    pieces: list[Piece] = []
    start = 0
    for index, character in enumerate(text):
        if character in "*?":
            if index > start:
                pieces.append(text[start:index])
            pieces.append(Wildcard(character))
            start = index + 1
    if start < len(text):
        pieces.append(text[start:])
    return tuple(pieces)


def unresolved_pieces(text: str) -> tuple[Piece, ...]:
    """Take text apart whose unknown values may be anything; what else looks like a wildcard is one."""
    pieces: list[Piece] = []
    for place, part in enumerate(split_unresolved(text)):
        pieces += [Wildcard.ANY_TEXT] if place else []
        pieces += glob_pieces(part)
    return tuple(pieces)


class Glob:
    """A pattern made ready to match."""

    __slots__ = ("_automaton", "_has_single", "_middle", "_pieces", "_prefix", "_suffix", "literal")

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self._pieces = tuple(pieces)
        self._automaton: _Automaton | None = None
        self._has_single = Wildcard.ANY_CHARACTER in self._pieces
        runs = [""]
        for piece in self._pieces:
            if isinstance(piece, str):
                runs[-1] += piece
            else:
                runs.append("")
        self.literal = runs[0] if len(runs) == 1 else None
        self._prefix, self._suffix = runs[0], runs[-1]
        self._middle = tuple(run for run in runs[1:-1] if run)

    def match(self, text: str) -> Matched:
        """Match the whole text."""
        if self.literal is not None:
            return "match" if text == self.literal else "no-match"
        if self._has_single or "\n" in text or "\r" in text:
            return self._match_slowly(text)
        prefix, suffix = self._prefix, self._suffix
        if not (text.startswith(prefix) and text.endswith(suffix)) or len(text) < len(prefix) + len(suffix):
            return "no-match"
        position, end = len(prefix), len(text) - len(suffix)
        for run in self._middle:
            position = text.find(run, position, end)
            if position < 0:
                return "no-match"
            position += len(run)
        return "match"

    def _match_slowly(self, text: str) -> Matched:
        if self._automaton is None:
            self._automaton = _Automaton(self._pieces)
        if self._automaton.size * len(text) > _WORK_LIMIT:
            return "unknown"
        if not self._automaton.accepts(text, unmatched=""):
            return "no-match"
        return "match" if self._automaton.accepts(text, unmatched=_LINE_BREAKS) else "unknown"


class _Automaton:
    """Follows all ways to match at once, one bit for each number of characters of the pattern used up so far."""

    __slots__ = ("_any", "_characters", "_loops", "size")

    def __init__(self, pieces: Sequence[Piece]) -> None:
        positions: dict[str, list[int]] = {}
        singles: list[int] = []
        loops: list[int] = []
        size = 0
        for piece in pieces:
            match piece:
                case Wildcard.ANY_TEXT:
                    loops.append(size)
                case Wildcard.ANY_CHARACTER:
                    singles.append(size)
                    size += 1
                case str():
                    for character in piece:
                        positions.setdefault(character, []).append(size)
                        size += 1
        self.size = size
        self._any = _bits(singles)
        self._loops = _bits(loops)
        self._characters = {character: _bits(places) for character, places in positions.items()}

    def accepts(self, text: str, *, unmatched: str) -> bool:
        """Check whether the text matches when no wildcard stands for an `unmatched` character."""
        reached = 1
        for character in text:
            literally = reached & self._characters.get(character, 0)
            if character in unmatched:
                reached = literally << 1
            else:
                reached = (literally | reached & self._any) << 1 | reached & self._loops
            if not reached:
                return False
        return bool(reached >> self.size & 1)


def _bits(positions: Sequence[int]) -> int:
    if not positions:
        return 0
    row = bytearray(max(positions) // 8 + 1)
    for position in positions:
        row[position // 8] |= 1 << position % 8
    return int.from_bytes(row, "little")
