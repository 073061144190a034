"""Changes of what surrounds a key: the resources that are encrypted with it, and the roles that use it.

A topic that is given another key, or a role that is made again under its name, changes what the same call amounts to;
no record of KMS tells. Event names: the API references of the services. Lambda's carry the date of the API version.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from trail_diff.arns import arn_resource, last_name
from trail_diff.model.learnt import Event, Job

CHANGES_BY_SERVICE: Mapping[str, tuple[str, ...]] = {
    "s3": ("PutBucketEncryption", "DeleteBucketEncryption", "PutBucketReplication", "PutBucketNotification"),
    "sns": ("SetTopicAttributes",),
    "sqs": ("SetQueueAttributes",),
    "dynamodb": ("UpdateTable",),
    "rds": ("ModifyDBInstance", "ModifyDBCluster"),
    "secretsmanager": ("UpdateSecret",),
    "logs": ("AssociateKmsKey", "DisassociateKmsKey"),
    "lambda": ("UpdateFunctionConfiguration20150331v2",),
    "elasticache": ("ModifyReplicationGroup",),
    "elasticfilesystem": ("UpdateFileSystem",),
    "fsx": ("UpdateFileSystem",),
}
RESOURCE_CHANGES = frozenset(name for names in CHANGES_BY_SERVICE.values() for name in names)
"""Calls that change with which key, or how, one resource is encrypted; each names the resource."""

PLACE_CHANGES = frozenset(
    {
        "ModifyEbsDefaultKmsKeyId",
        "ResetEbsDefaultKmsKeyId",
        "EnableEbsEncryptionByDefault",
        "DisableEbsEncryptionByDefault",
    }
)
"""Calls that change with which key everything new in an account and Region is encrypted."""


def changes_around(services: Collection[str]) -> tuple[str, ...]:
    """Return the names of the calls that change how resources of these services are encrypted; of all without any."""
    named = {name for service in services or CHANGES_BY_SERVICE for name in CHANGES_BY_SERVICE.get(service, ())}
    places = PLACE_CHANGES if not services or "ec2" in services else frozenset()
    return tuple(sorted(named | places))


_NAMING = (
    "aliasName",
    "roleName",
    "userName",
    "backupVaultName",
    "bucketName",
    "topicArn",
    "queueUrl",
    "tableName",
    "dBInstanceIdentifier",
    "dBClusterIdentifier",
    "secretId",
    "logGroupName",
    "functionName",
    "replicationGroupId",
    "fileSystemId",
    "policyArn",
    "kmsKeyId",
    "name",
)
"""Parameters that name what a change is about."""

_SEPARATORS = re.compile("[:/]")
_DEEPEST = 6
_SHORTEST = 3
_KINDS = frozenset(
    {"table", "secret", "function", "instance", "volume", "cluster", "file-system", "log-group", "snapshot"}
)


def role_names(jobs: Iterable[Job], calls: Iterable[Event], grants: Iterable[Event]) -> frozenset[str]:
    """Return the names of the roles of jobs, of the callers, and of the grantees that CreateGrant records name."""
    arns = [job.role for job in jobs] + [event.caller.role_arn for event in calls]
    arns += [event.request_parameters.get("granteePrincipal") for event in grants]
    return frozenset(name for arn in arns if isinstance(arn, str) and ":role/" in arn and (name := last_name(arn)))


def user_names(calls: Iterable[Event]) -> frozenset[str]:
    """Return the names of the users among the callers."""
    arns = (event.caller.arn for event in calls)
    return frozenset(name for arn in arns if arn and ":user/" in arn and (name := last_name(arn)))


def resource_names(jobs: Iterable[Job], calls: Iterable[Event], keys: Iterable[str]) -> frozenset[str]:
    """Return the names of what is encrypted: the jobs' resources, those in encryption contexts, and the keys."""
    texts = {job.resource for job in jobs}
    texts.update(value for event in calls for value in event.encryption_context.values())
    texts.update(text for event in calls if isinstance(text := event.in_scope_of.get("sourceArn"), str))
    names = {name for text in texts if text is not None for name in _names_in(text)}
    return frozenset(names.union(key for arn in keys for key in (arn, last_name(arn)) if key))


def is_about_resources(event: Event, names: Collection[str]) -> bool:
    """Check whether a change names one of the resources or keys."""
    return any(text in names or last_name(text) in names for text in _texts(event.request_parameters))


def changed_resource(event: Event) -> str | None:
    """Return the name of the role, vault, alias, bucket or the like that a change is about; None of a key's."""
    if event.accesses and "aliasName" not in event.request_parameters:
        return None
    named = (event.request_parameters.get(name) for name in _NAMING)
    return next((name for name in named if isinstance(name, str)), None)


def _names_in(text: str) -> Iterator[str]:
    """Yield a text, and the names in it when it is an ARN: of an object's the bucket and each part of its key."""
    yield text
    for name in _SEPARATORS.split(arn_resource(text) or ""):
        if len(name) >= _SHORTEST and name not in _KINDS:
            yield name


def _texts(value: Any, depth: int = 0) -> Iterator[str]:
    """Yield the texts in a request's parameters; of a queue's address its last part."""
    match value:
        case str():
            yield value
            if value.startswith("https://"):
                yield value.rsplit("/", 1)[-1]
        case dict() if depth < _DEEPEST:
            for inner in value.values():
                yield from _texts(inner, depth + 1)
        case list() if depth < _DEEPEST:
            for inner in value:
                yield from _texts(inner, depth + 1)
