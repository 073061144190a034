"""The side-by-side table: caller groups of the failed and the succeeded job, with their calls and presence."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from msgspec import Struct, structs

from trail_diff.model.codes import CallerKind, Presence
from trail_diff.model.learnt import Caller, Event, JobEvents, TiedEvent
from trail_diff.model.reasons import Reason, in_order
from trail_diff.model.report import CallerGroup, Calls

_PRESENCE_ORDER: tuple[Presence, ...] = ("denied-in-failed", "only-succeeded", "only-failed", "both")
_BY_KEY_ALONE = frozenset({Reason.KEY_ONLY, Reason.KEY_AND_SERVICE_PRINCIPAL})
_BY_JOB = frozenset({Reason.JOB_ROLE, Reason.KEY_AND_JOB_ROLE, Reason.IN_WINDOW, Reason.CONTEXT_NAMES_VAULT})
_OWN_WORK = frozenset(
    {
        CallerKind.ROLE,
        CallerKind.USER,
        CallerKind.ROOT,
        CallerKind.FEDERATED,
        CallerKind.IDENTITY_CENTER_USER,
        CallerKind.FORWARD_ACCESS_SESSION,
    }
)
"""Kinds of callers that do a job's work only as its role or with its vault's context, otherwise work of their own."""
_BACKED_UP = re.compile(
    r"(?:\b|RoleFor|Amazon)(?:backup|dynamodb|ec2|ebs|rds|elasticfilesystem|fsx|redshift|s3|storagegateway|dsql"
    r"|timestream|ssm-sap|eks|cloudformation|docdb|neptune|aws internal)",
    re.IGNORECASE,
)
"""Names of AWS Backup and of the services whose resources it backs up, in service principals and in the names of
service-linked roles (AWS Backup guide, "Supported services"). `AWS Internal` may be any of them."""
_ONLOOKERS = frozenset({"config.amazonaws.com"})
EXPECTED = frozenset({Reason.EXPECTED_BY_PROFILE, Reason.EXPECTED_FROM_OTHER_JOB})
"""Why a call is expected of the failed job though no record of it or of a baseline shows it."""
Side = Literal["failed", "succeeded"]


def diff_callers(failed: JobEvents, succeeded: JobEvents | None) -> tuple[CallerGroup, ...]:
    """Put the calls of both jobs side by side.

    One group for each caller, IAM action and key. Sessions of one role are one caller; its `arn` is kept only when all
    its calls have the same. A call whose record names no key joins the group of the same caller and action when there
    is just one. Ordered by presence (denied, only succeeded, only failed, both), caller name, action, key.
    """
    calls = [*_calls_of("failed", failed), *(_calls_of("succeeded", succeeded) if succeeded is not None else ())]
    groups: dict[tuple[Caller, str, str | None], list[_Call]] = {}
    only = _only_keys(calls)
    for call in calls:
        key = call.key or only.get((call.caller, call.action))
        groups.setdefault((call.caller, call.action, key), []).append(call)
    return tuple(sorted((_build_group(*place, own) for place, own in groups.items()), key=_sort_key))


def is_relevant(group: CallerGroup) -> bool:
    """Check whether a group may drive the verdict.

    A person, an application or a service of another sort that happens to use the same key in the same minutes is tied
    by the key, or by a context that names the job's resource because they read it too; such calls are shown, but that
    they come and go says nothing of the job. Another job's service cannot be told from this job's by its name. Of the
    calls that are only expected, a service's may have been refused unseen; a refused role would be in the log.
    """
    tied_by = set(group.tied_by)
    if is_expected(group):
        return group.caller.kind is CallerKind.SERVICE_PRINCIPAL
    if group.caller.kind in _OWN_WORK and tied_by.isdisjoint(_BY_JOB):
        return False
    if not tied_by <= _BY_KEY_ALONE:
        return True
    match group.caller.kind:
        case CallerKind.SERVICE_PRINCIPAL:
            return bool(_BACKED_UP.search(group.caller.name or ""))
        case CallerKind.SERVICE_LINKED_ROLE:
            return bool(_BACKED_UP.search(group.caller.role_arn or group.caller.name or ""))
        case kind:
            return kind is CallerKind.SERVICE_ROLE


def is_onlooker(group: CallerGroup) -> bool:
    """Check whether a group only looks at what others made: AWS Config, whose roles are refused on many a key all day.

    Its refusals are the noise of an account; they explain something only where nothing else differs.
    """
    return group.caller.invoked_by in _ONLOOKERS and group.caller.kind is not CallerKind.SERVICE_PRINCIPAL


def is_expected(group: CallerGroup) -> bool:
    """Check whether a group is only expected of the failed job, as no succeeded one is there to compare with."""
    return not EXPECTED.isdisjoint(group.tied_by)


def is_different(group: CallerGroup) -> bool:
    """Check whether the group was missing or failing in the failed job where the succeeded job had it."""
    return group.presence in ("only-succeeded", "denied-in-failed")


class _Call(Struct, frozen=True):
    """One access of one event; `caller` is the one across sessions."""

    side: Side
    caller: Caller
    action: str
    key: str | None
    tie: TiedEvent


def _calls_of(side: Side, events: JobEvents) -> Iterator[_Call]:
    for tie in events.events:
        caller = tie.event.caller.across_sessions()
        for access in tie.event.accesses:
            yield _Call(side, caller, access.action, access.key, tie)


def _only_keys(calls: Iterable[_Call]) -> dict[tuple[Caller, str], str]:
    """Return the key of each caller and action that names just one, which calls that name none then join."""
    named: dict[tuple[Caller, str], set[str]] = {}
    for call in calls:
        if call.key:
            named.setdefault((call.caller, call.action), set()).add(call.key)
    return {place: next(iter(keys)) for place, keys in named.items() if len(keys) == 1}


def _build_group(caller: Caller, action: str, key: str | None, calls: Sequence[_Call]) -> CallerGroup:
    failed, succeeded = (
        _count_calls([call.tie.event for call in calls if call.side == side]) for side in ("failed", "succeeded")
    )
    arns = {call.tie.event.caller.arn for call in calls}
    tied_by = {reason for call in calls for reason in call.tie.reasons}
    accounts = {call.tie.event.recipient_account_id for call in calls} - {None}
    return CallerGroup(
        caller=structs.replace(caller, arn=arns.pop()) if len(arns) == 1 else caller,
        action=action,
        key=key,
        failed=failed,
        succeeded=succeeded,
        presence=_presence(failed, succeeded),
        tied_by=in_order(tied_by),
        recorded_in=tuple(sorted(account for account in accounts if account)),
    )


def _count_calls(events: Sequence[Event]) -> Calls:
    codes = Counter(event.error_code for event in events if event.error_code)
    times = [event.event_time for event in events]
    return Calls(
        calls=len(events),
        errors=codes.total(),
        error_codes=dict(sorted(codes.items())),
        first=min(times, default=None),
        last=max(times, default=None),
    )


def _presence(failed: Calls, succeeded: Calls) -> Presence:
    if failed.errors and not _is_no_worse(failed, succeeded):
        return "denied-in-failed"
    if not failed.calls:
        return "only-succeeded"
    return "both" if succeeded.calls else "only-failed"


def _is_no_worse(failed: Calls, succeeded: Calls) -> bool:
    """Check whether the succeeded job had the same errors, and none worked where none did in the failed job."""
    never_worked = failed.errors == failed.calls and succeeded.errors < succeeded.calls
    return failed.error_codes.keys() <= succeeded.error_codes.keys() and not never_worked


def _sort_key(group: CallerGroup) -> tuple[int, str, str, str]:
    return (
        _PRESENCE_ORDER.index(group.presence),
        group.caller.name or "",
        group.action,
        group.key or "",
    )
