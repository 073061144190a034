"""A bucket on loopback: what is listed, what is fetched, and what happens when something goes wrong."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from aws.loopback import FaultError, Loopback, aws_on_loopback, with_credentials
from aws.offline import INCIDENT, JOBS, incident_records, offline_events, read_source
from msgspec import structs
from recording import Record, Recording, as_trail_file

from trail_diff.aws.s3.s3 import AHEAD_BYTES, S3Source
from trail_diff.errors import AwsAccessDeniedError, AwsNotFoundError, SourceError, UsageError
from trail_diff.model.learnt import Skipped, Window
from trail_diff.model.reasons import Reason
from trail_diff.read.interface import ReadOptions

NOW = datetime(2026, 3, 3, tzinfo=UTC)
TRAIL = "AWSLogs/111122223333/CloudTrail/eu-west-1"


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    """Serve a bucket for all tests of this file."""
    with pytest.MonkeyPatch.context() as patch, aws_on_loopback() as loopback:
        with_credentials(patch)
        yield loopback


@pytest.fixture
def bucket(server: Loopback, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> "Bucket":
    """Make an empty bucket for one test."""
    return Bucket(server.forget(monkeypatch), f"logs-{abs(hash(request.node.name))}")


class Bucket:
    """One bucket, and the sources that read it."""

    def __init__(self, server: Loopback, name: str) -> None:
        self.server, self.name = server, name
        self._s3 = boto3.client("s3", region_name="us-east-1", endpoint_url=server.url)
        self._s3.create_bucket(Bucket=name)

    def put(self, key: str, content: bytes) -> None:
        """Put an object."""
        self._s3.put_object(Bucket=self.name, Key=key, Body=content)

    def put_records(self, key: str, records: list[Record]) -> None:
        """Put records as a trail does."""
        self.put(key, gzip.compress(as_trail_file(records).encode()))

    def put_incident(self, prefix: str = "") -> None:
        """Put the trail of the original incident, digests and all."""
        for file in sorted((INCIDENT / "trail").rglob("*.gz")):
            self.put(prefix + file.relative_to(INCIDENT / "trail").as_posix(), file.read_bytes())

    def source(self, prefix: str = "") -> S3Source:
        """Return a source for a prefix."""
        self.server.seen.clear()
        return S3Source(self.server.link(), f"s3://{self.name}/{prefix}", lambda: NOW)

    def fetched(self) -> list[str]:
        """Return the keys that were fetched."""
        start = f"GET /{self.name}/"
        return [seen.operation.removeprefix(start) for seen in self.server.seen if seen.operation.startswith(start)]


@pytest.mark.parametrize(
    "prefix",
    ["", "AWSLogs/", "AWSLogs/111122223333/", "AWSLogs/111122223333/CloudTrail/", f"{TRAIL}/", "AWSLogs", TRAIL],
)
def test_a_trail_yields_the_events_of_the_offline_path_from_any_level(bucket: Bucket, prefix: str) -> None:
    """From whatever level of the layout an address names, the same events come as from the files."""
    bucket.put_incident()

    read = read_source(bucket.source(prefix))

    assert read.events == offline_events(incident_records())
    assert not [key for key in bucket.fetched() if "Digest" in key]


def test_a_trail_below_a_prefix_of_its_own_is_found(bucket: Bucket) -> None:
    """A trail that was set up with a prefix is found from the bucket's root."""
    bucket.put_incident("audit/")

    assert read_source(bucket.source()).events == offline_events(incident_records())


def test_only_days_and_regions_that_are_wanted_are_listed_and_fetched(bucket: Bucket) -> None:
    """A window of an hour on one day of one Region lists that day, and fetches the files that may hold the hour."""
    start = datetime(2026, 3, 1, 10, tzinfo=UTC)
    for account in ("111122223333", "444455556666"):
        for region in ("eu-west-1", "us-east-1"):
            for hours in range(0, 72, 6):
                time = start + timedelta(hours=hours)
                folder = f"AWSLogs/o-abcdefghij/{account}/CloudTrail/{region}/{time:%Y/%m/%d}"
                bucket.put_records(f"{folder}/{account}_CloudTrail_{region}_{time:%Y%m%dT%H%M}Z_x.json.gz", [])
    window = Window(start + timedelta(hours=23), start + timedelta(hours=25))

    read = read_source(bucket.source(), ReadOptions(windows=(window,), regions=("eu-west-1",)))

    assert sorted(bucket.fetched()) == [
        f"AWSLogs/o-abcdefghij/{account}/CloudTrail/eu-west-1/2026/03/02/{account}_CloudTrail_eu-west-1_20260302T1000Z_x.json.gz"
        for account in ("111122223333", "444455556666")
    ]
    assert Skipped(f"s3://{bucket.name}/", Reason.OUTSIDE_REQUESTED_TIME, 6) in read.skipped


