"""What the evidence does not cover, judged from everything that was read, not only from what was kept.

An absence proves nothing where no record could have been. Each check names its evidence and how it can fail.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import UNSET, UnsetType

from trail_diff.arns import arn_account
from trail_diff.case.correlate import has_concurrent_job, regions_of
from trail_diff.case.event_index import EventIndex
from trail_diff.events.jobs import is_finished
from trail_diff.model.learnt import Coverage, Event, Job, JobEvents, Skipped, Window, Windows
from trail_diff.model.reasons import Reason, in_order
from trail_diff.read.interface import Tally
from trail_diff.times import parse_time

DELIVERY_DELAY = timedelta(minutes=15)
"""CloudTrail delivers within about five minutes, not guaranteed; a window that ends this near the newest record may
miss late ones."""

_SLACK = timedelta(minutes=5)

BLOCKING = frozenset(
    {
        Reason.KMS_EVENTS_EXCLUDED,
        Reason.READ_ONLY_EVENTS_MISSING,
        Reason.WINDOW_NOT_COVERED,
        Reason.REGION_NOT_COVERED,
        Reason.ACCOUNT_NOT_COVERED,
    }
)
"""Gaps through which a whole caller can fall: with one of them, an empty side says nothing."""


_DAMAGE = frozenset(
    {
        Reason.TRUNCATED_ARCHIVE,
        Reason.TRUNCATED_JSON,
        Reason.INVALID_JSON,
        Reason.INVALID_RECORD,
        Reason.VALUE_TOO_LARGE,
        Reason.EXPANSION_LIMIT,
        Reason.WORK_LIMIT,
        Reason.NESTING_LIMIT,
        Reason.UNREADABLE_FILE,
        Reason.LINKED_FOLDER,
        Reason.UNREADABLE_ROW,
        Reason.CELL_NOT_READ,
        Reason.ENCRYPTED_ARCHIVE,
        Reason.UNSUPPORTED_ARCHIVE,
        Reason.OFFICE_FILE,
        Reason.YAML_NOT_READ,
        Reason.PARQUET_SUPPORT_MISSING,
        Reason.ZSTD_SUPPORT_MISSING,
        Reason.TEXT_NOT_READ,
        Reason.TIME_AMBIGUOUS,
        Reason.REPAIRED_ELISIONS,
    }
)
"""Skips that may hide events of the case; the others (a digest, a duplicate …) hide nothing."""
_NO_EXPORTS = (
    *(".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".ico", ".tif", ".tiff", ".heic", ".svgz", ".pdf"),
    *(".mp3", ".mp4", ".mov", ".woff", ".woff2", ".ttf", ".otf", ".pyc", ".so", ".dll", ".exe", ".ds_store"),
)
"""How names of files end that hold no events, whatever is in them; any other binary file may be an archive, or was."""
_APPLE_DOUBLE = "._"
"""How the file begins that macOS puts beside another into an archive; it holds attributes."""
_LITTER = frozenset({".ds_store", "thumbs.db", "ehthumbs.db", "desktop.ini"})
"""Names of the files that macOS and Windows put into folders by themselves."""
_REPAIRED = "repaired-"


def check_coverage(
    failed: JobEvents, succeeded: JobEvents | None, tally: Tally, events: EventIndex, jobs: Sequence[Job]
) -> tuple[Reason, ...]:
    """Name every gap of the evidence for the comparison of the two jobs, in the order of the Reason enum.

    `events` are all events kept, tied to a job or not; `tally` counts all records read.
    """
    sides = [failed] if succeeded is None else [failed, succeeded]
    found = {
        *(reason for side in sides for reason in check_side(side, tally)),
        *_check_selectors(failed, succeeded, events, tally),
        *check_export(tally, events),
        *_check_jobs(failed.job, succeeded, jobs),
    }
    if tally.cached_at is not None and succeeded is not None and _is_any_absent(failed, succeeded):
        found.add(Reason.ABSENCE_FROM_CACHE)
    newest = parse_time(tally.newest())
    if newest and failed.job.kind != "window" and newest - _core(failed).end < DELIVERY_DELAY:
        found.add(Reason.DELIVERY_DELAY_POSSIBLE)
    return in_order(found)


def _is_any_absent(failed: JobEvents, succeeded: JobEvents) -> bool:
    """Check whether a caller of the succeeded job made a call that the failed job's evidence lacks."""
    calls = [{(tie.event.caller.name, tie.event.event_name) for tie in side.events} for side in (failed, succeeded)]
    return not calls[1] <= calls[0]


