"""The gate on plans that Terraform itself printed; `make test-terraform` makes them anew."""

from pathlib import Path

import pytest
from incidents import run_in
from recording import Recording, as_trail_file
from terraform.plans import MODULES

from trail_diff.cli import run

KEY = "arn:aws:kms:eu-west-1:111122223333:key/1b351e9a-dadf-9a8d-cf69-d9e1500ab53a"
OTHER = KEY[:-1] + "b"
EXPECTED = {
    "changed-policy": (1, {"aws_kms_key.vault": None}),
    "data-source": (1, {"aws_kms_key.vault": None}),
    "destroyed": (1, {"aws_kms_key.vault": "key-is-deleted"}),
    "exempted": (0, {"aws_kms_key.vault": None}),
    "for-each": (1, {'aws_kms_key.vault["dev"]': "policy-unchanged", 'aws_kms_key.vault["prod"]': None}),
    "known-after-apply": (1, {"aws_kms_key.vault": None}),
    "made-of-a-new-role": (3, {"aws_kms_key.vault": "policy-known-after-apply"}),
    "module": (1, {"module.kms.aws_kms_key.second": "key-is-new", "module.kms.aws_kms_key.this": None}),
    "moved": (1, {"aws_kms_key.vault": None}),
    "new-key": (1, {"aws_kms_key.vault": "key-is-new"}),
    "other-key": (
        3,
        {
            "aws_fsx_lustre_file_system.scratch": "key-of-resource-changes",
            "aws_kinesis_stream.orders": "key-of-resource-changes",
            "aws_kms_key.new": "key-is-new",
            "aws_kms_key.old": "policy-unchanged",
            "aws_s3_bucket_server_side_encryption_configuration.exports": "key-of-resource-changes",
        },
    ),
    "policies-beside": (
        1,
        {
            "aws_iam_role_policy.new": "other-policy-not-tried",
            "aws_iam_role_policy.reads": "other-policy-changes",
            "aws_iam_role_policy_attachment.quarantine": "other-policy-changes",
            "aws_kms_key.vault": "policy-unchanged",
        },
    ),
    "policy-resource": (1, {"aws_kms_key.vault": None}),
    "policy-resource-removed": (1, {"aws_kms_key.vault": "policy-is-default"}),
    "two-keys": (1, {"aws_kms_key.table": "policy-unchanged", "aws_kms_key.vault": None}),
}


@pytest.mark.parametrize("module", MODULES, ids=[module.name for module in MODULES])
def test_gate_reads_what_terraform_prints(module: Path, tmp_path: Path) -> None:
    """Each plan has its exit status, with names or without, and each of its keys the reason why it was not tried, if any."""
    made = Recording()
    for key in (KEY, OTHER):
        made.kms("2026-03-01T18:00:00Z", "Decrypt", key, made.service("backup-storage.amazonaws.com"))
    if module.name == "policies-beside":
        made.kms("2026-03-01T18:00:00Z", "Decrypt", KEY, made.role("app", "s"))
    (tmp_path / "export.json").write_text(as_trail_file(made.records), encoding="utf-8")
    arguments = ["what-if", "--plan", str(module / "plan.json"), "--events", str(tmp_path / "export.json")]
    status, keys = EXPECTED[module.name]

    report = run_in(tmp_path, arguments)

    assert {key["address"]: key["reason"] for key in report["keys"]} == keys
    assert run([*arguments, "--no-progress"]) == status
    assert run([*arguments, "--no-progress", "--redact"]) == status
