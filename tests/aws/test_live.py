"""The live path from the command line to the report, over HTTP."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aws_server import AwsServer
from incident import ACCOUNT, OTHER, REGION, Incident, fixtures
from recording import as_trail_file

from trail_diff.cli import run
from trail_diff.errors import JobNotFoundError
from trail_diff.gather.bundle import open_case, save_case
from trail_diff.model.reasons import Reason
from trail_diff.pipeline import analyse
from trail_diff.redaction.case import redact_case
from trail_diff.redaction.owner_map import make_pseudonyms
from trail_diff.redaction.redactor import Redactor
from trail_diff.render import render_report
from trail_diff.render.interface import RenderOptions

OPTIONS = ["--job-id", fixtures.FAILED_ID, "--format", "json", "--no-progress"]


@pytest.fixture
def incident(server: AwsServer) -> Incident:
    """Play the original incident."""
    return Incident(server)


def test_original_incident_ends_in_the_same_report_live_as_offline(
    incident: Incident, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Verdict, jobs, callers, findings, remedies and changes are the same from AWS as from an export of it."""
    export = tmp_path / "trail.json"
    export.write_text(as_trail_file(incident.records))
    statuses = [run([*OPTIONS, "--events", str(export), *incident.write_facts(tmp_path)])]
    offline = json.loads(capsys.readouterr().out)

    statuses.append(run([*OPTIONS, "--profile", "main", "--endpoint-url", incident.server.url]))

    live = json.loads(capsys.readouterr().out)
    assert statuses == [1, 1]
    for part in ("verdict", "callers", "findings", "decisions", "remedies", "ruled_out", "absence", "changes"):
        assert live[part] == offline[part], part
    assert live["failed"]["key"] == offline["failed"]["key"] == incident.key
    assert live["coverage"]["warnings"] == offline["coverage"]["warnings"] == []
    assert live["coverage"]["accounts"] == [ACCOUNT]


def test_bundle_of_a_live_case_gives_the_same_report(incident: Incident, tmp_path: Path) -> None:
    """What was asked of AWS, saved and opened elsewhere, gives the report of the direct run."""
    direct = incident.ask()
    bundle = tmp_path / "case.zip"
    save_case(bundle, direct.collected, direct.question, "0")

    collected, question = open_case(bundle)

    assert analyse(collected.case(question)) == direct.report


def test_policy_that_may_not_be_read_is_asked_for(incident: Incident) -> None:
    """A refused kms:GetKeyPolicy ends nothing: the change in the event history still tells, and a note says what to do."""
    incident.account.denied.add("kms:GetKeyPolicy")

    asked = incident.ask()

    assert asked.report.verdict.outcome == "explained"
    assert asked.collected.documents.key_policy is None
    assert any("kms:GetKeyPolicy" in note and "--key-policy FILE" in note for note in asked.notes)


def test_without_policy_and_its_change_the_next_step_asks_for_the_policy(incident: Incident) -> None:
    """When neither KMS nor the event history tells the policy, nothing is claimed, and the next step names the command."""
    incident.account.denied.add("kms:GetKeyPolicy")
    records = incident.account.records[REGION]
    records[:] = [record for record in records if record["eventName"] != "PutKeyPolicy"]

    report = incident.ask().report

    assert report.verdict.confidence != "confirmed"
    assert any("get-key-policy" in step.command and step.option == "--key-policy" for step in report.next_steps)


@pytest.mark.parametrize("action", ["kms:DescribeKey", "kms:ListGrants", "backup:DescribeBackupVault"])
def test_refused_call_leaves_a_note_and_the_rest(incident: Incident, action: str) -> None:
    """The case goes on without the fact, and the note names the permission."""
    incident.account.denied.add(action)

    asked = incident.ask()

    assert asked.report.verdict.outcome == "explained"
    assert any(action in note for note in asked.notes)


def test_last_usage_is_a_hint_that_may_be_missing(incident: Incident) -> None:
    """When the key was last used is told if AWS tells it, and its refusal is no news."""
    usage = {"Operation": "Decrypt", "Timestamp": datetime.now(UTC)}
    incident.account.keys[incident.key]["usage"] = usage

    told = incident.ask()
    incident.account.denied.add("kms:GetKeyLastUsage")

    assert any("last used with success" in note for note in told.notes)
    assert incident.ask().notes == []


def test_job_in_a_file_needs_no_permission_of_aws_backup(incident: Incident, tmp_path: Path) -> None:
    """With both jobs described in files, AWS Backup is not needed."""
    files = []
    for index, job in enumerate(incident.account.jobs):
        path = tmp_path / f"{index}.json"
        path.write_text(json.dumps(job, default=str))
        files.append(str(path))
    incident.account.denied |= {f"backup:{name}" for name in ("DescribeBackupJob", "ListBackupJobs")}

    asked = incident.ask(job_files=tuple(files))

    assert asked.report.verdict.outcome == "explained"
    assert incident.server.count("DescribeBackupJob") == 0


