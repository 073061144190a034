"""A night of backup jobs, made up: many that succeeded, and failed ones of a few causes, in several accounts and Regions."""

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from recording import Record, Recording
from scenes.stage import ADMIN_ONLY, ALLOW_STORAGE, STORAGE, VAGUE, deny, policy

ROLE = "service-role/AWSBackupDefaultServiceRole"
SESSION = "AWSBackup-AWSBackupDefaultServiceRole"
GOOD, BAD = "2026-03-01", "2026-03-02"
BUSY = "Backup job failed because there is a running job for the same resource."


@dataclass
class Vault:
    """A vault with its own key, and the jobs that run into it each night."""

    made: Recording
    name: str
    jobs: int
    message: str = VAGUE
    has_failed: bool = True
    is_new: bool = False
    has_calls: bool = False
    denied: str = ""

    @property
    def key(self) -> str:
        """Return the ARN of the vault's key."""
        return self.made.key_arn(self.name)

    def admin(self) -> Record:
        """Return who administers the key."""
        return self.made.user("key-admin")

    def run(self) -> None:
        """Add the jobs of both nights."""
        for number in range(self.jobs):
            if not self.is_new:
                self._job(GOOD, number, "COMPLETED", None)
            state = "FAILED" if self.has_failed else "COMPLETED"
            self._job(BAD, number, state, self.message if self.has_failed else None)

    def job_id(self, day: str, number: int) -> str:
        """Return the id of a job."""
        return self.made.make_id("job", self.name, day, number)

    def _job(self, day: str, number: int, state: str, message: str | None) -> None:
        hour, minute = 18 + number // 20 % 5, 5 + 2 * (number % 20)
        resource = self.made.arn("dynamodb", f"table/{self.name}-{number}")
        self.made.backup_job(
            self.job_id(day, number),
            f"{day}T{hour}:{minute:02}:00Z",
            f"{day}T{hour}:{minute + 9:02}:00Z",
            state,
            vault=self.name,
            resource=resource,
            role=self.made.role_arn(ROLE),
            **({"statusMessage": message} if message else {}),
        )
        time = f"{day}T{hour}:{minute + 2:02}:00Z"
        identity = self.made.role(ROLE, SESSION, "dynamodb.amazonaws.com")
        table, context = self.made.key_arn(f"table-{self.name}"), {"aws:dynamodb:tableName": f"{self.name}-{number}"}
        refusal = self.made.denied(identity, "kms:Decrypt", table, self.denied) if message and self.denied else {}
        self.made.kms(time, "Decrypt", table, identity, context, **refusal)
        if not message or self.has_calls:
            vault = {"aws:backup:backup-vault": self.made.arn("backup", f"backup-vault:{self.name}")}
            for action in ("GenerateDataKey", "Decrypt"):
                self.made.kms(time, action, self.key, self.made.service(STORAGE), vault)


@dataclass
class Night:
    """All accounts and Regions of the night."""

    vaults: list[Vault] = field(default_factory=list)

    def records(self) -> list[Record]:
        """Return all records in order of time."""
        recordings = {id(vault.made): vault.made for vault in self.vaults}
        records = [record for made in recordings.values() for record in made.sorted()]
        return sorted(records, key=lambda record: (record["eventTime"], record["eventID"]))


def make_night(scale: int = 1) -> Night:
    """Make a night with 30 failed jobs of six causes, one of them undecidable, and 199 that succeeded, times scale."""
    home, abroad = Recording(seed="home"), Recording(region="us-east-1", seed="abroad")
    other = Recording(account="444455556666", seed="other")
    return run_night(
        [
            ("deny", home, "prod-vault", 12 * scale),
            ("disable", home, "finance-vault", 7 * scale),
            ("grant", abroad, "hr-vault", 4 * scale),
            ("scp", home, "legal-vault", 3 * scale),
            ("busy", home, "busy-vault", 2 * scale),
            ("no-allow", other, "dev-vault", scale),
            ("new", other, "new-vault", scale),
            ("calm", home, "calm-vault", 40 * scale),
            ("calm", abroad, "calm-abroad", 30 * scale),
            ("calm", other, "calm-other", 15 * scale),
        ]
    )


