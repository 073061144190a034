"""Every export form gives the records back; look-alikes and damage are counted; memory stays bounded."""

import bz2
import gzip
import io
import json
import lzma
import os
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from examples import examples
from gather.plain import keep_once
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from read.wrapping import TRAIL, WRAPS, dump, event_bridge, lines, subscription, tarred, zipped
from recording import Recording

from trail_diff.errors import SourceError
from trail_diff.events.normalize import normalize_record
from trail_diff.gather.engine import Skips
from trail_diff.model.learnt import Event, Skipped
from trail_diff.model.reasons import Reason
from trail_diff.read import budget
from trail_diff.read.files import FileSource
from trail_diff.read.interface import Found, FoundJob, FoundRecord, ReadOptions, Tally, select_everything
from trail_diff.read.records import Peek, SlimRecord

MADE = Recording()
KEY = MADE.key_arn("k")
CONTEXT = {"aws:backup:backup-vault": "vault, with a comma = and an equals sign"}
MADE.kms("2026-03-01T18:05:00Z", "Decrypt", KEY, MADE.service("backup-storage.amazonaws.com"), CONTEXT)
MADE.kms("2026-03-01T18:05:00Z", "GenerateDataKey", KEY, MADE.role("service-role/r", "s", "dynamodb.amazonaws.com"))
MADE.kms("2026-03-01T18:05:00Z", "Decrypt", KEY, MADE.user("alice"), errorCode="AccessDenied")
RECORDS = MADE.records


class Read:
    """What a reading found."""

    def __init__(self, found: Iterable[Found], tally: Tally) -> None:
        items = list(found)
        self.tally = tally
        self.records = [item.record for item in items if isinstance(item, FoundRecord)]
        self.jobs = [item for item in items if isinstance(item, FoundJob)]
        self.reasons = {item.reason: item.count for item in items if isinstance(item, Skipped)}
        self.events = [normalize_record(record, "x") for record in self.records]


def read(path: Path | str) -> Read:
    """Read everything at a path."""
    tally = Tally()
    return Read(FileSource([str(path)]).read(ReadOptions(), select_everything, tally, None), tally)


def read_bytes(content: bytes) -> Read:
    """Read what arrives on stdin."""
    tally = Tally()
    return Read(FileSource(["-"], io.BytesIO(content)).read(ReadOptions(), select_everything, tally, None), tally)


def essence(event: Event | Skipped) -> tuple[Any, ...]:
    """Return of an event what decides."""
    assert isinstance(event, Event)
    caller = event.caller
    who = (caller.type, caller.kind, caller.role_arn, caller.invoked_by)
    return event.event_id, who, event.accesses, event.error_code, f"{event.event_time:%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize("name", WRAPS)
def test_every_form_gives_the_same_events(name: str, tmp_path: Path) -> None:
    """Whatever wraps the records, under a name that says nothing, the same events come out."""
    path = tmp_path / "export.dat"
    path.write_bytes(WRAPS[name](RECORDS))

    found = read(path)

    assert sorted(map(essence, found.events)) == sorted(essence(normalize_record(record, "x")) for record in RECORDS)
    assert (found.tally.records, found.tally.kms_records) == (3, 3)
    assert not found.reasons


@pytest.mark.parametrize("name", [name for name in WRAPS if name != "ocsf"])
def test_encryption_context_keeps_its_spelling(name: str) -> None:
    """Commas, equal signs and letter case of an encryption context survive every form."""
    found = read_bytes(WRAPS[name](RECORDS))

    contexts = [
        event.encryption_context for event in found.events if isinstance(event, Event) and event.encryption_context
    ]
    assert contexts == [CONTEXT]


