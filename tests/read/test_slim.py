"""The quick ways of reading give exactly what the general one gives, on anything that looks like a trail and on more."""

import gzip
import io
import json
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from examples import examples
from gather.plain import keep_once
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from recording import Recording

from trail_diff.case.coverage import summarize_reading
from trail_diff.events.normalize import normalize_record
from trail_diff.gather.engine import Skips, fold_files
from trail_diff.gather.exports import count_calls
from trail_diff.gather.fold import EveryEvent, add_call
from trail_diff.model.learnt import Coverage, Event, Skipped
from trail_diff.model.lists import CallerUse
from trail_diff.read.files import FileReader
from trail_diff.read.interface import Found, FoundSlim, ReadOptions, Tally
from trail_diff.read.lenient import to_record
from trail_diff.read.records import READ_FIELDS, Peek, SlimRecord
from trail_diff.read.slim import SlimIdentity
from trail_diff.read.walk import InputFile
from trail_diff.usage.callers import CallerCount
from trail_diff.usage.requests import ObservedRequests

MADE = Recording()
KEYS = [MADE.key_arn("a"), MADE.key_arn("b")]
WORDS = ("kms:EncryptionContext:a", "aws:SourceIp", "aws:userid", "aws:CurrentTime", "kms:GrantIsForAWSResource", "x")
asked = st.sampled_from([KEYS, ["alias/x"], ["alias/x", KEYS[0]]])
NEEDLE = '"eventSource":"kms.amazonaws.com","Records":[{'

hostile = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=5),
    st.sampled_from([NEEDLE, "", "kms.amazonaws.com", 10**30, [], {}, {"Records": [{"eventSource": "kms.amazonaws.com"}]},
                     '{"keyId": "alias/x"}', "{keyId=alias/x}", {"keyId": "alias/x"}, "2026-13-01T00:00:00Z", "2026-03-01T19:00:00+01:00", "aws:s3", "AwsCloudTrailInsight", "\ud800", "ü\u0000"]),
)  # fmt: skip
broken = st.sampled_from(
    ["eu-we st-1", 'De"crypt', "Decr\nypt", "kms.amazon aws.com", " Decrypt", "1111 2222", "x" * 300]
)
"""What a value looks like after something was put into it, so that it cannot be what it is named."""

spoilt: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}), st.just({}),
    st.dictionaries(st.sampled_from(["awsRegion", "recipientAccountId", "eventName", "eventSource"]), broken, max_size=1),
    st.dictionaries(st.just("userIdentity"), st.dictionaries(st.sampled_from(["arn", "accountId", "type"]), broken), max_size=1),
    st.sampled_from([{"resources": [{"ARN": arn}]} for arn in (*KEYS, KEYS[0][:40] + " " + KEYS[0][40:], "a\nb")]),
)  # fmt: skip

names = st.sampled_from(
    ["eventSource", "eventName", "eventTime", "eventID", "eventType", "awsRegion", "recipientAccountId", "readOnly",
     "userIdentity", "resources", "type", "requestParameters", "sharedEventID", "errorCode", "errorMessage", "sourceIPAddress",
     "Records", "Events", "events", "userAgent", "NextToken"]
)  # fmt: skip


