"""Folders are walked in order of name; in a trail's layout, what cannot hold anything wanted is not opened."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from read.wrapping import dump
from recording import Recording

from trail_diff.gather.exports import count_calls
from trail_diff.model.learnt import Skipped
from trail_diff.model.reasons import Reason
from trail_diff.read.interface import ReadOptions
from trail_diff.read.walk import InputFile, expand_path
from trail_diff.usage.callers import CallerCount

LAYOUT = "AWSLogs/o-abcdefghij/111122223333/CloudTrail"


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write one event a day for ten days in two Regions, as a trail of an organization lays them out."""
    folder = tmp_path_factory.mktemp("bucket")
    for region in ("eu-west-1", "us-east-1"):
        made = Recording(region=region)
        for day in range(1, 11):
            place = folder / LAYOUT / region / f"2026/03/{day:02}"
            place.mkdir(parents=True)
            made.records.clear()
            made.kms(
                f"2026-03-{day:02}T12:00:00Z", "Decrypt", made.key_arn("k"), made.user("a"), eventID=f"{region}{day}"
            )
            (place / "trail.json").write_bytes(dump({"Records": made.records}))
    return folder


def read(bucket: Path, options: ReadOptions) -> tuple[int, int, int]:
    """Return how many calls were counted, files read, and files passed over."""
    coverage = count_calls([str(bucket)], CallerCount(), options)
    passed = sum(skip.count for skip in coverage.skipped if skip.reason is Reason.OUTSIDE_REQUESTED_TIME)
    return coverage.events_kept, coverage.files_read, passed


def test_days_and_regions_outside_are_not_opened_but_counted(bucket: Path) -> None:
    """Only the days asked for, and the one after for late delivery, are opened in the Region asked for."""
    start, end = datetime(2026, 3, 4, 6, tzinfo=UTC), datetime(2026, 3, 5, 18, tzinfo=UTC)

    assert read(bucket, ReadOptions()) == (20, 20, 0)
    assert read(bucket, ReadOptions(regions=("eu-west-1",))) == (10, 10, 10)
    assert read(bucket, ReadOptions(start=start, end=end)) == (4, 6, 14)
    assert read(bucket, ReadOptions(regions=("us-east-1",), start=start, end=end)) == (2, 3, 17)


def test_pruning_changes_no_answer(bucket: Path) -> None:
    """The rows are those that reading everything and filtering gives, at every border of a day."""
    for hour in (0, 11, 12, 13, 23):
        options = ReadOptions((), datetime(2026, 3, 3, hour, tzinfo=UTC), datetime(2026, 3, 6, hour, tzinfo=UTC))
        pruned, whole = CallerCount(), CallerCount()

        count_calls([str(bucket)], pruned, options)
        for file in sorted(bucket.rglob("*.json")):
            count_calls([str(file)], whole, options)

        assert pruned.rows() == whole.rows()


def test_a_file_that_arrived_late_is_read(tmp_path: Path) -> None:
    """An event of the last minute lies in the next day's folder, and is found there."""
    place = tmp_path / LAYOUT / "eu-west-1/2026/03/02"
    place.mkdir(parents=True)
    made = Recording()
    made.kms("2026-03-01T23:59:00Z", "Decrypt", made.key_arn("k"), made.user("a"))
    (place / "trail.json").write_bytes(dump({"Records": made.records}))

    assert read(tmp_path, ReadOptions(end=datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC)))[0] == 1


def test_other_folders_are_never_passed_over(tmp_path: Path) -> None:
    """A folder that only looks like a date, outside of a trail's layout, is read."""
    place = tmp_path / "exports/eu-west-1/2020/01/01"
    place.mkdir(parents=True)
    (place / "x.json").write_text("{}")

    assert read(tmp_path, ReadOptions(("us-east-1",), datetime(2026, 3, 1, tzinfo=UTC)))[1] == 1


def test_walking_is_in_order_of_name_and_follows_no_folder_links(tmp_path: Path) -> None:
    """Files come by the parts of their names; a link to a folder is counted and not followed, one to a file is."""
    for name in ("b/2", "a/1", "a.c", "a/0/x"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path / "a.c")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")

    items = list(expand_path(str(tmp_path)))

    files = [str(Path(item.path).relative_to(tmp_path)) for item in items if isinstance(item, InputFile)]
    assert files == ["a/0/x", "a/1", "a.c", "b/2", "link"]
    skipped = [(Path(item.source).name, item.reason) for item in items if isinstance(item, Skipped)]
    assert skipped == [("loop", Reason.LINKED_FOLDER), ("nowhere", Reason.LINKED_FOLDER)]


@pytest.mark.parametrize("path", [".", "*"])
def test_a_file_with_the_name_of_stdin_is_a_file(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file called `-` is read; stdin is not, which would wait for somebody to type."""
    monkeypatch.chdir(tmp_path)
    Path("-").write_bytes(dump({"Records": Recording().records}))

    found = list(expand_path(path))

    assert [item.path for item in found if isinstance(item, InputFile)] == ["./-"]


def test_what_is_no_file_in_a_folder_is_counted(tmp_path: Path) -> None:
    """A pipe in a folder is not waited for, and not passed over unsaid."""
    (tmp_path / "a.json").write_text("{}")
    os.mkfifo(tmp_path / "pipe")

    found = list(expand_path(str(tmp_path)))

    assert found[1:] == [Skipped(f"{tmp_path}/pipe", Reason.UNREADABLE_FILE)]
