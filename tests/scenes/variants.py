"""The original incident in every wording: a Deny was added between two nights, and only its form differs.

`VARIANTS` is generated from operators, condition keys, principals and actions; diagnosis/cases/variants.json holds what
has to be said of each.
"""

from collections.abc import Callable
from typing import Any

from scenes.stage import ALLOW_STORAGE, FIRST, STORAGE, Scene, Statement, deny

ADMIN = "arn:aws:iam::111122223333:user/key-admin"
ROLES = "arn:aws:iam::111122223333:role/ops/*"
OWN, OTHER = "111122223333", "444455556666"
VAULT_KEY = "kms:EncryptionContext:aws:backup:backup-vault"
VAULT = "arn:aws:backup:eu-west-1:111122223333:backup-vault:prod-vault"
ADMIN_ONLY: Statement = {"StringNotEquals": {"aws:PrincipalArn": ADMIN}}

_CONDITIONS: list[tuple[str, str, Any]] = [
    *[(operator, "aws:PrincipalArn", ADMIN) for operator in ("StringNotEquals", "ArnNotEquals")],
    *[(operator, "aws:PrincipalArn", ROLES) for operator in ("StringNotLike", "ArnNotLike", "ArnNotLikeIfExists")],
    ("StringNotEqualsIgnoreCase", "aws:PrincipalArn", ADMIN.upper()),
    ("StringEquals", "aws:PrincipalArn", ADMIN),
    ("StringNotEqualsIfExists", "aws:PrincipalArn", ADMIN),
    ("StringNotLike", "aws:PrincipalArn", "*"),
    ("Null", "aws:PrincipalArn", "false"),
    *[
        (operator, key, OWN)
        for operator in ("StringNotEquals", "StringNotLike", "StringEquals")
        for key in ("aws:PrincipalAccount", "kms:CallerAccount")
    ],
    ("StringNotEquals", "aws:PrincipalOrgID", "o-1234567890"),
    ("StringEquals", "aws:PrincipalOrgID", "o-1234567890"),
    ("StringNotEqualsIfExists", "aws:PrincipalOrgID", "o-1234567890"),
    ("ForAllValues:StringNotLike", "aws:PrincipalOrgPaths", "o-1234567890/*"),
    ("ForAnyValue:StringNotLike", "aws:PrincipalOrgPaths", "o-1234567890/*"),
    ("Null", "aws:PrincipalOrgID", "true"),
    ("Null", "aws:PrincipalOrgID", "false"),
    ("StringNotEquals", "aws:username", "key-admin"),
    ("StringNotEquals", "kms:ViaService", "dynamodb.eu-west-1.amazonaws.com"),
    ("StringEquals", "kms:ViaService", "dynamodb.eu-west-1.amazonaws.com"),
    ("Null", "kms:ViaService", "true"),
    ("StringNotEquals", "aws:SourceVpce", "vpce-0123456789abcdef0"),
    ("StringEquals", "aws:SourceVpce", "vpce-0123456789abcdef0"),
    ("StringNotEquals", "aws:SourceVpc", "vpc-0123456789abcdef0"),
    ("StringNotEquals", "aws:PrincipalTag/team", "backup"),
    ("NotIpAddress", "aws:SourceIp", ["203.0.113.0/24", "198.51.100.7/32"]),
    ("NotIpAddressIfExists", "aws:SourceIp", "203.0.113.0/24"),
    ("IpAddress", "aws:SourceIp", "203.0.113.0/24"),
    ("Bool", "aws:PrincipalIsAWSService", "true"),
    ("Bool", "aws:PrincipalIsAWSService", "false"),
    ("StringNotEquals", "aws:PrincipalServiceName", "backup.amazonaws.com"),
    ("StringNotEquals", "aws:PrincipalServiceName", STORAGE),
    ("ForAllValues:StringNotEquals", "aws:PrincipalServiceNamesList", ["backup.amazonaws.com"]),
    ("ForAllValues:StringNotEquals", "aws:PrincipalServiceNamesList", [STORAGE, "backup.amazonaws.com"]),
    ("ForAnyValue:StringEquals", "aws:PrincipalServiceNamesList", [STORAGE]),
    ("StringNotEquals", "aws:SourceAccount", OTHER),
    ("StringNotEquals", "aws:SourceAccount", OWN),
    ("StringEquals", "aws:SourceAccount", OTHER),
    ("StringNotEqualsIfExists", "aws:SourceAccount", OTHER),
    ("ArnNotLike", "aws:SourceArn", f"arn:aws:backup:*:{OTHER}:*"),
    ("StringNotEquals", "aws:SourceOrgID", "o-1234567890"),
    ("Bool", "kms:GrantIsForAWSResource", "false"),
    ("BoolIfExists", "kms:GrantIsForAWSResource", "false"),
    ("Bool", "aws:MultiFactorAuthPresent", "false"),
    ("BoolIfExists", "aws:MultiFactorAuthPresent", "false"),
    ("Bool", "aws:ViaAWSService", "false"),
    ("Bool", "aws:ViaAWSService", "true"),
    ("Bool", "aws:SecureTransport", "false"),
    ("StringNotEquals", VAULT_KEY, VAULT.replace("prod", "other")),
    ("StringNotEquals", VAULT_KEY, VAULT),
    ("StringNotLike", VAULT_KEY, VAULT.replace("prod-vault", "*")),
    ("StringNotEquals", "aws:RequestedRegion", "us-east-1"),
    ("StringNotEquals", "aws:RequestedRegion", "eu-west-1"),
    ("StringNotLike", "aws:userId", ["AROAEXAMPLE00ADMIN*", "AIDAEXAMPLE00ADMIN00"]),
    ("StringLike", "aws:userId", ["AROAEXAMPLE00ADMIN*"]),
    ("StringNotEquals", "aws:PrincipalType", "AssumedRole"),
    ("Null", "aws:PrincipalArn", "true"),
    ("ForAnyValue:StringNotEquals", "aws:PrincipalServiceNamesList", ["backup.amazonaws.com"]),
    ("StringNotLike", "aws:PrincipalServiceName", "backup*.amazonaws.com"),
    ("Null", "aws:SourceAccount", "true"),
    ("ArnNotLikeIfExists", "aws:SourceArn", "arn:aws:backup:*:*:*"),
    ("ForAnyValue:StringNotEquals", "aws:CalledVia", ["backup.amazonaws.com"]),
    ("ForAllValues:StringNotEquals", "aws:CalledVia", ["backup.amazonaws.com"]),
    ("StringNotEquals", "aws:CalledViaFirst", "backup.amazonaws.com"),
    ("Null", "aws:SourceVpce", "true"),
    ("Null", "kms:EncryptionContext:Department", "true"),
    ("Null", VAULT_KEY, "true"),
    ("StringNotEquals", "aws:ResourceTag/env", "prod"),
    ("StringEquals", "aws:ResourceTag/env", "retired"),
    ("Null", "aws:PrincipalTag/team", "true"),
    ("StringNotLike", "aws:username", "admin-*"),
    ("Bool", "kms:MultiRegion", "true"),
    ("Bool", "kms:MultiRegion", "false"),
    ("StringEquals", "kms:KeySpec", "SYMMETRIC_DEFAULT"),
    ("StringNotEquals", "kms:KeyOrigin", "AWS_KMS"),
    ("ForAnyValue:StringEquals", "kms:EncryptionContextKeys", ["aws:backup:backup-vault"]),
    ("ForAllValues:StringNotEquals", "kms:EncryptionContextKeys", ["aws:backup:backup-vault"]),
    ("StringNotEquals", VAULT_KEY.upper().replace("KMS:ENCRYPTIONCONTEXT", "kms:EncryptionContext"), VAULT),
    ("StringEqualsIgnoreCase", VAULT_KEY, VAULT.upper()),
    ("Null", "aws:PrincipalServiceName", "false"),
    ("StringNotEquals", "aws:PrincipalIsAWSService", "true"),
    ("StringNotEquals", "aws:PrincipalIsAWSService", "false"),
    ("StringNotEquals", "aws:PrincipalAccount", "${aws:ResourceAccount}"),
    ("StringNotEqualsIfExists", "aws:SourceAccount", "${aws:ResourceAccount}"),
    ("ArnNotEquals", "aws:SourceArn", VAULT.replace("prod-vault", "Prod-Vault")),
    ("NumericGreaterThanIfExists", "aws:MultiFactorAuthAge", "3600"),
    ("NumericLessThan", "aws:MultiFactorAuthAge", "3600"),
    ("DateGreaterThan", "aws:CurrentTime", "2026-03-02T12:00:00Z"),
    ("StringNotEquals", "kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT"),
    ("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/aws-service-role/*"),
    ("StringEquals", "aws:SourceAccount", OWN),
    ("StringNotEquals", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/${aws:PrincipalTag/team}"),
]
_PRINCIPALS: dict[str, Any] = {
    "aws-star": {"AWS": "*"},
    "aws-star-list": {"AWS": ["*"]},
    "service": {"Service": STORAGE},
    "services": {"Service": ["backup.amazonaws.com", STORAGE]},
    "other-service": {"Service": "backup.amazonaws.com"},
    "account": {"AWS": f"arn:aws:iam::{OWN}:root"},
    "role": {"AWS": f"arn:aws:iam::{OWN}:role/ops/deploy"},
}
_ACTIONS: dict[str, Any] = {
    "decrypt": "kms:Decrypt",
    "both": ["kms:GenerateDataKey*", "kms:Decrypt"],
    "letter-case": "KMS:dECRYPT",
    "deletion": ["kms:ScheduleKeyDeletion", "kms:DisableKey"],
    "everything": "*",
}


def _make_variants() -> dict[str, Statement]:
    made = {
        f"{operator} {key} {value if isinstance(value, str) else value[0]}": deny({operator: {key: value}}, "Guard")
        for operator, key, value in _CONDITIONS
    }
    made |= {f"principal {name}": deny(ADMIN_ONLY, "Guard", who) for name, who in _PRINCIPALS.items()}
    made |= {f"action {name}": {**deny(ADMIN_ONLY, "Guard"), "Action": what} for name, what in _ACTIONS.items()}
    plain = deny(ADMIN_ONLY, "Guard")
    made["not-action describe"] = {**_without(plain, "Action"), "NotAction": ["kms:Describe*", "kms:List*"]}
    made["not-action decrypt"] = {**_without(plain, "Action"), "NotAction": ["kms:Decrypt", "kms:GenerateDataKey*"]}
    made["not-principal account"] = {
        **_without(plain, "Principal", "Condition"),
        "NotPrincipal": {"AWS": f"arn:aws:iam::{OWN}:root"},
    }
    made["not-principal service"] = {
        **_without(plain, "Principal", "Condition"),
        "NotPrincipal": {"Service": STORAGE, "AWS": f"arn:aws:iam::{OWN}:root"},
    }
    made["services exempt"] = deny({**ADMIN_ONLY, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}, "Guard")
    sessions = [f"arn:aws:iam::{OWN}:role/ops/deploy", f"arn:aws:sts::{OWN}:assumed-role/deploy/nightly"]
    made["not-principal sessions"] = {**_without(plain, "Principal", "Condition"), "NotPrincipal": {"AWS": sessions}}
    own_services = {
        "Bool": {"aws:PrincipalIsAWSService": "true"},
        "StringNotEqualsIfExists": {"aws:SourceAccount": OWN},
    }
    made["services of other accounts"] = deny(own_services, "Guard")
    network = {"StringNotEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"}}
    made["network, services let through"] = deny({**network, "Bool": {"aws:ViaAWSService": "false"}}, "Guard")
    made["network, services exempt"] = deny({**network, "Bool": {"aws:PrincipalIsAWSService": "false"}}, "Guard")
    made["two keys that exclude each other"] = deny({**ADMIN_ONLY, "StringEquals": {"kms:CallerAccount": OWN}}, "Guard")
    made["resource of another key"] = {**plain, "Resource": f"arn:aws:kms:eu-west-1:{OWN}:key/{'0' * 8}"}
    made["no condition"] = _without(plain, "Condition")
    made["two conditions, one false"] = deny({**ADMIN_ONLY, "Bool": {"aws:SecureTransport": "false"}}, "Guard")
    return made


def _without(statement: Statement, *names: str) -> Statement:
    return {name: value for name, value in statement.items() if name not in names}


VARIANTS = _make_variants()


def play_variant(statement: Statement) -> Callable[[Scene], None]:
    """Return the scene in which the statement was added between the two nights; nothing else changed."""

    def play(scene: Scene) -> None:
        scene.put_policy("2026-02-01T09:00:00Z", ALLOW_STORAGE)
        scene.storage(FIRST)
        scene.put_policy("2026-03-02T09:00:00Z", ALLOW_STORAGE, statement)

    return play
