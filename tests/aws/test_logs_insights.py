"""Logs Insights on loopback: the protocol against moto's server, the result limit against one with AWS's rules."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import boto3
import pytest
from aws.conditions import matching_insights
from aws.loopback import FaultError, Loopback, aws_on_loopback, with_credentials
from aws.offline import JOBS, incident_records, offline_events, read_source
from msgspec import structs
from recording import Record

from trail_diff.aws.engines.logs_insights import LogsInsightsSource
from trail_diff.errors import AwsAccessDeniedError, AwsNotFoundError, SourceError
from trail_diff.model.learnt import Window
from trail_diff.read.interface import ReadOptions

LIMIT = 200


@pytest.fixture(scope="module")
def running() -> Iterator[Loopback]:
    """Serve a log group that holds the original incident."""
    with pytest.MonkeyPatch.context() as patch, aws_on_loopback() as loopback:
        with_credentials(patch)
        yield loopback


@pytest.fixture
def server(running: Loopback, monkeypatch: pytest.MonkeyPatch) -> Loopback:
    """Forget what the test before set up."""
    return running.forget(monkeypatch)


def milliseconds(record: Record) -> int:
    """Return the time of a record as CloudWatch Logs counts it."""
    return int(datetime.fromisoformat(record["eventTime"]).timestamp() * 1000)


class Engine:
    """Logs Insights with its rules: a filter, a limit of results, both ends of the span included, asked until complete."""

    def __init__(self, server: Loopback, records: list[Record]) -> None:
        self._records = records
        self.spans: list[tuple[int, int]] = []
        self._results: dict[str, list[Record]] = {}
        self._is_asked = False
        server.handlers |= {
            "StartQuery": self.start,
            "GetQueryResults": self.results,
            "StopQuery": lambda _asked: {"success": True},
        }

    def start(self, asked: dict[str, Any]) -> Mapping[str, Any]:
        """Start a query."""
        limit = int(asked["queryString"].rpartition("limit ")[2])
        first, last = asked["startTime"], asked["endTime"]
        self.spans.append((first, last))
        inside = [record for record in self._records if first <= milliseconds(record) // 1000 <= last]
        inside = [inside[place] for place in matching_insights(inside, asked["queryString"])]
        query_id = f"q-{len(self.spans)}"
        self._results[query_id] = inside[:limit]
        return {"queryId": query_id}

    def results(self, asked: dict[str, Any]) -> Mapping[str, Any]:
        """Answer that the query runs, then with its results."""
        self._is_asked = not self._is_asked
        if self._is_asked:
            return {"status": "Running", "results": []}
        rows = [
            [{"field": "@message", "value": json.dumps(record)}, {"field": "@ptr", "value": "x"}]
            for record in self._results[asked["queryId"]]
        ]
        return {
            "status": "Complete",
            "results": rows,
            "statistics": {"bytesScanned": 1500.0, "recordsMatched": float(len(rows))},
        }


def test_a_log_group_yields_the_events_of_the_offline_path(server: Loopback) -> None:
    """Against moto: log events are put, asked for in each window and for the changes, and give the same events."""
    days = datetime.now(UTC).date() - date(2026, 3, 5)  # log events have to be younger than two weeks to be put
    records = [{**record, "eventTime": shifted(record["eventTime"], days)} for record in incident_records()]
    windows = tuple(Window(window.start + days, window.end + days) for window in JOBS.windows)
    assert JOBS.changes is not None
    query = ReadOptions(windows=windows, changes=Window(JOBS.changes.start + days, JOBS.changes.end + days))
    logs = boto3.client("logs", region_name="eu-west-1", endpoint_url=server.url)
    logs.create_log_group(logGroupName="trail")
    logs.create_log_stream(logGroupName="trail", logStreamName="111122223333_CloudTrail_eu-west-1")
    records.sort(key=milliseconds)
    events = [{"timestamp": milliseconds(record), "message": json.dumps(record)} for record in records]
    logs.put_log_events(logGroupName="trail", logStreamName="111122223333_CloudTrail_eu-west-1", logEvents=events)

    read = read_source(LogsInsightsSource(server.link(), ["trail"]), query)

    assert read.events == offline_events(records, query)
    assert len(read.events) > 30
    assert len(server.asked("StartQuery")) == 3


def a_call() -> Record:
    """Return the record of a KMS call."""
    return next(record for record in incident_records() if record["eventSource"] == "kms.amazonaws.com")


def shifted(time: str, span: timedelta) -> str:
    """Return a time that lies a span later."""
    return f"{datetime.fromisoformat(time) + span:%Y-%m-%dT%H:%M:%SZ}"


def test_the_filter_names_sources_changes_regions_and_keys(server: Loopback) -> None:
    """Sources, names of changes, Regions and keys are pushed down; text in them is quoted."""
    Engine(server, [])
    query = structs.replace(
        JOBS, regions=("eu-west-1",), keys=("arn:aws:kms:eu-west-1:111122223333:key/abc",), only_keys=True
    )

    read_source(LogsInsightsSource(server.link(), ["arn:aws:logs:eu-west-1:111122223333:log-group:trail"]), query)

    window, _, changes = (asked["queryString"] for asked in server.asked("StartQuery"))
    of_roles = 'awsRegion = "us-east-1" and eventSource in ["iam.amazonaws.com", "organizations.amazonaws.com"]'
    events = '(eventSource in ["backup.amazonaws.com", "kms.amazonaws.com"] or'
    assert f'(awsRegion in ["eu-west-1"] or ({of_roles})) and {events}' in window
    assert '@message like "abc"' in window
    assert "kms.amazonaws.com" not in changes
    assert '"PutKeyPolicy"' in changes
    assert server.asked("StartQuery")[0]["logGroupIdentifiers"] == [
        "arn:aws:logs:eu-west-1:111122223333:log-group:trail"
    ]


def test_a_span_with_too_many_results_is_halved_until_all_fit(server: Loopback) -> None:
    """Every event comes back once, however many more there are than one query gives."""
    base = a_call()
    records = [
        {**base, "eventID": f"e-{number}", "eventTime": f"2026-03-01T18:{number % 3600 // 60:02d}:{number % 60:02d}Z"}
        for number in range(2 * LIMIT + 1)
    ]
    engine = Engine(server, records)
    hour = Window(datetime.fromisoformat("2026-03-01T18:00:00Z"), datetime.fromisoformat("2026-03-01T18:59:59Z"))

    read = read_source(LogsInsightsSource(server.link(), ["trail"], LIMIT), ReadOptions(windows=(hour,)))

    assert read.tally.records == len(records)
    assert len(engine.spans) > 2
    assert not read.tally.next_token
    assert all(first <= last for first, last in engine.spans)


def test_a_single_second_beyond_the_limit_is_reported_as_truncated(server: Loopback) -> None:
    """When one second alone holds more than the limit, what came is used and the rest is said to be missing."""
    record = {**a_call(), "eventTime": "2026-03-01T18:00:00Z"}
    Engine(server, [{**record, "eventID": f"e-{number}"} for number in range(LIMIT + 1)])
    second = Window(datetime.fromisoformat("2026-03-01T18:00:00Z"), datetime.fromisoformat("2026-03-01T18:00:00Z"))

    read = read_source(LogsInsightsSource(server.link(), ["trail"], LIMIT), ReadOptions(windows=(second,)))

    assert read.tally.records == LIMIT
    assert read.tally.next_token


def test_bytes_scanned_are_told(server: Loopback) -> None:
    """What all the queries scanned together is told."""
    Engine(server, incident_records())

    read_source(LogsInsightsSource(server.link(), ["trail"]))

    assert server.notes == ["Logs Insights scanned 4.5 KB"]


@pytest.mark.parametrize("state", ["Failed", "Cancelled", "Timeout"])
def test_a_query_that_fails_tells_how_it_ended(server: Loopback, state: str) -> None:
    """A query that ends without a result is an error."""
    Engine(server, [])
    server.handlers["GetQueryResults"] = lambda _asked: {"status": state}

    with pytest.raises(SourceError, match=f"q-1 ended {state}"):
        read_source(LogsInsightsSource(server.link(), ["trail"]))


def test_ctrl_c_stops_the_query(server: Loopback) -> None:
    """Who stops waiting stops the query."""
    Engine(server, [])
    link = server.link()

    with pytest.raises(KeyboardInterrupt):
        read_source(LogsInsightsSource(structs.replace(link, wait=_press_ctrl_c), ["trail"]))

    assert server.asked("StopQuery") == [{"queryId": "q-1"}]


def _press_ctrl_c(_seconds: float) -> None:
    raise KeyboardInterrupt


def test_what_is_missing_is_named(server: Loopback) -> None:
    """A missing permission names its IAM action, a group that is not there itself."""
    server.faults["StartQuery"] = [FaultError("AccessDeniedException", "no identity-based policy allows the action")]
    with pytest.raises(AwsAccessDeniedError) as denied:
        read_source(LogsInsightsSource(server.link(), ["trail"]))
    server.faults["StartQuery"] = [FaultError("ResourceNotFoundException", "Log group 'x' does not exist")]
    with pytest.raises(AwsNotFoundError, match="Log group 'x' does not exist"):
        read_source(LogsInsightsSource(server.link(), ["x"]))

    assert denied.value.action == "logs:StartQuery"


def test_too_many_queries_at_once_are_waited_out(server: Loopback) -> None:
    """When the account runs as many queries as it may, the query is started again."""
    Engine(server, incident_records())
    server.faults["StartQuery"] = [FaultError("ThrottlingException", "Rate exceeded")]

    assert read_source(LogsInsightsSource(server.link(), ["trail"])).events == offline_events(incident_records())
