"""JSON objects that remember that a name was given twice, as nothing says which one counts."""

import json
from collections.abc import Mapping, Sequence
from typing import Any


class Repeating(dict[str, Any]):
    """An object that gives a name more than once; `name` is the first such."""

    name = ""


def parse_json(text: str | bytes) -> Any:
    """Read JSON, keeping in mind which objects repeat a name.

    Raises:
        ValueError, RecursionError: it is not JSON, or nests too deep.
    """
    return json.loads(text, strict=False, object_pairs_hook=object_of)


def marked(made: dict[Any, Any], names: Sequence[Any]) -> dict[Any, Any]:
    """Return an object as one that repeats a name, when the names that were given for it do."""
    if len(set(names)) == len(names):
        return made
    repeating = Repeating(made)
    repeating.name = str(next(name for name in names if names.count(name) > 1))
    return repeating


def find_repeated(document: object) -> tuple[str, str] | None:
    """Return where in a document an object gives a name twice, as a JSON pointer, and the name; None if none does."""
    open_parts: list[tuple[str, object]] = [("", document)]
    while open_parts:
        place, part = open_parts.pop()
        if isinstance(part, Repeating):
            return place, token(part.name)
        if isinstance(part, Mapping):
            open_parts += [(f"{place}/{token(name)}", inner) for name, inner in part.items()]
        elif isinstance(part, list):
            open_parts += [(f"{place}/{index}", inner) for index, inner in enumerate(part)]
    return None


def token(name: object) -> str:
    """Write a name as part of a JSON pointer, without what could not be printed."""
    escaped = str(name).replace("~", "~0").replace("/", "~1")
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in escaped)


def object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of its members, of which the last of a name counts."""
    made = dict(pairs)
    return made if len(made) == len(pairs) else marked(made, [name for name, _value in pairs])
