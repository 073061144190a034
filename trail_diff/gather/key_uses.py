"""How the keys of a case were used in a large export, outside of what was kept as well: its third reading.

Only what changed a key, or a document of today, lets earlier and later calls decide anything, so without them nothing
is read again; else the batches are that have calls on the keys. Every process adds up a history of its own batch, which
is small however many calls there are; only calls that come more than once are sent one by one: each counts once.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress

from msgspec import Struct, structs

from trail_diff.case.gathered import Gathered
from trail_diff.case.usage_history import UseHistory, compared_keys
from trail_diff.events.changes import ROLE_POLICY_CHANGES, USER_POLICY_CHANGES
from trail_diff.events.encryption_context import BACKUP_VAULT_KEY, contexts_of
from trail_diff.events.key_names import resolve_key
from trail_diff.events.normalize import KMS
from trail_diff.events.surroundings import role_names, user_names
from trail_diff.gather.dedupe import Once, digest_of, event_identity
from trail_diff.gather.engine import read_on_cores
from trail_diff.gather.reader import Batch, read_events
from trail_diff.model.learnt import Event, Use, Window
from trail_diff.read.interface import ReadOptions, Tally
from trail_diff.read.records import NULL, SlimRecord
from trail_diff.read.stretches import NotLinesError

Trace = tuple[int, int, int, str | None, str | None]
"""By what a batch that was read is known again: its files, records and KMS records, their first and last time."""

_WORTH_BATCHES = 4
"""How many batches are worth further processes, as most of the calls in each are read in full."""


class Noted(Struct, frozen=True):
    """What the first pass notes of an export: its batches, the keys that calls in each name, and what came again.

    `windows` are those of which the events are held.
    """

    read: Sequence[tuple[Batch, Trace]]
    keys: Sequence[frozenset[str]]
    repeats: Counter[bytes]
    once: Once
    options: ReadOptions
    windows: Sequence[Window] = ()


def trace_of(tally: Tally) -> Trace:
    """Return by what a batch is known again."""
    return tally.files, tally.records, tally.kms_records, tally.first, tally.last


def with_uses(
    gathered: Gathered, notes: Sequence[Noted], asked: Sequence[str], held: Sequence[Event] = (), *, whole: bool = False
) -> Gathered | None:
    """Return what was gathered with how the keys that it may concern were used; None as `read_uses` does.

    `whole`: that is asked of keys that were not changed as well.
    """
    windows = [window for note in notes for window in note.windows]
    keys = concerned_keys(gathered, windows, asked) if windows else frozenset[str]()
    changes = _concerned_changes(gathered, windows, keys)
    uses = read_uses(notes, keys, changes, held, whole=whole) if windows else ()
    return None if uses is None else structs.replace(gathered, uses=uses)


def concerned_keys(gathered: Gathered, windows: Sequence[Window], asked: Sequence[str]) -> frozenset[str]:
    """Return the keys that a case may concern: those asked about, those of jobs and vaults, those called meanwhile."""
    found = {resolve_key(key, gathered.key_names()) for key in asked}
    for job in gathered.jobs:
        found |= {key for key in (job.key, *job.keys, *(one.key for one in job.key_roles)) if key}
    for event in gathered.events:
        created = event.request_parameters.get("encryptionKeyArn")
        found |= {created} if isinstance(created, str) else set()
        is_meant = BACKUP_VAULT_KEY in contexts_of(event) or any(window.holds(event.event_time) for window in windows)
        found |= {access.key for access in event.accesses if access.key} if is_meant else set()
    return frozenset(found)


def _concerned_changes(gathered: Gathered, windows: Sequence[Window], keys: Collection[str]) -> list[Event]:
    """Return the changes that a case may concern: of roles those of jobs and callers, of aliases those to its keys."""
    calls = [event for event in gathered.events if any(window.holds(event.event_time) for window in windows)]
    roles, users = role_names(gathered.jobs, calls, ()), user_names(calls)

    def is_concerned(event: Event) -> bool:
        if event.event_name in ROLE_POLICY_CHANGES:
            return event.request_parameters.get("roleName") in roles
        if event.event_name in USER_POLICY_CHANGES:
            return event.request_parameters.get("userName") in users
        return event.event_name != "UpdateAlias" or event.is_on(keys) or not event.accesses

    return list(filter(is_concerned, gathered.events))


def read_uses(
    notes: Sequence[Noted], keys: Collection[str], changes: Sequence[Event], held: Sequence[Event] = (), *, whole: bool
) -> tuple[Use, ...] | None:
    """Return how keys were used in everything that was read, each call once, as if all events were held.

    `held` are the events of what was read beside and is held. None when a file was changed or removed since it was read
    first, or when copies of one event name other keys.
    """
    history, changed = UseHistory(keys, changes, whole=whole), compared_keys(keys, changes, whole=whole)
    met = {digest_of(event_identity(event)): event for event in held if event.is_on(changed)}
    for note in notes if changed else ():
        others = [note.once.common(other.once) for other in notes if other is not note]
        again = frozenset(note.repeats).union(met, *others)
        events = _add_uses(note, _UseReader(note.options, changed, changes, again), changed, history)
        if events is None:
            return None
        for digest, event in events.items():
            met.setdefault(digest, event)
    for event in met.values():
        history.add(event)
    return history.freeze()


def _add_uses(
    note: Noted, reader: "_UseReader", changed: frozenset[str], history: UseHistory
) -> dict[bytes, Event] | None:
    """Add the uses of one export; return the first copy of each call that comes again, None when it does not settle."""
    asked = [one for one, named in zip(note.read, note.keys, strict=True) if not named.isdisjoint(changed)]
    first: dict[bytes, Event] = {}
    copies: Counter[bytes] = Counter()
    made = read_on_cores(reader, [batch for batch, _ in asked], note.options.processes, worth=_WORTH_BATCHES)
    for (_, (own, repeated, trace)), (_, first_trace) in zip(made, asked, strict=True):
        if trace != first_trace:
            return None
        history.merge(own)
        for digest, event in repeated:
            first.setdefault(digest, event)
            copies[digest] += 1
    is_whole = all(count == note.repeats[digest] + 1 for digest, count in copies.items())
    return first if is_whole else None


class _UseReader:
    """Reads batches again; of each it gives the uses of some keys, and the calls on them that come more than once."""

    def __init__(
        self, options: ReadOptions, keys: Collection[str], changes: Sequence[Event], again: frozenset[bytes]
    ) -> None:
        self._options = structs.replace(options, kms_only=True)
        self._keys, self._changes, self._again = keys, changes, again
        self._needles = [key.rpartition(":key/")[2].encode("utf-8", "surrogatepass") for key in keys]

    def __call__(self, batch: Batch) -> Iterator[tuple[UseHistory, list[tuple[bytes, Event]], Trace]]:
        """Read a batch."""
        history, tally = UseHistory(self._keys, self._changes, whole=True), Tally()
        repeated: list[tuple[bytes, Event]] = []
        with suppress(NotLinesError):
            for event in read_events(self._options, batch, tally, self._may_name):
                if not event.is_on(self._keys):
                    continue
                digest = digest_of(event_identity(event)) if self._again else b""
                if digest in self._again:
                    repeated.append((digest, event))
                else:
                    history.add(event)
        yield history, repeated, trace_of(tally)

    def _may_name(self, record: SlimRecord) -> bool:
        """Check whether a record may be about a key, from its undecoded fields; an escape may hide its name."""
        parts = [bytes(part) for part in _places_of_keys(record) if part is not NULL]
        return record.event_source == KMS and any(
            b"\\" in part or any(needle in part for needle in self._needles) for part in parts
        )


def _places_of_keys(record: SlimRecord) -> Iterable[bytes | memoryview]:
    return (
        record.resources,
        record.request_parameters,
        record.error_message,
        record.response_elements,
        record.additional_event_data,
        record.service_event_details,
    )
