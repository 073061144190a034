"""Finding the values that are whole in text that is not.

One pass over strings and brackets. An object that closes, that can be decoded, and that mentions a record or a job is a
value; one around it that can be decoded as well takes its place. A quotation mark after which no string ends as strings
do in JSON is passed over, so that a missing one costs the record it is missing from and no other.
"""

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from trail_diff.model.reasons import Reason
from trail_diff.read.lenient import decode_value

_TOKEN = re.compile(r'"(?:[^"\\\n]++|\\.)*+"(?=\s*+(?:[,:}\]]|\Z))|[{}\[\]]|\\.|"')
_TELLING = re.compile(
    r"event_?source|EventSource|JobId|provider|\bapi\b|awslogs|VarCharValue|\bmessage\b|_raw|\bbody\b", re.I
)
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
    is_telling: bool = False
    height: int = 0


def find_whole_values(text: str) -> list[Whole]:
    """Return the outermost values that are whole and may hold a record or a job, in order."""
    found: list[Whole] = []
    stack: list[_Open] = []
    for token in _TOKEN.finditer(text):
        first = text[token.start()]
        if first in "{[":
            stack.append(_Open(token.start(), first))
        elif first in "}]":
            _close(text, token.end(), "{" if first == "}" else "[", stack, found)
        elif first == '"' and token.end() - token.start() > 1 and stack and not stack[-1].is_telling:
            stack[-1].is_telling = _TELLING.search(text, token.start(), token.end()) is not None
    return found


def _close(text: str, end: int, bracket: str, stack: list[_Open], found: list[Whole]) -> None:
    """Close what a bracket closes: brackets inside of it that were left open are given up."""
    depth = next((depth for depth in range(1, min(len(stack), 64) + 1) if stack[-depth].bracket == bracket), 0)
    if not depth:
        return
    given_up = stack[len(stack) - depth + 1 :]
    closed = stack[-depth]
    del stack[-depth:]
    is_telling = closed.is_telling or any(inner.is_telling for inner in given_up)
    height = max([closed.height, *(inner.height for inner in given_up)])
    if bracket == "{" and is_telling and height < _HEIGHT_LIMIT:
        height += 1
        value = decode_value(text[closed.start : end].encode("utf-8", "surrogatepass"))
        if not isinstance(value, Reason):
            while found and found[-1].start > closed.start:
                found.pop()
            found.append(Whole(value, closed.start, end))
    if stack:
        stack[-1].is_telling |= is_telling
        stack[-1].height = max(stack[-1].height, height)


def gaps(text: str, values: list[Whole]) -> Iterator[str]:
    """Yield what is before, between and after values."""
    at = 0
    for value in values:
        yield text[at : value.start]
        at = value.end
    yield text[at:]
