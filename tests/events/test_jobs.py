"""Job descriptors of every form."""

from typing import Any

import pytest
from making import ACCOUNT, REGION, ROLE, TABLE, VAULT, make_events, make_job, moment
from recording import Recording

from trail_diff.errors import AmbiguousJobError, JobNotFoundError
from trail_diff.events.jobs import find_job, merge_jobs, read_job_document, read_job_event
from trail_diff.model.learnt import Job

JOB_ID = "0a1b2c3d-0000-4000-8000-000000000001"
API: dict[str, Any] = {
    "AccountId": ACCOUNT,
    "BackupJobId": JOB_ID,
    "BackupVaultName": "prod-vault",
    "BackupVaultArn": VAULT,
    "ResourceArn": TABLE,
    "ResourceType": "DynamoDB",
    "CreationDate": "2026-03-01T18:05:00+00:00",
    "CompletionDate": "2026-03-01T18:15:00+00:00",
    "State": "FAILED",
    "StatusMessage": "it failed",
    "IamRoleArn": ROLE,
}
EVENT_BRIDGE: dict[str, Any] = {
    "version": "0",
    "id": "1",
    "detail-type": "Backup Job State Change",
    "source": "aws.backup",
    "account": ACCOUNT,
    "time": "2026-03-01T18:15:00Z",
    "region": REGION,
    "detail": {
        "backupJobId": JOB_ID.upper(),
        "backupVaultArn": VAULT,
        "resourceArn": TABLE,
        "resourceType": "DynamoDB",
        "creationDate": "2026-03-01T18:05:00Z",
        "iamRoleArn": ROLE,
        "state": "FAILED",
        "statusMessage": '"it failed"',
    },
}


def only(document: dict[str, Any]) -> Job:
    """Read the one job of a document."""
    (job,) = read_job_document(document, "job.json")
    return job


REPORTED = {
    "reportTimePeriodStart": "2026-03-01T00:00:00Z",
    "accountId": ACCOUNT,
    "region": REGION,
    "backupJobId": JOB_ID,
    "jobStatus": "FAILED",
    "statusMessage": "it failed",
    "resourceType": "DynamoDB",
    "resourceArn": TABLE,
    "initiationDate": "2026-03-01T18:05:00Z",
    "completionDate": "2026-03-01T18:15:00Z",
    "backupVaultArn": VAULT,
    "iamRoleArn": ROLE,
}


@pytest.mark.parametrize(
    "document",
    [API, {"BackupJobs": [API]}, EVENT_BRIDGE, {"reportItems": [REPORTED]}],
    ids=["describe", "list", "event", "report"],
)
def test_every_document_form_gives_the_same_job(document: dict[str, Any]) -> None:
    """Describe output, list output and EventBridge say the same of a job."""
    job = only(document)

    assert (job.id.lower(), job.kind, job.state, job.message) == (JOB_ID, "backup", "FAILED", "it failed")
    assert (job.vault, job.resource, job.role) == (VAULT, TABLE, ROLE)
    assert (job.region, job.account) == (REGION, ACCOUNT)
    assert (job.created, job.completed) == (moment("2026-03-01T18:05:00Z"), moment("2026-03-01T18:15:00Z"))


def test_copy_job_has_both_vaults() -> None:
    """The vault of a copy job is the destination; the origin and its Region are kept as well."""
    there = "arn:aws:backup:us-east-1:444455556666:backup-vault:dr"
    key = "arn:aws:kms:us-east-1:444455556666:key/1"
    job = only(
        {
            "CopyJob": {
                "CopyJobId": JOB_ID,
                "SourceBackupVaultArn": VAULT,
                "DestinationBackupVaultArn": there,
                "DestinationEncryptionKeyArn": key,
                "State": "COMPLETED",
            }
        }
    )

    assert (job.kind, job.vault, job.source_vault, job.key) == ("copy", there, VAULT, key)
    assert (job.region, job.account) == (REGION, ACCOUNT)


def test_restore_job_has_a_status() -> None:
    """Restore jobs say `Status` where the others say `State`."""
    job = only({"RestoreJobId": JOB_ID, "Status": "FAILED", "CreationDate": 1772388300})

    assert (job.kind, job.state, job.created) == ("restore", "FAILED", moment("2026-03-01T18:05:00Z"))