@st.composite
def records(draw: st.DrawFn, *, is_wild: bool) -> dict[str, Any]:
    """Make a record: KMS or not, by several callers; where wild, with fields that are not as they should be."""
    MADE.records.clear()
    at = f"2026-03-01T{draw(st.integers(17, 18))}:05:0{draw(st.integers(0, 9))}Z"
    who = draw(st.sampled_from([
        MADE.service("backup-storage.amazonaws.com"), MADE.role("r", "s"), MADE.role("r", "t"), MADE.user("alice"),
        MADE.role("service-role/r", "AWSBackup-x", "backup.amazonaws.com"),
    ]))  # fmt: skip
    if draw(st.integers(0, 3)):
        name = draw(st.sampled_from(["Decrypt", "GenerateDataKey", "ReEncrypt", "CreateGrant"]))
        record = MADE.kms(at, name, draw(st.sampled_from([None, *KEYS])), who, {"a": draw(st.sampled_from("bc"))})
    else:
        record = MADE.add(at, "ec2.amazonaws.com", "DescribeInstances", who)
    if draw(st.integers(0, 3)) == 0:
        record["requestParameters"] = {**(record["requestParameters"] or {}), "keyId": "alias/x"}
    record["eventID"] = f"id-{draw(st.integers(0, 20))}"
    record["sourceIPAddress"] = draw(st.sampled_from(["10.0.0.1", "10.0.0.2"]))
    if draw(st.integers(0, 3)) == 0:
        record["errorCode"] = draw(st.sampled_from(["AccessDenied", "200", 200]))
    record["recipientAccountId"] = draw(st.sampled_from(["111122223333", "111122223333", "444455556666"]))
    if not is_wild:
        return record
    if draw(st.integers(0, 3)) == 0:
        field = draw(st.sampled_from(["type", "arn", "sessionContext", "invokedBy", "onBehalfOf", "principalId"]))
        record["userIdentity"] = {**who, field: draw(hostile)}
    record |= draw(spoilt)
    for _ in range(draw(st.sampled_from([0, 0, 0, 0, 1, 2]))):
        record[draw(names)] = draw(hostile)
    if draw(st.integers(0, 9)) == 0:
        record.pop(draw(st.sampled_from(list(record))))
    return record


@st.composite
def spelled(draw: st.DrawFn, *, is_wild: bool) -> bytes:
    """Spell a record as JSON: any order, escapes, white space, a field twice, now and then damaged."""
    fields: list[tuple[str, Any]] = list(draw(records(is_wild=is_wild)).items())
    if draw(st.booleans()):
        fields = draw(st.permutations(fields))
    if is_wild and draw(st.integers(0, 5)) == 0:
        fields.append((draw(names), draw(hostile)))
    is_ascii, is_pretty = draw(st.booleans()), draw(st.integers(0, 4)) == 0
    parts = [f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=is_ascii)}" for name, value in fields]
    text = ("{\n  " + ",\n  ".join(parts) + "\n}") if is_pretty else "{" + ",".join(parts) + "}"
    if draw(st.integers(0, 3)) == 0:
        text = text.replace("kms.amazonaws", "\\u006bms.amazonaws").replace("eventS", "event\\u0053")
    data = text.encode("utf-8", "surrogatepass")
    match draw(st.integers(0, 12)) if is_wild else -1:
        case 0:
            data = data[: draw(st.integers(0, len(data)))]
        case 1:
            data = data.replace(b"Decrypt", b"Decr\xffypt").replace(b"aws-cli", b"aws\xff")
        case 2:
            data = data.replace(b'"eventVersion"', b'"size": ' + b"9" * 5000 + b', "eventVersion"')
        case _:
            pass
    return data


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """Put records together in one of the frequent forms, or in two of them."""
    tame = draw(st.lists(spelled(is_wild=False), min_size=draw(st.integers(0, 8)), max_size=12))
    wild = draw(st.lists(spelled(is_wild=True), max_size=draw(st.sampled_from([0, 0, 1, 3]))))
    made = draw(st.permutations([*tame, *wild])) if wild else tame
    match draw(st.integers(0, 7)):
        case 0 | 1:
            data = b'{"Records": [' + b",".join(made) + b"]}"
        case 2 | 3:
            data = b"\n".join(made) + draw(st.sampled_from([b"", b"\n", b"\n\n{", b"\nno record\n"]))
        case 4:
            data = b"[" + b", ".join(made) + b"]"
        case 5 | 6:
            entries = [{"EventId": "x", "CloudTrailEvent": one.decode("utf-8", "replace")} for one in made]
            beside: dict[str, Any] = draw(
                st.sampled_from([{}, {"NextToken": "t"}, {"NextToken": None}, {"BackupJobs": []}])
            )
            data = json.dumps({"Events": entries, **beside}, indent=draw(st.sampled_from([None, 2]))).encode()
        case _:
            data = b'{"Records": [' + b",".join(made) + b']}\n{"Records": [' + b",".join(made[:2]) + b"]}"
    return data


