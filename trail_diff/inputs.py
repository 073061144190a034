"""Where a case comes from: exports, a case bundle or AWS, with pseudonyms if wanted. All ways end in one form.

What only has to be counted or kept as events is never held raw; a bundle needs the raw records of its case, redaction
all of them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from msgspec import Struct, structs

from trail_diff.aws.live.options import AwsOptions
from trail_diff.case.builder import Question, build_case
from trail_diff.case.coverage import summarize_reading
from trail_diff.case.gathered import Gathered
from trail_diff.errors import JobNotFoundError, UsageError
from trail_diff.gather.aggregate import count_calls
from trail_diff.gather.fold import Count
from trail_diff.gather.in_memory import ReadOptions, find_in_job_files, gather, make_selection
from trail_diff.gather.key_facts import FactDocuments, FactFiles, load_documents, read_facts
from trail_diff.gather.raw_case import Collected, collect_found, matters_to, narrow
from trail_diff.gather.two_pass import Wanted, gather_wanted, pick_events
from trail_diff.model.learnt import Case, Coverage, Facts
from trail_diff.read.files import read_paths
from trail_diff.read.interface import Found, Progress, Selection, Source, Tally

if TYPE_CHECKING:
    from trail_diff.aws.live.collect import LiveRequest
    from trail_diff.redact.redactor import Redactor

_NOTHING_ASKED = Question("")
_NOTHING_GIVEN = FactDocuments()


class Inputs(Struct, frozen=True):
    """Where to read: exports (files, folders, globs, `-`) or a case bundle; job descriptors, facts, and what of it.

    Without exports and a bundle, AWS itself is asked, as `aws` says; `note` is told what was refused, a line
    each. `keys` are those to which calls may be narrowed when they are counted. With a `redactor`, everything is read
    with pseudonyms in place of names.
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


def collect(inputs: Inputs, question: Question | None = None) -> tuple[Collected, Question]:
    """Read what there is and keep it raw; facts given as files come before those in a bundle, as does the question.

    Raises:
        TrailDiffError: what could not be used, with a hint.
    """
    given = load_documents(inputs.facts)
    collected, asked = _read(inputs, question, given)
    return _redact(structs.replace(collected, documents=given.over(collected.documents)), asked, inputs)


def collect_around(inputs: Inputs, question: Question, wanted: Wanted) -> tuple[Collected, Case] | None:
    """Read a large export for a case, and again for only the records that it rests on, to keep those raw.

    None if it is small, cannot be read twice, or was changed meanwhile.

    Raises:
        TrailDiffError: what could not be used, with a hint.
    """
    if inputs.is_raw_needed:
        return None
    documents = load_documents(inputs.facts)
    gathered = gather_wanted(inputs.events, inputs.jobs, inputs.options, wanted, progress=inputs.progress)
    if gathered is None:
        return None
    case = build_case(gathered, question, read_facts(documents))
    event_ids = frozenset(event.event_id for event in filter(matters_to(case), gathered.events))
    found = pick_events(inputs.events, event_ids, inputs.options)
    picked = collect_found(found, gathered.tally, find_in_job_files(inputs.jobs))
    collected = narrow(structs.replace(picked, documents=documents), case, gathered.skipped)
    return (collected, case) if len(collected.records) == len(event_ids) else None


def gather_inputs(inputs: Inputs, wanted: Wanted | None = None) -> Gathered:
    """Read what there is to events, jobs and counts; where only some of it is `wanted`, not more than is no trouble.

    Raises:
        SourceError, CaseFileError, AwsError: it cannot be read.
    """
    if inputs.is_live and inputs.aws.engine is not None and not inputs.is_engine_for_all:
        raise UsageError("since when? --from is missing", hint='name the time to ask for, e.g. --from "2h ago"')
    if inputs.is_live and not inputs.jobs and not inputs.is_engine_for_all:
        from trail_diff.aws.live.collect import collect_jobs

        return _redact(collect_jobs(_live_request(inputs)), _NOTHING_ASKED, inputs)[0].gathered()
    if inputs.is_raw_needed:
        return collect(inputs, _NOTHING_ASKED)[0].gathered()
    if wanted is not None:
        gathered = gather_wanted(inputs.events, inputs.jobs, inputs.options, wanted, progress=inputs.progress)
        if gathered is not None:
            return gathered
    return gather(inputs.events, inputs.jobs, inputs.options, progress=inputs.progress, stdin=inputs.stdin)


def gather_with_facts(inputs: Inputs, wanted: Wanted) -> tuple[Gathered, Facts]:
    """Read what there is for more than one question, and what is known of the key; a bundle holds both.

    Raises:
        TrailDiffError: what could not be used, with a hint.
    """
    if inputs.is_raw_needed and (not inputs.is_live or inputs.is_engine_for_all):
        collected = collect(inputs, _NOTHING_ASKED)[0]
        return collected.gathered(), collected.facts()
    return gather_inputs(inputs, wanted), gather_facts(inputs)


def gather_both(inputs: Inputs, paths: tuple[str, str], wanted: Wanted | None) -> tuple[Gathered, Gathered]:
    """Read two exports; `inputs.events` is not used. Names that either tells are replaced in both.

    The same is `wanted` of both: what one tells of the other's time counts for what the two cover together.

    Raises:
        SourceError: one cannot be read.
    """
    sides = [structs.replace(inputs, events=(path,)) for path in paths]
    if inputs.redactor is not None:
        from trail_diff.redact.case import learn_case

        whole = [collect(structs.replace(side, redactor=None), _NOTHING_ASKED)[0] for side in sides]
        for one in whole:
            learn_case(one, inputs.redactor)
        first, second = (_redact(one, _NOTHING_ASKED, inputs)[0].gathered() for one in whole)
    else:
        first, second = (gather_inputs(side, wanted) for side in sides)
    return first, second


