"""Recognizes what is not a document yet (source code, logs), and names the command that makes one of it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

_TERRAFORM_PLAN = "terraform show -json plan.out > plan.json"
_OF_TEXT: Sequence[tuple[re.Pattern[bytes], str]] = (
    (re.compile(rb"\A\s*\Z"), "it is empty: run the command that wrote it again, and read what it says"),
    (re.compile(rb"An error occurred \(\w+\)"), "this is an error of AWS: solve it, and run the command again"),
    (re.compile(rb"\A\s*<(?:!doctype )?html", re.IGNORECASE), "this is a web page: save the document itself"),
    (re.compile(rb"\A(?:\x89PNG|\xff\xd8\xff|GIF8|%PDF)"), "this is an image or a PDF: give the text itself"),
    (
        re.compile(rb'\A\s*\{"@level":.*"type":\s*"', re.DOTALL),
        f"this is the log of a plan: terraform plan -out plan.out && {_TERRAFORM_PLAN}",
    ),
    (re.compile(rb"\APK\x03\x04.*tfplan", re.DOTALL), f"this looks like a saved plan: {_TERRAFORM_PLAN}"),
    (
        re.compile(rb"\APK\x03\x04|\A\x1f\x8b"),
        "this is an archive of several files, or damaged: give the one in question",
    ),
    (
        re.compile(rb"^(?:Terraform|OpenTofu) (?:will perform|used the selected providers)", re.MULTILINE),
        f"this is a plan for people: terraform plan -out plan.out && {_TERRAFORM_PLAN}",
    ),
    (
        re.compile(
            rb'^\s*(?:resource|data|module|variable)\s+"|^\s*(?:terraform|locals|inputs)\s*=?\s*\{', re.MULTILINE
        ),
        f"this is Terraform code: terraform plan -out plan.out && {_TERRAFORM_PLAN}",
    ),
    (
        re.compile(rb"^\s*(?:import|from|const|export)\s.*(?:aws-cdk|aws_cdk)", re.MULTILINE),
        "this is program code: cdk synth --json > template.json",
    ),
    (
        re.compile(rb"^\s*(?:import|from|const|export)\s.*(?:@pulumi|pulumi_aws|pulumi)", re.MULTILINE),
        "this is program code: pulumi preview --json > preview.json",
    ),
    (
        re.compile(rb"^\s*(?:import|from|const|export)\s.*\bcdktf\b", re.MULTILINE),
        "this is program code: cdktf synth, then give cdktf.out/stacks/…/cdk.tf.json, or a plan of it",
    ),
)


_OF_DOCUMENT: Sequence[tuple[set[str], str]] = (
    ({"runtime", "resources"}, "this is Pulumi's source: pulumi preview --json > preview.json"),
    (
        {"artifacts", "version"},
        "this is the manifest of CDK's output: give the template beside it, cdk.out/….template.json",
    ),
    (
        {"files", "dockerImages"},
        "this is the list of CDK's assets: give the template beside it, cdk.out/….template.json",
    ),
    (
        {"service", "provider"},
        "this is the Serverless Framework's source: serverless package, then give the template in .serverless/",
    ),
    ({"encrypted_data"}, "this is encrypted by OpenTofu: tofu show -json plan.out > plan.json"),
    ({"format_version"}, "it has no KMS key: give the plan or state of the configuration that the key is in"),
)
"""What members a document has that is none of those that are read, and what to do with it; the first match counts."""


def hint_for_text(content: bytes) -> str | None:
    """Return what to do with a text that is no document, if it is known what it is; the first match counts."""
    return next((hint for pattern, hint in _OF_TEXT if pattern.search(content)), None)


def hint_for_document(document: Mapping[str, Any]) -> str | None:
    """Return what to do with a document that has no key policy in it, if it is known what it is."""
    return next((hint for names, hint in _OF_DOCUMENT if names <= set(document)), None)
