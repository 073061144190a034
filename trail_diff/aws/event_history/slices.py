"""Finished slices of event history: held in memory, and kept on disk so that nothing is fetched twice.

A lane is one question to event history (account, Region, one attribute and its value); a slice is a span of a lane that
was fetched to its end. Slices lie in the user's cache folder, compressed, readable by the user only, each written in
one step; one that cannot be read counts as not there. Only what was fetched a day after its end is kept: late events
may still have arrived until then, and an answer that came too early is not one for good.
"""

import contextlib
import gzip
import os
import re
import shutil
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import msgspec
from msgspec import Struct

FORMAT = "trail-diff/slice/2"
FINAL_AFTER = 24 * 60 * 60
"""How many seconds after its end a span is fetched for good. Events arrive in about five minutes, not guaranteed."""
RESUMABLE_FOR = 15 * 60
"""How many seconds a slice that is not final is used by a later run."""
SETTLING = 15 * 60
"""The seconds before a fetch of which nothing is kept: their events may still be on the way."""
_NAME = re.compile(r"(\d{1,12})-(\d{1,12})\.json\.gz\Z")


class Span(NamedTuple):
    """A span of time in whole seconds since 1970, both ends included."""

    start: int
    end: int


class Entry(NamedTuple):
    """One event of event history: its second, its id, and the record as the JSON text that CloudTrail gives."""

    second: int
    event_id: str
    text: str


class Lane(Struct, frozen=True):
    """One question to event history."""

    account: str
    region: str
    attribute: str
    value: str


class CacheInfo(NamedTuple):
    """What the cache holds."""

    folder: Path
    slices: int
    size_bytes: int


class _Stored(Struct, frozen=True):
    """The content of a file; the lane and span are repeated, so that a file that was moved is not believed.

    `fetched_at` is the second at which it was fetched.
    """

    format: str
    lane: Lane
    span: Span
    fetched_at: int
    entries: list[Entry]


class Slices:
    """The finished slices of one account and Region; those on disk are loaded when their time is asked for.

    `folder` is None to keep nothing on disk; `now` (a second) is when what is added was fetched. What ended less than
    FINAL_AFTER before it is kept for RESUMABLE_FOR only, and what ended less than SETTLING before it in memory only.
    """

    def __init__(self, folder: Path | None, now: int) -> None:
        self._folder = folder
        self._now = now
        self._cached: dict[Lane, list[tuple[Span, int]]] = {}
        self._held: dict[Lane, list[tuple[Span, list[Entry]]]] = {}
        self._loaded: set[Path] = set()

    def missing(self, lane: Lane, span: Span) -> list[Span]:
        """Return the parts of a span that are in no slice, the newest first."""
        self._load(lane, span)
        return subtract(span, (held for held, _ in self._held.get(lane, [])))

    def entries(self, lane: Lane, span: Span) -> Iterator[Entry]:
        """Yield the events of a span, as far as it was fetched."""
        self._load(lane, span)
        for held, entries in self._held.get(lane, []):
            if held.start <= span.end and span.start <= held.end:
                yield from (entry for entry in entries if span.start <= entry.second <= span.end)

    def add(self, lane: Lane, span: Span, entries: list[Entry]) -> None:
        """Hold a slice, and keep on disk what of it is final, and apart from that what a later run may go on from."""
        self._hold(lane, span, entries)
        final = self._now - FINAL_AFTER
        parts = (
            Span(span.start, min(span.end, final)),
            Span(max(span.start, final + 1), min(span.end, self._now - SETTLING)),
        )
        for part in parts if self._folder is not None else ():
            if part.start <= part.end:
                self._keep(lane, part, [entry for entry in entries if part.start <= entry.second <= part.end])

    def _keep(self, lane: Lane, span: Span, entries: list[Entry]) -> None:
        # A cache that cannot be written costs time, never the answer.
        if self._folder is not None:
            with contextlib.suppress(OSError):
                _write(self._folder, _Stored(FORMAT, lane, span, self._now, entries))

    def cached_at(self, lane: Lane, span: Span) -> int | None:
        """Return when the oldest of the slices on disk that a span is told by was fetched; None without any."""
        times = (at for held, at in self._cached.get(lane, ()) if held.start <= span.end and span.start <= held.end)
        return min(times, default=None)

    def _hold(self, lane: Lane, span: Span, entries: list[Entry]) -> None:
        held = self._held.setdefault(lane, [])
        for part in subtract(span, [known for known, _ in held]):
            held.append((part, [entry for entry in entries if part.start <= entry.second <= part.end]))

    def _load(self, lane: Lane, span: Span) -> None:
        if self._folder is None:
            return
        for path in sorted(_folder_of(self._folder, lane).glob("*.json.gz")):
            found = _NAME.match(path.name)
            if found is None or path in self._loaded or int(found[1]) > span.end or int(found[2]) < span.start:
                continue
            self._loaded.add(path)
            stored = _read(path)
            if stored is not None and not _is_usable(stored, self._now):
                with contextlib.suppress(OSError):
                    path.unlink()
            elif stored is not None and stored.lane == lane and stored.span == (int(found[1]), int(found[2])):
                if stored.fetched_at < self._now:
                    self._cached.setdefault(lane, []).append((stored.span, stored.fetched_at))
                self._hold(lane, stored.span, stored.entries)


