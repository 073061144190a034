"""From paths to what is found in them: files, folders, globs and stdin, one file at a time."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import IO, BinaryIO

from trail_diff.errors import SourceError
from trail_diff.model.learnt import Skipped
from trail_diff.model.reasons import Reason
from trail_diff.read import slim
from trail_diff.read.budget import Budget, Damaged
from trail_diff.read.compressed import Readable, inflate_whole
from trail_diff.read.containers import GZIP, Document, open_documents, spool
from trail_diff.read.envelope import Envelope
from trail_diff.read.interface import Found, FoundSlim, Progress, ReadOptions, Selection, Tally
from trail_diff.read.stream import WINDOW_BYTES, Splitter
from trail_diff.read.stretches import NotLinesError, read_stretch
from trail_diff.read.text import Text, as_utf8, is_binary, is_utf8, pieces
from trail_diff.read.walk import InputFile, expand_path

STDIN = "-"
SMALL_BYTES = 2 << 20
"""How large a file may be to be read in one go; trail files are mostly far below 1 MiB."""


class FileSource:
    """Files as a Source: a file, a folder (with all below it), a glob, or `-` for stdin; each in order of name."""

    def __init__(self, paths: Sequence[str], stdin: BinaryIO | None = None) -> None:
        self._paths, self._stdin = paths, stdin

    def read(
        self,
        query: ReadOptions,  # noqa: ARG002 - files are read whole, so that the counts are of all that is in them
        selection: Selection,
        tally: Tally,
        progress: Progress | None,
    ) -> Iterator[Found]:
        """Read every path.

        Raises:
            SourceError: a path is not there, a glob fits nothing, or a folder is empty.
        """
        yield from _whole_only(FileReader(selection, tally, progress).read(self.files(selection), self._stdin))

    def files(self, selection: Selection) -> Iterable[InputFile | Skipped]:
        """Return the files that the paths stand for."""
        return chain.from_iterable(list_files(path, selection) for path in self._paths)


class FileReader:
    """Reads files and streams of any form, whatever containers they lie in.

    Where `is_slim`, plain records are given as SlimRecords, see the Envelope. `is_quick`: see the Splitter.
    """

    def __init__(
        self,
        selection: Selection,
        tally: Tally,
        progress: Progress | None = None,
        *,
        is_slim: bool = False,
        is_quick: bool = True,
    ) -> None:
        self._selection, self._tally, self._progress = selection, tally, progress
        self._is_slim, self._is_quick = is_slim, is_quick

    def read(self, files: Iterable[InputFile | Skipped], stdin: BinaryIO | None = None) -> Iterator[Found | FoundSlim]:
        """Read files one after the other; the one called STDIN is what arrives there.

        Raises:
            NotLinesError: a file is a stretch of one, and holds something else than a record a line.
        """
        for file in files:
            if isinstance(file, Skipped):
                yield file
            elif file.path == STDIN:
                yield from self._read_stream("memory" if stdin else "stdin", stdin or _stdin(), None)
            else:
                yield from self._read_file(file)

    def read_stream(self, name: str, stream: Readable) -> Iterator[Found]:
        """Read one input whole."""
        return _whole_only(self._read_stream(name, stream, None))

    def _read_file(self, file: InputFile) -> Iterator[Found | FoundSlim]:
        try:
            if file.start or file.end is not None:
                yield from self._read_part(file)
                return
            with open(file.path, "rb") as opened:  # noqa: PTH123 - making a Path takes as long as opening
                self._begin(file.path, file.size)
                content = opened.read() if 0 < file.size <= SMALL_BYTES else b""
                if self._is_quick and (batch := _read_at_once(content)):
                    self._tally.files += 1
                    yield from self._envelope(file.path).read_batch(batch)
                    self._advance(len(content), len(batch.records))
                    return
                seekable = opened if opened.seekable() else None
                if content and seekable:
                    seekable.seek(0)
                yield from self._read_stream(file.path, opened, seekable)
        except OSError:
            yield Skipped(file.path, Reason.UNREADABLE_FILE)

    def _read_part(self, file: InputFile) -> Iterator[Found | FoundSlim]:
        """Read a part of a file that holds a record a line up to there."""
        budget = Budget()
        envelope = self._envelope(file.path, budget)
        if file.end is None:
            with open(file.path, "rb") as opened:  # noqa: PTH123 - as above
                opened.seek(file.start)
                counted = _Counted(opened, budget, self._tally, self._progress)
                text = Text(pieces(counted))
                yield from envelope.read(
                    Splitter(text, is_quick=self._is_quick, start=file.start, budget=budget), is_begun=True
                )
                counted.report()
            return
        content = read_stretch(file)
        batch = slim.read_lines(content) if is_utf8(content) else None
        if batch is None:
            raise NotLinesError
        if not file.start:
            self._tally.files += 1
            self._begin(file.path, file.size)
        yield from envelope.read_batch(batch)
        self._advance(len(content), len(batch.records))

    def _read_stream(self, name: str, stream: Readable, seekable: IO[bytes] | None) -> Iterator[Found | FoundSlim]:
        """Read one input whole; `seekable` is the same as a file, when it is one."""
        self._tally.files += 1
        budget = Budget()
        counted = _Counted(stream, budget, self._tally, self._progress)
        for document in open_documents(name, counted, budget, seekable):
            yield from (document,) if isinstance(document, Skipped) else self._read_document(document)
        counted.report()

    def _read_document(self, document: Document) -> Iterator[Found | FoundSlim]:
        envelope = self._envelope(document.name, document.budget)
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
            yield from envelope.read(Splitter(stream, is_quick=self._is_quick, budget=document.budget))

    def _envelope(self, source: str, budget: Budget | None = None) -> Envelope:
        return Envelope(source, self._selection, self._tally, budget, is_slim=self._is_slim)

    def _begin(self, name: str, size: int | None) -> None:
        if self._progress is not None:
            self._progress.file(name, size)

    def _advance(self, read_bytes: int, records: int) -> None:
        if self._progress is not None:
            self._progress.advance(read_bytes, records)


def list_files(path: str, selection: Selection) -> Iterable[InputFile | Skipped]:
    """Return the files that a path stands for; those that by their folder cannot hold what is wanted are left out.

    Raises:
        SourceError: the path is not there, a glob fits nothing, or a folder is empty.
    """
    if path == STDIN:
        return [InputFile(STDIN, 0)]
    return expand_path(path, selection if isinstance(selection, ReadOptions) else None)


def is_read_once(path: str) -> bool:
    """Check whether a path is stdin or a pipe: it can be read once only, and maybe by no other process than this."""
    try:
        return path == STDIN or Path(path).is_fifo()
    except (OSError, ValueError):
        return False


def _stdin() -> BinaryIO:
    if sys.stdin is None:
        raise SourceError("stdin is closed", hint="give a file or folder, or pipe an export in")
    return sys.stdin.buffer


def _whole_only(found: Iterable[Found | FoundSlim]) -> Iterator[Found]:
    """Yield what a reading that is not slim brings."""
    for item in found:
        if not isinstance(item, FoundSlim):
            yield item


def _read_at_once(content: bytes) -> slim.Batch | None:
    """Read a small file in the most frequent form; None if it has another one."""
    document = inflate_whole(content, WINDOW_BYTES) if content.startswith(GZIP) else content
    is_archive = document[257:262] == b"ustar"
    return (
        slim.read_document(document)
        if document.startswith((b"{", b"[")) and not is_archive and is_utf8(document)
        else None
    )


class _Counted:
    """Counts what is read from outside, for the budget and for the progress."""

    def __init__(self, stream: Readable, budget: Budget, tally: Tally, progress: Progress | None) -> None:
        self._stream, self._budget, self._tally, self._progress = stream, budget, tally, progress
        self._told_bytes, self._told_records = 0, tally.records

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes."""
        data = self._stream.read(size)
        self._budget.take(len(data))
        self.report()
        return data

    def report(self) -> None:
        """Report to the progress what came since the last time."""
        if self._progress is None:
            return
        read, records = self._budget.read_bytes, self._tally.records
        self._progress.advance(read - self._told_bytes, records - self._told_records)
        self._told_bytes, self._told_records = read, records
