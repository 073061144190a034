"""Athena's and CloudTrail Lake's way to print structs and maps as text: `{type=AWSService, invokedby=null, …}`."""

import json
import re
from typing import Any

_DEPTH_LIMIT = 16
# The space is required: role session names may hold `,type=`, and they hold no space.
_BOUNDARY = re.compile(r"[{}\[\]]|,\s{1,4}(?=[A-Za-z_@][\w:./@-]{0,127}=)")
_ITEM_END = re.compile(r"[,\]]")
_FIELD = re.compile(r"([^={}\[\],]{1,256})=")
_JSON_BEGINS = re.compile(r'\{\s{0,8}"|\[[\[{\s]{0,32}"')
_JSON = json.JSONDecoder(strict=False)


def parse_struct_text(text: str) -> Any:
    """Parse struct or map text into dicts, lists, strings and None (`null`); None when it is hopeless.

    The form is ambiguous: a value may hold `, ` and `=` itself. A value is taken to end where `, name=` follows (the
    space counts), or a bracket closes. It fails for a value that holds such text itself; what follows then lands in a
    field of its own. A name that comes twice in one struct, whatever its letter case, betrays that, and is hopeless:
    a caller must not be able to write its own `type`.
    """
    try:
        value, _ = _parse_value(text, _skip_space(text, 0), 0)
    except (IndexError, _Hopeless):
        return None
    return value


def format_struct_text(value: Any) -> str:
    """Print what `parse_struct_text` gave in the form it came in."""
    match value:
        case dict():
            return "{" + ", ".join(f"{name}={format_struct_text(inner)}" for name, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(format_struct_text, value)) + "]"
        case None:
            return "null"
        case str():
            return value
        case _:
            return json.dumps(value)


class _Hopeless(Exception):  # noqa: N818 - a way out of the recursion, never seen outside
    pass


def _parse_value(text: str, at: int, depth: int) -> tuple[Any, int]:
    if depth > _DEPTH_LIMIT:
        raise _Hopeless
    if text[at : at + 1] == "{":
        return _parse_json(text, at) or _parse_fields(text, at + 1, depth)
    if text[at : at + 1] == "[":
        return _parse_json(text, at) or _parse_items(text, at + 1, depth)
    return _parse_scalar(text, at)


def _parse_json(text: str, at: int) -> tuple[Any, int] | None:
    """Parse JSON inside of a struct: columns of type string may hold it."""
    if not _JSON_BEGINS.match(text, at):
        return None
    try:
        value, end = _JSON.raw_decode(text, at)
    except (ValueError, RecursionError):
        return None
    return value, end


def _parse_fields(text: str, at: int, depth: int) -> tuple[dict[str, Any], int]:
    fields: dict[str, Any] = {}
    seen: set[str] = set()
    while True:
        at = _skip_space(text, at)
        if text[at] == "}":
            return fields, at + 1
        found = _FIELD.match(text, at)
        if found is None:
            raise _Hopeless
        name = found[1].strip()
        if name.lower() in seen:
            raise _Hopeless
        seen.add(name.lower())
        fields[name], at = _parse_value(text, found.end(), depth + 1)
        at = _skip_space(text, at)
        if text[at] == ",":
            at += 1
        elif text[at] != "}":
            raise _Hopeless


def _parse_items(text: str, at: int, depth: int) -> tuple[list[Any], int]:
    items: list[Any] = []
    while True:
        at = _skip_space(text, at)
        if text[at] == "]":
            return items, at + 1
        if text[at] in "{[":
            item, at = _parse_value(text, at, depth + 1)
        else:
            end = _ITEM_END.search(text, at)
            if end is None:
                raise _Hopeless
            item, at = _scalar(text[at : end.start()]), end.start()
        items.append(item)
        at = _skip_space(text, at)
        if text[at] == ",":
            at += 1
        elif text[at] != "]":
            raise _Hopeless


def _parse_scalar(text: str, at: int) -> tuple[str | None, int]:
    """Return text up to the next field or the closing bracket; brackets inside of it are passed over in pairs."""
    open_brackets = 0
    for found in _BOUNDARY.finditer(text, at):
        if found[0] in "{[":
            open_brackets += 1
        elif found[0] in "}]" and open_brackets:
            open_brackets -= 1
        else:
            return _scalar(text[at : found.start()]), found.start()
    return _scalar(text[at:]), len(text)


def _scalar(text: str) -> str | None:
    plain = text.strip()
    return None if plain == "null" else plain


def _skip_space(text: str, at: int) -> int:
    while text[at : at + 1].isspace():
        at += 1
    return at
