"""An export on disk read for a case: a small one in one pass, a large one in two.

So memory grows with what the case holds, not with what is read.

The first pass counts everything, and keeps what tells of jobs and what changes keys, grants, policies, vaults, roles or
trails; of all other KMS calls it learns which keys they name and when they were. So the jobs are known, and the time
around them. The second pass reads again those files that have calls in that time, and keeps them.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import BinaryIO, TypeGuard

from msgspec import Struct, structs

from trail_diff.arns import plain_key
from trail_diff.case.coverage import summarize_reading
from trail_diff.case.gathered import Beyond, Gathered, in_order, only_calls
from trail_diff.events.changes import KEY_CHANGES, KEY_TAG_CHANGES, OTHER_CHANGES, VAULT_CHANGES
from trail_diff.events.denials import is_denial_code
from trail_diff.events.identity import lacks_caller_type
from trail_diff.events.jobs import START_CALLS
from trail_diff.events.key_names import KeyName, is_resolved
from trail_diff.events.normalize import KMS, normalize_record
from trail_diff.gather.dedupe import digest_of, event_identity
from trail_diff.gather.engine import (
    WORTH_BATCHES,
    Sums,
    fold_files,
    for_one_process,
    make_batches,
    read_on_cores,
    read_sheets,
)
from trail_diff.gather.fold import Add, Bunch, EveryEvent, Fold
from trail_diff.gather.job_files import build_gathered
from trail_diff.gather.key_uses import Noted, Trace, trace_of, with_uses
from trail_diff.gather.reader import NO_KIND, Batch, Reader, Sheet, read_events
from trail_diff.model.learnt import Coverage, Event, Skipped, Window
from trail_diff.read.files import FileReader, FileSource, is_read_once
from trail_diff.read.interface import Found, FoundJob, FoundRecord, FoundSlim, Progress, ReadOptions, Selection, Tally
from trail_diff.read.records import NULL, SlimRecord
from trail_diff.read.slim import read_key_name
from trail_diff.read.stretches import NotLinesError
from trail_diff.read.walk import InputFile
from trail_diff.times import parse_time

EVERYTHING = ReadOptions()
WindowsOf = Callable[[Gathered], Sequence[Window]]
Kind = tuple[tuple[str | None, ...], str | None, bool]
WORTH_BYTES = 16 << 20
"""How large an export in few files has to be to be read twice; reading and holding less at once is no trouble."""

_KEPT_NAMES = KEY_CHANGES | KEY_TAG_CHANGES | VAULT_CHANGES | OTHER_CHANGES | START_CALLS


class Export(FileSource):
    """Files on disk, listed once, to be read for a case as often as it takes."""

    def __init__(
        self,
        paths: Sequence[str],
        options: ReadOptions,
        progress: Progress | None = None,
        stdin: BinaryIO | None = None,
    ) -> None:
        """List the files.

        Raises:
            SourceError: a path is not there, a glob fits nothing, or a folder is empty.
        """
        super().__init__(paths, stdin)
        self._options, self._progress = for_one_process(paths, options), progress
        self._files = tuple(super().files(options))
        self._batches = list(make_batches(self._files, options))
        self.noted: Noted | None = None

    def files(self, selection: Selection) -> Iterable[InputFile | Skipped]:  # noqa: ARG002
        """Return the files as they were listed."""
        return self._files

    @property
    def is_large(self) -> bool:
        """Check whether it is worth to be read more than once, and can be."""
        files = [file for file in self._files if isinstance(file, InputFile)]
        is_small = len(self._batches) < WORTH_BATCHES and sum(file.size for file in files) < WORTH_BYTES
        return not is_small and not any(is_read_once(file.path) for file in files if not file.size)

    def gather_once(self, told: Sums) -> Gathered:
        """Read everything in one pass, and keep what a case may rest on; `told` is what job files hold."""
        options = structs.replace(self._options, processes=1)
        sums = fold_files(self._batches, EveryEvent(), options, progress=self._progress, stdin=self._stdin)
        return build_gathered(sums, told, self._options.asked_at)

    def gather_twice(
        self, told: Sums, windows_of: WindowsOf, *, by_name: bool = False, with_refused: bool = False
    ) -> Gathered | None:
        """Read everything, and then again what has calls in the windows, which are told from the jobs.

        Of the events that `gather_once` gives, those are left out that neither lie in a window nor could tell of
        anything else; what `with_uses` needs is `noted`. `by_name`: a key was named otherwise than by its ARN, so the
        names by which requests call keys are noted as well. `with_refused`: calls that were not authorized are kept
        whenever they were, and what told of jobs only is not. None if it cannot be settled, as a file was changed
        meanwhile.

        Raises:
            TrailDiffError: `windows_of` finds no job.
        """
        survey = Survey(by_name=by_name, with_refused=with_refused)
        sums = Sums(survey, self._progress)
        read: list[tuple[Batch, Trace]] = []
        reader, named = Reader(survey.kinds, self._options), _NamedKeys()
        for process, sheet, batch in read_sheets(reader, self._batches, self._options.processes):
            sums.add(process, sheet)
            named.add(process, sheet)
            read += [(batch, trace_of(sheet.tally))] if sheet.tally is not None else []
        gathered = structs.replace(build_gathered(sums, told, self._options.asked_at), beyond=survey.beyond())
        sums.events.clear()
        gathered = only_calls(gathered) if with_refused else gathered
        windows = windows_of(gathered)
        noted = Noted(read, named.batches, sums.repeats, sums.once, self._options, windows)
        if not windows:
            return gathered
        again = [
            one
            for one, span in zip(read, sums.spans, strict=True)
            if span is not None and any(span.start <= window.end and window.start <= span.end for window in windows)
        ]
        events = _read_again(again, _Rereader(windows, self._options, survey.kinds), self._options, sums.repeats)
        if events is None:
            return None
        self.noted = noted
        return structs.replace(gathered, events=in_order([*gathered.events, *events]))

    def with_uses(self, gathered: Gathered, asked: Sequence[str], *, whole: bool = False) -> Gathered | None:
        """Return what `gather_twice` gives with how the keys of a case were used in all of it.

        `whole`: those that were not changed as well. None if it cannot be settled, as a file was changed meanwhile.
        """
        return with_uses(gathered, [self.noted], asked, whole=whole) if self.noted is not None else gathered

    def pick_events(self, event_ids: frozenset[str]) -> Iterator[Found]:
        """Read it again for the raw records of some events, copies included, and for what describes jobs."""
        picker = _Picker(structs.replace(self._options, event_ids=event_ids))
        uncut = structs.replace(self._options, stretch_bytes=sys.maxsize)
        for _, found in read_on_cores(picker, make_batches(self._files, uncut), self._options.processes):
            yield from found


def count_calls(
    paths: Sequence[str],
    fold: Fold,
    options: ReadOptions = EVERYTHING,
    *,
    progress: Progress | None = None,
    stdin: BinaryIO | None = None,
) -> Coverage:
    """Count every KMS call once, and give the coverage of the reading; nothing else is kept.

    Raises:
        SourceError: a path is not there or cannot be opened.
    """
    options = structs.replace(for_one_process(paths, options), kms_only=True)
    batches = make_batches(FileSource(paths).files(options), options)
    sums = fold_files(batches, fold, options, progress=progress, stdin=stdin)
    return structs.replace(summarize_reading(sums.tally, sums.skips.merged()), events_kept=sums.taken)


def is_by_name(keys: Sequence[str]) -> bool:
    """Check whether a key is named otherwise than by its ARN."""
    return any(not is_resolved(plain_key(key)) for key in keys)


class _NamedKeys:
    """Notes which keys the calls in each batch name."""

    def __init__(self) -> None:
        self.batches: list[frozenset[str]] = []
        self._kinds: dict[int, list[tuple[str | None, ...]]] = {}
        self._numbers: set[tuple[int, int]] = set()

    def add(self, process: int, sheet: Sheet) -> None:
        """Add what a process read."""
        self._kinds.setdefault(process, []).extend(keys for (keys, _, _), _ in sheet.kinds)
        self._numbers.update((process, number) for number, _ in sheet.bunches if number != NO_KIND)
        if sheet.tally is not None:
            named = {key for maker, number in self._numbers for key in self._kinds[maker][number] if key}
            self.batches.append(frozenset(named))
            self._numbers.clear()


class SurveyKinds(Struct, frozen=True):
    """Two calls are alike when they name the same keys, and both have a caller type or lack it."""

    by_name: bool = False
    keeps_event: bool = False
    with_refused: bool = False

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
        if record.event_name in _KEPT_NAMES or (self.with_refused and is_denial_code(_read_code(record))):
            return True
        details = record.service_event_details
        return record.event_source != KMS and details is not NULL and bool(details)

    def surely_keeps(self, record: SlimRecord) -> bool:
        """Check whether the event is kept whatever the fields hold that are not decoded: it need not be read again."""
        tells = bytes(memoryview(record.service_event_details)[:2]) == b'{"'
        return record.event_name in _KEPT_NAMES or (tells and record.event_source.lower() != KMS)


def _read_code(record: SlimRecord | Event) -> str | None:
    code = record.error_code
    return code if isinstance(code, str | None) else bytes(code).decode(errors="replace").strip('"')


class Survey:
    """The fold of the first pass: notes what calls tell that are not kept."""

    def __init__(self, *, by_name: bool = False, with_refused: bool = False) -> None:
        self.kinds = SurveyKinds(by_name, with_refused=with_refused)
        self._names: dict[tuple[str, str | None], KeyName] = {}
        self._lacks_caller_type = False

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
        self._selection = structs.replace(options, start=start, end=end)

    def __call__(self, batch: Batch) -> Iterator[tuple[list[Event], Trace]]:
        """Read a batch."""
        events, tally = [], Tally()
        with suppress(NotLinesError):
            events = list(read_events(self._selection, batch, tally, self._may_be_inside, is_kept=True))
        kept = [event for event in events if self._is_inside(event.event_time) and not self._kinds.keeps(event)]
        yield kept, trace_of(tally)

    def _may_be_inside(self, record: SlimRecord) -> bool:
        moment = parse_time(record.event_time)
        return moment is not None and self._is_inside(moment) and not self._kinds.surely_keeps(record)

    def _is_inside(self, moment: datetime) -> bool:
        return any(window.holds(moment) for window in self._windows)


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
            if found.setdefault(digest, event) is not event:
                copies[digest] += 1
    is_whole = all(copies[digest] == repeats[digest] for digest in found)
    return list(found.values()) if is_whole else None


class _Picker:
    """Reads batches again for some events."""

    def __init__(self, selection: ReadOptions) -> None:
        self._selection = selection

    def __call__(self, batch: Batch) -> Iterator[list[Found]]:
        """Read a batch."""
        yield [found for found in FileReader(self._selection, Tally()).read(batch) if self._is_one(found)]

    def _is_one(self, found: Found | FoundSlim) -> TypeGuard[Found]:
        match found:
            case FoundRecord(record, source):
                event_ids = self._selection.event_ids or frozenset()
                named = record.get("eventID")
                if isinstance(named, str) and named in event_ids:
                    return True
                event = normalize_record(record, source)
                return isinstance(event, Event) and event.event_id in event_ids
            case _:
                return isinstance(found, FoundJob)
