"""Wherever the records of an incident come from, the answer is that of its files."""

import gzip
from collections import defaultdict
from collections.abc import Iterator

import boto3
import msgspec
import pytest
from aws.athena_server import answer_with_result
from aws.athena_tables import describe_table
from aws.loopback import Loopback, aws_on_loopback, with_credentials
from aws.parity import NAMES, Incident, open_incident
from aws.test_lake import STORE, Store
from aws.test_logs_insights import Engine
from aws_server import AwsServer
from recording import Record, as_trail_file

from trail_diff.aws.client import Aws
from trail_diff.aws.engines.athena import AthenaSource
from trail_diff.aws.engines.choices import AthenaTable
from trail_diff.aws.engines.lake import LakeSource
from trail_diff.aws.engines.logs_insights import LogsInsightsSource
from trail_diff.aws.event_history.lookup_events import HistoryOptions, LookupEvents
from trail_diff.aws.s3.s3 import S3Source
from trail_diff.read.interface import ReadOptions, Source
from trail_diff.read.records import Peek
from trail_diff.read.spans import CHANGES

OF_TRAILS = ("read-only-events-missing", "trail-excludes-kms")
"""What these incidents lack, a trail left out; event history would have it."""
LACKING_A_CHANGE = ("nearest-job-has-another-vault",)
"""Today's policy denies, and no file holds the record of its change; that event history has none clears the policy."""


@pytest.fixture(scope="module")
def running() -> Iterator[Loopback]:
    """Serve the engines and a bucket for all tests of this file."""
    with pytest.MonkeyPatch.context() as patch, aws_on_loopback() as loopback:
        with_credentials(patch)
        boto3.client("s3", region_name="us-east-1", endpoint_url=loopback.url).create_bucket(Bucket="results")
        yield loopback


@pytest.fixture
def loopback(running: Loopback, monkeypatch: pytest.MonkeyPatch) -> Loopback:
    """Forget what the test before set up."""
    return running.forget(monkeypatch)


def open_source(kind: str, name: str, incident: Incident, server: Loopback) -> Source:
    """Have the server hold the records of an incident, and return what reads them; engines give what was asked for."""
    records = [record for record in incident.records if is_asked_for(incident, record)]
    match kind:
        case "athena":
            server.handlers["GetTableMetadata"] = lambda _asked: {"TableMetadata": describe_table("projection")}
            answer_with_result(server, incident.records)
            options = AthenaTable("logs.cloudtrail_logs", None, "s3://results/athena/")
            return AthenaSource(server.link(), options, lambda: incident.now)
        case "log group":
            Engine(server, records)
            return LogsInsightsSource(server.link(), ["trail"], now=lambda: incident.now)
        case "event data store":
            Store(server, records)
            return LakeSource(server.link(), STORE, lambda: incident.now)
        case _:
            put_trail(server, name, incident.records)
            return S3Source(server.link(), f"s3://{name}/", lambda: incident.now)


def is_asked_for(incident: Incident, record: Record) -> bool:
    """Check whether the query of the incident wants a record: engines bring nothing else."""
    query, peek = incident.query, msgspec.convert(record, Peek, strict=False)
    return any(ReadOptions(query.regions, span.start, span.end)(peek) for span in query.windows) or (
        query.changes is not None
        and peek.event_name in CHANGES
        and ReadOptions(query.regions, query.changes.start, query.changes.end)(peek)
    )


def put_trail(server: Loopback, bucket: str, records: list[Record]) -> None:
    """Put records in a bucket as a trail does: a file for each account, Region and hour."""
    s3 = boto3.client("s3", region_name="us-east-1", endpoint_url=server.url)
    s3.create_bucket(Bucket=bucket)
    files: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        account, region, time = record["recipientAccountId"], record["awsRegion"], record["eventTime"]
        stamp = time[:13].replace("-", "")
        name = f"{account}_CloudTrail_{region}_{stamp}55Z_abcdefgh.json.gz"
        files[f"AWSLogs/{account}/CloudTrail/{region}/{time[:10].replace('-', '/')}/{name}"].append(record)
    for key, own in files.items():
        s3.put_object(Bucket=bucket, Key=key, Body=gzip.compress(as_trail_file(own).encode()))


