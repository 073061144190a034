"""Event history over HTTP: what is asked, what is kept, and what happens when it goes wrong."""

import gzip
import json
import os
import signal
import stat
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aws_server import AwsServer, Fault, Kind
from msgspec import structs
from recording import Recording

from trail_diff.aws.client import Aws
from trail_diff.aws.event_history.lookup_events import HistoryOptions, LookupEvents
from trail_diff.aws.event_history.pace import Pace
from trail_diff.aws.event_history.place_history import PAGES_PER_SLICE, Errand, PlaceHistory
from trail_diff.aws.event_history.slices import Slices, Span
from trail_diff.errors import AwsAccessDeniedError, AwsConnectionError, AwsCredentialsError, AwsThrottledError
from trail_diff.model.learnt import Window
from trail_diff.read.interface import FoundRecord, Progress, ReadOptions, Tally, select_everything

REGION = "eu-west-1"
ACCOUNT = "111122223333"
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
START = datetime(2026, 3, 10, 12, tzinfo=UTC)
WINDOW = Window(START, START + timedelta(hours=1))
QUERY = ReadOptions(windows=(WINDOW,))
WITH_CHANGES = ReadOptions(windows=(WINDOW,), changes=Window(NOW - timedelta(days=30), NOW), services=("dynamodb",))
OF_ROLES = 23 + 3
"""How many names changes of roles and of organizations have."""


@pytest.fixture(autouse=True)
def _clock(server: AwsServer) -> None:
    """Let the server's day be the tests' day."""
    server.now = lambda: NOW


def put_events(
    server: AwsServer,
    count: int,
    *,
    region: str = REGION,
    name: str = "Decrypt",
    every: float = 10,
    account: str = ACCOUNT,
) -> set[str]:
    """Let a service call a key every so many seconds from START on, and give the ids of the events."""
    made = Recording(account=account, region=region, seed=f"{account}{region}{name}")
    for number in range(count):
        at = START + timedelta(seconds=number * every)
        made.kms(f"{at:%Y-%m-%dT%H:%M:%SZ}", name, made.key_arn("k"), made.service("backup-storage.amazonaws.com"))
    server.account(account).records.setdefault(region, []).extend(made.records)
    return {record["eventID"] for record in made.records}


class Reading:
    """One run against the server; `ids` are those of the records that came, in order."""

    def __init__(
        self,
        server: AwsServer,
        *,
        cache: Path | None = None,
        max_requests: int = 600,
        seconds: float = 0,
        profiles: tuple[str, ...] = ("main",),
        attempts: int = 8,
        now: datetime = NOW,
    ) -> None:
        self.notes: list[str] = []
        self.tally = Tally()
        self.ids: list[str] = []
        self.source = LookupEvents(
            [Aws(profile, endpoint_url=server.url, attempts=attempts) for profile in profiles],
            (REGION,),
            HistoryOptions(cache, max_requests, seconds),
            self.notes.append,
            lambda: now,
        )

    def read(self, query: ReadOptions, progress: Progress | None = None) -> "Reading":
        """Read to the end."""
        for item in self.source.read(query, select_everything, self.tally, progress):
            assert isinstance(item, FoundRecord)
            self.ids.append(item.record["eventID"])
        return self


def test_every_event_of_a_window_comes_once_for_the_least_requests(server: AwsServer) -> None:
    """120 events of KMS in a window take three requests, and AWS Backup's none takes one."""
    ids = put_events(server, 120)

    reading = Reading(server).read(QUERY)

    assert sorted(reading.ids) == sorted(ids)
    assert reading.tally.records == reading.tally.event_history == 120
    assert server.count("LookupEvents") == 4
    assert reading.tally.searched == {(REGION, ACCOUNT, WINDOW.start.isoformat(), WINDOW.end.isoformat())}


