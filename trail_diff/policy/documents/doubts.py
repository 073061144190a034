"""What a key policy holds that AWS would refuse or does not document, with the place of each."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import structs

from trail_diff.model.learnt import Coverage, Skipped
from trail_diff.model.reasons import Reason
from trail_diff.policy.decide.scan import Document

_SIZE_LIMIT = 32 * 1024
"""Bytes in a key policy document at most (KMS developer guide, "Resource quotas")."""


def with_doubts(coverage: Coverage, policy: Mapping[str, Any] | None, source: str) -> Coverage:
    """Count what cannot be used of a policy that was given among what was skipped."""
    doubts = tuple(find_doubts(policy, source)) if policy is not None else ()
    return structs.replace(coverage, skipped=(*coverage.skipped, *doubts)) if doubts else coverage


def find_doubts(policy: Mapping[str, Any], source: str) -> Iterator[Skipped]:
    """Find the parts of a policy that no decision can rest on, and whether it is too large to be put on a key."""
    if (
        len(json.dumps(policy, ensure_ascii=False, separators=(",", ":"), default=str).encode(errors="replace"))
        > _SIZE_LIMIT
    ):
        yield Skipped(source, Reason.POLICY_TOO_LARGE)
    is_list = isinstance(policy.get("Statement"), list)
    for statement in Document(policy, "key-policy").statements:
        place = f"{source} /Statement/{statement.index - 1}" if is_list else f"{source} /Statement"
        found = (*statement.faults, statement.principal_fault(), statement.void)
        yield from (Skipped(place, fault) for fault in dict.fromkeys(found) if fault is not None)
        for condition in statement.conditions:
            if condition.fault is not None:
                yield Skipped(f"{place}/Condition/{condition.operator}", condition.fault)
