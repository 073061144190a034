"""Causes in the key's grants: one was revoked or retired before the job, or could not be created.

A grant matters where the policy by itself does not allow the caller. Who held a revoked grant stands in the CreateGrant
record, when the export reaches back that far; else it is told from what the caller lacks, which is less certain.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from msgspec import structs

from trail_diff.diagnosis.examined import Examined, Explained, began
from trail_diff.diagnosis.held_grants import find_held, fits_call, granted_meanwhile, holds_grant
from trail_diff.diagnosis.hypotheses.interface import CauseText, Hypothesis, refuted
from trail_diff.diagnosis.hypotheses.refused_calls import evidence_of, is_decisive, may_be_refused, own_errors
from trail_diff.diagnosis.key_history import GRANT_ENDINGS, grant_id_of
from trail_diff.events.identity import service_name
from trail_diff.model.codes import CallerKind, Cause, Confidence
from trail_diff.model.learnt import Event
from trail_diff.model.reasons import Reason
from trail_diff.model.report import CallerGroup, Evidence, RestsOn

TEXTS: Mapping[Cause, CauseText] = {
    Cause.GRANT_REVOKED: CauseText(
        means="The grant that allowed the caller was revoked or retired between the jobs.",
        evidence="A RevokeGrant or RetireGrant record between the jobs, under a policy that does not allow the caller "
        "by itself; whose grant it was stands in the CreateGrant record, when the export reaches back that "
        "far. Not when the caller still had another grant, or a new one before the job.",
        helps="Create the grant again.",
        remedies=("create-grant",),
    ),
    Cause.GRANT_NOT_CREATED: CauseText(
        means="A grant that the caller needs was not there: it could not be created, was created only later, or "
        "names a principal that was deleted.",
        evidence="The refused CreateGrant record without a layer; a CreateGrant for this very caller between the "
        "failure and its next success, where the policy does not allow it; a grant that the run that worked made and "
        "ended (possible at most); or a grant that names the unique id under which the call once worked, where "
        "the refused one has another.",
        helps="Create the grant for the caller; where CreateGrant was refused, let whoever asked for it make it, in "
        "the policy that lacks it, or make the grant that the record asks for.",
        remedies=("create-grant", "allow-in-identity-policy", "allow-caller-role"),
    ),
}


def propose_grants(examined: Examined) -> Iterator[Hypothesis]:
    """Examine the grants that ended before the failed job, and those it could not create."""
    yield from _refused_creation(examined)
    yield from _granted_since(examined)
    yield from _not_made_again(examined)
    yield from _orphaned(examined)
    ended = list(_ended(examined))
    found = False
    for group in examined.driving:
        finding = _from_ending(examined, group, ended)
        if finding is not None:
            found = True
            yield finding
    if not ended and not found and _is_history_complete(examined):
        yield refuted(Cause.GRANT_REVOKED, (Reason.NO_GRANT_CHANGE,))


def _granted_since(examined: Examined) -> Iterator[Hypothesis]:
    """Yield that a grant was missing where one was made to the very caller before its calls worked."""
    for group in examined.driving:
        made = granted_meanwhile(examined, group.caller, group.action)
        explained = examined.explain(group)
        if made is None or not _may_lack_grant(explained) or find_held(examined, group):
            continue
        yield _missing_for(group, Reason.GRANTED_MEANWHILE, evidence_of(made))


def _missing_for(group: CallerGroup, reason: Reason, evidence: tuple[Evidence, ...]) -> Hypothesis:
    """Return that a grant for a caller's calls may not have been there."""
    return Hypothesis(
        cause=Cause.GRANT_NOT_CREATED,
        standing="possible",
        caller=group.caller,
        action=group.action,
        key=group.key,
        layer="grant",
        reasons=(reason,),
        evidence=evidence,
    )


