"""Exports and facts as files, with every name replaced, for somebody else to read; and the owner's map back.

Each document keeps its shape: JSON stays JSON, lines stay lines, a table stays a table. Archives are taken apart. What
cannot be read as text is left out, never copied.
"""

import csv
import io
import json
import re
import secrets
import shutil
import zipfile
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import chain, count
from pathlib import Path
from typing import IO, Any, Literal

import msgspec
from msgspec import Struct, to_builtins

from trail_diff.errors import SourceError, UsageError
from trail_diff.model.learnt import Skipped
from trail_diff.model.reasons import Reason
from trail_diff.outfile import refuse_inputs, replacing
from trail_diff.read.containers import Budget, Damaged, Document, open_documents
from trail_diff.read.files import STDIN, FileReader, list_files
from trail_diff.read.forms.rows import is_header
from trail_diff.read.interface import FoundJob, FoundRecord, Tally, select_everything
from trail_diff.read.text import as_utf8, is_binary
from trail_diff.read.walk import InputFile
from trail_diff.redact.chunks import read_pieces
from trail_diff.redact.fast_path import Doubtful, Members
from trail_diff.redact.pseudonyms import Pseudonyms
from trail_diff.redact.redactor import Redactor

MAP_SCHEMA: Literal["trail-diff/pseudonyms/1"] = "trail-diff/pseudonyms/1"
_DECODER = json.JSONDecoder(strict=False)
_MOST_FAILURES = 8
"""How many values over several lines may turn out to be none; each costs a look at all that is left."""
_MEMBER = re.compile(r'("([\w.:@/-]{1,100})"\s{0,8}:\s{0,8}")((?:[^"\\]|\\.)*)')
_Pieces = tuple[str, Iterator[str]]
"""A document: its name, and its text in pieces."""


class _Map(Struct, frozen=True):
    """What the owner keeps: the secret, the name behind each pseudonym, and where words begin anew for patterns."""

    secret: str
    names: dict[str, str]
    fragments: tuple[str, ...] = ()
    schema: Literal["trail-diff/pseudonyms/1"] = MAP_SCHEMA


class Shared(Struct, frozen=True):
    """What was written: how many documents, and what was left out."""

    documents: int
    left_out: tuple[Skipped, ...]


def make_pseudonyms(map_file: Path | None = None, keep: Collection[str] = ()) -> Pseudonyms:
    """Make pseudonyms with a new secret, or with that of a map which an earlier run wrote.

    Raises:
        UsageError: the file is there and is no such map.
    """
    if map_file is None or not map_file.exists():
        return Pseudonyms(secrets.token_bytes(32), keep)
    try:
        known = msgspec.json.decode(map_file.read_bytes(), type=_Map)
        pseudonyms = Pseudonyms(bytes.fromhex(known.secret), keep)
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        raise UsageError(
            f"--map {map_file}: no map of pseudonyms", hint="name a new file, or one that an earlier run wrote"
        ) from error
    pseudonyms.learn_fragments(known.fragments)
    pseudonyms.made.update(known.names)
    return pseudonyms


def write_map(pseudonyms: Pseudonyms, map_file: Path) -> None:
    """Write which pseudonym stands for what, readable for the owner only.

    Raises:
        UsageError: the file cannot be written.
    """
    try:
        with replacing(map_file, mode=0o600) as draft, draft.open("w", encoding="ascii") as file:
            file.writelines(_print_map(pseudonyms))
    except OSError as error:
        raise UsageError(
            f"--map {map_file}: {error.strerror or error}", hint="choose a place that can be written"
        ) from error


def _print_map(pseudonyms: Pseudonyms) -> Iterator[str]:
    """Yield a _Map as JSON with indents, name by name, as there may be millions."""
    told = _Map(pseudonyms.secret.hex(), {}, pseudonyms.fragments)
    before, after = json.dumps(to_builtins(told), indent=2).split("{}", 1)
    yield before + "{"
    for place, made in enumerate(sorted(pseudonyms.made)):
        separator = "," if place else ""
        yield f"{separator}\n    {json.dumps(made)}: {json.dumps(pseudonyms.made[made])}"
    yield ("\n  }" if pseudonyms.made else "}") + after


def share(
    paths: Sequence[str], output: Path, redactor: Redactor, before_placing: Callable[[], None] | None = None
) -> Shared:
    """Write every document with its names replaced: one to a file, several to a folder, or to a zip when so named.

    All is written to a draft; `before_placing` is done when that is whole, before any of it is put in its place.

    Raises:
        SourceError: a path is not there, or holds nothing that can be shared.
        UsageError: the output cannot be written, or is there already.
    """
    refuse_inputs(output, paths)
    files = [file for path in paths for file in _files(path)]
    _learn(paths, files, redactor)
    left_out: list[Skipped] = []
    documents = _write(output, _rewritten(files, redactor, left_out), before_placing or (lambda: None))
    return Shared(documents, tuple(left_out))