def subtract(span: Span, covered: Iterable[Span]) -> list[Span]:
    """Return the parts of a span that nothing covers, the newest first."""
    left: list[Span] = []
    end = span.end
    for known in sorted(covered, key=lambda known: known.end, reverse=True):
        if known.end < span.start or known.start > end:
            continue
        if known.end < end:
            left.append(Span(known.end + 1, end))
        end = min(end, known.start - 1)
    if span.start <= end:
        left.append(Span(span.start, end))
    return left


def merge_spans(spans: Iterable[Span]) -> list[Span]:
    """Return the same time in as few spans as can be, the oldest first; spans that touch become one."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start <= merged[-1].end + 1:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged


def cache_folder() -> Path:
    """Return the folder that slices are kept in, where the operating system has it."""
    import platformdirs

    return platformdirs.user_cache_path("trail-diff") / "lookup-events"


def cache_info(folder: Path) -> CacheInfo:
    """Return how much is kept."""
    sizes = [path.stat().st_size for path in folder.rglob("*.json.gz")]
    return CacheInfo(folder, len(sizes), sum(sizes))


def clear_cache(folder: Path) -> CacheInfo:
    """Delete all that is kept, and return how much it was."""
    info = cache_info(folder)
    if folder.is_dir():
        shutil.rmtree(folder)
    return info


def _folder_of(folder: Path, lane: Lane) -> Path:
    return folder.joinpath(*(quote(part, safe="") for part in (lane.account, lane.region)), _question(lane))


def _question(lane: Lane) -> str:
    return quote(f"{lane.attribute}={lane.value}", safe="=")


def _write(folder: Path, stored: _Stored) -> None:
    """Write a file that only its owner can read; it has its name once it is whole."""
    place = _folder_of(folder, stored.lane)
    folder.parent.mkdir(parents=True, exist_ok=True)
    for made in (folder, place.parent.parent, place.parent, place):
        made.mkdir(exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=place, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(gzip.compress(msgspec.json.encode(stored), compresslevel=6))
        Path(name).replace(place / f"{stored.span.start}-{stored.span.end}.json.gz")
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _read(path: Path) -> _Stored | None:
    try:
        stored = msgspec.json.decode(gzip.decompress(path.read_bytes()), type=_Stored)
    except (OSError, EOFError, zlib.error, msgspec.DecodeError, ValueError):
        return None
    return stored if stored.format == FORMAT else None


def _is_usable(stored: _Stored, now: int) -> bool:
    """Check whether a slice is final, or fetched so shortly ago that a run may go on from it."""
    age = stored.fetched_at - stored.span.end
    return age >= FINAL_AFTER or (age >= SETTLING and 0 <= now - stored.fetched_at <= RESUMABLE_FOR)
