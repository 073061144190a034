"""The events that change what a key, a role or a trail does: the history between the two jobs and since."""

from collections.abc import Collection, Iterable

from trail_diff.arns import arn_region, last_name
from trail_diff.events.surroundings import (
    PLACE_CHANGES,
    RESOURCE_CHANGES,
    is_about_resources,
    resource_names,
    role_names,
    user_names,
)
from trail_diff.model.learnt import Caller, Event, Job

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

HARMLESS_KEY_CHANGES = frozenset(
    {
        "ReplicateKey",
        "RotateKey",
        "RotateKeyOnDemand",
        "EnableKeyRotation",
        "DisableKeyRotation",
        "UpdatePrimaryRegion",
        "SynchronizeMultiRegionKey",
    }
)
"""Changes of keys that cannot make a use of one fail."""
ALIAS_CHANGES = frozenset({"CreateAlias", "UpdateAlias", "DeleteAlias"})
"""Those of them that change what kms:ResourceAliases is."""
KEY_TAG_CHANGES = frozenset({"TagResource", "UntagResource"})
"""Calls of KMS that change the tags of a key; other services have calls of these names."""
POLICY_CARRIERS = ("PutKeyPolicy", "CreateKey")
"""Those of them whose records carry a whole key policy."""

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
        "CreateServiceLinkedRole",
        "DeleteServiceLinkedRole",
        "AddRoleToInstanceProfile",
        "RemoveRoleFromInstanceProfile",
        "TagRole",
        "UntagRole",
    }
)
"""Calls of IAM that change what one role may do, or whether it is there; each names it."""

ROLE_POLICY_CHANGES = frozenset(
    {
        "PutRolePolicy",
        "DeleteRolePolicy",
        "AttachRolePolicy",
        "DetachRolePolicy",
        "PutRolePermissionsBoundary",
        "DeleteRolePermissionsBoundary",
    }
)
"""Those of them that change what the role may do."""

USER_POLICY_CHANGES = frozenset(
    {
        "PutUserPolicy",
        "DeleteUserPolicy",
        "AttachUserPolicy",
        "DetachUserPolicy",
        "PutUserPermissionsBoundary",
        "DeleteUserPermissionsBoundary",
    }
)
"""Calls of IAM that change what one user may do; each names it."""

PRINCIPAL_POLICY_CHANGES = ROLE_POLICY_CHANGES | USER_POLICY_CHANGES
"""Calls of IAM that change what one role or user may do."""

POLICY_CHANGES = frozenset(
    {"CreatePolicyVersion", "SetDefaultPolicyVersion", "AttachPolicy", "DetachPolicy", "UpdatePolicy"}
)
"""Calls of IAM and Organizations that change policies; whom they concern is not known."""

PRINCIPAL_TAG_CHANGES = frozenset({"TagRole", "UntagRole", "TagUser", "UntagUser"})
"""Calls of IAM that change the tags of one role or user."""

ORGANIZATION_CHANGES = frozenset({"LeaveOrganization", "RemoveAccountFromOrganization", "MoveAccount"})
"""Calls of AWS Organizations that change in which organization, or where in it, an account is."""

GLOBAL_SOURCES = ("iam.amazonaws.com", "organizations.amazonaws.com")
"""The services of roles and policies, whose events are in one Region of the partition for all."""

OTHER_CHANGES = (TRAIL_CHANGES | ROLE_CHANGES | USER_POLICY_CHANGES | PRINCIPAL_TAG_CHANGES) | (
    POLICY_CHANGES | ORGANIZATION_CHANGES | RESOURCE_CHANGES | PLACE_CHANGES
)
"""Calls of other services than KMS and AWS Backup that change what a trail records, what a role or user may do, or with
which key a resource is encrypted."""


_OF_USERS = USER_POLICY_CHANGES | {"TagUser", "UntagUser"}


def select_changes(
    events: Iterable[Event], keys: Collection[str], jobs: Collection[Job], calls: Collection[Event] = ()
) -> tuple[Event, ...]:
    """Select the events that change the keys, the jobs' vaults, roles and resources, or the trails; order is kept.

    `calls` are the KMS calls of the jobs: their callers and the resources that they name are concerned as well. A
    change that names no key, vault or role is kept: it may be about one of them.
    """
    events = tuple(events)
    vaults = {last_name(vault) for job in jobs for vault in (job.vault, job.source_vault)} - {None}
    roles = role_names(jobs, calls, [event for event in events if event.event_name == "CreateGrant"])
    users = user_names(calls)
    resources = resource_names(jobs, calls, keys)
    regions = {region for region in map(arn_region, keys) if region}
    return tuple(
        event
        for event in events
        if is_change(event)
        and _is_about_keys(event, keys)
        and _is_named(event, VAULT_CHANGES, "backupVaultName", vaults)
        and _is_named(event, ROLE_CHANGES, "roleName", roles)
        and (event.event_name not in _OF_USERS or event.request_parameters.get("userName") in users)
        and (event.event_name not in RESOURCE_CHANGES or is_about_resources(event, resources))
        and (event.event_name not in PLACE_CHANGES or not regions or event.aws_region in regions)
    )


def is_change_of(event: Event, caller: Caller) -> bool:
    """Check whether a change of what a role or user may do is one of this caller."""
    is_user = ":user/" in (caller.arn or "")
    changes, parameter = (USER_POLICY_CHANGES, "userName") if is_user else (ROLE_POLICY_CHANGES, "roleName")
    return event.event_name in changes and event.request_parameters.get(parameter) == caller.name is not None


def is_change(event: Event) -> bool:
    """Check whether the event changes something that outlasts it; a dry run of a grant's calls does not."""
    name = event.event_name
    if str(event.request_parameters.get("dryRun")).lower() == "true":
        return False
    is_of_tags = name in KEY_TAG_CHANGES and bool(event.accesses)
    return is_of_tags or name in KEY_CHANGES or name in VAULT_CHANGES or name in OTHER_CHANGES


def _is_about_keys(event: Event, keys: Collection[str]) -> bool:
    if not event.accesses or event.event_name == "UpdateAlias":
        # An alias that moved names the key it moved to, not the one it left.
        return True
    named = {access.key for access in event.accesses if access.key}
    return not named or not named.isdisjoint(keys)


def _is_named(event: Event, changes: Collection[str], parameter: str, names: Collection[str | None]) -> bool:
    """Check whether a change of this sort is about one of the names; where none is known, each may be."""
    name = event.request_parameters.get(parameter)
    return event.event_name not in changes or not names or not isinstance(name, str) or name in names
