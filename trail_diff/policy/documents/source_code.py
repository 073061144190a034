"""What is no document yet: source code and logs of infrastructure tools, and the command that makes one of it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

_TERRAFORM_PLAN = "terraform show -json plan.out > plan.json"
_OF_TEXT: Sequence[tuple[re.Pattern[bytes], str]] = (
    (
        re.compile(rb'\A\s*\{"@level":.*"type":\s*"', re.DOTALL),
        f"this is the log of a plan: terraform plan -out plan.out && {_TERRAFORM_PLAN}",
    ),
    (re.compile(rb"\APK\x03\x04"), f"this looks like a saved plan: {_TERRAFORM_PLAN}"),
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


def hint_for_text(content: bytes) -> str | None:
    """Return what to do with a text that is no document, if it is known what it is; the first match counts."""
    return next((hint for pattern, hint in _OF_TEXT if pattern.search(content)), None)


def hint_for_document(document: Mapping[str, Any]) -> str | None:
    """Return what to do with a document that has no key policy in it, if it is known what it is."""
    if "runtime" in document and "resources" in document:
        return "this is Pulumi's source: pulumi preview --json > preview.json"
    if "artifacts" in document and "version" in document:
        return "this is the manifest of CDK's output: give the template beside it, cdk.out/….template.json"
    if {"files", "dockerImages"} <= set(document):
        return "this is the list of CDK's assets: give the template beside it, cdk.out/….template.json"
    if "encrypted_data" in document:
        return "this is encrypted by OpenTofu: tofu show -json plan.out > plan.json"
    if "format_version" in document:
        return "it has no KMS key: give the plan or state of the configuration that the key is in"
    return None
