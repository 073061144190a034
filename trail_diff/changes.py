"""The events that change what a key, a role or a trail does: the history between the two jobs and since."""

from collections.abc import Collection, Iterable

from trail_diff.model import Event

KEY_CHANGES = frozenset(
    {
        "PutKeyPolicy",
        "DisableKey",
        "EnableKey",
        "ScheduleKeyDeletion",
        "CancelKeyDeletion",
        "DeleteKey",
        "CreateGrant",
        "RevokeGrant",
        "RetireGrant",
        "ReplicateKey",
        "UpdateAlias",
        "RotateKey",
        "RotateKeyOnDemand",
        "EnableKeyRotation",
        "DisableKeyRotation",
        "ImportKeyMaterial",
        "DeleteImportedKeyMaterial",
        "DeleteExpiredKeyMaterial",
        "CreateKey",
        "ConnectCustomKeyStore",
        "DisconnectCustomKeyStore",
        "UpdatePrimaryRegion",
        "SynchronizeMultiRegionKey",
    }
)
"""KMS calls and service events that change a key, its policy, its grants or its state."""

VAULT_CHANGES = frozenset({"PutBackupVaultAccessPolicy", "DeleteBackupVaultAccessPolicy", "CreateBackupVault"})

OTHER_CHANGES = frozenset(
    {
        "PutEventSelectors",
        "StopLogging",
        "StartLogging",
        "DeleteTrail",
        "UpdateTrail",
        "PutRolePolicy",
        "DeleteRolePolicy",
        "AttachRolePolicy",
        "DetachRolePolicy",
        "PutRolePermissionsBoundary",
        "DeleteRolePermissionsBoundary",
        "CreatePolicyVersion",
        "SetDefaultPolicyVersion",
        "DeleteRole",
        "AttachPolicy",
        "DetachPolicy",
        "UpdatePolicy",
    }
)
"""Calls of CloudTrail, IAM and Organizations that change what a trail records or what a role may do."""


def select_changes(events: Iterable[Event], keys: Collection[str]) -> tuple[Event, ...]:
    """Select the events that change the keys, the vaults, the roles or the trails; their order is kept.

    A key change that names no key is kept: it may be about one of them.
    """
    return tuple(event for event in events if is_change(event) and _is_about(event, keys))


def is_change(event: Event) -> bool:
    """Tell whether the event changes something that outlasts it."""
    return event.event_name in KEY_CHANGES or event.event_name in VAULT_CHANGES or event.event_name in OTHER_CHANGES


def _is_about(event: Event, keys: Collection[str]) -> bool:
    if event.event_name not in KEY_CHANGES or not event.accesses:
        return True
    named = {access.key for access in event.accesses if access.key}
    return not named or not named.isdisjoint(keys)
