"""Tables of any known form give records in CloudTrail's spelling; rows that cannot be used are counted."""

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from trail_diff.model.learnt import Record, Skipped
from trail_diff.model.reasons import Reason
from trail_diff.read.forms.columns import record_from_columns
from trail_diff.read.forms.rows import is_header, read_rows
from trail_diff.read.shapes import Columns, look_inside

KEY = "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555"
CALL = {"eventsource": "kms.amazonaws.com", "eventname": "Decrypt", "eventtime": "2026-09-03T16:07:46Z"}
CONSOLE = (
    "User name,AWS access key,Event time,Event source,Event name,AWS region,Source IP address,User agent,"
    "Error code,Resources,Request ID,Event ID,Read-only,Event type,Recipient Account Id,Event category"
)
Row = Record | str | Skipped


def read(text: str) -> list[Row]:
    """Read a table."""
    return list(read_rows(io.StringIO(text, newline=""), "export.csv"))


def row(**columns: Any) -> Record:
    """Make the record of a KMS call with these columns."""
    record = record_from_columns({**CALL, **columns})
    assert record is not None
    return record


def row_of(columns: dict[str, Any]) -> Record:
    """Make the record of a KMS call with columns whose names are no identifiers."""
    return row(**columns)


@pytest.mark.parametrize(
    "line",
    [
        CONSOLE,
        '"eventtime","eventname","eventsource","useridentity_type"\n',
        "EVENTNAME;EVENTSOURCE;EVENTTIME",
        "eventName\teventSource",
        "@timestamp,@message",
        '"_time","_raw"\r\n',
        "EventId,EventName,CloudTrailEvent",
    ],
)
def test_known_headers_are_recognised(line: str) -> None:
    """The console, Athena, Lake, Logs Insights, Splunk and event history each have a header that is known."""
    assert is_header(line)


@pytest.mark.parametrize(
    "line", ["", '"', "\0", '{"message": 1}', '["eventName","eventSource"]', "name,age", "x" * 300_000]
)
def test_other_lines_are_no_header(line: str) -> None:
    """JSON, other tables and damage are no header."""
    assert not is_header(line)


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("2026-09-03T16:07:46Z", "2026-09-03T16:07:46Z"),
        ("2026-09-03 16:07:46.000", "2026-09-03T16:07:46Z"),
        ("03-Sep-2026 16:07:46", "2026-09-03T16:07:46Z"),
        ("Sep 3, 2026 @ 16:07:46.000", "2026-09-03T16:07:46Z"),
        ("Thu, 03 Sep 2026 16:07:46 GMT", "2026-09-03T16:07:46Z"),
        ("Thu Sep  3 16:07:46 2026", "2026-09-03T16:07:46Z"),
        ("2026\u5e7409\u670803\u65e5 16:07:46", "2026-09-03T16:07:46Z"),
        ("2026. 09. 03. 16:07:46", "2026-09-03T16:07:46Z"),
        ("46268.671377315", "2026-09-03T16:06:47Z"),
        ({"$date": "2026-09-03T16:07:46Z"}, "2026-09-03T16:07:46Z"),
        ("2026-09-03 16:07:46 CET", None),
        ("2026-09-03 16:07:46.000 UTC", "2026-09-03T16:07:46Z"),
        ("2026-09-03T16:07:46+09:00", "2026-09-03T07:07:46Z"),
        ("May 1, 2024, 10:00:00 (UTC+09:00)", "2024-05-01T01:00:00Z"),
        ("May 1, 2024, 10:00:00 PM (UTC-03:30)", "2024-05-02T01:30:00Z"),
        (datetime(2026, 9, 3, 16, 7, 46, tzinfo=UTC), "2026-09-03T16:07:46Z"),
        ("2026-09-03 16:07:46 JST", "2026-09-03T07:07:46Z"),
        ("2026-09-03 16:07:46 GMT", "2026-09-03T16:07:46Z"),
        ("2026-09-03 16:07:46.123 Europe/Berlin", "2026-09-03T14:07:46Z"),
        ("2026-10-25 02:30:00 Europe/Berlin", None),
        ("2026-09-03 16:07:46 +0200", "2026-09-03T14:07:46Z"),
        ("2026-09-03 16:07:46 IST", None),
        ("3 Sep 2026 16:07:46", "2026-09-03T16:07:46Z"),
        ("03 September 2026 16:07:46", "2026-09-03T16:07:46Z"),
        ("46268.5", "2026-09-03T12:00:00Z"),
        ("yesterday", None),
        ("0001-01-01T00:00:00Z (UTC+09:00)", None),
    ],
)
def test_times_are_read(time: object, expected: str | None) -> None:
    """Every form of a time becomes UTC text, offsets are honoured, and what is none is not guessed."""
    assert row(eventtime=time)["eventTime"] == expected