def test_changes_of_busy_keys_are_asked_for_by_name(server: AwsServer) -> None:
    """Over a month of a busy key, each kind of change of keys costs one request, and the uses of the key none."""
    put_events(server, 300)
    changes = put_events(server, 2, name="PutKeyPolicy", every=-86400)

    reading = Reading(server).read(WITH_CHANGES)

    assert changes <= set(reading.ids)
    assert len(reading.ids) == len(set(reading.ids))
    assert server.count("LookupEvents") == 7 + 1 + 18 + 2 + 1 + OF_ROLES


def test_changes_of_quiet_keys_are_asked_for_by_source(server: AwsServer) -> None:
    """Where KMS is hardly used, all its events of some days take fewer requests than one for each kind of change."""
    put_events(server, 3)
    changes = Window(START - timedelta(days=1), START + timedelta(days=1))
    query = ReadOptions(windows=(WINDOW,), changes=changes, services=("fsx",))

    Reading(server).read(query)

    here = [call for call in server.calls if call.operation == "LookupEvents" and call.region == REGION]
    asked = [call.parameters["LookupAttributes"][0] for call in here]
    assert [one["AttributeValue"] for one in asked if one["AttributeKey"] == "EventName"] == ["UpdateFileSystem"]
    assert len(here) == 2 + 2 * 2 + 1


def test_guess_that_was_wrong_costs_no_more_than_twice(server: AwsServer) -> None:
    """When a source turns out busier outside the window, its changes are asked for by name after all."""
    put_events(server, 3)
    changes = put_events(server, 1, name="DisableKey", every=1)
    busy = put_events(server, 2000, name="Encrypt", every=-20)
    span = Window(START - timedelta(days=1), START + timedelta(days=1))

    reading = Reading(server).read(ReadOptions(windows=(WINDOW,), changes=span, services=("fsx",)))

    here = [call for call in server.calls if call.operation == "LookupEvents" and call.region == REGION]
    assert changes <= set(reading.ids)
    assert not busy <= set(reading.ids)
    assert not reading.tally.next_token
    assert len(here) <= 2 + 1 + 2 * (18 + 4 + 1)


def test_roles_are_asked_about_where_iam_records(server: AwsServer) -> None:
    """Changes of roles come from us-east-1, and nothing else is asked there."""
    made = Recording(region="us-east-1")
    record = made.add("2026-03-10T09:00:00Z", "iam.amazonaws.com", "PutRolePolicy", made.user("alice"), readOnly=False)
    server.account().records["us-east-1"] = [record]

    reading = Reading(server).read(WITH_CHANGES)

    assert reading.ids == [record["eventID"]]
    assert server.count("LookupEvents") > len([call for call in server.calls if call.region == "us-east-1"]) == OF_ROLES


def test_changes_of_the_resource_are_asked_for_between_the_windows(server: AwsServer) -> None:
    """Settings of the job's kind of resource are asked for by name, where they lie between the windows, in few requests."""
    later = Window(START + timedelta(days=1), START + timedelta(days=1, hours=1))
    query = structs.replace(WITH_CHANGES, windows=(WINDOW, later))
    between = put_events(server, 1, name="UpdateTable", every=1)
    put_events(server, 1, name="SetTopicAttributes", every=1)
    server.account().records[REGION][0]["eventSource"] = "dynamodb.amazonaws.com"
    server.account().records[REGION][1]["eventSource"] = "sns.amazonaws.com"

    reading = Reading(server).read(query)

    asked = [call.parameters for call in server.calls if call.operation == "LookupEvents"]
    own = [one for one in asked if one["LookupAttributes"][0]["AttributeValue"] == "UpdateTable"]
    assert set(reading.ids) == between
    assert [(one["StartTime"], one["EndTime"]) for one in own] == [(WINDOW.start, later.end)]


def test_settings_that_change_all_day_are_asked_for_in_ten_requests_at_most(server: AwsServer) -> None:
    """Autoscaling changes tables all day: the newest five hundred calls are looked at, and a note says what was not."""
    later = Window(START + timedelta(days=1), START + timedelta(days=1, hours=1))
    put_events(server, 700, name="UpdateTable", every=60)
    for record in server.account().records[REGION]:
        record["eventSource"] = "dynamodb.amazonaws.com"

    reading = Reading(server).read(structs.replace(WITH_CHANGES, windows=(WINDOW, later)))

    assert len(reading.ids) in (499, 500)
    assert any(note.startswith("calls of UpdateTable in account") for note in reading.notes)
    assert not reading.tally.next_token


