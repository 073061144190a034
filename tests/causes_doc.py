"""docs/causes.md, made of a text for each cause and the output of the incident that shows it."""

import io
import os
import tempfile
from contextlib import redirect_stdout
from pathlib import Path
from unittest import mock

from incidents import CASES
from recording import as_trail_file
from scenes.stage import BAD, Scene

from trail_diff.cli import run
from trail_diff.model.codes import Cause

PAGE = Path(__file__).parent.parent / "docs" / "causes.md"
HEAD = """# Causes

What each cause means, what proves it, and what helps. A cause is *confirmed* when a record says so, or when the policy that
a record shows to have been in force refuses the very call that is missing; *likely* when it is the only reading left that
fits, or rests on a document of today or on a change made while the job ran; *possible* when a rival is open, which leaves the answer
at `difference`.

Three things are never held against anybody: an error that the job got past (the same call worked later), an error of a caller
that only happens to use the same key, and an error on another key while another job of the same role ran. A refused call of a
role or user of the account would be in the log; that one is missing is no sign of a refusal. Only a service principal's, or
another account's, refused call is logged elsewhere. The examples are shortened to the cause and what helps.
"""
TEXTS: dict[Cause, tuple[str, str, str, str]] = {
    Cause.KEY_POLICY_EXPLICIT_DENY: (
        "second-deny",
        "A Deny statement of the key policy matches the caller.",
        "The message of a refused call names a resource-based policy; or the policy in force (the last PutKeyPolicy before the job, else the one given) denies the missing call.",
        "Narrow the Deny: exempt the one service, AWS services, or the role. Each is replayed; what would not help is listed.",
    ),
    Cause.KEY_POLICY_NO_ALLOW: (
        "allow-gone",
        "Nothing in the key policy allows the caller, and no grant does.",
        "A refused call's message says that no resource-based policy allows it; or the policy in force allows nothing and the grants were given. Likely, without the grants, when the policy before allowed the call and the one in force does not.",
        "Allow the service principal or the role in the key policy, or create the grant.",
    ),
    Cause.IDENTITY_POLICY_EXPLICIT_DENY: (
        "identity-deny",
        "A Deny in a policy of the role or user matches.",
        "Only a record tells: the refused call's message, or the job's own when it passes that on.",
        "Change the role's policies.",
    ),
    Cause.IDENTITY_POLICY_NO_ALLOW: (
        "identity-no-allow",
        "The role's policies do not allow the action.",
        "Only a record tells: the refused call's message, or the job's own when it passes that on.",
        "Add the action to the role's policies.",
    ),
    Cause.SCP_DENY: (
        "policy-named",
        "A service control policy denies, or does not allow. It never applies to service principals.",
        "The refused call's message; newer ones name the policy's ARN, which is listed as evidence.",
        "Change the service control policy.",
    ),
    Cause.RCP_DENY: (
        "rcp",
        "A resource control policy of the key's organization denies.",
        "The refused call's message.",
        "Change the resource control policy.",
    ),
    Cause.PERMISSIONS_BOUNDARY_DENY: (
        "boundary",
        "The role's permissions boundary denies, or does not allow.",
        "The refused call's message.",
        "Widen the boundary.",
    ),
    Cause.SESSION_POLICY_DENY: (
        "session-policy",
        "The policy passed when the session was made denies, or does not allow.",
        "The refused call's message.",
        "Pass another session policy.",
    ),
    Cause.VPC_ENDPOINT_POLICY_DENY: (
        "vpc-endpoint",
        "The policy of the VPC endpoint that the call went through denies, or does not allow.",
        "The refused call's message.",
        "Change the endpoint policy.",
    ),
    Cause.GRANT_REVOKED: (
        "revoked-grant",
        "The grant that allowed the caller was revoked or retired between the jobs.",
        "A RevokeGrant or RetireGrant record between the jobs, under a policy that does not allow the caller by itself; whose grant it was stands in the CreateGrant record, when the export reaches back that far. Not when the caller still had another grant, or a new one before the job.",
        "Create the grant again.",
    ),
    Cause.GRANT_NOT_CREATED: (
        "create-grant",
        "CreateGrant was refused, and the record names no layer.",
        "The refused CreateGrant record.",
        "Allow kms:CreateGrant; which layer is missing has to be found.",
    ),
    Cause.KEY_DISABLED: (
        "innocent-deny",
        "The key was disabled while the job ran, whatever it is now.",
        "A DisableKey record with no EnableKey before the job, or a cancelled deletion, which leaves the key disabled; or a DisabledException that anybody got on the key. Today's describe-key is no proof: it makes it likely when the policy allows every caller that is missing, else possible.",
        "Enable the key.",
    ),
    Cause.KEY_PENDING_DELETION: (
        "pending-deletion",
        "The key was scheduled for deletion.",
        "A ScheduleKeyDeletion record; an error that says so; or today's describe-key with a DeletionDate so near that the deletion, 7 to 30 days ahead, was scheduled before the job.",
        "Cancel the deletion, then enable the key: a cancelled deletion leaves it disabled.",
    ),
    Cause.KEY_UNAVAILABLE: (
        "unavailable-store",
        "The key was in another state in which it cannot be used: its material is not imported, or its key store is not reachable.",
        "A KeyUnavailableException or KMSInvalidStateException; a record that the imported material expired or was deleted, or that the key store (named by describe-key) was disconnected; or today's describe-key.",
        "Import the material, or connect the key store.",
    ),
    Cause.KEY_NOT_FOUND: (
        "key-not-found",
        "There is no such key in this Region and account.",
        "A NotFoundException; or the record that KMS deleted the key.",
        "Correct the key that the vault or resource names.",
    ),
    Cause.AWS_MANAGED_KEY_NOT_SHAREABLE: (
        "managed-key",
        "A copy to another account meets an AWS managed key, which other accounts cannot use.",
        "describe-key says that AWS manages a key of the job, or a request of the job's role names alias/aws/…, and the copy's vaults are in two accounts.",
        "Encrypt with a customer managed key.",
    ),
    Cause.ENCRYPTION_CONTEXT_MISMATCH: (
        "wrong-context",
        "KMS refused the ciphertext, or a grant's constraint does not fit the encryption context.",
        "An InvalidCiphertextException or IncorrectKeyException; or the grant's constraints.",
        "Send the encryption context that was used to encrypt.",
    ),
    Cause.KMS_THROTTLED: (
        "throttled",
        "KMS throttled the job's calls.",
        "A ThrottlingException with no later try that worked; confirmed when the job's own message says so, only possible when the message speaks of the key.",
        "Raise the quota, or spread the jobs.",
    ),
    Cause.NOT_KMS: (
        "not-kms",
        "The job failed for something else, and its own message says so.",
        "The message speaks neither of KMS nor of a key (names of vaults and resources do not count), no call was refused for good, and KMS makes no difference, was never called, or its policy allows what is missing.",
        "See the job's message.",
    ),
}