def read_generally(file: Path) -> tuple[list[Event], Tally, Skips]:
    """Read every record by itself."""
    tally, skips = Tally(), Skips()
    reader = FileReader(ReadOptions(kms_only=True), tally, is_quick=False)
    found = _whole(reader.read([InputFile(str(file), file.stat().st_size)]))
    return [item for item in keep_once(found, skips) if isinstance(item, Event)], tally, skips


def _whole(items: Iterable[Found | FoundSlim]) -> Iterable[Found]:
    for item in items:
        assert not isinstance(item, FoundSlim)
        yield item


def count_generally(file: Path, keys: list[str]) -> tuple[tuple[CallerUse, ...], Coverage]:
    """Count callers from every record by itself."""
    events, tally, skips = read_generally(file)
    count = CallerCount(keys)
    for event in events:
        add_call(count, event)
    coverage = summarize_reading(tally, skips.merged())
    return count.rows(), structs.replace(coverage, events_kept=len(events))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder."""
    return tmp_path_factory.mktemp("slim")


@given(data=documents(), keys=asked)
@settings(max_examples=examples(600), deadline=None)
def test_counting_gives_what_reading_every_record_gives(data: bytes, keys: list[str], place: Path) -> None:
    """Callers, coverage and skips are the same, whether pieces are decoded at once or every record by itself."""
    file = place / "export"
    file.write_bytes(gzip.compress(data, 1) if len(data) % 2 else data)
    count = CallerCount(keys)

    coverage = count_calls([str(file)], count)

    assert (count.rows(), coverage) == count_generally(file, keys)


@given(data=documents(), keys=asked, word=st.sampled_from(WORDS))
@settings(max_examples=examples(300), deadline=None)
def test_replaying_gives_what_reading_every_record_gives(data: bytes, keys: list[str], word: str, place: Path) -> None:
    """The distinct requests, and how often each was made and refused, are the same in both ways."""
    file = place / "export"
    file.write_bytes(data)
    policies = [{"Statement": [{"Condition": {"StringEquals": {word: "b"}}}]}]
    quick, slow = ObservedRequests(policies, keys), ObservedRequests(policies, keys)

    count_calls([str(file)], quick)
    for event in read_generally(file)[0]:
        add_call(slow, event)

    sums = [[(one.access, one.event.caller.role_arn, one.calls, one.succeeded, one.denied) for one in replayed.requests()]
            for replayed in (quick, slow)]  # fmt: skip
    assert sums[0] == sums[1]


def test_requests_come_in_the_order_of_their_first_new_call(tmp_path: Path) -> None:
    """A call that was read before does not move the request it would have begun before others."""
    calls = [("Decrypt", "alice", "a"), ("Encrypt", "alice", "a"), ("Decrypt", "bob", "b"), ("Encrypt", "alice", "c")]
    made = [MADE.kms("2026-03-01T18:05:00Z", name, KEYS[0], MADE.user(user), eventID=event_id)
            for name, user, event_id in calls]  # fmt: skip
    file = tmp_path / "trail.json"
    file.write_text(json.dumps({"Records": made}))
    replayed = ObservedRequests([{"Statement": []}])

    coverage = count_calls([str(file)], replayed)

    order = [
        (one.access.action, (one.event.caller.arn or "").rsplit("/")[-1], one.calls) for one in replayed.requests()
    ]
    assert order == [("kms:Decrypt", "alice", 1), ("kms:Decrypt", "bob", 1), ("kms:Encrypt", "alice", 1)]
    assert coverage.events_kept == len(calls) - 1


@given(data=documents())
@settings(max_examples=examples(300), deadline=None)
def test_whole_records_and_tally_are_the_same(data: bytes, place: Path) -> None:
    """Reading for a case gives the same records and the same counts of what went past in both ways."""
    file = place / "export"
    file.write_bytes(data)
    results = []
    for is_quick in (True, False):
        tally = Tally()
        reader = FileReader(ReadOptions(), tally, is_quick=is_quick)
        found = list(reader.read([InputFile(str(file), file.stat().st_size)]))
        results.append((repr(found), vars(tally)))

    assert results[0] == results[1]


class _Asked(dict[str, Any]):
    """A record that notes which fields are asked for."""

    def __init__(self, record: dict[str, Any], asked: set[str]) -> None:
        super().__init__(record)
        self.asked = asked

    def get(self, key: str, default: Any = None) -> Any:
        """Note and answer."""
        self.asked.add(key)
        return super().get(key, default)


def test_slim_records_hold_all_that_normalize_reads() -> None:
    """No field that normalize asks for is missing from a SlimRecord, so nothing is lost on the quick way."""
    asked: set[str] = set()
    asked_of_identity: set[str] = set()
    for name in ("Decrypt", "ReEncrypt", "CreateKey"):
        record = MADE.kms("2026-03-01T18:05:00Z", name, None, MADE.user("alice"), errorCode="X")
        record["userIdentity"] = _Asked({"type": "AssumedRole"}, asked_of_identity)
        normalize_record(_Asked(record, asked), "")

    assert asked_of_identity - {"inScopeOf"} <= set(SlimIdentity.__struct_encode_fields__)
    assert asked <= set(READ_FIELDS.values())


def test_kept_calls_that_ask_the_same_share_the_request(place: Path) -> None:
    """Of calls that are kept and have the same request, there is one request, which is most of what they take up."""
    file = place / "alike"
    file.write_text("\n".join(json.dumps(make_call(number, requestParameters={"keyId": "k"})) for number in (1, 2)))

    first, second = fold_files([[InputFile(str(file), file.stat().st_size)]], EveryEvent(), ReadOptions()).events

    assert first.request_parameters is second.request_parameters
    assert first.request_parameters == {"keyId": "k"}


def test_slim_record_becomes_the_same_event() -> None:
    """An event made from a SlimRecord equals the one made from the whole record."""
    record = MADE.kms("2026-03-01T18:05:00Z", "Decrypt", KEYS[0], MADE.role("r", "s"), {"a": "b"}, errorCode="X")
    made = msgspec.json.decode(json.dumps(record), type=SlimRecord)

    whole = to_record(made)

    assert isinstance(whole, dict)
    assert normalize_record(whole, "x") == normalize_record(record, "x")


def test_any_selection_is_asked_for_slim_records_too(tmp_path: Path) -> None:
    """A selection that is only a function picks from what was decoded at once as from anything else."""
    file = tmp_path / "trail.json"
    wanted = MADE.kms("2026-03-01T18:05:00Z", "Decrypt", KEYS[0], MADE.user("alice"), eventID="a")
    other = MADE.kms("2026-03-01T18:05:00Z", "Decrypt", KEYS[0], MADE.user("alice"), eventID="b")
    file.write_text(json.dumps({"Records": [other, wanted]}))

    def select(peek: Peek | SlimRecord) -> bool:
        return bool(peek.event_id == "a")

    found = list(FileReader(select, Tally()).read([InputFile(str(file), file.stat().st_size)]))

    assert [getattr(item, "record", None) for item in found] == [wanted]


def test_stdin_is_counted_as_a_file_is(tmp_path: Path) -> None:
    """Records on stdin, longer than what is looked at in one go, are counted as in a file."""
    lines = b"".join(
        json.dumps(MADE.kms("2026-03-01T18:05:00Z", "Decrypt", KEYS[0], MADE.user("alice"), eventID=str(n))).encode()
        + b"\n"
        for n in range(8000)
    )
    file = tmp_path / "lines.json"
    file.write_bytes(lines)
    counts = [CallerCount(), CallerCount()]

    count_calls(["-"], counts[0], stdin=io.BytesIO(lines))
    count_calls([str(file)], counts[1])

    assert counts[0].rows() == counts[1].rows()
    assert counts[0].rows()[0].calls == 8000


def make_call(number: int, **fields: Any) -> dict[str, Any]:
    """Make a call; those with other numbers differ in their ids only."""
    record = MADE.kms("2026-03-01T18:05:00Z", "Decrypt", KEYS[0], MADE.role("r", "s"), eventID=f"n{number}")
    return {**record, **fields}


INNER = [make_call(7), make_call(8)]
TRAPS = {
    "key in the request only": [
        make_call(n, resources=None, requestParameters={"keyId": f"{n % 2}" * 36}) for n in range(4)
    ],
    "key in the response only": [make_call(n, resources=[], responseElements={"keyId": f"k{n % 2}"}) for n in range(4)],
    "alias in the request": [make_call(n, requestParameters={"keyId": ["alias/y", "alias/x"][n % 2]}) for n in range(4)],
    "object as text": [make_call(1), make_call(2, userIdentity=json.dumps({"type": "Root"})), make_call(3)],
    "struct as text": [make_call(1), make_call(2, requestParameters="{keyId=alias/x}"), make_call(3)],
    "flat columns": [make_call(1), {k: v for k, v in make_call(2, **{"userIdentity.type": "Root"}).items() if k != "userIdentity"}],
    "records beside a record": [make_call(1), {**make_call(2), "Records": INNER}],
    "records before a record": [make_call(1), {"Records": INNER, **make_call(2)}],
    "events beside a record": [make_call(1), {**make_call(2), "events": INNER}],
    "records in a request": [make_call(1), make_call(2, requestParameters={"Records": INNER, "eventSource": "x"})],
    "a needle in a text": [make_call(1), make_call(2, userAgent=NEEDLE, eventSource="ec2.amazonaws.com")],
    "times that are none": [make_call(1), make_call(2, eventTime="2026-02-30T00:00:00Z"), make_call(3, eventTime="")],
    "a call without name": [make_call(1), make_call(2, eventName="")],
    "shared ids": [make_call(n, sharedEventID=["s", "t", None, ""][n % 4]) for n in range(8)],
    "error codes": [make_call(n, errorCode=[None, "200", 200, "AccessDenied", 403, [], True][n]) for n in range(7)],
    "other recipients": [make_call(n, recipientAccountId=["444455556666", None, ""][n % 3]) for n in range(6)],
    "service events": [make_call(n, eventType=["AwsServiceEvent", "AwsApiCall", None][n % 3], userIdentity={}) for n in range(6)],
    "new event types": [make_call(1), make_call(2, eventType="AwsCloudTrailInsight"), make_call(3, eventType="New")],
    "re-encryption": [make_call(n, eventName="ReEncrypt", requestParameters={"sourceKeyId": f"k{n}"}) for n in range(3)],
}  # fmt: skip


@pytest.mark.parametrize("form", ["trail file", "lines", "list", "event history"])
@pytest.mark.parametrize("trap", TRAPS)
def test_traps_catch_no_quick_way(trap: str, form: str, place: Path) -> None:
    """Records between which only the general way could be thought to tell are told apart by the quick ones as well."""
    made = TRAPS[trap]
    file = place / "trap"
    match form:
        case "trail file":
            file.write_text(json.dumps({"Records": made}))
        case "lines":
            file.write_text("".join(json.dumps(record) + "\n" for record in made))
        case "list":
            file.write_text(json.dumps(made))
        case _:
            entries = [{"EventId": "x", "CloudTrailEvent": json.dumps(record)} for record in made]
            file.write_text(json.dumps({"Events": entries, "NextToken": "t"}))
    for keys in ([], ["alias/x"]):
        count = CallerCount(keys)

        coverage = count_calls([str(file)], count)

        assert (count.rows(), coverage) == count_generally(file, keys)


@pytest.mark.parametrize("form", ['{"Records":[%s]}', "%s\n", "[%s]"])
@pytest.mark.parametrize(
    ("name", "before"),
    {
        "errorCode": "AccessDenied",
        "eventTime": "2026-02-01T18:05:00Z",
        "awsRegion": "us-east-1",
        "eventType": "AwsServiceEvent",
        "resources": [{"ARN": KEYS[1]}],
        "requestParameters": {"keyId": KEYS[1]},
        "recipientAccountId": "444455556666",
    }.items(),
)
@pytest.mark.parametrize("separators", [(", ", ": "), (",", ":")], ids=["spaced", "compact"])
def test_what_counts_and_is_said_twice_is_no_call(
    name: str, before: object, form: str, separators: tuple[str, str], place: Path
) -> None:
    """Where a record says something twice that a count rests on, neither way takes one of the two values."""
    file = place / "twice"
    dump = partial(json.dumps, separators=separators)
    plain, other = (dump({"errorCode": None, **make_call(number)}) for number in (1, 2))
    file.write_text(form % f"{dump({name: before})[:-1]},{other[1:]}" + form % plain)
    count = CallerCount([])

    coverage = count_calls([str(file)], count)

    assert (count.rows(), coverage) == count_generally(file, [])
    assert coverage.records_read == 2
    assert sum(row.calls for row in count.rows()) == 1


@pytest.mark.parametrize("form", ['{"Records":[%s]}', "%s\n", "[%s]"])
@pytest.mark.parametrize(
    ("once", "twice"),
    [
        ('"type": "AssumedRole"', '"type": "AssumedRole", "type": "Root"'),
        ('"encryptionContext": {', '"encryptionContext": {"a": "1", "a": "2", '),
        ('"ARN": ', '"ARN": "arn:aws:kms:eu-west-1:111122223333:key/other", "ARN": '),
    ],
)
def test_a_record_that_says_something_twice_further_inside_is_no_call(
    once: str, twice: str, form: str, place: Path
) -> None:
    """A count leaves out the records that a comparison does not take, and counts them as it does, however deep."""
    plain, other = (json.dumps(make_call(n, requestParameters={"encryptionContext": {"b": "c"}})) for n in (1, 2))
    file = place / "twice"
    file.write_text(form % plain + "\n" + form % other.replace(once, twice, 1))
    count = CallerCount([])

    coverage = count_calls([str(file)], count)

    assert (count.rows(), coverage) == count_generally(file, [])
    assert sum(row.calls for row in count.rows()) == 1


@pytest.mark.parametrize("form", ["%s", '[%s, {"a": 1}]', '{"Records": [%s]}', '{"message": %s}'])
def test_record_that_says_something_twice_has_one_size_in_both_ways(form: str) -> None:
    """What is not taken of a record is as large by the general way as by the quick one, wherever the record lies."""
    text = json.dumps(MADE.kms("2026-03-01T18:00:00Z", "Decrypt", KEYS[0], MADE.role("app", "s")))
    doubled = text[:-1] + ',   "requestID":"x"}'
    entry = json.dumps({"EventId": "1", "CloudTrailEvent": doubled})
    data = (form % doubled + "\n" + form % entry).encode()

    ways = [FileReader(ReadOptions(), Tally(), is_quick=is_quick) for is_quick in (True, False)]
    found = [list(way.read_stream("x", io.BytesIO(data))) for way in ways]

    assert found[0] == found[1]
    skipped = [(one.count, one.bytes) for one in found[0] if isinstance(one, Skipped) and one.bytes]
    assert skipped == [(2, 2 * len(json.dumps(json.loads(doubled))))]