def test_second_read_asks_for_nothing(server: AwsServer, tmp_path: Path) -> None:
    """What was fetched once is read from the cache, in the same order."""
    put_events(server, 120)
    query = ReadOptions(windows=(WINDOW,), changes=Window(START - timedelta(days=2), START + timedelta(days=2)))
    first = Reading(server, cache=tmp_path).read(query)
    server.calls.clear()

    second = Reading(server, cache=tmp_path).read(query)

    assert server.count("LookupEvents") == 0
    assert sorted(second.ids) == sorted(first.ids)
    assert second.tally.searched == first.tally.searched


def test_newest_minutes_are_never_kept(server: AwsServer, tmp_path: Path) -> None:
    """An event that arrives late in the newest minutes is found by the next read."""
    window = Window(NOW - timedelta(minutes=40), NOW)
    Reading(server, cache=tmp_path).read(ReadOptions(windows=(window,)))
    made = Recording()
    late = made.kms("2026-03-20T11:50:00Z", "Decrypt", made.key_arn("k"), made.service("backup.amazonaws.com"))
    server.account().records[REGION] = [late]

    reading = Reading(server, cache=tmp_path).read(ReadOptions(windows=(window,)))

    assert reading.ids == [late["eventID"]]


def test_early_answer_is_not_kept_for_good(server: AwsServer, tmp_path: Path) -> None:
    """What was fetched within a day of its end serves runs of the next quarter of an hour, which say so, and no later."""
    window = Window(NOW - timedelta(hours=20), NOW - timedelta(hours=19))
    query = ReadOptions(windows=(window,))
    first = Reading(server, cache=tmp_path).read(query)
    made = Recording()
    late = made.kms("2026-03-19T16:30:00Z", "Decrypt", made.key_arn("k"), made.service("backup.amazonaws.com"))
    server.account().records[REGION] = [late]

    soon, later = NOW + timedelta(minutes=15), NOW + timedelta(minutes=15, seconds=1)
    server.calls.clear()

    second = Reading(server, cache=tmp_path, now=soon).read(query)
    asked = server.count("LookupEvents")
    third = Reading(server, cache=tmp_path, now=later).read(query)

    assert (first.ids, second.ids, third.ids) == ([], [], [late["eventID"]])
    assert (asked, second.tally.cached_at, third.tally.cached_at) == (0, NOW.isoformat(), None)
    assert "kept from a fetch at 2026-03-20 12:00 UTC, 15 minutes ago; --no-cache" in second.notes[0]


def test_run_over_the_last_hours_goes_on_where_it_was_stopped(server: AwsServer, tmp_path: Path) -> None:
    """Of a window that ended within the day, only what was not fetched is asked for after the run was stopped."""
    pages = PAGES_PER_SLICE + 10
    made = Recording()
    start = NOW - timedelta(hours=5)
    for number in range(pages * 50):
        at = start + timedelta(seconds=number)
        made.kms(f"{at:%Y-%m-%dT%H:%M:%SZ}", "Decrypt", made.key_arn("k"), made.service("backup.amazonaws.com"))
    server.account().records[REGION] = made.records
    query = ReadOptions(windows=(Window(start, start + timedelta(hours=1)),))
    server.faults.append(Fault("LookupEvents", "expired", skip=pages - 5, times=1000))
    with pytest.raises(AwsCredentialsError):
        Reading(server, cache=tmp_path).read(query)
    server.faults.clear()
    server.calls.clear()

    second = Reading(server, cache=tmp_path, now=NOW + timedelta(minutes=3)).read(query)

    assert sorted(second.ids) == sorted(record["eventID"] for record in made.records)
    assert server.count("LookupEvents") <= 10


