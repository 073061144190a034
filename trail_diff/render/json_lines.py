"""JSON as lines of a given width: each member on its own line, or as many on one as it holds."""

import json
from collections.abc import Callable
from typing import Any

from trail_diff.render import escape

COLUMNS = 78

Layout = Callable[[Any, int], list[str]]
"""Lays JSON out as lines of at most so many columns, where that can be."""


def to_json(value: Any) -> str:
    """Return JSON in one line."""
    return escape.json(json.dumps(value, ensure_ascii=False))


def to_lines(value: Any, columns: int = COLUMNS) -> list[str]:
    """Return JSON as lines, each object or list in one where it fits the columns."""
    text = to_json(value)
    if len(text) <= columns or not isinstance(value, dict | list) or not value:
        return [text]
    first, last, items = _members(value)
    lines = [first]
    for place, (name, item) in enumerate(items, 1):
        head, *rest = to_lines(item, columns - 2 - len(name))
        own = [f"  {name}{head}", *(f"  {line}" for line in rest)]
        own[-1] += "," if place < len(items) else ""
        lines += own
    return [*lines, last]


def to_few_lines(value: Any, columns: int = COLUMNS) -> list[str]:
    """Return JSON as few lines: members follow each other on a line as long as they fit the columns."""
    text = to_json(value)
    if len(text) <= columns or not isinstance(value, dict | list) or not value:
        return [text]
    first, last, items = _members(value)
    lines, line = list[str](), first
    for place, (name, item) in enumerate(items, 1):
        head, *rest = to_few_lines(item, columns - 2 - len(name))
        own = [f"{name}{head}", *(f" {one}" for one in rest)]
        own[-1] += "," if place < len(items) else last
        gap = "" if line in (first, " ") else " "
        if gap and (rest or len(line) + 1 + len(own[0]) > columns):
            lines.append(line)
            line, gap = " ", ""
        line += gap + own[0]
        for one in own[1:]:
            lines.append(line)
            line = f" {one}"
    return [*lines, line]


def _members(value: dict[str, Any] | list[Any]) -> tuple[str, str, list[tuple[str, Any]]]:
    """Return how an object or list opens and closes, and its members with what stands before each."""
    if isinstance(value, dict):
        return "{", "}", [(f"{to_json(key)}: ", item) for key, item in value.items()]
    return "[", "]", [("", item) for item in value]
