"""Case bundles: everything that was read for a case in one zip, to be opened elsewhere with the same report.

    manifest.json         what was asked, the counts of what was read, what was left out, where each document is from
    events.ndjson.gz      the CloudTrail records, each with the file or call it came from
    jobs.ndjson.gz        answers of AWS Backup, and records that are only read for jobs
    key-policy.json, key-state.json, grants.json, key-usage.json    as AWS returned them

Opening is safe: only these members are read, each up to a limit, nothing is unpacked to disk, and a bundle of another
version is refused.
"""

import json
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Annotated, Any, TypeVar

import msgspec
from isal import igzip
from msgspec import Meta, Struct, structs

from trail_diff.case.question import Question
from trail_diff.errors import CaseFileError
from trail_diff.gather.key_facts import Document, FactDocuments
from trail_diff.gather.raw_case import Collected
from trail_diff.model.learnt import Skipped
from trail_diff.model.reasons import Reason
from trail_diff.outfile import replacing
from trail_diff.read.budget import Budget, Damaged
from trail_diff.read.compressed import decoder_errors, inflate
from trail_diff.read.interface import FoundJob, FoundRecord, Tally

Of = TypeVar("Of")

SCHEMA = "trail-diff/case/1"
DOCUMENT_LIMIT_BYTES = 64 << 20
EVENTS_LIMIT_BYTES = 4 << 30
EVENT_LIMIT = 5_000_000
PAD_LIMIT_SECONDS = 366 * 86_400
_DOCUMENTS = {"key_policy": "key-policy.json", "key_state": "key-state.json", "grants": "grants.json"}
_KEY_USAGE = "key-usage.json"
_EVENTS, _JOBS, _MANIFEST = "events.ndjson.gz", "jobs.ndjson.gz", "manifest.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every member, so that one case always gives the same bytes."""


_Count = Annotated[int, Meta(ge=0, le=1 << 53)]


class _Counts(Struct, frozen=True):
    """A Tally as it is stored."""

    files: _Count
    records: _Count
    kms_records: _Count
    first: str | None
    last: str | None
    read_only: tuple[_Count, _Count]
    hours: list[tuple[str, str, str, _Count]]
    without_caller_type: _Count
    next_token: bool
    event_history: _Count
    searched: list[tuple[str, str, str, str]]
    as_of: str | None
    cached_at: str | None = None
    changes: tuple[str, str] | None = None


class _Asked(Struct, frozen=True):
    """A Question as it is stored, and when it was asked."""

    job_id: str
    baseline_job_id: str | None = None
    keys: tuple[str, ...] = ()
    account: str | None = None
    regions: tuple[str, ...] = ()
    pad_seconds: Annotated[int, Meta(ge=0, le=PAD_LIMIT_SECONDS)] = 0
    at: Annotated[datetime, Meta(tz=True)] | None = None


class _Manifest(Struct, frozen=True):
    """The manifest of a bundle. `sources` names where each document is from."""

    schema: str
    written_by: str
    asked: _Asked
    counts: _Counts
    sources: dict[str, str]
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    baseline_job_id: str | None = None
    organization_id: str | None = None


class _Line(Struct, frozen=True):
    """One line of events or jobs; `of` is `record` or `document`."""

    of: str
    source: str
    content: dict[str, Any]


class _Schema(Struct):
    """The one field that every version has."""

    schema: str


def save_case(file: Path, collected: Collected, question: Question, version: str) -> None:
    """Write a bundle; the same case gives the same bytes.

    Raises:
        CaseFileError: the file cannot be written.
    """
    documents = {name: getattr(collected.documents, name) for name in _DOCUMENTS} | {"key_usage": collected.key_usage}
    manifest = _Manifest(
        schema=SCHEMA,
        written_by=f"trail-diff {version}",
        asked=_asked(question, collected.asked_at),
        counts=_counts(collected.tally),
        sources={name: document.source for name, document in documents.items() if document},
        skipped=collected.skipped,
        notes=collected.notes,
        baseline_job_id=collected.baseline_job_id,
        organization_id=collected.documents.organization_id,
    )
    jobs = [_Line("document", found.source, found.document) for found in collected.job_documents]
    jobs += [_Line("record", found.source, found.record) for found in collected.job_records]
    try:
        with replacing(file) as draft, zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
            _add(archive, _MANIFEST, _json(msgspec.to_builtins(manifest)))
            for name, member in {**_DOCUMENTS, "key_usage": _KEY_USAGE}.items():
                if (document := documents[name]) is not None:
                    _add(archive, member, _json(document.content))
            _add(archive, _JOBS, _lines(jobs))
            _add(archive, _EVENTS, _lines(_Line("record", found.source, found.record) for found in collected.records))
    except OSError as error:
        raise CaseFileError(f"{file}: {error.strerror or error}", hint="choose a place that can be written") from error


