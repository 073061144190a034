"""More evidence for an incident, which tells nothing else of it: what goes on beside, before and after the two nights."""

from collections.abc import Callable, Mapping

from scenes.stage import FIRST, ROLE, SECOND, SESSION, STORAGE, Scene, policy

_DENY_ALL = {"Sid": "Closed", "Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}


def _other_keys(scene: Scene) -> None:
    """Let the same callers use another key, which others are refused, and which is closed and disabled in between."""
    made, key = scene.made, scene.made.key_arn("neighbour")
    context = {"aws:backup:backup-vault": made.arn("backup", "backup-vault:neighbour")}
    for day in (FIRST, SECOND):
        made.kms(f"{day}T18:08:00Z", "Decrypt", key, made.service(STORAGE), context)
        refused = made.denied(made.user("mallory"), "kms:Decrypt", key, "because no identity-based policy allows the")
        made.kms(f"{day}T18:09:00Z", "Decrypt", key, made.user("mallory"), **refused)
    made.put_key_policy(f"{SECOND}T05:30:00Z", key, policy(made, _DENY_ALL), made.user("key-admin"))
    made.kms(f"{SECOND}T05:40:00Z", "DisableKey", key, made.user("key-admin"))


def _harmless_changes(scene: Scene) -> None:
    """Rotate and tag the key between the nights, and change a role that has no part in it."""
    for time, name in (("02:00", "RotateKeyOnDemand"), ("03:00", "TagResource"), ("04:00", "CreateAlias")):
        tags = {"tags": [{"tagKey": "cost-center", "tagValue": "7"}]} if name == "TagResource" else {}
        alias = {"aliasName": "alias/extra"} if name == "CreateAlias" else {}
        scene.change(f"{SECOND}T{time}:00Z", name, **tags, **alias)
    parameters = {"roleName": "visitor", "policyName": "p"}
    made = scene.made
    made.add(
        f"{SECOND}T05:00:00Z", "iam.amazonaws.com", "PutRolePolicy", made.user("admin"), requestParameters=parameters
    )


def _earlier_successes(scene: Scene) -> None:
    """Let the storage service and the job's role use the key in the weeks before."""
    made = scene.made
    for day in ("2026-02-20", "2026-02-25"):
        scene.storage(day)
        made.kms(f"{day}T18:06:00Z", "DescribeKey", scene.key, made.role(ROLE, SESSION, "backup.amazonaws.com"))


def _later_policy(scene: Scene) -> None:
    """Put the default policy on the key days after both nights."""
    scene.put_policy("2026-03-05T09:00:00Z")


def _state_today(scene: Scene) -> None:
    """Hand in that the key is enabled today, where nothing of its state is handed in."""
    if "--key-state" not in scene.options:
        scene.state_today("Enabled")


ADDITIONS: Mapping[str, Callable[[Scene], None]] = {
    "other-keys": _other_keys,
    "harmless-changes": _harmless_changes,
    "earlier-successes": _earlier_successes,
    "later-policy": _later_policy,
    "state-today": _state_today,
}
