"""What a key policy holds that AWS would refuse or does not document, with the place of each."""

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from msgspec import structs

from trail_diff.model.learnt import Coverage, Skipped
from trail_diff.model.reasons import Reason
from trail_diff.policy.decide.scan import Document
from trail_diff.policy.documents.unresolved import is_unresolved

_SIZE_LIMIT = 32 * 1024
"""Bytes in a key policy document at most (KMS developer guide, "Resource quotas")."""


_PRINCIPALS = ("Principal", "NotPrincipal")
_WILDCARDS = frozenset("*?")
_REFUSED = frozenset(
    {Reason.POLICY_TOO_LARGE, Reason.OPERATOR_UNKNOWN, Reason.ELEMENT_UNKNOWN, Reason.PRINCIPAL_UNRECOGNISED}
)


def with_doubts(coverage: Coverage, policy: Mapping[str, Any] | None, source: str) -> Coverage:
    """Count what cannot be used of a policy that was given among what was skipped."""
    doubts = tuple(find_doubts(policy, source)) if policy is not None else ()
    return structs.replace(coverage, skipped=(*coverage.skipped, *doubts)) if doubts else coverage


def find_doubts(policy: Mapping[str, Any], source: str) -> Iterator[Skipped]:
    """Find the parts of a policy that no decision can rest on, and whether it is too large to be put on a key."""
    text = json.dumps(policy, ensure_ascii=False, separators=(",", ":"), default=str)
    if len(text.encode(errors="replace")) > _SIZE_LIMIT:
        yield Skipped(source, Reason.POLICY_TOO_LARGE)
    is_list = isinstance(policy.get("Statement"), list)
    for statement in Document(policy, "key-policy").statements:
        place = f"{source} /Statement/{statement.index - 1}" if is_list else f"{source} /Statement"
        found = (*statement.faults, statement.principal_fault(), statement.void)
        yield from (Skipped(place, fault) for fault in dict.fromkeys(found) if fault is not None)
        for condition in statement.conditions:
            if condition.fault is not None:
                yield Skipped(f"{place}/Condition/{condition.operator}", condition.fault)


def why_refused(policy: Mapping[str, Any], *, may_lock_out: bool = False) -> Reason | None:
    """Return why AWS KMS would not put a policy on a key, as far as the policy alone tells.

    It has to let some principal put another one (PutKeyPolicy), unless that check is bypassed: it `may_lock_out`.
    """
    refused = next((one.reason for one in find_doubts(policy, "") if one.reason in _REFUSED), None)
    if refused is not None:
        return refused
    listed = policy.get("Statement")
    statements = listed if isinstance(listed, list) else [listed]
    if any(map(_names_by_pattern, statements)):
        return Reason.PRINCIPAL_UNRECOGNISED
    return None if may_lock_out or any(map(_may_put_policy, statements)) else Reason.POLICY_LOCKS_OUT


def _names_by_pattern(statement: object) -> bool:
    """Check whether a principal's ARN has a wildcard, which AWS refuses (IAM user guide, "Principal")."""
    elements = [statement.get(name) for name in _PRINCIPALS] if isinstance(statement, Mapping) else []
    named = [one.get("AWS") for one in elements if isinstance(one, Mapping)]
    texts = [str(name) for one in named for name in (one if isinstance(one, list) else [one])]
    return any(
        name.startswith("arn:") and not _WILDCARDS.isdisjoint(name) and not is_unresolved(name) for name in texts
    )


def _may_put_policy(statement: object) -> bool:
    """Check whether a statement may let a principal of an account put a policy, conditions aside."""
    if not isinstance(statement, Mapping) or statement.get("Effect") != "Allow":
        return False
    principal, actions = statement.get("Principal"), statement.get("Action")
    if isinstance(principal, Mapping) and set(principal) <= {"Service"}:
        return False
    texts = [str(one).lower() for one in (actions if isinstance(actions, list) else [actions])]
    return actions is None or any(is_unresolved(one) or fnmatchcase("kms:putkeypolicy", one) for one in texts)