def check_side(side: JobEvents, tally: Tally) -> Iterator[Reason]:
    """Name the gaps that one job's evidence has by itself; `tally` counts all records that its events are from."""
    yield from _check_places(side.job, tally)
    yield from _check_window(side, tally)


def _check_jobs(failed: Job, succeeded: JobEvents | None, jobs: Sequence[Job]) -> Iterator[Reason]:
    if succeeded is None:
        yield Reason.NO_BASELINE
    if failed.kind != "window" and not is_finished(failed):
        yield Reason.JOB_STILL_RUNNING
    if has_concurrent_job(failed, jobs):
        yield Reason.CONCURRENT_JOB_ON_VAULT


def _check_places(job: Job, tally: Tally) -> Iterator[Reason]:
    """Compare the Regions and accounts of the job, its vaults and its keys with those that records came from.

    Records without a Region or an account cannot tell; an export that has none of them is not blamed.
    """
    regions, accounts = tally.regions(), tally.accounts()
    needed_accounts = {job.account, *map(arn_account, _places_of(job))} - {None}
    if regions and not regions_of(job) <= regions:
        yield Reason.REGION_NOT_COVERED
    if accounts and not needed_accounts <= accounts:
        yield Reason.ACCOUNT_NOT_COVERED


def _places_of(job: Job) -> tuple[str | None, ...]:
    return job.vault, job.source_vault, *job.keys


def _check_window(side: JobEvents, tally: Tally) -> Iterator[Reason]:
    """Report a window in which no record of one of the job's Regions lies, or that the export begins or ends inside of.

    A Region that no record is of at all is told by `_check_places`.

    Counts are by the hour, so a shorter gap goes unseen; an export of few events may begin or end a little inside. Of
    what was searched, it is known which time is whole; a log store must have a record of that time and of the job's
    account as well, since its trail may not have been there yet, and may be an organization's.
    """
    elsewhere = (regions_of(side.job) & tally.regions()) - {side.job.region}
    for where in (side.job.region, *sorted(elsewhere)):
        is_searched = any(_is_searched(side, where, place, tally) for place in tally.searched)
        if not is_searched and (tally.as_of is not None or not _is_spanned(side, where, tally)):
            yield Reason.WINDOW_NOT_COVERED
            return


def _is_searched(side: JobEvents, where: str | None, place: tuple[str, str, str, str], tally: Tally) -> bool:
    """Check whether a searched span is of the job's account and a Region and holds all of the job's own time."""
    core, job = _core(side), side.job
    region, account, first, last = place
    start, end = parse_time(first), parse_time(last)
    is_of_account = where != job.region or job.account in (None, account or job.account)
    is_here = where in (None, region or where) and is_of_account
    is_whole = start is not None and end is not None and start <= core.start and core.end < end + timedelta(seconds=1)
    return is_here and is_whole and (bool(account) or _has_records(side, where, tally, job.account))


def is_searched(job: Job, tally: Tally) -> bool:
    """Check whether all of a job's own time was searched where it ran; an export is read whole."""
    if tally.as_of is None or job.created is None or job.completed is None:
        return True
    side = JobEvents(job, Window(job.created, job.completed))
    return any(_is_searched(side, job.region, place, tally) for place in tally.searched)


def _is_spanned(side: JobEvents, where: str | None, tally: Tally) -> bool:
    """Check whether records lie before, in and after the job's own time, and in a Region within it."""
    first, last, core = parse_time(tally.first), parse_time(tally.last), _core(side)
    if first is None or last is None:
        return False
    return first <= core.start + _SLACK and core.end - _SLACK <= last and _has_records(side, where, tally)


def _has_records(side: JobEvents, where: str | None, tally: Tally, account_id: str | None = None) -> bool:
    """Check whether an hour of the job's own time has a record of a Region, and of an account where that is named."""
    core = _core(side)
    return tally.places().has_records(where, account_id, core.start, core.end)