def test_slice_that_may_not_be_used_any_more_is_removed(server: AwsServer, tmp_path: Path) -> None:
    """A slice that was only to go on from does not stay in the cache."""
    put_events(server, 5)
    early = WINDOW.end + timedelta(hours=1)
    server.now = lambda: early
    Reading(server, cache=tmp_path, now=early).read(QUERY)
    kept = list(tmp_path.rglob("*.json.gz"))
    server.now = lambda: NOW

    Reading(server, cache=tmp_path).read(QUERY)

    again = [json.loads(gzip.decompress(path.read_bytes())) for path in tmp_path.rglob("*.json.gz")]
    assert kept
    assert {stored["fetched_at"] for stored in again} == {int(NOW.timestamp())}


def test_age_of_what_was_kept_is_told(server: AwsServer, tmp_path: Path) -> None:
    """What an earlier run fetched carries its time, which a note says with the option that fetches anew."""
    put_events(server, 5)
    fresh = Reading(server, cache=tmp_path).read(QUERY)

    kept = Reading(server, cache=tmp_path, now=NOW + timedelta(days=3)).read(QUERY)

    assert fresh.tally.cached_at is None
    assert kept.tally.cached_at == NOW.isoformat()
    assert "kept from a fetch at 2026-03-20 12:00 UTC, 3 days ago; --no-cache" in kept.notes[0]


def test_slice_that_claims_to_be_final_too_early_is_fetched_anew(server: AwsServer, tmp_path: Path) -> None:
    """A file of the cache that was fetched within a day of its end counts as not there, whoever wrote it."""
    ids = put_events(server, 5)
    Reading(server, cache=tmp_path).read(QUERY)
    for path in tmp_path.rglob("*.json.gz"):
        stored = json.loads(gzip.decompress(path.read_bytes()))
        early = {**stored, "fetched_at": stored["span"][1] + 60, "entries": []}
        path.write_bytes(gzip.compress(json.dumps(early).encode()))

    reading = Reading(server, cache=tmp_path).read(QUERY)

    assert set(reading.ids) == ids


def test_event_without_its_record_is_counted() -> None:
    """An event that event history gives without CloudTrailEvent is a skip, not nothing."""
    answer = {"Events": [{"EventId": "e-1", "EventTime": START}, {"EventName": "Decrypt"}]}
    slices = Slices(None, int(NOW.timestamp()))
    place = PlaceHistory((ACCOUNT, REGION), lambda _asked: answer, slices, Pace(0), 1)

    place.fetch(
        Errand((Span(int(START.timestamp()), int(START.timestamp()) + 60),), None),
        threading.Event(),
        lambda *_page: None,
    )

    assert [entry.text for entry in place.entries(Errand((Span(0, int(NOW.timestamp())),), None))] == ["", ""]


def test_cache_is_private(server: AwsServer, tmp_path: Path) -> None:
    """Only the user can read what is kept."""
    put_events(server, 5)

    Reading(server, cache=tmp_path / "trail-diff" / "lookup-events").read(QUERY)

    kept = list((tmp_path / "trail-diff" / "lookup-events").rglob("*"))
    files = [path for path in kept if path.is_file()]
    assert files
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept if path.is_dir()} == {0o700}


@pytest.mark.parametrize("damage", [b"", b"\x1f\x8b broken", b"{}"])
def test_damaged_slice_is_fetched_anew(server: AwsServer, tmp_path: Path, damage: bytes) -> None:
    """A file of the cache that cannot be read counts as not there."""
    ids = put_events(server, 60)
    Reading(server, cache=tmp_path).read(QUERY)
    for path in tmp_path.rglob("*.json.gz"):
        path.write_bytes(damage)

    reading = Reading(server, cache=tmp_path).read(QUERY)

    assert sorted(reading.ids) == sorted(ids)


