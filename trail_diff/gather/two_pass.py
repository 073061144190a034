"""A large export read for one job in two passes, so that memory grows with what the case holds, not with what is read.

The first pass counts everything, and keeps what tells of jobs and what changes keys, grants, policies, vaults, roles or
trails; of all other KMS calls it learns which keys they name and when they were. So the jobs are known, and the time
around them. The second pass reads again those files that have calls in that time, and keeps them.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TypeGuard

from msgspec import Struct, structs

from trail_diff.case.coverage import lacks_caller_type
from trail_diff.case.gathered import Beyond, Gathered, in_order
from trail_diff.events.changes import KEY_CHANGES, OTHER_CHANGES, VAULT_CHANGES
from trail_diff.events.denials import is_denial_code
from trail_diff.events.jobs import START_CALLS
from trail_diff.events.key_names import KeyName
from trail_diff.events.normalize import KMS, normalize_record
from trail_diff.gather.aggregate import Sums, read_sheets
from trail_diff.gather.dedupe import digest_of
from trail_diff.gather.fold import Add, Bunch
from trail_diff.gather.in_memory import ReadOptions, event_identity, find_in_job_files, make_selection, put_together
from trail_diff.gather.partials import Reader, normalize_slim
from trail_diff.gather.work import WORTH_BATCHES, Batch, list_batches, read_on_cores
from trail_diff.model.learnt import Event, Window
from trail_diff.read.files import Reading, is_read_once, read_files
from trail_diff.read.interface import (
    NULL,
    Found,
    FoundJob,
    FoundRecord,
    FoundSlim,
    Peek,
    Progress,
    SlimRecord,
    SourceSelection,
    Tally,
)
from trail_diff.read.slim import read_key_name
from trail_diff.read.stretches import NotLinesError
from trail_diff.read.walk import InputFile
from trail_diff.times import parse_time

WindowsOf = Callable[[Gathered], Sequence[Window]]
Kind = tuple[tuple[str | None, ...], str | None, bool]
Trace = tuple[int, int, int, str | None, str | None]
"""By what a batch that was read is known again: its files, records and KMS records, their first and last time."""

WORTH_BYTES = 16 << 20
"""How large an export in few files has to be to be read twice; reading and holding less at once is no trouble."""

_KEPT_NAMES = KEY_CHANGES | VAULT_CHANGES | OTHER_CHANGES | START_CALLS


class Wanted(Struct, frozen=True):
    """What is read for: the time around jobs, told from the jobs (None: no calls are wanted, the jobs are all).

    `by_name`: a key was named otherwise than by its ARN, so the names by which requests call keys are wanted as well.
    `refused`: calls that were not authorized are wanted whenever they were; jobs are chosen by them.
    """

    windows_of: WindowsOf | None = None
    by_name: bool = False
    refused: bool = False


def gather_wanted(
    paths: Sequence[str],
    job_files: Sequence[str],
    options: ReadOptions,
    wanted: Wanted,
    *,
    progress: Progress | None = None,
) -> Gathered | None:
    """Read a large export in two passes; None if it is small, or cannot be read twice.

    Of the events that `gather` gives, those that neither are wanted nor could tell of anything else are left out.

    Raises:
        SourceError: a path is not there or cannot be opened.
        TrailDiffError: `windows_of` finds no job.
    """
    selection = make_selection(options)
    batches = list(list_batches(paths, selection, options))
    files = [file for batch in batches for file in batch if isinstance(file, InputFile)]
    is_small = len(batches) < WORTH_BATCHES and sum(file.size for file in files) < WORTH_BYTES
    if is_small or any(is_read_once(file.path) for file in files if not file.size):
        return None
    noted = _Notes(SurveyKinds(wanted.by_name, refused=wanted.refused))
    sums = Sums(noted, progress)
    read: list[tuple[Batch, Trace]] = []
    for process, sheet, batch in read_sheets(Reader(noted.kinds, selection), batches, options.processes):
        sums.add(process, sheet)
        read += [(batch, _trace(sheet.tally))] if sheet.tally is not None else []
    job_found = find_in_job_files(job_files)
    gathered = put_together(sums.events, sums.documents, job_found, sums.tally, sums.skips)
    gathered = structs.replace(gathered, beyond=noted.beyond())
    windows = wanted.windows_of(gathered) if wanted.windows_of else ()
    if not windows:
        return gathered
    again = [
        one
        for one, span in zip(read, sums.spans, strict=True)
        if span is not None and any(span.start <= window.end and window.start <= span.end for window in windows)
    ]
    events = _read_again(again, _Rereader(windows, options, noted.kinds), options, sums.repeats)
    return None if events is None else structs.replace(gathered, events=in_order([*gathered.events, *events]))


def _trace(tally: Tally) -> Trace:
    return tally.files, tally.records, tally.kms_records, tally.first, tally.last


class SurveyKinds(Struct, frozen=True):
    """Two calls are alike when they name the same keys, and both have a caller type or lack it."""

    by_name: bool = False
    keeps_event: bool = False
    refused: bool = False

    def kind(self, event: Event) -> Kind:
        """Return the kind of a call."""
        name = event.request_parameters.get("keyId") if self.by_name else None
        keys = tuple(access.key for access in event.accesses)
        return keys, name if isinstance(name, str) else None, lacks_caller_type(event)

    def shortcut(self, record: SlimRecord) -> str | bytes | None:
        """Return what determines the kind beside caller, name and `resources`."""
        return read_key_name(record.request_parameters) if self.by_name else None

    def keeps(self, record: SlimRecord | Event) -> bool:
        """Check whether an event tells of a job or changes something, so that it matters whenever it was."""
        if record.event_name in _KEPT_NAMES or (self.refused and is_denial_code(_read_code(record))):
            return True
        details = record.service_event_details
        return record.event_source != KMS and details is not NULL and bool(details)


def _read_code(record: SlimRecord | Event) -> str | None:
    code = record.error_code
    return code if isinstance(code, str | None) else bytes(code).decode(errors="replace").strip('"')


class _Notes:
    """Notes what calls tell that are not kept."""

    def __init__(self, kinds: SurveyKinds) -> None:
        self.kinds = kinds
        self._names: dict[tuple[str, str | None], KeyName] = {}
        self._lacks_caller_type = False

    def add(self, event: Event) -> None:
        """Note one event."""
        self.open(self.kinds.kind(event), event)(Bunch.of(event))

    def open(self, kind: Kind, _event: Event | None) -> Add:
        """Begin a kind, or go on with it; give what notes calls of it."""
        keys, name, lacks_type = kind

        def add(bunch: Bunch) -> None:
            self._lacks_caller_type |= lacks_type
            for key in keys:
                known = self._names.get((key, name)) if key else None
                if key and (known is None or bunch.first < known.time):
                    self._names[key, name] = KeyName(key, name, bunch.first)

        return add

    def beyond(self) -> Beyond:
        """Return what was noted."""
        return Beyond(tuple(self._names.values()), self._lacks_caller_type)


class _Rereader:
    """Reads batches again, and gives of each the events in some windows that the first pass did not keep.

    Of a stretch that holds no lines any more, nothing is given; its trace tells.
    """

    def __init__(self, windows: Sequence[Window], options: ReadOptions, kinds: SurveyKinds) -> None:
        first, last = min(window.start for window in windows), max(window.end for window in windows)
        start, end = max(first, options.start or first), min(last, options.end or last)
        self._windows, self._kinds = windows, kinds
        self._selection = make_selection(structs.replace(options, start=start, end=end))

    def __call__(self, batch: Batch) -> Iterator[tuple[list[Event], Trace]]:
        """Read a batch."""
        events, tally = [], Tally()
        with suppress(NotLinesError):
            events = list(self._read(batch, tally))
        kept = [event for event in events if self._is_inside(event.event_time) and not self._kinds.keeps(event)]
        yield kept, _trace(tally)

    def _read(self, batch: Batch, tally: Tally) -> Iterator[Event]:
        for found in read_files(batch, Reading(self._selection, tally, is_slim=True)):
            match found:
                case FoundSlim(records, source):
                    made = [
                        normalize_slim(record, source)
                        for record in records
                        if self._is_inside(parse_time(record.event_time))
                    ]
                case FoundRecord(record, source):
                    made = [normalize_record(record, source)]
                case _:
                    continue
            yield from (event for event in made if isinstance(event, Event))

    def _is_inside(self, moment: datetime | None) -> bool:
        return moment is not None and any(window.holds(moment) for window in self._windows)


def _read_again(
    read: Sequence[tuple[Batch, Trace]], reader: _Rereader, options: ReadOptions, repeats: Counter[bytes]
) -> list[Event] | None:
    """Return the events in the windows, each once.

    None when a file was changed or removed since it was read first, or when copies of one event have different times,
    so that the first of them may lie where nothing is read again.
    """
    found: dict[bytes, Event] = {}
    copies: Counter[bytes] = Counter()
    made = read_on_cores(reader, [batch for batch, _ in read], options.processes)
    for (_, (events, trace)), (_, first_trace) in zip(made, read, strict=True):
        if trace != first_trace:
            return None
        for event in events:
            digest = digest_of(event_identity(event))
            found.setdefault(digest, event)
            copies[digest] += 1
    is_whole = all(count == repeats[digest] + 1 for digest, count in copies.items())
    return list(found.values()) if is_whole else None


def pick_events(paths: Sequence[str], event_ids: frozenset[str], options: ReadOptions) -> Iterator[Found]:
    """Read an export again for the raw records of some events, copies included, and for what describes jobs.

    Raises:
        SourceError: a path is not there or cannot be opened.
    """
    picker = _Picker(event_ids, options)
    uncut = structs.replace(options, stretch_bytes=sys.maxsize)
    for _, found in read_on_cores(picker, list_batches(paths, picker.selection, uncut), options.processes):
        yield from found


class _Picker:
    """Reads batches again for some events."""

    def __init__(self, event_ids: frozenset[str], options: ReadOptions) -> None:
        base = make_selection(options)
        self.selection = _ById(**structs.asdict(base), event_ids=event_ids)
        self._event_ids = event_ids

    def __call__(self, batch: Batch) -> Iterator[list[Found]]:
        """Read a batch."""
        yield [found for found in read_files(batch, Reading(self.selection, Tally())) if self._is_one(found)]

    def _is_one(self, found: Found | FoundSlim) -> TypeGuard[Found]:
        match found:
            case FoundRecord(record, source):
                event = normalize_record(record, source)
                return isinstance(event, Event) and event.event_id in self._event_ids
            case _:
                return isinstance(found, FoundJob)


class _ById(SourceSelection, frozen=True):
    """Wants of the records that the base wants those of some events, and those that do not say their id."""

    event_ids: frozenset[str] = frozenset()

    def __call__(self, peek: Peek | SlimRecord) -> bool:
        """Check whether a record is wanted."""
        return SourceSelection.__call__(self, peek) and self._may_be(peek)

    def pick(self, records: Sequence[SlimRecord], sources: Sequence[str]) -> list[int]:
        """Return the places of the wanted records."""
        return [place for place in SourceSelection.pick(self, records, sources) if self._may_be(records[place])]

    def _may_be(self, peek: Peek | SlimRecord) -> bool:
        named = peek.event_id
        return not isinstance(named, str) or not named or named in self.event_ids
