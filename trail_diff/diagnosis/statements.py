"""Policies compared statement by statement, and which statements concern a call. Pure."""

import json
import marshal
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from trail_diff.diagnosis.covering import covers
from trail_diff.diagnosis.examined import Explained
from trail_diff.model.decisions import CallerDecision, StatementOutcome, StatementRef
from trail_diff.model.report import StatementChange

_MOST_STATEMENTS = 1024
"""How many statements are kept as what they say: many jobs meet the same."""


def compare_statements(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[StatementChange]:
    """Name the statements that were added, removed, changed or moved; those with one Sid are the same statement.

    Indexes are those of the new policy, for a removed statement of the old one.
    """
    before, after = statements_of(old), statements_of(new)
    said_before, said_after = [_whole(one) for one in before], [_whole(one) for one in after]
    changes = []
    for index, statement in enumerate(after, 1):
        if said_after[index - 1] in said_before:
            continue
        same_sid = statement.get("Sid") is not None and any(one.get("Sid") == statement["Sid"] for one in before)
        changes.append(StatementChange("changed" if same_sid else "added", _reference(index, statement)))
    sids = {statement.get("Sid") for statement in after} - {None}
    for index, statement in enumerate(before, 1):
        if said_before[index - 1] not in said_after and statement.get("Sid") not in sids:
            changes.append(StatementChange("removed", _reference(index, statement)))
    return changes or _moved(before, after)


def _moved(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> list[StatementChange]:
    """Name the statements that only stand elsewhere in the new policy."""
    return [
        StatementChange("moved", _reference(index, statement))
        for index, statement in enumerate(after, 1)
        if len(before) == len(after) and _whole(before[index - 1]) != _whole(statement)
    ]


def statements_of(policy: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the statements of a policy; one that stands alone may stand for the list."""
    statements = policy.get("Statement")
    listed = statements if isinstance(statements, list) else [statements]
    return [statement for statement in listed if isinstance(statement, Mapping)]


def statement_at(policy: Mapping[str, Any], index: int) -> Mapping[str, Any] | None:
    """Return the statement with an index that starts at 1; None where there is none."""
    statements = policy.get("Statement")
    listed = statements if isinstance(statements, list) else [statements]
    found = listed[index - 1] if 0 < index <= len(listed) else None
    return found if isinstance(found, Mapping) else None


def find_covering(statement: Mapping[str, Any], policy: Mapping[str, Any]) -> int | None:
    """Return the index of a statement of the policy that says the same, whatever its Sid, or matches more; else None.

    A Deny that gained an exemption is covered by the one that it was, an Allow by the one that gained a value.
    """
    listed = policy.get("Statement")
    others = [one for one in enumerate(listed if isinstance(listed, list) else [listed], 1) if isinstance(one[1], dict)]
    said = _said(statement)
    same = (index for index, other in others if _said(other) == said)
    return next(same, None) or next((index for index, other in others if covers(other, statement)), None)


def applying_allows(decision: CallerDecision) -> list[StatementOutcome]:
    """Return the Allow statements of the key policy that allow the call, or may."""
    return [one for one in key_policy_allows(decision) if one.outcome != "no-match"]


def key_policy_allows(decision: CallerDecision) -> list[StatementOutcome]:
    """Return the Allow statements of the key policy."""
    return [one for one in decision.statements if one.effect == "Allow" and one.layer == "key-policy"]


def altered_allow(explained: Explained) -> StatementRef | None:
    """Return the Allow of the policy in force that stands where the one before allowed the call, or may have.

    Of several it is the one that has its Sid, else the one that the fewest conditions keep from allowing the call.
    """
    document = explained.policy.document if explained.policy else {}
    failing = {one.index: sum(c.outcome != "match" for c in one.conditions) for one in explained.then.statements}
    for statement in lost_allows(explained):
        allows = [(index, one) for index, one in enumerate(statements_of(document), 1) if one.get("Effect") == "Allow"]
        found = [(index, one) for index, one in allows if _is_successor(statement, one)]
        if found:
            found.sort(key=lambda pair: (not _has_sid_of(statement, pair[1]), failing.get(pair[0], 0)))
            return _reference(*found[0])
    return _barred_allow(explained)


def _barred_allow(explained: Explained) -> StatementRef | None:
    """Return the Allow that stands as it did, and that keeps out the request of the failed job by a condition."""
    before = explained.before_policy.document if explained.before_policy is not None else {}
    for one in applying_allows(explained.before) if explained.before is not None else ():
        raw = statement_at(before, one.index)
        index = find_covering(raw, explained.policy.document) if raw is not None and explained.policy else None
        now = next((own for own in key_policy_allows(explained.then) if own.index == index), None)
        if now is not None and any(condition.outcome == "no-match" for condition in now.conditions):
            return StatementRef(now.index, now.sid)
    return None


def lost_allows(explained: Explained) -> list[Mapping[str, Any]]:
    """Return the statements that allowed the call before, or may have, and that the policy in force does not have."""
    if explained.before is None or explained.before_policy is None or explained.policy is None:
        return []
    old, new = explained.before_policy.document, explained.policy.document
    found = (statement_at(old, one.index) for one in applying_allows(explained.before))
    return [statement for statement in found if statement is not None and find_covering(statement, new) is None]


def _is_successor(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Check whether a statement is an altered form of another: the same Sid, or the same principals."""
    return _has_sid_of(old, new) or (old.get("Principal") is not None and old.get("Principal") == new.get("Principal"))


def _has_sid_of(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return old.get("Sid") is not None and old.get("Sid") == new.get("Sid")


def _said(statement: Mapping[str, Any]) -> object:
    """Return what a statement says, whatever its Sid: the same for each way to write it."""
    raw: Any = statement
    try:
        return _say_once(marshal.dumps(raw))
    except ValueError:  # nested too deep, or no plain JSON
        return _plain(_without_sid(statement))


@lru_cache(maxsize=_MOST_STATEMENTS)
def _say_once(written: bytes) -> object:
    return _plain(_without_sid(marshal.loads(written)))  # noqa: S302 - written just before


def _without_sid(statement: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in statement.items() if name != "Sid"}


def _whole(statement: Mapping[str, Any]) -> object:
    """Return what a statement says, with its Sid."""
    return statement.get("Sid"), _said(statement)


def _plain(value: object) -> object:
    """Return an element of a statement without what means nothing: the order of a list, and a list of one."""
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    listed = value if isinstance(value, list) else [value]
    return frozenset(json.dumps(one, sort_keys=True, default=str) for one in listed)


def _reference(index: int, statement: Mapping[str, Any]) -> StatementRef:
    sid = statement.get("Sid")
    return StatementRef(index, sid if isinstance(sid, str) else None)


def nearest_allow(decision: CallerDecision) -> StatementRef | None:
    """Return the only Allow of the key policy that a single condition keeps from allowing the call."""
    near = [
        one
        for one in decision.statements
        if one.effect == "Allow" and one.layer == "key-policy" and one.outcome != "match" and _is_one_off(one)
    ]
    return StatementRef(near[0].index, near[0].sid) if len(near) == 1 else None


def _is_one_off(statement: StatementOutcome) -> bool:
    return sum(condition.outcome != "match" for condition in statement.conditions) == 1
