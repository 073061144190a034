"""Looks at what an answer needs: the libraries, the credentials, and the permission to make each call of the live path.

A call is tried with parameters that harm nothing: jobs by an id that nobody has, one entry of each list. A refusal that
names the action says that it is missing; "not found" and "invalid" say that the call got past it. A vault that is not
there is refused as one that is forbidden, so what is not named in the refusal stays open. KMS is asked about the key
that is named only, as each key has a policy of its own.
"""

import platform
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from typing import Any, Literal, NamedTuple, Protocol

from msgspec import Struct

from trail_diff import __version__
from trail_diff.arns import arn_region
from trail_diff.aws.event_history.slices import CacheInfo
from trail_diff.errors import AwsAccessDeniedError, AwsError, AwsNotFoundError

_NOBODYS_JOB = "00000000-0000-0000-0000-000000000000"
_NAMED = "is not authorized to perform"
"""What a refusal says that names its action; AWS words it so for every service."""

_GOT_PAST = frozenset({"InvalidParameterValueException", "InvalidRequestException", "ValidationException"})
"""What AWS says of parameters, which it looks at once the call is allowed."""

_LIBRARIES = ("boto3", "botocore", "isal", "jinja2", "msgspec", "pandas", "platformdirs", "tabulate", "typer")
_EXTRAS = {"pyarrow": "parquet"}
"""Libraries that only an extra brings."""


class Library(Struct, frozen=True):
    """An installed library; without a version it is not there, and `hint` says how to get it."""

    name: str
    version: str | None
    is_needed: bool = True
    hint: str | None = None


class Permission(Struct, frozen=True):
    """Whether an IAM action is allowed; `open` when AWS's answer does not tell, or the call was not made."""

    action: str
    status: Literal["allowed", "refused", "open"]
    message: str = ""


class Access(Struct, frozen=True):
    """One set of credentials in one Region; `problem` is why nothing can be asked with it. No secret is in it."""

    profile: str | None
    region: str | None
    method: str | None = None
    account: str | None = None
    arn: str | None = None
    problem: str | None = None
    permissions: tuple[Permission, ...] = ()


class Checkup(Struct, frozen=True):
    """All that was looked at; `cache` is where fetched events are kept."""

    version: str
    python: str
    libraries: tuple[Library, ...]
    cache: CacheInfo
    accesses: tuple[Access, ...] = ()

    @property
    def is_fine(self) -> bool:
        """Check whether nothing that is needed is missing."""
        has_libraries = all(library.version or not library.is_needed for library in self.libraries)
        refused = [one for access in self.accesses for one in access.permissions if one.status == "refused"]
        return has_libraries and not refused and not any(access.problem for access in self.accesses)


class Credentials(Protocol):
    """What is asked of AWS; trail_diff.aws.client.Aws is one."""

    profile: str | None
    region: str | None

    def credentials_method(self) -> str:
        """Name the provider of the credentials."""

    def offers(self, service: str, operation: str) -> bool:
        """Check whether the installed SDK knows the operation."""

    def call(
        self, service: str, operation: str, parameters: Mapping[str, Any] | None = None, region: str | None = None
    ) -> dict[str, Any]:
        """Make one call and return its answer."""


class Probe(NamedTuple):
    """A call that is tried; without parameters it cannot be, for the reason that `open_because` gives."""

    action: str
    service: str
    operation: str
    parameters: dict[str, Any] | None
    open_because: str = ""
    region: str | None = None


LISTING = Probe("backup:ListBackupJobs", "backup", "list_backup_jobs", {"MaxResults": 50})
"""The first call, whose answer names what others can ask about."""


def check_up(accesses: Sequence[Access], cache: CacheInfo) -> Checkup:
    """Put what was found of AWS beside the versions of what is installed."""
    libraries = (
        *(Library(name, _version(name), hint=f"pip install {name}") for name in _LIBRARIES),
        *(
            Library(name, _version(name), is_needed=False, hint=f"comes with the extra {extra!r}")
            for name, extra in _EXTRAS.items()
        ),
    )
    return Checkup(__version__, platform.python_version(), libraries, cache, tuple(accesses))


