"""Athena on loopback: moto takes a query, DuckDB answers it over the table of AWS's documentation."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import boto3
from aws.athena_tables import run_on_duckdb
from aws.loopback import Loopback
from recording import Record


def state(name: str, **fields: Any) -> Mapping[str, Any]:
    """Return an answer of GetQueryExecution."""
    status = {"State": name, **fields}
    return {
        "QueryExecution": {
            "QueryExecutionId": "q-1",
            "Status": status,
            "Statistics": {"DataScannedInBytes": 12_300_000},
        }
    }


def answer_with_result(server: Loopback, records: Sequence[Record]) -> list[str]:
    """Have moto take the query, and DuckDB answer it; give the statements that were run.

    The result lies in S3, in the bucket `results`, and is given by pages as well.
    """
    statements: list[str] = []
    rows: list[list[str | None]] = []

    def execution(asked: dict[str, Any]) -> Mapping[str, Any]:
        location = f"s3://results/athena/{asked['QueryExecutionId']}.csv"
        if not statements:
            statements.append(server.asked("StartQueryExecution")[-1]["QueryString"])
            content = run_on_duckdb(statements[0], "projection", records)
            boto3.client("s3", region_name="us-east-1", endpoint_url=server.url).put_object(
                Bucket="results", Key=location.removeprefix("s3://results/"), Body=content
            )
            rows.extend([cell or None for cell in row] for row in csv.reader(io.StringIO(content.decode())))
            return state("RUNNING")
        answer = dict(state("SUCCEEDED")["QueryExecution"])
        return {
            "QueryExecution": {
                **answer,
                "QueryExecutionId": asked["QueryExecutionId"],
                "ResultConfiguration": {"OutputLocation": location},
            }
        }

    def page(asked: dict[str, Any]) -> Mapping[str, Any]:
        begin = int(asked.get("NextToken", "0"))
        data = [{"Data": [{"VarCharValue": cell} if cell else {} for cell in row]} for row in rows[begin : begin + 20]]
        more = {"NextToken": str(begin + 20)} if begin + 20 < len(rows) else {}
        return {"ResultSet": {"Rows": data}, **more}

    server.handlers |= {"GetQueryExecution": execution, "GetQueryResults": page}
    return statements
