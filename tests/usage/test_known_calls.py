"""A policy tried without events: on the calls that AWS is known to make, which are no evidence and never all needed."""

import json
from pathlib import Path
from typing import Any

import pytest
from making import ROLE
from tables import NAMES

from trail_diff.cli import run

DELEGATE = {"Effect": "Allow", "Principal": {"AWS": NAMES["ROOT"]}, "Action": "kms:*", "Resource": "*"}
KEY = ("--key", NAMES["KEY"])


def allow(service: str, *actions: str, **condition: Any) -> dict[str, Any]:
    """Return a statement that lets a service in."""
    statement = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": list(actions)}
    return {**statement, "Resource": "*", **({"Condition": condition} if condition else {})}


@pytest.mark.parametrize(
    ("service", "statements", "arguments", "status"),
    [
        ("cloudwatch", [allow("cloudwatch", "kms:Decrypt", "kms:GenerateDataKey*")], KEY, 0),
        ("cloudwatch", [allow("cloudwatch", "kms:Decrypt")], KEY, 1),
        ("cloudwatch", [], KEY, 1),
        ("cloudtrail", [allow("cloudtrail", "kms:GenerateDataKey")], KEY, 0),
        ("cloudtrail", [], KEY, 3),
        ("cloudtrail", [], (*KEY, "--role", ROLE), 0),
        ("sns", [], KEY, 3),
        ("sns", [allow("sqs", "kms:Decrypt", "kms:GenerateDataKey")], KEY, 3),
        ("sqs", [allow("sns", "kms:Decrypt", "kms:GenerateDataKey")], KEY, 0),
        ("sns", [allow("sns", "kms:Decrypt", "kms:GenerateDataKey")], KEY, 0),
        ("logs", [allow("logs.eu-west-1", "kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:Gen*")], (), 0),
        ("logs", [], (), 2),
        ("secretsmanager", [], KEY, 2),
        ("secretsmanager", [], (*KEY, "--role", ROLE), 0),
        ("storagegateway", [], KEY, 2),
    ],
)
def test_status_is_that_of_the_steps_that_the_policy_serves(
    tmp_path: Path, service: str, statements: list[Any], arguments: tuple[str, ...], status: int
) -> None:
    """A policy that serves a step passes, one that serves none does not, and without a call to try nothing passes."""
    document = {"Version": "2012-10-17", "Statement": [DELEGATE, *statements]}
    (tmp_path / "new.json").write_text(json.dumps(document), encoding="utf-8")

    assert run(["what-if", "--key-policy", str(tmp_path / "new.json"), "--service", service, *arguments]) == status


def test_grants_have_no_say_where_the_policy_lets_a_service_through(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the guide has the key policy allow is refused without it, whether or not the key's grants are known."""
    (tmp_path / "new.json").write_text(json.dumps({"Statement": [DELEGATE]}), encoding="utf-8")

    status = run(["what-if", "--key-policy", str(tmp_path / "new.json"), "--service", "budgets", *KEY])

    assert status == 1
    assert "would be refused: budgets.amazonaws.com kms:Decrypt" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [(), KEY])
def test_grants_tell_which_key_a_policy_is_tried_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    """The grants given count for a policy that is tried for no key in particular: theirs is the key."""
    alone = {"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "kms:*", "Resource": "*"}
    grant = {"KeyId": NAMES["KEY"], "GranteePrincipal": "backup-storage.amazonaws.com", "Operations": ["Decrypt"]}
    (tmp_path / "new.json").write_text(json.dumps({"Statement": [alone]}), encoding="utf-8")
    (tmp_path / "grants.json").write_text(json.dumps({"Grants": [grant]}), encoding="utf-8")
    files = ["--key-policy", str(tmp_path / "new.json"), "--grants", str(tmp_path / "grants.json")]

    run(["what-if", *files, "--resource-type", "EFS", *arguments, "--lang", "en"])

    out = " ".join(capsys.readouterr().out.split())
    assert "1 allowed" in out
    assert "not allowed: backup-storage.amazonaws.com kms:GenerateDataKey" in out


def test_calls_of_roles_that_are_left_out_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where calls of a role are left out the coverage says so, and no longer when the role is named."""
    (tmp_path / "new.json").write_text(json.dumps({"Statement": [DELEGATE]}), encoding="utf-8")
    asked = ["what-if", "--key-policy", str(tmp_path / "new.json"), "--service", "rds", *KEY]

    run(asked)
    without = capsys.readouterr().out
    run([*asked, "--role", ROLE])

    assert "were not tried" in " ".join(without.split())
    assert "were not tried" not in " ".join(capsys.readouterr().out.split())
