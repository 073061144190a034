"""Causes in the key itself: disabled, pending deletion, unavailable, not found.

Evidence, the strongest first: an error of the failed job's own call that names the state; the event that set the state
before the job, with none that undid it; today's DescribeKey, which says nothing of the job's time unless nothing
changed since. A call that used the key in the window proves that it was enabled.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from msgspec import structs

from trail_diff.diagnosis.examined import Examined, began, holds_as_well
from trail_diff.diagnosis.hypotheses.interface import STANDINGS, CauseText, Hypothesis, refuted
from trail_diff.diagnosis.hypotheses.not_kms import is_about_kms
from trail_diff.diagnosis.hypotheses.refused_calls import (
    evidence_of,
    failed_errors,
    is_decisive,
    own_errors,
    passed_on,
    standing_of,
    told_keys,
)
from trail_diff.diagnosis.key_history import (
    STATE_AFTER,
    TO_SETTLE,
    KeyStateAt,
    deletion_scheduled,
    state_at,
    todays_state,
    undone_in_its_second,
)
from trail_diff.events.signs import used_keys_of
from trail_diff.model.codes import Cause, Confidence, Layer
from trail_diff.model.learnt import Event, TiedEvent
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Evidence

TEXTS: Mapping[Cause, CauseText] = {
    Cause.KEY_DISABLED: CauseText(
        means="The key was disabled while the job ran, whatever it is now.",
        evidence="A DisableKey record with no EnableKey before the job, or a cancelled deletion, which leaves the key "
        "disabled; or a DisabledException that anybody got on the key. Today's describe-key is no proof: it "
        "makes it likely when the policy allows every caller that is missing, else possible.",
        helps="Enable the key.",
        remedies=("enable-key",),
    ),
    Cause.KEY_PENDING_DELETION: CauseText(
        means="The key was scheduled for deletion.",
        evidence="A ScheduleKeyDeletion record; an error that says so; or today's describe-key with a DeletionDate so "
        "near that the deletion, 7 to 30 days ahead, was scheduled before the job.",
        helps="Cancel the deletion, then enable the key: a cancelled deletion leaves it disabled.",
        remedies=("cancel-key-deletion",),
    ),
    Cause.KEY_UNAVAILABLE: CauseText(
        means="The key was in another state in which it cannot be used: its material is not imported, or its key "
        "store is not reachable.",
        evidence="A KeyUnavailableException or KMSInvalidStateException; a record that the imported material expired "
        "or was deleted, or that the key store (named by describe-key or a call) was disconnected; or today's "
        "describe-key.",
        helps="Import the material, or connect the key store.",
        remedies=(
            "connect-key-store",
            "import-key-material",
        ),
    ),
    Cause.KEY_NOT_FOUND: CauseText(
        means="There is no such key in this Region and account.",
        evidence="A NotFoundException; or the record that KMS deleted the key.",
        helps="Correct the key that the vault or resource names; the step looks where it should be.",
    ),
}


CRYPTO_ACTIONS = frozenset(
    {
        "kms:Decrypt",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
    }
)
"""Actions that KMS refuses unless the key is enabled (KMS developer guide, "Key states of AWS KMS keys")."""

_JUST_BEFORE = timedelta(microseconds=1)
_CAUSES: Mapping[str, Cause] = {
    "Disabled": Cause.KEY_DISABLED,
    "PendingDeletion": Cause.KEY_PENDING_DELETION,
    "PendingReplicaDeletion": Cause.KEY_PENDING_DELETION,
    "Unavailable": Cause.KEY_UNAVAILABLE,
    "PendingImport": Cause.KEY_UNAVAILABLE,
    "Creating": Cause.KEY_UNAVAILABLE,
    "Updating": Cause.KEY_UNAVAILABLE,
    "Deleted": Cause.KEY_NOT_FOUND,
}
_ERRORS: Mapping[str, Cause] = {
    "DisabledException": Cause.KEY_DISABLED,
    "NotFoundException": Cause.KEY_NOT_FOUND,
    "KeyUnavailableException": Cause.KEY_UNAVAILABLE,
    "KMSInvalidStateException": Cause.KEY_UNAVAILABLE,
}
_WORDS: Mapping[str, Cause] = {
    "pending deletion": Cause.KEY_PENDING_DELETION,
    "pending replica deletion": Cause.KEY_PENDING_DELETION,
    "is disabled": Cause.KEY_DISABLED,
}
"""What the message of an error says of the state; it is more exact than the code (KMS developer guide, same page)."""


def propose_key_state(examined: Examined) -> Iterator[Hypothesis]:
    """Examine the state of the job's keys at the time of the failed job: a cause is ruled out if it is for all."""
    stated = list(_stated(examined))
    yield from stated
    if any(finding.standing == "confirmed" for finding in stated):
        return
    keys = _keys(examined)
    judged = [one for key in keys for one in _judge(examined, key)]
    yield from (one for one in judged if one.standing != "refuted")
    found = {one.cause for one in judged if one.standing != "refuted"}
    ruled_out = [one for one in judged if one.standing == "refuted" and one.cause not in found]
    counts = Counter(one.cause for one in ruled_out)
    yield from {one.cause: one for one in ruled_out if counts[one.cause] == len(keys)}.values()


