"""Which keys AWS says that jobs use: those of their vaults and recovery points, where a descriptor does not say.

A vault's key counts for the resource types whose recovery points are encrypted with it, and for copies. DynamoDB
without advanced features keeps the table's own key: so when another job of the same resource and vault names its key,
that job is believed, not the vault.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import structs

from trail_diff.model.learnt import Job

_JOB_FIELDS = ("BackupJobId", "CopyJobId", "RestoreJobId", "CopyJob")


def with_vault_keys(jobs: Sequence[Job], documents: Iterable[Mapping[str, Any]]) -> tuple[Job, ...]:
    """Return the jobs with the keys that DescribeBackupVault and DescribeRecoveryPoint answers tell; order is kept."""
    vaults: dict[str, str] = {}
    points: dict[str, str] = {}
    for document in documents:
        if any(name in document for name in _JOB_FIELDS):
            continue
        key, vault, point = (document.get(name) for name in ("EncryptionKeyArn", "BackupVaultArn", "RecoveryPointArn"))
        if isinstance(key, str) and isinstance(point, str):
            points[point] = key
        elif isinstance(key, str) and isinstance(vault, str):
            vaults[vault] = key
    if not vaults and not points:
        return tuple(jobs)
    told = {(job.vault, job.resource) for job in jobs if job.key}
    return tuple(_complete(job, vaults, points, is_told=(job.vault, job.resource) in told) for job in jobs)


def is_vault_key_used(job: Job) -> bool:
    """Check whether the job's recovery point is encrypted with the vault's key; of an unknown type, that is assumed."""
    return job.kind == "copy" or (job.kind == "backup" and (job.resource_type or "efs").casefold() in VAULT_KEY_TYPES)


def _complete(job: Job, vaults: Mapping[str, str], points: Mapping[str, str], *, is_told: bool) -> Job:
    point = points.get(job.recovery_point or "")
    key = job.key
    if key is None and job.kind == "restore":
        key = point
    if key is None and is_vault_key_used(job) and not is_told:
        key = vaults.get(job.vault or "")
    source = point or vaults.get(job.source_vault or "") if job.kind == "copy" else None
    keys = tuple(dict.fromkeys(name for name in (key, *job.keys, source) if name))
    return structs.replace(job, key=key, keys=keys)


VAULT_KEY_TYPES = frozenset(
    {"dynamodb", "efs", "s3", "timestream", "virtualmachine", "cloudformation", "sap hana", "eks"}
)
"""Resource types whose recovery points are encrypted with the vault's key (AWS Backup guide, "Encryption for backups");
for the others the source resource's key counts. DynamoDB without advanced features keeps its own, which a descriptor
does not tell, so this only weighs, it never decides alone."""
