"""Exports and facts as files, with every name replaced, for somebody else to read.

Each document keeps its form where it can: JSON stays JSON, lines stay lines, a table stays a table; of others the
records and jobs are written. Archives are taken apart. What cannot be read is left out and counted; where what was
written says something else than what was read, nothing appears.
"""

import secrets
import shutil
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from itertools import chain, count, islice
from pathlib import Path

from msgspec import Struct

from trail_diff.case.coverage import is_damage
from trail_diff.errors import SourceError, UsageError
from trail_diff.model.learnt import Skipped
from trail_diff.model.reasons import Reason
from trail_diff.outfile import refuse_inputs, replacing
from trail_diff.read.budget import Budget, Damaged
from trail_diff.read.compressed import Readable
from trail_diff.read.containers import Document, open_documents
from trail_diff.read.envelope import Envelope
from trail_diff.read.interface import Found, FoundJob, FoundRecord, FoundSlim, Tally, select_everything
from trail_diff.read.parallel import run_in_order
from trail_diff.read.stream import Splitter
from trail_diff.read.text import as_utf8, is_binary
from trail_diff.redaction.documents import Learner, Overheard, Rewriter
from trail_diff.redaction.learnt import News
from trail_diff.redaction.redactor import Redactor
from trail_diff.redaction.self_check import Summary, sum_up

_GAP = b'{"eventVersion":null,"eventSource":null,"eventName":"left out by trail-diff redact"}\n'
"""What stands for records that could not be read; it is counted as an invalid one."""
_PIECE_BYTES = 1 << 20
_WORTH_FILES = 8
"""How many files there have to be before further processes are worth their start."""


class Shared(Struct, frozen=True):
    """What was written: how many documents, and what was left out."""

    documents: int
    left_out: tuple[Skipped, ...]


def share(
    paths: Sequence[str],
    output: Path,
    redactor: Redactor,
    before_placing: Callable[[], None] | None = None,
    processes: int = 1,
) -> Shared:
    """Write every document with its names replaced: one to a file, several to a folder, or to a zip when so named.

    All is written to drafts and compared with what was read; `before_placing` is done when they are whole, before any
    of them is put in its place.

    Raises:
        SourceError: a path is not there, holds nothing that can be shared, or something that cannot be without harm.
        UsageError: the output cannot be written, or is there already.
    """
    refuse_inputs(output, paths)
    files = [file for path in paths for file in _files(path)]
    processes = processes if processes > 1 and len(files) >= _WORTH_FILES else 0
    summaries = _learn(files, redactor, processes)
    try:
        with _drafting(output) as folder:
            drafter = _Drafter(folder, redactor, summaries)
            named, left_out = _write_drafts(files, drafter, folder, redactor, processes)
            _compare(named)
            _mark_gaps(folder, named, left_out)
            if not named:
                raise SourceError(
                    "nothing in it can be shared: no text document", hint="give exports or facts as JSON or CSV"
                )
            (before_placing or (lambda: None))()
            _put_in_place(folder, list(named), output)
    except OSError as error:
        raise UsageError(
            f"--output {output}: {error.strerror or error}", hint="choose a place that can be written"
        ) from error
    return Shared(len(named), tuple(left_out))


# ---- read


def _files(path: str) -> Iterator[Path]:
    place = Path(path)
    if place.is_file():
        yield place
    elif place.is_dir():
        yield from (file for file in sorted(place.rglob("*")) if file.is_file())
    else:
        raise SourceError(f"{path}: no such file or folder", hint="check the path")


def _open(files: Sequence[Path], left_out: list[Skipped]) -> Iterator[Document]:
    """Yield every document that is text; each has to be read to its end before the next is asked for.

    Raises:
        SourceError: an archive makes more work than its size warrants.
    """
    for file in files:
        with file.open("rb") as opened:
            budget = Budget()
            for document in open_documents(file.name, _Counted(opened, budget), budget, opened):
                if isinstance(document, Skipped):
                    _refuse_work(document)
                    left_out.append(document)
                elif document.is_parquet or is_binary(document.head):
                    left_out.append(Skipped(document.name, Reason.BINARY_FILE))
                else:
                    yield document


