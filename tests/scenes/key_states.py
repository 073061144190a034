"""Incidents of the key itself: disabled, to be deleted, not usable, gone."""

from typing import Any

from scenes.stage import ADMIN_ONLY, ALLOW_STORAGE, FIRST, ROLE, SECOND, SERVICES_EXEMPT, SESSION, Incident, Scene, deny


def innocent_deny(scene: Scene) -> None:
    """The Deny was there on both nights and exempts services; the key was disabled in between."""
    scene.put_policy("2026-02-01T09:00:00Z", deny(SERVICES_EXEMPT), ALLOW_STORAGE)
    scene.storage(FIRST)
    scene.change("2026-03-02T09:00:00Z", "DisableKey")


def pending_deletion(scene: Scene) -> None:
    """The key was scheduled for deletion before the job; that was cancelled after it."""
    scene.storage(FIRST)
    scene.change("2026-03-02T09:00:00Z", "ScheduleKeyDeletion", pendingWindowInDays=7)
    scene.change("2026-03-02T19:20:00Z", "CancelKeyDeletion")


def stated_state(scene: Scene) -> None:
    """An error of the role's own call names the state."""
    scene.role(FIRST, "Decrypt")
    scene.role(
        SECOND, "Decrypt", errorCode="KMSInvalidStateException", errorMessage=f"{scene.key} is pending deletion."
    )


def key_not_found(scene: Scene) -> None:
    """The key is gone."""
    scene.role(FIRST, "DescribeKey")
    scene.role(SECOND, "DescribeKey", errorCode="NotFoundException", errorMessage=f"Key '{scene.key}' does not exist")


def disabled_afterwards(scene: Scene) -> None:
    """The key was disabled after the job had ended; that cannot be why it failed."""
    scene.storage(FIRST)
    scene.change("2026-03-02T18:40:00Z", "DisableKey")
    scene.state_today("Disabled")


def enabled_again(scene: Scene) -> None:
    """The key was disabled in the morning and enabled again at noon; at night it could be used."""
    scene.storage(FIRST)
    scene.change("2026-03-02T08:00:00Z", "DisableKey")
    scene.change("2026-03-02T12:00:00Z", "EnableKey")


def cancelled_deletion(scene: Scene) -> None:
    """The deletion was scheduled and cancelled before the job, which leaves the key disabled."""
    scene.storage(FIRST)
    scene.change("2026-03-02T08:00:00Z", "ScheduleKeyDeletion", pendingWindowInDays=7)
    scene.change("2026-03-02T09:00:00Z", "CancelKeyDeletion")


def cancelled_and_enabled(scene: Scene) -> None:
    """The deletion was cancelled and the key enabled before the job."""
    cancelled_deletion(scene)
    scene.change("2026-03-02T09:30:00Z", "EnableKey")


def pending_by_date(scene: Scene) -> None:
    """The key will be deleted so soon that the deletion was scheduled before the job.

    That the job uses this key is told by the question only, and that it calls by a profile: no more than likely.
    """
    scene.baseline = False
    scene.state_today("PendingDeletion", DeletionDate="2026-03-07T09:00:00Z")
    scene.options += ["--key", scene.key]


def pending_since(scene: Scene) -> None:
    """The key will be deleted so late that the deletion was scheduled after the job."""
    scene.storage(FIRST)
    scene.state_today("PendingDeletion", DeletionDate="2026-04-03T09:00:00Z")


def disabled_today_only(scene: Scene) -> None:
    """Only today's state says disabled, and nothing of the policy is known."""
    scene.storage(FIRST)
    scene.state_today("Disabled")


def disabled_today_under_clean_policy(scene: Scene) -> None:
    """Today's state says disabled, and the policy allowed the service on both nights."""
    scene.put_policy("2026-02-01T09:00:00Z", ALLOW_STORAGE)
    scene.storage(FIRST)
    scene.state_today("Disabled")


