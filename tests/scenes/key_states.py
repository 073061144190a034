"""Incidents of the key itself: disabled, to be deleted, not usable, gone."""

from scenes.stage import ALLOW_STORAGE, FIRST, SECOND, SERVICES_EXEMPT, Incident, Scene, deny


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


CASES: dict[str, Incident] = {
    "innocent-deny": Incident(innocent_deny, cause="key-disabled", helps="enable-key"),
    "pending-deletion": Incident(pending_deletion, cause="key-pending-deletion", helps="cancel-key-deletion"),
    "stated-state": Incident(stated_state, cause="key-pending-deletion"),
    "key-not-found": Incident(key_not_found, cause="key-not-found"),
}
