"""A small repository that has a gate: a template in YAML, the policy in force, and saved calls."""

import json
from datetime import UTC, datetime
from pathlib import Path

from recording import Recording, as_trail_file
from scenes.stage import ALLOW_STORAGE, policy

from trail_diff.inputs import Inputs
from trail_diff.key_usage import save_calls

MADE = Recording()
KEY = MADE.key_arn("vault")
TEMPLATE = "template.yaml"
_TEXT = """\
Resources:
  VaultKey:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: {AWS: !Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:root'}
            Action: kms:*
            Resource: '*'
          - Effect: Allow
            Principal: {Service: backup-storage.amazonaws.com}
            Action: kms:*
            Resource: '*'
          - Sid: DenyEveryoneElse
            Effect: Deny
            Principal: '*'
            Action: kms:Decrypt
            Resource: '*'
            Condition: {StringNotEquals: {'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/admin'}}
"""
DENY_LINE = 1 + next(number for number, line in enumerate(_TEXT.splitlines()) if "DenyEveryoneElse" in line)
TAKEN = datetime(2026, 3, 2, tzinfo=UTC)


def write_gate(folder: Path) -> None:
    """Write the repository's files: the saved calls have two of the storage service, of which the template breaks one."""
    made = Recording()
    storage = made.service("backup-storage.amazonaws.com")
    for action in ("Decrypt", "GenerateDataKey"):
        made.kms("2026-03-01T18:00:00Z", action, KEY, storage)
    export = folder / "export.json"
    export.write_text(as_trail_file(made.records), encoding="utf-8")
    saved, _, _ = save_calls(Inputs(events=(str(export),)), TAKEN)
    export.unlink()
    (folder / "calls.json").write_text(saved, encoding="utf-8")
    (folder / TEMPLATE).write_text(_TEXT, encoding="utf-8")
    (folder / "old.json").write_text(json.dumps(policy(MADE, ALLOW_STORAGE)), encoding="utf-8")
