"""Job descriptors: from API output, EventBridge or CloudTrail, in any of their forms, to Job values.

Merging keeps one Job for each id, account and Region. Choosing the baseline is in `baseline`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from trail_diff.arns import arn_account, arn_region, partition_of
from trail_diff.errors import AmbiguousJobError, JobNotFoundError
from trail_diff.events.fields import text_of
from trail_diff.model.codes import FAILED_STATES
from trail_diff.model.learnt import Event, Job
from trail_diff.times import parse_time

JobKind = Literal["backup", "copy", "restore"]

_ID_FIELDS: tuple[tuple[str, JobKind], ...] = (
    ("backupJobId", "backup"),
    ("copyJobId", "copy"),
    ("restoreJobId", "restore"),
)
_LIST_FIELDS = ("backupJobs", "copyJobs", "restoreJobs", "copyJob", "backupJob", "restoreJob", "reportItems")
START_CALLS = frozenset({"StartBackupJob", "StartCopyJob", "StartRestoreJob"})
"""The calls that begin jobs; their records describe them."""
_UNDER_WAY = {"Started": "RUNNING", "Created": "CREATED"}
_FIRST_JOB = datetime(2019, 1, 1, tzinfo=UTC)
SUCCEEDED_STATES = frozenset({"COMPLETED"})
FINISHED_STATES = SUCCEEDED_STATES | FAILED_STATES


def read_job_document(document: Mapping[str, Any], source: str) -> Iterator[Job]:
    """Read every job that a document describes; a document that describes none gives none.

    Understands the answers of the Describe and List calls of AWS Backup (backup, copy and restore jobs), EventBridge
    state changes and job reports of AWS Backup Audit Manager. Fields of the wrong type count as absent.
    """
    fields = _lower_first(document)
    detail = fields.get("detail")
    if isinstance(detail, Mapping) and "detail-type" in document:
        yield from _read_state_change(fields, detail, source)
        return
    for name in _LIST_FIELDS:
        listed = fields.get(name)
        for entry in listed if isinstance(listed, list) else [listed]:
            if isinstance(entry, Mapping):
                yield from read_job_document(entry, source)
    job = _read_fields(fields, source)
    if job is not None:
        yield job


def read_job_event(event: Event) -> Job | None:
    """Read the job that a CloudTrail event of AWS Backup speaks of: its service events and the Start…Job calls.

    A `…Completed` service event without a state says nothing of how the job ended, so the state stays None. The field
    that holds the human message is not documented; the three names that are met are accepted.
    """
    if event.event_source != "backup.amazonaws.com" or event.error_code is not None:
        return None
    if event.event_name in START_CALLS:
        fields = {**_lower_first(event.request_parameters), **_lower_first(event.response_elements)}
    else:
        fields = _lower_first(event.service_event_details)
    job = _read_fields(fields, event.source, region=event.aws_region, account=event.recipient_account_id)
    if job is None:
        return None
    under_way = next((state for word, state in _UNDER_WAY.items() if event.event_name.endswith(word)), None)
    ended = event.event_name.endswith("Completed")
    return msgspec.structs.replace(
        job,
        state=job.state or under_way,
        created=job.created or (None if ended else event.event_time),
        completed=job.completed or (event.event_time if ended else None),
    )


def merge_jobs(jobs: Iterable[Job]) -> tuple[Job, ...]:
    """Put all descriptors of a job together, ordered by creation, then id.

    Ids compare without case. What a finished descriptor says wins over what an earlier one said; a field that one of
    them lacks is taken from the others. Descriptors of one id in different accounts or Regions stay apart.
    """
    merged: dict[str, list[Job]] = {}
    for job in jobs:
        same_id = merged.setdefault(job.id.casefold(), [])
        for index, known in enumerate(same_id):
            if _may_be_same(known, job):
                same_id[index] = _merge(known, job)
                break
        else:
            same_id.append(job)
    everything = [job for same_id in merged.values() for job in same_id]
    return tuple(sorted(everything, key=lambda job: (_sort_time(job.created), job.id.casefold(), job.account or "")))


def find_job(jobs: Sequence[Job], job_id: str) -> Job:
    """Find a job by id, without regard to case.

    Raises:
        JobNotFoundError: no descriptor of it was read.
        AmbiguousJobError: the id stands for jobs of several accounts or Regions.
    """
    wanted = job_id.strip().casefold()
    found = [job for job in jobs if job.id.casefold() == wanted]
    if not found:
        raise JobNotFoundError(
            f"no job {job_id!r} in what was read ({len(jobs)} other job{'' if len(jobs) == 1 else 's'} found)",
            hint="'trail-diff jobs' lists the jobs found; a description of it can be given with --job FILE "
            "(the output of aws backup describe-backup-job, describe-copy-job or describe-restore-job)",
            job_id=job_id,
        )
    if len(found) > 1:
        places = ", ".join(sorted(f"{job.account or '?'}/{job.region or '?'}" for job in found))
        raise AmbiguousJobError(
            f"job {job_id!r} exists in several places: {places}",
            hint="choose one with --account or --region, or give only the exports of one account",
        )
    return found[0]


def is_finished(job: Job) -> bool:
    """Check whether the job has come to an end, well or badly."""
    return job.state in FINISHED_STATES


def is_succeeded(job: Job) -> bool:
    """Check whether the job completed."""
    return job.state in SUCCEEDED_STATES


def has_issues(job: Job) -> bool:
    """Check whether the job completed, but not without a complaint: its `MessageCategory` is another than SUCCESS."""
    return job.message_category is not None and job.message_category.upper() != "SUCCESS"


def _read_state_change(envelope: Mapping[str, Any], detail: Mapping[str, Any], source: str) -> Iterator[Job]:
    region, account = text_of(envelope.get("region")), text_of(envelope.get("account"))
    job = _read_fields(_lower_first(detail), source, region=region, account=account)
    if job is not None:
        ended = parse_time(envelope.get("time")) if is_finished(job) else None
        yield msgspec.structs.replace(job, completed=job.completed or ended)


def _read_fields(
    fields: Mapping[str, Any], source: str, *, region: str | None = None, account: str | None = None
) -> Job | None:
    """Read one job from fields named in AWS's lower camel case."""
    identified = next(((text, kind) for name, kind in _ID_FIELDS if (text := text_of(fields.get(name)))), None)
    if identified is None:
        return None
    job_id, kind = identified
    created, completed = _first_time(fields, "creationDate", "initiationDate"), _first_time(fields, "completionDate")
    given = Job(
        id=job_id,
        kind=kind,
        state=_state(fields),
        message=_message(fields),
        resource=_first_text(fields, "resourceArn", "sourceResourceArn"),
        resource_type=text_of(fields.get("resourceType")),
        role=text_of(fields.get("iamRoleArn")),
        created=created,
        completed=None if created and completed and completed < created else completed,
        backup_type=text_of(fields.get("backupType")),
        message_category=text_of(fields.get("messageCategory")),
        parent=text_of(fields.get("parentJobId")),
        recovery_point=_first_text(fields, "recoveryPointArn", "sourceRecoveryPointArn"),
        sources=(source,) if source else (),
    )
    given = _place(given, fields, region or text_of(fields.get("region")), account)
    key = _first_text(fields, "encryptionKeyArn", "destinationEncryptionKeyArn")
    return msgspec.structs.replace(given, key=key, keys=(key,) if key else ())