def _check_selectors(
    failed: JobEvents, succeeded: JobEvents | None, events: EventIndex, tally: Tally
) -> Iterator[Reason]:
    """Return a trail that leaves KMS or read-only events out, from PutEventSelectors or from what is missing.

    The selectors in force are those of the last such call before the window's end; a trail that was set up before the
    export began is only seen by what it lacks: KMS events at all, or those of unrelated callers that the succeeded
    window has. Event history never leaves KMS out, so such an export is not suspected.
    """
    kms_in_failed = bool(events.inside(failed.window))
    selectors = _last_selectors(events.changes, failed.window.end)
    if selectors is not None and not kms_in_failed:
        if excludes_kms(selectors):
            yield Reason.KMS_EVENTS_EXCLUDED
        elif is_write_only(selectors):
            yield Reason.READ_ONLY_EVENTS_MISSING
    is_history = tally.is_event_history()
    if not (is_history and tally.as_of) and kms_in_failed and _lacks_read_only(failed, succeeded, events):
        yield Reason.READ_ONLY_EVENTS_MISSING
    if succeeded is not None and not is_history and not kms_in_failed and _has_unrelated_kms(succeeded, events):
        yield Reason.KMS_EVENTS_EXCLUDED


def check_export(tally: Tally, events: EventIndex) -> Iterator[Reason]:
    """Return an export that lacks KMS events, read-only events, the caller type, or the pages after the first."""
    is_history = tally.is_event_history()
    if not is_history and tally.kms_records == 0 and tally.read_only[True] > 0:
        yield Reason.KMS_EVENTS_EXCLUDED
    if not (is_history and tally.as_of) and tally.read_only[False] and not tally.read_only[True]:
        yield Reason.READ_ONLY_EVENTS_MISSING
    if events.lacks_caller_type:
        yield Reason.CALLER_TYPE_NOT_IN_EXPORT
    if tally.next_token:
        yield Reason.FETCH_TRUNCATED


def excludes_kms(parameters: Mapping[str, Any]) -> bool:
    """Check whether the requestParameters of PutEventSelectors leave KMS events out, in the basic or advanced form."""
    basic, advanced = _selectors(parameters)
    if basic:
        return all(
            "kms.amazonaws.com" in _texts(entry.get("excludeManagementEventSources"))
            or entry.get("includeManagementEvents") is False
            for entry in basic
        )
    return bool(advanced) and all(
        "kms.amazonaws.com" in fields.get(("eventSource", "notEquals"), ()) for fields in _of_management(advanced)
    )


def is_write_only(parameters: Mapping[str, Any]) -> bool:
    """Check whether the requestParameters of PutEventSelectors leave read-only management events out."""
    basic, advanced = _selectors(parameters)
    if basic:
        return all(str(entry.get("readWriteType", "All")) == "WriteOnly" for entry in basic)
    management = _of_management(advanced)
    return bool(management) and all("false" in fields.get(("readOnly", "equals"), ()) for fields in management)


_Selector = Mapping[tuple[str, str], tuple[str, ...]]


def _selectors(parameters: Mapping[str, Any]) -> tuple[list[Mapping[str, Any]], list[_Selector]]:
    """Return the basic event selectors, and the advanced ones as their conditions."""
    basic = [entry for entry in _entries(parameters.get("eventSelectors")) if entry]
    return basic, [_fields(entry) for entry in _entries(parameters.get("advancedEventSelectors"))]


def _of_management(selectors: Iterable[_Selector]) -> list[_Selector]:
    return [fields for fields in selectors if "Management" in fields.get(("eventCategory", "equals"), ())]


def _fields(selector: Mapping[str, Any]) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return an advanced selector's conditions as (field, operator) -> values."""
    return {
        (str(entry.get("field")), operator): tuple(_texts(entry.get(operator)))
        for entry in _entries(selector.get("fieldSelectors"))
        for operator in ("equals", "notEquals")
        if entry.get(operator)
    }