@pytest.mark.parametrize(("text", "expected"), [("true", True), ("False", False), ("maybe", None)])
def test_read_only_is_not_guessed(text: str, expected: bool | None) -> None:  # noqa: FBT001 - a column of the table
    """Text other than true and false does not say whether a call was read-only."""
    assert row(readonly=text).get("readOnly") is expected


@pytest.mark.parametrize("text", ["", "null", "-", None])
def test_empty_cells_are_absent(text: str | None) -> None:
    """What engines print for NULL leaves no field behind."""
    assert "errorCode" not in row(errorcode=text)


SERVICE = {"type": "AWSService", "invokedBy": "backup-storage.amazonaws.com"}


@pytest.mark.parametrize(
    "columns",
    [
        {"useridentity": "{type=AWSService, invokedby=backup-storage.amazonaws.com}"},
        {"useridentity": '{"type": "AWSService", "invokedBy": "backup-storage.amazonaws.com"}'},
        {"useridentity": {"type": "AWSService", "invokedby": "backup-storage.amazonaws.com"}},
        {"useridentity": [("type", "AWSService"), ("invokedby", "backup-storage.amazonaws.com")]},
        {"useridentity_type": "AWSService", "useridentity_invokedby": "backup-storage.amazonaws.com"},
        {"userIdentity.type": "AWSService", "userIdentity.invokedBy": "backup-storage.amazonaws.com"},
        {"useridentity.type": "AWSService", "useridentity.invokedby": "backup-storage.amazonaws.com"},
        {"useridentity_type": "AWSService", "useridentity": "{invokedby=backup-storage.amazonaws.com}"},
    ],
    ids=["struct", "json", "dict", "map", "flat", "dotted", "dotted lower", "flat before struct"],
)
def test_caller_is_read_from_every_form(columns: dict[str, Any]) -> None:
    """The caller comes out the same from struct text, JSON, flat and dotted columns, in any order."""
    assert row_of(columns)["userIdentity"] == SERVICE


