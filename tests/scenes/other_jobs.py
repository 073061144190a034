"""Incidents of copies and restores, between accounts and Regions, and of other services."""

from collections.abc import Callable
from typing import Any

from recording import Recording
from scenes.stage import (
    ADMIN_ONLY,
    ALLOW_STORAGE,
    FIRST,
    ROLE,
    SECOND,
    SECURE,
    SESSION,
    STORAGE,
    VAGUE,
    Incident,
    Scene,
    deny,
    policy,
)


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


LINKED = "aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup"
DR = "arn:aws:backup:eu-west-1:444455556666:backup-vault:dr"


def describe_copies(scene: Scene, destination: str, message: str, **fields: Any) -> None:
    """Hand in both copy jobs, as list-copy-jobs gives them to the CLI of version 1, and ask for the one that failed."""
    made = scene.made
    job = {
        "AccountId": made.account,
        "SourceBackupVaultArn": made.arn("backup", f"backup-vault:{scene.vault}"),
        "DestinationBackupVaultArn": destination,
        "ResourceArn": made.arn("ec2", "volume/vol-0123456789abcdef0"),
        "ResourceType": "EBS",
        "IamRoleArn": made.role_arn(ROLE),
        **fields,
    }
    good = {
        **job,
        "CopyJobId": "copy-good",
        "State": "COMPLETED",
        "CreationDate": 1772388300,
        "CompletionDate": 1772388900.5,
    }
    bad = {
        **job,
        "CopyJobId": "copy-bad",
        "State": "FAILED",
        "StatusMessage": message,
        "CreationDate": 1772474700,
        "CompletionDate": 1772475300.5,
    }
    scene.baseline = False
    scene.give("--job", "copies.json", {"CopyJobs": [bad, good], "NextToken": ""})
    scene.options += ["--job-id", "COPY-BAD"]


def elsewhere(scene: Scene, account: str = "444455556666", region: str = "eu-west-1") -> Recording:
    """Return a recording of another account or Region, whose records go into the same export."""
    other = Recording(account, region, seed="elsewhere")
    other.records = scene.made.records
    return other


def around_the_clock(made: Recording) -> None:
    """Let something go on in an account and Region on both nights."""
    trail = {"aws:cloudtrail:arn": made.arn("cloudtrail", "trail/main")}
    for day in (FIRST, SECOND):
        for hour in (17, 18, 19):
            service = made.service("cloudtrail.amazonaws.com")
            made.kms(f"{day}T{hour}:11:00Z", "GenerateDataKey", made.key_arn("trail"), service, trail)


def destination_account_missing(scene: Scene) -> None:
    """A copy to another account failed over the destination's key, whose account's log is not in the export."""
    there = "arn:aws:kms:eu-west-1:444455556666:key/0d8a7b1c-2222-4333-8444-555566667777"
    describe_copies(scene, DR, VAGUE, DestinationEncryptionKeyArn=there)


def destination_key_denies(scene: Scene) -> None:
    """A copy to another account: the destination's key has a Deny that hits the service; both logs are there."""
    there = elsewhere(scene)
    key = there.key_arn("dr")
    describe_copies(scene, DR, VAGUE, DestinationEncryptionKeyArn=key)
    around_the_clock(there)
    for action in ("GenerateDataKey", "Decrypt"):
        there.kms(f"{FIRST}T18:08:00Z", action, key, there.service(STORAGE), {"aws:backup:backup-vault": DR})
    there.put_key_policy("2026-03-02T09:00:00Z", key, policy(there, deny(ADMIN_ONLY)), there.user("key-admin"))


def source_key_not_shared(scene: Scene) -> None:
    """The other account's role was taken out of the source key's policy; its refusal is logged over there only."""
    made = scene.made
    source = made.key_arn("volume")
    describe_copies(
        scene, DR, "Source snapshot KMS key does not exist, is not enabled or you do not have permissions to access it"
    )
    role = made.role(LINKED, "s", "backup.amazonaws.com", account="444455556666")
    for action in ("DescribeKey", "CreateGrant"):
        made.kms(f"{FIRST}T18:08:00Z", action, source, role, sharedEventID=made.make_id("shared", action))
    share = {
        "Sid": "Share",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
        "Action": ["kms:DescribeKey", "kms:CreateGrant"],
        "Resource": "*",
    }
    admin = made.user("key-admin")
    made.put_key_policy("2026-02-01T09:00:00Z", source, policy(made, share), admin)
    made.put_key_policy("2026-03-02T09:00:00Z", source, policy(made), admin)
    scene.options += ["--key", source]


