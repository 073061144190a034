"""Whether what was written says the same as what was read: compared before any of it is put in its place.

Of both, the records are summed up without names: their times, services, event names and errors; who called, by kind;
which calls are of the same caller and of the same key; and the jobs. The sums do not depend on the order.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

from msgspec import Struct

from trail_diff.case.coverage import is_damage
from trail_diff.events.jobs import read_job_document
from trail_diff.events.normalize import KMS, has_own_key, normalize_record
from trail_diff.model.learnt import Event, Skipped
from trail_diff.read.interface import Found, FoundJob, FoundRecord, FoundSlim, Tally
from trail_diff.read.lenient import decode_fully, to_record
from trail_diff.read.records import SlimRecord
from trail_diff.times import parse_time

_STATES = (" is disabled", " is pending ", " is unavailable", " does not exist", " is not found")
_MOST_ALIKE = 20_000
_BITS = (1 << 64) - 1


class Summary(Struct, frozen=True):
    """What a document says, without names: equal for a document and its redacted copy."""

    records: int
    times: int
    kinds: int
    keys: int
    callers: int
    jobs: int
    pages: int
    """1 where a listing goes on, of which the rest was not fetched."""
    is_partly_read: bool = False

    def difference(self, other: "Summary") -> str | None:
        """Return in what another summary differs, None if in nothing; whether all was read is no part of it."""
        names = self.__struct_fields__[:-1]
        return next((name for name in names if getattr(self, name) != getattr(other, name)), None)


def sum_up(found: Iterable[Found | FoundSlim], tally: Tally) -> Summary:
    """Return the summary of what was found in a document, and counted on the way."""
    sums = _Sums()
    for item in found:
        match item:
            case FoundSlim(records):
                sums.add_slim(records)
            case FoundRecord(record, source):
                sums.add_record(normalize_record(record, source))
            case FoundJob(document, source):
                for job in read_job_document(document, source):
                    times = (job.created, job.completed)
                    sums.jobs += _digest((job.kind, job.state, *map(str, times)))
            case Skipped():
                sums.is_partly_read |= is_damage(item)
    return sums.summary(tally)


class _Sums:
    def __init__(self) -> None:
        self.records = self.times = self.kinds = self.jobs = 0
        self.is_partly_read = False
        self.of_key: dict[str, int] = {}
        self.of_caller: dict[str, int] = {}
        self._alike: dict[Hashable, Event] = {}

    def add_slim(self, records: Sequence[SlimRecord]) -> None:
        """Add records that are not decoded: those of KMS one by one, of others as many at once as are alike."""
        others = [record for record in records if record.event_source != KMS]
        codes = {raw: decode_fully(raw) for raw in {bytes(one.error_code) for one in others}}
        for time, count in Counter([one.event_time for one in others]).items():
            self.times += _digest((time,)) * count
        kinds = Counter([(one.event_source, one.event_name, one.aws_region, bytes(one.error_code)) for one in others])
        for (source, name, region, code), count in kinds.items():
            self.kinds += _digest((source, name, region, codes[code])) * count
        self.records += len(others)
        for record in records:
            if record.event_source == KMS:
                self._add_alike(record)

    def _add_alike(self, record: SlimRecord) -> None:
        """Add a record of KMS; what is alike in all that is summed up but the time is normalised once."""
        what = (record.event_name, record.event_type, record.aws_region, record.recipient_account_id)
        error = (bytes(record.error_code), bytes(record.error_message))
        alike = (what, bytes(record.user_identity), bytes(record.resources), *error)
        event, time = self._alike.get(alike), parse_time(record.event_time)
        if event is None or time is None:
            made = normalize_record(_decoded(record), "")
            self.add_record(made)
            if isinstance(made, Event) and has_own_key(made) and len(self._alike) < _MOST_ALIKE:
                self._alike[alike] = made
        else:
            self._add_event(event, time)

    def add_call(self, time: str, kind: tuple[Any, ...]) -> None:
        self.records += 1
        self.times += _digest((time,))
        self.kinds += _digest(kind)

    def add_record(self, event: Event | Skipped) -> None:
        if isinstance(event, Skipped):
            self.records += 1
        else:
            self._add_event(event, event.event_time)

    def _add_event(self, event: Event, moment: datetime) -> None:
        time = f"{moment:%Y-%m-%dT%H:%M:%SZ}"
        if event.event_source != KMS:
            self.add_call(time, (event.event_source, event.event_name, event.aws_region, event.error_code))
            return
        who, said = (event.caller.kind, event.caller.type), _what_is_said(event)
        self.add_call(time, (*who, event.event_name, event.aws_region, event.error_code, *said))
        row = _digest((time, event.event_name, event.error_code, event.caller.kind))
        for access in event.accesses:
            self.of_key[access.key or ""] = self.of_key.get(access.key or "", 0) + row
        name = repr(event.caller.across_sessions())
        self.of_caller[name] = self.of_caller.get(name, 0) + row

    def summary(self, tally: Tally) -> Summary:
        keys, callers = (
            sum(_digest((total & _BITS,)) for total in of.values()) for of in (self.of_key, self.of_caller)
        )
        times, kinds, jobs = (total & _BITS for total in (self.times, self.kinds, self.jobs))
        pages, is_partly_read = int(tally.next_token), self.is_partly_read
        return Summary(self.records, times, kinds, keys & _BITS, callers & _BITS, jobs, pages, is_partly_read)


def _what_is_said(event: Event) -> tuple[Any, ...]:
    """Return what the message of an error tells beside names: what refused, and the state of the key."""
    denial, message = event.denial, (event.error_message or "").lower()
    told = (denial.effect, denial.layer, denial.action) if denial is not None else ()
    return *told, *(state for state in _STATES if state in message)


def _decoded(record: SlimRecord) -> dict[str, Any]:
    whole = to_record(record)
    return whole if isinstance(whole, dict) else {}


def _digest(values: tuple[Any, ...]) -> int:
    return int.from_bytes(blake2b(repr(values).encode("utf-8", "replace"), digest_size=8).digest(), "big")
