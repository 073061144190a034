"""Calls that depend on what a document takes away beside policies: an alias, a role, the key of a vault or bucket."""

import re
from collections.abc import Collection, Sequence

from trail_diff.arns import is_alias
from trail_diff.model.reasons import Reason
from trail_diff.model.what_if import MOVES, WhatIfRow
from trail_diff.policy.documents.infrastructure.interface import PlannedKey
from trail_diff.policy.documents.unresolved import is_unresolved
from trail_diff.usage.callers import named_key
from trail_diff.usage.requests import ObservedRequest, ObservedRequests, is_key_name
from trail_diff.usage.what_if import merge_rows, undecided_row

REDIRECTS = frozenset({Reason.ALIAS_IS_RETARGETED, Reason.KEY_OF_RESOURCE_CHANGES})
"""Reasons of moves after which calls go to another key."""

_PARTS = re.compile(r"[:/]")


def has_moves(keys: Collection[PlannedKey]) -> bool:
    """Check whether a document takes anything away that calls are to be searched for."""
    return any(key.held or key.reason in MOVES for key in keys)


def calls_of(move: PlannedKey, observed: ObservedRequests) -> list[ObservedRequest]:
    """Return the calls that name an alias, come from a role, or were made for a resource."""
    match move.reason:
        case Reason.ROLE_IS_REMOVED | Reason.CALLER_TAGS_CHANGE:
            seen = observed.on_key(move.targets) if move.targets else observed.requests()
            return [one for one in seen if _is_from(one, move.names)]
        case Reason.KEY_OF_RESOURCE_CHANGES:
            return [one for one in observed.on_key(move.names) if _is_for(one, move)]
        case _:
            return [one for one in observed.requests() if _names_alias(one, move.names)]


def is_harmless(key: PlannedKey, observed: ObservedRequests | None) -> bool:
    """Check whether this is a move that no observed call depends on, and the calls that were read would show one.

    A role: any call was read. An alias: one on its key. A resource: calls on its key, all of them for others. One whose
    name is not known cannot be told from others.
    """
    if observed is None or key.reason not in MOVES or calls_of(key, observed) or not _is_named(key):
        return False
    if key.reason in (Reason.ROLE_IS_REMOVED, Reason.CALLER_TAGS_CHANGE):
        return bool(observed.requests())
    on_key = observed.on_key(key.names)
    is_resource = key.reason is Reason.KEY_OF_RESOURCE_CHANGES
    return bool(on_key) and all(one.event.encryption_context or not is_resource for one in on_key)


def _is_named(move: PlannedKey) -> bool:
    """Check whether a document tells the name that calls have what moves by."""
    own = move.names - {move.address}
    return any(not (is_key_name(name) or is_unresolved(name)) for name in own)


def move_calls(calls: Sequence[ObservedRequest], reason: Reason) -> tuple[WhatIfRow, ...]:
    """Judge calls that depend on what moves by that alone: no policy is decided. Worst first.

    Only an alias that is gone breaks them for certain; what else moves may be made up for.
    """
    reasons = (reason, Reason.KEY_POLICY_NOT_GIVEN) if reason in REDIRECTS else (reason,)
    return merge_rows(
        undecided_row(one, "breaks" if reason is Reason.ALIAS_IS_REMOVED else "at-risk", *reasons) for one in calls
    )


def _is_from(one: ObservedRequest, names: Collection[str]) -> bool:
    caller = one.event.caller
    is_of_account = caller.role_arn is not None or caller.type == "IAMUser"
    return is_of_account and not {caller.role_arn or caller.arn, caller.name}.isdisjoint(names)


def _names_alias(one: ObservedRequest, names: Collection[str]) -> bool:
    named = named_key(one.event)
    return named is not None and is_alias(named) and named[named.index("alias/") :] in names


def _is_for(one: ObservedRequest, move: PlannedKey) -> bool:
    """Check whether a call was made for a resource: by its service, or with its name in the encryption context."""
    caller, names = one.event.caller, move.names
    by = [caller.invoked_by, caller.name if caller.kind == "service" else None]
    if move.service and any(name and name.startswith(move.service) for name in by):
        return True
    values = one.event.encryption_context.values()
    return any(value in names or not set(_PARTS.split(value)).isdisjoint(names) for value in values)