def gather_facts(inputs: Inputs) -> Facts:
    """Read the facts that were given as files.

    Raises:
        FactError, PolicyError: a file cannot be read or holds something else.
    """
    documents = load_documents(inputs.facts)
    if inputs.redactor is not None:
        from trail_diff.redact.case import redact_facts

        documents = redact_facts(documents, inputs.redactor)
    return read_facts(documents)


def count_inputs(inputs: Inputs, count: Count) -> Coverage:
    """Count every KMS call once, and give the coverage of the reading.

    Raises:
        SourceError, CaseFileError, AwsError: it cannot be read.
        UsageError: AWS is to be asked, and since when is not said.
    """
    if not inputs.is_raw_needed:
        return count_calls(inputs.events, count, inputs.options, progress=inputs.progress, stdin=inputs.stdin)
    if inputs.case is not None:
        inputs.note(f"{inputs.case} holds only the calls around its two jobs; who else uses the key is not in it")
    gathered = _fetch_calls(inputs) if inputs.is_live else gather_inputs(inputs)
    calls = [event for event in gathered.events if event.accesses]
    for event in calls:
        count.add(event)
    return structs.replace(summarize_reading(gathered.tally, gathered.skipped), events_kept=len(calls))


def need_question(question: Question | None) -> Question:
    """Return the question.

    Raises:
        UsageError: nothing was asked.
    """
    if question is None:
        raise UsageError("which job? --job-id is missing", hint="'trail-diff jobs --events PATH' lists those found")
    return question


def _read(inputs: Inputs, question: Question | None, given: FactDocuments) -> tuple[Collected, Question]:
    if inputs.case is not None:
        from trail_diff.gather.bundle import ask_bundle, open_case

        collected, asked = open_case(inputs.case)
        for note in collected.notes:
            inputs.note(note)
        return collected, ask_bundle(asked, question, collected)
    if inputs.is_engine_for_all:
        from trail_diff.aws.live.elsewhere import collect_time

        request, asked = _live_request(inputs, given), need_question(question)
        return collect_time(request, _open_source(inputs, request), inputs.options), asked
    if inputs.is_live and question is not _NOTHING_ASKED:
        from trail_diff.aws.live.collect import collect_live, resolve_question

        request = _live_request(inputs, given)
        asked = resolve_question(request, need_question(question))
        with _asking_for_time(inputs):
            return collect_live(request, asked, _open_source(inputs, request)), asked
    asked, tally = need_question(question), Tally()
    found = _read_exports(inputs, question, make_selection(inputs.options), tally)
    return collect_found(found, tally, find_in_job_files(inputs.jobs)), asked


def _read_exports(inputs: Inputs, question: Question | None, selection: Selection, tally: Tally) -> Iterator[Found]:
    """Read files, then what lies in S3; without the latter no connection is opened."""
    local = [path for path in inputs.events if path not in inputs.buckets]
    yield from read_paths(local, selection, tally, progress=inputs.progress, stdin=inputs.stdin)
    if inputs.buckets:
        from trail_diff.aws.live.elsewhere import Buckets, plan_query

        query = plan_query(inputs.options, inputs.jobs, question)
        buckets = Buckets(inputs.aws, inputs.options, inputs.note)
        yield from buckets.read(inputs.buckets, query, selection, tally, inputs.progress)


def _fetch_calls(inputs: Inputs) -> Gathered:
    from trail_diff.aws.live.collect import collect_calls
    from trail_diff.aws.live.elsewhere import collect_time

    request = _live_request(inputs)
    source = _open_source(inputs, request)
    if inputs.is_engine_for_all:
        collected = collect_time(request, source, inputs.options, inputs.keys, kms_only=True)
    else:
        collected = collect_calls(request, source)
    return _redact(collected, _NOTHING_ASKED, inputs)[0].gathered()


def _open_source(inputs: Inputs, request: "LiveRequest") -> Source:
    """Return the engine that was chosen, else event history."""
    if inputs.aws.engine is None:
        return request.connection.history()
    from trail_diff.aws.live.elsewhere import open_source

    aws = request.connection.accounts[0]
    return open_source(inputs.aws.engine, aws, inputs.note, is_dry_run=inputs.aws.is_dry_run)


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


def _live_request(inputs: Inputs, given: FactDocuments = _NOTHING_GIVEN) -> "LiveRequest":
    """Return what to ask AWS, beside what was given; this is where it is connected to."""
    from trail_diff.aws.live.collect import LiveRequest
    from trail_diff.aws.live.connection import connect

    return LiveRequest(
        connection=connect(inputs.aws, inputs.options.regions, inputs.note),
        job_files=inputs.jobs,
        documents=given,
        start=inputs.options.start,
        end=inputs.options.end,
        progress=inputs.progress,
    )


def _redact(collected: Collected, asked: Question, inputs: Inputs) -> tuple[Collected, Question]:
    if inputs.redactor is None:
        return collected, asked
    from trail_diff.redact.case import redact_case

    return redact_case(collected, asked, inputs.redactor)
