"""What a document takes away beside policies: an alias, a role, the key of a vault, a table or a bucket.

None of these is a key, and no policy tells of them; observed calls do, by the alias they name, the role they come from
and the resource in their encryption context.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal

from msgspec import Struct

from trail_diff.arns import plain_key
from trail_diff.model.reasons import Reason
from trail_diff.policy.documents.infrastructure.interface import PlannedKey
from trail_diff.policy.documents.unresolved import expressions_in, is_unresolved

MoveKind = Literal["alias", "role", "resource"]


class Move(Struct, frozen=True):
    """A resource before and after: its own names, and the keys that it names, by the path to each.

    `is_gone`: it is deleted; `is_replaced`: deleted, and another made in its place. `service`: see `PlannedKey`.

    `made_from` are the addresses in the document that the key after is made from, where it is not known; `tags` are
    those before and after.
    """

    address: str
    kind: MoveKind
    before: Collection[str]
    after: Collection[str] = ()
    keys_before: Mapping[str, str] = {}
    keys_after: Mapping[str, str] = {}
    is_gone: bool = False
    is_replaced: bool = False
    path: str = ""
    service: str | None = None
    made_from: Collection[str] = ()
    tags: tuple[Mapping[str, Any], Mapping[str, Any]] = ({}, {})


SERVICES: Mapping[str, str] = {
    "aws_backup_vault": "backup",
    "aws_backup_logically_air_gapped_vault": "backup",
    "AWS::Backup::BackupVault": "backup",
    "aws:backup/vault:Vault": "backup",
}
"""Which services call for resources that their calls do not name."""


def planned_move(move: Move) -> PlannedKey | None:
    """Return what stands for a move that calls may depend on; None where nothing moves."""
    reason = _reason_of(move)
    if reason is None:
        return None
    keys = {value for value in move.keys_before.values() if value}
    others = {value for value in move.keys_after.values() if value and value not in keys}
    known = {value for value in others if not is_unresolved(value)}
    return PlannedKey(
        address=move.address,
        change="deployed",
        names=frozenset({move.address, *move.before, *(key for key in keys if not is_unresolved(key))} - {""}),
        unknown=", ".join(sorted(known | {one for value in others for one in expressions_in(value)})) or None,
        path=move.path,
        reason=reason,
        service=move.service,
        targets=frozenset({*known, *(move.made_from if others else ())}),
        tags=move.tags,
    )


def _reason_of(move: Move) -> Reason | None:
    if move.kind == "role":
        is_retagged = Reason.CALLER_TAGS_CHANGE if move.tags[0] != move.tags[1] else None
        return Reason.ROLE_IS_REMOVED if move.is_gone or move.is_replaced else is_retagged
    is_renamed = move.kind == "alias" and move.is_replaced and not set(move.before) <= set(move.after)
    if move.kind == "alias" and (move.is_gone or is_renamed):
        return Reason.ALIAS_IS_REMOVED
    if all(is_same_key(move.keys_before.get(name), move.keys_after.get(name)) for name in _fields(move)):
        return None
    if move.kind == "alias":
        return Reason.ALIAS_IS_RETARGETED
    return Reason.KEY_OF_RESOURCE_CHANGES


def _fields(move: Move) -> Iterable[str]:
    return {**move.keys_before, **move.keys_after}


def is_same_key(one: str | None, other: str | None) -> bool:
    """Check whether two names are of one key: an ARN and the id in it are."""
    if not one or not other:
        return one == other
    one, other = plain_key(one), plain_key(other)
    return one == other or one.endswith(f":key/{other}") or other.endswith(f":key/{one}")