class _Counted:
    """Counts what is read from outside, for the budget."""

    def __init__(self, stream: Readable, budget: Budget) -> None:
        self._stream, self._budget = stream, budget

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes."""
        data = self._stream.read(size)
        self._budget.take(len(data))
        return data


def _read(document: Document, splitter: Splitter, tally: Tally) -> Iterator[Found | FoundSlim]:
    return Envelope(document.name, select_everything, tally, document.budget, is_slim=True).read(splitter)


def _refuse_work(skipped: Skipped) -> None:
    """Refuse a document that makes more work than its size warrants: what is written of a part may not be the same."""
    if skipped.reason is Reason.WORK_LIMIT:
        raise SourceError(
            f"{skipped.source}: redacting the file takes more work than its size warrants, so nothing is written",
            hint="leave it out, or give a part of it",
        )


@contextmanager
def _weighing(document: Document, redactor: Redactor) -> Iterator[None]:
    """Have the redactor count its work for a document.

    Raises:
        SourceError: it is more than the document's size warrants.
    """
    redactor.learnt.budget = document.budget or Budget()
    try:
        yield
    except Damaged as damage:
        _refuse_work(Skipped(document.name, damage.reason))
        raise


class _Pupil:
    """Learns from files, in this process or in another one."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor, self._learner = redactor, Learner(redactor)

    def __call__(self, file: Path) -> Iterator[tuple[Path, Summary, list[News]]]:
        """Yield of every document in a file what it says, and what was learnt from it."""
        for document in _open([file], []):
            self._redactor.learnt.news = []
            with _weighing(document, self._redactor):
                tally = Tally()
                summary = sum_up(self._hear(document, tally), tally)
            yield file, summary, self._redactor.learnt.news

    def _hear(self, document: Document, tally: Tally) -> Iterator[Found | FoundSlim]:
        for found in _read(document, Overheard(document, self._learner.hear), tally):
            if isinstance(found, FoundRecord):
                self._redactor.learn(found.record)
            elif isinstance(found, FoundJob):
                self._redactor.learn(found.document)
            elif isinstance(found, Skipped):
                _refuse_work(found)
            yield found


def _learn(files: Sequence[Path], redactor: Redactor, processes: int) -> dict[Path, list[Summary]]:
    """Take in the names of all documents, in their order; return what each of them says, by the file it is in."""
    summaries = dict[Path, list[Summary]]()
    with closing(run_in_order(_Pupil(redactor), files, processes)) as lessons:
        for _, (file, summary, news) in lessons:
            summaries.setdefault(file, []).append(summary)
            redactor.learnt.take_in(news)
    return summaries


# ---- write


@contextmanager
def _drafting(output: Path) -> Iterator[Path]:
    """Yield a folder for drafts beside the output, which is gone when the block ends."""
    output.parent.mkdir(parents=True, exist_ok=True)
    folder = output.resolve().with_name(f".{output.name[:100]}.{secrets.token_hex(4)}.partial")
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Draft(Struct, frozen=True):
    """A document that was written: its name, its draft, what both say, and the pseudonyms that were new in it."""

    document: str
    draft: str
    read: Summary
    written: Summary
    made: dict[str, str]

    @property
    def difference(self) -> str | None:
        """Return in what the draft differs from the document, None if in nothing."""
        return self.read.difference(self.written)


class _Drafter:
    """Rewrites files to drafts, in this process or in another one."""

    def __init__(self, folder: Path, redactor: Redactor, summaries: Mapping[Path, Sequence[Summary]]) -> None:
        self._folder, self._redactor, self._rewriter = folder, redactor, Rewriter(redactor)
        self._summaries = summaries
        self._told = len(redactor.pseudonyms.made)

    def __call__(self, numbered: tuple[int, Path]) -> Iterator[Draft | tuple[Skipped, ...]]:
        """Yield the draft of every document in a file, then what was left out of it.

        What would not be the same in its own form is written as records, in a second round.
        """
        number, file = numbered
        left_out, formless = list[Skipped](), set[int]()
        for place, document in enumerate(_open([file], left_out)):
            lost = list[Skipped]()
            texts = self._rewriter.rewrite(document, lost)
            draft = self._draft(document, f".{number}-{place}", self._summaries[file][place], texts)
            if draft.difference is None:
                left_out.extend(lost)
                yield draft
            else:
                formless.add(place)
        for place, document in enumerate(_open([file], [])) if formless else ():
            if place in formless:
                texts = self._rewriter.rewrite_records(document, left_out)
                yield self._draft(document, f".{number}-{place}", self._summaries[file][place], texts)
            else:
                _pass_over(document)
        yield tuple(left_out)

    def _draft(self, document: Document, name: str, read: Summary, texts: Iterator[str]) -> Draft:
        """Write a document under a name that no document has."""
        with (self._folder / name).open("wb") as written, _weighing(document, self._redactor):
            for text in texts:
                written.write(text.encode("utf-8", "replace"))
        return Draft(document.name, name, read, _read_again(self._folder / name), self._new())

    def _new(self) -> dict[str, str]:
        made, told = self._redactor.pseudonyms.made, self._told
        self._told = len(made)
        return dict(reversed([*islice(reversed(made.items()), len(made) - told)]))


