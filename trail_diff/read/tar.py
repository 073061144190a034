"""Reading tar archives: one member after another, without seeking, in memory that no header can fill.

Source: POSIX pax, "ustar Interchange Format" and "pax Extended Header Block", and the GNU tar manual for long names and
numbers in base 256.
"""

import re
from collections.abc import Iterator

from msgspec import Struct

from trail_diff.model.reasons import Reason
from trail_diff.read.budget import MEMBER_WORK, Budget, Damaged
from trail_diff.read.compressed import CHUNK_BYTES, Readable

BLOCK_BYTES = 512
HEADER_LIMIT_BYTES = 1 << 20
"""How long a header for a name may be; names have a few hundred bytes."""

_FILES, _LINKS = b"0\0007", b"12"
_PAX, _GLOBAL, _LONG_NAME, _LONG_LINK = b"x", b"g", b"L", b"K"
_PATH = re.compile(rb"(?:\A|\n)[0-9]{1,9} path=([^\n]{0,4096})\n")
_SIZE = re.compile(rb"(?:\A|\n)[0-9]{1,9} size=([0-9]{1,18})\n")


class Member(Struct, frozen=True):
    """A member: a file with its content, or something else that is not read. The content has to be read first."""

    name: str
    is_file: bool
    is_link: bool
    content: Iterator[bytes]


class _Header(Struct, frozen=True):
    name: bytes
    size: int
    kind: bytes


def read_members(stream: Readable, budget: Budget) -> Iterator[Member]:
    """Yield every member of an archive.

    Raises:
        Damaged: the archive ends early, goes on with what is no header, or has more members than a real one would.
    """
    name: bytes | None = None
    size: int | None = None
    while header := _read_header(stream):
        budget.spend(MEMBER_WORK)
        if header.kind in (_PAX, _GLOBAL, _LONG_NAME, _LONG_LINK):
            told = _read_told(stream, header.size)
            if header.kind == _PAX:
                name = found[1] if (found := _PATH.search(told)) else name
                size = int(found[1]) if (found := _SIZE.search(told)) else size
            elif header.kind == _LONG_NAME:
                name = told.rstrip(b"\0")
            continue
        rest = [size if size is not None else header.size]
        is_file, is_link = header.kind in _FILES, header.kind in _LINKS
        rest[0] = 0 if is_link or header.kind == b"5" else rest[0]
        padding = -rest[0] % BLOCK_BYTES
        shown = (name or header.name).decode("utf-8", "replace")
        content = _read_content(stream, rest)
        yield Member(shown, is_file, is_link, content)
        for _ in content:
            continue
        _skip(stream, rest[0] + padding)
        name = size = None


def _read_header(stream: Readable) -> _Header | None:
    """Read a header; None where nothing is left. Behind the zeros that end an archive another one may follow."""
    block = _read_exactly(stream, BLOCK_BYTES)
    while block and not block.strip(b"\0"):
        block = _read_exactly(stream, BLOCK_BYTES)
    if not block:
        return None
    if len(block) < BLOCK_BYTES or _number(block[148:156]) != sum(block[:148]) + 256 + sum(block[156:]):
        raise Damaged(Reason.TRUNCATED_ARCHIVE)
    name, prefix = block[:100].split(b"\0", 1)[0], block[345:500].split(b"\0", 1)[0]
    is_posix = block[257:263] == b"ustar\0"
    return _Header(prefix + b"/" + name if prefix and is_posix else name, _number(block[124:136]), block[156:157])


def _number(field: bytes) -> int:
    """Read a number: octal digits, or in base 256 when the first bit is set."""
    if field[:1] >= b"\x80":
        number = int.from_bytes(field, "big") & ((1 << (8 * len(field) - 1)) - 1)
    else:
        digits = field.strip(b" \0")
        if digits.strip(b"01234567"):
            raise Damaged(Reason.TRUNCATED_ARCHIVE)
        number = int(digits or b"0", 8)
    if number >= 1 << 62:
        raise Damaged(Reason.TRUNCATED_ARCHIVE)
    return number


def _read_told(stream: Readable, size: int) -> bytes:
    """Read what a header tells of the member after it."""
    if size > HEADER_LIMIT_BYTES:
        raise Damaged(Reason.VALUE_TOO_LARGE)
    told = _read_exactly(stream, size)
    if len(told) < size:
        raise Damaged(Reason.TRUNCATED_ARCHIVE)
    _skip(stream, -size % BLOCK_BYTES)
    return told


def _read_content(stream: Readable, rest: list[int]) -> Iterator[bytes]:
    """Yield the content of a member; `rest` says how much of it is left."""
    while rest[0]:
        data = stream.read(min(rest[0], CHUNK_BYTES))
        if not data:
            rest[0] = 0
            raise Damaged(Reason.TRUNCATED_ARCHIVE)
        rest[0] -= len(data)
        yield data


def _read_exactly(stream: Readable, size: int) -> bytes:
    parts, missing = [], size
    while missing > 0 and (part := stream.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _skip(stream: Readable, size: int) -> None:
    while size > 0 and (data := stream.read(min(size, CHUNK_BYTES))):
        size -= len(data)
