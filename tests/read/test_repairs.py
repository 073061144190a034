"""Text that is no JSON as it is: each repair gives the records back and is named; what is lost is counted."""

import base64
import gc
import gzip
import io
import json
import re
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from read.mangling import MANGLES
from read.wrapping import tarred, zipped
from recording import Recording

from trail_diff.cli import run
from trail_diff.model.learnt import Skipped
from trail_diff.model.reasons import Reason
from trail_diff.read.files import FileSource
from trail_diff.read.interface import FoundJob, FoundRecord, ReadOptions, Tally, select_everything
from trail_diff.read.repair.registry import ALWAYS, REPAIRS

MADE = Recording()
KEY = MADE.key_arn("k")
for number in range(6):
    MADE.kms(f"2026-03-01T18:0{number}:00Z", "Decrypt", KEY, MADE.role("service-role/r", "s"), {"a": "b"})
RECORDS = MADE.records
PRETTY = json.dumps({"Records": RECORDS}, indent=4)


def read(content: bytes | str) -> tuple[list[dict[str, Any]], dict[Reason, Skipped], Tally]:
    """Read what arrives on stdin: the records, what was skipped, and the counts."""
    tally = Tally()
    data = content if isinstance(content, bytes) else content.encode()
    found = list(FileSource(["-"], io.BytesIO(data)).read(ReadOptions(), select_everything, tally, None))
    records = [item.record for item in found if isinstance(item, FoundRecord)]
    return records, {item.reason: item for item in found if isinstance(item, Skipped)}, tally


def ids(records: list[dict[str, Any]]) -> list[str]:
    """Return by what records are told apart, in order."""
    return sorted(record["eventID"] for record in records)


@pytest.mark.parametrize("name", MANGLES)
def test_a_repair_gives_all_records_back_and_is_named(name: str) -> None:
    """Records that went through one manner are the very same as before, and the coverage says what was undone."""
    records, skipped, _ = read(MANGLES[name](PRETTY))

    assert records == RECORDS
    assert not [reason for reason in skipped if not reason.startswith("repaired-")]
    assert skipped or name in ("tabs", "colours")


@pytest.mark.parametrize(
    "names", [("wrapped-80", "quoted"), ("no-break-spaces", "curly"), ("html", "hash"), ("curly", "numbered")]
)
def test_repairs_work_one_after_another(names: tuple[str, ...]) -> None:
    """Text that went through several hands is read as well."""
    text = PRETTY
    for name in names:
        text = MANGLES[name](text)

    assert read(text)[0] == RECORDS


@pytest.mark.parametrize("mark", ["...", "-- snip --", "[truncated]", "\u2026", "<snip>"])
def test_an_elision_is_told(mark: str) -> None:
    """Records out of which somebody cut a field are read, and the coverage says that something is missing."""
    text = re.sub(r'\n\s*"userAgent": "[^"]*",', f"\n{mark}", PRETTY)

    records, skipped, _ = read(text)

    assert ids(records) == ids(RECORDS)
    assert Reason.REPAIRED_ELISIONS in skipped


@pytest.mark.parametrize(
    "mark", ["...", "-- snip --", "[... 120 lines omitted ...]", "\u2026", "--8<-- cut", ":...skipping..."]
)
@pytest.mark.parametrize("around", ["lines", "list", "log lines"])
def test_records_left_out_between_others_are_told(around: str, mark: str) -> None:
    """Where somebody cut whole records, the others are read as they are, and no absence among them is sure."""
    prefix, comma = ("2026-03-01T18:00:00Z " if around == "log lines" else ""), ("," if around == "list" else "")
    lines = [f"{prefix}{json.dumps(one)}{comma}" for one in RECORDS]
    text = "\n".join([*lines[:3], mark, *lines[3:]])

    records, skipped, _ = read(f"[{text.rstrip(',')}]" if around == "list" else text)

    assert ids(records) == ids(RECORDS)
    assert Reason.REPAIRED_ELISIONS in skipped


