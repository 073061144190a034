"""Incidents with other jobs and other people on the key, and failures that are none of KMS."""

from collections.abc import Callable

from scenes.stage import ADMIN_ONLY, ALLOW_STORAGE, FIRST, ROLE, SECOND, SESSION, STORAGE, Incident, Scene, deny, policy


def busy_vault(scene: Scene) -> None:
    """Another vault's job uses the same key in the same minutes; its calls must not hide the missing ones."""
    made = scene.made
    scene.storage(FIRST)
    other = {"aws:backup:backup-vault": made.arn("backup", "backup-vault:other-vault")}
    for day in (FIRST, SECOND):
        made.kms(f"{day}T18:08:00Z", "Decrypt", scene.key, made.service(STORAGE), other)
        scene.other_job(day, "COMPLETED", "other-vault", "other-role")
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


def concurrent_job(scene: Scene) -> None:
    """Another job on the same vault went well in the same minutes, so whose calls they were cannot be told."""
    for day in (FIRST, SECOND):
        scene.storage(day)
        scene.other_job(day, "COMPLETED", scene.vault, "other-role")


def other_jobs_refusal(scene: Scene) -> None:
    """A job of the same role into another vault is refused on its own key; this job's service is kept out by a Deny."""
    made = scene.made
    other, role = made.key_arn("other"), made.role(ROLE, SESSION, "backup.amazonaws.com")
    scene.storage(FIRST)
    scene.other_job(SECOND, "FAILED", "other-vault", ROLE)
    refused = made.denied(role, "kms:Decrypt", other, "because no identity-based policy allows the kms:Decrypt action")
    made.kms(f"{SECOND}T18:06:30Z", "Decrypt", other, role, **refused)
    scene.put_policy("2026-03-02T09:00:00Z", deny(ADMIN_ONLY))


def trouble(message: str, state: str = "FAILED") -> Callable[[Scene], None]:
    """Make a scene of a job that says it failed for something else, before any KMS call."""

    def make(scene: Scene) -> None:
        scene.message, scene.state = message, state
        scene.storage(FIRST)

    return make


def trouble_after_kms(scene: Scene) -> None:
    """The job made the same KMS calls on both nights and says that the resource was busy."""
    scene.message = "Backup job failed because there was a running job for the same resource."
    for day in (FIRST, SECOND):
        scene.storage(day)


def silent_expiry(scene: Scene) -> None:
    """The job expired without a word and without a call: it never began."""
    scene.message, scene.state = None, "EXPIRED"
    scene.storage(FIRST)


def other_message_same_deny(scene: Scene) -> None:
    """The message speaks of something else, but the policy put in between keeps the service out."""
    scene.message = "Backup job failed. Please try again."
    scene.storage(FIRST)
    scene.role(FIRST, "DescribeKey")
    scene.role(SECOND, "DescribeKey")
    scene.put_policy("2026-03-02T09:00:00Z", deny(ADMIN_ONLY))


def others_refused(scene: Scene) -> None:
    """AWS Config, and an application by way of S3, are refused on the key while the job runs; neither is the job's."""
    made = scene.made
    config = made.role("aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig", "s", "config.amazonaws.com")
    application = made.role("shop", "web", "s3.amazonaws.com")
    scene.storage(FIRST)
    why = "because no identity-based policy allows the kms:Decrypt action"
    for caller in (config, application):
        refused = made.denied(caller, "kms:Decrypt", scene.key, why)
        made.kms(f"{FIRST}T18:09:00Z", "Decrypt", scene.key, caller)
        made.kms(f"{SECOND}T18:09:00Z", "Decrypt", scene.key, caller, **refused)


def topic_on_first_night(scene: Scene) -> None:
    """Both nights are alike but for a queue's call on the shared key, which comes when it comes."""
    scene.message = None
    for day in (FIRST, SECOND):
        scene.storage(day)
    made = scene.made
    made.kms(f"{FIRST}T18:09:00Z", "Decrypt", scene.key, made.service("events.amazonaws.com"), {"aws:events:x": "y"})


def role_without_path(scene: Scene) -> None:
    """The export has no session issuer, so the role is known by its name only."""
    scene.refused("Decrypt", "because no identity-based policy allows the kms:Decrypt action", "dynamodb.amazonaws.com")
    for record in scene.made.records:
        record["userIdentity"]["sessionContext"]["sessionIssuer"].pop("arn", None)
    scene.options += ["--key", scene.key]


def trouble_halfway(scene: Scene) -> None:
    """The job stopped halfway for something else; the policy lets the calls through that it did not get to."""
    scene.message = "Backup job failed due to an internal error. Please try again."
    scene.put_policy("2026-02-01T09:00:00Z", ALLOW_STORAGE)
    scene.storage(FIRST)
    scene.storage(SECOND, "GenerateDataKey")


