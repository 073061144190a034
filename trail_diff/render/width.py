"""Measures, cuts and breaks text by the columns it takes on a terminal; an East Asian wide character takes two."""

import re
from collections.abc import Iterator

from wcwidth import wcswidth

from trail_diff.render import escape

_NEVER_FIRST = "、。・」』ー々…):"
_NEVER_LAST = "「『"
_WIDE = "⺀-\U0003ffff"
_UNIT = re.compile(
    rf"\s+"
    rf"|[{_NEVER_LAST}]*(?:[一-鿿々]+(?:[びりきけみ][一-鿿]+)*[ぁ-ゟ]*|[ァ-ヺー・]+[ぁ-ゟ]*|[ぁ-ゟ]+|[{_WIDE}]|[^\s{_WIDE}]+)[{_NEVER_FIRST}]*"
    rf"|[{_NEVER_LAST}]+"
)
"""What stays together on a line: a word of a script with spaces; in Japanese a run of kanji or katakana with the kana
that follow it, which is about a phrase; any other wide character by itself. Each with the signs that a line neither
begins nor ends with.
"""


def width_of(text: str) -> int:
    """Return how many columns a text takes; a character that no terminal shows for certain counts as one."""
    if text.isascii():
        return len(text)
    width: int = wcswidth(text)
    return width if width >= 0 else len(text)


def shorten(text: str, columns: int) -> str:
    """Cut the middle out of a text that takes more columns than there are."""
    size = min(len(text), columns)
    while width_of(shown := escape.shorten(text, size)) > columns and size > 1:
        size -= 1
    return shown


def shorten_arn(arn: str, columns: int) -> str:
    """Cut the middle out of an ARN: its service and what it names stay whole as long as there is room for them."""
    if width_of(arn) <= columns or not arn.startswith("arn:"):
        return shorten(arn, columns)
    partition, _, rest = arn.removeprefix("arn:").partition(":")
    service, named = rest.partition(":")[0], rest.rpartition(":")[2]
    forms = (f"arn:{partition}:{service}:…:{named}", f"{service}:…:{named}", f"…{named}")
    return next((form for form in forms if width_of(form) <= columns), shorten(named, columns))


def wrap(text: str, columns: int) -> list[str]:
    """Break a text into lines; between phrases in Japanese, between words in other scripts."""
    lines, line = [], ""
    for unit in _units(text, columns):
        if width_of(line + unit.rstrip()) > columns:
            lines.append(line.rstrip())
            line = ""
        line += unit if line else unit.lstrip()
    return [*lines, line.rstrip()] if line.strip() else lines


def break_anywhere(text: str, columns: int) -> Iterator[str]:
    """Break a text that has to stay as it is, character by character, wherever a line is full."""
    line = ""
    for char in text:
        if line and width_of(line + char) > columns:
            yield line
            line = ""
        line += char
    if line:
        yield line


def _units(text: str, columns: int) -> Iterator[str]:
    for unit in _UNIT.findall(text):
        if width_of(unit) <= columns:
            yield unit
        elif not unit.isspace():
            yield from break_anywhere(unit, columns)
