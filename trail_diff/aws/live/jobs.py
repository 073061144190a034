"""The job that is asked about, the jobs it could be compared with, and the vaults and recovery points they name.

AWS Backup lists jobs of the last 30 days only; an older baseline can be named, or given with --job.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from msgspec import Struct

from trail_diff.arns import arn_account, arn_region, arn_service, last_name
from trail_diff.aws.client import Aws
from trail_diff.aws.live.asking import ApiCall, Asker
from trail_diff.errors import JobNotFoundError
from trail_diff.events.jobs import find_job
from trail_diff.events.vaults import is_vault_key_used
from trail_diff.model.learnt import Job, Window
from trail_diff.read.interface import FoundJob

_DESCRIBE = (
    ("describe_backup_job", "BackupJobId"),
    ("describe_copy_job", "CopyJobId"),
    ("describe_restore_job", "RestoreJobId"),
)
_LIST = {"backup": "list_backup_jobs", "copy": "list_copy_jobs", "restore": "list_restore_jobs"}
BASELINES_AT_MOST = 3
"""How many baselines of a job are read before one without any event of its own is taken as it is."""
_LISTED_DAYS = timedelta(days=30)
_LONGEST_NEIGHBOUR = timedelta(hours=12)
"""How long before a job another one may have begun and still share the vault with it."""

_PAGES_AT_MOST = 3
_JOB_FILE = "give the job's description with --job FILE"


class Place(Struct, frozen=True):
    """An account and a Region in which to look."""

    aws: Aws
    region: str


class JobFinder:
    """Finds jobs in the given places, with one set of notes."""

    def __init__(self, places: Sequence[Place], asker: Asker) -> None:
        self._places = places
        self._asker = asker

    def describe(self, job_id: str) -> tuple[FoundJob, Place]:
        """Find the job in the first place that has it: as a backup, a copy or a restore job, in either letter case.

        Raises:
            JobNotFoundError: no place has it.
        """
        for spelled in dict.fromkeys((job_id, job_id.upper(), job_id.lower())):
            for place in self._places:
                for operation, name in _DESCRIBE:
                    call = ApiCall(place.aws, "backup", operation, {name: spelled}, place.region)
                    answer = self._asker.ask(call, _JOB_FILE, is_optional=True)
                    if answer is not None:
                        return FoundJob(answer, call.source()), place
        looked = ", ".join(f"account {place.aws.account_id()} in {place.region}" for place in self._places)
        refused = f" ({'; '.join(self._asker.notes)})" if self._asker.notes else ""
        raise JobNotFoundError(
            f"no backup, copy or restore job {job_id!r} in {looked}{refused}",
            hint="check the id, --region and --profile, or give its description with --job FILE",
            job_id=job_id,
        )

    def list_candidates(self, failed: Job, place: Place) -> list[FoundJob]:
        """List the completed jobs the failed one can be compared with: of its resource, and of its vault."""
        if failed.kind == "restore":
            wanted = {"ByStatus": "COMPLETED", "ByResourceType": failed.resource_type}
            return self._list(failed, place, wanted)
        named = [{"ByResourceArn": failed.resource}, _by_vault(failed)]
        known = [one for one in named if any(one.values())] or [{}]
        return [found for one in known for found in self._list(failed, place, {"ByState": "COMPLETED", **one})]

    def list_alike(self, failed: Job, place: Place) -> list[FoundJob]:
        """List the completed jobs of the failed one's resource type, which show what calls such a job makes."""
        if failed.resource_type is None or failed.kind == "restore":
            return []
        return self._list(failed, place, {"ByState": "COMPLETED", "ByResourceType": failed.resource_type})

    def list_neighbours(self, window: Window, place: Place) -> list[FoundJob]:
        """List the jobs that may have run at the same time: their calls must not be taken for another's."""
        return list(self.list_recent(place, Window(window.start - _LONGEST_NEIGHBOUR, window.end)))

    def list_recent(self, place: Place, window: Window) -> Iterator[FoundJob]:
        """List all jobs of every kind that were created in a window."""
        for operation in _LIST.values():
            parameters = {"ByCreatedAfter": window.start, "ByCreatedBefore": window.end}
            call = ApiCall(place.aws, "backup", operation, parameters, place.region)
            for page in self._asker.pages(call, "give an export with --events"):
                yield FoundJob(page, call.source())

    def describe_keys(self, job: Job, place: Place) -> Iterator[FoundJob]:
        """Describe the vaults and recovery points whose keys the job may need and its descriptor does not name."""
        instead = "name the key with --key"
        if job.recovery_point is not None and job.kind in ("copy", "restore"):
            vault = job.source_vault or job.vault
            if vault is not None:
                named = {"BackupVaultName": last_name(vault), "RecoveryPointArn": job.recovery_point}
                call = ApiCall(
                    self._aws_for(vault, place), "backup", "describe_recovery_point", named, _region(vault, place)
                )
                yield from self._describe(call, instead)
        if job.key is None and job.vault is not None and is_vault_key_used(job):
            named = {"BackupVaultName": last_name(job.vault)}
            aws, region = self._aws_for(job.vault, place), _region(job.vault, place)
            yield from self._describe(ApiCall(aws, "backup", "describe_backup_vault", named, region), instead)

    def _describe(self, call: ApiCall, instead: str) -> Iterator[FoundJob]:
        answer = self._asker.ask(call, instead, is_optional=True)
        if answer is not None:
            yield FoundJob(answer, call.source())

    def _list(self, job: Job, place: Place, wanted: dict[str, Any]) -> list[FoundJob]:
        parameters = {name: value for name, value in wanted.items() if value is not None}
        if job.created is not None and "ByCreatedAfter" not in parameters:
            parameters["ByCreatedAfter"] = job.created - _LISTED_DAYS
        call = ApiCall(place.aws, "backup", _LIST[job.kind], parameters, place.region)
        pages = self._asker.pages(call, "name a job that succeeded with --job FILE", _PAGES_AT_MOST)
        return [FoundJob(page, call.source()) for page in pages]

    def _aws_for(self, arn: str, place: Place) -> Aws:
        """Return the credentials of the account that an ARN names, if there are some; else the job's."""
        accounts = {known.aws.account_id(): known.aws for known in self._places}
        return accounts.get(arn_account(arn) or "", place.aws)


def place_of(job: Job, places: Sequence[Place]) -> Place:
    """Return the place that a job given in a file belongs to, or the first one."""
    for place in places:
        if place.aws.account_id() == job.account and place.region == job.region:
            return place
    return places[0]


def service_of(job: Job) -> str:
    """Return the service of the job's resource, as its ARN names it; empty where it has none."""
    return arn_service(job.resource) or ""


def find_given(jobs: Sequence[Job], job_id: str) -> Job | None:
    """Find a job among those given, or None."""
    return find_job(jobs, job_id) if any(job.id.casefold() == job_id.casefold() for job in jobs) else None


def _by_vault(job: Job) -> dict[str, str | None]:
    if job.kind == "copy":
        return {"ByDestinationVaultArn": job.vault}
    return {"ByBackupVaultName": last_name(job.vault)}


def _region(arn: str, place: Place) -> str:
    return arn_region(arn) or place.region