def open_case(file: Path) -> tuple[Collected, Question]:
    """Read a bundle back.

    Raises:
        CaseFileError: it is not there, is no bundle, is damaged, too large, or of another version.
    """
    try:
        with file.open("rb") as opened, zipfile.ZipFile(opened) as archive:
            manifest = _read_manifest(_Members(file, archive))
            return _read(manifest, _Members(file, archive)), _question(manifest.asked)
    except OSError as error:
        raise CaseFileError(f"{file}: {error.strerror or error}", hint="check the path") from error
    except Damaged as error:
        raise _damaged(file) from error
    except decoder_errors() as error:
        raise _damaged(file) from error


def _damaged(file: Path) -> CaseFileError:
    return CaseFileError(f"{file}: not a case bundle, or one that is cut off or damaged", hint=_WRITE_ANEW)


def ask_bundle(asked: Question, question: Question | None, collected: Collected) -> Question:
    """Return the question of a bundle with what was asked beside it; it can answer for its own two jobs only.

    Raises:
        CaseFileError: another job or baseline is asked about, whose records were left out.
    """
    if question is None:
        return asked
    baseline = collected.baseline_job_id or asked.baseline_job_id
    for option, wanted, own in (
        ("--job-id", question.job_id, asked.job_id),
        ("--baseline-job-id", question.baseline_job_id, baseline),
    ):
        if wanted and wanted.lower() != (own or "").lower():
            raise CaseFileError(
                f"{option} {wanted}: the bundle holds the records of {own or 'no such job'} only",
                hint=f"collect it anew with {option}, or leave it out",
            )
    return structs.replace(asked, keys=question.keys or asked.keys, account=question.account or asked.account)


_WRITE_ANEW = "write it anew with 'trail-diff collect', or give exports with --events"


class _Members:
    """Gives the members of a bundle, each up to its limit."""

    def __init__(self, file: Path, archive: zipfile.ZipFile) -> None:
        self.file, self._archive = file, archive

    def has(self, name: str) -> bool:
        return name in self._archive.NameToInfo

    def read(self, name: str) -> bytes:
        with self._open(name) as member:
            data = member.read(DOCUMENT_LIMIT_BYTES + 1)
        if len(data) > DOCUMENT_LIMIT_BYTES:
            raise CaseFileError(f"{self.file}: {name} is larger than any real one", hint=_WRITE_ANEW)
        return data

    def lines(self, name: str) -> Iterator[_Line]:
        """Yield the lines of a compressed member, one at a time."""
        rest, size, number = b"", 0, 0
        budget = Budget()
        with self._open(name) as member:
            budget.take(self._archive.NameToInfo[name].compress_size)
            for chunk in inflate(member, budget):
                size += len(chunk)
                *whole, rest = (rest + chunk).split(b"\n")
                number += len(whole)
                if size > EVENTS_LIMIT_BYTES or number > EVENT_LIMIT or len(rest) > DOCUMENT_LIMIT_BYTES:
                    raise CaseFileError(f"{self.file}: {name} is larger than any real one", hint=_WRITE_ANEW)
                yield from (self.decode(line, _Line, name) for line in whole)
        if rest:
            raise Damaged(Reason.TRUNCATED_ARCHIVE)

    def decode(self, data: bytes, of: type[Of], name: str) -> Of:
        """Decode JSON, leniently where msgspec refuses it: exports can hold lone surrogates."""
        try:
            return msgspec.json.decode(data, type=of)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            try:
                return msgspec.convert(json.loads(data, strict=False), of)
            except (msgspec.MsgspecError, ValueError, RecursionError) as error:
                raise CaseFileError(f"{self.file}: {name} is damaged ({error})", hint=_WRITE_ANEW) from error

    def _open(self, name: str) -> IO[bytes]:
        if not self.has(name):
            raise CaseFileError(f"{self.file}: no case bundle: it has no {name}", hint=_WRITE_ANEW)
        return self._archive.open(name)