@pytest.mark.parametrize("value", [None, True, [], {"a": 1}])
def test_fields_of_the_wrong_type_count_as_absent(value: Any) -> None:
    """A descriptor with odd fields is still read for the rest."""
    job = only({**API, "StatusMessage": value, "CreationDate": value, "ResourceArn": value})

    assert (job.message, job.created, job.resource) == (None, None, None)
    assert job.state == "FAILED"


@pytest.mark.parametrize("value", [0, 1, "0001-01-01T00:00:00Z", "2020-01-01T00:00:00Z"])
def test_completion_that_cannot_be_is_absent(value: Any) -> None:
    """A job does not end before it was created; such a date would make the window miss the job."""
    assert only({**API, "CompletionDate": value}).completed is None


def test_creation_before_there_were_backups_is_absent() -> None:
    """The epoch stands for a date that is not known; it would make the window hold everything."""
    assert only({**API, "CreationDate": 0}).created is None


def test_message_in_quotes_that_is_no_json_loses_its_quotes() -> None:
    """EventBridge's quotes are taken off even where a backslash inside makes the text no JSON."""
    detail = {**EVENT_BRIDGE["detail"], "statusMessage": '"C:\\data \\ failed"'}

    assert only({**EVENT_BRIDGE, "detail": detail}).message == "C:\\data \\ failed"


def test_service_events_of_a_job_become_one_job() -> None:
    """Started and completed events, with ids in either case, are one job with the end it came to."""
    made = Recording()
    made.backup_job(
        JOB_ID,
        "2026-03-01T18:05:00Z",
        "2026-03-01T18:15:00Z",
        "FAILED",
        vault="prod-vault",
        resource=TABLE,
        role=ROLE,
        statusMessage="it failed",
    )
    told = [job for job in map(read_job_event, make_events(made.records)) if job]

    (job,) = merge_jobs([*told, only(API)])

    assert (job.state, job.message, job.vault) == ("FAILED", "it failed", VAULT)
    assert (job.created, job.completed) == (moment("2026-03-01T18:05:00Z"), moment("2026-03-01T18:15:00Z"))


def test_start_call_tells_of_the_job() -> None:
    """StartBackupJob names the job in its response; a denied call tells of none."""
    made = Recording()
    parameters = {"backupVaultName": "prod-vault", "resourceArn": TABLE, "iamRoleArn": ROLE}
    fields: dict[str, Any] = {
        "requestParameters": parameters,
        "responseElements": {"backupJobId": JOB_ID, "creationDate": "Mar 1, 2026 6:05:00 PM"},
    }
    made.add("2026-03-01T18:05:00Z", "backup.amazonaws.com", "StartBackupJob", made.user("operator"), **fields)
    made.add(
        "2026-03-01T18:05:00Z",
        "backup.amazonaws.com",
        "StartBackupJob",
        made.user("operator"),
        errorCode="AccessDenied",
        **fields,
    )

    started, denied = (read_job_event(event) for event in make_events(made.records))

    assert started is not None
    assert (started.id, started.vault, started.created) == (JOB_ID, VAULT, moment("2026-03-01T18:05:00Z"))
    assert denied is None


def test_job_is_found_without_regard_to_case() -> None:
    """Ids compare without case."""
    job = make_job("ABC")

    assert find_job([job], "abc") is job
    assert find_job([job], " abc\n") is job


def test_missing_job_is_an_error_with_advice() -> None:
    """A job that is not there is told, with what to do."""
    with pytest.raises(JobNotFoundError) as caught:
        find_job([make_job("a")], "b")

    assert "--job FILE" in caught.value.hint


def test_one_id_in_two_accounts_is_ambiguous() -> None:
    """Descriptors of one id in two accounts stay apart, and asking for the id says so."""
    jobs = merge_jobs([make_job("a"), make_job("a", account="444455556666")])

    with pytest.raises(AmbiguousJobError) as caught:
        find_job(jobs, "a")
    assert "444455556666" in caught.value.message