@pytest.mark.parametrize("kind", ["athena", "log group", "event data store", "bucket"])
@pytest.mark.parametrize("name", NAMES)
def test_an_incident_is_told_alike_by_a_store_and_by_its_files(kind: str, name: str, loopback: Loopback) -> None:
    """Verdict, statement, gaps and the uses of the keys are the same from a log store as from files."""
    incident = open_incident(name)
    source = open_source(kind, name, incident, loopback)

    told, uses = incident.told_by(source), incident.uses_by(source)

    assert (told, uses) == (incident.told_by_files(), incident.uses_by_files())
    assert uses or name in OF_TRAILS


ROLE, VAULT, TABLE = "AWSBackupDefaultServiceRole", "prod-vault", "orders"
CHANGES_BETWEEN: tuple[tuple[str, str, Record], ...] = (
    ("iam", "PutRolePolicy", {"roleName": ROLE, "policyName": "p", "policyDocument": "{}"}),
    ("iam", "UpdateAssumeRolePolicy", {"roleName": ROLE, "policyDocument": "{}"}),
    ("iam", "SetDefaultPolicyVersion", {"policyArn": "arn:aws:iam::aws:policy/x", "versionId": "v2"}),
    ("kms", "UpdateAlias", {"aliasName": "alias/vault", "targetKeyId": "0000c0de-0000-4000-8000-000000000000"}),
    ("backup", "DeleteBackupVaultAccessPolicy", {"backupVaultName": VAULT}),
    ("s3", "PutBucketEncryption", {"bucketName": TABLE}),
    ("dynamodb", "UpdateTable", {"tableName": TABLE}),
    ("ec2", "ModifyEbsDefaultKmsKeyId", {"ModifyEbsDefaultKmsKeyIdRequest": {"KmsKeyId": "alias/x"}}),
)
"""Changes between the jobs, of each kind that a report knows."""


@pytest.mark.parametrize("source", ["athena", "log group", "event data store", "bucket", "event history"])
def test_changes_are_told_alike_by_a_source_and_by_the_files(
    source: str, loopback: Loopback, server: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Changes of a role, an alias, a vault, a resource or a default between the jobs are known whatever is read."""
    incident = open_incident("origin-dynamodb-vault-key")
    for service, name, parameters in CHANGES_BETWEEN:
        incident = incident.changed(service, name, parameters)
    if source == "event history":
        opened: Source = open_history(incident, server, monkeypatch)
    else:
        opened = open_source(source, "changed", incident, loopback)

    told = incident.told_by(opened)

    assert told == incident.told_by_files()
    assert {one.split()[0] for one in told.changes} >= {name for _, name, _ in CHANGES_BETWEEN}


@pytest.mark.parametrize("name", [name for name in NAMES if name not in OF_TRAILS + LACKING_A_CHANGE])
def test_an_incident_is_told_alike_by_event_history_and_by_its_files(
    name: str, server: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outcome, cause, confidence, statement and the gaps named are the same from event history as from files."""
    incident = open_incident(name)

    told = incident.told_by(open_history(incident, server, monkeypatch))

    assert told == incident.told_by_files()


def open_history(incident: Incident, server: AwsServer, monkeypatch: pytest.MonkeyPatch) -> LookupEvents:
    """Have the accounts of the server hold the records of an incident in their event history, and return it."""
    server.now = lambda: incident.now
    for record in incident.records:
        history = server.account(record["recipientAccountId"]).records
        history.setdefault(record["awsRegion"], []).append(record)
    accounts = [sign_in(account, server, monkeypatch) for account in list(server.accounts)]
    regions, options = incident.query.regions, HistoryOptions(None, 600, 0)
    return LookupEvents(accounts, regions, options, lambda _note: None, lambda: incident.now)


def sign_in(account: str, server: AwsServer, patch: pytest.MonkeyPatch) -> Aws:
    """Return the calls of an account, whose credentials are looked up at once."""
    patch.setenv("AWS_ACCESS_KEY_ID", f"AKIA{account}")
    patch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    aws = Aws(None, "eu-west-1", server.url)
    assert aws.account_id() == account
    return aws
