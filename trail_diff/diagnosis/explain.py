"""How the key policy decides each caller group, as it was in force at either job. Pure.

The call that is missing from the failed job is built from the succeeded job's own event: same caller, action and
encryption context. Identity policies are not known, nor what limits them, so a caller that only they could allow is
undetermined; that limits are not in the way of a call that succeeded before is assumed.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import structs

from trail_diff.case.expected import names_between
from trail_diff.diagnosis.diff import is_expected
from trail_diff.diagnosis.examined import Explained, began
from trail_diff.diagnosis.key_history import (
    TO_SETTLE,
    PolicyVersion,
    grants_at,
    policies_of_second,
    policy_at,
    policy_versions,
    todays_policy,
)
from trail_diff.diagnosis.told import told_call
from trail_diff.events.denials import is_denial_code
from trail_diff.events.encryption_context import names_vault
from trail_diff.model.decisions import CallerDecision
from trail_diff.model.learnt import Case, Event, ExpectedCall, JobEvents, KeyAccess
from trail_diff.model.report import CallerGroup
from trail_diff.policy import CompiledPolicies, PolicySet, Request, compile_policies, evaluate
from trail_diff.policy.request.context import build_request


def explain_groups(case: Case, groups: Sequence[CallerGroup]) -> tuple[Explained, ...]:
    """Decide every group whose key's policy is known; the others are left out. The order of the groups is kept.

    A refused call that only the job's message tells of comes last: it is in no group.
    """
    calls = [(group, find_call(case, group)) for group in groups]
    decided = tuple(explained for group, call in calls for explained in _explain(case, group, call))
    told = told_call(case, groups)
    if told is None or any(_is_of(one.group, told[0]) for one in decided):
        return decided
    return (*decided, *_explain(case, *told))


def _is_of(group: CallerGroup, other: CallerGroup) -> bool:
    """Check whether two groups are of one call."""
    is_same = group.caller.across_sessions() == other.caller.across_sessions()
    return is_same and (group.action.lower(), group.key) == (other.action.lower(), other.key)


def _explain(case: Case, group: CallerGroup, call: tuple[Event, KeyAccess] | None) -> Iterator[Explained]:
    if call is None or group.key is None:
        return
    key = key_in_failed(case, group)
    refused_at = call[0].event_time if is_denial_code(call[0].error_code) else None
    versions = list(_policies_of_job(case, key, refused_at))
    if not versions:
        return
    request = request_in_failed(case, call)
    decided = [(version, decide_group(group, request, version, case, _moment(case.failed))) for version in versions]
    denying = [one for one in decided if _may_deny(one[1])]
    then, decision = next((one for one in decided if one[1].decision in _REFUSALS), (*denying, *decided)[0])
    replaced = _replaced_just_before(case, key, refused_at or began(case))
    is_replaced = False
    if replaced is not None and not any(_may_deny(one) for _, one in decided):
        as_replaced = decide_group(group, request, replaced, case, _moment(case.failed))
        is_replaced = as_replaced.decision == "explicit-deny"
        then, decision = (replaced, as_replaced) if is_replaced else (then, decision)
    policy_before = _policy_before(case, group)
    start = began_succeeded(case)
    yield Explained(
        group=group,
        then=decision,
        before=decide_group(group, build_request(*call, case.facts.organization_id), policy_before, case, start)
        if policy_before is not None
        else None,
        today=_decide_today(case, group, request, then),
        policy=then,
        key=key,
        put_during_job=refused_at is None and bool(_policies_put_during(case, key)),
        was_replaced=is_replaced,
        before_policy=policy_before,
        call=_as_failed(case, call),
    )


def _as_failed(case: Case, call: tuple[Event, KeyAccess]) -> tuple[Event, KeyAccess]:
    """Return a call of the succeeded job as the failed one would make it: its context names that job's own vault."""
    event, access = call
    succeeded, failed = case.succeeded, case.failed
    if succeeded is None or failed.window.holds(event.event_time) or not succeeded.window.holds(event.event_time):
        return call
    names = names_between(succeeded.job, failed.job)
    context = {name: names.get(value, value) for name, value in event.encryption_context.items()}
    if context == event.encryption_context:
        return call
    parameters = {**event.request_parameters, "encryptionContext": context}
    return structs.replace(event, encryption_context=context, request_parameters=parameters), access


_REFUSALS = ("explicit-deny", "implicit-deny")


def _policies_of_job(case: Case, key: str, refused_at: datetime | None) -> Iterator[PolicyVersion]:
    """Yield the policy in force when a call was refused, as far as a record tells when that was.

    Otherwise each that was in force while the failed job ran, the latest first: any of them can have refused.
    """
    during = [version.since for version in _policies_put_during(case, key) if version.since is not None]
    before = [since - timedelta(microseconds=1) for since in reversed(during)]
    for moment in (refused_at,) if refused_at else (_moment(case.failed), *before):
        version = policy_in_force(case, key, moment)
        if version is not None:
            yield version
            yield from policies_of_second(case.changes, key, version)


def _may_deny(decision: CallerDecision) -> bool:
    return any(one.effect == "Deny" and one.outcome != "no-match" for one in decision.statements)


