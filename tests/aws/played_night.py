"""A night of jobs on the AWS server: event history, AWS Backup's lists, vaults and keys, moved to the last days."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from aws_server import AwsServer
from night import BAD, Night
from played import describe
from recording import Record
from scenes.stage import ALLOW_STORAGE, policy

_TIME = re.compile(r"2026-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_SECONDS = re.compile(r'"seconds": ?(\d{10})')


def moved_night(night: Night, *, days_ago: int = 2) -> list[Record]:
    """Return the records with the night in which jobs failed moved to so many days ago."""
    shift = timedelta(days=(datetime.now(UTC).date() - datetime.fromisoformat(BAD).date()).days - days_ago)
    text = json.dumps(night.records())
    text = _TIME.sub(lambda found: f"{datetime.fromisoformat(found[0]) + shift:%Y-%m-%dT%H:%M:%SZ}", text)
    seconds = int(shift.total_seconds())
    records: list[Record] = json.loads(_SECONDS.sub(lambda found: f'"seconds": {int(found[1]) + seconds}', text))
    return records


def play_night(server: AwsServer, night: Night, records: Sequence[Record]) -> None:
    """Let the server have what was recorded: each vault's key has the policy that was put last."""
    for record in records:
        account = server.account(record["recipientAccountId"])
        account.records.setdefault(record["awsRegion"], []).append(record)
    for record in records:
        if record["eventName"] == "BackupJobCompleted":
            account_id = record["recipientAccountId"]
            server.account(account_id).jobs.append(describe(record["serviceEventDetails"], account_id))
    policies: dict[str, Any] = {
        record["resources"][0]["ARN"]: json.loads(record["requestParameters"]["policy"])
        for record in records
        if record["eventName"] == "PutKeyPolicy"
    }
    for vault in night.vaults:
        named = {
            "BackupVaultName": vault.name,
            "BackupVaultArn": vault.made.arn("backup", f"backup-vault:{vault.name}"),
        }
        server.account(vault.made.account).vaults[vault.name] = {**named, "EncryptionKeyArn": vault.key}
        server.keys_exist(vault.key)
        server.account(vault.made.account).keys[vault.key]["policy"] = policies.get(vault.key) or policy(
            vault.made, ALLOW_STORAGE
        )
