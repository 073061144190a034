"""The events that change what a key, a role or a trail does: the history between the two jobs and since."""

from collections.abc import Collection, Iterable

from trail_diff.arns import last_name
from trail_diff.model.learnt import Event, Job

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
        "CreateAlias",
        "UpdateAlias",
        "DeleteAlias",
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

VAULT_CHANGES = frozenset(
    {"PutBackupVaultAccessPolicy", "DeleteBackupVaultAccessPolicy", "CreateBackupVault", "DeleteBackupVault"}
)

TRAIL_CHANGES = frozenset({"PutEventSelectors", "StopLogging", "StartLogging", "DeleteTrail", "UpdateTrail"})

ROLE_CHANGES = frozenset(
    {
        "PutRolePolicy",
        "DeleteRolePolicy",
        "AttachRolePolicy",
        "DetachRolePolicy",
        "PutRolePermissionsBoundary",
        "DeleteRolePermissionsBoundary",
        "UpdateAssumeRolePolicy",
        "CreateRole",
        "DeleteRole",
    }
)
"""Calls of IAM that change what one role may do; each names it."""

POLICY_CHANGES = frozenset(
    {"CreatePolicyVersion", "SetDefaultPolicyVersion", "AttachPolicy", "DetachPolicy", "UpdatePolicy"}
)
"""Calls of IAM and Organizations that change policies; whom they concern is not known."""

OTHER_CHANGES = TRAIL_CHANGES | ROLE_CHANGES | POLICY_CHANGES
"""Calls of CloudTrail, IAM and Organizations that change what a trail records or what a role may do."""


def select_changes(events: Iterable[Event], keys: Collection[str], jobs: Collection[Job]) -> tuple[Event, ...]:
    """Select the events that change the keys, the jobs' vaults and roles, or the trails; their order is kept.

    A change that names no key, vault or role is kept: it may be about one of them.
    """
    vaults = {last_name(vault) for job in jobs for vault in (job.vault, job.source_vault)} - {None}
    roles = {last_name(job.role) for job in jobs} - {None}
    return tuple(
        event
        for event in events
        if is_change(event)
        and _is_about_keys(event, keys)
        and _is_named(event, VAULT_CHANGES, "backupVaultName", vaults)
        and _is_named(event, ROLE_CHANGES, "roleName", roles)
    )


def is_change(event: Event) -> bool:
    """Check whether the event changes something that outlasts it."""
    return event.event_name in KEY_CHANGES or event.event_name in VAULT_CHANGES or event.event_name in OTHER_CHANGES


def _is_about_keys(event: Event, keys: Collection[str]) -> bool:
    if event.event_name not in KEY_CHANGES or not event.accesses or event.event_name == "UpdateAlias":
        # An alias that moved names the key it moved to, not the one it left.
        return True
    named = {access.key for access in event.accesses if access.key}
    return not named or not named.isdisjoint(keys)


def _is_named(event: Event, changes: Collection[str], parameter: str, names: Collection[str | None]) -> bool:
    """Check whether a change of this sort is about one of the names; where none is known, each may be."""
    name = event.request_parameters.get(parameter)
    return event.event_name not in changes or not names or not isinstance(name, str) or name in names
