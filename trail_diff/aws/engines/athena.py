"""A table of CloudTrail records in Athena: one query brings what is wanted, and its result is read like an export."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

from trail_diff.aws.engines.athena_sql import Table, build_sql, parse_table_name, read_table, unused_partition_keys
from trail_diff.aws.engines.choices import AthenaTable
from trail_diff.aws.engines.waiting import format_bytes, utc_now, wait_for
from trail_diff.aws.s3.objects import split_url, stream_object
from trail_diff.errors import AwsAccessDeniedError, AwsNotFoundError, SourceError
from trail_diff.model.learnt import Record
from trail_diff.read.compressed import Chunks
from trail_diff.read.files import FileReader
from trail_diff.read.forms.columns import record_from_columns
from trail_diff.read.forms.rows import count_unreadable
from trail_diff.read.gate import Gate
from trail_diff.read.interface import Found, Link, Progress, ReadOptions, Selection, Tally
from trail_diff.read.spans import near_windows


class AthenaSource:
    """Asks one table."""

    def __init__(self, link: Link, choice: AthenaTable, now: Callable[[], datetime] = utc_now) -> None:
        """Take the table's name apart.

        Raises:
            UsageError: it is none.
        """
        self._link, self._choice, self._table, self._now = link, choice, parse_table_name(choice.name), now
        self._described: Table | None = None
        self._told: set[str] = set()

    def read(
        self, query: ReadOptions, selection: Selection, tally: Tally, progress: Progress | None
    ) -> Iterator[Found]:
        """Run the query and yield its results.

        Raises:
            AwsError: AWS did not answer.
            SourceError: the query failed, or the table holds something else.
        """
        now = self._now()
        execution = self._run(self.statement(query))
        scanned = execution.get("Statistics", {}).get("DataScannedInBytes", 0)
        self._link.notify(f"Athena scanned {format_bytes(scanned)} (query {execution['QueryExecutionId']})")
        location = execution.get("ResultConfiguration", {}).get("OutputLocation", "")
        if location.startswith("s3://"):
            try:
                yield from self._read_result(location, FileReader(selection, tally, progress), progress)
            except (AwsAccessDeniedError, AwsNotFoundError) as error:
                self._link.notify(f"the result is read page by page, which is slower: {error.message}")
            else:
                tally.add_searched(near_windows(query), now)
                return
        gate = Gate(f"athena:{execution['QueryExecutionId']}", selection, tally)
        records = self._records(execution["QueryExecutionId"])
        yield from gate.read_rows(count_unreadable(records, f"athena:{execution['QueryExecutionId']}"))
        tally.add_searched(near_windows(query), now)

    def statement(self, query: ReadOptions) -> str:
        """Build the statement for the table as Athena describes it; nothing is run.

        Raises:
            AwsError: AWS did not answer.
            SourceError: the table holds something else.
        """
        table, query = self._describe(), near_windows(query)
        if unused := ", ".join(unused_partition_keys(table, query)):
            self._tell(f"no condition on the partitions by {unused}: Athena reads them all, which costs more")
        return build_sql(table, query)

    def _describe(self) -> Table:
        """Return the table as Athena describes it, which is asked once."""
        if self._described is None:
            name = self._table
            named = {"CatalogName": name.catalog, "DatabaseName": name.database, "TableName": name.table}
            metadata = self._link.aws.call("athena", "get_table_metadata", named)["TableMetadata"]
            self._described = read_table(name, metadata)
        return self._described

    def _tell(self, note: str) -> None:
        """Pass a note on, unless an earlier statement did."""
        if note not in self._told:
            self._told.add(note)
            self._link.notify(note)

    def _run(self, sql: str) -> dict[str, Any]:
        """Run a statement to its end and return Athena's description of the run."""
        name, choice = self._table, self._choice
        parameters: dict[str, Any] = {
            "QueryString": sql,
            "QueryExecutionContext": {"Catalog": name.catalog, "Database": name.database},
        }
        if choice.workgroup:
            parameters["WorkGroup"] = choice.workgroup
        if choice.output:
            parameters["ResultConfiguration"] = {"OutputLocation": choice.output}
        run = {
            "QueryExecutionId": self._link.aws.call("athena", "start_query_execution", parameters)["QueryExecutionId"]
        }
        stop = partial(self._link.aws.call, "athena", "stop_query_execution", run)
        return wait_for(partial(self._look, run), stop, self._link.wait)

    def _look(self, run: dict[str, Any]) -> dict[str, Any] | None:
        execution: dict[str, Any] = self._link.aws.call("athena", "get_query_execution", run)["QueryExecution"]
        status = execution["Status"]
        match status["State"]:
            case "SUCCEEDED":
                return execution
            case "FAILED" | "CANCELLED" as state:
                reason = status.get("StateChangeReason") or "no reason was given"
                raise SourceError(
                    f"the Athena query {run['QueryExecutionId']} ended {state}: {reason}", hint=_advice(reason)
                )
            case _:
                return None

    def _read_result(self, location: str, reader: FileReader, progress: Progress | None) -> Iterator[Found]:
        bucket, key = split_url(location)
        if progress is not None:
            progress.file(location, None)
        chunks = stream_object(self._link, bucket, key)
        yield from reader.read_stream(location, Chunks(chunks))

    def _records(self, execution_id: str) -> Iterator[Record | None]:
        """Yield the rows of the result through the API: a thousand for each call, the names in the first row of all."""
        header: list[str] | None = None
        for page in self._link.aws.pages("athena", "get_query_results", {"QueryExecutionId": execution_id}):
            for row in page["ResultSet"]["Rows"]:
                cells = [cell.get("VarCharValue") for cell in row["Data"]]
                if header is None:
                    header = [str(cell) for cell in cells]
                else:
                    yield record_from_columns(dict(zip(header, cells, strict=False)))


def _advice(reason: str) -> str:
    if "CONSTRAINT_VIOLATION" in reason or "injected" in reason:
        return "the table needs a condition that cannot be made here; use one that is partitioned by date and Region"
    if "Access Denied" in reason or "not authorized" in reason:
        return "allow s3:GetObject and s3:ListBucket on the trail's bucket, and kms:Decrypt if it is encrypted"
    return "--dry-run prints the SQL, to try it in the Athena console"
