"""Incidents to be diagnosed, each made of two nights of records and what the answer has to be.

`CASES` holds those made here; fixtures/incidents holds whole exports with the same expectations. Run as a script, it
prints how often each cause was found, missed or mistaken over both.
"""

import io
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recording import Recording
from sources.wrapping import WRAPS

from trail_diff.cli import run

FOLDER = Path(__file__).parent.parent / "fixtures" / "incidents"
GOOD, BAD = "0000c0de-0000-4000-8000-000000000001", "0000c0de-0000-4000-8000-000000000002"
VAGUE = "KMS key is either disabled or pending deletion or access to KMS key is denied"
ROLE = "service-role/AWSBackupDefaultServiceRole"
SESSION = "AWSBackup-AWSBackupDefaultServiceRole"
STORAGE = "backup-storage.amazonaws.com"
FIRST, SECOND = "2026-03-01", "2026-03-02"
Statement = dict[str, Any]


@dataclass
class Scene:
    """Two nights of one backup job, into which a case puts what went wrong."""

    made: Recording = field(default_factory=Recording)
    files: dict[str, str] = field(default_factory=dict)
    options: list[str] = field(default_factory=list)
    message: str | None = VAGUE
    state: str = "FAILED"
    vault: str = "prod-vault"
    baseline: bool = True

    @property
    def key(self) -> str:
        """Give the vault's key."""
        return self.made.key_arn("vault")

    @property
    def context(self) -> Statement:
        """Give the vault's encryption context."""
        return {"aws:backup:backup-vault": self.made.arn("backup", f"backup-vault:{self.vault}")}

    def storage(self, day: str, *actions: str, **fields: Any) -> None:
        """Let the storage service call the vault's key."""
        for action in actions or ("GenerateDataKey", "Decrypt"):
            self.made.kms(f"{day}T18:07:00Z", action, self.key, self.made.service(STORAGE), self.context, **fields)

    def role(self, day: str, action: str, invoked_by: str | None = "backup.amazonaws.com", **fields: Any) -> None:
        """Let the backup role call the vault's key."""
        identity = self.made.role(ROLE, SESSION, invoked_by)
        self.made.kms(f"{day}T18:06:00Z", action, self.key, identity, **fields)

    def refused(self, action: str, why: str, invoked_by: str | None = "backup.amazonaws.com", **fields: Any) -> None:
        """Let the backup role's call work on the first night and be refused on the second."""
        identity = self.made.role(ROLE, SESSION, invoked_by)
        self.role(FIRST, action, invoked_by, **fields)
        self.role(SECOND, action, invoked_by, **fields, **self.made.denied(identity, f"kms:{action}", self.key, why))

    def put_policy(self, time: str, *statements: Statement) -> None:
        """Put a policy on the key."""
        self.made.put_key_policy(time, self.key, policy(self.made, *statements), self.made.user("key-admin"))

    def change(self, time: str, name: str, **parameters: Any) -> None:
        """Change the key."""
        self.made.kms(time, name, self.key, self.made.user("key-admin"), parameters=parameters)

    def give(self, option: str, name: str, content: Any) -> None:
        """Hand a fact in as a file."""
        self.files[name] = json.dumps(content)
        self.options += [option, name]

    def finish(self) -> Recording:
        """Add both jobs and what goes on around the clock."""
        made = self.made
        nights = [(FIRST, GOOD, "COMPLETED", None)] if self.baseline else []
        for day, job_id, state, message in [*nights, (SECOND, BAD, self.state, self.message)]:
            told = {"statusMessage": message} if message else {}
            made.backup_job(
                job_id,
                f"{day}T18:05:00Z",
                f"{day}T18:15:00Z",
                state,
                vault=self.vault,
                resource=made.arn("dynamodb", "table/orders"),
                role=made.role_arn(ROLE),
                **told,
            )
            trail = {"aws:cloudtrail:arn": made.arn("cloudtrail", "trail/main")}
            for hour in (17, 18, 19):
                other = made.key_arn("trail")
                made.kms(
                    f"{day}T{hour}:10:00Z", "GenerateDataKey", other, made.service("cloudtrail.amazonaws.com"), trail
                )
                made.add(f"{day}T{hour}:50:00Z", "ec2.amazonaws.com", "CreateTags", made.user("alice"), readOnly=False)
        return made


def policy(made: Recording, *statements: Statement) -> dict[str, Any]:
    """Give a key policy: the account's own statement, then others."""
    own = {
        "Sid": "EnableIAM",
        "Effect": "Allow",
        "Principal": {"AWS": made.arn("iam", "root", region="")},
        "Action": "kms:*",
        "Resource": "*",
    }
    return {"Version": "2012-10-17", "Statement": [own, *statements]}


