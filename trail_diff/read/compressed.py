"""Unpacking gzip, bzip2, xz and zstd: one member after another, in chunks of bounded size, each weighed by a budget."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from isal import igzip_lib, isal_zlib

from trail_diff.model.reasons import Reason
from trail_diff.read.budget import MEMBER_WORK, Budget, Damaged

if TYPE_CHECKING:
    import bz2
    import lzma

CHUNK_BYTES = 1 << 20
_XZ_MEMORY_BYTES = 256 << 20
"""How much memory an xz file may ask for; `xz -9` needs 65 MiB."""
_FIRST_PIECE_BYTES = 2048
"""How much of a member is unpacked first, and at most at once where that cannot be bounded otherwise."""
_ZSTD_WINDOW_BYTES = 128 << 20
"""How much memory a zstd file may ask for; `zstd --ultra -22` needs as much."""


class Readable(Protocol):
    """Anything that gives bytes, and no bytes at its end."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes."""


class Chunks:
    """Reads from an iterator of chunks as from a file."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest, self._at = b"", 0

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes; what came before damage is given before the damage is raised."""
        while self._at >= len(self._rest):
            try:
                self._rest, self._at = next(self._chunks), 0
            except StopIteration:
                return b""
        given = self._rest[self._at : self._at + size]
        self._at += len(given)
        return given


class _Fed:
    """Gives packed bytes in pieces that begin small with each member and grow.

    A decompressor copies what lies behind a member; so little does that many small members take linear time.
    """

    def __init__(self, stream: Readable, largest: int = CHUNK_BYTES) -> None:
        self._stream, self._largest = stream, largest
        self._data, self._at, self._size = b"", 0, _FIRST_PIECE_BYTES

    def read(self) -> bytes:
        """Return the next piece; none at the end."""
        if self._at >= len(self._data):
            self._data, self._at = self._stream.read(CHUNK_BYTES), 0
        piece = self._data[self._at : self._at + self._size]
        self._at += len(piece)
        self._size = min(2 * self._size, self._largest)
        return piece

    def give_back(self, size: int) -> None:
        """Take back the end of the last piece, which is behind the end of a member."""
        self._at -= size
        self._size = _FIRST_PIECE_BYTES

    def has_more(self) -> bool:
        """Check whether anything but zeros is left, and pass over these."""
        while piece := self.read():
            if rest := piece.lstrip(b"\0"):
                self.give_back(len(rest))
                return True
        return False


def inflate(stream: Readable, budget: Budget) -> Iterator[bytes]:
    """Inflate gzip, one member after another, in chunks of bounded size.

    Raises:
        Damaged: the stream ends inside of a member or is no gzip any more; what came before was given.
    """
    fed = _Fed(stream)
    while fed.has_more():
        budget.look()
        yield from _inflate_member(fed, budget)


def _inflate_member(fed: _Fed, budget: Budget) -> Iterator[bytes]:
    decompressor, data = isal_zlib.decompressobj(31), b""
    while not decompressor.eof:
        data = data or fed.read()
        try:
            inflated = decompressor.decompress(data, CHUNK_BYTES)
        except isal_zlib.IsalError as error:  # type: ignore[misc] # the stub has it as an instance
            raise Damaged(Reason.TRUNCATED_ARCHIVE) from error
        is_at_end = not data and not inflated
        data = decompressor.unconsumed_tail
        budget.expand(len(inflated))
        if inflated:
            yield inflated
        if is_at_end and not decompressor.eof:
            raise Damaged(Reason.TRUNCATED_ARCHIVE)
    fed.give_back(len(decompressor.unused_data))


def expand(stream: Readable, budget: Budget, *, is_xz: bool) -> Iterator[bytes]:
    """Expand bzip2 or xz, one stream after another, in chunks of bounded size."""
    import bz2
    import lzma

    def begin() -> bz2.BZ2Decompressor | lzma.LZMADecompressor:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY_BYTES) if is_xz else bz2.BZ2Decompressor()

    fed = _Fed(stream)
    while fed.has_more():
        budget.spend(MEMBER_WORK)
        yield from _expand_member(fed, begin(), budget)


def _expand_member(
    fed: _Fed, decompressor: "bz2.BZ2Decompressor | lzma.LZMADecompressor", budget: Budget
) -> Iterator[bytes]:
    while not decompressor.eof:
        data = fed.read() if decompressor.needs_input else b""
        if not data and decompressor.needs_input:
            raise Damaged(Reason.TRUNCATED_ARCHIVE)
        try:
            expanded = decompressor.decompress(data, CHUNK_BYTES)
        except decoder_errors() as error:
            raise Damaged(Reason.TRUNCATED_ARCHIVE) from error
        budget.expand(len(expanded))
        if expanded:
            yield expanded
    fed.give_back(len(decompressor.unused_data))


def zstd_decoder() -> Callable[[], Any] | None:
    """Return what begins to decode a zstd frame; None where the library for it is not installed."""
    try:
        import zstandard
    except ImportError:
        return None
    return zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES).decompressobj


def expand_zstd(stream: Readable, budget: Budget, begin: Callable[[], Any]) -> Iterator[bytes]:
    """Expand zstd, one frame after another; in small pieces, as a frame may become a thousand times as large."""
    fed = _Fed(stream, _FIRST_PIECE_BYTES)
    while fed.has_more():
        budget.spend(MEMBER_WORK)
        frame = begin()
        while not frame.eof:
            piece = fed.read()
            if not piece:
                raise Damaged(Reason.TRUNCATED_ARCHIVE)
            try:
                expanded = frame.decompress(piece)
            except decoder_errors() as error:
                raise Damaged(Reason.TRUNCATED_ARCHIVE) from error
            budget.expand(len(expanded))
            if expanded:
                yield expanded
        fed.give_back(len(frame.unused_data))


def inflate_whole(content: bytes, limit: int) -> bytes:
    """Inflate a gzip file of one member; nothing if it is damaged, has several, or holds more than the limit.

    Its last four bytes say how large it becomes; a buffer of that very size takes half the time of one that grows.
    """
    size = int.from_bytes(content[-4:], "little")
    if not 0 < size <= limit:
        return b""
    decompressor = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
    try:
        inflated = decompressor.decompress(content, size)
    except isal_zlib.IsalError:  # type: ignore[misc] # the stub has it as an instance
        return b""
    return inflated if decompressor.eof and not decompressor.unused_data else b""


def decoder_errors() -> tuple[type[Exception], ...]:
    """Return everything that decoders of archives raise over what they are given: all of it is damage."""
    import lzma
    import struct
    import zipfile
    import zlib

    errors: list[type[Exception]] = [zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError, struct.error]
    errors += [OSError, EOFError, ValueError, NotImplementedError, RuntimeError, LookupError, TypeError, AttributeError]
    errors += [OverflowError, AssertionError, MemoryError]
    try:
        import zstandard
    except ImportError:
        return tuple(errors)
    return (*errors, zstandard.ZstdError)
