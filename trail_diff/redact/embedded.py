"""Documents that lie in text inside of documents: JSON, structs as Athena prints them, base64, percent-encoding."""

import base64
import gzip
import json
import re
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from trail_diff.read.forms.structtext import format_struct_text, parse_struct_text

LIMIT_BYTES = 64 << 20
"""How large packed text may be."""

_GZIP = b"\x1f\x8b"
_PERCENT = re.compile(r"%(?:3A|2F|7B)", re.IGNORECASE)
_DECODE: Callable[[str], Any] = json.JSONDecoder(strict=False).decode


class Nested(NamedTuple):
    """What a text holds, and how to write it as that text again; `is_log` when it is whole lines of its own."""

    content: Any
    write: Callable[[Any], str]
    is_log: bool = False


def open_text(text: str, field: str) -> Nested | None:
    """Return what lies in a text, None when the text is nothing but itself."""
    if text[:1] in ("{", "["):
        if (parsed := parse_json(text)) is not None:
            return Nested(parsed, _write_json)
        struct = parse_struct_text(text)
        return Nested(struct, format_struct_text) if struct is not None else None
    if field == "data" and (unpacked := _unpack(text)) is not None:
        return Nested(unpacked, lambda content: _pack(content, text), is_log=True)
    if _PERCENT.search(text) and " " not in text and unquote(text) != text:
        return Nested(unquote(text), lambda content: quote(content, safe=""))
    return None


def parse_json(text: str) -> dict[str, Any] | list[Any] | None:
    """Return the object or list that a text is; None for anything else."""
    try:
        value = _DECODE(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) else None


def _write_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _unpack(text: str) -> str | None:
    """Return the text that lies in base64, gzipped or not; None when there is none, or more than any real one."""
    try:
        data = base64.b64decode(text, validate=True)
        return (_inflate(data) if data.startswith(_GZIP) else data).decode("utf-8")
    except (ValueError, zlib.error):
        return None


def _inflate(data: bytes) -> bytes:
    inflater = zlib.decompressobj(wbits=31)
    made = inflater.decompress(data, LIMIT_BYTES)
    if not inflater.eof:
        raise ValueError("larger than any real one, or cut off")
    return made


def _pack(text: str, like: str) -> str:
    data = text.encode("utf-8", "replace")
    is_zipped = base64.b64decode(like, validate=True).startswith(_GZIP)
    return base64.b64encode(gzip.compress(data, mtime=0) if is_zipped else data).decode("ascii")
