"""By which names of resources a key is asked for: what a plan or state says is encrypted with it."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from trail_diff.policy.documents.infrastructure.interface import as_list, as_object

KEY_FIELDS: Mapping[str, tuple[str, ...]] = {
    "aws_kms_alias": ("target_key_id", "target_key_arn"),
    "aws_kms_key_policy": ("key_id",),
    "aws_backup_vault": ("kms_key_arn",),
    "aws_backup_logically_air_gapped_vault": ("encryption_key_arn",),
    "aws_dynamodb_table": ("server_side_encryption.kms_key_arn",),
    "aws_s3_bucket_server_side_encryption_configuration": (
        "rule.apply_server_side_encryption_by_default.kms_master_key_id",
    ),
    "aws_sqs_queue": ("kms_master_key_id",),
    "aws_sns_topic": ("kms_master_key_id",),
    "aws_secretsmanager_secret": ("kms_key_id",),
    "aws_ebs_volume": ("kms_key_id",),
    "aws_ebs_default_kms_key": ("key_arn",),
    "aws_db_instance": ("kms_key_id",),
    "aws_rds_cluster": ("kms_key_id",),
    "aws_efs_file_system": ("kms_key_id",),
    "aws_cloudwatch_log_group": ("kms_key_id",),
    "aws_cloudtrail": ("kms_key_id",),
    "aws_lambda_function": ("kms_key_arn",),
}
"""Where resources of the Terraform AWS provider name the key that encrypts them (the provider's documentation)."""

_NAME_FIELDS = ("arn", "name", "bucket", "id", "identifier")


def key_values(resource_type: str, values: Mapping[str, Any], fields: Collection[str] | None = None) -> Iterator[str]:
    """Yield what a resource's values, or some fields of them, say of its key: an ARN, an id or an alias."""
    for field in KEY_FIELDS.get(resource_type, ()) if fields is None else fields:
        yield from _walk(values, field.split("."))


def names_of(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names by which people call a resource."""
    for field in _NAME_FIELDS:
        if isinstance(value := values.get(field), str) and value:
            yield value


def is_marked(value: object, path: list[str]) -> bool:
    """Check whether a plan marks the value at a path, or what it is in, as known after apply only."""
    if isinstance(value, list):
        return any(is_marked(one, path) for one in value)
    return value is True or (bool(path) and is_marked(as_object(value).get(path[0]), path[1:]))


def _walk(value: object, path: list[str]) -> Iterator[str]:
    """Yield the texts at a path, through the lists that Terraform makes of nested blocks."""
    if isinstance(value, list):
        for one in as_list(value):
            yield from _walk(one, path)
    elif path:
        yield from _walk(as_object(value).get(path[0]), path[1:])
    elif isinstance(value, str) and value:
        yield value
