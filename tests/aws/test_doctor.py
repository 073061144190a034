"""The checkup: versions, credentials, and what each way a call can end says of its permission."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from aws_server import AwsServer
from incident import Incident

from trail_diff.aws.doctor import Access, Library, Permission, check_access, check_up
from trail_diff.aws.event_history.slices import CacheInfo
from trail_diff.cli import run
from trail_diff.errors import (
    AwsAccessDeniedError,
    AwsConnectionError,
    AwsCredentialsError,
    AwsError,
    AwsNotFoundError,
)

KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
JOB = {"BackupVaultName": "prod-vault", "RecoveryPointArn": "arn:aws:backup:eu-west-1:111122223333:recovery-point:1"}
NO_CACHE = CacheInfo(Path(), 0, 0)


class FakeAws:
    """Answers every call, but those that end in an error; remembers what was asked."""

    def __init__(self, errors: Mapping[str, AwsError] | None = None, *, jobs: bool = True) -> None:
        self.profile: str | None = "prod"
        self.region: str | None = "eu-west-1"
        self.errors, self.jobs = errors or {}, jobs
        self.asked: list[tuple[str, Mapping[str, Any] | None, str | None]] = []

    def credentials_method(self) -> str:
        """Name the provider."""
        if "credentials" in self.errors:
            raise self.errors["credentials"]
        return "sso"

    def offers(self, service: str, operation: str) -> bool:  # noqa: ARG002
        """Know all calls but the newest."""
        return operation != "get_key_last_usage"

    def call(
        self,
        service: str,  # noqa: ARG002
        operation: str,
        parameters: Mapping[str, Any] | None = None,
        region: str | None = None,
    ) -> dict[str, Any]:
        """Answer as AWS would."""
        self.asked.append((operation, parameters, region))
        if operation in self.errors:
            raise self.errors[operation]
        if operation == "get_caller_identity":
            return {"Account": "111122223333", "Arn": "arn:aws:iam::111122223333:user/u"}
        return {"BackupJobs": [JOB] if self.jobs else []} if operation == "list_backup_jobs" else {}


def status_of(access: Access, action: str) -> tuple[str, str]:
    """Return what was found of an action."""
    return next((one.status, one.message) for one in access.permissions if one.action == action)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (AwsNotFoundError("found nothing", hint=""), "allowed"),
        (AwsError("invalid id", hint="", code="InvalidParameterValueException"), "allowed"),
        (AwsError("our fault", hint="", code="InternalFailure"), "open"),
        (AwsConnectionError("cut off", hint="try again"), "open"),
        (AwsAccessDeniedError("u is not authorized to perform: it", hint="", action="it"), "refused"),
        (AwsAccessDeniedError("Insufficient privileges", hint="", action="it"), "open"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.message,
)
def test_permission_is_told_by_how_a_call_ends(error: AwsError, status: str) -> None:
    """Only a refusal that names the action says that it is missing; what gets past it is allowed; the rest stays open."""
    access = check_access(FakeAws({"describe_backup_job": error}))

    assert status_of(access, "backup:DescribeBackupJob")[0] == status


def test_nothing_is_claimed_of_what_was_not_asked() -> None:
    """Without a key or a vault to ask about, or with an old boto3, a permission stays open, and why is said."""
    aws = FakeAws(jobs=False)

    access = check_access(aws)

    assert status_of(access, "kms:GetKeyPolicy") == ("open", "name the key with --key")
    assert status_of(access, "backup:DescribeBackupVault")[0] == "open"
    assert status_of(check_access(aws, KEY), "kms:GetKeyLastUsage")[1] == "the installed boto3 does not know this call"
    assert status_of(check_access(aws, KEY), "kms:GetKeyPolicy") == ("allowed", "")


def test_vault_of_a_real_job_is_asked_about() -> None:
    """AWS Backup refuses a vault that is not there as one that is forbidden, so one that is there is used."""
    aws = FakeAws()

    check_access(aws)

    assert ("describe_backup_vault", {"BackupVaultName": "prod-vault"}, None) in aws.asked


def test_key_is_asked_about_in_its_own_region() -> None:
    """A key's ARN says where to ask about it, whatever Region is tried."""
    aws = FakeAws()
    aws.region = "us-east-1"

    check_access(aws, KEY)

    assert ("describe_key", {"KeyId": KEY}, "eu-west-1") in aws.asked


@pytest.mark.parametrize("failing", ["credentials", "get_caller_identity"])
def test_credentials_that_cannot_be_used_end_it(failing: str) -> None:
    """When nobody is signed in, that is the one thing said, with what to do about it."""
    aws = FakeAws({failing: AwsCredentialsError("the AWS credentials have expired", hint="log in again")})

    access = check_access(aws)

    assert (access.problem, access.permissions) == ("the AWS credentials have expired; log in again", ())
    assert not check_up([access], NO_CACHE).is_fine


def test_region_is_needed() -> None:
    """Without a Region nothing is asked."""
    aws = FakeAws()
    aws.region = None

    assert check_access(aws).problem == "no Region chosen; name it with --region"
    assert not aws.asked


@pytest.mark.parametrize(("status", "is_fine"), [("allowed", True), ("open", True), ("refused", False)])
def test_only_what_is_missing_is_a_fault(status: Any, is_fine: bool) -> None:  # noqa: FBT001
    """A permission that could not be tried is no fault; one that was refused is."""
    assert (
        check_up([Access("p", "r", permissions=(Permission("kms:ListGrants", status),))], NO_CACHE).is_fine is is_fine
    )


def test_optional_library_may_be_missing() -> None:
    """The library pyarrow is only needed for Parquet; every other library is needed."""
    checkup = check_up([], NO_CACHE)

    optional = [library for library in checkup.libraries if not library.is_needed]
    assert [library.name for library in optional] == ["pyarrow"]
    assert all(library.version for library in checkup.libraries if library.is_needed)
    assert isinstance(optional[0], Library)


def test_checkup_over_http(server: AwsServer, capsys: pytest.CaptureFixture[str]) -> None:
    """Against an account where one call is refused, that one is named, the others are allowed, and no key is shown."""
    incident = Incident(server)
    incident.account.denied.add("kms:GetKeyPolicy")

    status = run(
        ["doctor", "--profile", "main", "--endpoint-url", server.url, "--key", incident.key, "--format", "json"]
    )

    shown = capsys.readouterr().out
    (access,) = json.loads(shown)["accesses"]
    found = {one["action"]: one["status"] for one in access["permissions"]}
    assert (status, access["account"], access["region"]) == (1, "111122223333", "eu-west-1")
    assert access["method"] == "config-file"
    assert found.pop("kms:GetKeyPolicy") == "refused"
    assert set(found.values()) == {"allowed", "open"}
    assert (
        found["kms:ListGrants"] == found["cloudtrail:LookupEvents"] == found["backup:DescribeBackupVault"] == "allowed"
    )
    assert "AKIA" not in shown
    assert "made-up" not in shown


def test_offline_checkup_asks_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    """`--offline` shows versions only, as text or JSON, and is fine."""
    assert run(["doctor", "--offline"]) == 0
    assert "boto3" in capsys.readouterr().out
    assert run(["doctor", "--offline", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["accesses"] == []


def test_profile_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """A profile that nobody configured is a problem of its own, not a traceback."""
    assert run(["doctor", "--profile", "no-such-profile"]) == 1
    assert "no-such-profile" in capsys.readouterr().out
