"""Statements to add to what limits a caller: a permissions boundary, a session policy, a VPC endpoint policy. Pure.

None of these policies is known, and a limit allows nothing by itself: the statement is replayed as all that the limit
allows, with the key policy as far as that is known. Where a record says that a Deny of the limit refused the call, no
further Allow helps, as IAM names an explicit Deny before a missing Allow (IAM user guide, "Policy evaluation logic").
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct, structs

from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.hypotheses.refused_calls import own_errors
from trail_diff.diagnosis.identity_remedies import bind_to_key
from trail_diff.diagnosis.needs import key_of, needed_calls, policies_then, replay_calls, requests_of
from trail_diff.events.denials import read_denial
from trail_diff.model.codes import CallerKind, Cause
from trail_diff.model.learnt import Denial, Event
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Finding, Remedy, Replay
from trail_diff.policy import PolicySet, Request
from trail_diff.policy.remedies.allows import allow_callers

_Document = dict[str, Any]


class _Limit(Struct, frozen=True):
    """How a limit is allowed more: the id of the remedy, where the statement goes, what is to be known of it."""

    remedy_id: str
    put: Callable[[PolicySet, _Document], PolicySet]
    names_caller: bool = False
    risks: tuple[Reason, ...] = ()


_LIMITS: Mapping[Cause, _Limit] = {
    Cause.PERMISSIONS_BOUNDARY_DENY: _Limit(
        "allow-in-permissions-boundary",
        lambda policies, own: structs.replace(policies, permissions_boundaries=(own,)),
    ),
    Cause.SESSION_POLICY_DENY: _Limit(
        "allow-in-session-policy",
        lambda policies, own: structs.replace(policies, session_policies=(own,)),
        risks=(Reason.SESSION_POLICY_IS_PASSED,),
    ),
    Cause.VPC_ENDPOINT_POLICY_DENY: _Limit(
        "allow-in-endpoint-policy",
        lambda policies, own: structs.replace(policies, vpc_endpoint_policies=(own,)),
        names_caller=True,
    ),
}


def allow_by_limit(examined: Examined, finding: Finding) -> tuple[Remedy, ...]:
    """Return the statements to add to the limit that refused; that they would not help, where it denies explicitly."""
    limit = _LIMITS.get(finding.cause)
    calls, key = needed_calls(examined, finding), key_of(examined, finding)
    if limit is None or not calls or key is None:
        return ()
    policy = {"Version": "2012-10-17", "Statement": _statements(limit, requests_of(calls), key)}
    where, refused = limit_named(examined, finding), _denial(examined, finding)
    if refused is not None and refused.effect == "explicit-deny":
        return (Remedy(limit.remedy_id, helps=False, policy=policy, risks=(Reason.DENY_WINS,), resource=where),)
    known = policies_then(examined, key)
    replay = replay_calls(calls, limit.put(known, policy))
    remedy = Remedy(limit.remedy_id, helps="undetermined", policy=policy, replay=replay, resource=where)
    return (_judge(remedy, limit, replay, is_policy_known=known.key_policy is not None),)


def _judge(remedy: Remedy, limit: _Limit, replay: Replay, *, is_policy_known: bool) -> Remedy:
    """Return the remedy with what the replay makes of it, and why it is certain to help or not."""
    if replay.still_denied:
        return structs.replace(remedy, helps=False, risks=(Reason.NEEDS_ALLOW_AS_WELL,))
    if is_policy_known and not replay.undetermined:
        return structs.replace(remedy, helps=True, risks=(Reason.KEY_POLICY_ALLOWS, *limit.risks))
    why = Reason.LIMIT_ALLOWS_NOTHING if is_policy_known else Reason.KEY_POLICY_NOT_GIVEN
    return structs.replace(remedy, risks=(why, *limit.risks))


def _statements(limit: _Limit, requests: Sequence[Request], key: str) -> list[_Document]:
    """Return the statements for the one key; an endpoint's policy is for all who use it, so they name the caller."""
    made = allow_callers(requests)
    return [{**one, "Resource": key} if limit.names_caller else bind_to_key(one, key) for one in made]


def limit_named(examined: Examined, finding: Finding) -> str | None:
    """Return which limit refused: the policy that the refusal names, or the record of who set it; the endpoint's id."""
    events = refused_events(examined, finding)
    if finding.cause is Cause.VPC_ENDPOINT_POLICY_DENY:
        return next((event.vpc_endpoint_id for event in events if event.vpc_endpoint_id), None)
    if finding.cause is Cause.SESSION_POLICY_DENY:
        return next((event.caller.arn for event in events if event.caller.arn), None)
    denial = _denial(examined, finding)
    if denial is not None and denial.policy_arn:
        return denial.policy_arn
    return _boundary_set(examined, finding) if finding.cause is Cause.PERMISSIONS_BOUNDARY_DENY else None


def refused_events(examined: Examined, finding: Finding) -> tuple[Event, ...]:
    """Return the refused calls that a finding rests on."""
    named = {one.event_id for one in finding.evidence} - {None}
    return tuple(tie.event for tie in own_errors(examined) if tie.event.event_id in named)


def _denial(examined: Examined, finding: Finding) -> Denial | None:
    """Return what the refusal states: that of the record, else that of the job's own message."""
    of_records = (event.denial for event in refused_events(examined, finding) if event.denial)
    return next(of_records, None) or read_denial(examined.case.failed.job.message, "AccessDenied")


def _boundary_set(examined: Examined, finding: Finding) -> str | None:
    """Return the boundary that a record says the caller was given last before the job ended."""
    case, name = examined.case, finding.caller.name if finding.caller else None
    parameter = "userName" if finding.caller and finding.caller.kind is CallerKind.USER else "roleName"
    until = case.failed.job.completed or case.failed.window.end
    found = None
    for event in sorted(case.changes, key=lambda one: one.event_time):
        is_done = event.error_code is None and event.event_time <= until
        if is_done and event.event_name in _GIVES_BOUNDARY and event.request_parameters.get(parameter) == name:
            found = event.request_parameters.get("permissionsBoundary")
    return found if isinstance(found, str) else None


_GIVES_BOUNDARY = frozenset(
    f"{verb}{kind}{what}"
    for kind in ("Role", "User")
    for verb, what in (("Put", "PermissionsBoundary"), ("Delete", "PermissionsBoundary"), ("Create", ""))
)
"""Calls after which a role or user has the boundary that they name, or none (IAM API reference)."""
