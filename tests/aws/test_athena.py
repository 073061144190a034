"""Athena on loopback: the protocol against moto's server, and what it answers when a query goes wrong."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
import requests
from aws.athena_server import answer_with_result, state
from aws.athena_tables import describe_table
from aws.loopback import FaultError, Loopback, aws_on_loopback, with_credentials
from aws.offline import JOBS, incident_records, offline_events, read_source
from msgspec import structs

from trail_diff.aws.engines.athena import AthenaSource
from trail_diff.aws.engines.choices import AthenaTable
from trail_diff.errors import AwsAccessDeniedError, SourceError
from trail_diff.model.learnt import Window

OPTIONS = AthenaTable("logs.cloudtrail_logs", output="s3://results/athena/")


@pytest.fixture(scope="module")
def running() -> Iterator[Loopback]:
    """Serve for all tests of this file; results are put in one bucket."""
    with pytest.MonkeyPatch.context() as patch, aws_on_loopback() as loopback:
        with_credentials(patch)
        boto3.client("s3", region_name="us-east-1", endpoint_url=loopback.url).create_bucket(Bucket="results")
        yield loopback


@pytest.fixture
def server(running: Loopback, monkeypatch: pytest.MonkeyPatch) -> Loopback:
    """Forget what the test before set up; the table is partitioned by projection."""
    running.forget(monkeypatch)
    running.handlers["GetTableMetadata"] = lambda _asked: {"TableMetadata": describe_table("projection")}
    return running


def test_a_query_yields_the_events_of_the_offline_path(server: Loopback) -> None:
    """The statement that was sent, run for real, and its result read from S3 give the events of the trail files."""
    statements = answer_with_result(server, incident_records())

    read = read_source(AthenaSource(server.link(), OPTIONS))

    assert read.events == offline_events(incident_records())
    assert statements[0].startswith("SELECT")
    assert server.asked("GetQueryResults") == []
    assert any("Athena scanned 12.3 MB" in note for note in server.notes)


def test_the_statement_shown_is_the_one_that_runs(server: Loopback) -> None:
    """What a dry run prints for a case is what the same question sends, the span of the changes included."""
    source = AthenaSource(server.link(), OPTIONS)
    answer_with_result(server, incident_records())
    assert JOBS.changes is not None
    query = structs.replace(JOBS, changes=Window(JOBS.changes.start - timedelta(days=80), JOBS.changes.end))

    read_source(source, query)

    assert server.asked("StartQueryExecution")[-1]["QueryString"] == source.statement(query)


def test_a_result_that_cannot_be_fetched_is_read_page_by_page(server: Loopback) -> None:
    """Who may not read the result's bucket still gets the result, by GetQueryResults."""
    answer_with_result(server, incident_records())
    server.refused = ("GET /results/athena/",)

    read = read_source(AthenaSource(server.link(), OPTIONS))

    assert read.events == offline_events(incident_records())
    assert len(server.asked("GetQueryResults")) > 1


def test_motos_own_results_are_read(server: Loopback) -> None:
    """Against moto alone: a query is started in a workgroup, awaited, and its queued result is read."""
    columns = ["eventid", "eventtime", "eventsource", "eventname", "useridentity_type", "useridentity_invokedby"]
    values = [
        "e-1",
        "2026-03-01T18:00:00Z",
        "kms.amazonaws.com",
        "Decrypt",
        "AWSService",
        "backup-storage.amazonaws.com",
    ]
    rows = [{"Data": [{"VarCharValue": cell} for cell in row]} for row in (columns, values)]
    queued: Any = {"results": [{"rows": rows, "column_info": []}], "region": "eu-west-1"}
    requests.post(f"{server.url}/moto-api/static/athena/query-results", json=queued, timeout=5)

    read = read_source(AthenaSource(server.link(), AthenaTable(OPTIONS.name, "primary", "s3://results/athena/")))

    assert [event.caller.invoked_by for event in read.events] == ["backup-storage.amazonaws.com"]
    assert server.asked("StartQueryExecution")[0]["WorkGroup"] == "primary"
    assert server.asked("StartQueryExecution")[0]["QueryExecutionContext"] == {
        "Catalog": "AwsDataCatalog",
        "Database": "logs",
    }


