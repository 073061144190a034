"""From what a pass kept, and from files that describe jobs, to the jobs: what an account of a reading ends in."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import BinaryIO

from trail_diff.case.gathered import Gathered, in_order
from trail_diff.errors import FactError
from trail_diff.events.jobs import merge_jobs, read_job_document, read_job_event
from trail_diff.events.normalize import normalize_record
from trail_diff.events.vaults import described_keys, with_vault_keys
from trail_diff.gather.engine import Sums, fold_found
from trail_diff.gather.fold import EveryEvent
from trail_diff.model.learnt import Event, Skipped
from trail_diff.model.reasons import Reason
from trail_diff.read.files import FileSource
from trail_diff.read.interface import Found, FoundJob, FoundRecord, ReadOptions, Tally

_LISTS = frozenset({"BackupJobs", "CopyJobs", "RestoreJobs"})
"""What the pages of lists of jobs hold."""


def build_gathered(sums: Sums, from_jobs: Sums, asked_at: datetime | None) -> Gathered:
    """Find the jobs in events and documents; `from_jobs` is what job files hold, of which only jobs are taken."""
    documents = [*sums.documents, *from_jobs.documents]
    jobs = [job for item in documents for job in read_job_document(item.document, item.source)]
    jobs.extend(job for job in map(read_job_event, [*sums.events, *from_jobs.events]) if job is not None)
    for cut in find_cut_lists(sums.documents):
        sums.skips.add(cut)
    known = with_vault_keys(merge_jobs(jobs), (item.document for item in documents))
    sums.skips.update(from_jobs.skips)
    return Gathered(in_order(sums.events), known, sums.tally, sums.skips.merged(), asked_at=asked_at)


def read_job_files(paths: Sequence[str]) -> Sums:
    """Read the files given as job descriptors, as `find_in_job_files` does, into Sums.

    Raises:
        FactError: a file describes no job.
    """
    return fold_found(find_in_job_files(paths), Tally(), EveryEvent())


def find_in_job_files(paths: Sequence[str]) -> Iterator[Found]:
    """Read the files given as job descriptors: answers of the API, EventBridge, or CloudTrail records of AWS Backup.

    Descriptions of vaults and recovery points, which name their keys, may be among them.

    Raises:
        FactError: a file describes no job.
    """
    lists: list[FoundJob] = []
    for path in paths:
        found = list(FileSource([path]).read(ReadOptions(), ReadOptions(), Tally(), None))
        _refuse_no_job(found, path)
        yield from found
        lists += [item for item in found if isinstance(item, FoundJob)]
    yield from find_cut_lists(lists)


def check_job_documents(stream: BinaryIO, what: str) -> None:
    """Check that documents in memory, given as job descriptors, describe a job.

    Raises:
        FactError: none does.
    """
    _refuse_no_job(list(FileSource(["-"], stream).read(ReadOptions(), ReadOptions(), Tally(), None)), what)


def _refuse_no_job(found: Collection[Found], path: str) -> None:
    if any(map(_tells_of_job, found)):
        return
    if any(map(_is_summary, found)):
        raise FactError(
            f"--job {path}: it counts jobs by state (list-backup-job-summaries and its like) and names none",
            hint="give the jobs themselves: aws backup list-backup-jobs, list-copy-jobs or list-restore-jobs",
        )
    raise FactError(
        f"--job {path}: no backup, copy or restore job in it",
        hint="give the output of aws backup describe-backup-job or list-backup-jobs as JSON (or the same for "
        "copy and restore jobs), or an EventBridge state change",
    )


def find_cut_lists(found: Iterable[FoundJob]) -> Iterator[Skipped]:
    """Yield the lists of jobs that go on: of a kind, every page names a next one, so that the last is missing.

    Which page follows which is in none of them, so one last page of a kind counts for all lists of that kind.
    """
    pages: dict[str, list[FoundJob]] = {}
    for item in found:
        for kind in _LISTS & item.document.keys():
            pages.setdefault(kind, []).append(item)
    for listed in pages.values():
        if all(page.document.get("NextToken") for page in listed):
            yield Skipped(listed[-1].source, Reason.JOBS_NOT_LISTED)


def _is_summary(item: Found) -> bool:
    return isinstance(item, Skipped) and item.reason is Reason.JOB_SUMMARIES


def _tells_of_job(item: Found) -> bool:
    match item:
        case FoundJob():
            jobs, keys = read_job_document(item.document, item.source), described_keys(item.document)
            return next(chain(jobs, keys), None) is not None
        case FoundRecord():
            event = normalize_record(item.record, item.source)
            return isinstance(event, Event) and read_job_event(event) is not None
        case Skipped():
            return False
