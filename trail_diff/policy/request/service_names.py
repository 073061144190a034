"""The names of services: which of those in records are the ones that policies have to name, and kms:ViaService."""

from collections.abc import Mapping

from trail_diff.events.identity import service_name

NAMED_BY_AWS = frozenset(
    (
        "backup-storage.amazonaws.com",  # AWS Backup guide, "Cross-service confused deputy prevention"
        "cloudtrail.amazonaws.com",  # CloudTrail guide, "Configure AWS KMS key policies for CloudTrail"
        "dynamodb.amazonaws.com",  # DynamoDB guide, "Encryption at rest: usage notes"
        "events.amazonaws.com",  # EventBridge guide, "Encrypting event buses"
        "logs.amazonaws.com",  # CloudWatch Logs guide, "Encrypt log data"
    )
)
"""Services that AWS's pages name for their calls of KMS as records do; for SQS and Fargate the two differ."""

GRANTS_FOR_NO_RESOURCE = frozenset(("eks.amazonaws.com",))
"""Services whose grants do not count as made for their resource: a policy that asks for kms:GrantIsForAWSResource keeps
them out (EKS user guide, "Encrypt Kubernetes secrets with KMS": the condition is not supported)."""

SOURCE_IN_CONTEXT: Mapping[str, str] = {"cloudtrail.amazonaws.com": "aws:cloudtrail:arn"}
"""Services that send as aws:SourceArn what this key of their encryption context names: a trail (CloudTrail guide,
"Configure AWS KMS key policies for CloudTrail")."""

SENDS_NO_SOURCE = frozenset((("events.amazonaws.com", "aws:sns:topicarn"),))
"""Services that send neither aws:SourceAccount nor aws:SourceArn with what the context names (SNS guide, "Enable
compatibility between event sources from AWS services and encrypted topics": EventBridge does not support them)."""

_BY_CONTEXT: Mapping[str, str] = {
    "aws:ebs:id": "ec2",
    "aws:s3:arn": "s3",
    "parameter_arn": "ssm",
    "secretarn": "secretsmanager",
    "aws:kinesis:arn": "kinesis",
    "aws:sqs:arn": "sqs",
    "aws:dynamodb:tablename": "dynamodb",
}
_BY_CALLER: Mapping[str, str] = {"ec2-frontend-api": "ec2"}


def find_via_service(invoked_by: str, context: Mapping[str, str], region: str | None) -> str | None:
    """Derive kms:ViaService of a forwarded call: from its encryption context, else from who is said to have called."""
    name, dot, domain = service_name(invoked_by).partition(".amazonaws.com")
    by_context = next((found for key in context if (found := _BY_CONTEXT.get(key.lower()))), None)
    service = by_context or (_BY_CALLER.get(name, name) if dot and "." not in name else None)
    return f"{service}.{region}.amazonaws.com{domain}" if service and region and invoked_by else None