def _learn(paths: Sequence[str], files: Sequence[Path], redactor: Redactor) -> None:
    """Take in the names of all records, then those of everything else; both are the same where records are plain."""
    members, plain = Members(redactor), set[Path]()
    reader = FileReader(select_everything, Tally())
    for file in chain.from_iterable(list_files(path, select_everything) for path in paths):
        if isinstance(file, InputFile) and _learn_plain(file, members):
            plain.add(Path(file.path))
            continue
        for found in reader.read([file]):
            if isinstance(found, FoundRecord):
                redactor.learn(found.record)
            elif isinstance(found, FoundJob):
                redactor.learn(found.document)
    for name, pieces in _read_texts([file for file in files if file not in plain], []):
        for value in chain.from_iterable(map(_values, pieces)):
            if isinstance(value, dict) and value.get("schema") == MAP_SCHEMA:
                raise UsageError(f"{name} is a map of pseudonyms: it tells who is who", hint="leave it out")
            redactor.learn(value)


def _learn_plain(file: InputFile, members: Members) -> bool:
    """Take in the names of a file, and tell whether it holds plain records only; else it has to be read again."""
    left_out: list[Skipped] = []
    if file.path == STDIN:
        return False
    try:
        for _, pieces in _read_texts([Path(file.path)], left_out):
            for piece in pieces:
                members.learn(piece)
    except (Doubtful, OSError):
        return False
    return not left_out


def _rewritten(files: Sequence[Path], redactor: Redactor, left_out: list[Skipped]) -> Iterator[_Pieces]:
    members = Members(redactor)
    for name, pieces in _read_texts(files, left_out):
        yield redactor.text(name), (_rewrite_quickly(piece, redactor, members) for piece in pieces)


def _rewrite_quickly(text: str, redactor: Redactor, members: Members) -> str:
    try:
        return members.rewrite(text)
    except Doubtful:
        return rewrite(text, redactor)


def rewrite(text: str, redactor: Redactor) -> str:
    """Return a document with its names replaced: JSON values one after another, a table, or lines of text."""
    stripped = text.lstrip()
    if stripped.startswith(("{", "[")):
        values = list(_split(text))
        if all(not isinstance(value, str) for value in values):
            indent = 2 if len(values) == 1 and "\n" in text.strip() else None
            return "\n".join(_dump(redactor.redact(value), indent) for value in values) + "\n"
    first = stripped.partition("\n")[0]
    if is_header(first):
        return _rewrite_table(text, redactor)
    return "".join(_rewrite_lines(text, redactor))


def _rewrite_lines(text: str, redactor: Redactor) -> Iterator[str]:
    """Replace the names of lines; a value that begins behind a prefix may go on over the lines that follow."""
    at, failures = 0, 0
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        start = text.find("{", at, end)
        if start > at and not text[start + 1 : end].strip() and failures < _MOST_FAILURES:
            try:
                value, after = _DECODER.raw_decode(text, start)
            except (ValueError, RecursionError):
                failures += 1
            else:
                yield redactor.text(text[at:start]) + _dump(redactor.redact(value), 2)
                at = after
                continue
        yield _rewrite_line(text[at:end], redactor) + text[end : end + 1]
        at = end + 1


def _rewrite_line(line: str, redactor: Redactor) -> str:
    """Replace the names of a line; JSON in it, as after a timestamp, is taken for what it is."""
    start = line.find("{")
    if start >= 0:
        try:
            value, end = _DECODER.raw_decode(line, start)
        except (ValueError, RecursionError):
            return _rewrite_broken(line, redactor)
        return redactor.text(line[:start]) + _dump(redactor.redact(value), None) + redactor.text(line[end:])
    return _rewrite_broken(line, redactor)


def _rewrite_broken(line: str, redactor: Redactor) -> str:
    """Replace the names of a line that is not whole JSON; a string behind a name and a colon is that field's value."""
    parts, at = [], 0
    for found in _MEMBER.finditer(line):
        parts += [redactor.text(line[at : found.start()]), found[1], redactor.cell(found[2], found[3])]
        at = found.end()
    return "".join([*parts, redactor.text(line[at:])])


