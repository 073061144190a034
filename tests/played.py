"""Plays a recording on the AWS server: its events, its jobs as AWS Backup describes them, its vault and its keys.

Event history has ninety days, so recordings are moved to the days before now; `moved` gives the same records for use
offline.
"""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from aws_server import Account, AwsServer
from recording import Record, Recording

_DAY = re.compile(r"2026-03-(\d\d)T")
_SECONDS = re.compile(r'"seconds": ?(\d{10})')


def moved(made: Recording, *, days_ago: int = 3) -> list[Record]:
    """Return the records with 1 March 2026 moved to so many days ago."""
    shift = datetime.now(UTC).date() - timedelta(days=days_ago) - datetime(2026, 3, 1, tzinfo=UTC).date()
    text = _DAY.sub(
        lambda found: f"{datetime(2026, 3, int(found[1]), tzinfo=UTC) + shift:%Y-%m-%d}T", json.dumps(made.records)
    )
    seconds = int(shift.total_seconds())
    records: list[Record] = json.loads(_SECONDS.sub(lambda found: f'"seconds": {int(found[1]) + seconds}', text))
    return records


def play(server: AwsServer, made: Recording, records: list[Record], *, policy: Any, vault_key: str) -> Account:
    """Let the server have what was recorded; the vault's key has the policy as its policy of today."""
    account = server.account(made.account)
    account.records.setdefault(made.region, []).extend(records)
    jobs: dict[str, dict[str, Any]] = {}
    for record in records:
        told = record.get("serviceEventDetails")
        if told and "backupJobId" in told:
            jobs[told["backupJobId"]] = describe(told, made.account)
    account.jobs.extend(jobs.values())
    for job in jobs.values():
        vault = {"BackupVaultName": job["BackupVaultName"], "BackupVaultArn": job["BackupVaultArn"]}
        account.vaults[job["BackupVaultName"]] = {**vault, "EncryptionKeyArn": vault_key}
    server.keys_exist(vault_key)
    server.account(vault_key.split(":")[4]).keys[vault_key]["policy"] = policy
    return account


def describe(told: dict[str, Any], account: str) -> dict[str, Any]:
    """Return what a service event tells of a job as DescribeBackupJob describes it."""
    times = {
        name: datetime.fromtimestamp(told[own]["seconds"], UTC)
        for name, own in (("CreationDate", "creationDate"), ("CompletionDate", "completionDate"))
        if own in told
    }
    names = {
        "BackupJobId": "backupJobId",
        "BackupVaultName": "backupVaultName",
        "BackupVaultArn": "backupVaultArn",
        "ResourceArn": "resourceArn",
        "IamRoleArn": "iamRoleArn",
        "ResourceType": "resourceType",
        "State": "state",
        "StatusMessage": "statusMessage",
    }
    return {"AccountId": account, **times, **{name: told[own] for name, own in names.items() if own in told}}
