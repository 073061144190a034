"""Finding the values that are whole in text that is not.

One pass over strings and brackets. An object that closes, that can be decoded, and that mentions a record or a job is a
value; one around it that can be decoded as well takes its place. A quotation mark after which no string ends as strings
do in JSON is passed over, so that a missing one costs the record it is missing from and no other.
"""

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from trail_diff.model.reasons import Reason
from trail_diff.read.lenient import decode_value

_BRACKET = re.compile(
    r'(?:[^"\\{}\[\]]++|"(?:[^"\\\n]++|\\.)*+"(?=\s*+(?:[,:}\]]|\Z))|\\.|["\\])*+(?:(?P<bracket>[{}\[\]])|\Z)'
)
"""The next bracket outside of strings, whatever is before it."""
_TELLING = ("eventsource", "event_source", "jobid", "provider", "awslogs", "varcharvalue", "_raw")
_TELLING_ALONE = ("api", "message", "body")
"""What an object mentions that may hold a record or a job, in lower case; and what tells so only as a whole word."""
_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_HEIGHT_LIMIT = 8
"""How many wrappers around a record are tried; a record in the middle of a damaged list has none."""


class Whole(Struct, frozen=True):
    """A value that was found whole, and where."""

    value: Any
    start: int
    end: int


class _Open(Struct):
    start: int
    bracket: str
    height: int = 0


def find_whole_values(text: str) -> list[Whole]:
    """Return the outermost values that are whole and may hold a record or a job, in order."""
    found: list[Whole] = []
    stack: list[_Open] = []
    telling = _find_telling(text)
    if not telling:
        return found
    for token in _BRACKET.finditer(text):
        match token["bracket"]:
            case "{" | "[" as bracket:
                stack.append(_Open(token.end() - 1, bracket))
            case "}" | "]" as bracket:
                closed = _close("{" if bracket == "}" else "[", stack)
                if closed is not None:
                    _read(text, closed, token.end(), telling, found)
                    if stack:
                        stack[-1].height = max(stack[-1].height, closed.height)
    return found


def _find_telling(text: str) -> list[Sequence[int]]:
    """Return the places of all that is telling, those of each word in order; nothing of words that do not occur."""
    lower = text.lower()
    if len(lower) != len(text):
        lower = text.translate(_LOWER)
    whole = [_find(lower, word) for word in _TELLING]
    alone = [
        array("L", (at for at in _find(lower, word) if _is_alone(lower, at, len(word)))) for word in _TELLING_ALONE
    ]
    return [places for places in (*whole, *alone) if places]


def _find(text: str, word: str) -> Sequence[int]:
    places, at = array("L"), text.find(word)
    while at >= 0:
        places.append(at)
        at = text.find(word, at + len(word))
    return places


def _is_alone(text: str, at: int, size: int) -> bool:
    around = (text[at - 1 : at], text[at + size : at + size + 1])
    return not any(one.isalnum() or one == "_" for one in around)


def _close(bracket: str, stack: list[_Open]) -> _Open | None:
    """Return what a bracket closes: brackets inside of it that were left open are given up."""
    depth = next((depth for depth in range(1, min(len(stack), 64) + 1) if stack[-depth].bracket == bracket), 0)
    if not depth:
        return None
    given_up = stack[len(stack) - depth :]
    del stack[-depth:]
    given_up[0].height = max(one.height for one in given_up)
    return given_up[0]


def _read(text: str, closed: _Open, end: int, telling: list[Sequence[int]], found: list[Whole]) -> None:
    """Decode an object that may hold a record or a job; what was found inside of it gives way to it."""
    if closed.bracket != "{" or closed.height >= _HEIGHT_LIMIT:
        return
    if not any(bisect_left(places, closed.start) < bisect_left(places, end) for places in telling):
        return
    closed.height += 1
    value = decode_value(text[closed.start : end].encode("utf-8", "surrogatepass"))
    if isinstance(value, Reason):
        return
    while found and found[-1].start > closed.start:
        found.pop()
    found.append(Whole(value, closed.start, end))


def gaps(text: str, values: list[Whole]) -> Iterator[str]:
    """Yield what is before, between and after values."""
    at = 0
    for value in values:
        yield text[at : value.start]
        at = value.end
    yield text[at:]