def test_without_a_time_the_last_thirty_days_are_read_and_that_is_said(bucket: Bucket) -> None:
    """When no time is known, the last thirty days are read; the note says so before anything is fetched."""
    bucket.put_incident()
    old = [{**record, "eventTime": "2025-01-01T00:00:00Z", "eventID": "old"} for record in incident_records()[:1]]
    bucket.put_records(f"{TRAIL}/2025/01/01/111122223333_CloudTrail_eu-west-1_20250101T0005Z_x.json.gz", old)

    read = read_source(bucket.source(), ReadOptions())

    assert read.tally.first is not None
    assert read.tally.first > "2026-03-01"
    assert "reading 2026-02-01 00:00 to 2026-03-03 00:00 UTC" in bucket.server.notes[0]


def test_a_day_that_is_named_is_read_whole(bucket: Bucket) -> None:
    """An address that names a day is read as it says, without a default span."""
    bucket.put_records(
        f"{TRAIL}/2020/01/01/111122223333_CloudTrail_eu-west-1_20200101T0005Z_x.json.gz", incident_records()[:3]
    )

    assert read_source(bucket.source(f"{TRAIL}/2020/01/"), ReadOptions()).tally.records == 3


def test_any_prefix_and_a_single_object_are_read(bucket: Bucket) -> None:
    """What has no trail's layout is read whole: a prefix, the beginning of names, one object."""
    records = incident_records()
    bucket.put_records("export/a.json.gz", records[:40])
    bucket.put("export/b.json", as_trail_file(records[40:]).encode())
    bucket.put("export/CloudTrail-Digest/d.json", b"{}")
    bucket.put("export/empty/", b"")

    assert read_source(bucket.source("export/")).events == offline_events(records)
    assert read_source(bucket.source("export/a.json.gz")).tally.records == 40
    assert read_source(bucket.source("export/")).skipped[0].reason is Reason.DIGEST_FILE
    assert "export/CloudTrail-Digest/d.json" not in bucket.fetched()


def test_an_object_beyond_the_bound_is_streamed(bucket: Bucket) -> None:
    """An object that is too large to be held is read as it comes, and gives all its records."""
    lines = b"".join(json.dumps(record).encode() + b"\n" for record in incident_records())
    content = lines + b" " * (AHEAD_BYTES + 1)
    bucket.put("large.ndjson", content)

    read = read_source(bucket.source("large.ndjson"))

    assert read.events == offline_events(incident_records())


@pytest.mark.parametrize("padding", [0, AHEAD_BYTES + 1], ids=["fetched ahead", "streamed"])
def test_a_cut_connection_is_taken_up_where_it_ended(bucket: Bucket, padding: int) -> None:
    """When a connection is cut inside of an object, the rest is asked for by range: nothing is lost or read twice."""
    bucket.put("cut.json", as_trail_file(incident_records()).encode() + b" " * padding)
    bucket.server.cuts[f"/{bucket.name}/cut.json"] = 3

    read = read_source(bucket.source("cut.json"))

    assert read.events == offline_events(incident_records())
    assert read.tally.records == len(incident_records())
    assert not read.skipped


def test_an_object_that_is_always_cut_is_counted_and_the_rest_is_used(bucket: Bucket) -> None:
    """An object that cannot be read to its end is counted as unreadable; the other objects are used all the same."""
    bucket.put("x/a.json", as_trail_file(incident_records()).encode())
    bucket.put("x/b.json", as_trail_file(incident_records()).encode())
    bucket.server.cuts[f"/{bucket.name}/x/a.json"] = 1000

    read = read_source(bucket.source("x/"))

    assert read.events == offline_events(incident_records())
    assert any(
        skipped.reason is Reason.UNREADABLE_FILE and skipped.source.endswith("a.json") for skipped in read.skipped
    )


def test_throttling_is_waited_out(bucket: Bucket) -> None:
    """A request that S3 slows down is made again."""
    bucket.put("x/a.json", as_trail_file(incident_records()).encode())
    bucket.server.faults[f"GET /{bucket.name}/x/a.json"] = [
        FaultError("SlowDown", "Please reduce your request rate.", 503)
    ]

    assert read_source(bucket.source("x/")).events == offline_events(incident_records())


def test_an_object_that_is_gone_or_archived_is_counted(bucket: Bucket) -> None:
    """An object that lies in an archive, or went away after the list was made, is counted, not fatal."""
    for name in ("a", "b", "c"):
        bucket.put(f"x/{name}.json", as_trail_file(incident_records()).encode())
    path = f"GET /{bucket.name}/x"
    bucket.server.faults[f"{path}/a.json"] = [FaultError("InvalidObjectState", "The operation is not valid", 403)]
    bucket.server.faults[f"{path}/b.json"] = [FaultError("NoSuchKey", "The specified key does not exist.", 404)]

    read = read_source(bucket.source("x/"))

    assert read.events == offline_events(incident_records())
    assert [skipped.reason for skipped in read.skipped].count(Reason.UNREADABLE_FILE) == 2


