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
_BEGUN = re.compile(rb"(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})\Z")
"""The beginning of a character at the end of a piece."""
_NO_WIDE_TEXT = b'"eventSource"'
"""What no text of two or four bytes a character holds."""
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


def decode_text(data: bytes) -> str:
    """Return text in UTF-8; where nothing beyond ASCII is, it is read as Windows writes it."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("utf-8" if _BEYOND_ASCII.search(data) else "cp1252", "replace")


def is_utf8(data: bytes) -> bool:
    """Check whether text is UTF-8 to its end."""
    try:
        return data.isascii() or bool(data.decode())
    except UnicodeDecodeError:
        return False


class Text:
    """A document as UTF-8, whatever it was written in; `is_recoded` once a line of it was in no encoding it names."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.is_recoded = False
        self._chunks = Chunks(self._recode(pieces))

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes."""
        return self._chunks.read(size)

    def _recode(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        rest = b""
        for piece in pieces:
            data = rest + piece if rest else piece
            begun = _BEGUN.search(data, max(len(data) - 3, 0))
            rest = data[begun.start() :] if begun else b""
            yield self._recode_lines(data[: len(data) - len(rest)])
        if rest:
            yield self._recode_lines(rest)

    def _recode_lines(self, data: bytes) -> bytes:
        if is_utf8(data):
            return data
        self.is_recoded = True
        return b"".join(decode_text(line).encode() for line in data.splitlines(keepends=True))


def as_utf8(head: bytes, stream: Readable) -> Text:
    """Return a document as UTF-8. `stream` begins with `head`; what is no valid UTF-16 or UTF-32 is replaced."""
    mark, encoding = _encoding(head)
    if mark:
        stream.read(mark)
    return Text(pieces(stream) if encoding is None else _transcode(stream, encoding))


def _encoding(head: bytes) -> tuple[int, str | None]:
    """Return the length of the byte order mark and the encoding when it is not UTF-8.

    Without a mark, UTF-16 is recognised by the NULs that every other byte of JSON and CSV then is, UTF-32 by three of
    four. Where all four are NULs, it is a hole in other text.
    """
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return len(mark), encoding
    sample = head[:64]
    if len(sample) < 4 or not any(sample):
        return 0, None
    filled = [place for place in range(4) if any(sample[place::4])]
    if not all(all(sample[place::4]) for place in filled):
        return 0, None
    return 0, {(0,): "utf-32-le", (3,): "utf-32-be", (0, 2): "utf-16-le", (1, 3): "utf-16-be"}.get(tuple(filled))


def pieces(stream: Readable) -> Iterator[bytes]:
    """Yield all that a stream gives."""
    while data := stream.read(CHUNK_BYTES):
        yield data


def _transcode(stream: Readable, encoding: str) -> Iterator[bytes]:
    """Yield UTF-8, up to where a program that writes UTF-8 added to the file; from there on as it is."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for data in pieces(stream):
        added = data.find(_NO_WIDE_TEXT)
        if text := decoder.decode(data if added < 0 else data[:added]):
            yield text.encode("utf-8", "replace")
        if added >= 0:
            yield b"\n" + data[added:]
            yield from pieces(stream)
            return
    if text := decoder.decode(b"", final=True):
        yield text.encode("utf-8", "replace")
