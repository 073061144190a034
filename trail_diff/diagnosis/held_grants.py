"""Whose a grant is, for which calls, and whether a caller held one or was given one. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.key_history import GRANT_ENDINGS, grant_id_of, grants_at
from trail_diff.events.identity import service_name
from trail_diff.model.learnt import Caller, Event, Use
from trail_diff.model.report import CallerGroup, Evidence


def holds_grant(grant: Mapping[str, Any], caller: Caller) -> bool | None:
    """Check whether a grant (ListGrants entry or CreateGrant request) is the caller's; None when it names no grantee.

    Service principals are compared without their Region; older SDKs drop GranteeServicePrincipal from ListGrants.
    """
    grantee = next(
        (
            grant[name]
            for name in ("GranteeServicePrincipal", "granteeServicePrincipal", "GranteePrincipal", "granteePrincipal")
            if isinstance(grant.get(name), str)
        ),
        None,
    )
    if grantee is None:
        return None
    names = {name for name in (caller.arn, caller.role_arn) if name}
    if caller.invoked_by and caller.type == "AWSService":
        names.add(caller.invoked_by)
    return grantee in names or service_name(grantee) in {service_name(name) for name in names}


def granted_meanwhile(examined: Examined, caller: Caller, action: str | None) -> Event | None:
    """Return the CreateGrant that let a caller in after the failed job: its first call to work since came after it."""
    case = examined.case
    failed_at = case.failed.job.completed or case.failed.window.end
    worked_from = _works_since(examined, caller, action, failed_at)
    if worked_from is None:
        return None
    operation = (action or "").removeprefix("kms:")
    for event in case.changes:
        is_made = event.event_name == "CreateGrant" and event.error_code is None
        is_meanwhile = is_made and failed_at <= event.event_time <= worked_from
        if is_meanwhile and holds_grant(event.request_parameters, caller):
            operations = event.request_parameters.get("operations")
            is_for_it = not isinstance(operations, list) or not operation or operation in operations
            if is_for_it and fits_call(examined, event.request_parameters, caller, action):
                return event
    return None


def held_until_ended(examined: Examined, caller: Caller, use: Use) -> bool:
    """Check whether a use was made under a recorded grant of the caller that ended before the failed job did."""
    case = examined.case
    until = case.failed.job.completed or case.failed.window.end
    done = [event for event in case.changes if event.error_code is None and event.is_on({use.key})]
    ended = {
        grant_id_of(event)
        for event in done
        if event.event_name in GRANT_ENDINGS and use.first <= event.event_time <= until
    } - {None}
    return any(
        event.event_name == "CreateGrant"
        and event.event_time <= use.last
        and grant_id_of(event) in ended
        and holds_grant(event.request_parameters, caller) is True
        and use.action.removeprefix("kms:") in (event.request_parameters.get("operations") or ())
        for event in done
    )


def _works_since(examined: Examined, caller: Caller, action: str | None, failed_at: datetime) -> datetime | None:
    """Return when a caller's call of an action worked for the first time after the failed job, as far as records tell.

    Uses are told only of keys that were changed; the job that succeeded later tells of every key.
    """
    case, own = examined.case, caller.across_sessions()
    keys = {group.key for group in examined.groups if (group.caller.across_sessions(), group.action) == (own, action)}
    uses = (use for use in case.uses if (use.caller, use.action) == (own, action) and use.key in keys)
    # a use stands for all calls between two changes: where some came before the job, only the last is known to be later
    worked = [
        use.first if use.first >= failed_at else use.last
        for use in uses
        if use.error_code is None and use.last >= failed_at
    ]
    for tie in case.succeeded.events if case.succeeded is not None else ():
        is_later = tie.event.event_time >= failed_at and tie.event.error_code is None
        is_alike = is_later and any(one.action == action for one in tie.event.accesses)
        if is_alike and tie.event.caller.across_sessions() == own:
            worked.append(tie.event.event_time)
    return min(worked, default=None)


def fits_call(examined: Examined, grant: Mapping[str, Any], caller: Caller, action: str | None) -> bool:
    """Check whether a grant's constraints fit a caller's calls of an action: it may be for another vault's context."""
    constraints = grant.get("constraints") or grant.get("Constraints")
    if not isinstance(constraints, Mapping):
        return True
    wanted = {name[:1].lower() + name[1:]: value for name, value in constraints.items() if isinstance(value, Mapping)}
    equals, subset = wanted.get("encryptionContextEquals"), wanted.get("encryptionContextSubset")
    contexts = _contexts(examined, caller, action)
    return not contexts or any(
        (equals is None or dict(equals) == context) and (subset is None or subset.items() <= context.items())
        for context in contexts
    )


def _contexts(examined: Examined, caller: Caller, action: str | None) -> list[dict[str, str]]:
    sides = [side for side in (examined.case.failed, examined.case.succeeded) if side is not None]
    return [
        dict(tie.event.encryption_context)
        for side in sides
        for tie in side.events
        if tie.event.caller.across_sessions() == caller.across_sessions()
        and any(access.action == action for access in tie.event.accesses)
    ]


def find_held(examined: Examined, group: CallerGroup) -> Evidence | None:
    """Return a grant of the caller for the action, made before the job ended, that had not ended by then."""
    case = examined.case
    until = case.failed.job.completed or case.failed.window.end
    operation = group.action.removeprefix("kms:")
    for grant in grants_at(case.changes, until, case.facts) or ():
        is_dated = grant.get("CreationDate") is not None and operation in (grant.get("Operations") or ())
        if is_dated and holds_grant(grant, group.caller) and fits_call(examined, grant, group.caller, group.action):
            return Evidence(file="--grants", path="/Grants")
    events = [event for event in case.changes if event.error_code is None and event.event_time <= until]
    ended = {grant_id_of(event) for event in events if event.event_name in GRANT_ENDINGS}
    for event in events:
        if (
            event.event_name == "CreateGrant"
            and grant_id_of(event) not in ended
            and holds_grant(event.request_parameters, group.caller) is True
            and operation in (event.request_parameters.get("operations") or ())
            and any(access.key == group.key for access in event.accesses)
            and fits_call(examined, event.request_parameters, group.caller, group.action)
        ):
            return Evidence(event_id=event.event_id)
    return None