def _place(job: Job, fields: Mapping[str, Any], region: str | None, account: str | None) -> Job:
    """Fill in vaults, Region and account, each from the best place that has it."""
    source_vault = _vault(fields, "sourceBackupVault", region, account)
    vault = _vault(fields, "destinationBackupVault", region, account) or _vault(fields, "backupVault", region, account)
    own_vault = source_vault or vault
    return msgspec.structs.replace(
        job,
        vault=vault,
        source_vault=source_vault,
        region=region or arn_region(own_vault) or arn_region(job.resource),
        account=account or text_of(fields.get("accountId")) or arn_account(own_vault) or arn_account(job.resource),
    )


def _vault(fields: Mapping[str, Any], prefix: str, region: str | None, account: str | None) -> str | None:
    arn, name = text_of(fields.get(f"{prefix}Arn")), text_of(fields.get(f"{prefix}Name"))
    if arn or not name:
        return arn
    account = account or text_of(fields.get("accountId"))
    if region and account:
        return f"arn:{partition_of(region)}:backup:{region}:{account}:backup-vault:{name}"
    return name


def _state(fields: Mapping[str, Any]) -> str | None:
    state = _first_text(fields, "state", "status", "jobStatus")
    return state.upper() if state else None


def _message(fields: Mapping[str, Any]) -> str | None:
    """Return the job's own message; EventBridge may wrap it in quotes inside the string."""
    message = _first_text(fields, "statusMessage", "jobStatusMessage", "message", "errorMessage")
    if message and message.startswith('"') and message.endswith('"'):
        try:
            unwrapped = json.loads(message)
        except ValueError:
            return message[1:-1]
        return unwrapped if isinstance(unwrapped, str) else message
    return message


def _may_be_same(one: Job, other: Job) -> bool:
    return (
        one.kind == other.kind
        and (one.account is None or other.account is None or one.account == other.account)
        and (one.region is None or other.region is None or one.region == other.region)
    )


def _merge(one: Job, other: Job) -> Job:
    first, second = (other, one) if is_finished(other) and not is_finished(one) else (one, other)
    merged = {name: getattr(first, name) or getattr(second, name) for name in Job.__struct_fields__}
    merged["id"] = one.id
    merged["created"] = min((t for t in (one.created, other.created) if t is not None), default=None)
    merged["keys"] = tuple(dict.fromkeys(first.keys + second.keys))
    merged["key_roles"] = tuple(dict.fromkeys(first.key_roles + second.key_roles))
    merged["sources"] = tuple(dict.fromkeys(one.sources + other.sources))
    if merged["vault"] and not str(merged["vault"]).startswith("arn:"):
        merged["vault"] = next((v for v in (one.vault, other.vault) if v and v.startswith("arn:")), merged["vault"])
    return Job(**merged)


def _lower_first(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name[:1].lower() + name[1:]: value for name, value in fields.items()}


def _first_text(fields: Mapping[str, Any], *names: str) -> str | None:
    for name in names:
        if text := text_of(fields.get(name)):
            return text
    return None


def _first_time(fields: Mapping[str, Any], *names: str) -> datetime | None:
    """Return the earliest of some times. One from before AWS Backup was there, such as the epoch, is none."""
    times = [parse_time(fields[name]) for name in names if name in fields]
    return min([time for time in times if time and time >= _FIRST_JOB], default=None)


def _sort_time(moment: datetime | None) -> float:
    return moment.timestamp() if moment else float("inf")
