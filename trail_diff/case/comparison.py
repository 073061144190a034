"""Two runs side by side, or one run alone, without a job: exports, or spans of time of one export. Pure."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

import msgspec

from trail_diff.case.coverage import check_export, check_side
from trail_diff.case.gathered import Gathered
from trail_diff.case.sides import finish_case, tie_side
from trail_diff.errors import FactError
from trail_diff.events.denials import is_denial_code
from trail_diff.events.key_names import resolve_key
from trail_diff.events.relayed import find_key
from trail_diff.events.service_refusals import describe_refusal, find_refusal, key_asked_for
from trail_diff.model.learnt import Caller, Case, Event, Facts, Job, JobEvents, TiedEvent, Window
from trail_diff.model.reasons import Reason
from trail_diff.profiles.expected import calls_behind
from trail_diff.times import parse_time


def build_comparison(
    failed: Gathered,
    succeeded: Gathered | None,
    windows: tuple[Window | None, Window | None],
    keys: Sequence[str],
    facts: Facts,
) -> Case:
    """Put two exports, or two spans of time of exports, side by side as if each were a job; or one of them alone.

    A side without a window is all that its export holds. What one export tells of the other's time does not make up for
    what the other lacks, as its calls are not among the other's. Of calls on other keys than those asked about, the
    refused ones count all the same where their caller also calls a key asked about.

    Raises:
        FactError: a side without a window has no record with a time.
    """
    runs = [("failed", failed, windows[0])] + ([("succeeded", succeeded, windows[1])] if succeeded is not None else [])
    given = tuple(_resolve(key, [gathered for _, gathered, _ in runs]) for key in keys)
    sides, gaps = [], set[Reason]()
    for name, reading, window in runs:
        gathered = reading.indexed()
        job, span, refusal = _window_job(name, gathered, window)
        side = tie_side(job, span, gathered, given, next(iter(given), None))
        sides.append(msgspec.structs.replace(side, service_refusal=refusal))
        gaps |= set(check_export(gathered.tally, gathered.found()))
    elsewhere = frozenset(_refused_elsewhere(sides))
    sides = [_with_calls(side, elsewhere) for side in sides]
    key = _refused_key(sides[0], given, elsewhere) or next(iter(given), None) or _differing_key(sides)
    # without a call of KMS, the key is the one that the call of another service, or its error, names
    key = key or find_key(sides[0].job.message) or (None if sides[0].events else next(iter(sides[0].job.keys), None))
    sides = [_with_key(side, key) for side in sides]
    for side, (_, gathered, _) in zip(sides, runs, strict=True):
        gaps |= set(check_side(side, gathered.tally))
    merged = failed if succeeded is None or failed is succeeded else failed.merge(succeeded)
    case = finish_case(msgspec.structs.replace(merged, jobs=(), index=None), sides, given, facts, gaps)
    refusal = sides[0].service_refusal
    expected = tuple(calls_behind(refusal, key)) if refusal is not None and key is not None else ()
    return msgspec.structs.replace(case, expected=expected)


def _resolve(key: str, readings: Sequence[Gathered]) -> str:
    for gathered in readings:
        key = resolve_key(key, gathered.key_names())
    return key


def _refused_elsewhere(sides: Sequence[JobEvents]) -> Iterator[tuple[Caller, str]]:
    """Yield the callers of the keys asked about that were refused on another key in the failed run, with that key."""
    callers = {tie.event.caller.across_sessions() for side in sides for tie in side.events}
    for event in sides[0].untied:
        caller = event.caller.across_sessions()
        if caller in callers and is_denial_code(event.error_code):
            yield from ((caller, access.key) for access in event.accesses if access.key)


def _with_calls(side: JobEvents, calls: Collection[tuple[Caller, str]]) -> JobEvents:
    """Tie the calls of these callers on these keys to the side as well."""
    reasons = (Reason.IN_WINDOW, Reason.CALLER_OF_ASKED_KEY)
    more = [TiedEvent(event, reasons) for event in side.untied if _is_one_of(event, calls)]
    ids = {tie.event.event_id for tie in more}
    events = sorted([*side.events, *more], key=lambda tie: (tie.event.event_time, tie.event.event_id))
    return msgspec.structs.replace(side, events=tuple(events), untied=side.untied.without(ids))


def _is_one_of(event: Event, calls: Collection[tuple[Caller, str]]) -> bool:
    caller = event.caller.across_sessions()
    return any((caller, access.key) in calls for access in event.accesses)


def _refused_key(side: JobEvents, given: Sequence[str], elsewhere: Collection[tuple[Caller, str]]) -> str | None:
    """Return the other key on which callers were refused, where nobody was refused on the keys asked about."""
    refused = Counter(
        access.key
        for tie in side.events
        if is_denial_code(tie.event.error_code)
        for access in tie.event.accesses
        if access.key
    )
    if not elsewhere or any(key in refused for key in given):
        return None
    return max(refused, key=lambda key: (refused[key], key), default=None)


def _differing_key(sides: Sequence[JobEvents]) -> str | None:
    """Return the key in which two spans of time differ: calls on it failed, or are only in the succeeded one.

    Other keys of a busy account come and go as well; the one with the most such calls is taken. What failed when the
    run succeeded too makes no difference.
    """
    failed, others = sides[0], sides[1:]
    used = {access.key for tie in failed.events for access in tie.event.accesses}
    always = {call for side in others for call in _failed_calls(side)}
    refused = Counter(call[2] for call in _failed_calls(failed) if call not in always)
    calls = [access.key for side in others for tie in side.events for access in tie.event.accesses]
    missing = Counter(key for key in calls if key not in used)
    counts = {key: count for found in (missing, refused) for key, count in found.items() if key}
    return max(counts, key=lambda key: (key in refused, counts[key], key), default=None)


def _failed_calls(side: JobEvents) -> Iterator[tuple[Caller, str, str | None]]:
    """Yield the calls of a run that failed: whose, of which action, on which key."""
    for tie in side.events:
        if tie.event.error_code:
            caller = tie.event.caller.across_sessions()
            yield from ((caller, access.action, access.key) for access in tie.event.accesses)


def _with_key(side: JobEvents, key: str | None) -> JobEvents:
    """Return the side with a key to diagnose, such as its baseline's: the same vault has the same key."""
    if key is None:
        return side
    job = msgspec.structs.replace(side.job, key=key, keys=tuple(dict.fromkeys([key, *side.job.keys])))
    return msgspec.structs.replace(side, job=job)


