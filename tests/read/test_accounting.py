"""What is put into a document is read or counted: whatever wraps it, splits it, damages it, or makes one of two."""

import bz2
import gzip
import io
import json
import lzma
import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from read.making import make_input
from read.wrapping import WRAPS, dump, lines, lookup, ocsf, tarred, zipped
from recording import Recording

from trail_diff.model.learnt import Skipped
from trail_diff.model.reasons import Reason
from trail_diff.read import budget
from trail_diff.read.envelope import Envelope
from trail_diff.read.files import FileReader, FileSource
from trail_diff.read.interface import FoundRecord, ReadOptions, Tally, select_everything
from trail_diff.read.stream import Splitter

MADE = Recording()
KEY = MADE.key_arn("k")
for minute, call in enumerate(("Decrypt", "GenerateDataKey", "CreateGrant")):
    MADE.kms(f"2026-03-01T18:0{minute}:00Z", call, KEY, MADE.role("r", "s"), {"a": "b"})
FIRST, SECOND, THIRD = MADE.records


def read(data: bytes, *, is_quick: bool = True) -> tuple[list[dict[str, Any]], dict[Reason, int]]:
    """Read a document: its records, and what was skipped."""
    reading = FileReader(select_everything, Tally(), is_quick=is_quick)
    found = list(reading.read_stream("x", io.BytesIO(data)))
    records = [item.record for item in found if isinstance(item, FoundRecord)]
    return records, {item.reason: item.count for item in found if isinstance(item, Skipped)}


def fuse(first: object, second: object, upto: str, onwards: str) -> str:
    """Return the beginning of one object and the end of another, as a lost piece leaves them."""
    one, other = json.dumps(first), json.dumps(second)
    return one[: one.index(upto)] + other[other.index(onwards) :]


FUSED = {
    "most is twice": fuse(FIRST, SECOND, '"eventCategory"', '"userIdentity"'),
    "the call is twice": fuse(FIRST, SECOND, '"requestParameters"', '"eventTime"'),
    "the id is twice": fuse(FIRST, SECOND, '"eventCategory"', '"requestParameters"'),
}
AROUND = {
    "line": lambda text: f"{text}\n{json.dumps(THIRD)}\n",
    "trail": lambda text: f'{{"Records": [{text}, {json.dumps(THIRD)}]}}',
    "array": lambda text: f"[{text}, {json.dumps(THIRD)}]",
    "history": lambda text: json.dumps(
        {"Events": [{"EventId": "e", "CloudTrailEvent": text}, *lookup([THIRD])["Events"]]}
    ),
    "event": lambda text: f'{{"detail-type": "x", "detail": {text}}}\n{json.dumps(THIRD)}\n',
    "log line": lambda text: f"2026-03-01T18:00:00Z {text}\n2026-03-01T18:00:01Z {json.dumps(THIRD)}\n",
    "among damage": lambda text: f'{{"Records": [{text}, {json.dumps(THIRD)}, {{"eventVersion": "1',
}


@pytest.mark.parametrize("is_quick", [True, False])
@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("fused", FUSED)
def test_two_records_that_damage_made_one_are_counted(fused: str, around: str, is_quick: bool) -> None:  # noqa: FBT001
    """A record that repeats what a record has once is none: it would be a call that nobody made."""
    records, reasons = read(AROUND[around](FUSED[fused]).encode(), is_quick=is_quick)

    assert [record["eventID"] for record in records] == [THIRD["eventID"]]
    assert reasons[Reason.INVALID_RECORD] == 1


def test_two_records_of_security_lake_that_damage_made_one_are_counted() -> None:
    """Also in another schema, where the second lies in the middle of the first."""
    one, other = json.dumps(ocsf(FIRST)), json.dumps(ocsf(SECOND))
    text = one[: one.rindex('", "readOnly"')] + other[other.index("taKey") :]

    records, reasons = read(text.encode())

    assert (json.loads(text)["metadata"]["uid"], records, reasons) == (
        SECOND["eventID"],
        [],
        {Reason.INVALID_RECORD: 1},
    )


