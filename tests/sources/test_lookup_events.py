"""Event history over HTTP: what is asked, what is kept, and what happens when it goes wrong."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aws_server import AwsServer, serving
from recording import Recording

from trail_diff.aws import Aws
from trail_diff.model import Window
from trail_diff.sources.interface import FoundRecord, Query, Tally, select_everything
from trail_diff.sources.lookup_events import HistoryOptions, LookupEvents

REGION = "eu-west-1"
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
START = datetime(2026, 3, 10, 12, tzinfo=UTC)
WINDOW = Window(START, START + timedelta(hours=1))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[AwsServer]:
    """Serve AWS, and let credentials be those of one account."""
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA111122223333")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    with serving() as server:
        server.now = lambda: NOW
        server.account()
        yield server


def put_events(
    server: AwsServer, count: int, *, region: str = REGION, name: str = "Decrypt", every: float = 10
) -> None:
    """Let a service call a key every so many seconds from START on."""
    made = Recording(region=region, seed=f"{region}{name}")
    for number in range(count):
        at = START + timedelta(seconds=number * every)
        made.kms(f"{at:%Y-%m-%dT%H:%M:%SZ}", name, made.key_arn("k"), made.service("backup-storage.amazonaws.com"))
    server.account().records.setdefault(region, []).extend(made.records)


class Fetched:
    """What a read brought."""

    def __init__(self, server: AwsServer, query: Query, **options: object) -> None:
        self.notes: list[str] = []
        cache = options.pop("cache", None)
        self.source = LookupEvents(
            [Aws(region=REGION, endpoint_url=server.url)],
            (REGION,),
            HistoryOptions(cache=cache, interval_seconds=0, **options),  # type: ignore[arg-type]
            self.notes.append,
            lambda: NOW,
        )
        self.tally = Tally()
        found = list(self.source.read(query, select_everything, self.tally, None))
        self.ids = [item.record["eventID"] for item in found if isinstance(item, FoundRecord)]


def test_every_event_of_a_window_comes_once_for_the_least_requests(server: AwsServer) -> None:
    """120 events of KMS in a window take three requests, and AWS Backup's none takes one."""
    put_events(server, 120)

    fetched = Fetched(server, Query(windows=(WINDOW,)))

    assert len(set(fetched.ids)) == len(fetched.ids) == 120
    assert fetched.tally.records == fetched.tally.event_history == 120
    assert server.count("LookupEvents") == 4
    assert fetched.tally.searched == {(REGION, "111122223333", WINDOW.start.isoformat(), WINDOW.end.isoformat())}


def test_second_read_asks_for_nothing(server: AwsServer, tmp_path: Path) -> None:
    """What was fetched once is read from the cache."""
    put_events(server, 120)
    query = Query(windows=(WINDOW,), changes=Window(START - timedelta(days=2), START + timedelta(days=2)))
    first = Fetched(server, query, cache=tmp_path)
    server.calls.clear()

    second = Fetched(server, query, cache=tmp_path)

    assert server.count("LookupEvents") == 0
    assert second.ids == first.ids
