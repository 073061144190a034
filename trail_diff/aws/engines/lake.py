"""An event data store of CloudTrail Lake. AWS takes no new customers for it since 31 May 2026.

The column `eventjson` holds the whole record, so nothing is lost to columns. `eventcontext`, the true condition keys of
a request, is there only in stores that were set up for it; a store that does not know the column is asked without it.
Source: CloudTrail user guide, "Supported SQL schemas for event data stores" and "CloudTrail Lake SQL constraints".
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from trail_diff.aws.engines.athena_sql import for_kms, in_regions, sql_texts
from trail_diff.aws.engines.waiting import format_bytes, utc_now, wait_for
from trail_diff.errors import AwsError, SourceError, UsageError
from trail_diff.model.learnt import Record, Window
from trail_diff.read.forms.columns import record_from_columns
from trail_diff.read.forms.rows import count_unreadable
from trail_diff.read.gate import Gate
from trail_diff.read.interface import Found, Link, Progress, ReadOptions, Selection, Tally
from trail_diff.read.lenient import parse_text
from trail_diff.read.spans import CHANGES, EVENT_SOURCES, covers_windows, near_windows, pushed_keys

_ARN = re.compile(r"arn:aws[a-z-]*:cloudtrail:([a-z0-9-]+):\d{12}:eventdatastore/([0-9A-Za-z-]{8,64})", re.ASCII)
_PAGE_ROWS = 1000


class LakeSource:
    """Asks one event data store."""

    def __init__(self, link: Link, arn: str, now: Callable[[], datetime] = utc_now) -> None:
        """Take an ARN apart.

        Raises:
            UsageError: it is not that of an event data store.
        """
        found = _ARN.fullmatch(arn)
        if found is None:
            raise UsageError(
                f"--event-data-store {arn!r} is no event data store",
                hint="give its ARN, as 'aws cloudtrail list-event-data-stores' prints it",
            )
        self._link, self._arn, self._now = link, arn, now
        self._region, self._id = found[1], found[2]

    def read(
        self, query: ReadOptions, selection: Selection, tally: Tally, progress: Progress | None
    ) -> Iterator[Found]:
        """Run the query and yield its results.

        Raises:
            AwsError: AWS did not answer; what came before was given.
            SourceError: the query failed.
        """
        if progress is not None:
            progress.file(self._arn, None)
        tally.files += 1
        now = self._now()
        records = map(_read_row, self._rows(self._start(query)))
        yield from Gate(self._arn, selection, tally).read_rows(count_unreadable(records, self._arn))
        tally.add_searched(near_windows(query), now)

    def statement(self, query: ReadOptions) -> str:
        """Return what is asked, with the column that not every store has."""
        return f"SELECT eventjson, eventcontext FROM {self._id} WHERE {_condition(near_windows(query))}"  # noqa: S608

    def _start(self, query: ReadOptions) -> str:
        """Start the query; a statement that the store cannot read costs nothing."""
        statement = self.statement(query)
        try:
            started = self._call("start_query", {"QueryStatement": statement})
        except AwsError as error:
            if error.code != "InvalidQueryStatementException":
                raise
            started = self._call("start_query", {"QueryStatement": statement.replace(", eventcontext ", " ", 1)})
        query_id: str = started["QueryId"]
        return query_id

    def _rows(self, query_id: str) -> Iterator[Mapping[str, Any]]:
        run = {"EventDataStore": self._arn, "QueryId": query_id}
        page = wait_for(partial(self._look, run), partial(self._call, "cancel_query", run), self._link.wait)
        scanned = page.get("QueryStatistics", {}).get("BytesScanned", 0)
        self._link.notify(f"CloudTrail Lake scanned {format_bytes(scanned)} (query {query_id})")
        while True:
            for row in page.get("QueryResultRows", ()):
                yield {name: value for cell in row for name, value in cell.items()}
            if not page.get("NextToken"):
                return
            page = self._call(
                "get_query_results", {**run, "MaxQueryResults": _PAGE_ROWS, "NextToken": page["NextToken"]}
            )

    def _look(self, run: Mapping[str, str]) -> dict[str, Any] | None:
        page = self._call("get_query_results", {**run, "MaxQueryResults": _PAGE_ROWS})
        match page["QueryStatus"]:
            case "FINISHED":
                return page
            case "QUEUED" | "RUNNING":
                return None
            case state:
                reason = page.get("ErrorMessage") or "no reason was given"
                raise SourceError(
                    f"the CloudTrail Lake query {run['QueryId']} ended {state}: {reason}",
                    hint="narrow the time with --from and --to, or run it again",
                )

    def _call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        return self._link.aws.call("cloudtrail", operation, parameters, self._region)


def _read_row(row: Mapping[str, Any]) -> Record | None:
    """Read the record in a row, with its context when that lies in a column of its own."""
    named = {str(name).lower(): value for name, value in row.items()}
    try:
        record = parse_text(named["eventjson"])
    except (KeyError, TypeError, AttributeError, ValueError):
        return None
    if not isinstance(record, dict):
        return None
    if "eventContext" not in record and named.get("eventcontext"):
        named |= {"eventsource": record.get("eventSource"), "eventname": record.get("eventName")}
        beside = record_from_columns({name: named[name] for name in ("eventsource", "eventname", "eventcontext")})
        record["eventContext"] = (beside or {}).get("eventContext")
    return record


def _condition(query: ReadOptions) -> str:
    """Write what is wanted; the windows and the names once each, as a statement has 10,000 characters at most."""
    names = f"eventname IN ({sql_texts(CHANGES)})"
    passed_on = () if query.kms_only else for_kms()
    sources = f"({' OR '.join([f'eventsource IN ({sql_texts(EVENT_SOURCES)})', *passed_on])})"
    is_in_names = query.changes is not None and covers_windows(query)
    events = sources if is_in_names else f"({sources} OR {names})"
    if keys := pushed_keys(query):
        named = " OR ".join(f"eventjson LIKE '%{key.rpartition('/')[2]}%'" for key in keys)
        events = f"{events} AND (eventsource <> 'kms.amazonaws.com' OR {named})"
    inside = " OR ".join(f"({_within(window)})" for window in query.windows)
    wanted = [f"(({inside}) AND {events})"] if inside else []
    if query.changes is not None:
        wanted.append(f"({_within(query.changes)} AND {names})")
    place = f"{in_regions(query)} AND " if query.regions else ""
    return f"{place}({' OR '.join(wanted)})"


def _within(span: Window) -> str:
    return f"eventtime >= '{span.start:%Y-%m-%d %H:%M:%S}' AND eventtime <= '{span.end:%Y-%m-%d %H:%M:%S}'"