def managed_source_key(scene: Scene) -> None:
    """A copy to another account: the volume is encrypted with aws/ebs, as a request of the night tells."""
    made = scene.made
    source, there = (
        made.key_arn("aws-ebs"),
        "arn:aws:kms:eu-west-1:444455556666:key/0d8a7b1c-2222-4333-8444-555566667777",
    )
    describe_copies(scene, DR, "Given key ID is not accessible", DestinationEncryptionKeyArn=there)
    role = made.role(ROLE, SESSION, "backup.amazonaws.com")
    made.kms(f"{SECOND}T18:06:00Z", "DescribeKey", source, role, parameters={"keyId": "alias/aws/ebs"})


def managed_key_at_home(scene: Scene) -> None:
    """The vault's key is AWS managed, but all is in one account; the role's policies are what refuses."""
    scene.refused(
        "DescribeKey",
        "because no identity-based policy allows the kms:DescribeKey action",
        parameters={"keyId": "alias/aws/backup"},
    )


def replica_denies(scene: Scene) -> None:
    """A copy to another Region: the replica of a multi-Region key has a policy of its own, and that one denies."""
    made, there = scene.made, elsewhere(scene, scene.made.account, "us-east-1")
    name = "key/mrk-0123456789abcdef0123456789abcdef"
    own, replica = made.arn("kms", name), there.arn("kms", name)
    vault = there.arn("backup", "backup-vault:dr")
    describe_copies(scene, vault, VAGUE, DestinationEncryptionKeyArn=replica)
    around_the_clock(there)
    for action in ("GenerateDataKey", "Decrypt"):
        there.kms(f"{FIRST}T18:08:00Z", action, replica, there.service(STORAGE), {"aws:backup:backup-vault": vault})
    for day in (FIRST, SECOND):
        made.kms(f"{day}T18:06:30Z", "Decrypt", own, made.service(STORAGE), scene.context)
    made.put_key_policy("2026-02-01T09:00:00Z", own, policy(made, ALLOW_STORAGE), made.user("key-admin"))
    there.put_key_policy(
        "2026-03-02T09:00:00Z", replica, policy(there, deny(SECURE), deny(ADMIN_ONLY)), there.user("key-admin")
    )


def vault_with_new_key(scene: Scene) -> None:
    """The vault was made anew with another key, whose policy keeps the service out."""
    made = scene.made
    new = made.key_arn("new")
    scene.storage(FIRST)
    made.add(
        "2026-03-02T08:00:00Z",
        "backup.amazonaws.com",
        "CreateBackupVault",
        made.user("ops"),
        readOnly=False,
        requestParameters={"backupVaultName": scene.vault, "encryptionKeyArn": new},
    )
    made.put_key_policy("2026-03-02T07:00:00Z", new, policy(made, deny(ADMIN_ONLY)), made.user("key-admin"))


def restore_by_event(scene: Scene) -> None:
    """A restore of which only EventBridge tells: the role may not use the key for the new table."""
    made = scene.made
    scene.baseline = False
    for job_id, day, status in (("R-GOOD", FIRST, "COMPLETED"), ("R-BAD", SECOND, "FAILED")):
        detail = {
            "restoreJobId": job_id,
            "backupSizeInBytes": "36048",
            "creationDate": f"{day}T18:05:00.100Z",
            "iamRoleArn": made.role_arn(ROLE),
            "percentDone": 0,
            "resourceType": "DynamoDB",
            "status": status,
            "statusMessage": '"Access denied to KMS key."' if status == "FAILED" else "",
        }
        event = {
            "version": "0",
            "id": made.make_id(job_id),
            "detail-type": "Restore Job State Change",
            "source": "aws.backup",
            "account": made.account,
            "time": f"{day}T18:15:00Z",
            "region": made.region,
            "resources": [],
            "detail": detail,
        }
        scene.give("--job", f"{job_id}.json", event)
    scene.refused("Decrypt", "because no identity-based policy allows the kms:Decrypt action", "dynamodb.amazonaws.com")
    scene.options += ["--job-id", "r-bad"]


def service_scene(
    resource: str, resource_type: str, context: Callable[[Scene], dict[str, str]]
) -> Callable[[Scene], None]:
    """Make a scene of another service: its own calls go on, the storage service is kept out by a Deny."""

    def make(scene: Scene) -> None:
        made = scene.made
        scene.resource, scene.resource_type = resource, resource_type
        own, role = made.key_arn("source"), made.role(ROLE, SESSION, f"{resource.partition(':')[0]}.amazonaws.com")
        for day in (FIRST, SECOND):
            made.kms(f"{day}T18:06:30Z", "Decrypt", own, role, context(scene))
        scene.storage(FIRST)
        scene.put_policy("2026-03-02T09:00:00Z", deny(ADMIN_ONLY))

    return make


def copy_between_keys(scene: Scene) -> None:
    """Copy a file system's backup into a vault with another key, which works; the source vault's key was only read once."""
    made, there = scene.made, scene.made.arn("backup", "backup-vault:dr")
    scene.resource, scene.resource_type = "elasticfilesystem:file-system/fs-0123456789abcdef0", "EFS"
    destination = made.key_arn("dr")
    fields = {"ResourceArn": scene.resource_arn, "ResourceType": "EFS", "DestinationEncryptionKeyArn": destination}
    describe_copies(scene, there, VAGUE, **fields)
    scene.storage(FIRST, "Decrypt")
    for day in (FIRST, SECOND):
        service = made.service(STORAGE)
        made.kms(f"{day}T18:08:00Z", "GenerateDataKey", destination, service, {"aws:backup:backup-vault": there})


