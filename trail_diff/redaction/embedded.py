"""Documents that lie in text inside of documents: JSON, structs as Athena prints them, base64, percent-encoding."""

import base64
import gzip
import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from trail_diff.read.compressed import inflate_whole
from trail_diff.read.containers import GZIP
from trail_diff.read.deep import PACKED
from trail_diff.read.forms.columns import read_literal
from trail_diff.read.forms.structtext import format_struct_text, parse_struct_text
from trail_diff.read.lenient import Between, Broken, parse_text, read_values
from trail_diff.redaction.vocabulary import TEXT_FIELDS

LIMIT_BYTES = 64 << 20
"""How large packed text may be."""

_PERCENT = re.compile(r"%(?:3A|2F|7B)", re.IGNORECASE)


class Nested(NamedTuple):
    """What a text holds, and how to write it as that text again; `is_log` when it is whole lines of its own."""

    content: Any
    write: Callable[[Any], str]
    is_log: bool = False


def open_text(text: str, field: str) -> Nested | None:
    """Return what lies in a text, None when the text is nothing but itself."""
    if text[:1] in ("{", "["):
        if (parsed := _parse_json(text)) is not None:
            return Nested(parsed, _write_json)
        struct = parse_struct_text(text)
        return Nested(struct, format_struct_text) if struct is not None else None
    if field in TEXT_FIELDS and (line := _open_log_line(text)) is not None:
        return line
    if (field == "data" or PACKED.match(text)) and (unpacked := _unpack(text)) is not None:
        return Nested(unpacked, lambda content: _pack(content, text), is_log=True)
    if "%" in text and _PERCENT.search(text) and " " not in text and unquote(text) != text:
        return Nested(unquote(text), lambda content: quote(content, safe=""))
    return None


def _parse_json(text: str) -> dict[str, Any] | list[Any] | None:
    """Return the object or list that a text is, as JSON or as Python prints it; None for anything else."""
    try:
        value = parse_text(text)
    except ValueError:
        value = read_literal(text)
    return value if isinstance(value, dict | list) else None


def _open_log_line(text: str) -> Nested | None:
    """Return the value that lies behind a prefix in a message, between what is before it and behind it."""
    if text.find("{") <= 0:
        return None
    found = list(read_values(text))
    if not any(found) or any(isinstance(one, Broken) for one in found):
        return None
    parts = [one.text if isinstance(one, Between) else one for one in found]
    is_text = [isinstance(one, Between) for one in found]
    return Nested(
        parts,
        lambda made: "".join(one if plain else _write_json(one) for one, plain in zip(made, is_text, strict=True)),
    )


def _write_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _unpack(text: str) -> str | None:
    """Return the text that lies in base64, gzipped or not; None when there is none, or more than any real one."""
    try:
        data = base64.b64decode(text, validate=True)
        text = (inflate_whole(data, LIMIT_BYTES) if data.startswith(GZIP) else data).decode("utf-8")
    except ValueError:
        return None
    return text or None


def _pack(text: str, like: str) -> str:
    data = text.encode("utf-8", "replace")
    is_zipped = base64.b64decode(like, validate=True).startswith(GZIP)
    return base64.b64encode(gzip.compress(data, mtime=0) if is_zipped else data).decode("ascii")
