"""The side-by-side table: caller groups of the failed and the succeeded job, with their calls and presence."""

import re
from collections.abc import Iterator, Sequence

import msgspec
import pandas as pd

from trail_diff.model.codes import CallerKind, Presence
from trail_diff.model.learnt import Caller, JobEvents
from trail_diff.model.reasons import Reason
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
EXPECTED = frozenset({Reason.EXPECTED_BY_PROFILE, Reason.EXPECTED_FROM_OTHER_JOB})
"""Why a call is expected of the failed job though no record of it or of a baseline shows it."""
_COLUMNS = ["side", "caller", "arn", "action", "key", "error_code", "time", "tied_by", "account"]


def diff_callers(failed: JobEvents, succeeded: JobEvents | None) -> tuple[CallerGroup, ...]:
    """Put the calls of both jobs side by side.

    One group for each caller, IAM action and key. Sessions of one role are one caller; its `arn` is kept only when all
    its calls have the same. A call whose record names no key joins the group of the same caller and action when there
    is just one. Ordered by presence (denied, only succeeded, only failed, both), caller name, action, key.
    """
    sides = [("failed", failed)] + ([("succeeded", succeeded)] if succeeded is not None else [])
    callers: dict[Caller, int] = {}
    frame = pd.DataFrame(
        [row for name, side in sides for row in _rows(name, side, callers)], columns=_COLUMNS, dtype=object
    )
    frame["key"] = _fill_keys(frame)
    known = list(callers)
    groups = [_build_group(known, rows) for _, rows in frame.groupby(["caller", "action", "key"], sort=False)]
    return tuple(sorted(groups, key=_sort_key))


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


def is_expected(group: CallerGroup) -> bool:
    """Check whether a group is only expected of the failed job, as no succeeded one is there to compare with."""
    return not EXPECTED.isdisjoint(group.tied_by)


def is_different(group: CallerGroup) -> bool:
    """Check whether the group was missing or failing in the failed job where the succeeded job had it."""
    return group.presence in ("only-succeeded", "denied-in-failed")


def _rows(side: str, events: JobEvents, callers: dict[Caller, int]) -> Iterator[tuple[object, ...]]:
    for tie in events.events:
        number = callers.setdefault(tie.event.caller.across_sessions(), len(callers))
        for access in tie.event.accesses:
            call = (access.action, access.key or "", tie.event.error_code or "", tie.event.event_time)
            yield side, number, tie.event.caller.arn, *call, tie.reasons, tie.event.recipient_account_id


def _fill_keys(frame: pd.DataFrame) -> "pd.Series[str]":
    """Return each row's key, a nameless one taken from the only group that its caller and action have."""
    named = frame[frame["key"] != ""].groupby(["caller", "action"])["key"].agg(["nunique", "first"])
    only = named[named["nunique"] == 1]["first"].to_dict() if len(named) else {}
    return pd.Series(
        [
            key or only.get((caller, action), "")
            for caller, action, key in zip(frame["caller"], frame["action"], frame["key"], strict=True)
        ],
        index=frame.index,
        dtype=object,
    )


def _build_group(known: Sequence[Caller], rows: pd.DataFrame) -> CallerGroup:
    shared = rows.iloc[0]
    caller, arns = known[shared["caller"]], set(rows["arn"])
    failed = _count_calls(rows[rows["side"] == "failed"])
    succeeded = _count_calls(rows[rows["side"] == "succeeded"])
    tied_by = set().union(*rows["tied_by"])
    return CallerGroup(
        caller=msgspec.structs.replace(caller, arn=arns.pop()) if len(arns) == 1 else caller,
        action=shared["action"],
        key=shared["key"] or None,
        failed=failed,
        succeeded=succeeded,
        presence=_presence(failed, succeeded),
        tied_by=tuple(reason for reason in Reason if reason in tied_by),
        recorded_in=tuple(sorted({account for account in rows["account"] if account})),
    )


def _count_calls(rows: pd.DataFrame) -> Calls:
    if rows.empty:
        return Calls()
    codes = rows[rows["error_code"] != ""]["error_code"].value_counts().sort_index()
    return Calls(
        calls=len(rows),
        errors=int(codes.sum()),
        error_codes={str(code): int(count) for code, count in codes.items()},
        first=rows["time"].min(),
        last=rows["time"].max(),
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