def _keys(examined: Examined) -> tuple[str, ...]:
    """Return the key that the diagnosis is about, and the job's other keys that calls which differ were on."""
    driving = (group.key for group in examined.driving if group.key in examined.case.keys)
    return tuple(dict.fromkeys(key for key in (examined.key, *driving) if key))


def _judge(examined: Examined, key: str) -> Iterator[Hypothesis]:
    state = _state_then(examined, key)
    if _is_used(examined, key, state):
        yield from (refuted(cause, (Reason.KEY_USED_IN_WINDOW,), key=key) for cause in _of_the_state())
    elif state is not None and state.state in _CAUSES:
        yield from _from_state(examined, key, state)
    elif state is not None:
        yield from (refuted(cause, (Reason.KEY_STATE_ENABLED,), key=key) for cause in _of_the_state())


def _stated(examined: Examined) -> Iterator[Hypothesis]:
    """Yield a finding for each state that an error on the key names; one for each cause.

    Who else met the error while the job ran tells of the key's state just as well, but not of a key that is gone: that
    answer is also given to a misspelt request.
    """
    found: dict[Cause, list[TiedEvent]] = {}
    own = {tie.event.event_id for tie in own_errors(examined)}
    for tie in failed_errors(examined):
        cause = _ERRORS.get((tie.event.error_code or "").split(".")[-1])
        named = stated_cause(tie.event)
        if cause is None or named is None:
            continue
        if tie.event.event_id in own or _tells_of_job(examined, tie.event, cause):
            found.setdefault(named[0], []).append(tie)
    for cause, ties in found.items():
        decisive = [tie.event for tie in ties if is_decisive(examined, tie)]
        events = decisive or [tie.event for tie in ties]
        yield Hypothesis(
            cause=cause,
            standing=standing_of(decisive),
            caller=events[0].caller.across_sessions(),
            action=events[0].accesses[0].action if events[0].accesses else None,
            layer="key-state",
            reasons=(Reason.RECORD_STATES_KEY_STATE, *passed_on(events[0]), *_set_by(examined)),
            evidence=evidence_of(*events[:3]) + _evidence_of_change(examined),
        )


def stated_cause(error: Event) -> tuple[Cause, Layer] | None:
    """Return the key state that an error names; its message is more exact than its code. None where it names none."""
    cause = _ERRORS.get((error.error_code or "").split(".")[-1])
    if cause is None:
        return None
    message = (error.error_message or "").lower()
    return next((one for words, one in _WORDS.items() if words in message), cause), "key-state"


def _from_state(examined: Examined, key: str, state: KeyStateAt) -> Iterator[Hypothesis]:
    """Judge the state: one that an event set is certain, today's need not have been that of the job's time.

    Where no call differs only the job's own message speaks for it: then it is likely at most, and possible where the
    key may be another job's. Jobs of some types make no call that would differ. Of a run, a key that was only asked
    about gives way to one that its records name.
    """
    job = examined.case.failed.job
    judged = (_from_todays if state.event is None else _from_change)(examined, key, state)
    if examined.driving:
        yield from judged
    elif is_about_kms(job) and (job.kind != "window" or {*job.keys} <= {key}):
        most: Confidence = "likely" if key in told_keys(job) else "possible"
        yield from (structs.replace(one, standing=max(one.standing, most, key=STANDINGS.index)) for one in judged)