@pytest.mark.parametrize("name", ["eventID", "eventSource", "userAgent"])
def test_a_name_that_says_the_same_twice_is_no_damage(name: str) -> None:
    """A member that was only written twice makes no difference."""
    text = json.dumps(FIRST)[:-1] + f", {json.dumps(name)}: {json.dumps(FIRST[name])}}}"

    assert read(text.encode()) == ([FIRST], {})


def test_both_texts_of_an_entry_count() -> None:
    """An entry of event history with two texts is made of two entries."""
    text = f'{{"Events": [{{"CloudTrailEvent": {json.dumps(json.dumps(FIRST))}, "CloudTrailEvent": {json.dumps(json.dumps(SECOND))}}}]}}'

    assert read(text.encode()) == ([], {Reason.INVALID_RECORD: 1})


def test_many_names_of_lists_take_no_longer_than_few() -> None:
    """Whether a name comes twice is found out in one pass, however many there are."""
    many = dump({**{f"name{number}": [] for number in range(20_000)}, "Records": [FIRST]})

    assert read(many) == ([FIRST], {})


@given(st.integers(0, 1 << 40))
@settings(max_examples=examples(400), deadline=None)
def test_what_is_put_in_is_read_or_counted(seed: int) -> None:
    """Records in any wraps, in one another or side by side, mangled, damaged, in containers: none is lost unsaid."""
    made = make_input(random.Random(seed))  # noqa: S311 - a test

    records, reasons = read(made.data)

    is_loss_said = bool(reasons) and not made.is_plain
    assert len(records) == made.count or (is_loss_said and not made.is_whole) or len(records) > made.count


@pytest.mark.parametrize("text", [FIRST, json.dumps(FIRST)])
def test_the_end_of_a_record_beside_another_is_counted(text: object) -> None:
    """A wrapper with the id of another record than the one in it took in the end of that one."""
    end = {name: SECOND[name] for name in ("requestID", "eventID", "readOnly", "eventType", "recipientAccountId")}
    own = {name: FIRST[name] for name in end}

    assert read(dump({"version": "0", "detail": text, **end})) == ([FIRST], {Reason.INVALID_RECORD: 1})
    assert read(dump({"version": "0", "detail": text, **own})) == ([FIRST], {})


@pytest.mark.parametrize("is_quick", [True, False])
def test_an_entry_with_the_id_of_another_is_counted(is_quick: bool) -> None:  # noqa: FBT001
    """An entry of event history whose record says another id than the entry was made of two."""
    entries = [{"EventId": FIRST["eventID"], "CloudTrailEvent": json.dumps(SECOND)}, *lookup([THIRD])["Events"]]

    assert read(dump({"Events": entries}), is_quick=is_quick) == ([THIRD], {Reason.INVALID_RECORD: 1})


TWICE = {
    "eventName": (FIRST["eventName"], "Encrypt"),
    "eventTime": (FIRST["eventTime"], "2026-03-01T19:00:00Z"),
    "awsRegion": (FIRST["awsRegion"], "us-east-1"),
    "errorCode": (None, "AccessDenied"),
    "recipientAccountId": (FIRST["recipientAccountId"], "444455556666"),
    "requestParameters": (FIRST["requestParameters"], {"keyId": "alias/other"}),
    "resources": (FIRST["resources"], []),
    "userIdentity": (FIRST["userIdentity"], {"type": "Root"}),
    "responseElements": (None, {"\u00fc": 1}),
}


