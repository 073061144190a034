"""Replaying observed calls against a policy before it is applied."""

import json
from pathlib import Path
from typing import Any

import pytest
from incidents import run_in
from making import make_events
from recording import Recording, as_trail_file
from scenes.stage import ADMIN_ONLY, ALLOW_STORAGE, SERVICES_EXEMPT, deny, policy

from trail_diff.errors import PolicyError
from trail_diff.model import WhatIfRow
from trail_diff.policy.document import policy_from
from trail_diff.what_if import Policies, Replayed, replay

MADE = Recording()
KEY, OTHER_KEY = MADE.key_arn("a"), MADE.key_arn("b")
STORAGE = MADE.service("backup-storage.amazonaws.com")
GRANTS = ({"GranteePrincipal": "backup-storage.amazonaws.com", "Operations": ["Decrypt"], "KeyId": KEY},)
OLD, NEW = policy(MADE, ALLOW_STORAGE), policy(MADE, deny(ADMIN_ONLY), ALLOW_STORAGE)


def outcomes(made: Recording, new: dict[str, Any], old: dict[str, Any] | None = None) -> dict[str, WhatIfRow]:
    """Replay a recording and give the row of each outcome."""
    policies = Policies(new, old, GRANTS)
    replayed = Replayed(policies)
    for event in make_events(made.records):
        replayed.add(event)
    return {row.outcome: row for row in replay(replayed.seen(), policies)}


def call(identity: dict[str, Any], **fields: Any) -> Recording:
    """Record one Decrypt call."""
    made = Recording()
    made.kms("2026-03-01T18:00:00Z", "Decrypt", KEY, identity, **fields)
    return made


def test_call_that_works_now_breaks() -> None:
    """A new Deny that hits the service is told before it is applied, with its statement."""
    row = outcomes(call(STORAGE), NEW, OLD)["breaks"]

    assert (row.old, row.new) == ("allowed", "explicit-deny")
    assert row.statement is not None
    assert row.statement.index == 2


def test_exempting_services_breaks_nothing() -> None:
    """The Deny with the exemption leaves the service alone."""
    assert set(outcomes(call(STORAGE), policy(MADE, deny(SERVICES_EXEMPT), ALLOW_STORAGE), OLD)) == {"unchanged"}


def test_refused_call_starts_to_work() -> None:
    """A call that was refused and would be allowed is a fix."""
    assert set(outcomes(call(STORAGE, errorCode="AccessDenied"), OLD)) == {"starts-to-work"}


def test_call_that_the_key_policy_allows_by_itself_goes_on() -> None:
    """A call that succeeded, and that the new policy allows directly, needs no identity policy to be known."""
    allow = {"Effect": "Allow", "Principal": {"AWS": MADE.role_arn("app")}, "Action": "kms:Decrypt", "Resource": "*"}

    assert set(outcomes(call(MADE.role("app", "s")), policy(MADE, allow))) == {"unchanged"}


def test_refused_call_stays_refused() -> None:
    """A call that was refused and still would be is no news, and is listed."""
    assert set(outcomes(call(MADE.role("app", "s"), errorCode="AccessDenied"), NEW)) == {"stays-denied"}


def test_success_against_the_old_policy_is_a_conflict() -> None:
    """A call that succeeded although the old policy refuses it shows that something is not understood."""
    assert set(outcomes(call(STORAGE), OLD, NEW)) == {"conflict"}


def test_unknown_key_is_named() -> None:
    """What cannot be decided names the key that would decide it."""
    made = call(MADE.role("app", "s"))

    row = outcomes(made, policy(MADE, deny({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}})))["undetermined"]

    assert row.unknown_keys == ("aws:principalorgid",)


def test_contexts_are_told_apart_only_when_a_policy_tests_them() -> None:
    """A thousand contexts are one request unless a condition looks at them."""
    made = Recording()
    for number in range(50):
        made.kms("2026-03-01T18:00:00Z", "Decrypt", KEY, STORAGE, {"aws:s3:arn": f"arn:aws:s3:::b/{number}"})
    tested = policy(MADE, deny({"StringEquals": {"kms:EncryptionContext:aws:s3:arn": "x"}}))
    plain, careful = (Replayed(Policies(new)) for new in (OLD, tested))

    for event in make_events(made.records):
        plain.add(event)
        careful.add(event)

    assert (len(plain.seen()), len(careful.seen())) == (1, 50)
    assert plain.seen()[0].calls == 50


def test_command_exits_1_when_something_breaks(tmp_path: Path) -> None:
    """The command line replays an export, and without one the calls that AWS Backup is known to make."""
    made = call(STORAGE)
    made.kms("2026-03-01T18:00:00Z", "Decrypt", OTHER_KEY, STORAGE)
    (tmp_path / "export.json").write_text(as_trail_file(made.records), encoding="utf-8")
    (tmp_path / "new.json").write_text(json.dumps({"Policy": json.dumps(NEW)}), encoding="utf-8")

    seen = run_in(
        tmp_path, ["what-if", "--key-policy", "new.json", "--events", "export.json", "--key", KEY.split("/")[1]]
    )
    known = run_in(tmp_path, ["what-if", "--key-policy", "new.json"])

    assert [row["outcome"] for row in seen["calls"]] == ["breaks"]
    assert "breaks" in {row["outcome"] for row in known["calls"]}
    assert not any(row["observed"] for row in known["calls"])


TERRAFORM = {
    "values": {
        "root_module": {
            "child_modules": [
                {"resources": [{"type": "aws_kms_key", "address": "m.k", "values": {"policy": json.dumps(NEW)}}]}
            ]
        }
    }
}
PLAN = {
    "resource_changes": [
        {"type": "aws_kms_key_policy", "address": "p", "change": {"after": {"policy": json.dumps(NEW)}}}
    ]
}
TEMPLATE = {"Resources": {"Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": NEW}}}}


@pytest.mark.parametrize("document", [TERRAFORM, PLAN, TEMPLATE], ids=["state", "plan", "template"])
def test_infrastructure_shapes_are_opened(document: dict[str, Any]) -> None:
    """A policy inside of Terraform's or CloudFormation's JSON is found."""
    assert policy_from(document) == NEW


def test_intrinsic_functions_are_refused_with_the_reason() -> None:
    """A template's policy that is not literal cannot be evaluated, which is said with the place."""
    template = {
        "Resources": {
            "Key": {
                "Type": "AWS::KMS::Key",
                "Properties": {
                    "KeyPolicy": {"Statement": [{"Effect": "Allow", "Principal": {"AWS": {"Fn::Sub": "x"}}}]}
                },
            }
        }
    }

    with pytest.raises(PolicyError) as caught:
        policy_from(template)
    assert "/Resources/Key/Properties/KeyPolicy" in caught.value.message
    assert "Fn::Sub" in caught.value.message


def test_several_policies_are_refused() -> None:
    """Which of two different policies is meant has to be said."""
    template = {
        "Resources": {
            name: {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": own}} for name, own in (("A", OLD), ("B", NEW))
        }
    }

    with pytest.raises(PolicyError):
        policy_from(template)