def other_key_pending(scene: Scene) -> None:
    """Another job of the same role meets a key that is pending deletion; this job's own key has a guilty Deny."""
    made = scene.made
    other = made.key_arn("other")
    scene.storage(FIRST)
    scene.other_job(SECOND, "FAILED", "other-vault", ROLE)
    made.kms(
        f"{SECOND}T18:06:30Z",
        "Decrypt",
        other,
        made.role(ROLE, SESSION, "backup.amazonaws.com"),
        errorCode="KMSInvalidStateException",
        errorMessage=f"{other} is pending deletion.",
    )
    scene.put_policy("2026-03-02T09:00:00Z", deny(ADMIN_ONLY))


def key_deleted(scene: Scene) -> None:
    """KMS deleted the key in the morning, as had been scheduled long before."""
    scene.storage(FIRST)
    identity = {"accountId": scene.made.account, "invokedBy": "AWS Internal"}
    scene.made.add(
        "2026-03-02T06:00:00Z",
        "kms.amazonaws.com",
        "DeleteKey",
        identity,
        eventType="AwsServiceEvent",
        readOnly=False,
        resources=[{"accountId": scene.made.account, "type": "AWS::KMS::Key", "ARN": scene.key}],
    )


def material_expired(scene: Scene) -> None:
    """The key's imported material expired before the job."""
    scene.storage(FIRST)
    scene.made.add(
        "2026-03-02T06:00:00Z",
        "kms.amazonaws.com",
        "DeleteExpiredKeyMaterial",
        {"accountId": scene.made.account, "invokedBy": "AWS Internal"},
        eventType="AwsServiceEvent",
        readOnly=False,
        resources=[{"accountId": scene.made.account, "type": "AWS::KMS::Key", "ARN": scene.key}],
    )


def unavailable_store(scene: Scene) -> None:
    """The key store cannot be reached, which the role's own call says."""
    scene.role(FIRST, "Decrypt")
    scene.role(SECOND, "Decrypt", errorCode="KMSInvalidStateException", errorMessage=f"{scene.key} is unavailable.")


def invalid_state_disabled(scene: Scene) -> None:
    """The error code is the general one; its message says disabled."""
    scene.role(FIRST, "Decrypt")
    scene.role(SECOND, "Decrypt", errorCode="KMSInvalidStateException", errorMessage=f"{scene.key} is disabled.")


def bystander_meets_disabled_key(scene: Scene) -> None:
    """Nothing tells of the key being disabled but the error that somebody else got on it while the job ran."""
    scene.storage(FIRST)
    scene.made.kms(
        f"{SECOND}T18:09:00Z",
        "Encrypt",
        scene.key,
        scene.made.user("alice"),
        errorCode="DisabledException",
        errorMessage=f"{scene.key} is disabled.",
    )


def disabled_during_job(scene: Scene) -> None:
    """The key was disabled while the job ran, when the call that is missing may have been over."""
    scene.storage(FIRST)
    scene.change(f"{SECOND}T18:10:00Z", "DisableKey")


def store_disconnected(scene: Scene) -> None:
    """The custom key store that holds the key was disconnected in the morning."""
    scene.storage(FIRST)
    scene.made.add(
        f"{SECOND}T08:00:00Z",
        "kms.amazonaws.com",
        "DisconnectCustomKeyStore",
        scene.made.user("ops"),
        readOnly=False,
        requestParameters={"customKeyStoreId": "cks-1234567890abcdef0"},
    )
    scene.state_today("Enabled", CustomKeyStoreId="cks-1234567890abcdef0")


def store_named_by_call(scene: Scene) -> None:
    """The key store was disconnected in the morning; that the key is in it is told by the call of the night before."""
    store = {"customKeyStoreId": "cks-1234567890abcdef0"}
    scene.storage(FIRST, additionalEventData=store)
    ops, time = scene.made.user("ops"), f"{SECOND}T08:00:00Z"
    scene.made.add(time, "kms.amazonaws.com", "DisconnectCustomKeyStore", ops, readOnly=False, requestParameters=store)


