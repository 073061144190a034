"""Records deep inside of documents whose form is not known: captures of a browser, findings, streams of other tools.

What is looked for is what every record has; what only looks alike is left to the reading that follows.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from trail_diff.read.shapes import Inside, decode_packed, mentions_record

PACKED = re.compile(r"(?:eyJ|ewog|ewo=|H4sI)[A-Za-z0-9+/\s]{60,}={0,2}\s*\Z")
"""Base64 of an object of JSON, or of gzip."""
_EVERY_RECORD = tuple(re.compile(rf"event[._ ]?{name}", re.IGNORECASE) for name in ("source", "name", "time"))

_BLANKS = frozenset(b"\t\n\r")
_SHORTEST_TEXT = 16
"""How long the text of a list of numbers is at least; shorter lists are numbers."""
_MEMBERS = ("eventSource", "userIdentity")
"""What is the `key` of an object that is one member of a record, as `jq to_entries` takes it apart."""


def find_deep(thing: Mapping[str, Any]) -> Iterator[Inside]:
    """Yield the records, and the texts that hold some, in an object, in order, however deep they are."""
    stack: list[Any] = [thing]
    while stack:
        value = stack.pop()
        match value:
            case dict() | str() if mentions_record(value, 0):
                yield value
            case dict():
                stack.extend(reversed(value.values()))
            case list() if (text := text_of(value)) and mentions_record(text, 0):
                yield text
            case list():
                stack.extend(reversed(value))
            case str() if PACKED.match(value):
                yield decode_packed(value)
            case _:
                pass


def text_of(values: Sequence[Any]) -> str | None:
    """Return the text of a list of bytes, as the journal and Node.js write what may be no text; None if it is none.

    A few values that are no bytes of text do not hide the others: damage leaves them.
    """
    numbers = [one if isinstance(one, int) and (one in _BLANKS or 32 <= one < 256) else 0 for one in values]
    if len(numbers) < _SHORTEST_TEXT or numbers.count(0) * 10 > len(numbers):
        return None
    return bytes(numbers).decode("utf-8", "replace")


def tells_of_record(thing: Mapping[str, Any]) -> bool:
    """Check whether an object of which nothing could be read has the names that every record has."""
    text = json.dumps(thing, ensure_ascii=False)
    return thing.get("key") in _MEMBERS or all(name.search(text) for name in _EVERY_RECORD)
