"""Calls that go to another key are tried with that key's policy, where the document or a record tells it.

The key is another one, so the caller's own policies and the grants that let a call in may not be about it: a call that
the new key's policy leaves open is at risk, whatever let it in before.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct, structs

from trail_diff.arns import arn_account, arn_region, is_alias
from trail_diff.errors import PolicyError
from trail_diff.model.codes import WhatIfOutcome
from trail_diff.model.learnt import Facts
from trail_diff.model.reasons import Reason
from trail_diff.model.what_if import WhatIfRow
from trail_diff.policy.documents.document import parse_policy
from trail_diff.policy.documents.infrastructure.interface import NOT_KEYS, PlannedKey
from trail_diff.policy.documents.infrastructure.moves import is_same_key
from trail_diff.policy.documents.unresolved import unresolved
from trail_diff.usage.ended_keys import ENDS, MAY_END, end_calls, risk_calls
from trail_diff.usage.moves import REDIRECTS
from trail_diff.usage.requests import ObservedRequest, ObservedRequests
from trail_diff.usage.what_if import Policies, default_policy, replay

_READS = frozenset({"kms:decrypt", "kms:reencryptfrom", "kms:verify", "kms:verifymac"})
"""What needs the very key that something was encrypted or signed with."""

_ROOT = re.compile(r":iam::(\d{12}):root\b")


class NewKey(Struct, frozen=True):
    """The key that calls go to: its name in the document, its ARN if known, its policy, and what else becomes of it."""

    address: str
    arn: str | None
    policy: Mapping[str, Any]
    reason: Reason | None = None


def find_new_key(move: PlannedKey, keys: Sequence[PlannedKey], observed: ObservedRequests) -> NewKey | None:
    """Return the key that calls go to, with its policy; None where the one or the other is not known."""
    if move.reason not in REDIRECTS:
        return None
    named = {arn for target in move.targets for arn in observed.aliases.get(_alias(target), ())} | move.targets
    found = [key for key in keys if key.reason not in NOT_KEYS and _has_name(key, named)]
    if len(found) == 1:
        return _planned(found[0])
    return next(recorded_keys(named, observed), None) if not found else None


def move_to(calls: Sequence[ObservedRequest], new: NewKey, facts: Facts, reason: Reason | None) -> Iterator[WhatIfRow]:
    """Yield what becomes of calls that go to another key."""
    arn = new.arn or _made_up(new, calls)
    moved = [_on_key(one, arn) for one in calls]
    policies = Policies(new.policy, grants=_grants_on(facts.grants, new.arn), organization_id=facts.organization_id)
    rows = end_calls(moved, new.reason) if new.reason in ENDS else replay(moved, policies)
    for row in risk_calls(rows, new.reason) if new.reason in MAY_END else rows:
        is_read = reason is Reason.ALIAS_IS_RETARGETED and row.action.lower() in _READS
        told = [reason, Reason.DATA_OF_OLD_KEY if is_read else None, *row.reasons]
        yield structs.replace(
            row,
            key=new.arn,
            outcome=_judge(row, is_read=is_read),
            reasons=tuple(dict.fromkeys(one for one in told if one is not None)),
            supply=tuple(one for one in row.supply if one != "--old"),
            address=new.address,
        )


def _judge(row: WhatIfRow, *, is_read: bool) -> WhatIfOutcome:
    """Judge a call; what was encrypted with the old key is not decrypted by an alias that names another."""
    if row.outcome == "undetermined" and row.calls > row.denied:
        return "at-risk"
    return "at-risk" if is_read and row.outcome == "unchanged" else row.outcome


def _alias(name: str) -> str:
    return name[name.index("alias/") :] if is_alias(name) else name


def _has_name(key: PlannedKey, names: Collection[str]) -> bool:
    return any(is_same_key(name, one) for name in names for one in key.names)


def _planned(key: PlannedKey) -> NewKey | None:
    policy = find_policy(key)
    is_about_itself = key.arn is not None or _is_about_any_key(policy)
    return NewKey(key.address, key.arn, policy, key.reason) if policy is not None and is_about_itself else None


def find_policy(key: PlannedKey) -> Mapping[str, Any] | None:
    """Return the policy that a key of a document will have; None where that is not known."""
    if key.unknown is not None and key.reason not in ENDS:
        return None
    policy: Mapping[str, Any] | None = key.after
    return default_policy(arn_account(key.arn)) if policy is None and key.change != "unchanged" else policy


def _is_about_any_key(policy: Any) -> bool:
    """Check whether a policy means its key as `*`: whether another Resource does depends on the key's ARN."""
    listed = policy.get("Statement", []) if isinstance(policy, Mapping) else []
    statements = listed if isinstance(listed, list) else [listed]
    return all(one.get("Resource", "*") in ("*", ["*"]) and "NotResource" not in one for one in statements)


def recorded_keys(names: Iterable[str], observed: ObservedRequests) -> Iterator[NewKey]:
    """Yield the key whose policy a record tells: the one that was put on it last."""
    for name in sorted(names):
        for arn, text in observed.put_policies(name):
            try:
                policy = parse_policy(json.loads(text, strict=False))
            except (ValueError, RecursionError, PolicyError):
                continue
            if observed.are_told_apart([policy]):
                yield NewKey("", arn, policy)


def _made_up(new: NewKey, calls: Sequence[ObservedRequest]) -> str:
    """Return what stands for the ARN of a key that is not made yet: in the account that its policy delegates to."""
    old = next((one.access.key for one in calls if one.access.key), None)
    root = _ROOT.search(json.dumps(new.policy, default=str))
    account = root[1] if root else arn_account(old) or ""
    return f"arn:aws:kms:{arn_region(old) or ''}:{account}:key/{unresolved(new.address)}"


def _on_key(one: ObservedRequest, arn: str) -> ObservedRequest:
    moved = ObservedRequest(one.event, structs.replace(one.access, key=arn), observed=one.observed)
    moved.calls, moved.succeeded, moved.denied = one.calls, one.succeeded, one.denied
    return moved


def _grants_on(grants: tuple[Mapping[str, Any], ...] | None, arn: str | None) -> tuple[Mapping[str, Any], ...] | None:
    """Return the grants, where any is on the new key: a list of those on the old one does not tell of others."""
    return grants if any(arn and grant.get("KeyId") == arn for grant in grants or ()) else None
