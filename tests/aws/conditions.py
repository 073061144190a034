"""The conditions of engines' statements, applied to records in DuckDB, so that a wrong one leaves records out.

Source: CloudTrail user guide, "Supported SQL schemas for event data stores"; CloudWatch Logs user guide, "CloudWatch Logs
Insights language query syntax", filter (`like` with a text is true for a part of the field).
"""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime

import duckdb
import sqlglot
from recording import Record

_COLUMNS = ("eventjson", "eventtime", "eventname", "eventsource", "awsregion", "errormessage", "errorcode")
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|(like\b)|(\[)|(\])|(@message)|([^"\[\]@]+?(?=like\b|["\[\]@]|\Z))', re.DOTALL)


def matching_lake(records: Sequence[Record], statement: str) -> list[int]:
    """Return the places of the records that a statement of CloudTrail Lake selects."""
    condition = statement.partition(" WHERE ")[2]
    (translated,) = sqlglot.transpile(f"SELECT place FROM store WHERE {condition}", read="presto", write="duckdb")  # noqa: S608
    return _run(records, translated)


def matching_insights(records: Sequence[Record], query: str) -> list[int]:
    """Return the places of the records that the filter of a Logs Insights query lets through."""
    found = re.fullmatch(r"fields @message \| filter (.*) \| limit \d+", query, re.DOTALL)
    assert found is not None, query
    return _run(records, f"SELECT place FROM store WHERE {_as_sql(found[1])}")  # noqa: S608


def _as_sql(condition: str) -> str:
    """Return a filter in SQL: texts in single quotes, lists in parentheses, `like` as a part of a text."""
    written, is_like = [], False
    for text, like, begin, end, message, other in _TOKEN.findall(condition):
        if like:
            is_like = True
            written.append("LIKE")
        elif begin or end:
            written.append("(" if begin else ")")
        elif message or other:
            written.append("eventjson" if message else other)
        else:
            plain = re.sub(r"\\(.)", r"\1", text).replace("'", "''")
            written.append(f"'%{plain}%'" if is_like else f"'{plain}'")
            is_like = False
    return " ".join(written)


def _run(records: Sequence[Record], sql: str) -> list[int]:
    with duckdb.connect() as database:
        columns = ", ".join(f"{name} {'TIMESTAMP' if name == 'eventtime' else 'VARCHAR'}" for name in _COLUMNS)
        database.execute(f"CREATE TABLE store (place INTEGER, {columns})")
        database.execute("CREATE MACRO tolower(text) AS lower(text)")
        rows = [[place, *_row(record)] for place, record in enumerate(records)]
        if rows:
            database.executemany("INSERT INTO store VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        return sorted(place for (place,) in database.execute(sql).fetchall())


def _row(record: Record) -> list[object]:
    moment = datetime.fromisoformat(record["eventTime"]).astimezone(UTC).replace(tzinfo=None)
    names = ("eventName", "eventSource", "awsRegion", "errorMessage", "errorCode")
    return [json.dumps(record), moment, *(record.get(name) for name in names)]
