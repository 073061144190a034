"""A night of backup jobs, made up: many that succeeded, and failed ones of a few causes, in several accounts and Regions."""

from dataclasses import dataclass, field
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
    """Make a night with 30 failed jobs of six causes, one that cannot be decided, and 200 that succeeded, times scale."""
    home, abroad = Recording(seed="home"), Recording(region="us-east-1", seed="abroad")
    other = Recording(account="444455556666", seed="other")
    scp = "with an explicit deny in a service control policy"
    night = Night(
        [
            Vault(home, "prod-vault", 12 * scale),
            Vault(home, "finance-vault", 7 * scale),
            Vault(abroad, "hr-vault", 4 * scale),
            Vault(home, "legal-vault", 3 * scale, has_calls=True, denied=scp),
            Vault(home, "busy-vault", 2 * scale, message=BUSY),
            Vault(other, "dev-vault", scale),
            Vault(other, "new-vault", scale, is_new=True),
            Vault(home, "calm-vault", 40 * scale, has_failed=False),
            Vault(abroad, "calm-abroad", 30 * scale, has_failed=False),
            Vault(other, "calm-other", 15 * scale, has_failed=False),
        ]
    )
    for vault in night.vaults:
        vault.run()
    _break(*night.vaults[:3], night.vaults[5])
    return night


def _break(prod: Vault, finance: Vault, hr: Vault, dev: Vault) -> None:
    """Add the changes that the failed jobs go back to."""
    noon = f"{BAD}T12:00:00Z"
    for vault, before, after in (
        (prod, policy(prod.made, ALLOW_STORAGE), policy(prod.made, deny(ADMIN_ONLY, "DenyOthers"), ALLOW_STORAGE)),
        (dev, policy(dev.made, ALLOW_STORAGE), policy(dev.made)),
    ):
        vault.made.put_key_policy("2026-02-01T12:00:00Z", vault.key, before, vault.admin())
        vault.made.put_key_policy(noon, vault.key, after, vault.admin())
    finance.made.kms(noon, "DisableKey", finance.key, finance.admin())
    grant = hr.made.make_id("grant")
    asked: dict[str, Any] = {"granteePrincipal": STORAGE, "operations": ["Decrypt", "GenerateDataKey"]}
    hr.made.put_key_policy("2026-02-01T12:00:00Z", hr.key, policy(hr.made), hr.admin())
    hr.made.kms(
        "2026-02-01T12:01:00Z",
        "CreateGrant",
        hr.key,
        hr.admin(),
        parameters=asked,
        responseElements={"grantId": grant, "keyId": hr.key},
    )
    hr.made.kms(noon, "RevokeGrant", hr.key, hr.admin(), parameters={"grantId": grant})
