"""Counts what a fetch from event history costs: requests made, against the fewest that could bring the same events.

Usage: python bench/fetch_cost.py. Two windows of forty minutes a day apart and the changes of thirty days, from quiet
to busy keys, over HTTP against the test server. The least: all events of the windows at 50 a request, one at least for
each source and window, and one request for each kind of change. Every run has to bring every event once, and a second
run may ask for the newest minutes only.
"""

import math
import os
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aws_server import AwsServer, serving
from recording import Recording

from trail_diff.aws.client import Aws
from trail_diff.aws.event_history.history_plan import FREQUENT_CHANGES, OF_ROLES, OF_VAULTS, PAGE, RARE_CHANGES
from trail_diff.aws.event_history.lookup_events import HistoryOptions, LookupEvents
from trail_diff.model.learnt import Window
from trail_diff.read.interface import FoundRecord, ReadOptions, Tally, select_everything

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
FAILED = datetime(2026, 3, 10, 18, tzinfo=UTC)
WINDOWS = tuple(Window(start, start + timedelta(minutes=40)) for start in (FAILED, FAILED - timedelta(days=1)))
QUERY = ReadOptions(("eu-west-1",), windows=WINDOWS, changes=Window(NOW - timedelta(days=30), NOW))
BY_NAME = len((*RARE_CHANGES, *FREQUENT_CHANGES, *OF_VAULTS, *OF_ROLES))
SECONDS_FOR_TWO = HistoryOptions().seconds_for_two


def put_events(server: AwsServer, per_minute: int) -> int:
    """Let a key be used so often in each window, and give how many requests the windows need at least."""
    made = Recording(seed=str(per_minute))
    for window in WINDOWS:
        for number in range(40 * per_minute):
            at = window.start + timedelta(seconds=number * 60 // per_minute)
            made.kms(f"{at:%Y-%m-%dT%H:%M:%SZ}", "Decrypt", made.key_arn("k"), made.service("backup.amazonaws.com"))
    server.account().records["eu-west-1"] = made.records
    return len(WINDOWS) * (max(1, math.ceil(40 * per_minute / PAGE)) + 1)


def fetch(server: AwsServer, cache: Path) -> tuple[int, int]:
    """Fetch, and give the requests made and the events brought."""
    server.calls.clear()
    options = HistoryOptions(cache, 100_000, seconds_for_two=0)
    source = LookupEvents(
        [Aws(region="eu-west-1", endpoint_url=server.url)], ("eu-west-1",), options, print, lambda: NOW
    )
    found = source.read(QUERY, select_everything, Tally(), None)
    ids = [item.record["eventID"] for item in found if isinstance(item, FoundRecord)]
    if len(ids) != len(set(ids)):
        sys.exit("an event came twice")
    return server.count("LookupEvents"), len(ids)


def main() -> None:
    """Print the cost from quiet to busy keys."""
    os.environ |= {"AWS_ACCESS_KEY_ID": "AKIA111122223333", "AWS_SECRET_ACCESS_KEY": "made-up"}
    print("KMS events a minute   requests   the least   of them for changes   at 2 a second   second run")  # noqa: T201
    with serving() as server:
        server.now = lambda: NOW
        for per_minute in (1, 10, 60):
            with tempfile.TemporaryDirectory() as folder:
                least = put_events(server, per_minute) + BY_NAME
                began = time.monotonic()
                requests, events = fetch(server, Path(folder))
                spent = time.monotonic() - began
                again, same = fetch(server, Path(folder))
            if events != len(server.account().records["eu-west-1"]) or same != events or again > BY_NAME:
                sys.exit(f"{events} events came, then {same} with {again} requests")
            here = requests - len(OF_ROLES)
            paced = max(here * SECONDS_FOR_TWO / 2, spent)
            print(f"{per_minute:19}   {requests:8}   {least:9}   {BY_NAME:19}   {paced:11.0f} s   {again:10}")  # noqa: T201


if __name__ == "__main__":
    main()
