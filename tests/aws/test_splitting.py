"""Statements stay below an engine's limit, and together ask for the same."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from aws.loopback import Loopback, aws_on_loopback, with_credentials
from aws.offline import JOBS, Read, incident_records, offline_events, read_source
from aws.test_lake import STORE, Store
from aws.test_night_engines import Athena
from msgspec import structs

from trail_diff.aws.engines.athena import AthenaSource
from trail_diff.aws.engines.choices import AthenaTable, EventDataStore
from trail_diff.aws.engines.engines import ATHENA_BYTES, LAKE_BYTES, open_engine
from trail_diff.aws.engines.splitting import SplitEngine
from trail_diff.model.learnt import Window
from trail_diff.read.interface import ReadOptions


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


def many_windows(count: int) -> ReadOptions:
    """Ask for the windows of the original incident in pieces of some seconds, the latest first."""
    pieces = [
        Window(window.start + step * number, window.start + step * (number + 1) - timedelta(seconds=1))
        for window in JOBS.windows
        for step in [(window.end - window.start) / count]
        for number in range(count)
    ]
    return structs.replace(JOBS, windows=tuple(reversed(pieces)))


def test_windows_beyond_the_limit_are_spread_over_statements(server: Loopback) -> None:
    """Each statement is below the limit, the changes are asked for once, and all of them bring what one would."""
    athena, limit = Athena(server, incident_records()), 4_000
    source = SplitEngine(AthenaSource(server.link(), AthenaTable("logs.cloudtrail_logs")), limit)

    read: Read = read_source(source, many_windows(8))

    assert 2 < len(athena.statements) < 16
    assert max(map(len, athena.statements)) <= limit
    assert read.events == offline_events(incident_records())
    since = "BETWEEN '2026-03-01T12:00:00Z'"
    assert [since in statement for statement in athena.statements] == [True] + [False] * (len(athena.statements) - 1)
    assert source.statement(many_windows(8)) == "\n\n".join(athena.statements)


def test_windows_below_the_limit_are_one_statement(server: Loopback) -> None:
    """Two thousand windows are one statement of Athena's."""
    athena = Athena(server, [])
    source = open_engine(AthenaTable("logs.cloudtrail_logs"), server.link())

    read_source(source, many_windows(1000))

    (statement,) = athena.statements
    assert 100_000 < len(statement) < ATHENA_BYTES


def test_lake_is_kept_below_its_own_limit(server: Loopback) -> None:
    """A statement of CloudTrail Lake has 10,000 characters at most."""
    Store(server, [])
    source = open_engine(EventDataStore(STORE), server.link())

    statements = source.statement(many_windows(200)).split("\n\n")

    assert len(statements) > 2
    assert max(map(len, statements)) <= LAKE_BYTES


def test_one_window_is_never_split(server: Loopback) -> None:
    """A statement that is too long with a single window is left to the engine to refuse."""
    athena = Athena(server, [])
    source = SplitEngine(AthenaSource(server.link(), AthenaTable("logs.cloudtrail_logs")), 10)

    read_source(source, structs.replace(JOBS, windows=JOBS.windows[:1]))

    assert len(athena.statements) == 1
