"""Incidents with other jobs and other people on the key, and failures that are none of KMS."""

from scenes.stage import FIRST, SECOND, STORAGE, Incident, Scene, deny


def busy_vault(scene: Scene) -> None:
    """Another vault's job uses the same key in the same minutes; its calls must not hide the missing ones."""
    made = scene.made
    scene.storage(FIRST)
    other = {"aws:backup:backup-vault": made.arn("backup", "backup-vault:other-vault")}
    for day in (FIRST, SECOND):
        made.kms(f"{day}T18:08:00Z", "Decrypt", scene.key, made.service(STORAGE), other)
        made.backup_job(
            f"other-{day}",
            f"{day}T18:04:00Z",
            f"{day}T18:20:00Z",
            "COMPLETED",
            vault="other-vault",
            resource=made.arn("dynamodb", "table/other"),
            role=made.role_arn("other-role"),
        )
    scene.put_policy(
        "2026-03-02T09:00:00Z",
        deny(
            {
                "StringEquals": {
                    "kms:EncryptionContext:aws:backup:backup-vault": scene.context["aws:backup:backup-vault"]
                }
            }
        ),
    )


def other_trouble(scene: Scene) -> None:
    """The job says that it failed for something else, before any KMS call."""
    scene.message = "Insufficient privileges to create a recovery point in the backup vault"
    scene.storage(FIRST)


def completed_with_denials(scene: Scene) -> None:
    """The job completed, and a call inside was refused all the same."""
    scene.state, scene.message = "COMPLETED", None
    scene.refused("DescribeKey", "because no identity-based policy allows the kms:DescribeKey action")


def nothing_differs(scene: Scene) -> None:
    """Both nights are alike, and the job gives no reason."""
    scene.message = None
    for day in (FIRST, SECOND):
        scene.storage(day)


CASES: dict[str, Incident] = {
    "busy-vault": Incident(busy_vault, cause="key-policy-explicit-deny", statement=2),
    "not-kms": Incident(other_trouble, cause="not-kms"),
    "completed-with-denials": Incident(completed_with_denials, cause="identity-policy-no-allow"),
    "nothing-differs": Incident(nothing_differs, "no-difference"),
}