def test_console_csv_has_no_caller_type() -> None:
    """A row of the console's CSV names no caller type, and none is made up."""
    header = (
        "User name,AWS access key,Event time,Event source,Event name,AWS region,Source IP address,User agent,"
        "Error code,Resources,Request ID,Event ID,Read-only,Event type,Recipient Account Id,Event category"
    )
    resources = json.dumps([{"resourceType": "AWS::KMS::Key", "resourceName": KEY}]).replace('"', '""')
    row = (
        ',,"2026-03-01T18:05:00Z",kms.amazonaws.com,Decrypt,eu-west-1,backup-storage.amazonaws.com,agent,,'
        f'"{resources}",r,e,true,AwsApiCall,111122223333,Management'
    )

    (event,) = read_bytes(f"{header}\n{row}\n".encode()).events

    assert isinstance(event, Event)
    assert (event.caller.type, event.caller.invoked_by) == (None, "backup-storage.amazonaws.com")
    assert (event.accesses[0].key, event.read_only) == (KEY, True)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", Reason.EMPTY_FILE),
        (bytes(range(256)) * 8, Reason.BINARY_FILE),
        (dump({"digestStartTime": "t", "logFiles": []}), Reason.DIGEST_FILE),
        (dump({"Records": [{"eventType": "AwsCloudTrailInsight", "insightDetails": {}}]}), Reason.INSIGHT_EVENT),
        (
            dump(
                {
                    "Records": [
                        {"eventVersion": "1.0", "eventType": "AwsAggregatedEvent", "eventSource": "s3.amazonaws.com"}
                    ]
                }
            ),
            Reason.AGGREGATED_EVENT,
        ),
        (
            dump({"Records": [{"eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "x", "s3": {}}]}),
            Reason.S3_NOTIFICATION,
        ),
        (
            dump({"messageType": "CONTROL_MESSAGE", "logEvents": [{"message": "CWL CONTROL MESSAGE"}]}),
            Reason.CONTROL_MESSAGE,
        ),
        (dump({"Version": "2012-10-17", "Statement": []}), Reason.NOT_CLOUDTRAIL),
        (dump({"Records": [{"eventVersion": "1.11", "eventSource": 7, "userIdentity": {}}]}), Reason.INVALID_RECORD),
        (dump({"hashSignature": "x", "files": []}), Reason.QUERY_SIGNATURE),
        *((dump({**RECORDS[0], "eventSource": name}), Reason.INVALID_RECORD) for name in ("kms", "aws.kms")),
        (TRAIL([{**RECORDS[0], "eventSource": "kms.amazonaws.com.cn"}]), Reason.INVALID_RECORD),
        (b"Permission Check Successful", Reason.NOT_CLOUDTRAIL),
        (b"Events:\n- AccessKeyId: A\n  CloudTrailEvent: '{\"a\":1}'\n", Reason.YAML_NOT_READ),
        (b"Events:\n- EventId: [1\n", Reason.YAML_NOT_READ),
        (b'- \'{"eventVersion":"1.11"}\'\n', Reason.YAML_NOT_READ),
        (b"7z\xbc\xaf\x27\x1c" + bytes(40), Reason.UNSUPPORTED_ARCHIVE),
        (b"\x28\xb5\x2f\xfd" + bytes(40), Reason.TRUNCATED_ARCHIVE),
        (lzma.compress(b"x" * 5000)[:-20], Reason.TRUNCATED_ARCHIVE),
        (bz2.compress(b"x" * 5000)[:-20], Reason.TRUNCATED_ARCHIVE),
        (b'{"Records":[{"a":1},', Reason.TRUNCATED_JSON),
        (b'{"a" nope, "b": 1, "c": 2}', Reason.INVALID_JSON),
    ],
)
def test_what_is_no_record_is_counted(content: bytes, reason: Reason) -> None:
    """Look-alikes and damage are counted by reason, and give no event."""
    found = read_bytes(content)

    assert found.records == []
    assert reason in found.reasons


def test_empty_trail_file_is_nothing_to_remark() -> None:
    """A trail file without records is normal."""
    assert read_bytes(dump({"Records": []})).reasons == {}


def test_job_descriptions_are_found() -> None:
    """Answers of AWS Backup and its state changes are handed on as they are."""
    state_change = {"detail-type": "Backup Job State Change", "detail": {"backupJobId": "a", "state": "FAILED"}}
    found = read_bytes(
        lines([{"BackupJobId": "a", "State": "FAILED"}, {"BackupJobs": [{"BackupJobId": "b"}]}, state_change])
    )

    assert len(found.jobs) == 3
    assert len(read_bytes(dump({"BackupJobId": "a", "CreationDate": 1772366400.0})).jobs) == 1


@pytest.mark.parametrize("place", ["BackupVaultArn", "RecoveryPointArn"])
def test_descriptions_of_vaults_and_recovery_points_are_found(place: str) -> None:
    """What tells the key of a vault or recovery point is handed on like a job; a list of vaults as one document."""
    described = {place: "arn:aws:backup:eu-west-1:111122223333:backup-vault:v", "EncryptionKeyArn": "k"}
    found = read_bytes(lines([described, {"BackupVaultList": [described]}]))

    assert len(found.jobs) == 2


def test_next_token_is_noticed() -> None:
    """A page that names a next one was not the last."""
    assert read_bytes(dump({"Events": [], "NextToken": "x"})).tally.next_token
    assert not read_bytes(dump({"Events": []})).tally.next_token


def test_last_page_of_a_file_tells_whether_there_are_more() -> None:
    """Pages one after another are complete when the last of them names no next one."""
    page, last = dump({"Events": [], "NextToken": "x"}), dump({"Events": []})

    assert not read_bytes(page + b"\n" + last).tally.next_token
    assert read_bytes(last + b"\n" + page).tally.next_token


@pytest.mark.parametrize("cut", [1, 30, 400])
def test_records_before_a_cut_are_used(cut: int) -> None:
    """JSON that was cut in the middle gives the complete records before the cut."""
    found = read_bytes(TRAIL(RECORDS)[:-cut])

    assert len(found.records) >= 2
    assert Reason.TRUNCATED_JSON in found.reasons


def test_records_of_a_truncated_gz_are_used() -> None:
    """A gz that ends too early gives what came before."""
    many = [{**RECORDS[0], "eventID": str(number), "requestID": os.urandom(40).hex()} for number in range(2000)]

    found = read_bytes(gzip.compress(TRAIL(many))[:-500])

    assert 1500 < len(found.records) < 2000
    assert list(found.reasons) == [Reason.TRUNCATED_ARCHIVE]


def test_bad_lines_do_not_hide_good_ones() -> None:
    """Broken lines among NDJSON are counted; the others are read."""
    found = read_bytes(dump(RECORDS[0]) + b'\n{"broken": \n' + dump(RECORDS[1]) + b'\n{"x": nope}\n' + dump(RECORDS[2]))

    assert [record["eventID"] for record in found.records] == [record["eventID"] for record in RECORDS]
    assert found.reasons[Reason.INVALID_JSON] == 2


def test_too_large_a_line_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """A value beyond the limit is counted, and the line after it is read."""
    monkeypatch.setattr("trail_diff.read.stream.VALUE_LIMIT_BYTES", 1 << 20)
    monkeypatch.setattr("trail_diff.read.stream.WINDOW_BYTES", 1 << 16)
    giant = b'{"eventVersion": "' + b"x" * (3 << 20) + b'"}'

    found = read_bytes(dump(RECORDS[0]) + b"\n" + giant + b"\n" + dump(RECORDS[1]) + b"\n")

    assert len(found.records) == 2
    assert found.reasons == {Reason.VALUE_TOO_LARGE: 1}


def test_bomb_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that unpacks to far more than a real export is stopped at the stated limit."""
    monkeypatch.setattr(budget, "FREE_EXPANSION_BYTES", 1 << 20)

    found = read_bytes(gzip.compress(b" " * (64 << 20)))

    assert Reason.EXPANSION_LIMIT in found.reasons


def test_archives_in_archives_have_a_limit() -> None:
    """Three containers in one another are opened, a fourth is not."""
    inner = zipped({"a.json.gz": gzip.compress(TRAIL(RECORDS))})

    assert len(read_bytes(zipped({"b.zip": inner})).records) == 3
    assert read_bytes(zipped({"c.zip": zipped({"b.zip": inner})})).reasons == {Reason.NESTING_LIMIT: 1}


def test_encrypted_member_is_named() -> None:
    """A member that needs a password is counted; the others are read."""
    content = bytearray(zipped({"a.json": TRAIL(RECORDS), "b.json": TRAIL(RECORDS[:1])}))
    entry = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 4)
    content[entry + 8] |= 1

    found = read_bytes(bytes(content))

    assert found.reasons == {Reason.ENCRYPTED_ARCHIVE: 1}
    assert len(found.records) == 3


def test_broken_archives_are_counted() -> None:
    """A zip without its end and a tar cut in a member are damage, not a crash."""
    archive = zipped({"a.json": TRAIL(RECORDS)})
    tar = tarred({"a.json": TRAIL(RECORDS * 20), "b.json": TRAIL(RECORDS)})

    assert Reason.TRUNCATED_ARCHIVE in read_bytes(archive[: len(archive) // 2]).reasons
    assert Reason.TRUNCATED_ARCHIVE in read_bytes(tar[:3000]).reasons


def test_folders_and_globs_are_read_in_order(tmp_path: Path) -> None:
    """A folder is read with all below it, digests are passed over by name, and a glob is expanded."""
    for day in ("01", "02"):
        place = tmp_path / "AWSLogs" / "o-x" / "1" / "CloudTrail" / "eu-west-1" / day
        place.mkdir(parents=True)
        (place / "a.json.gz").write_bytes(gzip.compress(TRAIL(RECORDS)))
    digests = tmp_path / "AWSLogs" / "o-x" / "1" / "CloudTrail-Digest"
    digests.mkdir()
    (digests / "d.json.gz").write_bytes(b"not even opened")

    folder, pattern = read(tmp_path), read(f"{tmp_path}/**/*.json.gz")

    assert (len(folder.records), folder.tally.files) == (6, 2)
    assert folder.reasons == {Reason.DIGEST_FILE: 1}
    assert len(pattern.records) == 6


@pytest.mark.parametrize("path", ["no/such/file", "no/such/*.json", "nul\0byte"])
def test_missing_path_is_an_error(path: str) -> None:
    """A path that is not there, or a pattern that fits nothing, is told at once."""
    with pytest.raises(SourceError):
        read(path)


def test_folder_without_files_is_an_error(tmp_path: Path) -> None:
    """An empty folder is most likely the wrong one."""
    with pytest.raises(SourceError):
        read(tmp_path)


def test_parquet_is_read(tmp_path: Path) -> None:
    """A table in Parquet gives its records."""
    import pyarrow as pa
    from pyarrow.parquet import write_table
    from read.wrapping import flat

    path = tmp_path / "table"
    write_table(pa.Table.from_pylist([flat(record) for record in RECORDS]), path)

    assert sorted(record["eventID"] for record in read(path).records) == sorted(r["eventID"] for r in RECORDS)


def test_selection_sees_every_record_and_decides(tmp_path: Path) -> None:
    """Unwanted records are counted and not handed on."""
    path = tmp_path / "a.json"
    path.write_bytes(TRAIL(RECORDS))
    tally = Tally()

    def wants(peek: Peek | SlimRecord) -> bool:
        return bool(peek.event_name == "GenerateDataKey")

    found = Read(FileSource([str(path)]).read(ReadOptions(), wants, tally, None), tally)

    assert (len(found.records), tally.records) == (1, 3)


TEMPLATE = {"eventSource": "kms.amazonaws.com", "eventName": "Decrypt", "eventTime": "2026-03-01T18:00:00Z"}
NASTY = st.text(st.sampled_from('{}[],:"\\ \n\teéΩ𝄞'), max_size=12)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), NASTY),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NASTY, inner, max_size=3)),
    max_leaves=8,
)


@given(
    st.lists(st.dictionaries(NASTY, VALUES, max_size=4), min_size=1, max_size=12),
    st.integers(40, 400),
    st.sampled_from([None, 0, 2]),
    st.booleans(),
    st.sampled_from(["records", "ndjson", "concatenated"]),
)
@settings(deadline=None, max_examples=examples(150), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_splitting_equals_parsing(  # noqa: PLR0917 - one argument for each thing that varies
    monkeypatch: pytest.MonkeyPatch,
    extras: list[dict[str, Any]],
    window: int,
    indent: int | None,
    sort: bool,  # noqa: FBT001
    form: str,
) -> None:
    """With any window, key order, indentation and text inside, the splitter gives just what a whole parse gives."""
    monkeypatch.setattr("trail_diff.read.stream.WINDOW_BYTES", window)
    records = [
        {"eventSource": "kms.amazonaws.com", "eventName": str(number), "userIdentity": {}, **extra}
        if not {"eventSource", "eventName", "eventType"} & extra.keys()
        else {"eventSource": "a", "eventName": str(number)}
        for number, extra in enumerate(extras)
    ]
    if form == "records":
        content = json.dumps({"Records": records}, indent=indent, sort_keys=sort).encode()
    elif form == "ndjson":
        content = b"\n".join(json.dumps(record, sort_keys=sort).encode() for record in records)
    else:
        content = b"".join(json.dumps(record, indent=indent, sort_keys=sort).encode() for record in records)

    assert read_bytes(content).records == records


FIELDS = st.sampled_from(
    [
        "eventVersion",
        "eventSource",
        "eventName",
        "eventTime",
        "eventID",
        "eventType",
        "userIdentity",
        "errorCode",
        "requestParameters",
        "resources",
        "readOnly",
        "awsRegion",
        "sharedEventID",
        "serviceEventDetails",
        "x",
    ]
)
ODD = st.one_of(VALUES, st.sampled_from(["kms.amazonaws.com", "Decrypt", "2026-03-01T18:00:00Z", "AwsApiCall", "e"]))


@given(
    st.lists(st.dictionaries(FIELDS, ODD, max_size=9), min_size=1, max_size=8),
    st.sampled_from(["trail", "ndjson", "pretty-concatenated", "array", "text"]),
)
@settings(deadline=None, max_examples=examples(200))
def test_every_record_is_an_event_or_is_counted(things: list[dict[str, Any]], form: str) -> None:
    """Whatever stands in the fields of records, each becomes one event, or adds one to what was skipped."""
    usable = [{**TEMPLATE, **thing, "eventID": str(number)} for number, thing in enumerate(things)]
    mixed = [*things, *usable]
    content = lines([json.dumps(one) for one in mixed]) if form == "text" else WRAPS[form](mixed)
    reading = FileSource(["-"], io.BytesIO(content)).read(ReadOptions(), select_everything, Tally(), None)
    skips = Skips()

    events = [one for one in keep_once(reading, skips) if isinstance(one, Event)]

    assert len(events) + sum(skipped.count for skipped in skips.merged()) == len(mixed)


@given(st.one_of(st.binary(max_size=400), VALUES.map(lambda value: json.dumps(value).encode())))
@settings(deadline=None, max_examples=examples(300))
def test_no_bytes_crash_the_reader(content: bytes) -> None:
    """Whatever a file holds, reading ends, and each thing in it is a record, a job or counted."""
    found = read_bytes(content)

    assert (
        found.records
        or found.jobs
        or found.reasons
        or content.strip() in (b"[]", b'{"Records": []}')
        or found.tally.files
    )


@given(st.sampled_from(sorted(WRAPS)), st.data())
@settings(deadline=None, max_examples=examples(150))
def test_damaged_exports_do_not_crash(name: str, data: st.DataObject) -> None:
    """An export with some bytes changed or cut still ends in records and counts."""
    content = bytearray(WRAPS[name](RECORDS))
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))

    found = read_bytes(bytes(content[:cut]))

    assert len(found.records) <= 3 + len(content)


def test_deep_nesting_is_survived() -> None:
    """Ten thousand brackets are damage, not a crash."""
    found = read_bytes(b'{"a":' * 10_000 + b"1" + b"}" * 10_000)

    assert found.records == []
    assert found.reasons


def test_zip_of_nothing_is_no_crash() -> None:
    """An empty zip holds no document."""
    written = io.BytesIO()
    zipfile.ZipFile(written, "w").close()

    assert read_bytes(written.getvalue()).records == []


def test_wrappers_in_wrappers_have_a_limit() -> None:
    """A record wrapped ten times is given up on, and counted."""
    thing: Any = event_bridge(RECORDS[0])
    for _ in range(10):
        thing = subscription([thing])

    assert Reason.NESTING_LIMIT in read_bytes(dump(thing)).reasons