def test_key_of_another_account_needs_that_account(server: AwsServer) -> None:
    """A vault's key in an account without a profile: its calls cannot be seen, and the report says which account."""
    incident = Incident(server, key_account=OTHER)

    asked = incident.ask()

    coverage = asked.report.coverage
    assert asked.report.verdict.outcome == "inconclusive"
    assert Reason.ACCOUNT_NOT_COVERED in coverage.warnings
    assert coverage.accounts == (ACCOUNT,)
    assert OTHER in {step.account for step in asked.report.next_steps if step.reason is Reason.ACCOUNT_NOT_COVERED}
    assert any(OTHER in note and "--profile" in note for note in asked.notes)


def test_key_of_another_account_is_read_with_its_profile(server: AwsServer) -> None:
    """With a profile of each account, the calls and the policy of the key's account are there."""
    incident = Incident(server, key_account=OTHER)

    asked = incident.ask(profiles=("main", "keys"))

    assert asked.report.verdict.outcome == "explained"
    assert asked.report.coverage.accounts == (ACCOUNT, OTHER)
    assert {group.recorded_in for group in asked.report.callers} == {(ACCOUNT,), (OTHER,)}
    assert f"recorded in account: {OTHER}" in render_report(asked.report, "table", RenderOptions(verbose=True))
    assert asked.collected.documents.key_policy is not None


def test_redacted_bundle_of_a_live_case_names_no_account(incident: Incident) -> None:
    """Not in the records, not in the names of the calls, not in the counts."""
    asked = incident.ask()

    redacted, _ = redact_case(asked.collected, asked.question, Redactor(make_pseudonyms(None)))

    assert ACCOUNT in repr(asked.collected) + repr(asked.collected.tally.searched)
    assert ACCOUNT not in repr(redacted) + repr(vars(redacted.tally))


def test_alias_stands_for_its_key(incident: Incident) -> None:
    """A key named by its alias is the key that KMS says it is, and its policy can be asked for."""
    incident.server.aliases["alias/backup"] = incident.key

    asked = incident.ask(keys=("alias/backup",))

    assert asked.report.failed.key == incident.key
    assert asked.collected.documents.key_policy is not None


def test_unknown_job_is_told_with_where_it_was_looked_for(incident: Incident) -> None:
    """The error names every account and Region that does not have the job."""
    with pytest.raises(JobNotFoundError) as caught:
        incident.ask("no-such-job", regions=(REGION, "eu-central-1"))

    assert f"account {ACCOUNT} in {REGION}, account {ACCOUNT} in eu-central-1" in caught.value.message


def test_job_id_is_found_in_either_case(incident: Incident) -> None:
    """A ticket's lower-case id finds the job that AWS Backup spells in capitals."""
    assert fixtures.FAILED_ID.islower()

    assert incident.ask(fixtures.FAILED_ID).report.failed.id == fixtures.FAILED_ID.upper()


def test_baseline_without_events_is_passed_over(incident: Incident) -> None:
    """When the best baseline has no call in the event history, the next one is fetched."""
    good = next(job for job in incident.account.jobs if job["BackupJobId"] == fixtures.SUCCEEDED_ID.upper())
    empty = {**good, "BackupJobId": "EMPTY", "CreationDate": good["CreationDate"] + timedelta(hours=12)}
    incident.account.jobs.append({**empty, "CompletionDate": empty["CreationDate"] + timedelta(minutes=9)})

    report = incident.ask().report

    assert report.succeeded is not None
    assert report.succeeded.id == fixtures.SUCCEEDED_ID.upper()
    assert report.verdict.outcome == "explained"


def test_best_baseline_is_named_where_none_has_events(incident: Incident) -> None:
    """When no baseline has a call of its own, the job is compared with the best of them, as from an export."""
    good = next(job for job in incident.account.jobs if job["BackupJobId"] == fixtures.SUCCEEDED_ID.upper())
    earlier = {name: good[name] - timedelta(hours=12) for name in ("CreationDate", "CompletionDate")}
    incident.account.jobs.append({**good, "BackupJobId": "OLDER", **earlier})
    records = incident.account.records[REGION]
    records[:] = [record for record in records if record["eventSource"] != "kms.amazonaws.com"]

    report = incident.ask().report

    assert report.succeeded is not None
    assert report.succeeded.id == fixtures.SUCCEEDED_ID.upper()


def test_baseline_of_the_same_vault_is_preferred_to_one_of_the_same_resource(incident: Incident) -> None:
    """Jobs of the resource and of the vault are both listed, so that the most alike is chosen as from an export."""
    good = next(job for job in incident.account.jobs if job["BackupJobId"] == fixtures.SUCCEEDED_ID.upper())
    earlier = {name: good[name] - timedelta(days=2) for name in ("CreationDate", "CompletionDate")}
    elsewhere = good["BackupVaultArn"].replace("backup-vault:", "backup-vault:other-")
    incident.account.jobs.append({**good, **earlier, "BackupJobId": "ELSEWHERE", "BackupVaultArn": elsewhere})
    good["ResourceArn"] += "-2"

    report = incident.ask().report

    assert report.succeeded is not None
    assert report.succeeded.id == fixtures.SUCCEEDED_ID.upper()


