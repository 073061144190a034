"""Which keys jobs use by the word of AWS: those of their vaults and recovery points, where a descriptor does not say.

A vault's key counts for the resource types whose recovery points are encrypted with it, and for copies. DynamoDB
without advanced features keeps the table's own key: so when another job of the same resource and vault names its key,
that job is believed, not the vault.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import structs

from trail_diff.arns import arn_resource, arn_service
from trail_diff.model.codes import KeyOrigin, KeyRole
from trail_diff.model.learnt import Job, JobKey

_JOB_FIELDS = ("BackupJobId", "CopyJobId", "RestoreJobId", "CopyJob")


def with_vault_keys(jobs: Sequence[Job], documents: Iterable[Mapping[str, Any]]) -> tuple[Job, ...]:
    """Return the jobs with the keys that descriptions and lists of vaults and recovery points name; order is kept."""
    vaults: dict[str, str] = {}
    points: dict[str, str] = {}
    for document in documents:
        for kind, place, key in described_keys(document):
            (points if kind == "RecoveryPointArn" else vaults)[place] = key
    if not vaults and not points:
        return tuple(jobs)
    told = {(job.vault, job.resource) for job in jobs if job.key}
    return tuple(_complete(job, vaults, points, is_told=(job.vault, job.resource) in told) for job in jobs)


def described_keys(document: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield the recovery points and vaults that a document describes: the field of its ARN, the ARN, and its key."""
    if any(name in document for name in _JOB_FIELDS):
        return
    lists = [document.get(name) for name in ("BackupVaultList", "RecoveryPoints")]
    for one in [document, *(one for listed in lists if isinstance(listed, list) for one in listed)]:
        key = one.get("EncryptionKeyArn") if isinstance(one, dict) else None
        kind = "RecoveryPointArn" if isinstance(key, str) and "RecoveryPointArn" in one else "BackupVaultArn"
        place = one.get(kind) if isinstance(key, str) else None
        if isinstance(key, str) and isinstance(place, str):
            yield kind, place, key


def is_vault_key_used(job: Job) -> bool:
    """Check whether the job's recovery point is encrypted with the vault's key; of an unknown type, that is assumed."""
    return job.kind == "copy" or (job.kind == "backup" and _is_fully_managed(job))


def is_vault_key_read(job: Job) -> bool:
    """Check whether the job reads a recovery point that is encrypted with the key of the vault it is in."""
    return job.kind in ("copy", "restore") and _is_fully_managed(job)


def resource_type_of(job: Job) -> str | None:
    """Return the job's resource type in lower case, from its resource's ARN where the descriptor does not say."""
    if job.resource_type:
        return plain_type(job.resource_type)
    service, resource = arn_service(job.resource) or "", arn_resource(job.resource) or ""
    if service == "ec2":
        return "ebs" if resource.startswith("volume/") else "ec2"
    return _TYPES_BY_SERVICE.get(service)


def plain_type(resource_type: str) -> str:
    """Return a resource type as it is compared; AWS Backup's API calls SAP HANA `SAP HANA on Amazon EC2`."""
    return resource_type.casefold().removesuffix(" on amazon ec2")


def _is_fully_managed(job: Job) -> bool:
    """Check whether the recovery points of the job's resource type have a key of their own, the vault's.

    A recovery point that bears an ARN of DynamoDB itself was made without the advanced features, by the table's key.
    """
    return arn_service(job.recovery_point) != "dynamodb" and (resource_type_of(job) or "efs") in VAULT_KEY_TYPES


def _is_own_point(job: Job) -> bool:
    """Check whether the job's recovery point is known, and is one of AWS Backup itself: the vault's key made it."""
    return arn_service(job.recovery_point) == "backup"


def _complete(job: Job, vaults: Mapping[str, str], points: Mapping[str, str], *, is_told: bool) -> Job:
    point, origin = points.get(job.recovery_point or ""), vaults.get(job.vault or "")
    known: list[tuple[KeyRole, str | None, KeyOrigin]] = []
    if job.kind == "restore":
        known.append(("source-vault" if is_vault_key_read(job) else "resource", point, "recovery-point"))
        known.append(("source-vault", origin if is_vault_key_read(job) and _is_own_point(job) else None, _DESCRIBED))
    elif job.key is None and is_vault_key_used(job) and not is_told:
        known.append(("vault", origin, _DESCRIBED))
    if job.kind == "copy":
        source = vaults.get(job.source_vault or "")
        known.append(("source-vault", point, "recovery-point") if point else ("source-vault", source, _DESCRIBED))
    roles = [JobKey(role, key, place) for role, key, place in known if key]
    key = job.key or next((one.key for one in roles if one.role == "vault" or job.kind == "restore"), None)
    keys = tuple(dict.fromkeys(name for name in (key, *job.keys, *(one.key for one in roles)) if name))
    return structs.replace(job, key=key, keys=keys, key_roles=(*job.key_roles, *roles))


_DESCRIBED: KeyOrigin = "vault-description"
_TYPES_BY_SERVICE: Mapping[str, str] = {
    "dynamodb": "dynamodb",
    "elasticfilesystem": "efs",
    "s3": "s3",
    "timestream": "timestream",
    "backup-gateway": "virtualmachine",
    "cloudformation": "cloudformation",
    "ssm-sap": "sap hana",
    "eks": "eks",
    "rds": "rds",
    "fsx": "fsx",
    "redshift": "redshift",
    "storagegateway": "storage gateway",
    "dsql": "aurora dsql",
}
VAULT_KEY_TYPES = frozenset(
    {"dynamodb", "efs", "s3", "timestream", "virtualmachine", "cloudformation", "sap hana", "eks"}
)
"""Resource types whose recovery points are encrypted with the vault's key (AWS Backup guide, "Encryption for backups");
for the others the source resource's key counts. DynamoDB without advanced features keeps its own, which a descriptor
does not tell, so this only weighs, it never decides alone."""
