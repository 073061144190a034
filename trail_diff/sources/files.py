"""From paths to what is found in them: files, folders, globs and stdin, one file at a time."""

import sys
from collections.abc import Iterator, Sequence
from glob import glob, has_magic
from pathlib import Path
from typing import IO, BinaryIO

from msgspec import Struct

from trail_diff.errors import SourceError
from trail_diff.model import Reason, Skipped
from trail_diff.sources.containers import Budget, Damaged, Document, Readable, open_documents, spool
from trail_diff.sources.envelope import Envelope
from trail_diff.sources.interface import Found, Progress, Selection, Tally
from trail_diff.sources.stream import Splitter
from trail_diff.sources.text import as_utf8, is_binary

BESIDE_TRAIL_FILES = {"CloudTrail-Digest": Reason.DIGEST_FILE, "CloudTrail-Insight": Reason.INSIGHT_EVENT}
"""Folders that lie beside a trail's own in the S3 layout and hold no records; passed over without being opened."""


class Reading(Struct, frozen=True):
    """What every file of a reading shares."""

    selection: Selection
    tally: Tally
    progress: Progress | None


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
        if path == "-":
            yield from read_stream("stdin", stdin or _stdin(), None, reading)
            continue
        for file in _expand(path):
            reason = next((BESIDE_TRAIL_FILES[part] for part in file.parts if part in BESIDE_TRAIL_FILES), None)
            if reason is not None:
                yield Skipped(str(file), reason)
            else:
                yield from _read_file(file, reading)


def _stdin() -> BinaryIO:
    if sys.stdin is None:
        raise SourceError("stdin is closed", hint="give a file or folder, or pipe an export in")
    return sys.stdin.buffer


def _expand(path: str) -> Iterator[Path]:
    """Give the files that a path stands for; a name that is there as it is written is never a glob."""
    if not path.strip():
        raise SourceError("an empty name for an export", hint="give a file or folder; a variable may not be set")
    place = Path(path)
    try:
        is_file, is_folder, is_there = place.is_file() or place.is_fifo(), place.is_dir(), place.exists()
    except (OSError, ValueError):
        is_file = is_folder = is_there = False
    if is_file:
        yield place
        return
    if is_folder:
        files = [file for file in sorted(place.rglob("*")) if file.is_file()]
        if not files:
            raise SourceError(f"{path}: the folder holds no file", hint="give a file or folder with CloudTrail events")
        yield from files
        return
    if is_there:
        raise SourceError(f"{path}: neither a file nor a folder nor a pipe", hint="give - to read stdin")
    names = sorted(glob(path, recursive=True)) if has_magic(path) else []  # noqa: PTH207 - absolute globs as well
    if not names:
        raise SourceError(f"{path}: no such file or folder", hint="check the path; quote a pattern to have it expanded")
    for name in names:
        yield from _expand(name)


def _read_file(file: Path, reading: Reading) -> Iterator[Found]:
    try:
        with file.open("rb") as opened:
            size = file.stat().st_size
            if reading.progress is not None:
                reading.progress.file(str(file), size)
            seekable = opened if opened.seekable() else None
            yield from read_stream(str(file), opened, seekable, reading)
    except OSError:
        yield Skipped(str(file), Reason.UNREADABLE_FILE)


def read_stream(name: str, stream: Readable, seekable: IO[bytes] | None, reading: Reading) -> Iterator[Found]:
    """Read one input whole, whatever containers it lies in; `seekable` is the same as a file, when it is one."""
    reading.tally.files += 1
    budget = Budget()
    counted = _Counted(stream, budget, reading)
    for document in open_documents(name, counted, budget, seekable):
        yield from (document,) if isinstance(document, Skipped) else _read_document(document, reading)
    counted.report()


def _read_document(document: Document, reading: Reading) -> Iterator[Found]:
    envelope = Envelope(document.name, reading.selection, reading.tally)
    if document.is_parquet:
        from trail_diff.sources.parquet import read_parquet

        try:
            with spool(document.stream) as data:
                yield from envelope.read_rows(read_parquet(data, document.name))
        except Damaged as damage:
            yield Skipped(document.name, damage.reason)
    elif is_binary(document.head):
        yield Skipped(document.name, Reason.BINARY_FILE)
    else:
        yield from envelope.read(Splitter(as_utf8(document.head, document.stream)))


class _Counted:
    """Counts what is read from outside, for the budget and for the progress."""

    def __init__(self, stream: Readable, budget: Budget, reading: Reading) -> None:
        self._stream, self._budget, self._reading = stream, budget, reading
        self._told_bytes, self._told_records = 0, reading.tally.records

    def read(self, size: int, /) -> bytes:
        """Give up to `size` bytes."""
        data = self._stream.read(size)
        self._budget.take(len(data))
        self.report()
        return data

    def report(self) -> None:
        """Tell the progress what came since the last time."""
        if self._reading.progress is None:
            return
        read, records = self._budget.read_bytes, self._reading.tally.records
        self._reading.progress.advance(read - self._told_bytes, records - self._told_records)
        self._told_bytes, self._told_records = read, records
