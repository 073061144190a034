"""From which version of a key's policy on what is blamed stood in it, and which version undid it. Pure.

A policy is put as a whole, so the last one put before a job need not be the one that brought the statement: what counts
is the first of the versions, one after the other, that have it (or lack the Allow that was lost).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from trail_diff.diagnosis.examined import Explained
from trail_diff.diagnosis.key_history import PolicyVersion, policy_versions
from trail_diff.diagnosis.statements import find_covering, lost_allows, statement_at
from trail_diff.model.codes import Cause
from trail_diff.model.decisions import StatementRef
from trail_diff.model.learnt import Case

Holds = Callable[[Mapping[str, Any]], bool]
"""Whether a policy has what is blamed."""


class PolicySpan(Struct, frozen=True):
    """The first version that has what is blamed, and the one that undid it (None: none did)."""

    first: PolicyVersion
    ending: PolicyVersion | None = None


def blamed_in(explained: Explained, cause: Cause, statement: StatementRef | None) -> Holds:
    """Return what tells a policy that has what is blamed: the Deny, whatever its Sid; or that an Allow is gone."""
    document = explained.policy.document if explained.policy is not None else {}
    if cause is Cause.KEY_POLICY_NO_ALLOW:
        lost = lost_allows(explained)
        return lambda other: all(find_covering(one, other) is None for one in lost) if lost else other == document
    raw = statement_at(document, statement.index) if statement is not None else None
    return lambda other: other == document if raw is None else find_covering(raw, other) is not None


def span_of(case: Case, explained: Explained, holds: Holds, moment: datetime | None = None) -> PolicySpan | None:
    """Return the span around a time (the policy in force at the failed job) that has what is blamed; None without."""
    policy, key = explained.policy, explained.key
    if policy is None or policy.since is None or key is None:
        return None
    versions = [one for one in policy_versions(case.changes, key) if one.since is not None]
    at = _find_in_force(versions, moment or policy.since)
    if at is None or not holds(versions[at].document):
        return None
    first, last = at, at
    while first > 0 and holds(versions[first - 1].document):
        first -= 1
    while last + 1 < len(versions) and holds(versions[last + 1].document):
        last += 1
    return PolicySpan(versions[first], versions[last + 1] if last + 1 < len(versions) else None)


def _find_in_force(versions: Sequence[PolicyVersion], moment: datetime) -> int | None:
    before = [index for index, one in enumerate(versions) if one.since is not None and one.since <= moment]
    return before[-1] if before else None
