"""Encodings: whatever a document is written in, readers see UTF-8 without a byte order mark."""

import codecs
import re
from collections.abc import Iterator

from trail_diff.read.compressed import CHUNK_BYTES, Chunks, Readable

_MARKS = (
    (codecs.BOM_UTF8, None),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BEYOND_ASCII = re.compile(rb"[\xc2-\xf4][\x80-\xbf]")
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\x0b\x0c\r\x1b\x1e"))


def is_binary(head: bytes) -> bool:
    """Check whether a document is no text: NULs that are no UTF-16 or UTF-32, or many control characters.

    NULs at its ends, or in a few places of text without another such character, are holes: a file that was made larger
    than what was written to it, or that was emptied while a program wrote on.
    """
    text = head.strip(b"\0")[:4096]
    if not text or _encoding(text)[1] is not None:
        return bool(head) and not text
    controls = len(text) - len(text.translate(None, _CONTROLS))
    zeros, holes = text.count(b"\0"), len(re.findall(rb"\0+", text))
    return controls != zeros or holes * 100 > len(text) if holes else controls * 20 > len(text)


def decode_text(data: bytes) -> tuple[str, bool]:
    """Return text, and whether it is UTF-8; where nothing beyond ASCII is, it is read as Windows writes it."""
    try:
        return data.decode(), True
    except UnicodeDecodeError:
        is_utf8 = _BEYOND_ASCII.search(data) is not None
        return data.decode("utf-8" if is_utf8 else "cp1252", "replace"), is_utf8


def as_utf8(head: bytes, stream: Readable) -> Readable:
    """Return a document as UTF-8. `stream` begins with `head`; what is no valid UTF-16 or UTF-32 is replaced."""
    mark, encoding = _encoding(head)
    if encoding is not None:
        return Chunks(_transcode(stream, mark, encoding))
    if mark:
        stream.read(mark)
    return stream


def _encoding(head: bytes) -> tuple[int, str | None]:
    """Return the length of the byte order mark and the encoding when it is not UTF-8.

    Without a mark, UTF-16 is recognised by the NULs that every other byte of JSON and CSV then is, UTF-32 by three of
    four.
    """
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return len(mark), encoding
    sample = head[:64]
    if len(sample) < 4 or not any(sample):
        return 0, None
    filled = [place for place in range(4) if any(sample[place::4])]
    return 0, {(0,): "utf-32-le", (3,): "utf-32-be", (0, 2): "utf-16-le", (1, 3): "utf-16-be"}.get(tuple(filled))


def _transcode(stream: Readable, mark: int, encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    stream.read(mark)
    while data := stream.read(CHUNK_BYTES):
        if text := decoder.decode(data):
            yield text.encode("utf-8", "replace")
    if text := decoder.decode(b"", final=True):
        yield text.encode("utf-8", "replace")
