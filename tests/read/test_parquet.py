"""Parquet tables of Security Lake and of CloudTrail's own columns give records; damage is counted."""

import io
import sys
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow.parquet import write_table

from trail_diff.model.learnt import Record, Skipped
from trail_diff.model.reasons import Reason
from trail_diff.read.forms.parquet import read_parquet

KEY = "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555"
TEXT_MAP = pa.map_(pa.string(), pa.string())
CALL = {"eventsource": "kms.amazonaws.com", "eventname": "Decrypt", "eventtime": "2026-09-03T16:07:46Z"}


def written(table: pa.Table, row_group_size: int | None = None) -> bytes:
    """Write a table."""
    target = io.BytesIO()
    write_table(table, target, row_group_size=row_group_size)
    return target.getvalue()


def read(content: bytes) -> list[Record | str | Skipped]:
    """Read a table."""
    return list(read_parquet(io.BytesIO(content), "table.parquet"))


def records(content: bytes) -> list[Record]:
    """Read a table of which nothing is skipped."""
    found = read(content)
    assert not [item for item in found if isinstance(item, Skipped)]
    return [item for item in found if isinstance(item, dict)]


def test_security_lake_table_is_read() -> None:
    """A Security Lake table, `unmapped` being a map, gives the caller, key and account."""
    row = {
        "api": {
            "operation": "Decrypt",
            "service": {"name": "kms.amazonaws.com"},
            "request": {"data": f'{{"keyId": "{KEY}"}}'},
        },
        "actor": {"user": {"type": "AWSService"}, "invoked_by": "backup-storage.amazonaws.com"},
        "time": 1772388300000,
        "resources": [{"uid": KEY, "type": "AWS::KMS::Key"}],
        "not_needed": "x",
    }
    table = pa.Table.from_pylist([row])
    unmapped = pa.array([[("recipientAccountId", "111122223333"), ("readOnly", "true")]], TEXT_MAP)

    (record,) = records(written(table.append_column("unmapped", unmapped)))

    assert record["userIdentity"] == {"type": "AWSService", "invokedBy": "backup-storage.amazonaws.com"}
    assert record["resources"][0]["ARN"] == record["requestParameters"]["keyId"] == KEY
    assert (record["recipientAccountId"], record["readOnly"], record["eventTime"]) == (
        "111122223333",
        True,
        "2026-03-01T18:05:00Z",
    )


def test_table_with_structs_is_read() -> None:
    """A table with CloudTrail's columns as structs, maps and timestamps gives CloudTrail's spelling."""
    row = {
        **CALL,
        "eventtime": datetime(2026, 9, 3, 16, 7, 46, tzinfo=UTC),
        "readonly": True,
        "useridentity": {"type": "AWSService", "invokedby": "backup-storage.amazonaws.com", "arn": None},
        "resources": [{"arn": KEY, "accountid": "111122223333", "type": "AWS::KMS::Key"}],
    }
    request = pa.array([[("keyId", KEY), ("encryptionContext", '{"aws:X": "a, b=c"}')]], TEXT_MAP)

    (record,) = records(written(pa.Table.from_pylist([row]).append_column("requestparameters", request)))

    assert (record["eventTime"], record["readOnly"]) == ("2026-09-03T16:07:46Z", True)
    assert (record["userIdentity"]["type"], record["userIdentity"]["invokedBy"]) == (
        "AWSService",
        "backup-storage.amazonaws.com",
    )
    assert record["resources"] == [{"ARN": KEY, "accountId": "111122223333", "type": "AWS::KMS::Key"}]
    assert record["requestParameters"] == {"keyId": KEY, "encryptionContext": {"aws:X": "a, b=c"}}


def test_every_row_group_is_read_in_order() -> None:
    """Rows come in the order of the file, across row groups and batches."""
    rows = [{**CALL, "eventid": str(number)} for number in range(10_000)]

    found = records(written(pa.Table.from_pylist(rows), row_group_size=3000))

    assert [record["eventID"] for record in found] == [row["eventid"] for row in rows]


def test_rows_that_name_no_call_are_counted() -> None:
    """Rows of another kind are counted; the others are read."""
    found = read(written(pa.Table.from_pylist([CALL, {**CALL, "eventname": None}, {**CALL, "eventsource": ""}])))

    assert len(found) == 2
    assert found[-1] == Skipped("table.parquet", Reason.UNREADABLE_ROW, 2)


def test_table_of_something_else_is_counted() -> None:
    """A table without CloudTrail's columns gives no record and no silence."""
    assert read(written(pa.table({"a": [1, 2]}))) == [Skipped("table.parquet", Reason.UNREADABLE_ROW, 2)]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1PAR1", b"PAR1" + b"\xff" * 200 + b"PAR1"])
def test_broken_table_is_counted(content: bytes) -> None:
    """What only looks like Parquet is counted as unreadable."""
    assert read(content) == [Skipped("table.parquet", Reason.UNREADABLE_FILE)]


def test_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the optional library, the reason says what is missing."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    assert read(b"PAR1") == [Skipped("table.parquet", Reason.PARQUET_SUPPORT_MISSING)]


SOUND = written(pa.Table.from_pylist([{**CALL, "useridentity": {"type": "AWSService"}}] * 20))


@given(st.lists(st.tuples(st.integers(0, len(SOUND) - 1), st.integers(0, 255)), max_size=3), st.integers(0, len(SOUND)))
@settings(deadline=None, max_examples=examples(150))
def test_damaged_tables_do_not_crash(changes: list[tuple[int, int]], cut: int) -> None:
    """A table with bytes changed or cut ends in records and counts, never in an exception."""
    content = bytearray(SOUND)
    for place, value in changes:
        content[place] = value

    whole, short = read(bytes(content)), read(bytes(content[:cut]))

    assert all(isinstance(item, dict | Skipped) for item in [*whole, *short])


COLUMN_VALUES: Any = st.one_of(
    st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=20), st.just("{a=1}")
)


@given(
    st.lists(
        st.fixed_dictionaries(dict.fromkeys([*CALL, "useridentity", "resources", "readonly"], COLUMN_VALUES)),
        min_size=1,
        max_size=4,
    )
)
@settings(deadline=None, max_examples=examples(100))
def test_no_cell_crashes_the_reader(rows: list[dict[str, str | None]]) -> None:
    """Every row is a record or counted, whatever text its cells hold."""
    found = read(written(pa.Table.from_pylist(rows)))

    skipped = sum(item.count for item in found if isinstance(item, Skipped))
    assert skipped + sum(isinstance(item, dict) for item in found) == len(rows)