def run_night(plan: Sequence[tuple[str, Recording, str, int]]) -> Night:
    """Make a night with a vault for each entry of a plan: what breaks it, where it is, its name and how many jobs."""
    night = Night([Vault(made, name, jobs, **_KINDS[kind]) for kind, made, name, jobs in plan])
    for (kind, *_), vault in zip(plan, night.vaults, strict=True):
        vault.run()
        if kind in _BREAKS:
            _BREAKS[kind](vault)
    return night


_KINDS: Mapping[str, dict[str, Any]] = {
    "deny": {},
    "disable": {},
    "grant": {},
    "no-allow": {},
    "scp": {"has_calls": True, "denied": "with an explicit deny in a service control policy"},
    "busy": {"message": BUSY},
    "new": {"is_new": True},
    "calm": {"has_failed": False},
}
KINDS = tuple(_KINDS)
"""What a vault's jobs can go through in a night."""

_MONTH_BEFORE, _NOON = "2026-02-01T12:00:00Z", f"{BAD}T12:00:00Z"


def _deny(vault: Vault) -> None:
    made = vault.made
    made.put_key_policy(_MONTH_BEFORE, vault.key, policy(made, ALLOW_STORAGE), vault.admin())
    after = policy(made, deny(ADMIN_ONLY, "DenyOthers"), ALLOW_STORAGE)
    made.put_key_policy(_NOON, vault.key, after, vault.admin())


def _lose_allow(vault: Vault) -> None:
    made = vault.made
    made.put_key_policy(_MONTH_BEFORE, vault.key, policy(made, ALLOW_STORAGE), vault.admin())
    made.put_key_policy(_NOON, vault.key, policy(made), vault.admin())


def _disable(vault: Vault) -> None:
    vault.made.kms(_NOON, "DisableKey", vault.key, vault.admin())


def _revoke(vault: Vault) -> None:
    made, grant = vault.made, vault.made.make_id("grant", vault.name)
    asked: dict[str, Any] = {"granteePrincipal": STORAGE, "operations": ["Decrypt", "GenerateDataKey"]}
    made.put_key_policy(_MONTH_BEFORE, vault.key, policy(made), vault.admin())
    made.kms(
        "2026-02-01T12:01:00Z",
        "CreateGrant",
        vault.key,
        vault.admin(),
        parameters=asked,
        responseElements={"grantId": grant, "keyId": vault.key},
    )
    made.kms(_NOON, "RevokeGrant", vault.key, vault.admin(), parameters={"grantId": grant})


_BREAKS: Mapping[str, Callable[[Vault], None]] = {
    "deny": _deny,
    "no-allow": _lose_allow,
    "disable": _disable,
    "grant": _revoke,
}


def job_reports(records: Sequence[Record]) -> list[dict[str, Any]]:
    """Return the jobs that ended as AWS Backup Audit Manager reports them."""
    return [_report(record) for record in records if record["eventName"] == "BackupJobCompleted"]


def _report(record: Record) -> dict[str, Any]:
    told = record["serviceEventDetails"]
    names = ("backupJobId", "resourceType", "resourceArn", "backupVaultName", "backupVaultArn", "iamRoleArn")
    return {
        "reportTimePeriodStart": f"{BAD}T00:00:00Z",
        "reportTimePeriodEnd": f"{BAD}T23:59:59Z",
        "accountId": record["recipientAccountId"],
        "region": record["awsRegion"],
        **{name: told[name] for name in names},
        "jobStatus": told["state"],
        "statusMessage": told.get("statusMessage"),
        "creationDate": _spell(told["creationDate"]),
        "completionDate": _spell(told["completionDate"]),
        "backupSizeInBytes": 8589934592,
    }


def _spell(moment: dict[str, int]) -> str:
    return f"{datetime.fromtimestamp(moment['seconds'], UTC):%Y-%m-%dT%H:%M:%S}.229Z"


def as_report_csv(items: Sequence[Mapping[str, Any]]) -> str:
    """Return a report as CSV, its columns named in words."""
    written = io.StringIO()
    names = [re.sub(r"([A-Z])", r" \1", name).title() for name in items[0]]
    table = csv.writer(written)
    table.writerow(names)
    table.writerows([[value if value is not None else "" for value in item.values()] for item in items])
    return written.getvalue()