def copy_source_disabled(scene: Scene) -> None:
    """The source vault's key was disabled, the destination's was used."""
    copy_between_keys(scene)
    scene.change(f"{SECOND}T09:00:00Z", "DisableKey")


def copy_source_revoked(scene: Scene) -> None:
    """The grant on the source vault's key was revoked."""
    copy_between_keys(scene)
    scene.put_policy("2026-01-01T09:00:00Z")
    grant = {"granteePrincipal": STORAGE, "operations": ["Decrypt", "GenerateDataKey"]}
    admin, made = scene.made.user("key-admin"), {"grantId": "g-1"}
    scene.made.kms("2026-01-02T09:00:00Z", "CreateGrant", scene.key, admin, parameters=grant, responseElements=made)
    scene.change(f"{SECOND}T09:00:00Z", "RevokeGrant", grantId="g-1")


CASES: dict[str, Incident] = {
    "copy-source-disabled": Incident(
        copy_source_disabled, cause="key-disabled", confidence="confirmed", caller=STORAGE
    ),
    "copy-source-revoked": Incident(copy_source_revoked, cause="grant-revoked", caller=STORAGE),
    "managed-key": Incident(shared_managed_key, cause="aws-managed-key-not-shareable"),
    "restore-refused": Incident(restore_refused, cause="key-policy-explicit-deny", statement=2),
    "copy-to-another-region": Incident(
        copy_to_another_region, "inconclusive", warning="region-not-covered", step="us-east-1"
    ),
    "destination-account-missing": Incident(
        destination_account_missing, "inconclusive", warning="account-not-covered", step="--region eu-west-1"
    ),
    "destination-key-denies": Incident(
        destination_key_denies, cause="key-policy-explicit-deny", statement=2, baseline="copy-good"
    ),
    "source-key-not-shared": Incident(
        source_key_not_shared,
        cause="key-policy-no-allow",
        reading=("denied-not-logged", "supported"),
        remedies=("allow-caller-role", "restore-statement"),
    ),
    "managed-source-key": Incident(
        managed_source_key, cause="aws-managed-key-not-shareable", helps="use-customer-managed-key"
    ),
    "managed-key-at-home": Incident(
        managed_key_at_home, cause="identity-policy-no-allow", ruled_out="aws-managed-key-not-shareable"
    ),
    "replica-denies": Incident(
        replica_denies, cause="key-policy-explicit-deny", statement=3, helps="exempt-service-principals"
    ),
    "vault-with-new-key": Incident(vault_with_new_key, cause="key-policy-explicit-deny", statement=2),
    "restore-by-event": Incident(restore_by_event, cause="identity-policy-no-allow", baseline="R-GOOD"),
    **{
        name: Incident(
            service_scene(resource, kind, context), cause="key-policy-explicit-deny", statement=2, caller=STORAGE
        )
        for name, resource, kind, context in (
            ("ebs", "ec2:volume/vol-0123456789abcdef0", "EBS", lambda _s: {"aws:ebs:id": "vol-0123456789abcdef0"}),
            ("ec2", "ec2:instance/i-0123456789abcdef0", "EC2", lambda _s: {"aws:ebs:id": "vol-0123456789abcdef0"}),
            ("rds", "rds:db:orders", "RDS", lambda _s: {"aws:rds:db-id": "db-ABCDEFGHIJKLMNOPQRSTUVWXYZ"}),
            (
                "aurora",
                "rds:cluster:orders",
                "Aurora",
                lambda _s: {"aws:rds:dbc-id": "cluster-ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
            ),
            ("s3", "s3:bucket", "S3", lambda _s: {"aws:s3:arn": "arn:aws:s3:::bucket"}),
            ("fsx", "fsx:file-system/fs-0123456789abcdef0", "FSx", lambda _s: {"aws:fsx:backup": "backup-1"}),
            (
                "redshift",
                "redshift:cluster:dw",
                "Redshift",
                lambda _s: {
                    "aws:redshift:createtime": "20260101",
                    "aws:redshift:arn": "arn:aws:redshift:eu-west-1:111122223333:cluster:dw",
                },
            ),
            (
                "dsql",
                "dsql:cluster/abcdefghijklmnopqrstuvwxyz",
                "Aurora DSQL",
                lambda _s: {"aws:dsql:ClusterId": "abcdefghijklmnopqrstuvwxyz"},
            ),
            ("vmware", "backup-gateway:vm/vm-0123456789abcdef0", "VirtualMachine", lambda _s: {}),
        )
    },
}
