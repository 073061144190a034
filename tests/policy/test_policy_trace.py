"""Tests what a decision tells of its statements and conditions."""

from typing import Any

from trail_diff.model.decisions import ConditionOutcome, StatementOutcome
from trail_diff.model.reasons import Reason
from trail_diff.policy import Domain, PolicySet, Request, evaluate, principal_from
from trail_diff.policy.request.domains import NEVER_THE_CUSTOMERS

ACCOUNT = "111122223333"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
USER = f"arn:aws:iam::{ACCOUNT}:user/Alice"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
SERVICE = "backup-storage.amazonaws.com"
INCIDENT = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "Enable", "Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"},
        {
            "Sid": "DenyOthers",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "kms:*",
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:PrincipalArn": USER}},
        },
    ],
}


def make_request(principal: str = SERVICE, **context: str | tuple[str, ...] | Domain) -> Request:
    """Make a request to decrypt; keyword names stand for keys of the prefix `aws:`."""
    keys = {f"aws:{name}": value for name, value in context.items()}
    return Request(principal_from(principal), "kms:Decrypt", KEY, keys)


def test_incident_is_denied_by_the_negated_operator_on_an_absent_key() -> None:
    """The original incident: the trace names the statement, the absent key and why the condition holds."""
    decision = evaluate(make_request(), PolicySet(key_policy=INCIDENT))

    condition = ConditionOutcome(
        "StringNotEquals", "aws:PrincipalArn", (USER,), None, "absent", "match", Reason.NEGATED_KEY_ABSENT
    )
    reasons = (Reason.PRINCIPAL_IS_ANYONE,)
    denying = StatementOutcome(2, "DenyOthers", "Deny", "match", (condition,), "key-policy", reasons)
    assert (decision.decision, decision.layer) == ("explicit-deny", "key-policy")
    assert decision.statements[1] == denying


def test_incident_is_denied_whatever_aws_sends_for_the_service() -> None:
    """A value that is no customer's ARN is shown as present, without a value, and differs."""
    decision = evaluate(make_request(PrincipalArn=NEVER_THE_CUSTOMERS), PolicySet(key_policy=INCIDENT))

    condition = decision.statements[1].conditions[0]
    assert decision.decision == "explicit-deny"
    assert (condition.state, condition.actual, condition.reason) == ("present", None, Reason.OPAQUE_VALUE_DIFFERS)


def test_statement_that_is_not_about_the_caller_has_no_conditions() -> None:
    """A statement for somebody else says so, and its conditions are left out."""
    decision = evaluate(make_request(), PolicySet(key_policy=INCIDENT))

    enable = StatementOutcome(1, "Enable", "Allow", "no-match", (), "key-policy", (Reason.PRINCIPAL_DIFFERS,))
    assert decision.statements[0] == enable


def test_indexes_count_through_all_policies_of_a_layer() -> None:
    """Two identity policies with a statement each have the indexes 1 and 2."""
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}
    policies = PolicySet.assuming_no_limits(INCIDENT, (), (policy, policy))

    decision = evaluate(make_request(USER, PrincipalArn=USER), policies)

    indexes = [statement.index for statement in decision.statements if statement.layer == "identity-policy"]
    assert (decision.decision, decision.layer, indexes) == ("allowed", "identity-policy", [1, 2])


def test_nothing_known_of_other_layers_leaves_an_allow_undetermined() -> None:
    """A set with only a key policy names each layer that might still deny."""
    allow = {"Statement": {"Effect": "Allow", "Principal": {"AWS": USER}, "Action": "kms:*", "Resource": "*"}}

    decision = evaluate(make_request(USER), PolicySet(key_policy=allow))

    assert decision.decision == "undetermined"
    assert set(decision.reasons) == {
        Reason.IDENTITY_POLICIES_NOT_GIVEN,
        Reason.PERMISSIONS_BOUNDARIES_NOT_GIVEN,
        Reason.SCPS_NOT_GIVEN,
        Reason.RCPS_NOT_GIVEN,
    }


def test_values_of_any_type_are_shown_as_text() -> None:
    """The expected values of a condition are text, whatever JSON had there."""
    condition: dict[str, Any] = {"StringEquals": {"aws:PrincipalTag/t": [True, 1, None, {"a": []}]}}
    deny = {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": condition}

    decision = evaluate(make_request(**{"PrincipalTag/t": "x"}), PolicySet(key_policy={"Statement": [deny]}))

    shown = decision.statements[0].conditions[0]
    assert shown.expected == ("true", "1", "null", "{…}")
    assert (shown.actual, shown.outcome, shown.reason) == ("x", "unknown", Reason.VALUE_FORM_DOUBTFUL)
