"""Which other times show how the key was used under the same policy, grants and state. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from trail_diff.case.correlate import job_window
from trail_diff.case.usage_history import SPAN_CHANGES
from trail_diff.events.jobs import is_succeeded
from trail_diff.model.learnt import Case, Job, Window

MOST_JOBS = 3
"""How many other jobs are looked at: each is one more window to ask for."""


def other_windows(case: Case, pad: timedelta) -> tuple[Window, ...]:
    """Return the windows of the jobs that succeeded between the same two changes of the key, the nearest first.

    Evidence: a job on the vault of the failed one makes the same calls with the same key. It can fail where the vault
    was given another key meanwhile; then its calls are on that key and tell nothing. Nothing is returned for a key that
    was never changed, as far as is known: nobody then knows which policy such a job ran under.
    """
    failed, began = case.failed.job, case.failed.job.created
    changes = sorted(_changes_of(case))
    if began is None or not failed.vault or not any(time <= began for time in changes):
        return ()
    since = max(time for time in changes if time <= began)
    until = min((time for time in changes if time > began), default=None)
    sides = {case.failed.job.id, *([case.succeeded.job.id] if case.succeeded else [])}
    found = [
        (abs(job.created - began), window)
        for job in case.job_index().of_vault(failed.vault)
        if job.id not in sides
        and is_succeeded(job)
        and job.created is not None
        and (window := _inside(job, pad, since, until)) is not None
    ]
    return tuple(window for _, window in sorted(found, key=lambda one: (one[0], one[1].start))[:MOST_JOBS])


def _changes_of(case: Case) -> Iterator[datetime]:
    """Yield when the key of the failed job was changed."""
    for event in case.changes:
        is_done = event.event_name in SPAN_CHANGES and event.error_code is None
        if is_done and any(access.key == case.failed.job.key for access in event.accesses):
            yield event.event_time


def _inside(job: Job, pad: timedelta, since: datetime, until: datetime | None) -> Window | None:
    """Return the window of a job that ran between two changes."""
    window = job_window(job, pad, None)
    if window is None or (job.created or window.start) <= since or (until is not None and window.end >= until):
        return None
    return window
