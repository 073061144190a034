"""Values of a policy that are known only after it is applied: they rule out, and never confirm."""

from typing import Any

import pytest

from trail_diff.policy import PolicySet, Request, evaluate, principal_from
from trail_diff.policy.documents.unresolved import unresolved

ROLE = "arn:aws:iam::111122223333:role/app"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1b351e9a-dadf-9a8d-cf69-d9e1500ab53a"
ACCOUNT, WHOLE = unresolved("AWS::AccountId"), unresolved("aws_iam_role.app.arn")
DENY = {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}


def unless(*arns: str) -> dict[str, Any]:
    """Return the Condition of a Deny that spares some ARNs."""
    return {"Condition": {"StringNotEquals": {"aws:PrincipalArn": list(arns)}}}


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        (unless(WHOLE), "unknown"),
        (unless(f"arn:aws:iam::{ACCOUNT}:role/app"), "unknown"),
        (unless(f"arn:aws:iam::{ACCOUNT}:role/other"), "match"),
        (unless(WHOLE, ROLE), "no-match"),
        ({"Principal": {"AWS": WHOLE}}, "unknown"),
        ({"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/app"}}, "unknown"),
        ({"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/other"}}, "no-match"),
        ({"Principal": {"AWS": [WHOLE, ROLE]}}, "match"),
        ({"Principal": {"Service": WHOLE}}, "no-match"),
        ({"Action": f"kms:{unresolved('action')}"}, "unknown"),
        ({"Action": f"s3:{unresolved('action')}"}, "no-match"),
        ({"Resource": f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/*"}, "unknown"),
        ({"Resource": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/*"}, "no-match"),
    ],
)
def test_unknown_part_may_be_anything(changed: dict[str, Any], outcome: str) -> None:
    """What is known of a value can rule a match out; what is not known leaves it open."""
    request = Request(principal_from(ROLE), "kms:Decrypt", KEY, {"aws:PrincipalArn": ROLE})

    decision = evaluate(request, PolicySet.assuming_no_limits({"Version": "2012-10-17", "Statement": [DENY | changed]}))

    assert [one.outcome for one in decision.statements] == [outcome]


def test_unknown_value_is_shown_by_its_expression() -> None:
    """A condition's expected values name the expression that makes one, in angle brackets."""
    request = Request(principal_from(ROLE), "kms:Decrypt", KEY, {"aws:PrincipalArn": ROLE})

    decision = evaluate(request, PolicySet.assuming_no_limits({"Statement": [DENY | unless(WHOLE)]}))

    assert decision.statements[0].conditions[0].expected == ("<aws_iam_role.app.arn>",)