def test_session_issuer_is_read_from_every_form() -> None:
    """The role's own ARN lies deep, and is found in each form."""
    arn = "arn:aws:iam::111122223333:role/service-role/r"
    forms: list[dict[str, Any]] = [
        {"useridentity_sessioncontext_sessionissuer_arn": arn},
        {"userIdentity.sessionContext.sessionIssuer.arn": arn},
        {"useridentity_sessioncontext": f"{{sessionissuer={{arn={arn}}}}}"},
        {"useridentity": f"{{sessioncontext={{sessionissuer={{arn={arn}}}}}}}"},
    ]

    assert [row_of(form)["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] for form in forms] == [arn] * 4


def test_session_name_does_not_make_a_service_of_a_role() -> None:
    """A role session whose name imitates fields keeps the type that CloudTrail gave it."""
    arn = "arn:aws:sts::111122223333:assumed-role/r/x,type=AWSService,invokedby=backup-storage.amazonaws.com"

    identity = row(useridentity=f"{{type=AssumedRole, arn={arn}, invokedby=null}}")["userIdentity"]

    assert (identity["type"], identity["arn"], identity["invokedBy"]) == ("AssumedRole", arn, None)


CONTEXT = {"aws:dynamodb:tableName": "Orders, a=b", "ARN": "Keep", "KeyId": '{"a": 1}', "operations": '["x"]'}


@pytest.mark.parametrize(
    "columns",
    [
        {"requestparameters": json.dumps({"keyId": KEY, "encryptionContext": CONTEXT})},
        {"requestparameters": json.dumps({"keyid": KEY, "encryptioncontext": CONTEXT})},
        {"requestparameters": f"{{keyid={KEY}, encryptioncontext={json.dumps(CONTEXT)}}}"},
        {"requestparameters_keyid": KEY, "requestparameters_encryptioncontext": json.dumps(CONTEXT)},
        {"requestParameters.keyId": KEY, **{f"requestParameters.encryptionContext.{k}": v for k, v in CONTEXT.items()}},
    ],
    ids=["json", "lower json", "map", "flat", "dotted"],
)
def test_encryption_context_is_kept_to_the_letter(columns: dict[str, Any]) -> None:
    """Names and values of an encryption context keep their case and form, even when they look like fields of ours."""
    request = row_of(columns)["requestParameters"]

    assert (request["keyId"], request["encryptionContext"]) == (KEY, CONTEXT)


def test_policy_stays_text() -> None:
    """The policy of a PutKeyPolicy record is text in CloudTrail, and is not opened."""
    policy = json.dumps({"Statement": [{"Effect": "Deny"}]})

    assert row(requestparameters=json.dumps({"policy": policy}))["requestParameters"]["policy"] == policy
    assert row(requestparameters_policy=policy)["requestParameters"]["policy"] == policy


@pytest.mark.parametrize(
    "columns",
    [
        {"resources": json.dumps([{"ARN": KEY, "type": "AWS::KMS::Key"}])},
        {"resources": f"[{{arn={KEY}, type=AWS::KMS::Key}}]"},
        {"resources": f"{{arn={KEY}, type=AWS::KMS::Key}}"},
        {"resources": json.dumps([{"resourceType": "AWS::KMS::Key", "resourceName": KEY}])},
        {"resources.0.ARN": KEY, "resources.0.type": "AWS::KMS::Key"},
        {"resources_arn": KEY, "resources_type": "AWS::KMS::Key"},
        {"resources_arn": "arn:other", "resources": f"[{{arn={KEY}, type=AWS::KMS::Key}}]"},
    ],
    ids=["json", "structs", "struct", "console", "dotted", "flat", "both"],
)
def test_resources_are_read_from_every_form(columns: dict[str, Any]) -> None:
    """The key's ARN comes out the same from every form of the resources column."""
    assert row_of(columns)["resources"] == [{"ARN": KEY, "type": "AWS::KMS::Key"}]


def test_both_keys_of_a_reencrypt_are_kept_in_order() -> None:
    """Numbered columns give a list in the order of the numbers."""
    columns = {"resources.1.ARN": "second", "resources.10.ARN": "last", "resources.0.ARN": "first"}

    assert [resource["ARN"] for resource in row_of(columns)["resources"]] == ["first", "second", "last"]


def console_row(**cells: str) -> Record:
    """Read one row of the console's CSV, columns in another order than usual."""
    names = [*reversed(CONSOLE.split(",")), "Extra"]
    given = {"Event source": "kms.amazonaws.com", "Event name": "Decrypt", "Event time": "2024-05-01T10:00:00Z"}
    written = io.StringIO()
    csv.writer(written).writerows([names, [{**given, **cells}.get(name, "") for name in names]])
    (record,) = read(written.getvalue())
    assert isinstance(record, dict)
    return record


def test_console_row_is_read() -> None:
    """A row of the console has what the console shows, in any order of columns, and no caller type."""
    record = console_row(
        **{
            "User name": "s",
            "AWS access key": "ASIAX",
            "Read-only": "true",
            "Event ID": "e",
            "Error code": "AccessDenied",
        }
    )

    assert record["userIdentity"] == {"userName": "s", "accessKeyId": "ASIAX"}
    assert (record["readOnly"], record["eventID"], record["errorCode"]) == (True, "e", "AccessDenied")


@pytest.mark.parametrize(
    ("address", "identity"),
    [("backup-storage.amazonaws.com", {"invokedBy": "backup-storage.amazonaws.com"}), ("198.51.100.7", {})],
)
def test_console_row_without_user_names_the_service(address: str, identity: dict[str, str]) -> None:
    """Only a service's own name in the source address says who called; a type is never made up."""
    assert console_row(**{"Source IP address": address})["userIdentity"] == identity


@pytest.mark.parametrize("column", ["@message", "_raw", "CloudTrailEvent"])
def test_whole_records_are_handed_on_as_text(column: str) -> None:
    """A cell that holds a whole record is given as it is, line breaks included."""
    text = json.dumps({"eventName": 'a "quoted", text'}, indent=1)
    written = io.StringIO()
    csv.writer(written).writerows([["t", column], ["now", text]])

    assert read(written.getvalue()) == [text]


def test_ragged_rows_are_read_and_useless_ones_counted() -> None:
    """Rows with too few cells are read; rows that name no call, or run on behind the last column, are counted."""
    rows = ["A,kms.amazonaws.com", "B,kms.amazonaws.com,x,,", "C,kms.amazonaws.com,x,y,z", "only", "", ",,"]
    found = read("\n".join(["eventname,eventsource,errorcode", *rows, ""]))

    assert [item["eventName"] for item in found if isinstance(item, dict)] == ["A", "B"]
    assert found[-1] == Skipped(
        "export.csv", Reason.UNREADABLE_ROW, 2, len("C,kms.amazonaws.com,x,y,z") + 1 + len("only") + 1
    )


def test_row_cut_inside_of_a_cell_is_counted() -> None:
    """The last row of a file that was cut is no record with half of its request."""
    found = read('eventname,eventsource,requestparameters\nDecrypt,kms.amazonaws.com,"{""keyId"": ""arn')

    assert found == [Skipped("export.csv", Reason.UNREADABLE_ROW, 1)]


def test_a_last_row_that_is_cut_between_cells_is_counted() -> None:
    """A last row without a line end and with fewer cells than the header is no record; others may be shorter."""
    whole = "eventName,eventSource,eventTime,errorCode\nDecrypt,kms.amazonaws.com,2026-09-03T16:07:46Z\n"

    found = read(whole + "Encrypt,kms.amazonaws.com,2026-09-03T16:07:47Z")

    assert [one["eventName"] for one in found if isinstance(one, dict)] == ["Decrypt"]
    assert found[-1] == Skipped("export.csv", Reason.UNREADABLE_ROW, 1)


def test_tables_put_together_have_no_record_of_a_header() -> None:
    """A header in the middle of a table is no record."""
    table = "eventName,eventSource,eventTime\nDecrypt,kms.amazonaws.com,2026-09-03T16:07:46Z\n"

    assert len(read(table + table)) == 2


def test_a_cell_that_was_cut_is_told() -> None:
    """A record one of whose cells was cut off is read, and it is counted that fields are missing."""
    table = 'eventName,eventSource,eventTime,requestParameters\nDecrypt,kms.amazonaws.com,2026-09-03T16:07:46Z,"{""a"": ""b"\n'

    found = read(table)

    assert isinstance(found[0], dict)
    assert found[1:] == [Skipped("export.csv", Reason.CELL_NOT_READ, 1)]


def test_rows_beside_their_columns_are_counted_where_they_do_not_fit() -> None:
    """A row with more or fewer values than there are columns is no record."""
    columns = ["eventName", "eventSource", "eventTime"]
    rows = [["Decrypt", "kms.amazonaws.com", "2026-09-03T16:07:46Z"], ["Encrypt", "kms.amazonaws.com"]]

    assert look_inside({"columns": columns, "rows": rows}) == [
        Columns(dict(zip(columns, rows[0], strict=True))),
        Reason.INVALID_RECORD,
    ]


def test_time_of_splunk_is_the_time_of_the_event() -> None:
    """A table of chosen fields has the time in Splunk's own column."""
    [record] = read("_time,eventName,eventSource\n2026-03-01T18:00:17.000+0000,Decrypt,kms.amazonaws.com\n")

    assert isinstance(record, dict)
    assert record["eventTime"] == "2026-03-01T18:00:17Z"


def test_resources_of_splunk_are_read() -> None:
    """Splunk's columns of several resources give each its ARN, in order."""
    record = record_from_columns({**CALL, "resources{}.ARN": ["arn:one", "arn:two"]})

    assert record is not None
    assert record["resources"] == [{"ARN": "arn:one"}, {"ARN": "arn:two"}]


def test_giant_cell_is_counted_and_large_one_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cell of a mebibyte is read; one beyond the limit costs its own row only."""
    monkeypatch.setattr("trail_diff.read.forms.cells.CELL_LIMIT_CHARACTERS", 2 << 20)
    head = "eventname,eventsource,errormessage\n"

    found = read(
        f"{head}A,kms.amazonaws.com,{'x' * (1 << 20)}\nB,kms.amazonaws.com,{'x' * (3 << 20)}\nC,kms.amazonaws.com,\n"
    )

    assert [item["eventName"] for item in found if isinstance(item, dict)] == ["A", "C"]
    assert found[-1] == Skipped("export.csv", Reason.UNREADABLE_ROW, 1)


def test_rows_stream() -> None:
    """A row is given before the next line is asked for."""
    asked = []

    def lines() -> Any:
        for number, line in enumerate(["eventname,eventsource\n", *["A,kms.amazonaws.com\n"] * 5]):
            asked.append(number)
            yield line

    next(read_rows(lines(), "export.csv"))

    assert len(asked) == 2


@pytest.mark.parametrize(
    "columns",
    [
        {"useridentity": "garbage", "User name": "bob"},
        {"userIdentity" + ".a" * 10_000: "x"},
        {"useridentity": '{"a":' * 10_000 + "1" + "}" * 10_000},
        {"useridentity": "{a=" * 10_000},
        {"requestparameters": '{"a": ' + "9" * 5000 + "}"},
        {"eventtime": 10**400},
        {"eventtime": float("nan")},
        {"resources": "[1, null, {}]", "resources.0.ARN": "x"},
        {"errorcode": ["x"], "\ud800": "\ud800"},
        {"": "x", ".": "y", "_": "z", "resources.": "w"},
    ],
    ids=[
        "identity is text",
        "deep path",
        "deep json",
        "deep struct",
        "huge number",
        "huge time",
        "no time",
        "odd resources",
        "odd types",
        "odd names",
    ],
)
def test_hostile_columns_do_not_crash(columns: dict[str, Any]) -> None:
    """Wrong types, deep nesting and huge numbers leave a record of the call that can be written as JSON."""
    record = row_of(columns)

    assert json.loads(json.dumps(record))["eventName"] == "Decrypt"


ODD = st.text(st.sampled_from('",;\t\n\r{}[]=: aÉ\0\ud800'), max_size=60)


@given(
    st.sampled_from(["", f"{CONSOLE}\n", "eventname,eventsource,useridentity,resources\n", "@message\n"]),
    st.one_of(ODD, st.text(max_size=80)),
)
@settings(deadline=None, max_examples=examples(400))
def test_no_text_crashes_the_reader(header: str, text: str) -> None:
    """Whatever stands in a table, each thing in it is a record, text or counted."""
    assert all(isinstance(item, dict | str | Skipped) for item in read(header + text))


COLUMNS = st.sampled_from([
    "eventTime", "userIdentity", "useridentity_type", "User name", "Read-only", "resources", "resources.0.ARN", "resources_arn",
    "requestparameters", "requestparameters_encryptioncontext", "userIdentity.sessionContext.sessionIssuer", "useridentity_sessioncontext",
])  # fmt: skip
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.datetimes(), ODD),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(ODD, inner, max_size=3), st.tuples(inner, inner)
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.one_of(COLUMNS, ODD), VALUES, max_size=6))
@settings(deadline=None, max_examples=examples(400))
def test_no_columns_crash_the_reader(columns: dict[str, Any]) -> None:
    """Whatever columns a row has, in whatever types, a call is read from those that name it."""
    record = record_from_columns({**columns, **CALL})

    assert record is not None
    assert record["eventSource"] == "kms.amazonaws.com"


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).filter(
    lambda text: text not in ("null", "-")
)
NASTY = st.one_of(
    WORDS, st.sampled_from(["a, b=c", 'say "x"', "two\nlines", "k=v", "{x=1}", "a;b\tc", "x, type=AWSService"])
)


@given(
    st.lists(st.tuples(st.sampled_from(["AWSService", "AssumedRole", "IAMUser"]), st.sampled_from(["Decrypt", "CreateGrant"]), st.one_of(st.just(""), st.just("AccessDenied")), st.dictionaries(NASTY, NASTY, max_size=3)), min_size=1, max_size=5),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.permutations(["eventtime", "eventsource", "eventname", "errorcode", "useridentity_type", "requestparameters", "resources"]),
)  # fmt: skip
@settings(deadline=None, max_examples=examples(150))
def test_what_was_written_is_read_back(
    calls: list[tuple[str, str, str, dict[str, str]]], delimiter: str, quoting: Any, names: list[str]
) -> None:
    """A CSV of any delimiter, quoting and order of columns gives back caller type, call, error, key and context."""
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, names, delimiter=delimiter, quoting=quoting)
    writer.writeheader()
    for caller_type, name, error, context in calls:
        request = json.dumps({"keyId": KEY, "encryptionContext": context}, ensure_ascii=False)
        writer.writerow(
            {
                **CALL,
                "eventname": name,
                "errorcode": error,
                "useridentity_type": caller_type,
                "requestparameters": request,
                "resources": f"[{{arn={KEY}, type=AWS::KMS::Key}}]",
            }
        )

    found = [item for item in read(written.getvalue()) if isinstance(item, dict)]

    assert calls == [
        (
            item["userIdentity"]["type"],
            item["eventName"],
            item.get("errorCode", ""),
            item["requestParameters"]["encryptionContext"],
        )
        for item in found
    ]
    assert {item["resources"][0]["ARN"] for item in found} == {KEY}