def _rewrite_table(text: str, redactor: Redactor) -> str:
    header = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    rows = csv.reader(io.StringIO(text.lstrip(), newline=""), delimiter=delimiter)
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    names: list[str] = []
    for row in rows:
        if not names:
            names = row
            writer.writerow(row)
        else:
            padded = [*names, *[""] * len(row)]
            writer.writerow([redactor.cell(name, cell) for name, cell in zip(padded, row, strict=False)])
    return out.getvalue()


def _values(text: str) -> list[Any]:
    """Return the JSON values of a text, each by itself, to learn from; other text has none."""
    return [value for value in _split(text) if not isinstance(value, str)] if text.lstrip()[:1] in ("{", "[") else []


def _split(text: str) -> Iterator[Any]:
    """Split JSON values that follow one another; a str is what could not be parsed."""
    at = 0
    while at < len(text):
        if text[at] in " \t\r\n,\x1e":
            at += 1
            continue
        try:
            value, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            yield text[at:]
            return
        yield value


def _dump(value: Any, indent: int | None) -> str:
    separators = None if indent else (",", ":")
    return json.dumps(value, ensure_ascii=False, indent=indent, separators=separators)


def _files(path: str) -> Iterator[Path]:
    place = Path(path)
    if place.is_file():
        yield place
    elif place.is_dir():
        yield from (file for file in sorted(place.rglob("*")) if file.is_file())
    else:
        raise SourceError(f"{path}: no such file or folder", hint="check the path")


def _read_texts(files: Sequence[Path], left_out: list[Skipped]) -> Iterator[_Pieces]:
    """Yield every document that is text; each has to be read to its end before the next is asked for."""
    for file in files:
        with file.open("rb") as opened:
            for document in open_documents(file.name, opened, Budget(), opened):
                if isinstance(document, Skipped):
                    left_out.append(document)
                elif document.is_parquet or is_binary(document.head):
                    left_out.append(Skipped(document.name, Reason.BINARY_FILE))
                else:
                    yield document.name, _read_text(document, left_out)


def _read_text(document: Document, left_out: list[Skipped]) -> Iterator[str]:
    try:
        yield from read_pieces(as_utf8(document.head, document.stream))
    except Damaged as damage:
        left_out.append(Skipped(document.name, damage.reason))


def _write(output: Path, documents: Iterator[_Pieces], before_placing: Callable[[], None]) -> int:
    try:
        if output.suffix == ".zip":
            return _write_zip(output, documents, before_placing)
        return _write_files(output, documents, before_placing)
    except OSError as error:
        raise UsageError(
            f"--output {output}: {error.strerror or error}", hint="choose a place that can be written"
        ) from error


def _write_zip(output: Path, documents: Iterator[_Pieces], before_placing: Callable[[], None]) -> int:
    names: set[str] = set()
    with replacing(output) as draft:
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, pieces in documents:
                with archive.open(_unused(name, names), "w", force_zip64=True) as member:
                    _write_pieces(member, pieces)
        if not names:
            raise _nothing_to_share()
        before_placing()
    return len(names)


def _write_files(output: Path, documents: Iterator[_Pieces], before_placing: Callable[[], None]) -> int:
    """Write one document to the file itself, more to a folder of that name; none of them before all are written."""
    names: set[str] = set()
    output.parent.mkdir(parents=True, exist_ok=True)
    draft = output.resolve().with_name(f".{output.name[:100]}.{secrets.token_hex(4)}.partial")
    draft.mkdir()
    try:
        for name, pieces in documents:
            with (draft / _unused(name, names)).open("wb") as file:
                _write_pieces(file, pieces)
        if not names:
            raise _nothing_to_share()
        before_placing()
        if len(names) == 1 and not output.is_dir():
            _move(draft / names.pop(), output)
            return 1
        output.mkdir(exist_ok=True)
        for name in names:
            (draft / name).replace(output / name)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return len(names)


def _move(file: Path, output: Path) -> None:
    """Move a file to its place; a pipe or device is written to."""
    if output.exists() and not output.is_file():
        with file.open("rb") as opened, output.open("wb") as into:
            shutil.copyfileobj(opened, into)
    else:
        file.replace(output.resolve())


def _write_pieces(file: IO[bytes], pieces: Iterator[str]) -> None:
    for piece in pieces:
        file.write(piece.encode("utf-8", "replace"))


def _nothing_to_share() -> SourceError:
    return SourceError("nothing in it can be shared: no text document", hint="give exports or facts as JSON or CSV")


def _unused(name: str, names: set[str]) -> str:
    """Make a plain file name that no earlier document has."""
    plain = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name).removesuffix(".gz")
    plain = plain.lstrip(".") or "document"
    numbered = (f"{number}-{plain}" for number in count(2))
    unused = next(each for each in chain([plain], numbered) if each not in names)
    names.add(unused)
    return unused