def deny(condition: Statement, sid: str = "Deny", principal: Any = "*") -> Statement:
    """Give a Deny of everything under a condition."""
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": principal,
        "Action": "kms:*",
        "Resource": "*",
        "Condition": condition,
    }


ADMIN_ONLY = {"StringNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:user/key-admin"}}
SERVICES_EXEMPT = {**ADMIN_ONLY, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}
SECURE = {"Bool": {"aws:SecureTransport": "false"}}
ALLOW_STORAGE = {
    "Sid": "Storage",
    "Effect": "Allow",
    "Principal": {"Service": STORAGE},
    "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
    "Resource": "*",
}


@dataclass
class Incident:
    """A scene and what has to be said of it: fields of the verdict, and of the finding that it rests on."""

    make: Callable[[Scene], None]
    outcome: str = "explained"
    cause: str | None = None
    statement: int | None = None
    warning: str | None = None
    helps: str | None = None
    helps_not: tuple[str, ...] = ()
    unknown_key: str | None = None
    step: str | None = None


def second_deny(scene: Scene) -> None:
    """The first Deny tests a key that is false for everybody; the second one is guilty."""
    scene.storage(FIRST)
    scene.put_policy("2026-03-02T09:00:00Z", deny(SECURE, "OnlyTls"), deny(ADMIN_ONLY, "AdminOnly"))


def bool_on_absent_key(scene: Scene) -> None:
    """A Deny with Bool on a key that services do not have never matches them; the Allow is what is gone."""
    absent = deny({"Bool": {"aws:MultiFactorAuthPresent": "false"}}, "OnlyMfa", {"AWS": "*"})
    scene.storage(FIRST)
    scene.put_policy("2026-02-01T09:00:00Z", ALLOW_STORAGE)
    scene.put_policy("2026-03-02T09:00:00Z", absent, deny(ADMIN_ONLY, "AdminOnly"))


def innocent_deny(scene: Scene) -> None:
    """The Deny was there on both nights and exempts services; the key was disabled in between."""
    scene.put_policy("2026-02-01T09:00:00Z", deny(SERVICES_EXEMPT), ALLOW_STORAGE)
    scene.storage(FIRST)
    scene.change("2026-03-02T09:00:00Z", "DisableKey")


def repaired_since(scene: Scene) -> None:
    """The guilty policy was replaced after the job; today's is innocent."""
    scene.storage(FIRST)
    scene.put_policy("2026-03-02T09:00:00Z", deny(ADMIN_ONLY))
    scene.put_policy("2026-03-02T19:20:00Z", deny(SERVICES_EXEMPT), ALLOW_STORAGE)
    scene.give(
        "--key-policy", "policy.json", {"Policy": json.dumps(policy(scene.made, deny(SERVICES_EXEMPT), ALLOW_STORAGE))}
    )


def revoked_grant(scene: Scene) -> None:
    """The policy is clean and leaves services to grants; the vault's was revoked."""
    scene.put_policy("2026-02-01T09:00:00Z")
    grant = {"granteePrincipal": STORAGE, "operations": ["Decrypt", "GenerateDataKey"]}
    creator = scene.made.user("key-admin")
    scene.made.kms(
        "2026-02-01T10:00:00Z", "CreateGrant", scene.key, creator, parameters=grant, responseElements={"grantId": "g-1"}
    )
    scene.storage(FIRST)
    scene.change("2026-03-02T09:00:00Z", "RevokeGrant", grantId="g-1")
    scene.give("--grants", "grants.json", {"Grants": []})


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


def throttled(scene: Scene) -> None:
    """KMS throttled the role, and the job says so."""
    scene.message = "Rate exceeded"
    scene.role(FIRST, "Decrypt")
    scene.role(SECOND, "Decrypt", errorCode="ThrottlingException", errorMessage="Rate exceeded")


def wrong_context(scene: Scene) -> None:
    """KMS itself refuses the ciphertext."""
    scene.role(FIRST, "Decrypt")
    scene.role(SECOND, "Decrypt", errorCode="InvalidCiphertextException")


def stated(action: str, why: str) -> Callable[[Scene], None]:
    """Make a scene in which a record names the layer."""

    def make(scene: Scene) -> None:
        scene.refused(action, why)

    return make


def unnamed_create_grant(scene: Scene) -> None:
    """CreateGrant was refused, and the record does not say by what."""
    scene.refused("CreateGrant", "", parameters={"granteePrincipal": STORAGE, "operations": ["Decrypt"]})