def test_a_missing_permission_is_named(bucket: Bucket) -> None:
    """A denied list names s3:ListBucket; a denied object names the action that AWS says is missing, often kms:Decrypt."""
    bucket.put("x/a.json", b"{}")
    bucket.server.faults[f"GET /{bucket.name}"] = [FaultError("AccessDenied", "Access Denied", 403)]
    with pytest.raises(AwsAccessDeniedError) as listing:
        read_source(bucket.source("x/"))
    said = (
        "User: arn:aws:iam::111122223333:user/ann is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:x"
    )
    bucket.server.faults[f"GET /{bucket.name}/x/a.json"] = [FaultError("AccessDenied", said, 403)]
    with pytest.raises(AwsAccessDeniedError) as fetching:
        read_source(bucket.source("x/"))

    assert listing.value.action == "s3:ListBucket"
    assert fetching.value.action == "kms:Decrypt"


def test_what_is_not_there_is_said(bucket: Bucket) -> None:
    """An empty prefix, a bucket that does not exist, and an address that is none end in an error with a hint."""
    with pytest.raises(SourceError, match="there is no object"):
        read_source(bucket.source("nothing/"))
    with pytest.raises(AwsNotFoundError, match="s3:ListBucket"):
        read_source(S3Source(bucket.server.link(), "s3://no-such-bucket-here/x/", lambda: NOW))
    with pytest.raises(UsageError, match="no address of S3"):
        S3Source(bucket.server.link(), "s3:/x", lambda: NOW)


def test_a_region_that_the_trail_lacks_is_said(bucket: Bucket) -> None:
    """A Region that no folder is for is not silently an empty result."""
    bucket.put_incident()

    with pytest.raises(SourceError, match="of the time and Regions asked for"):
        read_source(bucket.source(), structs.replace(JOBS, regions=("ap-south-1",)))


def put_days(bucket: Bucket, days: int, policy_on: int | None = None) -> tuple[ReadOptions, str]:
    """Put a file for each of the days before a window, the window's own last; a policy is put so many days before."""
    made, start = Recording(), datetime(2026, 3, 1, 10, tzinfo=UTC)
    key = made.key_arn("vault")
    for day in range(days, -1, -1):
        time, name = start - timedelta(days=day), "PutKeyPolicy" if day == policy_on else "DescribeKey"
        record = made.kms(f"{time:%Y-%m-%dT%H:%M:%SZ}", name, key, made.user("admin"))
        stamp = f"{time + timedelta(minutes=5):%Y%m%dT%H%M}"
        bucket.put_records(f"{TRAIL}/{time:%Y/%m/%d}/111122223333_CloudTrail_eu-west-1_{stamp}Z_x.json.gz", [record])
    bucket.put_records(f"{TRAIL}/2026/03/01/111122223333_CloudTrail_eu-west-1_20260301T1010Z_y.json.gz", [])
    bucket.put_records(f"{TRAIL}/2026/03/01/111122223333_CloudTrail_eu-west-1_20260301T1015Z_z.json.gz", [])
    window = Window(start - timedelta(hours=1), start + timedelta(hours=1))
    return ReadOptions(windows=(window,), changes=Window(NOW - timedelta(days=90), NOW), keys=(key,)), key


@pytest.mark.parametrize(
    ("policy_on", "days", "begin"),
    [
        pytest.param(2, [28, 27], "2026-02-27", id="up to the day on which the key's policy was put"),
        pytest.param(None, [28, 27, 26], "2026-02-26", id="up to as many objects again as the windows have"),
    ],
)
def test_changes_before_the_windows_are_looked_for(
    bucket: Bucket, policy_on: int | None, days: list[int], begin: str
) -> None:
    """The days before the first window are read, the newest first, until the policy is found or enough was read."""
    query, _ = put_days(bucket, 6, policy_on)

    read = read_source(bucket.source(), query)

    assert [int(key.split("/")[6]) for key in bucket.fetched() if "/2026/02/" in key] == days
    assert ("PutKeyPolicy" in {event.event_name for event in read.events}) is (policy_on is not None)
    assert read.tally.changes == (f"{begin}T00:00:00+00:00", NOW.isoformat())


def test_changes_are_looked_for_no_longer_than_a_week_before(bucket: Bucket) -> None:
    """However little lies there, the look back ends a week before the first window."""
    query, _ = put_days(bucket, 0)

    read = read_source(bucket.source(), query)

    assert read.tally.changes == ("2026-02-22T09:00:00+00:00", NOW.isoformat())


def test_roles_are_read_from_where_iam_records(bucket: Bucket) -> None:
    """Of another Region, us-east-1 is read in the span of the changes, and brings changes of roles only."""
    query, _ = put_days(bucket, 0)
    made = Recording(region="us-east-1")
    time = "2026-03-01T12:00:00Z"
    made.kms(time, "Decrypt", made.key_arn("k"), made.user("ann"))
    changed = made.add(time, "iam.amazonaws.com", "DeleteRole", made.user("ann"), readOnly=False)
    place = TRAIL.replace("eu-west-1", "us-east-1")
    name = "111122223333_CloudTrail_us-east-1_20260301T1205Z_x.json.gz"
    bucket.put_records(f"{place}/2026/03/01/{name}", made.records)

    read = read_source(bucket.source(), structs.replace(query, regions=("eu-west-1",)))

    assert [event.event_id for event in read.events if event.aws_region == "us-east-1"] == [changed["eventID"]]
    assert {region for region, *_ in read.tally.searched} == {"eu-west-1"}