@pytest.mark.parametrize("form", [b"%s", b"%s\n", b'{"Records": [%s]}', b'{"Records":[%s],"x":1}', b"[%s]"])
@pytest.mark.parametrize("is_quick", [True, False])
@pytest.mark.parametrize("name", sorted(TWICE))
def test_a_record_that_says_something_twice_is_counted(name: str, is_quick: bool, form: bytes) -> None:  # noqa: FBT001
    """A record with two values for one name is read by neither way and counted as invalid; two that agree are one."""
    one, other = map(json.dumps, TWICE[name])
    plain = {key: value for key, value in FIRST.items() if key != name}
    start = dump(plain)[:-1]
    twice, agreed = (start + f', "{name}": {one}, "{name}": {value}}}'.encode() for value in (other, one))

    assert read(form % twice, is_quick=is_quick) == ([], {Reason.INVALID_RECORD: 1})
    assert read(form % agreed, is_quick=is_quick) == ([{**plain, name: TWICE[name][0]}], {})


@pytest.mark.parametrize("is_quick", [True, False])
def test_a_record_that_says_something_twice_further_inside_is_counted(is_quick: bool) -> None:  # noqa: FBT001
    """Nobody knows who called where the type of a caller stands there twice; of what wraps records the last counts."""
    inner = dump(FIRST).replace(b'"type": ', b'"type": "Root", "type": ', 1)
    around = b'{"tags": 1, "tags": 2, "detail": %s}' % dump(SECOND)

    assert read(inner, is_quick=is_quick) == ([], {Reason.INVALID_RECORD: 1})
    assert read(around, is_quick=is_quick) == ([SECOND], {})


COSTLY = {
    "lines of junk": b'{"a":1}\n',
    "values in a list": b"[[],[]],",
    "rows of a table": b"a,b\n",
    "broken text": b'"eventSource":{"',
    "open brackets": b"[",
    "texts": b'"{}",',
}
HEADS = {"rows of a table": b"eventname,eventsource\n", "values in a list": b'{"x":[', "texts": b'["x",'}


@pytest.mark.parametrize("name", sorted(set(COSTLY) - {"open brackets"}))
def test_work_is_bounded_by_what_was_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file that unpacks to much that is slow to read is given up, counted, and what came before is kept."""
    monkeypatch.setattr(budget, "FREE_WORK", 1 << 18)
    head = HEADS.get(name, dump(FIRST) + b"\n")

    records, reasons = read(gzip.compress(head + COSTLY[name] * 40_000))

    assert Reason.WORK_LIMIT in reasons
    assert name in HEADS or records == [FIRST]
    assert len(records) < 10_000


MANY = 5_000


def zip_directory(count: int) -> bytes:
    """Return the end of a zip: a directory of members that are not there."""
    size = 46 * count
    return b"PK\1\2".ljust(46, b"\0") * count + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, size, 4, 0)


MEMBERS = {
    "members of a tar": lambda: tarred({str(number): b"" for number in range(MANY)}),
    "members of a zip": lambda: zipped({"inner.zip": zipped({str(number): b"" for number in range(MANY)})}),
    "a directory of a zip": lambda: zipped({"inner.zip": b"PK\3\4" + zip_directory(MANY)}),
    "gz after gz": lambda: gzip.compress(b"") * MANY,
    "bzip2 after bzip2": lambda: bz2.compress(b"") * MANY,
    "xz after xz": lambda: lzma.compress(b"") * MANY,
    "zstd after zstd": lambda: zstandard.compress(b"") * MANY,
    "spaces": lambda: bz2.compress(b" " * (8 << 20)),
    "empty lists": lambda: b"[]\n" * MANY,
    "empty texts": lambda: b'"' * 2 * MANY,
    "nodes of YAML": lambda: b"Events:\n" + b"- a: b\n" * MANY,
}
"""What is small when packed, and each of whose parts takes its time, though it holds next to nothing."""


@pytest.mark.parametrize("name", MEMBERS)
def test_each_part_of_an_archive_is_work(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However a bomb is made, it is given up and counted."""
    monkeypatch.setattr(budget, "FREE_WORK", 1 << 17)

    assert read(gzip.compress(MEMBERS[name]()))[1].keys() & {Reason.WORK_LIMIT, Reason.YAML_NOT_READ}


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstandard.compress])
def test_members_one_behind_another_are_one_document(pack: Callable[[bytes], bytes]) -> None:
    """Short and long members, with zeros behind some, are put together."""
    records = [{**FIRST, "eventID": f"{number:08}-0000-4000-8000-000000000000"} for number in range(400)]
    sizes = [1, 1, 200, 3, 195]
    ends = [sum(sizes[: place + 1]) for place in range(len(sizes))]
    parts = [lines(records[end - size : end]) for size, end in zip(sizes, ends, strict=True)]
    padded = [pack(part) + bytes(5000 * (place % 2)) for place, part in enumerate(parts)]

    assert read(b"".join(padded)) == (records, {})