def test_slice_under_another_name_is_not_believed(server: AwsServer, tmp_path: Path) -> None:
    """A file that was renamed to stand for another time is not used for it."""
    put_events(server, 5)
    Reading(server, cache=tmp_path).read(QUERY)
    for path in tmp_path.rglob("*.json.gz"):
        start, end = path.name.removesuffix(".json.gz").split("-")
        path.rename(path.with_name(f"{int(start) - 86400}-{int(end) - 86400}.json.gz"))
    earlier = Window(WINDOW.start - timedelta(days=1), WINDOW.end - timedelta(days=1))
    server.calls.clear()

    reading = Reading(server, cache=tmp_path).read(ReadOptions(windows=(earlier,)))

    assert reading.ids == []
    assert server.count("LookupEvents") == 2


def test_throttling_storm_loses_nothing(server: AwsServer) -> None:
    """Requests that are throttled are made again."""
    ids = put_events(server, 120)
    server.faults.append(Fault("LookupEvents", "throttle", skip=1, times=2))

    reading = Reading(server).read(QUERY)

    assert sorted(reading.ids) == sorted(ids)


def test_requests_keep_to_the_limit(server: AwsServer) -> None:
    """At the pace that users get, a server that allows two requests a second throttles none."""
    put_events(server, 120)
    server.lookups_per_second = 2

    Reading(server, seconds=HistoryOptions().seconds_for_two).read(QUERY)

    assert server.throttled == 0
    assert server.count("LookupEvents") == 4


def test_stale_page_token_is_replaced_without_loss(server: AwsServer) -> None:
    """When a page's token is refused, the rest is asked for from the oldest event on, and nothing counts twice."""
    ids = put_events(server, 220, every=1)
    server.faults.append(Fault("LookupEvents", "stale-token", skip=1))

    reading = Reading(server).read(QUERY)

    assert sorted(reading.ids) == sorted(ids)
    assert reading.tally.records == 220


def test_connection_cut_in_a_page_is_made_good(server: AwsServer) -> None:
    """A page whose connection is cut is asked for again."""
    ids = put_events(server, 120)
    server.faults.append(Fault("LookupEvents", "cut", skip=2))

    reading = Reading(server).read(QUERY)

    assert sorted(reading.ids) == sorted(ids)


def test_server_that_is_gone_is_a_connection_error(server: AwsServer) -> None:
    """When AWS cannot be reached, the error says so and what to check."""
    reading = Reading(server, attempts=2)
    server.faults.append(Fault("LookupEvents", "cut", times=1000))

    with pytest.raises(AwsConnectionError) as caught:
        reading.read(QUERY)

    assert "network" in caught.value.hint


@pytest.mark.parametrize("fault", ["expired", "interrupt", "throttle", "page"])
def test_second_run_goes_on_where_the_first_was_stopped(server: AwsServer, tmp_path: Path, fault: str) -> None:
    """Expired credentials, Ctrl-C, throttling or a proxy's page in the middle cost nothing that was fetched."""
    pages = PAGES_PER_SLICE + 10
    ids = put_events(server, pages * 50, every=1)
    server.faults.append(stopping(fault, after=pages - 5))
    stops = (AwsCredentialsError, KeyboardInterrupt, AwsThrottledError, AwsConnectionError)
    with pytest.raises(stops):
        Reading(server, cache=tmp_path, attempts=1).read(QUERY)
    made = server.count("LookupEvents")
    server.faults.clear()
    server.calls.clear()

    second = Reading(server, cache=tmp_path).read(QUERY)

    assert sorted(second.ids) == sorted(ids)
    assert second.tally.records == len(ids)
    assert made >= pages - 5
    assert made + server.count("LookupEvents") <= pages + 4


def stopping(how: str, after: int) -> Fault:
    """Return the fault that stops a run after so many requests."""
    kinds: dict[str, Kind] = {"expired": "expired", "throttle": "throttle", "page": "page"}
    if how in kinds:
        return Fault("LookupEvents", kinds[how], skip=after, times=1000)
    return Fault("LookupEvents", "do", skip=after, action=lambda: os.kill(os.getpid(), signal.SIGINT))


