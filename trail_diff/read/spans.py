"""What every query of an engine asks for, and the spans of time and days of delivery that hold it. Pure."""

import re
from collections.abc import Iterable
from datetime import date, timedelta

from msgspec import structs

from trail_diff.arns import global_region
from trail_diff.events.changes import KEY_CHANGES, KEY_TAG_CHANGES, OTHER_CHANGES, VAULT_CHANGES
from trail_diff.model.learnt import Window
from trail_diff.read.interface import ReadOptions

_KEY_ARN = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[0-9a-z-]+", re.ASCII)
EVENT_SOURCES = ("backup.amazonaws.com", "kms.amazonaws.com")
"""The services all of whose events are wanted in a window."""
CHANGES = tuple(sorted(KEY_CHANGES | KEY_TAG_CHANGES | VAULT_CHANGES | OTHER_CHANGES))
"""The events that are wanted from the span of the changes."""
DELIVERY_MARGIN = timedelta(hours=1)
"""How long after an event its file is still looked for. CloudTrail delivers within about five minutes on average, which
is not guaranteed; files lie under the day of their delivery, so an event from before midnight may lie in the next."""
LOOK_BACK = timedelta(days=7)
"""How long before the first window an engine is asked for changes."""


def merge_spans(query: ReadOptions) -> tuple[Window, ...]:
    """Return every span the query wants, in order; those that overlap become one."""
    wanted = [*query.windows, *([query.changes] if query.changes else [])]
    merged: list[Window] = []
    for span in sorted(wanted, key=lambda span: (span.start, span.end)):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Window(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return tuple(merged)


def near_windows(query: ReadOptions) -> ReadOptions:
    """Look for changes from a week before the first window on: later costs evidence, earlier costs money.

    A policy that was put and a grant that was made before the first window are in force in it.
    """
    if query.changes is None or not query.windows:
        return query
    first = min(window.start for window in query.windows)
    is_before = query.changes.start <= first
    start = max(query.changes.start, first - LOOK_BACK) if is_before else first - LOOK_BACK
    return structs.replace(query, changes=Window(start, max(start, query.changes.end)))


def from_windows(query: ReadOptions) -> ReadOptions:
    """Look for changes from the first window on."""
    if query.changes is None or not query.windows:
        return query
    start = max(query.changes.start, min(window.start for window in query.windows))
    return structs.replace(query, changes=Window(start, max(start, query.changes.end)))


def home_of(query: ReadOptions) -> str | None:
    """Return the Region where changes of roles are recorded; None where it is asked anyway, or they are not wanted."""
    if not query.regions or query.kms_only:
        return None
    home = global_region(query.regions[0])
    return home if home not in query.regions else None


def covers_windows(query: ReadOptions) -> bool:
    """Check whether the span of the changes holds every window, so that a window need not ask for changes as well."""
    span = query.changes
    return span is not None and all(span.start <= window.start and window.end <= span.end for window in query.windows)


def pushed_keys(query: ReadOptions) -> tuple[str, ...]:
    """Return the keys to which calls may be narrowed: none unless all are ARNs, for an alias is not in the records."""
    is_safe = query.only_keys and all(_KEY_ARN.fullmatch(key) for key in query.keys)
    return query.keys if is_safe else ()


def list_days(spans: Iterable[Window]) -> tuple[date, ...]:
    """Return the days under which files with events of the spans were delivered, in order."""
    days: set[date] = set()
    for span in spans:
        day, last = span.start.date(), (span.end + DELIVERY_MARGIN).date()
        while day <= last:
            days.add(day)
            day += timedelta(days=1)
    return tuple(sorted(days))