def _orphaned(examined: Examined) -> Iterator[Hypothesis]:
    """Yield each grant that names the unique id of a principal that was deleted and made again under its name.

    The call that worked carries the grantee's id, the refused one another.
    """
    for group in examined.driving if examined.case.facts.grants else ():
        then, now = _unique_ids(examined, group, worked=True), _unique_ids(examined, group, worked=False)
        if len(then) != 1 or len(now) != 1 or then == now:
            continue
        (old,) = then
        for index, grant in enumerate(examined.case.facts.grants or ()):
            if str(grant.get("GranteePrincipal")).partition(":")[0] == old:
                changes = [event for event in examined.case.changes if event.event_name in ("DeleteRole", "CreateRole")]
                evidence = (*evidence_of(*changes[:2]), Evidence(file="--grants", path=f"/Grants/{index}"))
                yield structs.replace(
                    _missing_for(group, Reason.GRANTEE_WAS_DELETED, evidence),
                    standing="likely",
                    rests_on=(RestsOn("principal", Reason.GRANTEE_WAS_DELETED, old, "recorded"),),
                )


def _unique_ids(examined: Examined, group: CallerGroup, *, worked: bool) -> set[str]:
    """Return the unique ids under which a group's calls worked, or were refused."""
    sides = [side for side in (examined.case.failed, examined.case.succeeded) if side is not None]
    return {
        (tie.event.principal_id or "").partition(":")[0]
        for side in sides
        for tie in side.events
        if (tie.event.error_code is None) == worked
        and tie.event.caller.across_sessions() == group.caller.across_sessions()
        and any(access.action == group.action for access in tie.event.accesses)
    } - {""}


def _refused_creation(examined: Examined) -> Iterator[Hypothesis]:
    """Yield a finding for CreateGrant calls that were refused without a layer being named."""
    refused = [
        tie
        for tie in own_errors(examined)
        if any(access.action == "kms:CreateGrant" for access in tie.event.accesses)
        and (tie.event.error_code or "").startswith("AccessDenied")
        and (tie.event.denial is None or tie.event.denial.layer is None)
    ]
    decisive = [tie.event for tie in refused if is_decisive(examined, tie)]
    events = decisive or [tie.event for tie in refused]
    if events:
        yield Hypothesis(
            cause=Cause.GRANT_NOT_CREATED,
            standing="likely" if decisive else "possible",
            caller=events[0].caller,
            action="kms:CreateGrant",
            key=next((access.key for access in events[0].accesses), None),
            layer="grant",
            reasons=(Reason.CREATE_GRANT_REFUSED,),
            evidence=evidence_of(*events[:3]),
        )


def _ended(examined: Examined) -> Iterator[Event]:
    """Yield the grants on the job's keys that ended between their use by the succeeded job and the failed one's end."""
    case = examined.case
    until = case.failed.job.completed or case.failed.window.end
    since = _last_success(examined)
    keys = {examined.key, *(group.key for group in examined.driving)}
    for event in case.changes:
        on_key = event.is_on(keys) or not event.accesses
        is_between = event.event_time <= until and (since is None or event.event_time >= since)
        is_ended = event.event_name in GRANT_ENDINGS and event.error_code is None and on_key and is_between
        if is_ended and _made_for_the_run(examined, event) is None:
            yield event


def _made_for_the_run(examined: Examined, ending: Event) -> Event | None:
    """Return the CreateGrant of a grant that was made and ended while the succeeded job ran: each run makes its own."""
    succeeded, grant_id = examined.case.succeeded, grant_id_of(ending)
    if succeeded is None or grant_id is None or not succeeded.window.holds(ending.event_time):
        return None
    for event in examined.case.changes:
        is_its = event.event_name == "CreateGrant" and event.error_code is None and grant_id_of(event) == grant_id
        if is_its and succeeded.window.holds(event.event_time):
            return event
    return None


def _not_made_again(examined: Examined) -> Iterator[Hypothesis]:
    """Yield that a grant was missing which the succeeded job's run had made and ended, and the failed job's did not."""
    ended = [event for event in examined.case.changes if event.event_name in GRANT_ENDINGS and event.error_code is None]
    made = [one for one in (_made_for_the_run(examined, event) for event in ended) if one is not None]
    for group in examined.driving:
        own = [
            event
            for event in made
            if holds_grant(event.request_parameters, group.caller) and event.is_on({group.key})
            if group.action.removeprefix("kms:") in (event.request_parameters.get("operations") or ())
        ]
        if own and _may_lack_grant(examined.explain(group)) and find_held(examined, group) is None:
            missing = _missing_for(group, Reason.GRANT_OF_THE_RUN, evidence_of(*own[:1]))
            yield structs.replace(missing, at_most="possible")