def _read_again(file: Path) -> Summary:
    """Return what a draft says."""
    with file.open("rb") as opened:
        head = opened.read(1 << 12)
        opened.seek(0)
        tally = Tally()
        found = _read(Document(file.name, head, opened), Splitter(as_utf8(head, opened)), tally)
        return sum_up(found, tally)


def _pass_over(document: Document) -> None:
    with suppress(Damaged):
        while document.stream.read(_PIECE_BYTES):
            pass


def _write_drafts(
    files: Sequence[Path], drafter: _Drafter, folder: Path, redactor: Redactor, processes: int
) -> tuple[dict[str, Draft], list[Skipped]]:
    """Write every document to a draft; return these by their names, and what is left out."""
    named, left_out = dict[str, Draft](), list[Skipped]()
    with closing(run_in_order(drafter, enumerate(files), processes)) as drafts:
        for _, draft in drafts:
            if isinstance(draft, Draft):
                redactor.pseudonyms.made.update(draft.made)
                name = _unused(redactor.text(draft.document), named)
                (folder / draft.draft).rename(folder / name)
                named[name] = draft
            else:
                left_out.extend(draft)
    return named, left_out


def _compare(named: Mapping[str, Draft]) -> None:
    """Compare what the drafts say with what was read.

    Raises:
        SourceError: one says something else than the document that it was made of.
    """
    for name, draft in named.items():
        if draft.difference is not None:
            raise SourceError(
                f"{name}: the redacted copy would not hold the same {draft.difference}, so nothing is written",
                hint="export it again as AWS writes it, as JSON; a damaged or retyped file cannot be redacted safely",
            )


def _mark_gaps(folder: Path, named: Mapping[str, Draft], left_out: Sequence[Skipped]) -> None:
    """Put what reading counts as a record that is none behind documents of which a part is missing, as before.

    Without it an absence that nobody can be sure of would be called confirmed of the copy. For what was left out as a
    whole it is put into the last document. A policy or another fact gets none: it would not be one any more.
    """
    marked = {name for name, draft in named.items() if draft.read.is_partly_read and not draft.written.is_partly_read}
    is_any_told = marked or any(draft.written.is_partly_read for draft in named.values())
    if not is_any_told and any(map(is_damage, left_out)):
        marked = set(list(named)[-1:])
    for name in marked:
        file, written = folder / name, named[name].written
        if written.records or written.jobs or not file.stat().st_size:
            with file.open("ab") as opened:
                opened.write(_GAP)


def _put_in_place(folder: Path, names: Sequence[str], output: Path) -> None:
    if output.suffix == ".zip":
        with replacing(output) as draft, zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in names:
                archive.write(folder / name, name)
    elif len(names) == 1 and not output.is_dir():
        _move(folder / names[0], output)
    else:
        output.mkdir(exist_ok=True)
        for name in names:
            (folder / name).replace(output / name)


def _move(file: Path, output: Path) -> None:
    """Move a file to its place; a pipe or device is written to."""
    if output.exists() and not output.is_file():
        with file.open("rb") as opened, output.open("wb") as into:
            shutil.copyfileobj(opened, into)
    else:
        file.replace(output.resolve())


def _unused(name: str, names: Collection[str]) -> str:
    """Make a plain file name that no earlier document has."""
    plain = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name).removesuffix(".gz")
    plain = plain.lstrip(".") or "document"
    numbered = (f"{number}-{plain}" for number in count(2))
    return next(each for each in chain([plain], numbered) if each not in names)