def test_job_of_the_same_type_lends_its_calls_where_none_can_be_compared(incident: Incident) -> None:
    """Without a baseline, another job of the resource type is read, and shows which calls to expect."""
    good = next(job for job in incident.account.jobs if job["BackupJobId"] == fixtures.SUCCEEDED_ID.upper())
    good["ResourceArn"] += "-2"
    good["BackupVaultArn"] = good["BackupVaultArn"].replace("backup-vault:", "backup-vault:other-")
    good["BackupVaultName"] = "other-" + good["BackupVaultName"]

    report = incident.ask().report

    asked = {
        call.parameters.get("ByResourceType") for call in incident.server.calls if call.operation == "ListBackupJobs"
    }
    assert report.succeeded is None
    assert good["ResourceType"] in asked
    assert any(
        call.parameters["StartTime"] < good["CompletionDate"]
        for call in incident.server.calls
        if call.operation == "LookupEvents"
        and "kms" in str(call.parameters["LookupAttributes"])
        and call.parameters["EndTime"] - call.parameters["StartTime"] < timedelta(hours=2)
    )


def test_job_of_just_now_may_not_be_in_the_history_yet(server: AwsServer) -> None:
    """A job that ended minutes ago is told with the delay that event history has."""
    incident = Incident(server)
    ended = incident.account.jobs[-1]["CompletionDate"]

    report = incident.ask(clock=lambda: ended + timedelta(minutes=5)).report

    assert Reason.DELIVERY_DELAY_POSSIBLE in report.coverage.warnings


def test_window_without_any_event_is_covered(incident: Incident) -> None:
    """Event history that was searched to the end and is empty counts as covered: nothing was called."""
    bad = next(job for job in incident.account.jobs if job["BackupJobId"] == fixtures.FAILED_ID.upper())
    day = f"{bad['CreationDate']:%Y-%m-%dT18}"
    records = incident.account.records[REGION]
    records[:] = [record for record in records if not record["eventTime"].startswith(day)]

    report = incident.ask().report

    assert Reason.WINDOW_NOT_COVERED not in report.coverage.warnings
    assert report.verdict.outcome == "explained"


def test_fetch_that_was_stopped_proves_no_absence(incident: Incident) -> None:
    """With too few requests allowed, the windows are not covered; what AWS is known to call makes a cause likely."""
    asked = incident.ask(max_requests=2)

    assert Reason.FETCH_TRUNCATED in asked.report.coverage.warnings
    assert Reason.WINDOW_NOT_COVERED in asked.report.coverage.warnings
    assert asked.report.verdict.confidence == "likely"
    assert all(Reason.EXPECTED_BY_PROFILE in finding.reasons for finding in asked.report.findings)


def test_nothing_outside_the_asked_span_is_fetched(incident: Incident) -> None:
    """With --to in the middle of the job, nothing later is asked for, and the report says what is not covered."""
    bad = next(job for job in incident.account.jobs if job["BackupJobId"] == fixtures.FAILED_ID.upper())
    end = bad["CreationDate"] + timedelta(minutes=2)

    report = incident.ask(end=end).report

    asked = [call.parameters for call in incident.server.calls if call.operation == "LookupEvents"]
    assert max(parameters["EndTime"] for parameters in asked) <= end
    assert Reason.WINDOW_NOT_COVERED in report.coverage.warnings


@pytest.mark.parametrize("kind", ["copy", "restore"])
def test_copy_and_restore_jobs_are_found(incident: Incident, kind: str) -> None:
    """The id of a copy or restore job is found as well, with the keys of its recovery point."""
    template, point = incident.account.jobs[-1], f"arn:aws:backup:{REGION}:{ACCOUNT}:recovery-point:p"
    vault = template["BackupVaultArn"]
    named = {"IamRoleArn": template["IamRoleArn"], "ResourceType": "DynamoDB", "StatusMessage": fixtures.MESSAGE}
    times = {name: template[name] for name in ("CreationDate", "CompletionDate")}
    if kind == "copy":
        places = {"SourceBackupVaultArn": vault, "DestinationBackupVaultArn": vault, "SourceRecoveryPointArn": point}
        incident.account.jobs.append({"CopyJobId": "c-1", "State": "FAILED", **places, **named, **times})
    else:
        places = {"BackupVaultArn": vault, "RecoveryPointArn": point}
        incident.account.jobs.append({"RestoreJobId": "c-1", "Status": "FAILED", **places, **named, **times})
    incident.account.points[point] = {"RecoveryPointArn": point, "EncryptionKeyArn": incident.key}

    failed = incident.ask("c-1").report.failed

    assert (failed.kind, failed.key) == (kind, incident.key)