def _last_selectors(events: Iterable[Event], until: datetime) -> Mapping[str, Any] | None:
    calls = [
        event
        for event in events
        if event.event_name == "PutEventSelectors" and event.error_code is None and event.event_time <= until
    ]
    latest = max(calls, key=lambda event: event.event_time, default=None)
    return latest.request_parameters if latest else None


def _has_unrelated_kms(succeeded: JobEvents, events: EventIndex) -> bool:
    tied = {tie.event.event_id for tie in succeeded.events}
    return any(event.event_id not in tied for event in events.inside(succeeded.window))


def _lacks_read_only(failed: JobEvents, succeeded: JobEvents | None, events: EventIndex) -> bool:
    """Check whether read-only KMS events were left out of the failed window only, as in two exports made differently.

    The failed window has KMS events but none of them, while others than the job used keys in the succeeded window.
    """
    if succeeded is None or any(event.read_only is not False for event in events.inside(failed.window)):
        return False
    tied = {tie.event.event_id for tie in succeeded.events}
    return any(event.read_only and event.event_id not in tied for event in events.inside(succeeded.window))


def _core(side: JobEvents) -> Window:
    """Return the job's own time without padding, as far as it is known."""
    start = side.job.created or side.window.start
    return Window(start, max(start, side.job.completed or start))


def _entries(value: object) -> list[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []


def _texts(value: object) -> list[str]:
    return [str(entry) for entry in value] if isinstance(value, list) else []


def _changes_searched(tally: Tally) -> tuple[datetime, datetime] | UnsetType:
    first, last = map(parse_time, tally.changes or (None, None))
    return (first, last) if first and last else UNSET


def unbroken_spans(job: Job, tally: Tally) -> tuple[Window, ...]:
    """Return the spans in which a change of a job's key would have been seen, in order.

    What event history was searched for changes; of an export or a log store, where an hour lacks a record of the job's
    Region and account only between two that have one. It fails where that was filtered by what the events are about.
    """
    if is_asked_of_history(tally):
        searched = _changes_searched(tally)
        return () if searched is UNSET else (Window(*searched),)
    return tally.places().unbroken(job.region, job.account)


def is_asked_of_history(tally: Tally) -> bool:
    """Check whether event history was asked, which leaves no change of a key out."""
    return tally.as_of is not None and tally.is_event_history()


def searched_spans(tally: Tally) -> tuple[Window, ...] | None:
    """Return the spans that AWS or a log store was asked for, in order; None of exports, which are read whole."""
    if tally.as_of is None:
        return None
    bounds = {(parse_time(first), parse_time(last)) for *_, first, last in tally.searched}
    return tuple(Window(start, end) for start, end in sorted(bounds, key=str) if start and end)


def is_damage(skipped: Skipped) -> bool:
    """Check whether something that was skipped may hide events of the case."""
    name = re.split(r"[/!\\]", skipped.source.lower())[-1]
    if skipped.reason is Reason.BINARY_FILE:
        return not name.endswith(_NO_EXPORTS) and not name.startswith(_APPLE_DOUBLE) and name not in _LITTER
    return skipped.reason in _DAMAGE and name not in _LITTER


def summarize_reading(tally: Tally, skipped: Sequence[Skipped]) -> Coverage:
    """Return the coverage of a reading before any job is looked at."""
    repairs = tuple(one for one in skipped if one.reason.startswith(_REPAIRED))
    warnings = {one.reason for one in repairs}
    if tally.next_token:
        warnings.add(Reason.FETCH_TRUNCATED)
    if any(map(is_damage, skipped)):
        warnings.add(Reason.INPUT_PARTLY_READ)
    if any(one.reason is Reason.JOBS_NOT_LISTED for one in skipped):
        warnings.add(Reason.JOBS_NOT_LISTED)
    return Coverage(
        windows=Windows(changes=_changes_searched(tally)),
        regions=tuple(sorted(tally.regions())),
        accounts=tuple(sorted(tally.accounts())),
        records_read=tally.records,
        files_read=tally.files,
        skipped=tuple(one for one in skipped if not one.reason.startswith(_REPAIRED)),
        warnings=in_order(warnings),
        repairs=repairs or UNSET,
        cached_at=parse_time(tally.cached_at) or UNSET,
    )
