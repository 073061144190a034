"""Where a case comes from: exports, a case bundle or AWS, with pseudonyms if wanted. All ways end in one form.

What only has to be counted or kept as events is never held raw; a bundle needs the raw records of its case, redaction
all of them.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from msgspec import Struct, structs

from trail_diff.aws.live.options import AwsOptions
from trail_diff.case.coverage import summarize_reading
from trail_diff.case.gathered import Gathered
from trail_diff.case.question import Question
from trail_diff.errors import JobNotFoundError, UsageError
from trail_diff.gather.exports import Export, WindowsOf, count_calls, is_by_name
from trail_diff.gather.fold import Fold, add_call
from trail_diff.gather.job_files import find_in_job_files, read_job_files
from trail_diff.gather.key_facts import Document, FactDocuments, FactFiles, load_document, load_documents, read_facts
from trail_diff.gather.key_uses import with_uses
from trail_diff.gather.raw_case import Collected, collect_found
from trail_diff.model.learnt import Case, Coverage, Facts
from trail_diff.read.files import FileSource
from trail_diff.read.interface import Progress, ReadOptions, Source, Tally

if TYPE_CHECKING:
    from trail_diff.aws.live.connection import Connection
    from trail_diff.redaction.redactor import Redactor

_NOTHING_ASKED = Question("")


class Inputs(Struct, frozen=True):
    """Where to read: exports (files, folders, globs, `-`) or a case bundle; job descriptors, facts, and what of it.

    Without exports and a bundle, AWS itself is asked, as `aws` says; `note` is told what was refused, a line
    each. `keys` are those to which calls may be narrowed when they are counted. With a `redactor`, everything is read
    with pseudonyms in place of names. `is_settled` says whether a case from AWS needs no further evidence.
    """

    events: tuple[str, ...] = ()
    case: Path | None = None
    jobs: tuple[str, ...] = ()
    options: ReadOptions = ReadOptions()
    facts: FactFiles = FactFiles()
    redactor: "Redactor | None" = None
    progress: Progress | None = None
    stdin: BinaryIO | None = None
    aws: AwsOptions = AwsOptions()
    keys: tuple[str, ...] = ()
    note: Callable[[str], None] = lambda _note: None
    is_settled: Callable[[Case], bool] = lambda _case: True

    @property
    def is_live(self) -> bool:
        """Check whether AWS itself is asked."""
        return not self.events and self.case is None

    @property
    def is_engine_for_all(self) -> bool:
        """Check whether an engine tells everything: which time to ask it for is known without AWS Backup."""
        return self.is_live and self.aws.engine is not None and self.options.start is not None

    @property
    def buckets(self) -> tuple[str, ...]:
        """Return the exports that lie in S3."""
        return tuple(path for path in self.events if path.startswith("s3://"))

    @property
    def is_raw_needed(self) -> bool:
        """Check whether the raw records have to be held."""
        return self.is_live or self.case is not None or self.redactor is not None or bool(self.buckets)

    def renamed(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return the names that were asked about as they are read."""
        return tuple(map(self.redactor.name_or_arn, names)) if self.redactor else tuple(names)


def dated(inputs: Inputs) -> Inputs:
    """Return the inputs with the time at which the question is asked: now, where they do not say."""
    asked_at = inputs.options.asked_at or _now().replace(microsecond=0)
    return structs.replace(inputs, options=structs.replace(inputs.options, asked_at=asked_at))


def _now() -> datetime:
    return datetime.now(UTC)


def collect(
    inputs: Inputs, question: Question | None = None, files: Source | None = None
) -> tuple[Collected, Question]:
    """Read what there is and keep it raw; facts given as files come before those in a bundle, as does the question.

    `files` are the exports on disk, if they are open.

    Raises:
        TrailDiffError: what could not be used, with a hint.
    """
    documents = load_documents(inputs.facts)
    collected, asked = _read(inputs, question, documents, files)
    asked_at = inputs.options.asked_at if inputs.case is None else collected.asked_at
    whole = structs.replace(collected, documents=documents.over(collected.documents), asked_at=asked_at)
    return _redact(whole, asked, inputs)


def gather_inputs(
    inputs: Inputs, windows_of: WindowsOf | None = None, keys: Sequence[str] = (), *, with_refused: bool = False
) -> Gathered:
    """Read what there is to events, jobs and counts.

    With `windows_of`, calls outside of the windows that are told from the jobs need not be among the events; `keys` are
    those that will be asked about; `with_refused`, calls that were not authorized are among the events in any case.

    Raises:
        SourceError, CaseFileError, AwsError: it cannot be read.
    """
    if inputs.is_live and inputs.aws.engine is not None and not inputs.is_engine_for_all:
        raise UsageError("since when? --from is missing", hint='name the time to ask for, e.g. --from "2h ago"')
    if inputs.is_live and not inputs.jobs and not inputs.is_engine_for_all:
        from trail_diff.aws.live.collect import collect_jobs

        return _redact(collect_jobs(connect_inputs(inputs), inputs.options), _NOTHING_ASKED, inputs)[0].gathered()
    if inputs.is_raw_needed:
        return collect(inputs, _NOTHING_ASKED)[0].gathered()
    export = open_export(inputs)
    told = read_job_files(inputs.jobs)
    if windows_of is not None and export.is_large:
        gathered = export.gather_twice(told, windows_of, by_name=is_by_name(keys), with_refused=with_refused)
        gathered = export.with_uses(gathered, keys, whole=inputs.facts.are_of_today()) if gathered is not None else None
        if gathered is not None:
            return gathered
        export = open_export(inputs)
    return export.gather_once(told)


