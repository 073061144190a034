"""A document as pieces of text that can be rewritten one after another, so that a large one is never held whole."""

import codecs
import json
from collections.abc import Iterator

from trail_diff.model.reasons import Reason
from trail_diff.read.containers import Damaged, Readable
from trail_diff.read.forms.rows import is_header

PIECE_CHARACTERS = 4 << 20
WHOLE_LIMIT_CHARACTERS = 1 << 30
"""How large a document may be that has to be held whole: one JSON value, or a table."""


def read_pieces(stream: Readable) -> Iterator[str]:
    """Yield the text of a stream: lines of JSON and of logs in pieces, anything else in one.

    What came before the damage of a stream is given before it is raised.

    Raises:
        Damaged: the stream ends early, or holds a larger value than any real one.
    """
    held: list[str] = []
    size, cut = 0, None
    try:
        for text in _decode(stream):
            held.append(text)
            size += len(text)
            _check_size(size)
            cut = _how_to_cut(held[0]) if cut is None else cut
            if cut and size > PIECE_CHARACTERS:
                whole, found, rest = "".join(held).rpartition(cut)
                if found:
                    yield whole + "\n"
                    held, size = [found[1:] + rest], len(rest) + 1
    except Damaged:
        if size <= WHOLE_LIMIT_CHARACTERS:
            yield "".join(held)
        raise
    yield "".join(held)


def _check_size(size: int) -> None:
    if size > WHOLE_LIMIT_CHARACTERS:
        raise Damaged(Reason.VALUE_TOO_LARGE)


def _how_to_cut(begin: str) -> str:
    """Return what a piece may end before: the next value that begins a line, any line of a log, or nothing at all."""
    first, end, _ = begin.lstrip().partition("\n")
    if not first.startswith(("{", "[")):
        return "\n" if end and not is_header(first) else ""
    try:
        value = json.loads(first, strict=False)
    except (ValueError, RecursionError):
        return ""
    return "\n{" if isinstance(value, dict) else ""


def _decode(stream: Readable) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    while data := stream.read(1 << 20):
        yield decoder.decode(data)
    yield decoder.decode(b"", final=True)
