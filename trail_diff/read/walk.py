"""From paths to the files they stand for: files, folders with all below them, and globs; in order of name.

In the S3 layout a trail writes, folders of other Regions and of days outside the requested time are passed over: their
files are counted, none is opened. Source: AWS CloudTrail user guide, "Finding your CloudTrail log files".
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from glob import glob, has_magic
from pathlib import Path

from msgspec import Struct

from trail_diff.errors import SourceError
from trail_diff.model.learnt import Skipped
from trail_diff.model.reasons import Reason
from trail_diff.read.interface import ReadOptions
from trail_diff.read.trail_layout import read_region_folder

BESIDE_TRAIL_FILES = {"CloudTrail-Digest": Reason.DIGEST_FILE, "CloudTrail-Insight": Reason.INSIGHT_EVENT}
"""Folders that lie beside a trail's own in the S3 layout and hold no records; passed over without being opened."""
_CHECK = "check the path; quote a pattern to have it expanded"
_ALIKE = 0.7
_WINDOWS_PATH = re.compile(r"([A-Za-z]):[\\/](.*)", re.DOTALL)
DELIVERED_AFTER = timedelta(days=1)
"""A file lies under the day of its delivery, about five minutes after its events; that is not guaranteed, so events
of a day are looked for in the next day's folder as well. What was delivered later still is not found."""
DELIVERED_BEFORE = timedelta(hours=1)
"""Clocks differ, so a little before the requested time is looked at as well."""


class InputFile(Struct, frozen=True):
    """A file to read and its size in bytes, 0 for a pipe; or a part of it, from `start` to `end` (None: to its end)."""

    path: str
    size: int
    start: int = 0
    end: int | None = None


def expand_path(path: str, selection: ReadOptions | None = None) -> Iterator[InputFile | Skipped]:
    """Yield the files that a path stands for; a name that is there as it is written is never a glob.

    Raises:
        SourceError: the path is not there, a glob fits nothing, or a folder is empty.
    """
    if not path.strip():
        raise SourceError("an empty name for an export", hint="give a file or folder; a variable may not be set")
    place = Path(path)
    try:
        is_file, is_folder, is_there = place.is_file() or place.is_fifo(), place.is_dir(), place.exists()
    except (OSError, ValueError):
        is_file = is_folder = is_there = False
    if is_file:
        yield _take(str(place), place.stat().st_size if place.is_file() else 0)
    elif is_folder:
        yield from _expand_folder(path, str(place), selection)
    elif is_there:
        raise SourceError(f"{path}: neither a file nor a folder nor a pipe", hint="give - to read stdin")
    else:
        names = sorted(glob(path, recursive=True)) if has_magic(path) else []  # noqa: PTH207 - absolute globs as well
        if not names:
            raise SourceError(f"{path}: no such file or folder", hint=_hint_for(path))
        for name in names:
            yield from expand_path(name, selection)


def _hint_for(path: str) -> str:
    """Return what to do about a path that is not there; a Windows path has another name where there is no Windows."""
    in_wsl = place_in_wsl(path)
    if in_wsl:
        return f"this is a Windows path: in WSL it is {in_wsl}"
    if "\\" in path:
        return f"this is a Windows path: here it is written {path.replace(chr(92), '/')}"
    place = Path(path)
    names: list[str] = []
    with suppress(OSError):
        names = [one.name for one in place.parent.iterdir()]
    near = get_close_matches(place.name, names, n=1, cutoff=_ALIKE)
    return f"the nearest is {place.with_name(near[0])}" if near else _CHECK


def place_in_wsl(path: str) -> str | None:
    """Return what WSL calls a path of Windows; None for other paths, and on Windows."""
    found = _WINDOWS_PATH.match(path)
    return f"/mnt/{found[1].lower()}/{found[2].replace(chr(92), '/')}" if found and os.name != "nt" else None


def _expand_folder(path: str, folder: str, selection: ReadOptions | None) -> Iterator[InputFile | Skipped]:
    is_empty = True
    for item in _walk(folder, selection):
        is_empty = False
        yield item
    if is_empty:
        raise SourceError(f"{path}: the folder holds no file", hint="give a file or folder with CloudTrail events")


def _walk(folder: str, selection: ReadOptions | None) -> Iterator[InputFile | Skipped]:
    """Yield all files below a folder by name, depth first; links to folders and pipes are counted, not followed."""
    if selection is not None and _is_outside(folder, selection):
        count = sum(1 for _ in _walk(folder, None))
        yield from [Skipped(folder, Reason.OUTSIDE_REQUESTED_TIME, count)] if count else []
        return
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        yield Skipped(folder, Reason.UNREADABLE_FILE)
        return
    for entry in entries:
        name = entry.name if folder == "." else f"{folder.rstrip('/')}/{entry.name}"
        try:
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(name, selection)
            elif entry.is_file():
                yield _take(name, entry.stat().st_size)
            else:
                yield Skipped(name, Reason.LINKED_FOLDER if entry.is_symlink() else Reason.UNREADABLE_FILE)
        except OSError:
            yield Skipped(name, Reason.UNREADABLE_FILE)


def _take(path: str, size: int) -> InputFile | Skipped:
    if "CloudTrail-" in path:
        for part in path.split("/"):
            if part in BESIDE_TRAIL_FILES:
                return Skipped(path, BESIDE_TRAIL_FILES[part])
    return InputFile("./-" if path == "-" else path, size)  # a file of that name is not stdin


def _is_outside(folder: str, selection: ReadOptions) -> bool:
    """Check whether a folder of the S3 layout can hold nothing that was asked for; one that is none of it may."""
    found = read_region_folder(f"{folder}/")
    if found is None:
        return False
    if selection.regions and found.region not in selection.regions:
        return True
    date = [int(part) for part in found.inside.split("/") if part]
    if not date:
        return False
    year, month, day = [*date, 1, 1][:3]
    try:
        first = datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return False
    days = (366, 31, 1)[len(date) - 1]
    is_early = selection.start is not None and first + timedelta(days=days) <= selection.start - DELIVERED_BEFORE
    is_late = selection.end is not None and first > selection.end + DELIVERED_AFTER
    return is_early or is_late
