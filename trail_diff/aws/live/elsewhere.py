"""Events outside of files and event history: in buckets, or behind one of AWS's query engines.

Says what is wanted of them: the time that was asked for, else the time of the jobs that were given.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import structs

from trail_diff.aws.client import Aws
from trail_diff.aws.engines.engines import DryRunSource, open_engine
from trail_diff.aws.live.collect import jobs_in
from trail_diff.aws.live.connection import Connection
from trail_diff.aws.live.jobs import BASELINES_AT_MOST
from trail_diff.aws.live.options import AwsOptions
from trail_diff.aws.s3.s3 import DEFAULT_SPAN, S3Source
from trail_diff.case.baseline import rank_baselines
from trail_diff.case.correlate import job_window
from trail_diff.case.question import Question
from trail_diff.events.jobs import find_job
from trail_diff.model.learnt import Job, Window
from trail_diff.read.interface import FoundJob, Link, ReadOptions, Source
from trail_diff.read.spans import LOOK_BACK


def open_source(options: AwsOptions, connection: Connection, note: Callable[[str], None]) -> Source:
    """Return event history, or the engine that was chosen; in a dry run, one that only shows what it would be asked.

    Raises:
        UsageError: the engine's name cannot be one.
    """
    if options.engine is None:
        return connection.history()
    engine = open_engine(options.engine, Link(connection.accounts[0], note, time.sleep))
    return DryRunSource(engine) if options.is_dry_run else engine


def open_buckets(
    urls: Sequence[str], options: AwsOptions, regions: Sequence[str], note: Callable[[str], None]
) -> list[S3Source]:
    """Return s3:// addresses as sources, which are asked with the first profile's credentials.

    Raises:
        UsageError: one is no address of S3.
        AwsCredentialsError: there is no such profile.
    """
    aws = Aws(next(iter(options.profiles), None), next(iter(regions), None), options.endpoint_url)
    link = Link(aws, note, time.sleep)
    return [S3Source(link, url, _now) for url in urls]


def plan_query(options: ReadOptions, given: Sequence[FoundJob], question: Question | None) -> ReadOptions:
    """Return what of a bucket is wanted; nothing at all where no time is known, so that the source has to decide.

    The windows of the job in question and of the best baselines, as far as the documents given describe them; and what
    changed from a week before the first of them to the last.
    """
    if options.start is not None or options.end is not None:
        end = options.end or _now()
        return structs.replace(options, windows=(Window(options.start or end - DEFAULT_SPAN, end),))
    if question is None or not question.job_id or not given:
        return options
    jobs = jobs_in(given)
    failed = find_job(jobs, question.job_id)
    named = [find_job(jobs, question.baseline_job_id)] if question.baseline_job_id else rank_baselines(failed, jobs)
    asked = structs.replace(options, keys=question.keys)
    return aim_at([failed, *named[:BASELINES_AT_MOST]], asked, question.pad)


def aim_at(jobs: Iterable[Job], options: ReadOptions, pad: timedelta) -> ReadOptions:
    """Return what of a bucket is wanted for some jobs: their windows, and what changed from a week before them on."""
    jobs = tuple(jobs)
    spans = [job_window(job, pad, _now()) for job in jobs]
    windows = tuple(span for span in spans if span is not None)
    if not windows:
        return options
    begin = min(window.start for window in windows) - LOOK_BACK
    keys = dict.fromkeys([*options.keys, *(key for job in jobs for key in job.keys)])
    around = Window(begin, max(window.end for window in windows))
    return structs.replace(options, windows=windows, changes=around, keys=tuple(keys))


def _now() -> datetime:
    return datetime.now(UTC)
