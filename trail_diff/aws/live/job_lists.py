"""The lists of jobs of many accounts and Regions, fetched side by side; one that is refused counts as missing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from trail_diff.aws.client import as_document
from trail_diff.aws.live.asking import ApiCall, Asker
from trail_diff.aws.live.jobs import Place
from trail_diff.errors import AwsCredentialsError, AwsError
from trail_diff.model.learnt import Skipped, Window
from trail_diff.model.reasons import Reason
from trail_diff.read.interface import Found, FoundJob

_LISTS = {"list_backup_jobs": "BackupJobId", "list_copy_jobs": "CopyJobId", "list_restore_jobs": "RestoreJobId"}
"""The lists that AWS Backup has, and the id that the jobs of each go by."""
_AT_ONCE = 8
_INSTEAD = "give the lists of jobs with --job FILE"

Outcome = tuple[list[FoundJob], AwsError | None]


class JobLists:
    """Lists jobs; `asker` is told what was refused."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    def list_created(self, places: Iterable[Place], window: Window) -> list[Found]:
        """List all jobs that were created in a window, of every kind and of every place.

        Raises:
            AwsError: no list at all can be had, or there are no credentials.
        """
        span = {"ByCreatedAfter": window.start, "ByCreatedBefore": window.end}
        return self._list([_call(place, operation, span) for place in places for operation in _LISTS])

    def list_parts(self, places: Mapping[str, Place], listed: Iterable[Found]) -> list[Found]:
        """List the parts of composite jobs, whose places are given by the ids of those that matter."""
        calls = [
            _call(places[job_id], operation, {"ByParentJobId": job_id})
            for operation, job_id in dict.fromkeys(_composite(listed))
            if job_id in places
        ]
        return self._list(calls) if calls else []

    def _list(self, calls: Sequence[ApiCall]) -> list[Found]:
        pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="lists")
        try:
            outcomes = list(pool.map(_fetch, calls))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        errors = [error for _, error in outcomes if error is not None]
        fatal = next((error for error in errors if isinstance(error, AwsCredentialsError)), None)
        if fatal is not None or (errors and len(errors) == len(calls)):
            raise fatal or errors[0]
        found: list[Found] = []
        for call, (pages, error) in zip(calls, outcomes, strict=True):
            found += pages
            if error is not None:
                self._asker.note(f"{call.source()}: {error.message.rstrip('.')}; {error.hint}, or {_INSTEAD}")
                found.append(Skipped(call.source(), Reason.JOBS_NOT_LISTED))
        return found


def _call(place: Place, operation: str, parameters: Mapping[str, Any]) -> ApiCall:
    return ApiCall(place.aws, "backup", operation, parameters, place.region)


def _fetch(call: ApiCall) -> Outcome:
    """Fetch the pages of a list, as far as they come."""
    pages: list[FoundJob] = []
    try:
        found = call.aws.pages(call.service, call.operation, call.parameters, call.region)
        pages.extend(FoundJob(as_document(page), call.source()) for page in found)
    except AwsError as error:
        return pages, error
    return pages, None


def _composite(listed: Iterable[Found]) -> Iterator[tuple[str, str]]:
    """Yield which list has the parts of a composite job, and the job's id."""
    for found in listed:
        if isinstance(found, FoundJob):
            for entries in found.document.values():
                for entry in entries if isinstance(entries, list) else ():
                    if isinstance(entry, Mapping) and entry.get("IsParent") is True:
                        yield from (
                            (operation, str(entry[name])) for operation, name in _LISTS.items() if name in entry
                        )
