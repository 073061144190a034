"""What the offline path makes of records: the events that every engine has to bring as well."""

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from msgspec import Struct, structs
from recording import Record, as_trail_file

from trail_diff.events.changes import is_change
from trail_diff.gather.raw_case import collect_found
from trail_diff.model.learnt import Event, Skipped, Window
from trail_diff.read.compressed import Chunks
from trail_diff.read.files import FileReader
from trail_diff.read.interface import KEPT_SOURCES, Found, ReadOptions, Source, Tally

INCIDENT = Path(__file__).parents[2] / "fixtures" / "original-incident"
JOBS = ReadOptions(
    windows=(
        Window(datetime.fromisoformat("2026-03-01T17:45:00Z"), datetime.fromisoformat("2026-03-01T19:00:00Z")),
        Window(datetime.fromisoformat("2026-03-02T17:45:00Z"), datetime.fromisoformat("2026-03-02T19:00:00Z")),
    ),
    changes=Window(datetime.fromisoformat("2026-03-01T12:00:00Z"), datetime.fromisoformat("2026-03-02T20:00:00Z")),
)
"""What is wanted of the original incident: the time around each job, and what changed between them."""


class Read(Struct, frozen=True):
    """What a source brought: the events the query wants in order, without their origin; what was skipped; the counts."""

    events: tuple[Event, ...]
    skipped: tuple[Skipped, ...]
    tally: Tally


def incident_records() -> list[Record]:
    """Return the records of the original incident."""
    history = json.loads((INCIDENT / "event_history.json").read_text(encoding="utf-8"))
    records: list[Record] = history["Records"]
    return records


def read_source(source: Source, query: ReadOptions = JOBS) -> Read:
    """Read a source to its end."""
    tally = Tally()
    return _keep(source.read(query, ReadOptions(query.regions), tally, None), tally, query)


def read_content(content: bytes, query: ReadOptions = JOBS) -> Read:
    """Read a document as if it lay in a file."""
    tally = Tally()
    reader = FileReader(ReadOptions(query.regions), tally)
    return _keep(reader.read_stream("document", Chunks(iter([content]))), tally, query)


def offline_events(records: Iterable[Record], query: ReadOptions = JOBS) -> tuple[Event, ...]:
    """Return the events that the query wants, read offline."""
    return read_content(as_trail_file(list(records)).encode(), query).events


def _keep(found: Iterable[Found], tally: Tally, query: ReadOptions) -> Read:
    gathered = collect_found(found, tally).gathered()
    events = tuple(structs.replace(event, source="") for event in gathered.events if _is_wanted(event, query))
    return Read(events, gathered.skipped, tally)


def _is_wanted(event: Event, query: ReadOptions) -> bool:
    in_window = any(window.holds(event.event_time) for window in query.windows)
    in_changes = query.changes is not None and query.changes.holds(event.event_time)
    return (in_window and event.event_source in KEPT_SOURCES) or (in_changes and is_change(event))
