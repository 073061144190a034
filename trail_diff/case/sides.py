"""A job with its events as one side of a case, and the case that two sides make."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

import msgspec

from trail_diff.case.baseline import compare_jobs
from trail_diff.case.correlate import tie_events
from trail_diff.case.coverage import (
    check_coverage,
    is_asked_of_history,
    searched_spans,
    summarize_reading,
    unbroken_spans,
)
from trail_diff.case.gathered import Gathered
from trail_diff.case.usage_history import UseHistory
from trail_diff.events.changes import POLICY_CARRIERS, select_changes
from trail_diff.events.relayed import find_key
from trail_diff.events.signs import used_keys_of
from trail_diff.model.learnt import Case, Coverage, Event, Facts, Job, JobEvents, Use, Window, Windows
from trail_diff.model.reasons import Reason, in_order
from trail_diff.times import parse_time

_HIDING = frozenset({Reason.INPUT_PARTLY_READ, Reason.FETCH_TRUNCATED})
"""Gaps in which a change may be that is in no record."""


def tie_side(job: Job, window: Window, gathered: Gathered, keys: Sequence[str], key: str | None) -> JobEvents:
    """Tie the events to a job, name the keys that it used, and the one that the diagnosis is about."""
    side = tie_events(job, window, gathered.found(), keys, gathered.jobs)
    used = Counter(access.key for tie in side.events for access in tie.event.accesses if access.key)
    order = dict.fromkeys([*job.keys, *(key for key in keys if key in used), *sorted(used)])
    return msgspec.structs.replace(side, job=msgspec.structs.replace(job, key=key, keys=tuple(order)))


def finish_case(
    gathered: Gathered, sides: Sequence[JobEvents], asked: Sequence[str], facts: Facts, gaps: Collection[Reason] = ()
) -> Case:
    """Complete a case whose events are tied: what changed, and what the evidence does not cover beside known gaps.

    A policy that was handed in belongs to the key that it names, else to the one that was `asked` about, where one was.
    """
    gathered, failed, succeeded = gathered.indexed(), sides[0], sides[1] if len(sides) > 1 else None
    every_key = tuple(dict.fromkeys([*asked, *(key for side in sides for key in known_keys(side.job))]))
    differences = compare_jobs(failed.job, succeeded.job) if succeeded is not None else ()
    warnings = {*gaps, *differences, *_check_asked(asked, failed.job, gathered)}
    if facts.policy_key not in (None, *every_key):
        warnings.add(Reason.POLICY_OF_OTHER_KEY)
    warnings |= {*check_coverage(failed, succeeded, gathered.tally, gathered.found(), gathered.jobs)}
    if failed.job.key is None:
        warnings.add(Reason.KEY_NOT_KNOWN)
    if gathered.beyond.lacks_caller_type:
        warnings.add(Reason.CALLER_TYPE_NOT_IN_EXPORT)
    reading, stores = summarize_reading(gathered.tally, gathered.skipped), _key_stores(sides)
    facts = msgspec.structs.replace(facts, key_stores=stores) if stores else facts
    warnings |= {*reading.warnings}
    changes = select_changes(gathered.found().changes, every_key, [side.job for side in sides], _calls(sides))
    return Case(
        failed=failed,
        succeeded=succeeded,
        coverage=_complete(reading, sides, warnings),
        keys=every_key,
        changes=changes,
        jobs=gathered.jobs,
        facts=facts,
        newest=parse_time(gathered.tally.newest()),
        asked_at=gathered.asked_at,
        uses=_uses(gathered, every_key, changes, whole=facts.are_of_today()),
        policies_elsewhere=_policies_elsewhere(gathered, failed, every_key),
        searched=searched_spans(gathered.tally),
        unbroken=unbroken_spans(failed.job, gathered.tally) if warnings.isdisjoint(_HIDING) else (),
        is_of_history=is_asked_of_history(gathered.tally),
        policy_key=facts.policy_key or _asked_key(failed.job, asked),
    )


def _key_stores(sides: Sequence[JobEvents]) -> dict[str, str]:
    """Return the custom key stores of keys: KMS names them in what it records of a call beside the request."""
    return {
        access.key: store
        for side in sides
        for tie in side.events
        for access in tie.event.accesses
        if access.key and isinstance(store := tie.event.additional_event_data.get("customKeyStoreId"), str)
    }


def _asked_key(job: Job, asked: Sequence[str]) -> str | None:
    """Return the key asked about, the job's own where it is among several; the job's where none was."""
    return job.key if job.key in asked else next(iter(asked), job.key)


def _calls(sides: Sequence[JobEvents]) -> list[Event]:
    """Return the calls of the sides; where no job says whose they are, each call in its window may be its own."""
    tied = [tie.event for side in sides for tie in side.events]
    return tied + [event for side in sides if side.job.kind == "window" for event in side.untied]


def _policies_elsewhere(gathered: Gathered, failed: JobEvents, keys: Collection[str]) -> tuple[Event, ...]:
    """Return the records of policies of other keys with which calls went through in the failed job's window."""
    put = [
        event for event in gathered.found().changes if event.event_name in POLICY_CARRIERS and event.error_code is None
    ]
    others = {access.key for event in put for access in event.accesses} - {None, *keys}
    if not others:
        return ()
    worked = {key for key in others if any(failed.untied.find(used_keys_of, key))}
    return tuple(event for event in put if event.is_on(worked))


def _uses(gathered: Gathered, keys: Sequence[str], changes: Sequence[Event], *, whole: bool) -> tuple[Use, ...]:
    """Return how the keys were used in all that was gathered, inside both windows and beyond."""
    if gathered.uses is not None:
        return tuple(use for use in gathered.uses if use.key in keys)
    history = UseHistory(keys, changes, whole=whole)
    for event in gathered.events:
        history.add(event)
    return history.freeze()


def known_keys(job: Job) -> Sequence[str]:
    """Return every key that takes part in a job, or is known to."""
    own = [job.key] if job.key is not None else []
    return tuple(dict.fromkeys([*own, *job.keys, *(one.key for one in job.key_roles)]))


def _complete(reading: Coverage, sides: Sequence[JobEvents], warnings: Collection[Reason]) -> Coverage:
    spans = [(side.window.start, side.window.end) for side in sides]
    ids = {tie.event.event_id for side in sides for tie in side.events}
    return msgspec.structs.replace(
        reading,
        windows=Windows(spans[0], spans[1] if len(spans) > 1 else None, reading.windows.changes),
        events_kept=len(ids),
        warnings=in_order(warnings),
    )


def _check_asked(asked: Sequence[str], job: Job, gathered: Gathered) -> Iterator[Reason]:
    """Yield a warning when records name keys, but none that was asked about, or when the job's key is another one.

    The job's own message may name it as well.
    """
    named = {one.key for one in gathered.key_names()} if asked else set[str]()
    if named and named.isdisjoint(asked) and find_key(job.message) not in asked:
        yield Reason.KEY_NOT_IN_EVENTS
    if asked and job.key is not None and job.key not in asked:
        yield Reason.ASKED_KEY_NOT_CONCERNED