def make_page() -> str:
    """Make the page."""
    parts = [HEAD]
    for cause, (incident, means, proof, helps) in TEXTS.items():
        parts.append(f"## {cause.value}\n\n{means}\n\n*Evidence:* {proof}\n\n*What helps:* {helps}\n")
        if incident:
            parts.append(f"```text\n{example(incident)}```\n")
    return "\n".join(parts)


def example(name: str) -> str:
    """Return the verdict, the cause and the remedies of an incident as the table shows them."""
    scene = Scene()
    CASES[name].make(scene)
    records = scene.finish().sorted()
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as place, mock.patch.dict(os.environ, {"COLUMNS": "100", "LC_ALL": "C.UTF-8"}):
        os.chdir(place)
        try:
            Path("export.json").write_text(as_trail_file(records), encoding="utf-8")
            for file, content in scene.files.items():
                Path(file).write_text(content, encoding="utf-8")
            asked = [] if "--job-id" in scene.options else ["--job-id", BAD]
            with redirect_stdout(io.StringIO()) as shown:
                run([*asked, "--events", "export.json", *scene.options])
        finally:
            os.chdir(before)
    verdict, *sections = shown.getvalue().split("\n\n")
    explained = next((section for section in sections if section.startswith("cause")), "")
    lines = explained.splitlines()
    return "\n".join([verdict, "", *(line for line in lines if not line.startswith("coverage"))]).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(make_page(), encoding="utf-8")
