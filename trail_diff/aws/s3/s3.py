"""A bucket: only the days and Regions of a trail that are wanted, listed and fetched side by side, in order of key.

What is fetched ahead is bounded in number and size; an object beyond that is read as it comes. Any other prefix, or a
single object, is read whole.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from msgspec import Struct

from trail_diff.aws.engines.waiting import format_bytes
from trail_diff.aws.s3.objects import split_url, stream_object
from trail_diff.errors import AwsNotFoundError, SourceError
from trail_diff.model.learnt import Skipped, Window
from trail_diff.model.reasons import Reason
from trail_diff.read.containers import Chunks, Damaged
from trail_diff.read.files import FileReader
from trail_diff.read.interface import Found, Link, Progress, ReadOptions, Selection, Tally
from trail_diff.read.spans import list_days, merge_spans
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


class S3Source:
    """Reads one s3:// address. `now` gives the time from which the default span counts back."""

    def __init__(self, link: Link, url: str, now: Callable[[], datetime]) -> None:
        """Take an address apart.

        Raises:
            UsageError: it is no s3:// address.
        """
        self._link, self._url, self._now = link, url, now
        self._bucket, self._prefix = split_url(url)
        self._pruned = 0
        self._searched: ReadOptions | None = None

    def read(
        self, query: ReadOptions, selection: Selection, tally: Tally, progress: Progress | None
    ) -> Iterator[Found]:
        """List what is wanted, and read it in order of key.

        Raises:
            AwsError: AWS did not answer; what came before was given.
            SourceError: there is nothing under the address.
        """
        self._pruned = 0
        now = self._now()
        reader = FileReader(selection, tally, progress)
        with _pool() as pool:
            count, size = 0, 0
            for fetched in _ahead(pool, self._fetch, self._wanted(query, pool), AHEAD):
                count, size = count + 1, size + fetched.object.size
                yield from self._read_object(fetched, reader, progress)
        if count == 0 and not self._pruned:
            raise SourceError(
                f"{self._url}: there is no object of the time and Regions asked for",
                hint="check the bucket, the prefix, --region, --from and --to",
            )
        if self._searched:
            tally.add_searched(self._searched, now)
        self._link.notify(f"{self._url}: read {count:,} objects, {format_bytes(size)}")
        if self._pruned:
            yield Skipped(self._url, Reason.OUTSIDE_REQUESTED_TIME, self._pruned)

    # ---- what to read

    def _wanted(self, query: ReadOptions, pool: ThreadPoolExecutor) -> Iterator[_Object]:
        self._searched = None
        folders = list(self._find_folders(self._prefix))
        if not folders:
            self._searched = ReadOptions(windows=merge_spans(query), changes=query.changes)
            yield from self._keep(self._list(self._prefix), merge_spans(query))
            return
        regions = sorted({folder.region for folder in folders})
        wanted = [folder for folder in folders if not query.regions or folder.region in query.regions]
        found = sorted({folder.region for folder in wanted})
        spans = merge_spans(query) or (() if wanted and wanted[0].inside else self._default_span())
        if not spans:
            prefixes = [folder.prefix + folder.inside for folder in wanted]
        else:
            prefixes = [prefix for folder in wanted for prefix in folder.list_prefixes(list_days(spans))]
        self._searched = ReadOptions(tuple(found), windows=tuple(spans), changes=query.changes)
        self._link.notify(_describe(self._url, prefixes, spans, len(wanted), regions))
        for objects in _ahead(pool, self._list_all, prefixes, LISTS_AHEAD):
            yield from self._keep(objects, spans)

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