def reader_refused(scene: Scene) -> None:
    """An application reads the table that is backed up, with the table's context, and is refused; that is not the job."""
    made, application = scene.made, scene.made.role("shop", "web", "dynamodb.amazonaws.com")
    context = {"aws:dynamodb:tableName": "orders", "aws:dynamodb:subscriberId": made.account}
    refused = made.denied(
        application, "kms:Decrypt", scene.key, "because no identity-based policy allows the kms:Decrypt action"
    )
    scene.storage(FIRST)
    made.kms(f"{FIRST}T18:09:00Z", "Decrypt", scene.key, application, context)
    made.kms(f"{SECOND}T18:09:00Z", "Decrypt", scene.key, application, context, **refused)
    scene.put_policy(f"{SECOND}T09:00:00Z", deny(ADMIN_ONLY))


def two_vaults(scene: Scene, nights: tuple[str, ...] = (), vault: str = "second-vault") -> None:
    """Two vaults at the same minute, without contexts: the key of one is denied before the second night.

    `nights` are those of which a succeeded job on the other vault is known. Which of the two keys comes first by its id
    tells nothing.
    """
    made = scene.made
    other = made.key_arn(vault)
    for key, days in ((scene.key, (FIRST,)), (other, (FIRST, SECOND))):
        made.put_key_policy("2026-02-01T09:00:00Z", key, policy(made, ALLOW_STORAGE), made.user("key-admin"))
        for day in days:
            for action in ("GenerateDataKey", "Decrypt"):
                made.kms(f"{day}T18:07:00Z", action, key, made.service(STORAGE))
    scene.put_policy(f"{SECOND}T09:00:00Z", ALLOW_STORAGE, deny(ADMIN_ONLY))
    for day in nights:
        scene.other_job(day, "COMPLETED", vault, ROLE)


CASES: dict[str, Incident] = {
    "two-vaults-and-their-jobs": Incident(
        lambda scene: two_vaults(scene, (FIRST, SECOND)), cause="key-policy-explicit-deny", confidence="confirmed"
    ),
    "two-vaults-and-one-job-more": Incident(
        lambda scene: two_vaults(scene, (FIRST,)), cause="key-policy-explicit-deny", confidence="possible", statement=3
    ),
    "two-vaults-of-unknown-jobs": Incident(
        two_vaults, cause="key-policy-explicit-deny", confidence="possible", statement=3
    ),
    "two-vaults-with-ids-the-other-way": Incident(
        lambda scene: two_vaults(scene, vault="prod-2-vault"),
        cause="key-policy-explicit-deny",
        confidence="possible",
        statement=3,
    ),
    "reader-refused": Incident(reader_refused, cause="key-policy-explicit-deny", statement=2, caller=STORAGE),
    "busy-vault": Incident(busy_vault, cause="key-policy-explicit-deny", statement=2),
    "not-kms": Incident(other_trouble, cause="not-kms"),
    "completed-with-denials": Incident(completed_with_denials, cause="identity-policy-no-allow"),
    "nothing-differs": Incident(nothing_differs, "no-difference"),
    "concurrent-job": Incident(
        concurrent_job, "inconclusive", warning="concurrent-job-on-vault", step="get-key-policy"
    ),
    "other-jobs-refusal": Incident(other_jobs_refusal, cause="key-policy-explicit-deny", statement=2, caller=STORAGE),
    "vault-gone": Incident(
        trouble(
            "Backup job failed because backup vault arn:aws:backup:eu-west-1:111122223333:backup-vault:encrypted-kms does not exist."
        ),
        cause="not-kms",
    ),
    "role-gone": Incident(
        trouble("IAM Role arn:aws:iam::111122223333:role/kms-key-backup cannot be assumed by AWS Backup"),
        cause="not-kms",
    ),
    "window-passed": Incident(trouble("Backup job expired before completion.", "EXPIRED"), cause="not-kms"),
    "vault-policy": Incident(trouble("Access Denied trying to call AWS Backup service"), cause="not-kms"),
    "table-refused": Incident(
        trouble(
            "User: arn:aws:sts::111122223333:assumed-role/AWSBackupDefaultServiceRole/AWSBackup-AWSBackupDefaultServiceRole is not authorized to perform: dynamodb:StartAwsBackupJob on resource: arn:aws:dynamodb:eu-west-1:111122223333:table/encryption-keys"
        ),
        cause="not-kms",
    ),
    "trouble-after-kms": Incident(trouble_after_kms, cause="not-kms"),
    "silent-expiry": Incident(silent_expiry, ("difference", "inconclusive")),
    "other-message-same-deny": Incident(other_message_same_deny, cause="key-policy-explicit-deny", statement=2),
    "others-refused": Incident(others_refused, "difference"),
    "topic-on-first-night": Incident(topic_on_first_night, "no-difference"),
    "role-without-path": Incident(role_without_path, cause="identity-policy-no-allow"),
    "trouble-halfway": Incident(trouble_halfway, cause="not-kms", confidence="likely"),
}