def used_until_disabled(scene: Scene) -> None:
    """The role still used the key, which was disabled half a minute later; the service comes after the role."""
    for day in (FIRST, SECOND):
        scene.role(day, "GenerateDataKey", "ec2.amazonaws.com")
    scene.storage(FIRST)
    scene.change(f"{SECOND}T18:06:30Z", "DisableKey")
    scene.change(f"{SECOND}T18:40:00Z", "EnableKey")


def misspelt_by_bystander(scene: Scene) -> None:
    """Somebody who is not the job asks for a key by a wrong id while the job runs; the job's key is there."""
    scene.storage(FIRST)
    fields: dict[str, Any] = {"errorCode": "NotFoundException", "errorMessage": "Invalid keyId"}
    scene.made.kms(f"{SECOND}T18:07:00Z", "DescribeKey", scene.key, scene.made.user("alice"), **fields)


def bystander_before_enabling(scene: Scene) -> None:
    """Somebody met the key disabled minutes before the job, which began after it had been enabled."""
    scene.storage(FIRST)
    fields: dict[str, Any] = {"errorCode": "DisabledException", "errorMessage": f"{scene.key} is disabled."}
    scene.made.kms(f"{SECOND}T17:55:00Z", "Decrypt", scene.key, scene.made.user("alice"), **fields)
    scene.change(f"{SECOND}T17:50:00Z", "DisableKey")
    scene.change(f"{SECOND}T17:58:00Z", "EnableKey")


CASES: dict[str, Incident] = {
    "misspelt-by-bystander": Incident(misspelt_by_bystander, "difference"),
    "bystander-before-enabling": Incident(bystander_before_enabling, "difference", ruled_out="key-disabled"),
    "used-until-disabled": Incident(used_until_disabled, cause="key-disabled", confidence="likely"),
    "innocent-deny": Incident(innocent_deny, cause="key-disabled", helps="enable-key"),
    "pending-deletion": Incident(pending_deletion, cause="key-pending-deletion", helps="cancel-key-deletion"),
    "stated-state": Incident(stated_state, cause="key-pending-deletion"),
    "key-not-found": Incident(key_not_found, cause="key-not-found"),
    "disabled-afterwards": Incident(disabled_afterwards, "difference"),
    "enabled-again": Incident(enabled_again, "difference", ruled_out="key-disabled"),
    "cancelled-deletion": Incident(
        cancelled_deletion, cause="key-disabled", confidence="confirmed", helps="enable-key"
    ),
    "cancelled-and-enabled": Incident(cancelled_and_enabled, "difference", ruled_out="key-pending-deletion"),
    "pending-by-date": Incident(
        pending_by_date, cause="key-pending-deletion", confidence="likely", helps="cancel-key-deletion"
    ),
    "pending-since": Incident(pending_since, "difference", ruled_out="key-pending-deletion"),
    "disabled-today-only": Incident(
        disabled_today_only, cause="key-disabled", confidence="possible", step="get-key-policy"
    ),
    "disabled-today-under-clean-policy": Incident(
        disabled_today_under_clean_policy, cause="key-disabled", confidence="likely"
    ),
    "other-key-pending": Incident(other_key_pending, cause="key-policy-explicit-deny", statement=2),
    "key-deleted": Incident(key_deleted, cause="key-not-found", confidence="confirmed"),
    "material-expired": Incident(material_expired, cause="key-unavailable", confidence="confirmed"),
    "unavailable-store": Incident(unavailable_store, cause="key-unavailable", confidence="confirmed"),
    "invalid-state-disabled": Incident(invalid_state_disabled, cause="key-disabled", confidence="confirmed"),
    "bystander-meets-disabled-key": Incident(
        bystander_meets_disabled_key, cause="key-disabled", confidence="confirmed"
    ),
    "disabled-during-job": Incident(disabled_during_job, cause="key-disabled", confidence="likely"),
    "store-named-by-call": Incident(store_named_by_call, cause="key-unavailable", confidence="confirmed"),
    "store-disconnected": Incident(store_disconnected, cause="key-unavailable", confidence="confirmed"),
}
