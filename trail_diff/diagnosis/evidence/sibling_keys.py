"""The same call on other keys, under policies that differ in what a hypothesis blames, or do not: part of rule 5."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from trail_diff.arns import arn_account, arn_region
from trail_diff.diagnosis.evidence.requests import outcome_of, tested_keys
from trail_diff.diagnosis.examined import Examined, Explained
from trail_diff.diagnosis.hypotheses.interface import Hypothesis
from trail_diff.diagnosis.key_history import TO_SETTLE, PolicyVersion, policy_versions
from trail_diff.diagnosis.statements import find_covering, statement_at, statements_of
from trail_diff.events.signs import accesses_of
from trail_diff.model.codes import Cause
from trail_diff.model.learnt import Event
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Evidence

_SAME_FOR_CALLER = (
    "aws:principal",
    "aws:username",
    "aws:viaawsservice",
    "aws:sourceaccount",
    "aws:sourceorg",
    "kms:calleraccount",
    "kms:viaservice",
    "aws:securetransport",
)
"""Beginnings of the condition keys that are the same for all calls of one caller for one account in one Region."""

Says = tuple[Reason, tuple[Evidence, ...]]


def worked_under_same(examined: Examined, explained: Explained, hypothesis: Hypothesis) -> Says | None:
    """Return that the same call went through on another key under the very statement, which tells keys not apart."""
    outcome = outcome_of(explained, hypothesis)
    if outcome is None or explained.policy is None:
        return None
    raw = statement_at(explained.policy.document, outcome.index)
    if raw is None or raw.get("Resource") not in ("*", ["*"]):
        return None
    if not all(key.startswith(_SAME_FOR_CALLER) for key in tested_keys([outcome])):
        return None
    for event, version in _calls_elsewhere(examined, explained):
        is_settled = version.since is not None and event.event_time >= version.since + TO_SETTLE
        if is_settled and find_covering(raw, version.document) is not None:
            return Reason.SIBLING_KEY_SAME_STATEMENT, (Evidence(event_id=event.event_id), version.evidence)
    return None


def worked_without(examined: Examined, explained: Explained, hypothesis: Hypothesis) -> Says | None:
    """Return that the same call went through on another key whose policy differs only in what is blamed.

    That is the Deny, which the other policy lacks; or an Allow for the call, which only the other policy has.
    """
    policy, outcome = explained.policy, outcome_of(explained, hypothesis)
    if policy is None:
        return None
    for event, version in _calls_elsewhere(examined, explained):
        here = _missing_in(policy.document, version.document)
        there = _missing_in(version.document, policy.document)
        if hypothesis.cause is Cause.KEY_POLICY_NO_ALLOW:
            is_only_difference = not here and len(there) == 1 and there[0].get("Effect") == "Allow"
        else:
            raw = statement_at(policy.document, outcome.index) if outcome is not None else None
            is_only_difference = not there and raw is not None and here == [raw]
        if is_only_difference:
            return Reason.SIBLING_KEY_LACKS_STATEMENT, (Evidence(event_id=event.event_id), version.evidence)
    return None


def _missing_in(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the statements of a policy that another one has not, whatever their Sids."""
    return [statement for statement in statements_of(one) if find_covering(statement, other) is None]


def _calls_elsewhere(examined: Examined, explained: Explained) -> Iterator[tuple[Event, PolicyVersion]]:
    """Yield the same caller's calls of the action that worked on other keys of the place while the policy held.

    Each with the policy then in force on its key, and alike in what it encrypts for: the context has the same names,
    and is of the same accounts.
    """
    own, policy = explained.call, explained.policy
    if own is None or policy is None or policy.since is None:
        return
    versions = _versions_elsewhere(examined, explained)
    caller, action = explained.group.caller.across_sessions(), explained.group.action
    context = _kind_of_context(own[0])
    for event in examined.case.failed.untied.find(accesses_of, *((caller, action, key) for key in versions)):
        is_alike = event.error_code is None and _kind_of_context(event) == context
        if not is_alike or event.event_time < policy.since:
            continue
        for access in event.accesses:
            if access.action == action:
                told = versions.get(access.key or "", ())
                in_force = [one for one in told if one.since is not None and one.since <= event.event_time]
                yield from ((event, version) for version in in_force[-1:])


def _versions_elsewhere(examined: Examined, explained: Explained) -> Mapping[str, Sequence[PolicyVersion]]:
    """Return the policies that records tell of the other keys of the place."""
    records = examined.case.policies_elsewhere
    keys = {access.key for event in records for access in event.accesses if access.key} - {explained.key}
    place = _place(explained.key)
    return {key: tuple(policy_versions(records, key)) for key in sorted(keys) if _place(key) == place}


def _kind_of_context(event: Event) -> list[tuple[str, str]]:
    return sorted((name, arn_account(value) or "") for name, value in event.encryption_context.items())


def _place(key: str | None) -> tuple[str | None, str | None]:
    return arn_account(key), arn_region(key)