def check_access(aws: Credentials, key: str | None = None) -> Access:
    """Try what the live path needs with one set of credentials, one call for each action."""
    if aws.region is None:
        return Access(aws.profile, None, problem="no Region chosen; name it with --region")
    try:
        method = aws.credentials_method()
        identity = aws.call("sts", "get_caller_identity")
    except AwsError as error:
        return Access(aws.profile, aws.region, problem=say(error))
    account, arn = str(identity["Account"]), str(identity["Arn"])
    return Access(aws.profile, aws.region, method, account, arn, permissions=tuple(_try_all(aws, key)))


def say(error: AwsError) -> str:
    """Return an error as one line."""
    return f"{error.message.rstrip('.')}; {error.hint}"


def probes(job: Mapping[str, Any], key: str | None) -> Sequence[Probe]:
    """Return the calls of the live path to try; `job` is a backup job that names a vault and a recovery point."""
    vault, point = job.get("BackupVaultName"), job.get("RecoveryPointArn")
    no_vault, no_point = (f"no recent backup job names a {thing} to ask about" for thing in ("vault", "recovery point"))
    one_vault = {"BackupVaultName": vault} if vault else None
    one_point = {"BackupVaultName": vault, "RecoveryPointArn": point} if vault and point else None
    one_key = {"KeyId": key} if key else None
    no_key = "name the key with --key"
    return (
        Probe("backup:DescribeBackupJob", "backup", "describe_backup_job", {"BackupJobId": _NOBODYS_JOB}),
        Probe("backup:DescribeBackupVault", "backup", "describe_backup_vault", one_vault, no_vault),
        Probe("backup:DescribeCopyJob", "backup", "describe_copy_job", {"CopyJobId": _NOBODYS_JOB}),
        Probe("backup:DescribeRecoveryPoint", "backup", "describe_recovery_point", one_point, no_point),
        Probe("backup:DescribeRestoreJob", "backup", "describe_restore_job", {"RestoreJobId": _NOBODYS_JOB}),
        Probe("backup:ListCopyJobs", "backup", "list_copy_jobs", {"MaxResults": 1}),
        Probe("backup:ListRestoreJobs", "backup", "list_restore_jobs", {"MaxResults": 1}),
        Probe("cloudtrail:LookupEvents", "cloudtrail", "lookup_events", {"MaxResults": 1}),
        Probe("kms:DescribeKey", "kms", "describe_key", one_key, no_key, arn_region(key)),
        Probe("kms:GetKeyLastUsage", "kms", "get_key_last_usage", one_key, no_key, arn_region(key)),
        Probe("kms:GetKeyPolicy", "kms", "get_key_policy", one_key, no_key, arn_region(key)),
        Probe("kms:ListGrants", "kms", "list_grants", one_key, no_key, arn_region(key)),
    )


def _try_all(aws: Credentials, key: str | None) -> Iterator[Permission]:
    permission, answer = _try(aws, LISTING)
    yield permission
    jobs = sorted(answer.get("BackupJobs", []), key=lambda job: "RecoveryPointArn" not in job)
    for probe in probes(next(iter(jobs), {}), key):
        yield _try(aws, probe)[0]


def _try(aws: Credentials, probe: Probe) -> tuple[Permission, dict[str, Any]]:
    """Make one call; return whether it is allowed, by how it ended, and its answer, empty when there is none."""
    if probe.parameters is None:
        return Permission(probe.action, "open", probe.open_because), {}
    if not aws.offers(probe.service, probe.operation):
        return Permission(probe.action, "open", "the installed boto3 does not know this call"), {}
    try:
        return Permission(probe.action, "allowed"), _ask(aws, probe)
    except AwsAccessDeniedError as error:
        return Permission(probe.action, "refused" if _NAMED in error.message else "open", error.message), {}
    except AwsNotFoundError:
        return Permission(probe.action, "allowed"), {}
    except AwsError as error:
        got_past = error.code in _GOT_PAST
        return Permission(probe.action, "allowed" if got_past else "open", "" if got_past else say(error)), {}


def _ask(aws: Credentials, probe: Probe) -> dict[str, Any]:
    return aws.call(probe.service, probe.operation, probe.parameters, probe.region)


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
