"""A table of CloudTrail records in Athena: one query brings what is wanted, and its result is read like an export."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

from msgspec import Struct

from trail_diff.aws.engines.athena_sql import TableName, build_sql, read_table, unused_partition_keys
from trail_diff.aws.engines.waiting import cancelled_unless_done, format_bytes, utc_now, wait_for
from trail_diff.aws.s3.objects import split_url, stream_object
from trail_diff.errors import AwsAccessDeniedError, AwsNotFoundError, SourceError
from trail_diff.model.learnt import Record, Skipped
from trail_diff.model.reasons import Reason
from trail_diff.read.containers import Chunks
from trail_diff.read.envelope import Envelope
from trail_diff.read.files import FileReader
from trail_diff.read.forms.rows import record_from_columns
from trail_diff.read.interface import Found, Link, Progress, ReadOptions, Selection, Tally
from trail_diff.read.spans import near_windows


class AthenaOptions(Struct, frozen=True):
    """Which table to ask, in which workgroup, and where Athena puts the result (None: as the workgroup says)."""

    table: TableName
    workgroup: str | None = None
    output: str | None = None


class AthenaSource:
    """Asks one table."""

    def __init__(self, link: Link, options: AthenaOptions, now: Callable[[], datetime] = utc_now) -> None:
        self._link, self._options, self._now = link, options, now

    def read(
        self, query: ReadOptions, selection: Selection, tally: Tally, progress: Progress | None
    ) -> Iterator[Found]:
        """Run the query and give what it brought.

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
                tally.add_searched(query.windows, query.regions, now)
                return
        envelope = Envelope(f"athena:{execution['QueryExecutionId']}", selection, tally)
        yield from envelope.read_rows(self._rows(execution["QueryExecutionId"]))
        tally.add_searched(query.windows, query.regions, now)

    def statement(self, query: ReadOptions) -> str:
        """Build the statement for the table as Athena describes it; nothing is run.

        Raises:
            AwsError: AWS did not answer.
            SourceError: the table holds something else.
        """
        name, query = self._options.table, near_windows(query)
        named = {"CatalogName": name.catalog, "DatabaseName": name.database, "TableName": name.table}
        metadata = self._link.aws.call("athena", "get_table_metadata", named)["TableMetadata"]
        table = read_table(name, metadata)
        if unused := unused_partition_keys(table, query):
            self._link.notify(
                f"no condition on the partitions by {', '.join(unused)}: Athena reads them all, which costs more"
            )
        return build_sql(table, query)

    def _run(self, sql: str) -> dict[str, Any]:
        """Run a statement to its end and give Athena's description of the run."""
        name, options = self._options.table, self._options
        parameters: dict[str, Any] = {
            "QueryString": sql,
            "QueryExecutionContext": {"Catalog": name.catalog, "Database": name.database},
        }
        if options.workgroup:
            parameters["WorkGroup"] = options.workgroup
        if options.output:
            parameters["ResultConfiguration"] = {"OutputLocation": options.output}
        run = {
            "QueryExecutionId": self._link.aws.call("athena", "start_query_execution", parameters)["QueryExecutionId"]
        }
        with cancelled_unless_done(partial(self._link.aws.call, "athena", "stop_query_execution", run)):
            return wait_for(partial(self._look, run), self._link.wait)

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

    def _rows(self, execution_id: str) -> Iterator[Record | Skipped]:
        """Yield the rows of the result through the API: a thousand for each call, the names in the first row of all."""
        header: list[str] | None = None
        unreadable = 0
        for page in self._link.aws.pages("athena", "get_query_results", {"QueryExecutionId": execution_id}):
            for row in page["ResultSet"]["Rows"]:
                cells = [cell.get("VarCharValue") for cell in row["Data"]]
                if header is None:
                    header = [str(cell) for cell in cells]
                    continue
                record = record_from_columns(dict(zip(header, cells, strict=False)))
                if record is None:
                    unreadable += 1
                else:
                    yield record
        if unreadable:
            yield Skipped(f"athena:{execution_id}", Reason.UNREADABLE_ROW, unreadable)


def _advice(reason: str) -> str:
    if "CONSTRAINT_VIOLATION" in reason or "injected" in reason:
        return "the table needs a condition that cannot be made here; use one that is partitioned by date and Region"
    if "Access Denied" in reason or "not authorized" in reason:
        return "allow s3:GetObject and s3:ListBucket on the trail's bucket, and kms:Decrypt if it is encrypted"
    return "--dry-run prints the SQL, to try it in the Athena console"