def test_stop_at_the_stated_limit_is_told(server: AwsServer) -> None:
    """A window too busy for the limit is cut, with a note of what to do; what is whole is told apart."""
    put_events(server, 1600, every=1)

    reading = Reading(server, max_requests=30).read(QUERY)

    assert reading.tally.next_token is True
    assert reading.tally.searched != {(REGION, ACCOUNT, WINDOW.start.isoformat(), WINDOW.end.isoformat())}
    assert "--max-requests" in reading.notes[0]
    assert server.count("LookupEvents") <= 30


def test_busy_window_leaves_requests_for_the_other(server: AwsServer) -> None:
    """The limit is shared between the windows, so that one busy window does not leave the other empty."""
    put_events(server, 1600, every=1)
    quiet = Window(START - timedelta(days=1), START - timedelta(hours=23))
    made = Recording(seed="quiet")
    record = made.kms("2026-03-09T12:10:00Z", "Decrypt", made.key_arn("k"), made.service("backup.amazonaws.com"))
    server.account().records[REGION].append(record)

    reading = Reading(server, max_requests=60).read(ReadOptions(windows=(WINDOW, quiet)))

    assert record["eventID"] in reading.ids


def test_refusal_in_the_first_place_names_the_permission(server: AwsServer) -> None:
    """Without cloudtrail:LookupEvents there is nothing to tell from."""
    server.account().denied.add("cloudtrail:LookupEvents")

    with pytest.raises(AwsAccessDeniedError) as caught:
        Reading(server).read(QUERY)

    assert caught.value.action == "cloudtrail:LookupEvents"


def test_refusal_in_another_place_is_a_note(server: AwsServer) -> None:
    """Where another Region refuses, the rest is told, and a note names the place and the permission."""
    ids = put_events(server, 3)
    server.account().denied.add("cloudtrail:LookupEvents@us-east-1")

    reading = Reading(server).read(WITH_CHANGES)

    assert sorted(reading.ids) == sorted(ids)
    assert any("us-east-1" in note and "cloudtrail:LookupEvents" in note for note in reading.notes)


def test_accounts_and_regions_are_read_side_by_side(server: AwsServer) -> None:
    """Each place is asked at the same time as the others, and all their events come."""
    other = "444455556666"
    ids = put_events(server, 3) | put_events(server, 3, region="eu-central-1") | put_events(server, 3, account=other)
    meeting = threading.Barrier(4, timeout=10)
    server.faults.append(Fault("LookupEvents", "do", times=4, action=lambda: void(meeting.wait)))

    reading = Reading(server, profiles=("main", "keys")).read(
        ReadOptions(windows=(WINDOW,), regions=(REGION, "eu-central-1"))
    )

    assert sorted(reading.ids) == sorted(ids)
    assert reading.tally.accounts() == {ACCOUNT, other}
    assert reading.tally.regions() == {REGION, "eu-central-1"}


def void(action: Callable[[], object]) -> None:
    """Do something, whatever it gives."""
    action()


def test_history_goes_back_ninety_days(server: AwsServer) -> None:
    """A window that is older than event history is told to be elsewhere, and is not asked for."""
    old = Window(NOW - timedelta(days=100), NOW - timedelta(days=99))

    reading = Reading(server).read(ReadOptions(windows=(old,)))

    assert "90 days" in reading.notes[0]
    assert reading.tally.searched == set()
    assert server.count("LookupEvents") == 0


def test_progress_tells_the_time_left(server: AwsServer) -> None:
    """The share that is done grows to all of it, and the time left shrinks to none."""
    put_events(server, 400, every=8)
    told: list[tuple[float, float, int]] = []

    class Noting:
        """Notes what it is told."""

        def file(self, name: str, size: int | None) -> None:
            """No files are read."""

        def advance(self, read_bytes: int, records: int) -> None:
            """No bytes are read."""

        def search(self, done: float, seconds_left: float, records: int) -> None:
            """Note it."""
            told.append((done, seconds_left, records))

    Reading(server, seconds=0.01).read(QUERY, Noting())

    assert told[-1] == (1.0, 0.0, 400)
    assert told[3][1] > told[-2][1] > 0
    assert [records for *_, records in told] == sorted(records for *_, records in told)
