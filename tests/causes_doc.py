"""docs/causes.md, made of what each family says of its causes and the output of the incident that shows it."""

import io
import os
import tempfile
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from unittest import mock

from incidents import CASES
from recording import as_trail_file
from scenes.stage import BAD, Scene

from trail_diff.cli import run
from trail_diff.diagnosis.hypotheses.registry import TEXTS
from trail_diff.model.codes import Cause
from trail_diff.render.phrases_en import ENGLISH

PAGE = Path(__file__).parent.parent / "docs" / "causes.md"
HEAD = """# Causes

What each cause means, what shows it, and what helps. Every cause that could explain what was seen is a hypothesis; rules
of evidence prove, support or refute each. A cause is *confirmed* when a record says so, or when the policy that a record
shows to have been in force refuses the very call that is missing; *likely* when it is the only one left that fits, or rests
on what is inferred, on a document of today or on a change made while the job ran; *possible* when a rival is open, which is
named beside it. `-v` shows what is ruled out, and JSON the whole weighing.

Three things are never held against anybody: an error that the job got past (the same call worked later), an error of a caller
that only happens to use the same key, and an error on another key while another job of the same role ran. A refused call of a
role or user of the account would be in the log; that one is missing is no sign of a refusal. Only a service principal's, or
another account's, refused call is logged elsewhere. A statement under which the same call worked, before or after, is cleared.
The examples are shortened to the cause and what helps.
"""
EXAMPLES: dict[Cause, str] = {
    Cause.KEY_POLICY_EXPLICIT_DENY: "second-deny",
    Cause.KEY_POLICY_NO_ALLOW: "allow-gone",
    Cause.IDENTITY_POLICY_EXPLICIT_DENY: "identity-deny",
    Cause.IDENTITY_POLICY_NO_ALLOW: "identity-no-allow",
    Cause.SCP_DENY: "policy-named",
    Cause.RCP_DENY: "rcp",
    Cause.PERMISSIONS_BOUNDARY_DENY: "boundary",
    Cause.SESSION_POLICY_DENY: "session-policy-no-allow",
    Cause.VPC_ENDPOINT_POLICY_DENY: "vpc-endpoint-no-allow",
    Cause.GRANT_REVOKED: "revoked-grant",
    Cause.GRANT_NOT_CREATED: "create-grant",
    Cause.KEY_DISABLED: "innocent-deny",
    Cause.KEY_PENDING_DELETION: "pending-deletion",
    Cause.KEY_UNAVAILABLE: "unavailable-store",
    Cause.KEY_NOT_FOUND: "key-not-found",
    Cause.AWS_MANAGED_KEY_NOT_SHAREABLE: "managed-key",
    Cause.ENCRYPTION_CONTEXT_MISMATCH: "wrong-context",
    Cause.KMS_THROTTLED: "throttled",
    Cause.NOT_KMS: "not-kms",
}


def make_page() -> str:
    """Make the page."""
    parts = [HEAD]
    for cause, incident in EXAMPLES.items():
        text = TEXTS[cause]
        helps = f"*What helps:* {text.helps}" + name_remedies(text.remedies)
        parts.append(f"## {cause.value}\n\n{text.means}\n\n*Evidence:* {text.evidence}\n\n{helps}\n")
        if incident:
            parts.append(f"```text\n{example(incident)}```\n")
    return "\n".join(parts)


def name_remedies(ids: Sequence[str]) -> str:
    """Return the paragraph that names the remedies of a cause, as the report and JSON have them; nothing without any."""
    named = [f"{ENGLISH.remedies[name]} (`{name}`)" for name in ids]
    return f"\n\n*Fixes:* {'; '.join(named)}." if named else ""


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