@pytest.mark.parametrize("ending", ["FAILED", "CANCELLED"])
def test_a_query_that_fails_tells_its_reason(server: Loopback, ending: str) -> None:
    """A query that ends without a result is an error with Athena's own reason."""
    server.handlers["StartQueryExecution"] = lambda _asked: {"QueryExecutionId": "q-1"}
    server.handlers["GetQueryExecution"] = lambda _asked: state(ending, StateChangeReason="SYNTAX_ERROR: line 1:8")
    server.handlers["StopQueryExecution"] = lambda _asked: {}

    with pytest.raises(SourceError, match=f"{ending}: SYNTAX_ERROR: line 1:8") as raised:
        read_source(AthenaSource(server.link(), OPTIONS))

    assert "--dry-run" in raised.value.hint


def test_a_trail_bucket_that_athena_may_not_read_is_named(server: Loopback) -> None:
    """When Athena is denied the trail's files, the hint names what to allow."""
    server.handlers["StartQueryExecution"] = lambda _asked: {"QueryExecutionId": "q-1"}
    server.handlers["GetQueryExecution"] = lambda _asked: state(
        "FAILED", StateChangeReason="PERMISSION_DENIED: Access Denied (S3)"
    )
    server.handlers["StopQueryExecution"] = lambda _asked: {}

    with pytest.raises(SourceError) as raised:
        read_source(AthenaSource(server.link(), OPTIONS))

    assert "kms:Decrypt" in raised.value.hint


def test_ctrl_c_cancels_the_query(server: Loopback) -> None:
    """Who stops waiting stops the query, which would go on and cost."""
    server.handlers["StartQueryExecution"] = lambda _asked: {"QueryExecutionId": "q-1"}
    server.handlers["GetQueryExecution"] = lambda _asked: state("RUNNING")
    server.handlers["StopQueryExecution"] = lambda _asked: {}
    link = server.link()

    with pytest.raises(KeyboardInterrupt):
        read_source(AthenaSource(type(link)(link.aws, link.notify, _press_ctrl_c), OPTIONS))

    assert server.asked("StopQueryExecution") == [{"QueryExecutionId": "q-1"}]


def _press_ctrl_c(_seconds: float) -> None:
    raise KeyboardInterrupt


def test_a_missing_permission_is_named(server: Loopback) -> None:
    """A denied call names its IAM action: the one AWS says is missing when it says one."""
    said = "You are not authorized to perform: athena:StartQueryExecution on the resource"
    server.faults["StartQueryExecution"] = [FaultError("AccessDeniedException", said)]
    with pytest.raises(AwsAccessDeniedError) as start:
        read_source(AthenaSource(server.link(), OPTIONS))
    said = "User: arn:aws:iam::111122223333:user/ann is not authorized to perform: glue:GetTable on resource: x"
    server.faults["GetTableMetadata"] = [FaultError("AccessDeniedException", said)]
    with pytest.raises(AwsAccessDeniedError) as table:
        read_source(AthenaSource(server.link(), OPTIONS))

    assert start.value.action == "athena:StartQueryExecution"
    assert table.value.action == "glue:GetTable"


def test_throttling_is_waited_out(server: Loopback) -> None:
    """A call that Athena throttles is made again."""
    answer_with_result(server, incident_records())
    server.faults["StartQueryExecution"] = [FaultError("TooManyRequestsException", "Rate exceeded")]

    assert read_source(AthenaSource(server.link(), OPTIONS)).events == offline_events(incident_records())


def test_partitions_that_cannot_be_pruned_are_told(server: Loopback) -> None:
    """When a partition key gets no condition, the user is told before the scan costs."""
    metadata = describe_table("projection")
    metadata["Parameters"] = {}
    server.handlers["GetTableMetadata"] = lambda _asked: {"TableMetadata": metadata}

    sql = AthenaSource(server.link(), OPTIONS).statement(JOBS)

    assert sql.startswith("SELECT")
    assert server.notes == ["no condition on the partitions by timestamp: Athena reads them all, which costs more"]
    assert server.asked("StartQueryExecution") == []