@pytest.mark.parametrize(
    "data",
    [
        zipped(
            {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>", "xl/sharedStrings.xml": b"<sst/>"}
        ),
        zipped({"word/document.xml": b"<document/>"}),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504),
    ],
    ids=["workbook", "document", "before 2007"],
)
def test_a_file_of_an_office_program_is_named(data: bytes) -> None:
    """A workbook is not read as a table, which is told with what to do; it may hide events."""
    assert read(data)[1][Reason.OFFICE_FILE] == 1


JOINED: dict[str, Callable[[bytes, bytes], bytes]] = {
    "tar after tar": lambda one, other: tarred({"1": one}) + tarred({"2": other}),
    "zip after zip": lambda one, other: zipped({"1": one}) + zipped({"2": other}),
    "lines after a zip": lambda one, other: zipped({"1": one}) + other,
    "UTF-8 after UTF-16": lambda one, other: one.decode().encode("utf-16") + other,
    "UTF-16 after UTF-8": lambda one, other: one + other.decode().encode("utf-16"),
    "a frame to pass over": lambda one, other: b"\x5f\x2a\x4d\x18\x02\0\0\0hi" + zstandard.compress(one + other),
}


@pytest.mark.parametrize("name", JOINED)
def test_what_follows_in_a_file_is_read_or_counted(name: str) -> None:
    """Whatever was joined to a file behind its end is not passed over."""
    records, reasons = read(JOINED[name](lines([FIRST]), lines([SECOND, THIRD])))

    assert len(records) == 3 or {Reason.TRUNCATED_ARCHIVE, Reason.TEXT_NOT_READ, Reason.BINARY_FILE} & reasons.keys()
    assert len(records) == 3 or name not in ("tar after tar", "a frame to pass over")


@pytest.mark.parametrize("name", ["outputs", "text/plain", "application/json", "data"])
def test_a_notebook_with_a_name_that_damage_changed_is_read(name: str) -> None:
    """What a notebook shows is looked for under whatever name it has; its code, which may name a field, is not."""
    shown = [{"data": {"application/json": FIRST}}, {"data": {"text/plain": [dump(SECOND).decode()]}}]
    cells = [{"cell_type": "code", "source": ["records[0]['eventSource']"], "outputs": [one]} for one in shown]
    whole = json.dumps({"cells": cells, "nbformat": 4})

    records, skipped = read(whole.replace(f'"{name}"', '"te"').encode())

    assert (records, skipped) == ([FIRST, SECOND], {})