def _window_job(name: str, gathered: Gathered, window: Window | None) -> tuple[Job, Window, Event | None]:
    """Make a job out of a span of time; when the export tells of one job only, with what it says of itself.

    Of the failed run comes with it the call of another service that KMS may have made fail.
    """
    first, last = parse_time(gathered.tally.first), parse_time(gathered.tally.last)
    start, end = (window.start, window.end) if window else (first, last)
    if start is None or end is None:
        raise FactError(
            f"the {name} export holds no CloudTrail record",
            hint=f"give an export that does, or name the time with --{name}-window FROM/TO",
        )
    span = Window(start, end)
    inside = [event for event in gathered.events if span.holds(event.event_time)]
    told = [job for job in gathered.jobs if job.created and span.holds(job.created)]
    job = told[0] if len(told) == 1 else Job(id="", kind="window")
    refusal = find_refusal(inside) if name == "failed" else None
    message = job.message or (describe_refusal(refusal) if refusal is not None else None)
    named = key_asked_for(refusal) if refusal is not None else None
    made = msgspec.structs.replace(
        job,
        message=message,
        keys=tuple(dict.fromkeys([*job.keys, *filter(None, (named,))])),
        id=f"{start:%Y-%m-%dT%H:%M:%SZ}/{end:%Y-%m-%dT%H:%M:%SZ}",
        kind="window",
        created=start,
        completed=end,
        region=job.region or _only({event.aws_region for event in inside}),
        account=job.account or _only({event.recipient_account_id for event in inside}),
    )
    return made, span, refusal


def _only(values: Collection[str | None]) -> str | None:
    return next(iter(values)) if len(values) == 1 else None