def _from_change(examined: Examined, key: str, state: KeyStateAt) -> Iterator[Hypothesis]:
    """Judge a state that an event set."""
    case = examined.case
    if state.event is None:
        return
    is_told_later = state.event.event_time > (case.failed.job.completed or case.failed.window.end)
    if is_told_later and _worked_before(examined, key):
        yield _make_finding(examined, key, state, "possible", (Reason.KEY_ENABLED_SINCE,))
        return
    before = case.succeeded and state_at(case.changes, key, case.succeeded.window.end, case.facts)
    if before and before.state == state.state and before.event == state.event:
        yield refuted(_CAUSES[state.state], (Reason.KEY_STATE_SAME_FOR_SUCCEEDED,))
        return
    used = _used_since(examined, key, state.event)
    if used is not None and used < began(case):
        yield refuted(_CAUSES[state.state], (Reason.KEY_USED_SINCE_CHANGE,), key=key)
    elif used is not None:
        yield _make_finding(examined, key, state, "likely", (Reason.KEY_USED_SINCE_CHANGE,))
    elif undone_in_its_second(case.changes, key, case.facts, state.event):
        yield _make_finding(examined, key, state, "possible", (Reason.SAME_SECOND,))
    elif (undone := _undone_at(examined, key, state)) is not None and undone <= began(case):
        yield _make_finding(examined, key, state, "possible", (Reason.CHANGE_NOT_SETTLED,))
    elif undone is not None or state.event.event_time > began(case):
        yield _make_finding(examined, key, state, "likely", (Reason.CHANGED_DURING_JOB,))
    else:
        yield _make_finding(examined, key, state, "confirmed", (Reason.KEY_STATE_CHANGED_BEFORE_JOB,))


def _from_todays(examined: Examined, key: str, state: KeyStateAt) -> Iterator[Hypothesis]:
    """Judge a state that only today's DescribeKey tells: it holds for the job if the date of deletion says so.

    Otherwise it is likely when the policy that is known allows every caller that is missing, which leaves the state.
    """
    case, reasons = examined.case, (Reason.KEY_STATE_TODAY,)
    job = case.failed.job
    span = deletion_scheduled(case.facts) if state.state == "PendingDeletion" else None
    if span is not None and span.start > (job.completed or case.failed.window.end):
        yield refuted(_CAUSES[state.state], (Reason.DELETION_SCHEDULED_LATER,))
    elif span is not None and span.end <= (job.created or case.failed.window.start):
        yield _make_finding(examined, key, state, "confirmed", (*reasons, Reason.DELETION_SCHEDULED_BEFORE))
    elif (used := _used_after(examined, key)) is not None:
        if holds_as_well(case, used):
            yield refuted(_CAUSES[state.state], (Reason.WORKED_UNCHANGED,), key=key)
        else:
            yield _make_finding(examined, key, state, "possible", (*reasons, Reason.WORKED_UNCHANGED))
    else:
        decided = [examined.explain(group) for group in examined.driving]
        is_last = bool(decided) and all(one is not None and one.then.decision == "allowed" for one in decided)
        yield _make_finding(examined, key, state, "likely" if is_last else "possible", reasons)


def _make_finding(
    examined: Examined, key: str, state: KeyStateAt, confidence: Confidence, reasons: tuple[Reason, ...]
) -> Hypothesis:
    on_key = [group for group in examined.driving if group.key == key]
    group = next(iter(on_key or examined.driving), None)
    return Hypothesis(
        cause=_CAUSES[state.state],
        standing=confidence,
        caller=group.caller if group else None,
        action=group.action if group else None,
        key=key,
        layer="key-state",
        reasons=reasons,
        evidence=(state.evidence,),
    )


def _state_then(examined: Examined, key: str) -> KeyStateAt | None:
    """Return the state while the job ran: a change during the job counts when it is for the worse.

    So does one that was undone so shortly before the job, or while it ran, that its calls may have met it.
    """
    case, (start, end) = examined.case, _times(examined)
    at_end = state_at(case.changes, key, end, case.facts)
    if at_end is not None and at_end.state in _CAUSES:
        return at_end
    today = _changed_unseen(examined, key, at_end)
    if today is not None:
        return today
    undone = [
        state
        for event in case.changes
        if event.event_name in STATE_AFTER and start - TO_SETTLE < event.event_time <= end
        if (state := state_at(case.changes, key, event.event_time - _JUST_BEFORE, case.facts)) is not None
        and state.event is not None
        and state.event.event_time < event.event_time
        and state.state in _CAUSES
    ]
    return undone[-1] if undone else state_at(case.changes, key, start, case.facts)


def _changed_unseen(examined: Examined, key: str, state: KeyStateAt | None) -> KeyStateAt | None:
    """Return today's state where it is a worse one than the last record set, and may have been at the job's time.

    What set it is in no record: it need not be later than the job, unless a change up to its end would have been seen.
    """
    case, (_, end) = examined.case, _times(examined)
    today = todays_state(case.facts, key)
    if state is None or state.event is None or today is None or today.state not in _CAUSES:
        return None
    since = state.event.event_time
    is_seen = any(one.start <= since and end <= one.end for one in case.unbroken)
    is_later = any(event.event_name in STATE_AFTER and event.event_time > end for event in case.changes)
    return None if is_seen or is_later else today