def gather_with_facts(inputs: Inputs, windows_of: WindowsOf) -> tuple[Gathered, Facts]:
    """Read what there is for more than one job, refused calls included, and what is known of the key.

    A bundle holds both.

    Raises:
        TrailDiffError: what could not be used, with a hint.
    """
    if inputs.is_raw_needed and (not inputs.is_live or inputs.is_engine_for_all):
        collected = collect(inputs, _NOTHING_ASKED)[0]
        return collected.gathered(), collected.facts()
    return gather_inputs(inputs, windows_of, with_refused=True), gather_facts(inputs)


def gather_both(
    inputs: Inputs, paths: tuple[str, str], windows_of: WindowsOf | None = None, keys: Sequence[str] = ()
) -> tuple[Gathered, Gathered]:
    """Read two exports; `inputs.events` is not used. Names that either tells are replaced in both.

    The same windows are read of both: what one tells of the other's time counts for what the two cover together.

    Raises:
        SourceError: one cannot be read.
    """
    sides = [structs.replace(inputs, events=(path,)) for path in paths]
    if inputs.redactor is not None:
        from trail_diff.redaction.case import learn_case

        whole = [collect(structs.replace(side, redactor=None), _NOTHING_ASKED)[0] for side in sides]
        for one in whole:
            learn_case(one, inputs.redactor)
        first, second = (_redact(one, _NOTHING_ASKED, inputs)[0].gathered() for one in whole)
    elif windows_of is None or any(side.is_raw_needed for side in sides):
        first, second = (gather_inputs(side) for side in sides)
    else:
        first, second = _gather_exports(sides, windows_of, keys)
    return first, second


def _gather_exports(sides: Sequence[Inputs], windows_of: WindowsOf, keys: Sequence[str]) -> tuple[Gathered, Gathered]:
    """Read two exports; how keys were used is told of both together, as the changes that either tells divide it."""
    told = [read_job_files(side.jobs) for side in sides]
    exports = [open_export(side) for side in sides]
    first, second = (
        (export.gather_twice(one, windows_of, by_name=is_by_name(keys)) if export.is_large else None)
        or export.gather_once(one)
        for export, one in zip(exports, told, strict=True)
    )
    notes = [export.noted for export in exports if export.noted is not None]
    held = [
        event
        for export, one in zip(exports, (first, second), strict=True)
        if export.noted is None
        for event in one.events
    ]
    both = with_uses(first.merge(second), notes, keys, held, whole=sides[0].facts.are_of_today()) if notes else first
    if both is not None:
        return structs.replace(first, uses=both.uses), structs.replace(second, uses=both.uses)
    first, second = (open_export(side).gather_once(one) for side, one in zip(sides, told, strict=True))
    return first, second


def gather_facts(inputs: Inputs) -> Facts:
    """Read the facts that were given as files.

    Raises:
        FactError, PolicyError: a file cannot be read or holds something else.
    """
    documents = load_documents(inputs.facts)
    if inputs.redactor is not None:
        from trail_diff.redaction.case import redact_facts

        documents = redact_facts(documents, inputs.redactor)
    return read_facts(documents)


def gather_policy(inputs: Inputs, option: str = "--key-policy") -> Document | None:
    """Read the policy that was given as a file, or the document of an infrastructure tool that holds it.

    Raises:
        FactError: the file cannot be read or is neither JSON nor YAML.
    """
    documents = FactDocuments(key_policy=load_document(inputs.facts.key_policy, option))
    if inputs.redactor is not None:
        from trail_diff.redaction.case import redact_facts

        documents = redact_facts(documents, inputs.redactor)
    return documents.key_policy


def count_inputs(inputs: Inputs, fold: Fold) -> Coverage:
    """Count every KMS call once, and give the coverage of the reading.

    Raises:
        SourceError, CaseFileError, AwsError: it cannot be read.
        UsageError: AWS is to be asked, and since when is not said.
    """
    if not inputs.is_raw_needed:
        return count_calls(inputs.events, fold, inputs.options, progress=inputs.progress, stdin=inputs.stdin)
    if inputs.case is not None:
        inputs.note(f"{inputs.case} holds only the calls around its two jobs; who else uses the key is not in it")
    gathered = _fetch_calls(inputs) if inputs.is_live else gather_inputs(inputs)
    calls = [event for event in gathered.events if event.accesses]
    for event in calls:
        add_call(fold, event)
    return structs.replace(summarize_reading(gathered.tally, gathered.skipped), events_kept=len(calls))


