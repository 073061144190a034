"""Athena's and CloudTrail Lake's way to print structs and maps as text: `{type=AWSService, invokedby=null, …}`."""

import json
import re
from typing import Any

_DEPTH_LIMIT = 16
_NEXT_FIELD = re.compile(r",\s*(?=[A-Za-z_@][\w:./@-]{0,127}=)")
_FIELD = re.compile(r"\s*([^={}\[\],]{1,256}?)\s*=")
_JSON = json.JSONDecoder(strict=False)


def parse_struct_text(text: str) -> Any:
    """Parse struct or map text into dicts, lists, strings and None (`null`); None when it is hopeless.

    The form is ambiguous: a value may hold `, ` and `=` itself. A value is taken to end where `, name=` follows, or a
    bracket closes. It fails for a value that holds such text itself, as a user agent might; what follows it then lands
    in the wrong field, and none of the fields that decide come after one.
    """
    try:
        value, _ = _parse_value(text, _skip_space(text, 0), 0)
    except (IndexError, _Hopeless):
        return None
    return value


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
    follows = text[at + 1 : at + 40].lstrip()[:1]
    if follows not in ('"', "{", "[") or (text[at] == "{" and follows != '"'):
        return None
    try:
        value, end = _JSON.raw_decode(text, at)
    except (ValueError, RecursionError):
        return None
    return value, end


def _parse_fields(text: str, at: int, depth: int) -> tuple[dict[str, Any], int]:
    fields: dict[str, Any] = {}
    while True:
        at = _skip_space(text, at)
        if text[at] == "}":
            return fields, at + 1
        found = _FIELD.match(text, at)
        if found is None:
            raise _Hopeless
        fields[found[1]], at = _parse_value(text, found.end(), depth + 1)
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
            end = min((place for place in (text.find(",", at), text.find("]", at)) if place >= 0), default=-1)
            if end < 0:
                raise _Hopeless
            item, at = _scalar(text[at:end]), end
        items.append(item)
        at = _skip_space(text, at)
        if text[at] == ",":
            at += 1
        elif text[at] != "]":
            raise _Hopeless


def _parse_scalar(text: str, at: int) -> tuple[str | None, int]:
    """Give text up to the next field or the closing bracket; brackets inside of it are passed over in pairs."""
    following = _NEXT_FIELD.search(text, at)
    limit = following.start() if following else len(text)
    open_brackets = 0
    for place in range(at, limit):
        if text[place] in "{[":
            open_brackets += 1
        elif text[place] in "}]":
            if open_brackets == 0:
                return _scalar(text[at:place]), place
            open_brackets -= 1
    return _scalar(text[at:limit]), limit


def _scalar(text: str) -> str | None:
    plain = text.strip()
    return None if plain == "null" else plain


def _skip_space(text: str, at: int) -> int:
    while text[at : at + 1].isspace():
        at += 1
    return at