def _replaced_just_before(case: Case, key: str, moment: datetime) -> PolicyVersion | None:
    """Return the policy that was replaced so shortly before a time that KMS may still have gone by it."""
    then, earlier = policy_in_force(case, key, moment), policy_in_force(case, key, moment - TO_SETTLE)
    is_other = then is not None and earlier is not None and then.since != earlier.since
    return earlier if is_other and earlier is not None and not earlier.is_todays else None


def _policies_put_during(case: Case, key: str) -> tuple[PolicyVersion, ...]:
    """Return the policies that were put on the key while the failed job ran, in order of time."""
    start, end = began(case), _moment(case.failed)
    versions = policy_versions(case.changes, key)
    return tuple(version for version in versions if version.since is not None and start < version.since <= end)


def key_in_failed(case: Case, group: CallerGroup) -> str:
    """Return the key that the failed job called, or would have: its vault's, where that was replaced meanwhile."""
    failed, succeeded, key = case.failed.job, case.succeeded.job if case.succeeded else None, group.key or ""
    if group.failed.calls or succeeded is None or key != succeeded.key or failed.key is None or not failed.vault:
        return key
    return failed.key if names_vault(succeeded.vault or "", failed.vault) else key


def _policy_before(case: Case, group: CallerGroup) -> PolicyVersion | None:
    """Return the policy that a record shows to have been in force at the succeeded job."""
    if case.succeeded is None or group.key is None:
        return None
    before = policy_in_force(case, group.key, began_succeeded(case) or case.succeeded.window.start)
    return None if before is None or before.is_todays else before


def began_succeeded(case: Case) -> datetime | None:
    """Return when the succeeded job began; None without one."""
    return (case.succeeded.job.created or case.succeeded.window.start) if case.succeeded is not None else None


def _decide_today(case: Case, group: CallerGroup, request: Request, then: PolicyVersion) -> CallerDecision | None:
    """Decide by today's policy, when that is known and another one: the last put on the key, or the one given."""
    key = key_in_failed(case, group)
    versions = list(policy_versions(case.changes, key))
    given = todays_policy(case.facts) if key == case.policy_key else None
    today = given or (versions[-1] if versions else None)
    if today is None or today.document == then.document:
        return None
    return structs.replace(decide_group(group, request, today, case), as_of="today")


def request_in_failed(case: Case, call: tuple[Event, KeyAccess]) -> Request:
    """Build the request as the failed job made it; one that only the succeeded job made, as it would have been then."""
    is_own = case.failed.window.holds(call[0].event_time)
    return build_request(*_as_failed(case, call), case.facts.organization_id, at=None if is_own else began(case))


def find_call(case: Case, group: CallerGroup) -> tuple[Event, KeyAccess] | None:
    """Return an event that stands for the group: the one that was refused, else one that succeeded, else the first.

    A refused call is what has to be explained, and may differ from the one that worked: in its endpoint, its context.
    """
    sides = [side for side in (case.succeeded, case.failed) if side is not None]
    caller = group.caller.across_sessions()
    calls = [
        (tie.event, access)
        for side in sides
        for tie in side.events
        for access in tie.event.accesses
        if access.action == group.action
        and access.key in (group.key, None)
        and tie.event.caller.across_sessions() == caller
    ]
    calls += [
        (one.event, KeyAccess(one.action, one.key))
        for one in case.expected
        if is_expected(group) and _is_call_of(one, group)
    ]
    is_wanted = is_denial_code if group.failed.errors else _is_success
    chosen = next((call for call in calls if is_wanted(call[0].error_code)), calls[0] if calls else None)
    if chosen is None:
        return None
    return chosen[0], KeyAccess(group.action, group.key)


def _is_call_of(one: ExpectedCall, group: CallerGroup) -> bool:
    """Check whether a call that is expected is one of a group."""
    caller = one.event.caller.across_sessions()
    return (one.action, one.key, caller) == (group.action, group.key, group.caller.across_sessions())


def _is_success(error_code: str | None) -> bool:
    return error_code is None


def policy_in_force(case: Case, key: str, moment: datetime) -> PolicyVersion | None:
    """Return the policy of a key at a time; the policy that was given is that of the key the diagnosis is about."""
    return policy_at(case.changes, key, moment, case.facts, about=case.policy_key)


def make_policies(version: PolicyVersion, case: Case, moment: datetime | None = None) -> CompiledPolicies:
    """Make a policy and the grants known to be in force at a time (None: today) ready to decide requests."""
    grants = grants_at(case.changes, moment, case.facts) if moment else case.facts.grants
    return compile_policies(PolicySet.assuming_no_limits(version.document, grants))


def decide_group(
    group: CallerGroup, request: Request, version: PolicyVersion, case: Case, moment: datetime | None = None
) -> CallerDecision:
    """Decide a request as of a time (None: today) and give it as the decision on a caller group."""
    policies = make_policies(version, case, moment)
    if is_expected(group) and any(one.is_by_policy_alone and _is_call_of(one, group) for one in case.expected):
        policies = compile_policies(PolicySet.assuming_no_limits(version.document, ()))
    decision = evaluate(request, policies)
    return CallerDecision(
        caller=group.caller,
        action=group.action,
        decision=decision.decision,
        statements=decision.statements,
        unknown_keys=decision.unknown_keys,
        layer=decision.layer,
        reasons=decision.reasons,
        grade=decision.grade,
        key=key_in_failed(case, group) if group.key else None,
    )


def _moment(side: JobEvents) -> datetime:
    """Return the time that counts: a change during the job counts as before it."""
    return side.job.completed or side.window.end