def need_question(question: Question | None) -> Question:
    """Return the question.

    Raises:
        UsageError: nothing was asked.
    """
    if question is None:
        raise UsageError("which job? --job-id is missing", hint="'trail-diff jobs --events PATH' lists those found")
    return question


def _read(
    inputs: Inputs, question: Question | None, documents: FactDocuments, files: Source | None
) -> tuple[Collected, Question]:
    if inputs.case is not None:
        from trail_diff.gather.bundle import ask_bundle, open_case

        collected, asked = open_case(inputs.case)
        for note in collected.notes:
            inputs.note(note)
        return collected, ask_bundle(asked, question, collected)
    if not inputs.is_live:
        return _collect_exports(inputs, need_question(question), files), need_question(question)
    if question is not _NOTHING_ASKED or inputs.is_engine_for_all:
        return _collect_live(inputs, need_question(question), documents)
    return read_given_jobs(inputs), need_question(question)


def _collect_exports(inputs: Inputs, question: Question, files: Source | None) -> Collected:
    """Read files, then what lies in S3; without the latter no connection is opened."""
    local = [path for path in inputs.events if path not in inputs.buckets]
    sources: list[Source] = [files or FileSource(local, inputs.stdin)]
    given, query, tally = read_given_jobs(inputs), inputs.options, Tally()
    if inputs.buckets:
        from trail_diff.aws.live.elsewhere import open_buckets, plan_query

        query = plan_query(inputs.options, given.job_documents, question)
        sources += open_buckets(inputs.buckets, inputs.aws, inputs.options.regions, inputs.note)
    found = chain.from_iterable(source.read(query, inputs.options, tally, inputs.progress) for source in sources)
    return collect_found(found, tally, given.items())


def _collect_live(inputs: Inputs, question: Question, documents: FactDocuments) -> tuple[Collected, Question]:
    from trail_diff.aws.live.collect import collect_live, collect_time, resolve_question
    from trail_diff.aws.live.elsewhere import open_source
    from trail_diff.aws.live.further import look_further

    given, connection = structs.replace(read_given_jobs(inputs), documents=documents), connect_inputs(inputs)
    source = open_source(inputs.aws, connection, inputs.note)
    if inputs.is_engine_for_all:
        return collect_time(connection, source, inputs.options, given), question
    asked = resolve_question(connection, question)
    with _asking_for_time(inputs):
        collected = collect_live(connection, asked, source, given, inputs.options)
    if not inputs.is_settled(collected.case(asked)):
        collected = look_further(connection, asked, source, collected, inputs.options)
    return collected, asked


def _fetch_calls(inputs: Inputs) -> Gathered:
    from trail_diff.aws.live.collect import collect_time
    from trail_diff.aws.live.elsewhere import open_source

    connection, options = connect_inputs(inputs), structs.replace(inputs.options, kms_only=True)
    source = open_source(inputs.aws, connection, inputs.note)
    if inputs.is_engine_for_all:
        options = structs.replace(options, keys=inputs.keys, only_keys=bool(inputs.keys))
    else:
        options = structs.replace(options, regions=())  # event history is asked in the connection's Regions only
    collected = collect_time(connection, source, options)
    return _redact(collected, _NOTHING_ASKED, inputs)[0].gathered()


def open_export(inputs: Inputs) -> Export:
    """Return the exports on disk, not yet read."""
    return Export(inputs.events, inputs.options, inputs.progress, inputs.stdin)


def read_given_jobs(inputs: Inputs) -> Collected:
    """Return what the files given as job descriptors hold."""
    return collect_found((), Tally(), find_in_job_files(inputs.jobs))


def connect_inputs(inputs: Inputs) -> "Connection":
    """Find out which accounts and Regions are asked.

    Raises:
        AwsError, UsageError: there are no credentials, or no Region is named.
    """
    from trail_diff.aws.live.connection import connect

    return structs.replace(connect(inputs.aws, inputs.options.regions, inputs.note), progress=inputs.progress)


@contextmanager
def _asking_for_time(inputs: Inputs) -> Iterator[None]:
    """Return what to do when an engine was chosen, and nobody tells the time of the job."""
    try:
        yield
    except JobNotFoundError as error:
        if inputs.aws.engine is None:
            raise
        hint = "give its time with --from and --to, or its description with --job FILE"
        raise UsageError(f"which time to ask for? {error.message}", hint=hint) from error


def _redact(collected: Collected, asked: Question, inputs: Inputs) -> tuple[Collected, Question]:
    if inputs.redactor is None:
        return collected, asked
    from trail_diff.redaction.case import redact_case

    return redact_case(collected, asked, inputs.redactor)