@pytest.mark.parametrize("is_quick", [True, False])
@pytest.mark.parametrize("encoding", ["utf-32", "utf-32-be", "utf-16"])
def test_a_hole_at_the_beginning_is_no_encoding(encoding: str, is_quick: bool) -> None:  # noqa: FBT001
    """What is left of an archive's first header is no character of two or four bytes; a member in such ones counts."""
    text = b"0" + bytes(247) + dump(FIRST) + b"\n"
    assert read(text, is_quick=is_quick)[0] == [FIRST]

    records, skipped = read(text * 40 + bytes(300) + dump(SECOND).decode().encode(encoding), is_quick=is_quick)

    assert records == [FIRST] * 40
    assert {Reason.TEXT_NOT_READ, Reason.INVALID_JSON} & skipped.keys()


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_small_file_is_read_as_a_large_one(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    """A file read in one go gives what the general way gives: packed or not, whatever is in it."""
    other = {**SECOND, "requestParameters": {"eventID": "not-an-event", "name": "caf\u00e9"}}
    document = json.dumps({"Records": [FIRST, other]}, ensure_ascii=False).encode("latin-1")
    (tmp_path / "small").write_bytes(pack(document.replace(b'"eventType"', b'"eventID": "e", "eventType"', 1)))

    ways = [list(FileSource([str(tmp_path / "small")]).read(ReadOptions(), select_everything, Tally(), None))]
    ways.append(
        list(
            FileReader(select_everything, Tally(), is_quick=False).read_stream(
                ways[0][0].source, io.BytesIO((tmp_path / "small").read_bytes())
            )
        )
    )

    assert ways[0] == ways[1]


@pytest.mark.parametrize("name", COSTLY)
def test_a_plain_file_may_make_as_much_work_as_it_needs(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was not unpacked never comes to the limit: each of its bytes may be a value and be gone over by repairs."""
    monkeypatch.setattr(budget, "FREE_WORK", 0)

    assert Reason.WORK_LIMIT not in read(HEADS.get(name, b"") + COSTLY[name] * 8_000)[1]


@pytest.mark.parametrize("name", ["athena-flat", "athena-tsv", "athena-structs"])
def test_a_header_that_ran_into_a_row_is_counted(name: str) -> None:
    """A piece that is missing between the header and the first row takes a call with it."""
    data = WRAPS[name]([FIRST])
    header, row = data.split(b"\r\n")[:2]

    records, reasons = read(header[:-2] + row[30:])

    assert (records, sum(reasons.values())) == ([], 1)


def test_records_before_a_value_at_the_end_of_a_line_are_read() -> None:
    """A line without line feeds holds several log entries; the last begins a value that goes on below."""
    first = "\r".join(f"2026-03-01T18:00:00Z {json.dumps(record)}" for record in (FIRST, SECOND))

    assert read(f"{first}\r2026-03-01T18:00:00Z {json.dumps(THIRD, indent=2)}\n".encode()) == (
        [FIRST, SECOND, THIRD],
        {},
    )


@pytest.mark.parametrize(
    "data", [zipped({}), tarred({}), gzip.compress(tarred({"a": b""}))], ids=["zip", "tar", "member"]
)
def test_an_archive_without_a_document_is_counted(data: bytes) -> None:
    """An archive in which nothing is says so, as a file without content does."""
    assert read(data)[1].keys() & {Reason.EMPTY_FILE, Reason.BINARY_FILE}


HOSTILE = {
    "lone surrogates": '{"x":"\\ud800","y":1},',
    "raw control characters": '{"x":"a\tb","eventSource":"n"\n',
    "open brackets": "[",
    "invalid elements": '{"eventVersion":1,"eventSource":',
    "one long word": "eventSource" + "x" * 100,
    "names of lists": '"name":[],',
    "single quotes": "'a': 'eventSource', {",
    **{name: text.decode() for name, text in COSTLY.items()},
}


def work_for(data: bytes) -> int:
    """Return how much work a document makes, in the measure of the budget."""
    weighed = budget.Budget()
    weighed.take(len(data))
    envelope = Envelope("x", select_everything, Tally(), weighed)
    assert list(envelope.read(Splitter(io.BytesIO(data), budget=weighed)))
    return weighed.worked


@pytest.mark.parametrize("name", HOSTILE)
def test_twice_the_input_makes_twice_the_work(name: str) -> None:
    """The work that is counted grows with the size, however hostile the input is."""
    once, twice = (work_for(b'{"x":[' + HOSTILE[name].encode() * count) for count in (500, 1000))

    assert 0 < once <= twice <= 2.5 * once
