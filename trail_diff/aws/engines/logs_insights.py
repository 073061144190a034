"""CloudWatch Logs groups that a trail writes to, through Logs Insights; a span with too many results is halved."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from msgspec import Struct

from trail_diff.aws.engines.waiting import format_bytes, utc_now, wait_for
from trail_diff.errors import SourceError
from trail_diff.events.changes import GLOBAL_SOURCES
from trail_diff.events.service_refusals import CODE_WORDS, MESSAGE_WORDS
from trail_diff.model.learnt import Window
from trail_diff.read.gate import Gate
from trail_diff.read.interface import Found, Link, Progress, ReadOptions, Selection, Tally
from trail_diff.read.spans import CHANGES, EVENT_SOURCES, home_of, near_windows, pushed_keys

RESULT_LIMIT = 10_000
"""How many log events one query gives. Newer versions of the API give more by pages, older ones do not."""
DELIVERY_MARGIN = timedelta(minutes=15)
"""How long after an event its log event may be stamped."""


class _Ask(Struct, frozen=True):
    """One filter over a span of seconds, both ends included."""

    filter: str
    start: int
    end: int

    def halves(self) -> "tuple[_Ask, _Ask]":
        middle = (self.start + self.end) // 2
        return _Ask(self.filter, self.start, middle), _Ask(self.filter, middle + 1, self.end)


class LogsInsightsSource:
    """Asks log groups, by name or ARN; `limit` is how many results one query may give."""

    def __init__(
        self, link: Link, groups: Sequence[str], limit: int = RESULT_LIMIT, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._link, self._groups, self._limit, self._now = link, tuple(groups), limit, now
        self._scanned = 0

    def read(
        self, query: ReadOptions, selection: Selection, tally: Tally, progress: Progress | None
    ) -> Iterator[Found]:
        """Run as many queries as the result limit needs, and yield their results.

        Raises:
            AwsError: AWS did not answer; what came before was given.
            SourceError: a query failed.
        """
        name = f"logs:{','.join(self._groups)}"
        if progress is not None:
            progress.file(name, None)
        self._scanned = 0
        tally.files += 1
        now = self._now()
        gate = Gate(name, selection, tally)
        yield from gate.read_rows(self._messages(query, tally))
        if not tally.next_token:
            tally.add_searched(near_windows(query), now)
        self._link.notify(f"Logs Insights scanned {format_bytes(self._scanned)}")

    def statement(self, query: ReadOptions) -> str:
        """Return the queries that come first; a span with too many results is asked for again in halves."""
        asks = reversed(_plan(near_windows(query)))
        return "\n".join(f"# {ask.start} to {ask.end}\n{self._text_of(ask)}" for ask in asks)

    def _text_of(self, ask: _Ask) -> str:
        return f"fields @message | filter {ask.filter} | limit {self._limit}"

    def _messages(self, query: ReadOptions, tally: Tally) -> Iterator[str]:
        asks = _plan(near_windows(query))
        while asks:
            ask = asks.pop()
            results = self._run(ask)
            is_cut = len(results) >= self._limit
            if is_cut and ask.start < ask.end:
                asks.extend(reversed(ask.halves()))
                continue
            tally.next_token = tally.next_token or is_cut
            for row in results:
                yield from (cell["value"] for cell in row if cell.get("field") == "@message")

    def _run(self, ask: _Ask) -> list[list[dict[str, str]]]:
        are_names = not any(group.startswith("arn:") for group in self._groups)
        parameters = {
            "logGroupNames" if are_names else "logGroupIdentifiers": list(self._groups),
            "startTime": ask.start,
            "endTime": ask.end,
            "queryString": self._text_of(ask),
        }
        run = {"queryId": self._link.aws.call("logs", "start_query", parameters)["queryId"]}
        stop = partial(self._link.aws.call, "logs", "stop_query", run)
        answer = wait_for(partial(self._look, run), stop, self._link.wait)
        self._scanned += int(answer.get("statistics", {}).get("bytesScanned", 0))
        results: list[list[dict[str, str]]] = answer.get("results", [])
        return results

    def _look(self, run: Mapping[str, str]) -> dict[str, Any] | None:
        answer = self._link.aws.call("logs", "get_query_results", run)
        match answer["status"]:
            case "Complete":
                return answer
            case "Scheduled" | "Running" | "Unknown":
                return None
            case state:
                raise SourceError(
                    f"the Logs Insights query {run['queryId']} ended {state}",
                    hint="narrow the time with --from and --to, or run it again",
                )


def _plan(query: ReadOptions) -> list[_Ask]:
    """Return what to ask, the first last."""
    names = f"eventName in [{_texts(CHANGES)}]"
    passed_on = "" if query.kms_only else "".join(f" or {one}" for one in _for_kms())
    events = f"(eventSource in [{_texts(EVENT_SOURCES)}]{passed_on} or {names})"
    if keys := pushed_keys(query):
        named = " or ".join(f"@message like {_text(key.rpartition('/')[2])}" for key in keys)
        events = f'{events} and (eventSource != "kms.amazonaws.com" or {named})'
    place = f"{_in_regions(query)} and " if query.regions else ""
    asks = [_ask(place + events, window) for window in query.windows]
    if query.changes is not None:
        asks.append(_ask(place + names, query.changes))
    return asks[::-1]


def _for_kms() -> Iterator[str]:
    """Yield what wants the errors of other services that KMS may stand behind."""
    for field, words in (("errorMessage", MESSAGE_WORDS), ("errorCode", CODE_WORDS)):
        yield from (f"tolower({field}) like {_text(word)}" for word in words)


def _in_regions(query: ReadOptions) -> str:
    """Want the records of the Regions, and those of roles and organizations from where they are recorded."""
    here, home = f"awsRegion in [{_texts(query.regions)}]", home_of(query)
    if home is None:
        return here
    return f"({here} or (awsRegion = {_text(home)} and eventSource in [{_texts(GLOBAL_SOURCES)}]))"


def _ask(condition: str, span: Window) -> _Ask:
    return _Ask(condition, int(span.start.timestamp()), int((span.end + DELIVERY_MARGIN).timestamp()))


def _texts(values: Sequence[str]) -> str:
    return ", ".join(map(_text, values))


def _text(value: str) -> str:
    """Write a text literal."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
