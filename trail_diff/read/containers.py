"""Taking archives apart: gzip, bzip2, xz, zstd, zip and tar, one in another, told by content; nothing is extracted.

Every layer's output is weighed against what was read from outside, so that a small file cannot fill the machine.
"""

import io
import re
from collections.abc import Callable, Iterator
from typing import IO

from msgspec import Struct

from trail_diff.model.learnt import Skipped
from trail_diff.model.reasons import Reason
from trail_diff.read.budget import MEMBER_WORK, Budget, Damaged
from trail_diff.read.compressed import (
    CHUNK_BYTES,
    Chunks,
    Readable,
    decoder_errors,
    expand,
    expand_zstd,
    inflate,
    zstd_decoder,
)

NESTING_LIMIT = 3
"""How many containers may lie in one another; a zip of tar.gz files is three."""
SPOOL_BYTES = 64 << 20
"""How much of an archive that has to be read from its end is kept in memory; more goes to an unnamed temporary file."""

GZIP = b"\x1f\x8b"
_ZIP, _EMPTY_ZIP, _PARQUET = b"PK\x03\x04", b"PK\x05\x06", b"PAR1"
_BZIP2, _XZ = b"BZh", b"\xfd7zXZ\0"
_ZSTD = re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18")
"""How a frame begins: of data, or one that a decoder passes over, as parallel programs write them first."""
_NOT_READ = (b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x04\x22\x4d\x18", b"\x1f\x9d")
"""How 7z, rar, lz4 and compress begin; they are named, so that nobody wonders where the events are."""

_OFFICE, _OLD_OFFICE = frozenset({"xl/workbook.xml", "word/document.xml"}), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""What a file of an office program holds as a zip, and how an older one begins; cells with numbers are not read."""
_ZIP_END_BYTES = 22 + (1 << 16)
"""How far from its end a zip says where its directory is: behind that there is a comment at most."""
_ENTRY_WORK = 2
"""What it costs, for each byte, to read the directory of a zip."""
NO_NAME = "(no name)"
"""What stands for the name of a member that has none."""


class Document(Struct, frozen=True):
    """One document out of a file: its name (`a.zip!b.json`), its first bytes, and a stream that begins with them."""

    name: str
    head: bytes
    stream: Readable
    is_parquet: bool = False
    budget: Budget | None = None


def open_documents(
    name: str, stream: Readable, budget: Budget, seekable: IO[bytes] | None = None
) -> Iterator[Document | Skipped]:
    """Yield every document in a stream, out of whatever containers it lies in. Each has to be read before the next.

    `seekable` is the same input as a file that can be read from its end, when it is one. Reading a document may raise
    Damaged; the documents after it can be asked for all the same.
    """
    yield from _open(_Layer(name, stream, budget, seekable), NESTING_LIMIT)


class _Layer:
    """A stream inside of containers, its head read ahead."""

    def __init__(self, name: str, stream: Readable, budget: Budget, seekable: IO[bytes] | None = None) -> None:
        self.name, self.budget, self.seekable = name, budget, seekable
        self.head, damage = _read_head(stream)
        self.stream = Chunks(_chain(self.head, damage, stream))


def _open(layer: _Layer, depth: int) -> Iterator[Document | Skipped]:
    opener = _opener(layer.head)
    if layer.head.startswith(_NOT_READ):
        yield Skipped(layer.name, Reason.UNSUPPORTED_ARCHIVE)
        return
    if layer.head.startswith(_OLD_OFFICE):
        yield Skipped(layer.name, Reason.OFFICE_FILE)
        return
    if opener is None:
        yield Document(layer.name, layer.head, layer.stream, layer.head.startswith(_PARQUET), layer.budget)
        return
    if depth == 0:
        yield Skipped(layer.name, Reason.NESTING_LIMIT)
        return
    is_empty = True
    try:
        for inner in opener(layer):
            is_empty = False
            if isinstance(inner, Skipped):
                yield inner
            else:
                yield from _open(inner, depth - 1)
        if is_empty:
            yield Skipped(layer.name, Reason.EMPTY_FILE)
    except Damaged as damage:
        yield Skipped(layer.name, damage.reason)


def _opener(head: bytes) -> "Callable[[_Layer], Iterator[_Layer | Skipped]] | None":
    if head.startswith(GZIP):
        return _open_gzip
    if head.startswith((_BZIP2, _XZ)):
        return _open_bzip2_or_xz
    if _ZSTD.match(head):
        return _open_zstd
    if head.startswith((_ZIP, _EMPTY_ZIP)):
        return _open_zip
    if head[257:262] == b"ustar":
        return _open_tar
    return None


def _open_gzip(layer: _Layer) -> "Iterator[_Layer | Skipped]":
    yield _Layer(layer.name, Chunks(inflate(layer.stream, layer.budget)), layer.budget)


def _open_bzip2_or_xz(layer: _Layer) -> "Iterator[_Layer | Skipped]":
    yield _Layer(layer.name, Chunks(expand(layer.stream, layer.budget, is_xz=layer.head.startswith(_XZ))), layer.budget)


def _open_zstd(layer: _Layer) -> "Iterator[_Layer | Skipped]":
    begin = zstd_decoder()
    if begin is None:
        yield Skipped(layer.name, Reason.ZSTD_SUPPORT_MISSING)
    else:
        yield _Layer(layer.name, Chunks(expand_zstd(layer.stream, layer.budget, begin)), layer.budget)


class _Weighed:
    """A zip file as the library reads it; each entry of its directory, of 46 bytes or more, is work."""

    def __init__(self, file: IO[bytes], budget: Budget) -> None:
        self._file, self._budget = file, budget
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes."""
        data = self._file.read(size)
        self._budget.spend(_ENTRY_WORK * len(data))
        return data


def _open_zip(layer: _Layer) -> "Iterator[_Layer | Skipped]":
    import zipfile

    with _seekable(layer) as file:
        try:
            archive = zipfile.ZipFile(_Weighed(file, layer.budget))
        except decoder_errors() as error:
            raise Damaged(Reason.TRUNCATED_ARCHIVE) from error
        members = sorted(archive.infolist(), key=lambda info: info.filename)
        if _has_more(file, min((member.header_offset for member in members), default=0)):
            yield Skipped(layer.name, Reason.TRUNCATED_ARCHIVE)
        if any(member.filename in _OFFICE for member in members):
            yield Skipped(layer.name, Reason.OFFICE_FILE)
        for member in members:
            layer.budget.spend(MEMBER_WORK)
            name = f"{layer.name}!{member.filename or NO_NAME}"
            if member.filename and member.is_dir():
                continue
            if member.flag_bits & 1:
                yield Skipped(name, Reason.ENCRYPTED_ARCHIVE)
                continue
            try:
                with archive.open(member) as inner:
                    yield _Layer(name, Chunks(_read_member(inner, layer.budget)), layer.budget)
            except Damaged as damage:
                yield Skipped(name, damage.reason)
            except decoder_errors():
                yield Skipped(name, Reason.TRUNCATED_ARCHIVE)


def _has_more(file: IO[bytes], begins: int) -> bool:
    """Check whether a zip has another one before it, or anything but zeros behind it: its directory names neither."""
    file.seek(max(file.seek(0, io.SEEK_END) - _ZIP_END_BYTES, 0))
    tail = file.read(_ZIP_END_BYTES)
    end = tail.rfind(_EMPTY_ZIP)
    comment = int.from_bytes(tail[end + 20 : end + 22], "little")
    file.seek(0)
    return bool(begins and file.read(4) == _ZIP) or bool(tail[end + 22 + comment :].strip(b"\0 \t\r\n"))


def _open_tar(layer: _Layer) -> "Iterator[_Layer | Skipped]":
    from trail_diff.read.tar import read_members

    for member in read_members(layer.stream, layer.budget):
        name = f"{layer.name}!{member.name or NO_NAME}"
        if member.is_file:
            yield _Layer(name, Chunks(_expanded(member.content, layer.budget)), layer.budget)
        elif member.is_link:
            yield Skipped(name, Reason.ARCHIVE_LINK)


def _expanded(content: Iterator[bytes], budget: Budget) -> Iterator[bytes]:
    for data in content:
        budget.expand(len(data))
        yield data


def _read_member(inner: IO[bytes], budget: Budget) -> Iterator[bytes]:
    while True:
        try:
            data = inner.read(CHUNK_BYTES)
        except decoder_errors() as error:
            raise Damaged(Reason.TRUNCATED_ARCHIVE) from error
        if not data:
            return
        budget.expand(len(data))
        yield data


def _seekable(layer: _Layer) -> IO[bytes]:
    """Return the layer as a file that can be read from its end: itself, or an unnamed temporary copy."""
    if layer.seekable is not None:
        layer.budget.take(layer.seekable.seek(0, io.SEEK_END))
        layer.seekable.seek(0)
        return open(layer.seekable.fileno(), "rb", closefd=False)
    return spool(layer.stream)


def spool(stream: Readable) -> IO[bytes]:
    """Copy a stream to where it can be read from its end: memory, or an unnamed temporary file when it is large."""
    import tempfile

    copy = tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 - the caller closes it
    while data := stream.read(CHUNK_BYTES):
        copy.write(data)
    copy.seek(0)
    return copy


def _read_head(stream: Readable) -> tuple[bytes, Damaged | None]:
    """Read enough to tell what a stream is, and the damage that was met on the way."""
    head = b""
    try:
        while len(head) < 512 and (data := stream.read(CHUNK_BYTES)):
            head += data
    except Damaged as damage:
        return head, damage
    return head, None


def _chain(head: bytes, damage: Damaged | None, stream: Readable) -> Iterator[bytes]:
    if head:
        yield head
    if damage is not None:
        raise damage
    while data := stream.read(CHUNK_BYTES):
        yield data
