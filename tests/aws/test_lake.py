"""CloudTrail Lake on loopback: a server that answers as botocore's model says."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import sqlglot
from aws.conditions import matching_lake
from aws.loopback import FaultError, Loopback, aws_on_loopback, with_credentials
from aws.offline import JOBS, incident_records, offline_events, read_source
from msgspec import structs
from recording import Record

from trail_diff.aws.engines.lake import LakeSource
from trail_diff.errors import AwsAccessDeniedError, SourceError, UsageError
from trail_diff.model.reasons import Reason

STORE = "arn:aws:cloudtrail:eu-central-1:111122223333:eventdatastore/11111111-2222-3333-4444-555555555555"
PAGE = 25


@pytest.fixture(scope="module")
def running() -> Iterator[Loopback]:
    """Serve for all tests of this file."""
    with pytest.MonkeyPatch.context() as patch, aws_on_loopback() as loopback:
        with_credentials(patch)
        yield loopback


@pytest.fixture
def server(running: Loopback, monkeypatch: pytest.MonkeyPatch) -> Loopback:
    """Forget what the test before set up."""
    return running.forget(monkeypatch)


class Store:
    """An event data store: the rows that a statement selects are given by pages once the query has run.

    `odd` are rows that every statement selects.
    """

    def __init__(self, server: Loopback, records: list[Record], contexts: dict[str, Any] | None = None) -> None:
        self._contexts, self._records = contexts, records
        self.odd: list[list[dict[str, str]]] = []
        self._rows: list[list[dict[str, str]]] = []
        self._is_running = True
        server.handlers |= {"StartQuery": self.start, "GetQueryResults": self.results, "CancelQuery": _cancel}

    def _row(self, record: Record) -> list[dict[str, str]]:
        row = [{"eventjson": json.dumps(record)}]
        context = (self._contexts or {}).get(record["eventID"])
        return [*row, {"eventcontext": json.dumps(context)}] if context else row

    def start(self, asked: dict[str, Any]) -> Mapping[str, Any]:
        """Start a query; a store that was not set up for it does not know the column of contexts."""
        assert len(asked["QueryStatement"]) <= 10_000
        if "eventcontext" in asked["QueryStatement"] and self._contexts is None:
            raise FaultError("InvalidQueryStatementException", "Column 'eventcontext' cannot be resolved")
        places = matching_lake(self._records, asked["QueryStatement"])
        self._rows = [self._row(self._records[place]) for place in places] + self.odd
        self._is_running = True
        return {"QueryId": "11111111-2222-3333-4444-666666666666"}

    def results(self, asked: dict[str, Any]) -> Mapping[str, Any]:
        """Answer that the query runs, then page after page."""
        if self._is_running:
            self._is_running = False
            return {"QueryStatus": "RUNNING"}
        begin = int(asked.get("NextToken", "0000")) if "NextToken" in asked else 0
        more = {"NextToken": f"{begin + PAGE:04d}"} if begin + PAGE < len(self._rows) else {}
        return {
            "QueryStatus": "FINISHED",
            "QueryResultRows": self._rows[begin : begin + PAGE],
            "QueryStatistics": {"BytesScanned": 2_000_000, "TotalResultsCount": len(self._rows)},
            **more,
        }


def _cancel(asked: dict[str, Any]) -> Mapping[str, Any]:
    return {"QueryId": asked["QueryId"], "QueryStatus": "CANCELLED"}


def test_a_store_yields_the_events_of_the_offline_path(server: Loopback) -> None:
    """All pages of the result give the same events as the trail files."""
    Store(server, incident_records())

    read = read_source(LakeSource(server.link(), STORE))

    assert read.events == offline_events(incident_records())
    assert read.tally.records == len(read.events) < len(incident_records())
    assert len(server.asked("GetQueryResults")) > 3
    assert server.notes == ["CloudTrail Lake scanned 2.0 MB (query 11111111-2222-3333-4444-666666666666)"]


def test_the_context_of_enriched_events_is_used(server: Loopback) -> None:
    """Condition keys from the column of contexts become the event's own, in the record's spelling."""
    records = incident_records()
    context = {"requestContext": {"aws:PrincipalIsAWSService": "true", "aws:SourceAccount": "111122223333"}}
    Store(server, records, {records[5]["eventID"]: context})
    expected = [{**record, "eventContext": context} if record is records[5] else record for record in records]

    read = read_source(LakeSource(server.link(), STORE))

    assert read.events == offline_events(expected)
    assert any(event.request_context.get("aws:PrincipalIsAWSService") == "true" for event in read.events)


def test_a_store_without_contexts_is_asked_without_them(server: Loopback) -> None:
    """A store that does not know the column refuses the first statement; the second goes without it."""
    Store(server, incident_records())

    read_source(LakeSource(server.link(), STORE))

    columns = [re.match(r"SELECT (.*) FROM", asked["QueryStatement"]) for asked in server.asked("StartQuery")]
    assert [found and found[1] for found in columns] == ["eventjson, eventcontext", "eventjson"]


def test_the_statement_is_one_select_with_everything_pushed_down(server: Loopback) -> None:
    """Times, sources, changes, Regions and keys are conditions of one SELECT, in Trino's dialect."""
    Store(server, [], {})
    query = structs.replace(
        JOBS, regions=("eu' OR 1=1",), keys=("arn:aws:kms:eu-west-1:111122223333:key/abc",), only_keys=True
    )

    read_source(LakeSource(server.link(), STORE), query)

    (asked,) = server.asked("StartQuery")
    unquoted = asked["QueryStatement"].replace(STORE.rpartition("/")[2], "store")
    (statement,) = sqlglot.parse(unquoted, read="trino")
    assert isinstance(statement, sqlglot.exp.Select)
    literals = {literal.this for literal in statement.find_all(sqlglot.exp.Literal)}
    assert {"kms.amazonaws.com", "PutKeyPolicy", "2026-03-01 17:45:00", "eu' OR 1=1", "%abc%"} <= literals


