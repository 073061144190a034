"""Events that lie elsewhere than in files and event history: in buckets, or behind one of AWS's engines.

Says what is wanted of them: the time that was asked for, else the time of the jobs that were given.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from msgspec import structs

from trail_diff.aws.client import Aws
from trail_diff.aws.engines.choices import EngineChoice
from trail_diff.aws.engines.engines import DryRunSource, open_engine
from trail_diff.aws.live.collect import LiveRequest, jobs_in
from trail_diff.aws.live.options import AwsOptions
from trail_diff.aws.s3.s3 import DEFAULT_SPAN, S3Source
from trail_diff.case.baseline import rank_baselines
from trail_diff.case.builder import Question
from trail_diff.case.correlate import job_window
from trail_diff.errors import UsageError
from trail_diff.events.jobs import find_job
from trail_diff.gather.in_memory import ReadOptions, find_in_job_files, make_selection
from trail_diff.gather.raw_case import Collected, collect_found
from trail_diff.model.learnt import Window
from trail_diff.read.interface import Found, FoundJob, Link, Progress, Query, Selection, Source, Tally

BUCKET = "s3://"
_BASELINES = 3


def open_source(choice: EngineChoice, aws: Aws, note: Callable[[str], None], *, is_dry_run: bool) -> Source:
    """Return the engine that was chosen; in a dry run, one that only tells what it would be asked.

    Raises:
        UsageError: its name cannot be one.
    """
    engine = open_engine(choice, Link(aws, note, time.sleep))
    return DryRunSource(engine) if is_dry_run else engine


def collect_time(
    request: LiveRequest, source: Source, options: ReadOptions, keys: Sequence[str] = (), *, kms_only: bool = False
) -> Collected:
    """Bring everything of the time asked for, and the jobs that the events and the files given tell of.

    Raises:
        UsageError: no time is asked for.
        AwsError: the engine did not answer.
    """
    if options.start is None:
        raise UsageError("since when? --from is missing", hint='name the time to ask for, e.g. --from "2h ago"')
    end, tally = options.end or request.clock(), Tally()
    query = Query((Window(options.start, end),), regions=options.regions, keys=tuple(keys), only_keys=bool(keys))
    found = source.read(query, make_selection(options, kms_only=kms_only), tally, request.progress)
    collected = collect_found(found, tally, find_in_job_files(request.job_files))
    return structs.replace(collected, documents=request.documents, notes=tuple(request.connection.asker.notes))


class Buckets:
    """The s3:// addresses among the inputs; they are asked with the first profile's credentials."""

    def __init__(self, options: AwsOptions, read: ReadOptions, note: Callable[[str], None]) -> None:
        """Begin a session.

        Raises:
            AwsCredentialsError: there is no such profile.
        """
        profile, region = next(iter(options.profiles), None), next(iter(read.regions), None)
        self._link = Link(Aws(profile, region, options.endpoint_url), note, time.sleep)

    def read(
        self, urls: Sequence[str], query: Query, selection: Selection, tally: Tally, progress: Progress | None
    ) -> Iterator[Found]:
        """Read every address in order.

        Raises:
            UsageError: one is no address of S3.
            SourceError: there is nothing under one.
            AwsError: AWS did not answer.
        """
        sources = [S3Source(self._link, url, _now) for url in urls]
        for source in sources:
            yield from source.read(query, selection, tally, progress)


def plan_query(options: ReadOptions, job_files: Sequence[str], question: Question | None) -> Query:
    """Return what of a bucket is wanted; nothing at all where no time is known, so that the source has to decide.

    The windows of the job in question and of the best baselines, as far as the files given tell of them; and what
    changed between the first and the last of them.
    """
    if options.start is not None or options.end is not None:
        end = options.end or _now()
        return Query((Window(options.start or end - DEFAULT_SPAN, end),), regions=options.regions)
    given = [item for item in find_in_job_files(job_files) if isinstance(item, FoundJob)]
    if question is None or not question.job_id or not given:
        return Query(regions=options.regions)
    jobs = jobs_in(given)
    failed = find_job(jobs, question.job_id)
    named = [find_job(jobs, question.baseline_job_id)] if question.baseline_job_id else rank_baselines(failed, jobs)
    spans = [job_window(job, question.pad, _now()) for job in [failed, *named[:_BASELINES]]]
    windows = tuple(span for span in spans if span is not None)
    if not windows:
        return Query(regions=options.regions)
    around = Window(min(window.start for window in windows), max(window.end for window in windows))
    return Query(windows, around, options.regions)


def _now() -> datetime:
    return datetime.now(UTC)
