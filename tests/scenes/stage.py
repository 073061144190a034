"""The stage of an incident: two nights of one backup job, into which a case puts what went wrong, and what has to be said."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from recording import Recording

GOOD, BAD = "0000c0de-0000-4000-8000-000000000001", "0000c0de-0000-4000-8000-000000000002"
VAGUE = "KMS key is either disabled or pending deletion or access to KMS key is denied"
ROLE = "service-role/AWSBackupDefaultServiceRole"
SESSION = "AWSBackup-AWSBackupDefaultServiceRole"
STORAGE = "backup-storage.amazonaws.com"
FIRST, SECOND = "2026-03-01", "2026-03-02"
Statement = dict[str, Any]


@dataclass
class Scene:
    """Two nights of one backup job, into which a case puts what went wrong."""

    made: Recording = field(default_factory=Recording)
    files: dict[str, str] = field(default_factory=dict)
    options: list[str] = field(default_factory=list)
    message: str | None = VAGUE
    state: str = "FAILED"
    vault: str = "prod-vault"
    baseline: bool = True

    @property
    def key(self) -> str:
        """Give the vault's key."""
        return self.made.key_arn("vault")

    @property
    def context(self) -> Statement:
        """Give the vault's encryption context."""
        return {"aws:backup:backup-vault": self.made.arn("backup", f"backup-vault:{self.vault}")}

    def storage(self, day: str, *actions: str, **fields: Any) -> None:
        """Let the storage service call the vault's key."""
        for action in actions or ("GenerateDataKey", "Decrypt"):
            self.made.kms(f"{day}T18:07:00Z", action, self.key, self.made.service(STORAGE), self.context, **fields)

    def role(self, day: str, action: str, invoked_by: str | None = "backup.amazonaws.com", **fields: Any) -> None:
        """Let the backup role call the vault's key."""
        identity = self.made.role(ROLE, SESSION, invoked_by)
        self.made.kms(f"{day}T18:06:00Z", action, self.key, identity, **fields)

    def refused(self, action: str, why: str, invoked_by: str | None = "backup.amazonaws.com", **fields: Any) -> None:
        """Let the backup role's call work on the first night and be refused on the second."""
        identity = self.made.role(ROLE, SESSION, invoked_by)
        self.role(FIRST, action, invoked_by, **fields)
        self.role(SECOND, action, invoked_by, **fields, **self.made.denied(identity, f"kms:{action}", self.key, why))

    def put_policy(self, time: str, *statements: Statement) -> None:
        """Put a policy on the key."""
        self.made.put_key_policy(time, self.key, policy(self.made, *statements), self.made.user("key-admin"))

    def change(self, time: str, name: str, **parameters: Any) -> None:
        """Change the key."""
        self.made.kms(time, name, self.key, self.made.user("key-admin"), parameters=parameters)

    def give(self, option: str, name: str, content: Any) -> None:
        """Hand a fact in as a file."""
        self.files[name] = json.dumps(content)
        self.options += [option, name]

    def finish(self) -> Recording:
        """Add both jobs and what goes on around the clock."""
        made = self.made
        nights = [(FIRST, GOOD, "COMPLETED", None)] if self.baseline else []
        for day, job_id, state, message in [*nights, (SECOND, BAD, self.state, self.message)]:
            told = {"statusMessage": message} if message else {}
            made.backup_job(
                job_id,
                f"{day}T18:05:00Z",
                f"{day}T18:15:00Z",
                state,
                vault=self.vault,
                resource=made.arn("dynamodb", "table/orders"),
                role=made.role_arn(ROLE),
                **told,
            )
            trail = {"aws:cloudtrail:arn": made.arn("cloudtrail", "trail/main")}
            for hour in (17, 18, 19):
                other = made.key_arn("trail")
                made.kms(
                    f"{day}T{hour}:10:00Z", "GenerateDataKey", other, made.service("cloudtrail.amazonaws.com"), trail
                )
                made.add(f"{day}T{hour}:50:00Z", "ec2.amazonaws.com", "CreateTags", made.user("alice"), readOnly=False)
        return made


def policy(made: Recording, *statements: Statement) -> dict[str, Any]:
    """Give a key policy: the account's own statement, then others."""
    own = {
        "Sid": "EnableIAM",
        "Effect": "Allow",
        "Principal": {"AWS": made.arn("iam", "root", region="")},
        "Action": "kms:*",
        "Resource": "*",
    }
    return {"Version": "2012-10-17", "Statement": [own, *statements]}


def deny(condition: Statement, sid: str = "Deny", principal: Any = "*") -> Statement:
    """Give a Deny of everything under a condition."""
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": principal,
        "Action": "kms:*",
        "Resource": "*",
        "Condition": condition,
    }


ADMIN_ONLY = {"StringNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:user/key-admin"}}
SERVICES_EXEMPT = {**ADMIN_ONLY, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}
SECURE = {"Bool": {"aws:SecureTransport": "false"}}
ALLOW_STORAGE = {
    "Sid": "Storage",
    "Effect": "Allow",
    "Principal": {"Service": STORAGE},
    "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
    "Resource": "*",
}


@dataclass
@dataclass
class Incident:
    """A scene and what has to be said of it: fields of the verdict, and of the finding that it rests on."""

    make: Callable[[Scene], None]
    outcome: str = "explained"
    cause: str | None = None
    statement: int | None = None
    warning: str | None = None
    helps: str | None = None
    helps_not: tuple[str, ...] = ()
    unknown_key: str | None = None
    step: str | None = None
