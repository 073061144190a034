"""Incidents of copies and restores, between accounts and Regions, and of other services."""

from scenes.stage import FIRST, ROLE, SECOND, VAGUE, Incident, Scene, deny


def shared_managed_key(scene: Scene) -> None:
    """A copy to another account meets the AWS managed key of the source vault."""
    made, there = scene.made, "arn:aws:backup:eu-west-1:444455556666:backup-vault:dr"
    scene.storage(FIRST)
    job = {
        "SourceBackupVaultArn": made.arn("backup", "backup-vault:prod-vault"),
        "DestinationBackupVaultArn": there,
        "ResourceArn": made.arn("dynamodb", "table/orders"),
        "IamRoleArn": made.role_arn(ROLE),
    }
    times = [{"CreationDate": f"{day}T18:05:00Z", "CompletionDate": f"{day}T18:15:00Z"} for day in (FIRST, SECOND)]
    copies = [
        {**job, **times[0], "CopyJobId": "copy-good", "State": "COMPLETED"},
        {
            **job,
            **times[1],
            "CopyJobId": "copy-bad",
            "State": "FAILED",
            "StatusMessage": "Given key ID is not accessible",
        },
    ]
    scene.give("--job", "jobs.json", {"CopyJobs": copies})
    scene.give(
        "--key-state", "state.json", {"KeyMetadata": {"Arn": scene.key, "KeyState": "Enabled", "KeyManager": "AWS"}}
    )
    scene.options += ["--key", scene.key, "--job-id", "copy-bad"]


def restore_refused(scene: Scene) -> None:
    """A restore of an RDS snapshot: the role may not create the grant that RDS needs on the key."""
    made = scene.made
    job = {
        "RestoreJobId": "restore-bad",
        "Status": "FAILED",
        "StatusMessage": "Access denied to KMS key.",
        "IamRoleArn": made.role_arn(ROLE),
        "ResourceType": "RDS",
        "AccountId": made.account,
    }
    times = {"CreationDate": f"{SECOND}T18:05:00Z", "CompletionDate": f"{SECOND}T18:15:00Z"}
    good = {
        **job,
        "RestoreJobId": "restore-good",
        "Status": "COMPLETED",
        "CreationDate": f"{FIRST}T18:05:00Z",
        "CompletionDate": f"{FIRST}T18:15:00Z",
    }
    del good["StatusMessage"]
    scene.give("--job", "jobs.json", {"RestoreJobs": [{**job, **times}, good]})
    scene.options += ["--job-id", "restore-bad", "--key", scene.key]
    grant = {"granteePrincipal": "rds.amazonaws.com", "operations": ["Decrypt"]}
    scene.refused(
        "CreateGrant", "with an explicit deny in a resource-based policy", "rds.amazonaws.com", parameters=grant
    )
    scene.put_policy("2026-03-02T09:00:00Z", deny({"Bool": {"kms:GrantIsForAWSResource": "true"}}, "NoServiceGrants"))


def copy_to_another_region(scene: Scene) -> None:
    """A copy to another Region: what matters is in the other Region's log, which is not in the export."""
    made = scene.made
    there = "arn:aws:backup:us-east-1:111122223333:backup-vault:dr"
    job = {
        "SourceBackupVaultArn": made.arn("backup", "backup-vault:prod-vault"),
        "DestinationBackupVaultArn": there,
        "ResourceArn": made.arn("ec2", "volume/vol-1"),
        "ResourceType": "EBS",
        "IamRoleArn": made.role_arn(ROLE),
    }
    days = ((FIRST, "copy-good", "COMPLETED"), (SECOND, "copy-bad", "FAILED"))
    copies = [
        {
            **job,
            "CopyJobId": name,
            "State": state,
            "CreationDate": f"{day}T18:05:00Z",
            "CompletionDate": f"{day}T18:15:00Z",
            "StatusMessage": VAGUE if state == "FAILED" else None,
        }
        for day, name, state in days
    ]
    scene.give("--job", "jobs.json", {"CopyJobs": copies})
    scene.options += ["--job-id", "copy-bad"]


CASES: dict[str, Incident] = {
    "managed-key": Incident(shared_managed_key, cause="aws-managed-key-not-shareable"),
    "restore-refused": Incident(restore_refused, cause="key-policy-explicit-deny", statement=2),
    "copy-to-another-region": Incident(
        copy_to_another_region, "inconclusive", warning="region-not-covered", step="us-east-1"
    ),
}
