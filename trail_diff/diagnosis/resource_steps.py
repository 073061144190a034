"""Shows with which key a resource is encrypted, where the key that was needed is not known: of a job, or of a record.

Source: the API references of the services, for the parameter that names the resource and the field that has its key.
"""

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from trail_diff.arns import arn_resource, arn_service, last_name
from trail_diff.diagnosis.cause_steps import region_option
from trail_diff.events.service_refusals import asked_of
from trail_diff.events.vaults import is_vault_key_used
from trail_diff.model.learnt import Event, Job
from trail_diff.model.reasons import Reason
from trail_diff.model.report import NextStep

_ALIAS = re.compile(r"\balias/[\w/-]{1,250}")


class _Look(Struct, frozen=True):
    """The parameter of a request that names a resource, and the command and query that show its key."""

    parameter: str
    command: str
    query: str


_LOOKS: Mapping[str, tuple[_Look, ...]] = {
    "ec2": (
        _Look("volumeId", "ec2 describe-volumes --volume-ids", "Volumes[].KmsKeyId"),
        _Look("snapshotId", "ec2 describe-snapshots --snapshot-ids", "Snapshots[].KmsKeyId"),
        _Look("sourceSnapshotId", "ec2 describe-snapshots --snapshot-ids", "Snapshots[].KmsKeyId"),
    ),
    "dynamodb": (_Look("tableName", "dynamodb describe-table --table-name", "Table.SSEDescription.KMSMasterKeyArn"),),
    "elasticfilesystem": (
        _Look("fileSystemId", "efs describe-file-systems --file-system-id", "FileSystems[].KmsKeyId"),
    ),
    "firehose": (
        _Look(
            "deliveryStreamName",
            "firehose describe-delivery-stream --delivery-stream-name",
            "DeliveryStreamDescription.DeliveryStreamEncryptionConfiguration.KeyARN",
        ),
    ),
    "fsx": (_Look("fileSystemId", "fsx describe-file-systems --file-system-ids", "FileSystems[].KmsKeyId"),),
    "kinesis": (
        _Look("streamName", "kinesis describe-stream-summary --stream-name", "StreamDescriptionSummary.KeyId"),
        _Look("streamARN", "kinesis describe-stream-summary --stream-arn", "StreamDescriptionSummary.KeyId"),
    ),
    "lambda": (_Look("functionName", "lambda get-function-configuration --function-name", "KMSKeyArn"),),
    "logs": (_Look("logGroupName", "logs describe-log-groups --log-group-name-prefix", "logGroups[].[arn,kmsKeyId]"),),
    "rds": (
        _Look("dBSnapshotIdentifier", "rds describe-db-snapshots --db-snapshot-identifier", "DBSnapshots[].KmsKeyId"),
        _Look(
            "sourceDBInstanceIdentifier",
            "rds describe-db-instances --db-instance-identifier",
            "DBInstances[].KmsKeyId",
        ),
        _Look("dBInstanceIdentifier", "rds describe-db-instances --db-instance-identifier", "DBInstances[].KmsKeyId"),
        _Look("dBClusterIdentifier", "rds describe-db-clusters --db-cluster-identifier", "DBClusters[].KmsKeyId"),
    ),
    "redshift": (_Look("clusterIdentifier", "redshift describe-clusters --cluster-identifier", "Clusters[].KmsKeyId"),),
    "s3": (
        _Look(
            "bucketName",
            "s3api get-bucket-encryption --bucket",
            "ServerSideEncryptionConfiguration.Rules[].ApplyServerSideEncryptionByDefault.KMSMasterKeyID",
        ),
    ),
    "secretsmanager": (_Look("secretId", "secretsmanager describe-secret --secret-id", "KmsKeyId"),),
    "sns": (_Look("topicArn", "sns get-topic-attributes --topic-arn", "Attributes.KmsMasterKeyId"),),
    "sqs": (
        _Look(
            "queueUrl",
            "sqs get-queue-attributes --attribute-names KmsMasterKeyId --queue-url",
            "Attributes.KmsMasterKeyId",
        ),
    ),
    "ssm": (_Look("name", "ssm describe-parameters --parameter-filters Key=Name,Values={}", "Parameters[].KeyId"),),
}

_SHOWS_KEY: Mapping[tuple[str, str], str] = {
    ("ec2", "volume"): "ec2 describe-volumes --volume-ids {} --query 'Volumes[].KmsKeyId'",
    ("ec2", "instance"): "ec2 describe-volumes --filters Name=attachment.instance-id,Values={} "
    "--query 'Volumes[].KmsKeyId'",
    ("rds", "db"): "rds describe-db-instances --db-instance-identifier {} --query 'DBInstances[].KmsKeyId'",
    ("rds", "cluster"): "rds describe-db-clusters --db-cluster-identifier {} --query 'DBClusters[].KmsKeyId'",
    ("fsx", "file-system"): "fsx describe-file-systems --file-system-ids {} --query 'FileSystems[].KmsKeyId'",
    ("redshift", "cluster"): "redshift describe-clusters --cluster-identifier {} --query 'Clusters[].KmsKeyId'",
}
"""What shows the key of a resource whose recovery points keep it, by the service and the type in its ARN."""


def show_key_of(job: Job) -> tuple[str, str | None]:
    """Return the command that shows the key a job needed, and what it is the key of: its resource, or its vault."""
    kind = (arn_resource(job.resource) or "").replace(":", "/").partition("/")[0]
    shown = _SHOWS_KEY.get((arn_service(job.resource) or "", kind))
    if shown is not None and not is_vault_key_used(job):
        return f"aws {shown.format(shlex.quote(last_name(job.resource) or ''))} --output text", job.resource
    vault = last_name(job.vault) or "VAULT"
    return f"aws backup describe-backup-vault --backup-vault-name {shlex.quote(vault)}", job.vault


def steps_to_key(refused: Event) -> Iterator[NextStep]:
    """Yield how to see the key that a call of a service failed for: that of an alias it names, else the resource's."""
    asked, account = asked_of(refused), refused.recipient_account_id
    region = region_option(refused.aws_region)
    alias = _ALIAS.search(refused.error_message or "")
    if alias is not None:
        command = f"aws kms describe-key --key-id {alias[0]} --query KeyMetadata.Arn --output text"
        yield NextStep(Reason.KEY_NOT_KNOWN, command + region, "--key", account)
        return
    for look in _LOOKS.get(refused.event_source.partition(".")[0], ()):
        name = _named(asked, look.parameter)
        if name is not None:
            yield NextStep(Reason.KEY_NOT_KNOWN, _command(look, name) + region, "--key", account)
            return


def _command(look: _Look, name: str) -> str:
    quoted = shlex.quote(name)
    call = look.command.format(quoted) if "{}" in look.command else f"{look.command} {quoted}"
    return f"aws {call} --query {shlex.quote(look.query)} --output text"


def _named(asked: Mapping[str, Any], parameter: str) -> str | None:
    """Return what a parameter names, in whatever letter case a service writes it."""
    wanted = parameter.lower()
    return next((text for name, text in asked.items() if name.lower() == wanted and isinstance(text, str)), None)
