"""Whether an encryption context names a job, something else, or neither.

The context keys are those that AWS documents for the services that AWS Backup covers and for common neighbours on a
shared key. The form of the value of `aws:backup:backup-vault` is not documented: the vault's ARN and its bare name are
both accepted, and any other form counts as silent.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from enum import Enum

from trail_diff.arns import arn_resource, arn_service, last_name
from trail_diff.model.learnt import Job


class ContextVerdict(Enum):
    """Whether a context names a job."""

    NAMES_VAULT = "names-vault"
    NAMES_RESOURCE = "names-resource"
    NAMES_OTHER = "names-other"
    SILENT = "silent"


BACKUP_VAULT_KEY = "aws:backup:backup-vault"

_ALWAYS_OTHER = frozenset(
    {
        "SecretARN",
        "PARAMETER_ARN",
        "aws:lambda:FunctionArn",
        "aws:cloudtrail:arn",
        "aws:appconfig:deployment:arn",
        "aws:logs:arn",
        "aws:sqs:arn",
        "aws:sns:topicArn",
    }
)
"""Contexts of services that no backup job goes through."""


def read_context(context: Mapping[str, str], job: Job, vaults: Collection[str] = ()) -> ContextVerdict:
    """Check whether a context names a job. The `vaults` of other jobs tell a bare vault name apart.

    A pair that names the job's resource beats one that names something else, because services add pairs of their own
    (RDS names the instance and the volume). A restore makes a resource whose name its descriptor does not tell, so for
    it another resource's name says nothing.
    """
    if _TELLING_KEYS.isdisjoint(context):
        return ContextVerdict.SILENT
    verdicts = [_read_pair(key, value, job, vaults) for key, value in context.items()]
    if job.kind == "restore" and BACKUP_VAULT_KEY not in context and not _ALWAYS_OTHER & context.keys():
        verdicts = [verdict for verdict in verdicts if verdict is not ContextVerdict.NAMES_OTHER]
    for verdict in (ContextVerdict.NAMES_RESOURCE, ContextVerdict.NAMES_VAULT, ContextVerdict.NAMES_OTHER):
        if verdict in verdicts:
            return verdict
    return ContextVerdict.SILENT


def vaults_of(jobs: Iterable[Job]) -> frozenset[str]:
    """Return every vault that jobs write to or read from."""
    return frozenset(vault for job in jobs for vault in (job.vault, job.source_vault) if vault)


def _read_pair(key: str, value: str, job: Job, vaults: Collection[str]) -> ContextVerdict:
    if key == BACKUP_VAULT_KEY:
        return _read_vault(value, job, vaults)
    if key in _ALWAYS_OTHER:
        return ContextVerdict.NAMES_OTHER
    reader = _RESOURCE_READERS.get(key)
    return reader(value, job) if reader else ContextVerdict.SILENT


def _read_vault(value: str, job: Job, vaults: Collection[str]) -> ContextVerdict:
    own = vaults_of([job])
    if not own:
        return ContextVerdict.SILENT
    if any(names_vault(value, vault) for vault in own):
        return ContextVerdict.NAMES_VAULT
    is_known = ":backup-vault:" in value or any(names_vault(value, vault) for vault in vaults)
    return ContextVerdict.NAMES_OTHER if is_known else ContextVerdict.SILENT


def names_vault(value: str, vault: str) -> bool:
    """Check whether the value of a vault's context stands for a vault, by its ARN or by its bare name."""
    if value == vault:
        return True
    if value.startswith("arn:") and vault.startswith("arn:"):
        return False
    return last_name(value) == last_name(vault)


def _read_table(value: str, job: Job) -> ContextVerdict:
    if arn_service(job.resource) != "dynamodb":
        return ContextVerdict.NAMES_OTHER if job.resource else ContextVerdict.SILENT
    table = (arn_resource(job.resource) or "").removeprefix("table/").split("/")[0]
    return ContextVerdict.NAMES_RESOURCE if value == table else ContextVerdict.NAMES_OTHER


def _read_named(service: str, prefix: str) -> Callable[[str, Job], ContextVerdict]:
    """Make a reader for a context whose value is the resource's last name, when it has the form of one (`fs-…`)."""

    def read(value: str, job: Job) -> ContextVerdict:
        if last_name(job.resource) == value:
            return ContextVerdict.NAMES_RESOURCE
        if job.resource and (arn_service(job.resource) != service or _is_named_alike(value, job.resource, prefix)):
            return ContextVerdict.NAMES_OTHER
        return ContextVerdict.SILENT

    return read


def _is_named_alike(value: str, resource: str, prefix: str) -> bool:
    """Only names of one form can be told apart: a snapshot id says nothing of a volume, nor of an instance."""
    name = last_name(resource) or ""
    return bool(prefix) and value.startswith(prefix) and name.startswith(prefix)


def _read_volume(value: str, job: Job) -> ContextVerdict:
    """Volumes and snapshots belong to EBS, EC2, RDS and others; only a volume job tells one from another."""
    if last_name(job.resource) == value:
        return ContextVerdict.NAMES_RESOURCE
    if job.resource and _is_named_alike(value, job.resource, "vol-"):
        return ContextVerdict.NAMES_OTHER
    return ContextVerdict.SILENT


def _read_s3(value: str, job: Job) -> ContextVerdict:
    bucket = value.removeprefix("arn:").split(":")[-1].split("/")[0]
    if arn_service(job.resource) != "s3":
        return ContextVerdict.NAMES_OTHER if job.resource else ContextVerdict.SILENT
    is_own = bucket == (arn_resource(job.resource) or "").split("/")[0]
    return ContextVerdict.NAMES_RESOURCE if is_own else ContextVerdict.NAMES_OTHER


_RESOURCE_READERS: Mapping[str, Callable[[str, Job], ContextVerdict]] = {
    "aws:dynamodb:tableName": _read_table,
    "aws:elasticfilesystem:filesystem:id": _read_named("elasticfilesystem", "fs-"),
    "aws:dsql:ClusterId": _read_named("dsql", ""),
    "aws:rds:db-id": _read_named("rds", "db-"),
    "aws:ebs:id": _read_volume,
    "aws:s3:arn": _read_s3,
}

_TELLING_KEYS = frozenset({BACKUP_VAULT_KEY, *_ALWAYS_OTHER, *_RESOURCE_READERS})
"""The context keys that can tell anything of a job; any other key is silent."""