def _read_manifest(members: _Members) -> _Manifest:
    data = members.read(_MANIFEST)
    schema = members.decode(data, _Schema, _MANIFEST).schema
    if schema != SCHEMA:
        raise CaseFileError(
            f"{members.file}: a bundle of the form {schema[:60]!r}, this version reads {SCHEMA!r}",
            hint="use the version of trail-diff that wrote it, or a newer one",
        )
    manifest = members.decode(data, _Manifest, _MANIFEST)
    if any(one.count < 1 for one in manifest.skipped):
        raise CaseFileError(f"{members.file}: {_MANIFEST} is damaged (a count below 1)", hint=_WRITE_ANEW)
    return manifest


def _read(manifest: _Manifest, members: _Members) -> Collected:
    facts = {name: _document(members, member, manifest.sources.get(name)) for name, member in _DOCUMENTS.items()}
    jobs = list(members.lines(_JOBS))
    return Collected(
        records=tuple(FoundRecord(line.content, line.source) for line in members.lines(_EVENTS)),
        job_documents=tuple(FoundJob(line.content, line.source) for line in jobs if line.of == "document"),
        job_records=tuple(FoundRecord(line.content, line.source) for line in jobs if line.of == "record"),
        documents=FactDocuments(**facts, organization_id=manifest.organization_id),
        key_usage=_document(members, _KEY_USAGE, manifest.sources.get("key_usage")),
        baseline_job_id=manifest.baseline_job_id,
        tally=_tally(manifest.counts),
        skipped=manifest.skipped,
        notes=manifest.notes,
        asked_at=manifest.asked.at,
    )


def _document(members: _Members, name: str, source: str | None) -> Document | None:
    if not members.has(name):
        return None
    return Document(source or name, members.decode(members.read(name), object, name))


def _asked(question: Question, at: datetime | None) -> _Asked:
    return _Asked(
        job_id=question.job_id,
        baseline_job_id=question.baseline_job_id,
        keys=question.keys,
        account=question.account,
        regions=question.regions,
        pad_seconds=int(question.pad.total_seconds()),
        at=at,
    )


def _question(asked: _Asked) -> Question:
    pad = timedelta(seconds=asked.pad_seconds)
    return Question(asked.job_id, asked.baseline_job_id, asked.keys, asked.account, asked.regions, pad)


def _counts(tally: Tally) -> _Counts:
    return _Counts(
        files=tally.files,
        records=tally.records,
        kms_records=tally.kms_records,
        first=tally.first,
        last=tally.last,
        read_only=(tally.read_only[False], tally.read_only[True]),
        hours=[(*place, count) for place, count in sorted(tally.hours.items())],
        without_caller_type=tally.without_caller_type,
        next_token=tally.next_token,
        event_history=tally.event_history,
        searched=sorted(tally.searched),
        as_of=tally.as_of,
        cached_at=tally.cached_at,
        changes=tally.changes,
    )


def _tally(counts: _Counts) -> Tally:
    tally = Tally()
    tally.files, tally.records, tally.kms_records = counts.files, counts.records, counts.kms_records
    tally.first, tally.last, tally.as_of = counts.first, counts.last, counts.as_of
    tally.cached_at, tally.changes = counts.cached_at, counts.changes
    tally.read_only = {False: counts.read_only[0], True: counts.read_only[1]}
    tally.hours = {(region, account, hour): count for region, account, hour, count in counts.hours}
    tally.without_caller_type, tally.event_history = counts.without_caller_type, counts.event_history
    tally.next_token, tally.searched = counts.next_token, set(counts.searched)
    return tally


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(
        zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_STORED if name.endswith(".gz") else zipfile.ZIP_DEFLATED
    )


def _lines(lines: Iterable[_Line]) -> bytes:
    text = b"".join(_json(msgspec.structs.asdict(line), indent=None) for line in lines)
    return igzip.compress(text, compresslevel=3, mtime=0)


def _json(value: Any, indent: int | None = 2) -> bytes:
    """Encode by way of str, as msgspec's own encoder refuses the lone surrogates that exports can hold."""
    return (json.dumps(value, indent=indent, separators=None if indent else (",", ":")) + "\n").encode()