def other_trouble(scene: Scene) -> None:
    """The job says that it failed for something else, before any KMS call."""
    scene.message = "Insufficient privileges to create a recovery point in the backup vault"
    scene.storage(FIRST)


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


def no_baseline(scene: Scene) -> None:
    """No job ever succeeded."""
    scene.baseline = False
    scene.role(SECOND, "DescribeKey")


def unknown_source_account(scene: Scene) -> None:
    """The Deny tests a key of which no record tells."""
    scene.storage(FIRST)
    scene.put_policy(
        "2026-03-02T09:00:00Z", deny({"StringNotEquals": {"aws:SourceAccount": "111122223333"}}), ALLOW_STORAGE
    )


def organization_only(scene: Scene) -> None:
    """A Deny for everybody outside of the organization hits services, which are in none."""
    scene.storage(FIRST)
    scene.put_policy("2026-03-02T09:00:00Z", deny({"StringNotEquals": {"aws:PrincipalOrgID": "o-1234567890"}}))


def not_principal(scene: Scene) -> None:
    """A Deny with NotPrincipal hits every service that it does not list."""
    scene.storage(FIRST)
    statement = {**deny({}), "NotPrincipal": {"AWS": [scene.made.arn("iam", "root", region="")]}}
    del statement["Principal"], statement["Condition"]
    scene.put_policy("2026-03-02T09:00:00Z", statement)


def allow_gone(scene: Scene) -> None:
    """The Allow for the storage service was dropped, and there is no grant."""
    scene.put_policy("2026-02-01T09:00:00Z", ALLOW_STORAGE)
    scene.storage(FIRST)
    scene.put_policy("2026-03-02T09:00:00Z")
    scene.give("--grants", "grants.json", {"Grants": []})


def same_policy(scene: Scene) -> None:
    """The policy that seems guilty was in force when the call worked, so it cannot be why it is missing."""
    scene.put_policy("2026-02-01T09:00:00Z", deny(ADMIN_ONLY))
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


def file_system_role(scene: Scene) -> None:
    """An EFS backup: the service-linked role is kept out by a Deny that lists other roles only."""
    made = scene.made
    linked = made.role("aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup", "s", "backup.amazonaws.com")
    context = {"aws:elasticfilesystem:filesystem:id": "fs-0123456789abcdef0"}
    made.kms(f"{FIRST}T18:08:00Z", "DescribeKey", scene.key, linked)
    refused = made.denied(linked, "kms:DescribeKey", scene.key, "with an explicit deny in a resource-based policy")
    made.kms(f"{SECOND}T18:08:00Z", "DescribeKey", scene.key, linked, **refused)
    for day in (FIRST, SECOND):
        scene.storage(day, "GenerateDataKey")
        made.kms(
            f"{day}T18:09:00Z", "Decrypt", made.key_arn("efs"), made.service("elasticfilesystem.amazonaws.com"), context
        )
    scene.put_policy(
        "2026-03-02T09:00:00Z",
        deny(
            {
                "ArnNotLike": {"aws:PrincipalArn": made.role_arn("ops/*")},
                "Bool": {"aws:PrincipalIsAWSService": "false"},
            },
            "OpsOnly",
        ),
    )
    scene.options += ["--key", scene.key]


