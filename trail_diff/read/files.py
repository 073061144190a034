"""From paths to what is found in them: files, folders, globs and stdin, one file at a time."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, BinaryIO

from msgspec import Struct

from trail_diff.errors import SourceError
from trail_diff.model.learnt import Skipped
from trail_diff.model.reasons import Reason
from trail_diff.read import slim
from trail_diff.read.containers import (
    GZIP,
    Budget,
    Damaged,
    Document,
    Readable,
    inflate_whole,
    open_documents,
    spool,
)
from trail_diff.read.envelope import Envelope
from trail_diff.read.interface import Found, FoundSlim, Progress, Selection, SourceSelection, Tally
from trail_diff.read.stream import WINDOW_BYTES, Splitter
from trail_diff.read.stretches import NotLinesError, read_stretch
from trail_diff.read.text import as_utf8, is_binary
from trail_diff.read.walk import InputFile, expand_path

STDIN = "-"
SMALL_BYTES = 2 << 20
"""How large a file may be to be read in one go; trail files are mostly far below 1 MiB."""


class Reading(Struct, frozen=True):
    """What every file of a reading shares.

    `is_slim`: plain records are given as SlimRecords, see the Envelope. `is_quick`: see the Splitter.
    """

    selection: Selection
    tally: Tally
    progress: Progress | None = None
    is_slim: bool = False
    is_quick: bool = True


def read_paths(
    paths: Sequence[str],
    selection: Selection,
    tally: Tally,
    *,
    progress: Progress | None = None,
    stdin: BinaryIO | None = None,
) -> Iterator[Found]:
    """Read every path: a file, a folder (with all below it), a glob, or `-` for stdin; in order of name.

    Raises:
        SourceError: a path is not there, a glob fits nothing, or a folder is empty.
    """
    reading = Reading(selection, tally, progress)
    for path in paths:
        yield from _whole_only(read_files(list_files(path, selection), reading, stdin))


def _stdin() -> BinaryIO:
    if sys.stdin is None:
        raise SourceError("stdin is closed", hint="give a file or folder, or pipe an export in")
    return sys.stdin.buffer


def list_files(path: str, selection: Selection) -> Iterable[InputFile | Skipped]:
    """Return the files that a path stands for; those that by their folder cannot hold what is wanted are left out.

    Raises:
        SourceError: the path is not there, a glob fits nothing, or a folder is empty.
    """
    if path == STDIN:
        return [InputFile(STDIN, 0)]
    return expand_path(path, selection if isinstance(selection, SourceSelection) else None)


def is_read_once(path: str) -> bool:
    """Check whether a path is stdin or a pipe: it can be read once only, and maybe by no other process than this."""
    try:
        return path == STDIN or Path(path).is_fifo()
    except (OSError, ValueError):
        return False


def read_files(
    files: Iterable[InputFile | Skipped], reading: Reading, stdin: BinaryIO | None = None
) -> Iterator[Found | FoundSlim]:
    """Read files one after the other; the one called STDIN is what arrives there."""
    for file in files:
        if isinstance(file, Skipped):
            yield file
        elif file.path == STDIN:
            yield from _read_stream("stdin", stdin or _stdin(), None, reading)
        else:
            yield from _read_file(file, reading)


def read_stream(name: str, stream: Readable, seekable: IO[bytes] | None, reading: Reading) -> Iterator[Found]:
    """Read one input whole, whatever containers it lies in; `seekable` is the same as a file, when it is one."""
    return _whole_only(_read_stream(name, stream, seekable, reading))


def _whole_only(found: Iterable[Found | FoundSlim]) -> Iterator[Found]:
    """Yield what a reading that is not slim brings."""
    for item in found:
        if not isinstance(item, FoundSlim):
            yield item


def _read_part(file: InputFile, reading: Reading) -> Iterator[Found | FoundSlim]:
    """Read a part of a file that holds a record a line up to there.

    Raises:
        NotLinesError: the part is a stretch, and holds something else.
    """
    envelope = Envelope(file.path, reading.selection, reading.tally, is_slim=reading.is_slim)
    if file.end is None:
        with open(file.path, "rb") as opened:  # noqa: PTH123 - as below
            opened.seek(file.start)
            counted = _Counted(opened, Budget(), reading)
            yield from envelope.read(Splitter(counted, is_quick=reading.is_quick, start=file.start), is_begun=True)
            counted.report()
        return
    content = read_stretch(file)
    batch = slim.read_lines(content)
    if batch is None:
        raise NotLinesError
    reading.tally.files += 0 if file.start else 1
    if reading.progress is not None and not file.start:
        reading.progress.file(file.path, file.size)
    yield from envelope.read_batch(batch)
    if reading.progress is not None:
        reading.progress.advance(len(content), len(batch.records))


def _read_file(file: InputFile, reading: Reading) -> Iterator[Found | FoundSlim]:
    try:
        if file.start or file.end is not None:
            yield from _read_part(file, reading)
            return
        with open(file.path, "rb") as opened:  # noqa: PTH123 - making a Path takes as long as opening
            if reading.progress is not None:
                reading.progress.file(file.path, file.size)
            content = opened.read() if 0 < file.size <= SMALL_BYTES else b""
            if reading.is_quick and (batch := _read_at_once(content)):
                reading.tally.files += 1
                envelope = Envelope(file.path, reading.selection, reading.tally, is_slim=reading.is_slim)
                yield from envelope.read_batch(batch)
                if reading.progress is not None:
                    reading.progress.advance(len(content), len(batch.records))
                return
            seekable = opened if opened.seekable() else None
            if content and seekable:
                seekable.seek(0)
            yield from _read_stream(file.path, opened, seekable, reading)
    except OSError:
        yield Skipped(file.path, Reason.UNREADABLE_FILE)


def _read_at_once(content: bytes) -> slim.Batch | None:
    """Read a small file in the most frequent form; None if it has another one."""
    document = inflate_whole(content, WINDOW_BYTES) if content.startswith(GZIP) else content
    is_archive = document[257:262] == b"ustar"
    return slim.read_document(document) if document.startswith((b"{", b"[")) and not is_archive else None


def _read_stream(
    name: str, stream: Readable, seekable: IO[bytes] | None, reading: Reading
) -> Iterator[Found | FoundSlim]:
    """Do what `read_stream` does, for a reading that may be slim."""
    reading.tally.files += 1
    budget = Budget()
    counted = _Counted(stream, budget, reading)
    for document in open_documents(name, counted, budget, seekable):
        yield from (document,) if isinstance(document, Skipped) else _read_document(document, reading)
    counted.report()


def _read_document(document: Document, reading: Reading) -> Iterator[Found | FoundSlim]:
    envelope = Envelope(document.name, reading.selection, reading.tally, is_slim=reading.is_slim)
    if document.is_parquet:
        from trail_diff.read.forms.parquet import read_parquet

        try:
            with spool(document.stream) as data:
                yield from envelope.read_rows(read_parquet(data, document.name))
        except Damaged as damage:
            yield Skipped(document.name, damage.reason)
    elif is_binary(document.head):
        yield Skipped(document.name, Reason.BINARY_FILE)
    else:
        stream = as_utf8(document.head, document.stream)
        yield from envelope.read(Splitter(stream, is_quick=reading.is_quick))


class _Counted:
    """Counts what is read from outside, for the budget and for the progress."""

    def __init__(self, stream: Readable, budget: Budget, reading: Reading) -> None:
        self._stream, self._budget, self._reading = stream, budget, reading
        self._told_bytes, self._told_records = 0, reading.tally.records

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes."""
        data = self._stream.read(size)
        self._budget.take(len(data))
        self.report()
        return data

    def report(self) -> None:
        """Report to the progress what came since the last time."""
        if self._reading.progress is None:
            return
        read, records = self._budget.read_bytes, self._reading.tally.records
        self._reading.progress.advance(read - self._told_bytes, records - self._told_records)
        self._told_bytes, self._told_records = read, records