def _times(examined: Examined) -> tuple[datetime, datetime]:
    """Return when the failed job began and ended."""
    job, window = examined.case.failed.job, examined.case.failed.window
    return job.created or window.start, job.completed or window.end


def _undone_at(examined: Examined, key: str, state: KeyStateAt) -> datetime | None:
    """Return when a state was undone that an event set; None where it was not, before the failed job ended."""
    case, (_, end) = examined.case, _times(examined)
    if state.event is None:
        return None
    later = sorted(
        event.event_time
        for event in case.changes
        if event.event_name in STATE_AFTER and state.event.event_time < event.event_time <= end
    )
    states = ((moment, state_at(case.changes, key, moment, case.facts)) for moment in later)
    return next((moment for moment, other in states if other is not None and other.state not in _CAUSES), None)


def _is_used(examined: Examined, key: str, state: KeyStateAt | None) -> bool:
    """Check whether somebody used the key for cryptography while the job ran, and after a change of state meanwhile."""
    failed = examined.case.failed
    start, end = _times(examined)
    if state is not None and state.event is not None and start < state.event.event_time <= end:
        start = state.event.event_time
    undone = _undone_at(examined, key, state) if state is not None and state.state in _CAUSES else None
    end = max(start, undone) + TO_SETTLE if undone is not None else end
    return any(
        start <= event.event_time <= end
        and any(access.key == key and access.action in CRYPTO_ACTIONS for access in event.accesses)
        for event in failed.find(used_keys_of, key)
    )


def is_used_in_failed(examined: Examined, key: str) -> bool:
    """Check whether somebody used a key while the failed job ran: it was enabled, whatever else is not known."""
    return _is_used(examined, key, _state_then(examined, key))


def _worked_before(examined: Examined, key: str) -> bool:
    """Check whether the key was used for cryptography by a succeeded job that ran before the failed one."""
    succeeded = examined.case.succeeded
    return succeeded is not None and any(
        tie.event.error_code is None
        and tie.event.event_time < began(examined.case)
        and any(access.key == key and access.action in CRYPTO_ACTIONS for access in tie.event.accesses)
        for tie in succeeded.events
    )


def _used_since(examined: Examined, key: str, change: Event) -> datetime | None:
    """Return when the key was first used in a state that forbids it: what ended that state is in no record."""
    case = examined.case
    moments = (moment for moment in _moments_of_use(examined, key) if moment >= change.event_time + TO_SETTLE)
    states = ((moment, state_at(case.changes, key, moment, case.facts)) for moment in moments)
    return min((moment for moment, state in states if state is not None and state.event == change), default=None)


def _moments_of_use(examined: Examined, key: str) -> Iterator[datetime]:
    for use in examined.case.uses:
        if use.key == key and use.error_code is None and use.action in CRYPTO_ACTIONS:
            yield from (use.first, use.last)


def _used_after(examined: Examined, key: str) -> datetime | None:
    """Return when the key was last used for cryptography after the failed job; None where it was not."""
    _, end = _times(examined)
    return max((moment for moment in _moments_of_use(examined, key) if moment > end), default=None)


def _tells_of_job(examined: Examined, error: Event, cause: Cause) -> bool:
    """Check whether an error that somebody else met tells of the key's state while the job ran."""
    job, window = examined.case.failed.job, examined.case.failed.window
    is_meanwhile = began(examined.case) <= error.event_time <= (job.completed or window.end)
    keys = {access.key for access in error.accesses if access.key}
    return cause is not Cause.KEY_NOT_FOUND and is_meanwhile and not any(_is_used(examined, key, None) for key in keys)


def _set_by(examined: Examined) -> tuple[Reason, ...]:
    return (Reason.KEY_STATE_CHANGED_BEFORE_JOB,) if _evidence_of_change(examined) else ()


def _evidence_of_change(examined: Examined) -> tuple[Evidence, ...]:
    state = _state_then(examined, examined.key) if examined.key else None
    return (state.evidence,) if state is not None and state.event is not None and state.state in _CAUSES else ()


def _of_the_state() -> tuple[Cause, ...]:
    return (Cause.KEY_DISABLED, Cause.KEY_PENDING_DELETION, Cause.KEY_UNAVAILABLE, Cause.KEY_NOT_FOUND)
