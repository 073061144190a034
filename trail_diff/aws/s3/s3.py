"""A bucket: only the days and Regions of a trail that are wanted, listed and fetched side by side, in order of key.

What is fetched ahead is bounded in number and size; an object beyond that is read as it comes. Any other prefix, or a
single object, is read whole.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from msgspec import Struct

from trail_diff.aws.engines.waiting import format_bytes
from trail_diff.aws.s3.objects import split_url, stream_object
from trail_diff.errors import AwsNotFoundError, SourceError
from trail_diff.events.normalize import normalize_record
from trail_diff.model.learnt import Event, Skipped, Window
from trail_diff.model.reasons import Reason
from trail_diff.read.budget import Damaged
from trail_diff.read.compressed import Chunks
from trail_diff.read.files import FileReader
from trail_diff.read.interface import Found, FoundRecord, Link, Progress, ReadOptions, Selection, Tally
from trail_diff.read.spans import from_windows, home_of, list_days, merge_spans, near_windows
from trail_diff.read.trail_layout import (
    RegionFolder,
    is_on_the_way,
    leads_on,
    may_hold,
    read_region_folder,
    trail_of_account,
)
from trail_diff.read.walk import BESIDE_TRAIL_FILES

DEFAULT_SPAN = timedelta(days=30)
"""How far back a trail is read when no time is known: as far as AWS Backup keeps its jobs."""
WORKERS = 16
AHEAD = 32
"""How many objects are fetched ahead."""
LISTS_AHEAD = 8
AHEAD_BYTES = 2 << 20
"""How large an object may be to be fetched ahead; a larger one is streamed. Trail files are mostly below 1 MiB."""

T = TypeVar("T")
R = TypeVar("R")


class _Object(Struct, frozen=True):
    key: str
    size: int


class _Fetched(Struct, frozen=True):
    """An object and what could be read of it; `chunks` is None when it is too large to be fetched ahead."""

    object: _Object
    chunks: list[bytes] | None
    damage: Reason | None = None


class _Plan(Struct, frozen=True):
    """What of a trail is read first: the prefixes of the days of the spans; `regions` are those wanted that it has."""

    spans: tuple[Window, ...]
    prefixes: tuple[str, ...] = ()
    folders: tuple[RegionFolder, ...] = ()
    regions: tuple[str, ...] = ()
    is_trail: bool = False

    def searched(self, query: ReadOptions, begin: datetime | None) -> ReadOptions:
        """Return what was searched, changes from `begin` on."""
        changes = Window(begin, max(begin, query.changes.end)) if query.changes and begin else None
        return ReadOptions(self.regions, windows=self.spans, changes=changes)


class S3Source:
    """Reads one s3:// address. `now` gives the time from which the default span counts back."""

    def __init__(self, link: Link, url: str, now: Callable[[], datetime]) -> None:
        """Take an address apart.

        Raises:
            UsageError: it is no s3:// address.
        """
        self._link, self._url, self._now = link, url, now
        self._bucket, self._prefix = split_url(url)
        self._pruned, self._count, self._size = 0, 0, 0

    def read(
        self, query: ReadOptions, selection: Selection, tally: Tally, progress: Progress | None
    ) -> Iterator[Found]:
        """List what is wanted, and read it in order of key.

        Raises:
            AwsError: AWS did not answer; what came before was given.
            SourceError: there is nothing under the address.
        """
        self._pruned, self._count, self._size = 0, 0, 0
        now, query = self._now(), near_windows(query)
        reader = FileReader(selection, tally, progress)
        with _pool() as pool:
            plan = self._plan(query)
            yield from self._read_objects(self._wanted(plan, pool), pool, reader, progress)
            begin = yield from self._look_back(plan, query, pool, reader, progress)
        if self._count == 0 and not self._pruned:
            raise SourceError(
                f"{self._url}: there is no object of the time and Regions asked for",
                hint="check the bucket, the prefix, --region, --from and --to",
            )
        if plan.spans or not plan.is_trail:
            tally.add_searched(plan.searched(query, begin), now)
        self._link.notify(f"{self._url}: read {self._count:,} objects, {format_bytes(self._size)}")
        if self._pruned:
            yield Skipped(self._url, Reason.OUTSIDE_REQUESTED_TIME, self._pruned)

    # ---- what to read

    def _plan(self, query: ReadOptions) -> "_Plan":
        """Find the folders of the Regions wanted, and say what of them is read."""
        folders = list(self._find_folders(self._prefix))
        if not folders:
            return _Plan(merge_spans(query))
        home = home_of(query)
        wanted = [folder for folder in folders if not query.regions or folder.region in query.regions]
        of_roles = [folder for folder in folders if folder.region == home] if wanted else []
        near = from_windows(query)
        spans = merge_spans(near) or (() if wanted and wanted[0].inside else self._default_span())
        if not spans:
            prefixes = [folder.prefix + folder.inside for folder in wanted]
        else:
            prefixes = _prefixes(wanted, spans) + _prefixes(of_roles, [near.changes] if near.changes else [])
        regions = sorted({folder.region for folder in folders})
        self._link.notify(_describe(self._url, prefixes, spans, len(wanted), regions))
        found = tuple(sorted({folder.region for folder in wanted}))
        return _Plan(spans, tuple(prefixes), (*wanted, *of_roles), found, is_trail=True)

    def _wanted(self, plan: "_Plan", pool: ThreadPoolExecutor) -> Iterator[_Object]:
        if not plan.is_trail:
            yield from self._keep(self._list(self._prefix), plan.spans)
        for objects in _ahead(pool, self._list_all, plan.prefixes, LISTS_AHEAD):
            yield from self._keep(objects, plan.spans)

    def _look_back(
        self, plan: "_Plan", query: ReadOptions, pool: ThreadPoolExecutor, reader: FileReader, progress: Progress | None
    ) -> Generator[Found, None, datetime | None]:
        """Read the days before the first window, the newest first, and return from when on changes were looked for.

        The end is reached where every key in question has its policy, or where as many objects again were read.
        """
        if query.changes is None or not query.windows or not plan.is_trail:
            return query.changes.start if query.changes else None
        begin = min(window.start for window in query.windows)
        if query.changes.start >= begin:
            return query.changes.start
        left, without_policy = self._count, set(query.keys)
        day = begin.replace(hour=0, minute=0, second=0, microsecond=0)
        span = Window(max(day, query.changes.start), begin)
        while span.start < begin and (without_policy or not query.keys):
            objects = [
                item
                for prefix in _prefixes(plan.folders, [Window(span.start, span.start)])
                for item in self._list(prefix)
                if may_hold(item.key, [span])
            ]
            left -= len(objects)
            if left < 0:
                break
            for found in self._read_objects(objects, pool, reader, progress):
                without_policy -= _keys_given_a_policy(found)
                yield found
            begin = span.start
            span = Window(max(begin - timedelta(days=1), query.changes.start), begin)
        return begin

    def _default_span(self) -> tuple[Window, ...]:
        now = self._now()
        return (Window(now - DEFAULT_SPAN, now),)

    def _keep(self, objects: Iterable[_Object], spans: Sequence[Window]) -> Iterator[_Object]:
        """Leave out what by its name cannot hold wanted events, and empty folder markers."""
        for item in objects:
            if not may_hold(item.key, spans):
                self._pruned += 1
            elif not (item.key.endswith("/") and item.size == 0):
                yield item

    def _find_folders(self, prefix: str) -> Iterator[RegionFolder]:
        """Yield the folders of all Regions below a prefix; none when it is no trail's, or lies deeper than that."""
        folder = read_region_folder(prefix)
        if folder is not None:
            yield folder
        elif trail := trail_of_account(prefix):
            yield from self._find_folders(trail)
        elif is_on_the_way(prefix):
            for child in self._children(prefix):
                if leads_on(prefix, child):
                    yield from self._find_folders(child)
        elif not prefix or prefix.endswith("/"):
            yield from self._find_trails(prefix)
        elif f"{prefix}/" in self._children(prefix):
            yield from self._find_folders(f"{prefix}/")

    def _find_trails(self, prefix: str) -> Iterator[RegionFolder]:
        """Look for AWSLogs/ under a prefix that is none of the layout's, and one level further down."""
        children = self._children(prefix)
        places = [prefix] if f"{prefix}AWSLogs/" in children else children[:50]
        for place in places:
            if f"{place}AWSLogs/" in (children if place == prefix else self._children(place)):
                yield from self._find_folders(f"{place}AWSLogs/")

    def _children(self, prefix: str) -> list[str]:
        asked = {"Bucket": self._bucket, "Prefix": prefix, "Delimiter": "/"}
        pages = self._link.aws.pages("s3", "list_objects_v2", asked)
        return [child["Prefix"] for page in pages for child in page.get("CommonPrefixes", ())]

    def _list(self, prefix: str) -> Iterator[_Object]:
        for page in self._link.aws.pages("s3", "list_objects_v2", {"Bucket": self._bucket, "Prefix": prefix}):
            yield from (_Object(item["Key"], item["Size"]) for item in page.get("Contents", ()))

    def _list_all(self, prefix: str) -> list[_Object]:
        return list(self._list(prefix))

    # ---- reading it

    def _read_objects(
        self, objects: Iterable[_Object], pool: ThreadPoolExecutor, reader: FileReader, progress: Progress | None
    ) -> Iterator[Found]:
        for fetched in _ahead(pool, self._fetch, objects, AHEAD):
            self._count, self._size = self._count + 1, self._size + fetched.object.size
            yield from self._read_object(fetched, reader, progress)

    def _fetch(self, item: _Object) -> _Fetched:
        """Fetch an object ahead, in a thread, unless it is too large or holds no records by its place."""
        if item.size > AHEAD_BYTES or _reason_beside(item.key):
            return _Fetched(item, None)
        chunks: list[bytes] = []
        try:
            chunks.extend(stream_object(self._link, self._bucket, item.key))
        except Damaged as damage:
            return _Fetched(item, chunks, damage.reason)
        except AwsNotFoundError:
            return _Fetched(item, chunks, Reason.UNREADABLE_FILE)
        return _Fetched(item, chunks)

    def _read_object(self, fetched: _Fetched, reader: FileReader, progress: Progress | None) -> Iterator[Found]:
        name = f"s3://{self._bucket}/{fetched.object.key}"
        if reason := _reason_beside(fetched.object.key):
            yield Skipped(name, reason)
            return
        if progress is not None:
            progress.file(name, fetched.object.size)
        if fetched.chunks is None:
            chunks = stream_object(self._link, self._bucket, fetched.object.key)
        else:
            chunks = _again(fetched.chunks, fetched.damage)
        yield from reader.read_stream(name, Chunks(chunks))