CASES: dict[str, Incident] = {
    "second-deny": Incident(
        second_deny,
        cause="key-policy-explicit-deny",
        statement=3,
        helps="exempt-service-principals",
        helps_not=("allow-role-everything", "via-aws-service"),
    ),
    "deny-and-lost-allow": Incident(bool_on_absent_key, cause="key-policy-explicit-deny", statement=3),
    "innocent-deny": Incident(innocent_deny, cause="key-disabled", helps="enable-key"),
    "repaired-since": Incident(repaired_since, cause="key-policy-explicit-deny", statement=2),
    "revoked-grant": Incident(revoked_grant, cause="grant-revoked"),
    "busy-vault": Incident(busy_vault, cause="key-policy-explicit-deny", statement=2),
    "pending-deletion": Incident(pending_deletion, cause="key-pending-deletion", helps="cancel-key-deletion"),
    "stated-state": Incident(stated_state, cause="key-pending-deletion"),
    "key-not-found": Incident(key_not_found, cause="key-not-found"),
    "throttled": Incident(throttled, cause="kms-throttled"),
    "wrong-context": Incident(wrong_context, cause="encryption-context-mismatch"),
    "identity-no-allow": Incident(
        stated("CreateGrant", "because no identity-based policy allows the kms:CreateGrant action"),
        cause="identity-policy-no-allow",
    ),
    "identity-deny": Incident(
        stated("Decrypt", "with an explicit deny in an identity-based policy"), cause="identity-policy-explicit-deny"
    ),
    "boundary": Incident(
        stated("Decrypt", "because no permissions boundary allows the kms:Decrypt action"),
        cause="permissions-boundary-deny",
    ),
    "session-policy": Incident(
        stated("Decrypt", "with an explicit deny in a session policy"), cause="session-policy-deny"
    ),
    "rcp": Incident(stated("Decrypt", "with an explicit deny in a resource control policy"), cause="rcp-deny"),
    "vpc-endpoint": Incident(
        stated("Decrypt", "with an explicit deny in a VPC endpoint policy"), cause="vpc-endpoint-policy-deny"
    ),
    "create-grant": Incident(unnamed_create_grant, cause="grant-not-created", helps=None),
    "not-kms": Incident(other_trouble, cause="not-kms"),
    "managed-key": Incident(shared_managed_key, cause="aws-managed-key-not-shareable"),
    "no-baseline": Incident(no_baseline, "inconclusive", warning="no-baseline"),
    "unknown-source-account": Incident(unknown_source_account, "difference", unknown_key="aws:sourceaccount"),
    "organization-only": Incident(organization_only, cause="key-policy-explicit-deny", statement=2),
    "not-principal": Incident(not_principal, cause="key-policy-explicit-deny", statement=2),
    "allow-gone": Incident(allow_gone, cause="key-policy-no-allow", helps="allow-service-principal"),
    "same-policy": Incident(same_policy, "difference"),
    "completed-with-denials": Incident(completed_with_denials, cause="identity-policy-no-allow"),
    "restore-refused": Incident(restore_refused, cause="key-policy-explicit-deny", statement=2),
    "copy-to-another-region": Incident(
        copy_to_another_region, "inconclusive", warning="region-not-covered", step="us-east-1"
    ),
    "file-system-role": Incident(
        file_system_role,
        cause="key-policy-explicit-deny",
        statement=2,
        helps="exempt-caller-role",
        helps_not=("exempt-service-principals",),
    ),
    "nothing-differs": Incident(nothing_differs, "no-difference"),
}


FORMS = [name for name in WRAPS if not name.startswith(("ocsf", "athena", "lake"))]
"""Export forms that hold whole records, job events included; each incident comes in another one."""


def diagnose(name: str, folder: Path) -> Any:
    """Write the files of an incident, its export in a form of its own, and give the report on it."""
    incident = CASES[name]
    scene = Scene()
    incident.make(scene)
    records = scene.finish().sorted()
    form = FORMS[list(CASES).index(name) % len(FORMS)]
    (folder / "export").write_bytes(WRAPS[form](records))
    for file, content in scene.files.items():
        (folder / file).write_text(content, encoding="utf-8")
    asked = [] if "--job-id" in scene.options else ["--job-id", BAD]
    return run_in(folder, [*asked, "--events", "export", *scene.options])


def run_in(folder: Path, arguments: list[str]) -> Any:
    """Run the command line inside a folder and give its JSON."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        with redirect_stdout(io.StringIO()) as shown, redirect_stderr(io.StringIO()) as problems:
            run([*arguments, "--format", "json"])
    finally:
        os.chdir(before)
    assert shown.getvalue(), problems.getvalue()
    return json.loads(shown.getvalue())


def shipped() -> dict[str, dict[str, Any]]:
    """Give what is expected of each export in fixtures/incidents."""
    return {
        path.parent.name: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(FOLDER.glob("*/expected.json"))
    }


def main() -> int:
    """Print the confusion matrix; fail if any cause was mistaken."""
    results: Counter[str] = Counter()
    for name, incident in CASES.items():
        with tempfile.TemporaryDirectory() as place:
            got = diagnose(name, Path(place))["verdict"]["cause"]
        results[_result(name, [incident.cause], got)] += 1
    for name, expected in shipped().items():
        got = run_in(FOLDER / name, expected["argv"])["verdict"]["cause"]
        wanted = expected["expect"].get("cause")
        results[_result(name, wanted if isinstance(wanted, list) else [wanted], got)] += 1
    rows = ("cause found", "no cause, rightly", "cause missed", "wrong cause")
    for row in rows:
        sys.stdout.write(f"{row:<20}{results[row]:>4}\n")
    return 1 if results["wrong cause"] or results["cause missed"] else 0


def _result(name: str, wanted: list[str | None], got: str | None) -> str:
    if got in wanted:
        return "cause found" if got else "no cause, rightly"
    sys.stdout.write(f"{name}: {got}, expected {wanted}\n")
    return "wrong cause" if got else "cause missed"


if __name__ == "__main__":
    sys.exit(main())
