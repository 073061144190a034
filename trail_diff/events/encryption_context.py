"""Whether an encryption context names a job, something else, or neither.

The context keys are those that AWS documents for the services that AWS Backup covers and for common neighbours on a
shared key. The form of the value of `aws:backup:backup-vault` is not documented: the vault's ARN and its bare name are
both accepted, and any other form counts as silent.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from enum import Enum
from typing import Any

from trail_diff.arns import arn_region, arn_resource, arn_service, last_name
from trail_diff.model.learnt import Event, Job


class ContextVerdict(Enum):
    """Whether a context names a job."""

    NAMES_VAULT = "names-vault"
    NAMES_RESOURCE = "names-resource"
    NAMES_OTHER = "names-other"
    SILENT = "silent"


BACKUP_VAULT_KEY = "aws:backup:backup-vault"
_TABLE_KEY, _S3_KEY = "aws:dynamodb:tableName", "aws:s3:arn"

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


def contexts_of(event: Event) -> Mapping[str, str]:
    """Return the encryption context of a call, or for CreateGrant the context its constraints name."""
    if event.encryption_context:
        return event.encryption_context
    constraints = event.request_parameters.get("constraints")
    if not isinstance(constraints, Mapping):
        return {}
    named: Any = constraints.get("encryptionContextEquals") or constraints.get("encryptionContextSubset")
    return {k: v for k, v in named.items() if isinstance(v, str)} if isinstance(named, Mapping) else {}


def sole_name(context: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the one pair of a context that can name a job, its value as `names_of` has it.

    None where there is none, where there are several, or where the value's form leaves open what it names.
    """
    telling = _TELLING_KEYS & context.keys()
    if len(telling) != 1:
        return None
    key = next(iter(telling))
    value = context[key]
    if key in _ALWAYS_OTHER:
        return key, ""
    if key == BACKUP_VAULT_KEY:
        return (key, last_name(value) or "") if value.startswith("arn:") and ":backup-vault:" in value else None
    if key == _S3_KEY:
        return key, _bucket_of(value)
    return (key, value) if key in _RESOURCE_SERVICES else None


def names_of(job: Job) -> frozenset[tuple[str, str]]:
    """Return the pairs, as `sole_name` has them, that can name a job."""
    vaults = {(BACKUP_VAULT_KEY, last_name(vault) or "") for vault in (job.vault, job.source_vault) if vault}
    own = last_name(job.resource) or ""
    resources = {(key, name) for key in _RESOURCE_SERVICES for name in (own, _table_of(job))}
    return frozenset(vaults | resources | {(_S3_KEY, (arn_resource(job.resource) or "").split("/")[0])})


def is_told_apart(key: str, job: Job) -> bool:
    """Check whether each value of a context's only telling key that does not name a job names something else."""
    if key in _ALWAYS_OTHER:
        return True
    if key == BACKUP_VAULT_KEY:
        return bool(job.vault or job.source_vault)
    if not job.resource or job.kind == "restore":
        return False
    return key in _EXACT_KEYS or arn_service(job.resource) != _RESOURCE_SERVICES.get(key)


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


def speaks_of(event: Event, vault: str) -> bool:
    """Check whether a call's context names a vault; vaults of one name in two Regions are told apart by the call's."""
    value = contexts_of(event).get(BACKUP_VAULT_KEY)
    if value is None or not names_vault(value, vault):
        return False
    return value == vault or event.aws_region is None or arn_region(vault) in (None, event.aws_region)


def _read_table(value: str, job: Job) -> ContextVerdict:
    if arn_service(job.resource) != "dynamodb":
        return ContextVerdict.NAMES_OTHER if job.resource else ContextVerdict.SILENT
    return ContextVerdict.NAMES_RESOURCE if value == _table_of(job) else ContextVerdict.NAMES_OTHER


def _table_of(job: Job) -> str:
    return (arn_resource(job.resource) or "").removeprefix("table/").split("/")[0]


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
    if arn_service(job.resource) != "s3":
        return ContextVerdict.NAMES_OTHER if job.resource else ContextVerdict.SILENT
    is_own = _bucket_of(value) == (arn_resource(job.resource) or "").split("/")[0]
    return ContextVerdict.NAMES_RESOURCE if is_own else ContextVerdict.NAMES_OTHER


def _bucket_of(value: str) -> str:
    return value.removeprefix("arn:").split(":")[-1].split("/")[0]


_RESOURCE_READERS: Mapping[str, Callable[[str, Job], ContextVerdict]] = {
    _TABLE_KEY: _read_table,
    "aws:elasticfilesystem:filesystem:id": _read_named("elasticfilesystem", "fs-"),
    "aws:dsql:ClusterId": _read_named("dsql", ""),
    "aws:rds:db-id": _read_named("rds", "db-"),
    "aws:ebs:id": _read_volume,
    _S3_KEY: _read_s3,
}

_EXACT_KEYS = frozenset({_TABLE_KEY, _S3_KEY})
"""Contexts whose every value is one name, of the job's resource or of another."""
_RESOURCE_SERVICES: Mapping[str, str] = {
    _TABLE_KEY: "dynamodb",
    "aws:elasticfilesystem:filesystem:id": "elasticfilesystem",
    "aws:dsql:ClusterId": "dsql",
    "aws:rds:db-id": "rds",
}
"""Contexts that name a resource of one service: a job of another service's resource has nothing to do with them."""

_TELLING_KEYS = frozenset({BACKUP_VAULT_KEY, *_ALWAYS_OTHER, *_RESOURCE_READERS})
"""The context keys that can tell anything of a job; any other key is silent."""