def _prefixes(folders: Iterable[RegionFolder], spans: Sequence[Window]) -> list[str]:
    return [prefix for folder in folders for prefix in folder.list_prefixes(list_days(spans))]


def _keys_given_a_policy(found: Found) -> frozenset[str]:
    """Return the keys that a record puts a policy on."""
    record = found.record if isinstance(found, FoundRecord) else {}
    if record.get("eventName") not in ("PutKeyPolicy", "CreateKey") or record.get("errorCode") is not None:
        return frozenset()
    event = normalize_record(record, "")
    return frozenset(one.key for one in event.accesses if one.key) if isinstance(event, Event) else frozenset()


def _reason_beside(key: str) -> Reason | None:
    parts = key.split("/")
    return next((reason for folder, reason in BESIDE_TRAIL_FILES.items() if folder in parts), None)


def _again(chunks: list[bytes], damage: Reason | None) -> Iterator[bytes]:
    yield from chunks
    if damage is not None:
        raise Damaged(damage)


def _describe(url: str, prefixes: Sequence[str], spans: Sequence[Window], folders: int, regions: Sequence[str]) -> str:
    """Return what of a trail will be read."""
    time = ", ".join(f"{span.start:%Y-%m-%d %H:%M} to {span.end:%Y-%m-%d %H:%M} UTC" for span in spans)
    return (
        f"{url}: a trail with {len(regions)} Regions; reading {time or 'all that the address names'}: "
        f"{folders} folders, {len(prefixes)} days (--from, --to and --region choose)"
    )


@contextmanager
def _pool() -> Iterator[ThreadPoolExecutor]:
    """Yield threads to work in; on the way out what has not begun is dropped."""
    pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="s3")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _ahead(pool: ThreadPoolExecutor, work: Callable[[T], R], items: Iterable[T], ahead: int) -> Iterator[R]:
    """Do the work on all items, some ahead of what is taken, and yield the results in order."""
    begun: deque[Future[R]] = deque()
    for item in items:
        begun.append(pool.submit(partial(work, item)))
        if len(begun) >= ahead:
            yield begun.popleft().result()
    while begun:
        yield begun.popleft().result()
