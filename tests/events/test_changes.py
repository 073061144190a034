"""Which events belong to the history of a case."""

import pytest
from making import ROLE, VAULT, make_event, make_job
from recording import Recording

from trail_diff.events.changes import select_changes

MADE = Recording()
KEY, OTHER = MADE.key_arn("vault"), MADE.key_arn("other")
TIME = "2026-03-02T09:00:00Z"


def is_selected(source: str, name: str, **parameters: str) -> bool:
    """Check whether a change belongs to a case of one job and key."""
    made = Recording()
    record = made.add(TIME, f"{source}.amazonaws.com", name, made.user("ops"), requestParameters=parameters)

    return bool(select_changes([make_event(record)], [KEY], [make_job()]))


@pytest.mark.parametrize(
    ("source", "name", "parameters", "wanted"),
    [
        ("kms", "DisableKey", {"keyId": KEY}, True),
        ("kms", "DisableKey", {"keyId": OTHER}, False),
        ("kms", "UpdateAlias", {"aliasName": "alias/backup", "targetKeyId": OTHER}, True),
        ("iam", "DetachRolePolicy", {"roleName": ROLE.rsplit("/", 1)[-1]}, True),
        ("iam", "DetachRolePolicy", {"roleName": "somebody-else"}, False),
        ("iam", "CreatePolicyVersion", {"policyArn": "arn:aws:iam::111122223333:policy/p"}, True),
        ("backup", "PutBackupVaultAccessPolicy", {"backupVaultName": VAULT.rsplit(":", 1)[-1]}, True),
        ("backup", "PutBackupVaultAccessPolicy", {"backupVaultName": "other-vault"}, False),
        ("cloudtrail", "PutEventSelectors", {}, True),
        ("ec2", "CreateTags", {}, False),
    ],
)
def test_change_is_of_the_case_or_of_somebody_else(
    source: str, name: str, parameters: dict[str, str], *, wanted: bool
) -> None:
    """Changes of the keys, vaults and roles in question are kept, and those that do not tell what they are about."""
    assert is_selected(source, name, **parameters) is wanted