@pytest.mark.parametrize("words", ["see below", "thanks :+1:", "## Events", "Jane Doe  6:05 PM", "---"])
def test_words_between_records_say_nothing_of_missing_ones(words: str) -> None:
    """What people write around records is no mark of something left out."""
    _, skipped, _ = read("\n".join([*map(json.dumps, RECORDS[:3]), words, *map(json.dumps, RECORDS[3:])]))

    assert Reason.REPAIRED_ELISIONS not in skipped


def test_printed_python_is_read() -> None:
    """What print() shows of an answer of boto3 gives its records."""
    entries = [
        {"EventId": "e", "EventSource": "kms.amazonaws.com", "Ok": True, "CloudTrailEvent": json.dumps(record)}
        for record in RECORDS
    ]
    text = repr({"Events": entries}).replace("True", "datetime.datetime(2026, 3, 1, 18, 0, tzinfo=tzlocal())", 1)

    records, skipped, _ = read(text)

    assert records == RECORDS
    assert Reason.REPAIRED_PYTHON in skipped


def test_yaml_is_read_without_following_references() -> None:
    """YAML gives its records; a document whose references would grow without end is refused."""
    entries = "".join(f"- EventId: e\n  CloudTrailEvent: '{json.dumps(record)}'\n" for record in RECORDS)
    bomb = "Events:\n- &a [x, x]\n" + "".join(
        f"- &{b} [*{a}, *{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )

    assert read("Events:\n" + entries)[0] == RECORDS
    assert Reason.YAML_NOT_READ in read(bomb)[1]


def test_a_name_that_comes_twice_loses_nothing() -> None:
    """Both lists of one name are read, and a list beside another one too."""
    one, two, three = (json.dumps(RECORDS[at : at + 2]) for at in (0, 2, 4))

    assert ids(read(f'{{"Records": {one}, "Records": {two}, "events": {three}}}')[0]) == ids(RECORDS)
    assert ids(read(f'{{"data": {one}, "results": {two}, "NextToken": null, "data": {three}}}')[0]) == ids(RECORDS)


@pytest.mark.parametrize("holder", ["QueryResultRows", "results"])
def test_rows_joined_by_damage_are_no_row(holder: str) -> None:
    """A row with a column twice, of CloudTrail Lake and of Logs Insights, is counted, and makes no mixed record."""

    def cells(record: dict[str, Any]) -> list[dict[str, Any]]:
        columns = {"eventname": record["eventName"], "eventsource": record["eventSource"], "eventid": record["eventID"]}
        columns["eventtime"] = record["eventTime"]
        named = [{"field": name, "value": value} for name, value in columns.items()]
        return named if holder == "results" else [{one["field"]: one["value"]} for one in named]

    whole, *torn = map(cells, RECORDS[:3])

    records, skipped, _ = read(json.dumps({holder: [whole, [*torn[0][:-1], *torn[1]]]}))

    assert ids(records) == ids(RECORDS[:1])
    assert skipped[Reason.INVALID_RECORD].count == 1


@pytest.mark.parametrize("joined", [0, 1, 2])
def test_rows_of_athena_that_were_joined_are_counted(joined: int) -> None:
    """A row that goes on in the next one is counted; where it is that of the names, so is every row behind it."""
    names = ("eventname", "eventsource", "eventid", "eventtime")
    values = [(one["eventName"], one["eventSource"], one["eventID"], one["eventTime"]) for one in RECORDS[:3]]
    rows: list[tuple[str, ...]] = [names, *values]
    rows[joined : joined + 2] = [(*rows[joined][:2], *rows[joined + 1])]
    cells = [{"Data": [{"VarCharValue": value} for value in row]} for row in rows]

    records, skipped, _ = read(json.dumps({"ResultSet": {"Rows": cells}}))

    assert len(records) + skipped[Reason.INVALID_RECORD].count == len(rows) - (joined > 0)
    assert len(records) == (0 if joined == 0 else 1)


def test_a_page_of_athena_without_its_names_is_counted() -> None:
    """Where damage took the names of the columns, a row of values is not taken for names."""
    values = [RECORDS[0]["eventName"], RECORDS[0]["eventID"], RECORDS[0]["eventTime"], RECORDS[0]["eventSource"]]
    rows = [{"Data": [{"VarCharValue": value} for value in values]}]

    records, skipped, _ = read(json.dumps({"ResultSet": {"Rows": rows, "ResultSetMetad": {}}}))

    assert (records, skipped[Reason.INVALID_RECORD].count) == ([], 1)


def test_the_rest_of_another_record_around_a_record_is_counted() -> None:
    """The fields that follow a record in its wrapper, and are those of another one, are told; its own are not."""
    torn = {name: value for name, value in RECORDS[1].items() if name != "userIdentity"}
    own = {name: value for name, value in RECORDS[0].items() if name != "userIdentity"}

    records, skipped, _ = read(json.dumps({"detail": RECORDS[0], **torn}))

    assert (records, skipped[Reason.INVALID_RECORD].count) == (RECORDS[:1], 1)
    assert read(json.dumps({"detail": RECORDS[0], **own}))[:2] == (RECORDS[:1], {})


def test_a_row_whose_record_is_another_s_is_counted() -> None:
    """The id of a row tells that the text beside it goes on with another record."""
    texts = [json.dumps(one).replace('"', '""') for one in RECORDS[:2]]
    text = "EventId,CloudTrailEvent\n" + "".join(f'{RECORDS[0]["eventID"]},"{one}"\n' for one in texts)

    records, skipped, _ = read(text)

    assert (records, skipped[Reason.UNREADABLE_ROW].count) == (RECORDS[:1], 1)


@pytest.mark.parametrize("wrap", [lambda text: text, lambda text: '{"Records":[' + text + "]}"])
def test_records_that_damage_joined_inside_of_a_name_or_a_text_are_counted(wrap: Callable[[str], str]) -> None:
    """A record joined to another in the middle of a member's name is none; one that goes on in a text is told."""
    first, second = (json.dumps(record) for record in RECORDS[:2])
    in_name = first[: first.index('eventID": "')] + "Catego" + second[second.index('eventID": "') :]
    assert read(wrap(in_name))[1][Reason.INVALID_RECORD].count == 1

    for separators in ((", ", ": "), (",", ":")):
        joined = {**RECORDS[0], "userAgent": "aws-cli/2" + second[second.index('sion": ') :]}
        records, skipped, _ = read(wrap(json.dumps(joined, separators=separators)))
        assert ([record["eventID"] for record in records], skipped[Reason.TEXT_NOT_READ].count) == (
            [RECORDS[0]["eventID"]],
            1,
        )


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", " ", ""])
def test_lines_joined_in_any_way_are_read(end: str) -> None:
    """Every record of a log is read, whatever stands between its lines."""
    text = end.join(f"2026-03-01T18:00:00Z {json.dumps(record)}" for record in RECORDS)

    records, skipped, _ = read(text)

    assert (records, skipped) == (RECORDS, {})


@given(st.data())
@settings(max_examples=examples(150), deadline=None)
def test_whatever_is_cut_out_all_others_are_read(data: st.DataObject) -> None:
    """With any piece cut out of a file, in whatever form, each record that is whole is read, and a loss is counted."""
    indent = data.draw(st.sampled_from([None, 2]))
    texts = [json.dumps(record, indent=indent) for record in RECORDS]
    text = data.draw(st.sampled_from([f'{{"Records": [{", ".join(texts)}]}}', "\n".join(texts)]))
    start = data.draw(st.integers(0, len(text) - 2))
    end = data.draw(st.integers(start + 1, min(len(text), start + 2000)))
    left = text[:start] + text[end:]

    records, skipped, _ = read(left)

    assert [one for one, whole in zip(RECORDS, texts, strict=True) if whole in left and one not in records] == []
    assert left.count('"eventVersion"') <= len(records) + sum(one.count for one in skipped.values())


@pytest.mark.parametrize(
    "make",
    [
        lambda count: "[" * (count * 400),
        lambda count: '{"a":' * (count * 100),
        lambda count: '{"x":"\\ud800",' + '"y":1},' * (count * 60),
        lambda count: "x" * (count * 400) + "eventSource",
        lambda count: '"eventSource' * (count * 30),
        lambda count: "> " * (count * 200) + 'eventSource "',
        lambda count: "".join(f'{{"x":"a\tb","eventSource":"{n}"\n' for n in range(count * 10)),
        lambda count: "=\n" * (count * 30) + "eventSource",
        lambda count: "'a': 'eventSource', {" * (count * 20),
        lambda count: '\\"eventSource\\": ' * (count * 20),
    ],
)
def test_the_time_grows_with_the_size(make: Callable[[int], str]) -> None:
    """Twice the text takes about twice the time, however hostile it is; a busy machine has three tries."""
    read(make(50))

    assert any(spent_on(make(1000)) < 2.5 * spent_on(make(500)) + 0.3 for _ in range(3))


def spent_on(text: str) -> float:
    """Return the seconds of processor time that reading takes, without those of collecting other tests' garbage."""
    gc.collect()
    gc.disable()
    try:
        begun = time.process_time()
        read(text)
        return time.process_time() - begun
    finally:
        gc.enable()


FORMS: dict[str, tuple[Callable[[], bytes], Reason | None]] = {
    "text output": (
        lambda: "".join(
            f"EVENTS\t{json.dumps(one)}\t{one['eventID']}\tDecrypt\tkms.amazonaws.com\t1772388300.0\ttrue\tr\n"
            "RESOURCES\tk\tAWS::KMS::Key\n"
            for one in RECORDS
        ).encode(),
        None,
    ),
    "Format-List, wrapped": (
        lambda: "\n\n".join(
            "AccessKeyId     : \nCloudTrailEvent : "
            + "\n                  ".join(re.findall(".{1,60}", json.dumps(one)))
            + f"\nEventId         : {one['eventID']}"
            for one in RECORDS
        ).encode(),
        Reason.REPAIRED_FORMAT_LIST,
    ),
    "links of a chat": (
        lambda: (
            json.dumps(RECORDS).replace("kms.amazonaws.com", "<http://kms.amazonaws.com|kms.amazonaws.com>").encode()
        ),
        Reason.REPAIRED_LINKS,
    ),
    "links of a mail": (
        lambda: (
            json.dumps(RECORDS).replace("kms.amazonaws.com", "kms.amazonaws.com<http://kms.amazonaws.com/>").encode()
        ),
        Reason.REPAIRED_LINKS,
    ),
    "one column of psql": (
        lambda: "\n".join([" record ", "--------", *(f" {json.dumps(one)}" for one in RECORDS), "(6 rows)\n"]).encode(),
        None,
    ),
    "columns of psql": (
        lambda: "\n".join([" n | record ", "---+------", *(f" 1 | {json.dumps(one)}" for one in RECORDS), ""]).encode(),
        None,
    ),
    "a table without a header": (
        lambda: "".join(f'1,"{json.dumps(one).replace(chr(34), chr(34) * 2)}"\r\n' for one in RECORDS).encode(),
        None,
    ),
    "a table of Log Analytics": (
        lambda: json.dumps(
            {
                "tables": [
                    {
                        "name": "PrimaryResult",
                        "columns": [{"name": "TimeGenerated", "type": "datetime"}, {"name": "_raw"}],
                        "rows": [["t", json.dumps(one)] for one in RECORDS],
                    }
                ]
            }
        ).encode(),
        None,
    ),
    "masked dots": (
        lambda: json.dumps(RECORDS).replace("kms.amazonaws", "kms[.]amazonaws").encode(),
        Reason.REPAIRED_LINKS,
    ),
    "quotes of Windows": (lambda: MANGLES["curly"](PRETTY).encode("cp1252"), Reason.REPAIRED_ENCODING),
    "a log emptied while it was written": (lambda: b"\0" * 300 + PRETTY.encode(), None),
    "zeros between records": (lambda: "\0".join(map(json.dumps, RECORDS)).encode(), None),
    "a capture of a browser": (
        lambda: json.dumps({"log": {"entries": [{"response": {"content": {"text": PRETTY}}}]}}).encode(),
        None,
    ),
    "far down": (lambda: json.dumps({"a": {"b": {"c": {"d": {"e": {"f": RECORDS}}}}}}).encode(), None),
    "streams": (
        lambda: json.dumps({"data": {"result": [{"values": [["1", json.dumps(one)] for one in RECORDS]}]}}).encode(),
        None,
    ),
    "base64 in a field": (
        lambda: json.dumps(
            [{"raw_log": base64.b64encode(json.dumps(one).encode()).decode()} for one in RECORDS]
        ).encode(),
        None,
    ),
    "pages of YAML": (
        lambda: "".join(f"---\n{yaml.safe_dump({'Records': part})}" for part in (RECORDS[:2], RECORDS[2:])).encode(),
        Reason.REPAIRED_YAML,
    ),
    "pages of YAML joined": (
        lambda: "".join(yaml.safe_dump({"Records": part}) for part in (RECORDS[:2], RECORDS[2:])).encode(),
        Reason.REPAIRED_YAML,
    ),
    "an armoured block": (
        lambda: b"-----BEGIN LOG-----\n" + base64.encodebytes(json.dumps(RECORDS).encode()) + b"-----END LOG-----\n",
        Reason.REPAIRED_MAIL,
    ),
    "a list of YAML": (lambda: yaml.safe_dump(RECORDS).encode(), Reason.REPAIRED_YAML),
    "times as numbers": (
        lambda: re.sub(
            r'"eventTime": "([^"]*)"',
            lambda found: f'"eventTime": {datetime.fromisoformat(found[1]).timestamp():.0f}',
            json.dumps(RECORDS),
        ).encode(),
        None,
    ),
    "names in snake case": (
        lambda: re.sub(
            r'"([a-z]\w*)": ',
            lambda found: f'"{re.sub("(?<=[a-z])(?=[A-Z])", "_", found[1]).lower()}": ',
            json.dumps(RECORDS),
        ).encode(),
        None,
    ),
    "base64 on each line": (
        lambda: b"\n".join(base64.b64encode(json.dumps(one).encode()) for one in RECORDS),
        Reason.REPAIRED_MAIL,
    ),
    "gzip in base64 on each line": (
        lambda: b"\n".join(base64.b64encode(gzip.compress(json.dumps(one).encode())) for one in RECORDS),
        Reason.REPAIRED_MAIL,
    ),
    "pieces of Docker": (
        lambda: "\n".join(
            json.dumps({"log": piece, "stream": "stdout", "time": f"2026-03-01T18:00:0{at}.1Z"})
            for at, one in enumerate(RECORDS)
            for piece in pieces(json.dumps(one) + "\n")
        ).encode(),
        None,
    ),
    "pieces of fluentd": (
        lambda: "\n".join(
            json.dumps(
                {"log": piece, "partial_id": at, "partial_ordinal": nth, "partial_last": f"{nth == last}".lower()}
            )
            for at, one in enumerate(RECORDS)
            for last in [len(pieces(json.dumps(one))) - 1]
            for nth, piece in enumerate(pieces(json.dumps(one)))
        ).encode(),
        None,
    ),
    "pieces of kubelet": (
        lambda: "\n".join(
            f"2026-03-01T18:00:0{at}.{nth}23456789Z stdout {'F' if nth == last else 'P'} {piece}"
            for at, one in enumerate(RECORDS)
            for last in [len(pieces(json.dumps(one))) - 1]
            for nth, piece in enumerate(pieces(json.dumps(one)))
        ).encode(),
        Reason.REPAIRED_WRAPPING,
    ),
    "wrapped and indented": (
        lambda: "\n".join(
            "    " + json.dumps(one)[at : at + 90] for one in RECORDS for at in range(0, len(json.dumps(one)), 90)
        ).encode(),
        Reason.REPAIRED_WRAPPING,
    ),
    "a mailbox": (
        lambda: "\n".join(
            f"From a@example.com Mon Mar  2 08:00:00 2026\n{MANGLES[how](json.dumps(part))}"
            for how, part in (("mail", RECORDS[:2]), ("mail-with-gzip", RECORDS[2:4]), ("mail", RECORDS[4:]))
        ).encode(),
        Reason.REPAIRED_MAIL,
    ),
    "a zip in a mail": (lambda: attached(zipped({"a.json": PRETTY.encode()})), Reason.REPAIRED_MAIL),
    "a tar of gz in a mail": (
        lambda: attached(tarred({"a.gz": gzip.compress(PRETTY.encode())}, "w:gz")),
        Reason.REPAIRED_MAIL,
    ),
    "UTF-16 in a mail": (lambda: attached(PRETTY.encode("utf-16")), Reason.REPAIRED_MAIL),
    "a mail for a browser alone": (
        lambda: attached(f"<p>{json.dumps(RECORDS)}</p>".encode(), "text/html"),
        Reason.REPAIRED_MAIL,
    ),
    "a data URL": (
        lambda: b"data:application/json;base64," + base64.b64encode(json.dumps(RECORDS).encode()),
        Reason.REPAIRED_MAIL,
    ),
    "base64 for URLs, without its end": (
        lambda: base64.urlsafe_b64encode(gzip.compress(json.dumps(RECORDS).encode(), mtime=0)).rstrip(b"="),
        Reason.REPAIRED_MAIL,
    ),
    "a zip in base64": (lambda: base64.encodebytes(zipped({"a.json": PRETTY.encode()})), Reason.REPAIRED_MAIL),
    "line breaks as escapes": (lambda: PRETTY.replace("\n", "\\n").encode(), Reason.REPAIRED_ESCAPES),
    "between bars": (
        lambda: "\n".join(f"│ {line:200} │" for line in PRETTY.split("\n")).encode(),
        Reason.REPAIRED_LINE_PREFIXES,
    ),
    "rows of Splunk": (
        lambda: json.dumps({"fields": ["_time", "_raw"], "rows": [["t", json.dumps(one)] for one in RECORDS]}).encode(),
        None,
    ),
    "a column of any name": (
        lambda: json.dumps({"columns": [{"name": "RawData"}], "rows": [[json.dumps(one)] for one in RECORDS]}).encode(),
        None,
    ),
}
"""Forms that are read whole, and the repair that is named."""


def attached(content: bytes, kind: str = "application/octet-stream") -> bytes:
    """Attach a file to a mail."""
    head = f"From: a\nContent-Type: {kind}\nContent-Transfer-Encoding: base64\n\n"
    return head.encode() + base64.encodebytes(content)


def pieces(text: str) -> list[str]:
    """Return a text cut as a container engine does, only shorter."""
    return [text[at : at + 400] for at in range(0, len(text), 400)]


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_read_whole_and_its_repair_named(form: str) -> None:
    """All records come out of each form as they went in, nothing is counted as lost, and what was done is named."""
    make, repair = FORMS[form]

    records, skipped, tally = read(make())

    if "YAML" not in form and form != "names in snake case":
        assert sorted(records, key=lambda one: one["eventID"]) == sorted(RECORDS, key=lambda one: one["eventID"])
    assert ids(records) == ids(RECORDS)
    assert [one["userIdentity"]["arn"] for one in records] == [one["userIdentity"]["arn"] for one in RECORDS]
    assert list(skipped) == ([repair] if repair else []) or (repair in skipped and form == "quotes of Windows")
    assert tally.records == len(RECORDS)


@pytest.mark.parametrize("form", [*FORMS, *MANGLES])
def test_what_is_read_can_be_redacted(form: str, tmp_path: Path) -> None:
    """Of whatever is read a copy can be made that has as many records, of the same times, and no name."""
    (tmp_path / "in").write_bytes(FORMS[form][0]() if form in FORMS else MANGLES[form](PRETTY).encode())

    assert run(["redact", str(tmp_path / "in"), "-o", str(tmp_path / "out")]) == 0

    copy = (tmp_path / "out").read_bytes()
    records, skipped, _ = read(copy)
    told = [sorted((one["eventTime"], one["eventName"]) for one in these) for these in (records, RECORDS)]
    assert told[0] == told[1]
    assert not [reason for reason in skipped if not reason.startswith("repaired-")]
    assert not [name for name in (KEY.rpartition("/")[2], "111122223333", "service-role/r") if name.encode() in copy]


def test_a_line_of_which_pieces_are_missing_is_not_put_together() -> None:
    """The beginning of one line and the end of another, of another time or of another second, are counted."""
    whole, other = (json.dumps(one) for one in RECORDS[:2])
    docker = "".join(
        json.dumps({"log": text, "stream": "stdout", "time": f"2026-03-01T18:00:0{at}Z"}) + "\n"
        for at, text in enumerate((whole[:400], other[400:] + "\n", whole + "\n"))
    )
    kubelet = f"2026-03-01T18:00:00Z stdout P {whole[:400]}\n2026-03-01T18:00:09Z stdout F {other[400:]}\n"

    for text, count in ((docker, 1), (kubelet + f"2026-03-01T18:00:10Z stdout F {whole}\n", 1)):
        records, skipped, _ = read(text)
        assert records == RECORDS[:count]
        assert [reason for reason in skipped if not reason.startswith("repaired-")]


@pytest.mark.parametrize(
    "write",
    [
        yaml.safe_dump,
        repr,
        lambda page: MANGLES["quoted"](json.dumps(page, indent=2)),
        lambda page: base64.encodebytes(json.dumps(page).encode()).decode(),
    ],
    ids=["yaml", "python", "quoted", "base64"],
)
def test_a_page_that_is_not_the_last_is_told_of(write: Callable[[Any], str], tmp_path: Path) -> None:
    """A page of event history that goes on says so whatever it went through, and so does its redacted copy."""
    page = {"Events": [{"EventId": one["eventID"], "CloudTrailEvent": json.dumps(one)} for one in RECORDS]}

    for more, is_told in (({"NextToken": "t"}, True), ({}, False)):
        records, _, tally = read(write({**page, **more}))
        assert (len(records), tally.event_history, tally.next_token) == (6, 6, is_told)
        (tmp_path / "in").write_text(write({**page, **more}), encoding="utf-8")
        assert run(["redact", str(tmp_path / "in"), "-o", str(tmp_path / "out")]) == 0
        assert read((tmp_path / "out").read_bytes())[2].next_token is is_told


def test_doubled_backslashes_are_undone() -> None:
    """A policy as text in a record survives tab-separated values, which double the backslashes before its quotes."""
    record = {**RECORDS[0], "requestParameters": {"policy": json.dumps({"Version": "2012-10-17"})}}

    records, skipped, _ = read("2026-03-01\t" + json.dumps(record).replace("\\", "\\\\") + "\n")

    assert records == [record]
    assert list(skipped) == [Reason.REPAIRED_ESCAPES]


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_letters_that_are_no_utf8_are_named(encoding: str) -> None:
    """JSON that another program wrote in an encoding of its own is whole but for its letters, which is told."""
    written = [{**one, "userAgent": "Z\u00fcrich"} for one in RECORDS]

    records, skipped, _ = read(json.dumps({"Records": written}, ensure_ascii=False).encode(encoding))

    assert records == written
    assert list(skipped) == [Reason.REPAIRED_ENCODING]


LOSSES: dict[str, Callable[[], str]] = {
    "the head of indented records": lambda: PRETTY[PRETTY.index('"eventID"') :],
    "a hole of zeros in a name": lambda: PRETTY.replace("assumed-role", "assumed\0\0\0role", 1),
    "a page break in every record": lambda: re.sub(r'("eventName": "De)', r"\1~~~\n", PRETTY).replace(
        "crypt", '"crypt'
    ),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_is_counted_by_records(loss: str) -> None:
    """What is damaged beyond repair is counted, as many as there are records in it."""
    records, skipped, _ = read(LOSSES[loss]())

    lost = sum(one.count for reason, one in skipped.items() if not reason.startswith(("repaired-", "not-")))

    assert len(records) + lost >= len(RECORDS)
    assert lost


def test_a_document_that_only_names_the_fields_is_not_passed_over() -> None:
    """An object that has the names of a record where nothing can read them is counted as unread text."""
    text = json.dumps({"rows": [["eventSource", "eventName", "eventTime"], ["kms.amazonaws.com", "Decrypt", "today"]]})
    entries = [{"key": name, "value": value} for name, value in RECORDS[0].items()]

    assert Reason.TEXT_NOT_READ in read(text)[1]
    assert Reason.TEXT_NOT_READ in read(json.dumps(entries))[1]


def test_a_name_of_a_service_that_was_cut_has_no_space() -> None:
    """A line break inside of an ARN or of a service's name leaves no space there."""
    text = PRETTY.replace("assumed-role/", "assumed-\nrole/").replace('"kms.amazonaws', '"kms.\namazonaws')

    assert read(text)[0] == RECORDS


def test_a_tag_in_a_value_stays() -> None:
    """A value that looks like a tag is no markup where the text around it has none."""
    tagged = [{**one, "requestParameters": {"name": "a <b>c</b> d"}} for one in RECORDS]

    assert read(MANGLES["wrapped-100"](json.dumps(tagged, indent=4)))[0] == tagged


LOST_ATTACHMENTS = {
    "a gz that is none": b"\x1f\x8b" + b"x" * 200,
    "a zip without its end": zipped({"a.json": PRETTY.encode()})[:-40],
}


@pytest.mark.parametrize("name", LOST_ATTACHMENTS)
def test_an_attachment_that_cannot_be_unpacked_is_counted(name: str) -> None:
    """What is lost of a mail is told of like text that is not read."""
    assert Reason.TEXT_NOT_READ in read(attached(LOST_ATTACHMENTS[name]))[1]


def test_a_policy_cut_in_the_middle_is_put_together() -> None:
    """A line break in JSON inside of a string is taken for white space only between its parts."""
    policy = json.dumps({"Statement": [{"Action": "kms:Decrypt"}]})
    record = {**RECORDS[0], "requestParameters": {"policy": policy}}
    text = json.dumps({"Records": [record]})
    at = text.index("kms:Dec") + 5
    cut = text[:at] + "\n" + text[at:]

    records, skipped, _ = read("x" * (at - 1) + "\n" + cut)

    assert records == [record]
    assert Reason.REPAIRED_WRAPPING in skipped


@pytest.mark.parametrize("repair", [*ALWAYS, *REPAIRS])
def test_a_repair_leaves_plain_text_alone(repair: Any) -> None:
    """Records as AWS writes them are nothing to repair, or are the same afterwards."""
    changed = repair.apply(json.dumps({"Records": RECORDS}, indent=1))

    assert changed is None or json.loads(changed) == {"Records": RECORDS}


def test_jobs_in_broken_text_are_found() -> None:
    """A job description that was quoted in a mail is found like any other."""
    text = json.dumps({"BackupJobId": "a", "State": "FAILED", "CreationDate": "2026-03-01T18:00:00Z"}, indent=2)
    stdin = io.BytesIO(MANGLES["quoted"](text).encode())
    found = list(FileSource(["-"], stdin).read(ReadOptions(), select_everything, Tally(), None))

    assert [item.document["BackupJobId"] for item in found if isinstance(item, FoundJob)] == ["a"]
