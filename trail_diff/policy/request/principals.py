"""Reads who makes a request out of an ARN, a service principal's name, or the form that a case has."""

import re
from collections.abc import Mapping

from trail_diff.arns import arn_account, arn_resource, arn_service
from trail_diff.policy.request.interface import Principal, PrincipalKind

ACCOUNT_ID = re.compile(r"[0-9]{12}")
SERVICE_NAME = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.amazonaws\.com(?:\.cn)?")

_KIND_BY_RESOURCE = {
    ("iam", "user"): PrincipalKind.USER,
    ("iam", "role"): PrincipalKind.ROLE,
    ("iam", "saml-provider"): PrincipalKind.FEDERATED,
    ("iam", "oidc-provider"): PrincipalKind.FEDERATED,
    ("sts", "assumed-role"): PrincipalKind.ROLE_SESSION,
    ("sts", "federated-user"): PrincipalKind.FEDERATED_USER,
}


_ACT_FOR_OTHERS = frozenset({"sqs.amazonaws.com", "sns.amazonaws.com", "ec2-frontend-api.amazonaws.com"})
"""Services that a record may name where the policy has to name the one that they work for.

For what S3 or SNS put into an encrypted queue the record says sqs (SQS developer guide, "Key management"), for the
storage of Fargate ec2-frontend-api (ECS developer guide, "Fargate ephemeral storage keys").
"""


def may_act_for_another(principal: Principal) -> bool:
    """Check whether a service principal's name, taken from a record, may not be the one that policies name."""
    return principal.grade == "inferred" and principal.name in _ACT_FOR_OTHERS


def principal_from(value: object) -> Principal:
    """Read a principal: an ARN, a service principal's name, `*` for anonymous, or `{"type": "Anonymous"}`.

    Whatever else it is gives a principal of kind `unknown`, with its account when that can be told.
    """
    match value:
        case str():
            return _from_text(value)
        case {"type": "Anonymous" | "anonymous"}:
            return Principal(PrincipalKind.ANONYMOUS)
        case {"arn": str() as text} | {"value": str() as text} | {"Service": str() as text} | {"AWS": str() as text}:
            return _from_text(text)
        case Mapping() | _:
            return Principal(PrincipalKind.UNKNOWN)


def _from_text(text: str) -> Principal:
    if text in ("*", "anonymous", "Anonymous"):
        return Principal(PrincipalKind.ANONYMOUS)
    if SERVICE_NAME.fullmatch(text):
        return Principal(PrincipalKind.SERVICE, text)
    account = text if ACCOUNT_ID.fullmatch(text) else arn_account(text)
    resource = arn_resource(text) or ""
    service = arn_service(text) or ""
    if resource == "root" and service == "iam" and account:
        return Principal(PrincipalKind.ROOT, text, account)
    head, _, name = resource.partition("/")
    kind = _KIND_BY_RESOURCE.get((service, head))
    if kind is None or not account or not name:
        return Principal(PrincipalKind.UNKNOWN, text, account)
    return Principal(kind, text, account, text if kind is PrincipalKind.ROLE else None)
