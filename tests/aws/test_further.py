"""What live reading asks for where the answer stays open: other jobs that ran under the same policy."""

import copy
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aws_server import AwsServer
from incident import REGION, fixtures
from played import moved, play
from recording import as_trail_file

from trail_diff.cli import run

OTHER_ID = "11111111-aaaa-4bbb-8ccc-222222222222"


class Night:
    """The original incident with a Deny that nobody can decide, and another job on the vault that ran after it."""

    def __init__(self, server: AwsServer, *, did_call: bool, is_clear: bool = False) -> None:
        made = fixtures.record_incident()
        self.key = made.key_arn("vault")
        self.policy = copy.deepcopy(fixtures.key_policy(made))
        if not is_clear:
            self.policy["Statement"][1]["Condition"] = {"StringNotEquals": {"aws:SourceAccount": made.account}}
        for record in made.records:
            if record["eventName"] == "PutKeyPolicy":
                record["requestParameters"]["policy"] = json.dumps(self.policy)
        job = {
            "vault": "prod-vault",
            "resource": made.arn("dynamodb", "table/other"),
            "role": made.role_arn("service-role/AWSBackupDefaultServiceRole"),
        }
        made.backup_job(OTHER_ID, "2026-03-02T12:05:00Z", "2026-03-02T12:14:00Z", "COMPLETED", **job)
        if did_call:
            context = {"aws:backup:backup-vault": made.arn("backup", "backup-vault:prod-vault")}
            for second in (10, 11, 44):
                storage = made.service("backup-storage.amazonaws.com")
                made.kms(f"2026-03-02T12:06:{second}Z", "GenerateDataKey", self.key, storage, context)
                made.kms(f"2026-03-02T12:07:{second}Z", "Decrypt", self.key, storage, context)
        self.server, self.records = server, moved(made)
        play(server, made, self.records, policy=self.policy, vault_key=self.key)

    def facts(self, folder: Path) -> list[str]:
        """Write what KMS says of the key."""
        contents = {
            "--key-policy": {"Policy": json.dumps(self.policy)},
            "--key-state": {"KeyMetadata": {"Arn": self.key, "KeyState": "Enabled"}},
            "--grants": {"Grants": []},
        }
        for option, content in contents.items():
            (folder / option).write_text(json.dumps(content))
        return [argument for option in contents for argument in (option, str(folder / option))]


def ask(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """Return the report on the failed job."""
    baseline = ["--baseline-job-id", fixtures.SUCCEEDED_ID]
    run(["--job-id", fixtures.FAILED_ID, *baseline, "--format", "json", "--no-progress", *arguments])
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    return report


def policy_rows(report: dict[str, Any]) -> list[tuple[str, Any, str]]:
    """Return what became of the hypotheses on the key's policy."""
    return [(row["cause"], row["statement"], row["standing"]) for row in report["weighing"]]


@pytest.mark.parametrize("did_call", [True, False])
def test_other_job_under_the_same_policy_decides_live_as_in_files(
    server: AwsServer, tmp_path: Path, capsys: pytest.CaptureFixture[str], *, did_call: bool
) -> None:
    """A call that another job made under the same policy clears it, from AWS as from files that hold all calls."""
    night = Night(server, did_call=did_call)
    export = tmp_path / "trail.json"
    export.write_text(as_trail_file(night.records))
    offline = ask(capsys, "--events", str(export), *night.facts(tmp_path))

    live = ask(capsys, "--profile", "main", "--endpoint-url", server.url, "--no-cache")

    standings = {row["standing"] for row in live["weighing"] if row["cause"] == "key-policy-explicit-deny"}
    assert policy_rows(live) == policy_rows(offline)
    assert live["verdict"] == offline["verdict"]
    assert standings == ({"refuted"} if did_call else {"possible"})


def test_only_the_window_of_the_other_job_is_asked_for(server: AwsServer, capsys: pytest.CaptureFixture[str]) -> None:
    """One window of calls of KMS is asked for more, of the job that ran between the same changes of the key."""
    Night(server, did_call=True)

    ask(capsys, "--profile", "main", "--endpoint-url", server.url, "--no-cache")

    asked = [call.parameters for call in server.calls if call.operation == "LookupEvents" and call.region == REGION]
    of_kms = [one for one in asked if one["LookupAttributes"][0]["AttributeValue"] == "kms.amazonaws.com"]
    spans = {one["StartTime"] for one in of_kms if one["EndTime"] - one["StartTime"] < timedelta(hours=1)}
    assert sorted(f"{start:%H:%M}" for start in spans) == ["11:50", "17:50", "17:50"]


def test_where_the_answer_is_clear_nothing_more_is_asked_for(
    server: AwsServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """A confirmed answer costs no further request."""
    Night(server, did_call=False, is_clear=True)

    report = ask(capsys, "--profile", "main", "--endpoint-url", server.url, "--no-cache")

    windows = server.count(
        "LookupEvents",
        LookupAttributes=[{"AttributeKey": "EventSource", "AttributeValue": "kms.amazonaws.com"}],
    )
    assert report["verdict"]["confidence"] == "confirmed"
    assert windows == 2


def test_policy_that_was_not_changed_between_the_jobs_is_no_suspect(
    server: AwsServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Event history tells every change of a key: where none lies between, today's Deny let the succeeded job through."""
    made = fixtures.record_incident()
    made.records = [record for record in made.records if record["eventName"] != "PutKeyPolicy"]
    play(server, made, moved(made), policy=fixtures.key_policy(made), vault_key=made.key_arn("vault"))

    report = ask(capsys, "--profile", "main", "--endpoint-url", server.url)

    assert report["verdict"]["outcome"] == "difference"
    assert [one for one in policy_rows(report) if one[0] == "key-policy-explicit-deny"] == [
        ("key-policy-explicit-deny", {"index": 2, "sid": "DenyEveryoneElse"}, "refuted")
    ] * 2
