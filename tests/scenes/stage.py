"""The stage of an incident: two nights of one backup job, into which a case puts what went wrong, and what has to be said."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from recording import Record, Recording

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
    failed_first: bool = False
    resource: str = "dynamodb:table/orders"
    resource_type: str = "DynamoDB"
    keep: Callable[[Record], bool] = lambda _record: True

    @property
    def resource_arn(self) -> str:
        """Return the resource's ARN; a bucket's has neither Region nor account."""
        service, _, name = self.resource.partition(":")
        return f"arn:{self.made.partition}:s3:::{name}" if service == "s3" else self.made.arn(service, name)

    @property
    def key(self) -> str:
        """Return the vault's key."""
        return self.made.key_arn("vault")

    @property
    def context(self) -> Statement:
        """Return the vault's encryption context."""
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

    def state_today(self, state: str, **fields: Any) -> None:
        """Hand in what describe-key says of the key today."""
        metadata = {"Arn": self.key, "KeyState": state, "KeyManager": "CUSTOMER", **fields}
        self.give("--key-state", "state.json", {"KeyMetadata": metadata})

    def describe_failed(self) -> None:
        """Hand in the description of the job that failed."""
        self._describe(BAD, SECOND, State="FAILED", StatusMessage=self.message)

    def describe_good(self) -> None:
        """Hand in the description of the job that succeeded."""
        self._describe(GOOD, FIRST, State="COMPLETED")

    def _describe(self, job_id: str, day: str, **fields: Any) -> None:
        made = self.made
        job = {
            "BackupJobId": job_id,
            "AccountId": made.account,
            "BackupVaultArn": made.arn("backup", f"backup-vault:{self.vault}"),
            "ResourceArn": self.resource_arn,
            "ResourceType": self.resource_type,
            "IamRoleArn": made.role_arn(ROLE),
            "CreationDate": f"{day}T18:05:00Z",
            "CompletionDate": f"{day}T18:15:00Z",
        }
        self.give("--job", f"{day}.json", {**job, **fields})

    def other_job(self, day: str, state: str, vault: str, role: str) -> None:
        """Let another job run around this one's time."""
        made = self.made
        made.backup_job(
            f"other-{day}",
            f"{day}T18:00:00Z",
            f"{day}T18:20:00Z",
            state,
            vault=vault,
            resource=made.arn("dynamodb", "table/other"),
            role=made.role_arn(role),
        )

    def finish(self) -> Recording:
        """Add both jobs and what goes on around the clock."""
        made = self.made
        good, bad = (SECOND, FIRST) if self.failed_first else (FIRST, SECOND)
        nights = [(good, GOOD, "COMPLETED", None)] if self.baseline else []
        for day, job_id, state, message in sorted([*nights, (bad, BAD, self.state, self.message)]):
            told = {"statusMessage": message} if message else {}
            made.backup_job(
                job_id,
                f"{day}T18:05:00Z",
                f"{day}T18:15:00Z",
                state,
                vault=self.vault,
                resource=self.resource_arn,
                role=made.role_arn(ROLE),
                resourceType=self.resource_type,
                **told,
            )
            trail = {"aws:cloudtrail:arn": made.arn("cloudtrail", "trail/main")}
            for hour in (17, 18, 19):
                other = made.key_arn("trail")
                made.kms(
                    f"{day}T{hour}:10:00Z", "GenerateDataKey", other, made.service("cloudtrail.amazonaws.com"), trail
                )
                made.add(f"{day}T{hour}:50:00Z", "ec2.amazonaws.com", "CreateTags", made.user("alice"), readOnly=False)
        made.records = [record for record in made.records if self.keep(record)]
        return made


def policy(made: Recording, *statements: Statement) -> dict[str, Any]:
    """Return a key policy: the account's own statement, then others."""
    own = {
        "Sid": "EnableIAM",
        "Effect": "Allow",
        "Principal": {"AWS": made.arn("iam", "root", region="")},
        "Action": "kms:*",
        "Resource": "*",
    }
    return {"Version": "2012-10-17", "Statement": [own, *statements]}


def deny(condition: Statement, sid: str = "Deny", principal: Any = "*") -> Statement:
    """Return a Deny of everything under a condition."""
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
class Incident:
    """A scene and what has to be said of it; None and empty are not checked, a tuple of outcomes means one of these.

    `reading` is a reading of an absence and its status; `caller` the name of the caller of a finding with the cause;
    `remedies` are those offered, the first to be tried ahead.
    """

    make: Callable[[Scene], None]
    outcome: str | tuple[str, ...] = "explained"
    cause: str | None = None
    confidence: str | None = None
    caller: str | None = None
    statement: int | None = None
    warning: str | None = None
    helps: str | None = None
    helps_not: tuple[str, ...] = ()
    unknown_key: str | None = None
    step: str | None = None
    ruled_out: str | None = None
    not_ruled_out: str | None = None
    reading: tuple[str, str] | None = None
    baseline: str | None = None
    remedies: tuple[str, ...] = ()

    def faults(self, report: Any) -> list[str]:
        """Return what a report says otherwise than it has to."""
        verdict, findings = report["verdict"], [f for f in report["findings"] if f["cause"] == self.cause]
        helping = {remedy["id"] for remedy in report["remedies"] if remedy["helps"] is True}
        offered = tuple(remedy["id"] for remedy in report["remedies"] if remedy["helps"] is not False)
        ruled_out = {one["cause"] for one in report["ruled_out"]}
        readings = {(one["reading"], one["status"]) for absence in report["absence"] for one in absence["readings"]}
        unknown = {key for decision in report["decisions"] for key in decision["unknown_keys"]}
        outcomes = self.outcome if isinstance(self.outcome, tuple) else (self.outcome,)
        checks = {
            f"outcome {verdict['outcome']}": verdict["outcome"] in outcomes,
            f"cause {verdict['cause']}": verdict["cause"] == self.cause,
            f"confidence {verdict['confidence']}": self.confidence in (None, verdict["confidence"]),
            "caller": self.caller is None or any((f["caller"] or {}).get("name") == self.caller for f in findings),
            "statement": self.statement is None
            or {f["statement"]["index"] for f in report["findings"] if f["statement"]} == {self.statement},
            f"warnings {report['coverage']['warnings']}": self.warning is None
            or self.warning in report["coverage"]["warnings"],
            f"helping {helping}": (self.helps is None or self.helps in helping) and not helping & set(self.helps_not),
            f"offered {offered}": self.remedies in ((), offered),
            f"unknown keys {unknown}": self.unknown_key is None or self.unknown_key in unknown,
            f"steps {[step['command'] for step in report['next_steps']]}": self.step is None
            or any(self.step in step["command"] for step in report["next_steps"]),
            f"ruled out {ruled_out}": (self.ruled_out is None or self.ruled_out in ruled_out)
            and self.not_ruled_out not in ruled_out,
            f"readings {readings}": self.reading is None or self.reading in readings,
            "baseline": self.baseline in (None, (report["succeeded"] or {}).get("id")),
        }
        return [fault for fault, holds in checks.items() if not holds]
