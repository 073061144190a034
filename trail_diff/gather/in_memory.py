"""Reading everything into one place: records to events, job descriptors to jobs, and the counts of what went past.

All input and output of the offline path is here and in `sources`. What is kept is bounded by what matters: KMS and
AWS Backup events and what changes keys, grants, policies and trails; the rest is only counted.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import BinaryIO

from msgspec import Struct

from trail_diff.case.gathered import Gathered, in_order
from trail_diff.errors import FactError
from trail_diff.events.changes import OTHER_CHANGES
from trail_diff.events.jobs import merge_jobs, read_job_document, read_job_event
from trail_diff.events.normalize import normalize_record
from trail_diff.events.vaults import with_vault_keys
from trail_diff.gather.dedupe import Once, digest_of
from trail_diff.model.learnt import Event, Skipped
from trail_diff.model.reasons import Reason
from trail_diff.read.files import read_paths
from trail_diff.read.interface import Found, FoundJob, FoundRecord, Progress, SourceSelection, Tally

KEPT_SOURCES = frozenset({"kms.amazonaws.com", "backup.amazonaws.com"})


class ReadOptions(Struct, frozen=True):
    """What to read and what to leave out. An empty `regions` means every Region; times are aware UTC.

    `processes` is how many may be used for a large input; with more than one, the caller must have no threads. Each is
    given `batch_files` files at a time, fewer when they are large, or `stretch_bytes` of a large file of lines.
    """

    regions: tuple[str, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    processes: int = 1
    batch_files: int = 256
    stretch_bytes: int = 4 << 20


def gather(
    paths: Sequence[str],
    job_files: Sequence[str] = (),
    options: ReadOptions | None = None,
    *,
    progress: Progress | None = None,
    stdin: BinaryIO | None = None,
) -> Gathered:
    """Read all inputs once and keep what matters.

    Raises:
        SourceError: a path is not there or cannot be opened.
    """
    tally = Tally()
    found = read_paths(paths, make_selection(options or ReadOptions()), tally, progress=progress, stdin=stdin)
    return gather_found(found, tally, job_files)


def gather_found(found: Iterable[Found], tally: Tally, job_files: Sequence[str] = ()) -> Gathered:
    """Keep what matters of what a source brought, whichever it is; `tally` is the one the source counts in.

    Raises:
        FactError: a job file describes no job.
    """
    return gather_raw(found, tally, find_in_job_files(job_files))


def gather_raw(found: Iterable[Found], tally: Tally, job_found: Iterable[Found]) -> Gathered:
    """Keep what matters; `job_found` only tells of jobs, so records in it count neither as events nor as read."""
    skipped = Skips()
    documents: list[FoundJob] = []
    events: list[Event] = []
    for item in keep_once(found, skipped):
        if isinstance(item, Event):
            events.append(item)
        else:
            documents.append(item)
    return put_together(events, documents, job_found, tally, skipped)


def put_together(
    events: list[Event], documents: list[FoundJob], job_found: Iterable[Found], tally: Tally, skipped: "Skips"
) -> Gathered:
    """Find the jobs that events and documents tell of; `job_found` is as for `gather_raw`."""
    told = list(events)
    documents = list(documents)
    for item in keep_once(job_found, skipped):
        if isinstance(item, Event):
            told.append(item)
        else:
            documents.append(item)
    jobs = [job for item in documents for job in read_job_document(item.document, item.source)]
    jobs.extend(job for job in map(read_job_event, told) if job is not None)
    known = with_vault_keys(merge_jobs(jobs), (item.document for item in documents))
    return Gathered(in_order(events), known, tally, skipped.merged())


def make_selection(options: ReadOptions, *, kms_only: bool = False) -> SourceSelection:
    """Make the test that decides which records are worth decoding in full."""
    sources, names = (frozenset({"kms.amazonaws.com"}), frozenset[str]()) if kms_only else (KEPT_SOURCES, OTHER_CHANGES)
    return SourceSelection(sources, names, options.regions, options.start, options.end)


def event_identity(event: Event) -> str:
    """Return what makes an event one call: an event delivered to two accounts has two ids but one `sharedEventID`."""
    return event.shared_event_id or event.event_id


def keep_once(found: Iterable[Found], skipped: "Skips") -> Iterator[Event | FoundJob]:
    """Normalise what was found; events that were read before are dropped and counted, across files."""
    once = Once()
    for item in found:
        match item:
            case FoundJob():
                yield item
            case Skipped():
                skipped.add(item)
            case FoundRecord():
                event = normalize_record(item.record, item.source)
                if isinstance(event, Skipped):
                    skipped.add(event)
                    continue
                if once.add(digest_of(event_identity(event))):
                    yield event
                else:
                    skipped.add(Skipped(item.source, Reason.DUPLICATE))


def find_in_job_files(paths: Sequence[str]) -> Iterator[Found]:
    """Read the files given as job descriptors: answers of the API, EventBridge, or CloudTrail records of AWS Backup.

    Raises:
        FactError: a file describes no job.
    """
    for path in paths:
        found = list(read_paths([path], make_selection(ReadOptions()), Tally()))
        if not any(map(_tells_of_job, found)) and any(map(_is_summary, found)):
            raise FactError(
                f"--job {path}: it counts jobs by state (list-backup-job-summaries) and names none of them",
                hint="give the jobs themselves: aws backup list-backup-jobs, list-copy-jobs or list-restore-jobs",
            )
        if not any(map(_tells_of_job, found)):
            raise FactError(
                f"--job {path}: no backup, copy or restore job in it",
                hint="give the output of aws backup describe-backup-job or list-backup-jobs as JSON (or the same for "
                "copy and restore jobs), or an EventBridge state change",
            )
        yield from found


def _is_summary(item: Found) -> bool:
    return isinstance(item, Skipped) and item.reason is Reason.JOB_SUMMARIES


def _tells_of_job(item: Found) -> bool:
    match item:
        case FoundJob():
            return next(read_job_document(item.document, item.source), None) is not None
        case FoundRecord():
            event = normalize_record(item.record, item.source)
            return isinstance(event, Event) and read_job_event(event) is not None
        case Skipped():
            return False


class Skips:
    """Adds up what was skipped, so that a million bad lines are one row."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, Reason]] = Counter()

    def add(self, skipped: Skipped) -> None:
        """Count something that was skipped."""
        self._counts[skipped.source, skipped.reason] += skipped.count

    def merged(self) -> tuple[Skipped, ...]:
        """Return one row for each source and reason, sorted."""
        return tuple(Skipped(source, reason, count) for (source, reason), count in sorted(self._counts.items()))