def test_a_row_without_its_record_is_counted(server: Loopback) -> None:
    """A row that holds no record is counted as unreadable; the others are used."""
    store = Store(server, incident_records())
    store.odd += [[{"eventjson": "{cut"}], [{"other": "x"}]]

    read = read_source(LakeSource(server.link(), STORE))

    assert [(skipped.reason, skipped.count) for skipped in read.skipped] == [(Reason.UNREADABLE_ROW, 2)]
    assert read.events == offline_events(incident_records())


@pytest.mark.parametrize("state", ["FAILED", "CANCELLED", "TIMED_OUT"])
def test_a_query_that_fails_tells_its_reason(server: Loopback, state: str) -> None:
    """A query that ends without a result is an error with Lake's own reason."""
    Store(server, [])
    server.handlers["GetQueryResults"] = lambda _asked: {"QueryStatus": state, "ErrorMessage": "it was too much"}

    with pytest.raises(SourceError, match=f"ended {state}: it was too much"):
        read_source(LakeSource(server.link(), STORE))


def test_ctrl_c_cancels_the_query(server: Loopback) -> None:
    """Who stops waiting cancels the query."""
    Store(server, [])
    link = server.link()

    with pytest.raises(KeyboardInterrupt):
        read_source(LakeSource(structs.replace(link, wait=_press_ctrl_c), STORE))

    assert [asked["EventDataStore"] for asked in server.asked("CancelQuery")] == [STORE]


def _press_ctrl_c(_seconds: float) -> None:
    raise KeyboardInterrupt


def test_a_missing_permission_is_named(server: Loopback) -> None:
    """A denied call names its IAM action and the store's own Region."""
    server.faults["StartQuery"] = [FaultError("AccessDeniedException", "not allowed")]

    with pytest.raises(AwsAccessDeniedError, match="in eu-central-1") as raised:
        read_source(LakeSource(server.link(), STORE))

    assert raised.value.action == "cloudtrail:StartQuery"


@pytest.mark.parametrize("arn", ["my-store", STORE + " OR 1=1", STORE.replace("eventdatastore", "trail")])
def test_an_arn_that_is_none_is_refused(server: Loopback, arn: str) -> None:
    """Only the ARN of an event data store names one."""
    with pytest.raises(UsageError, match="no event data store"):
        LakeSource(server.link(), arn)