def _last_success(examined: Examined) -> datetime | None:
    """Return when the succeeded job's missing calls ended, if it came before the failed one."""
    ends = [group.succeeded.last for group in examined.driving if group.succeeded.last]
    last = max(ends, default=None)
    start = examined.case.failed.window.start
    return last if last is not None and last < start else None


def _from_ending(examined: Examined, group: CallerGroup, ended: list[Event]) -> Hypothesis | None:
    explained = examined.explain(group)
    if not ended or not _may_lack_grant(explained) or find_held(examined, group):
        return None
    keys = {None, group.key, explained.key if explained else examined.key}
    on_key = [event for event in ended if not event.accesses or event.is_on(keys)]
    held = [(event, _was_held(examined, event, group)) for event in on_key]
    certain = [event for event, is_held in held if is_held]
    open_ones = [event for event, is_held in held if is_held is None]
    if not certain and not (open_ones and group.caller.type == "AWSService"):
        return None
    events = certain or open_ones
    decides = explained is not None and explained.then.decision == "implicit-deny"
    confidence: Confidence = "confirmed" if certain and decides else "likely" if certain or decides else "possible"
    reasons = [Reason.GRANT_ENDED_BEFORE_JOB, *([] if certain else [Reason.GRANTEE_NOT_IN_EXPORT])]
    if confidence == "confirmed" and all(event.event_time > began(examined.case) for event in events):
        reasons, confidence = [*reasons, Reason.CHANGED_DURING_JOB], "likely"
    if not may_be_refused(examined, group):
        reasons, confidence = [*reasons, Reason.DENIAL_WOULD_BE_LOGGED], "possible"
    return Hypothesis(
        cause=Cause.GRANT_REVOKED,
        standing=confidence,
        caller=group.caller,
        action=group.action,
        key=group.key,
        layer="grant",
        reasons=tuple(reasons),
        evidence=evidence_of(*events[:3]),
    )


def _may_lack_grant(explained: Explained | None) -> bool:
    """Check whether a missing grant can be what the caller lacks: the policy must neither deny nor allow by itself."""
    if explained is None:
        return True
    if explained.then.decision == "explicit-deny":
        return False
    if explained.before is not None and Reason.KEY_POLICY_ALLOWS in explained.before.reasons:
        # The policy allowed the caller by itself, so no grant was needed.
        return False
    return explained.then.decision != "allowed" or Reason.GRANT_ALLOWS in explained.then.reasons


def _was_held(examined: Examined, ending: Event, group: CallerGroup) -> bool | None:
    """Check whether the grant that ended was the caller's; None when no record says whose it was.

    Services retire the grants that they hold or made, so one that another service retired is not the caller's.
    """
    grant_id, caller = grant_id_of(ending), group.caller
    for event in examined.case.changes:
        if event.event_name == "CreateGrant" and grant_id is not None and grant_id_of(event) == grant_id:
            is_for_it = fits_call(examined, event.request_parameters, caller, group.action)
            return holds_grant(event.request_parameters, caller) if is_for_it else False
    for grant in examined.case.facts.grants or ():
        if grant.get("GrantId") == grant_id:
            # The grant is still listed, so it is not this one that is missing.
            return False
    is_services = ending.event_name == "RetireGrant" and ending.caller.kind is CallerKind.SERVICE_PRINCIPAL
    if is_services and service_name(ending.caller.name or "") != service_name(caller.name or ""):
        return False
    return None


def _is_history_complete(examined: Examined) -> bool:
    """Check whether the export covers the time between the jobs, as far as its own gaps tell."""
    succeeded = examined.case.succeeded
    gaps = {Reason.KMS_EVENTS_EXCLUDED, Reason.WINDOW_NOT_COVERED, Reason.FETCH_TRUNCATED, Reason.REGION_NOT_COVERED}
    return succeeded is not None and gaps.isdisjoint(examined.case.coverage.warnings)
