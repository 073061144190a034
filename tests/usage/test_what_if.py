"""Replaying observed calls against a policy before it is applied."""

import json
from pathlib import Path
from typing import Any

import pytest
from incidents import run_in
from making import make_events
from recording import Recording, as_trail_file
from scenes.stage import ADMIN_ONLY, ALLOW_STORAGE, SERVICES_EXEMPT, deny, policy

from trail_diff.cli import run
from trail_diff.errors import PolicyError, UsageError
from trail_diff.gather.fold import add_call
from trail_diff.model.what_if import WhatIfRow
from trail_diff.policy.documents.document import policy_from
from trail_diff.usage.known_calls import KnownCalls, expected_calls
from trail_diff.usage.requests import ObservedRequests
from trail_diff.usage.what_if import Policies, replay

MADE = Recording()
KEY, OTHER_KEY = MADE.key_arn("a"), MADE.key_arn("b")
STORAGE = MADE.service("backup-storage.amazonaws.com")
GRANTS = ({"GranteePrincipal": "backup-storage.amazonaws.com", "Operations": ["Decrypt"], "KeyId": KEY},)
ORGANIZATION = policy(MADE, deny({"StringEquals": {"aws:SourceOrgID": "o-1"}}), ALLOW_STORAGE)
OLD, NEW = policy(MADE, ALLOW_STORAGE), policy(MADE, deny(ADMIN_ONLY), ALLOW_STORAGE)


def outcomes(made: Recording, new: dict[str, Any], old: dict[str, Any] | None = None) -> dict[str, WhatIfRow]:
    """Replay a recording and give the row of each outcome."""
    policies = Policies(new, old, GRANTS)
    replayed = ObservedRequests([policies.new, policies.old, policies.grants])
    for event in make_events(made.records):
        add_call(replayed, event)
    return {row.outcome: row for row in replay(replayed.requests(), policies)}


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


BUCKET_MAY = {**ALLOW_STORAGE, "Sid": "Bucket", "Principal": {"Service": "s3.amazonaws.com"}}
QUEUE = MADE.service("sqs.amazonaws.com")
"""The service that a record names where a policy has to name the bucket's."""


@pytest.mark.parametrize(
    ("kept", "outcome"),
    [
        ((), "at-risk"),
        ((BUCKET_MAY,), "unchanged"),
        (({**BUCKET_MAY, "Sid": "Renamed"},), "unchanged"),
        (({**BUCKET_MAY, "Principal": {"Service": ["s3.amazonaws.com", "logs.amazonaws.com"]}},), "unchanged"),
        (({**BUCKET_MAY, "Principal": {"Service": "logs.amazonaws.com"}},), "at-risk"),
        (({**BUCKET_MAY, "Condition": {"StringEquals": {"aws:SourceAccount": "444455556666"}}},), "at-risk"),
        (({**BUCKET_MAY, "Action": "kms:GenerateDataKey"},), "at-risk"),
    ],
    ids=["gone", "kept", "renamed", "wider", "other-service", "other-condition", "other-action"],
)
def test_allow_that_may_have_let_a_call_in_is_missed(kept: tuple[dict[str, Any], ...], outcome: str) -> None:
    """Where the Allow that may be what a call worked by is gone or narrower, the call is at risk, else it is not."""
    made = call(QUEUE)

    assert set(outcomes(made, policy(MADE, *kept), policy(MADE, BUCKET_MAY))) == {outcome}


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


def test_call_refused_by_something_else_stays_refused() -> None:
    """A call that was refused although the old policy allows it does not start to work by the new one."""
    assert set(outcomes(call(STORAGE, errorCode="AccessDenied"), OLD, OLD)) == {"stays-denied"}


def test_call_that_no_statement_allows_breaks_whatever_a_deny_does() -> None:
    """An open Deny makes no risk of what breaks for want of an Allow: `--allow-at-risk` would let it pass."""
    made = Recording()
    made.kms("2026-03-01T18:00:00Z", "GenerateDataKey", KEY, STORAGE)
    new = policy(MADE, deny({"StringEquals": {"aws:SourceOrgID": "o-1"}}))

    assert outcomes(made, new, OLD)["breaks"].new == "undetermined"


@pytest.mark.parametrize(
    ("identity", "outcome"), [(STORAGE, "at-risk"), (MADE.role("app", "s"), "undetermined")], ids=["service", "role"]
)
def test_without_the_old_policy_a_call_that_only_grants_may_allow_is_at_risk(
    identity: dict[str, Any], outcome: str
) -> None:
    """Where grants are not known, a call without an Allow may break; a role's own policies may be what lets it in."""
    (event,) = make_events(call(identity).records)
    replayed = ObservedRequests([])
    add_call(replayed, event)

    (row,) = replay(replayed.requests(), Policies(policy(MADE)))

    assert (row.outcome, row.supply) == (outcome, ("--grants", "--old"))


def test_success_against_the_old_policy_is_a_conflict() -> None:
    """A call that succeeded although the old policy refuses it shows that something is not understood."""
    assert set(outcomes(call(STORAGE), OLD, NEW)) == {"conflict"}


def test_unknown_key_is_named() -> None:
    """What cannot be decided names the key that would decide it."""
    made = call(MADE.role("app", "s"))

    row = outcomes(made, policy(MADE, deny({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}})))["at-risk"]

    assert row.unknown_keys == ("aws:principalorgid",)


def test_key_that_is_unknown_under_both_policies_alike_changes_nothing() -> None:
    """The same open Deny in both policies leaves the call as it is; another open Deny does not."""
    made = call(MADE.role("app", "s"))
    old = policy(MADE, deny({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}))
    other = policy(MADE, deny({"StringNotEquals": {"aws:PrincipalOrgID": "o-2"}}))

    assert set(outcomes(made, old, old)) == {"unchanged"}
    assert set(outcomes(made, other, old)) == {"at-risk"}


@pytest.mark.parametrize(
    ("condition", "supply"),
    [
        ({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}, ("--grants", "--old", "--org-id")),
        ({"StringNotEquals": {"aws:PrincipalTag/team": "red"}}, ("--grants", "--old", "request-context")),
        ({"StringEquals": {"kms:EncryptionContext:a": "b"}}, ("--grants", "--old", "request-parameters")),
    ],
)
def test_undecided_call_says_how_to_supply_what_is_unknown(condition: dict[str, Any], supply: tuple[str, ...]) -> None:
    """Each unknown has the option, or the kind of export, that would tell it."""
    policies = Policies(policy(MADE, deny(condition)))
    replayed = ObservedRequests([policies.new, policies.old, policies.grants])
    made = call(MADE.role("app", "s"))
    made.records[0].update(requestParameters=None)
    for event in make_events(made.records):
        add_call(replayed, event)

    (row,) = replay(replayed.requests(), policies)

    assert row.outcome == "at-risk"
    assert row.supply == supply


def test_no_policy_changes_who_may_retire_a_grant() -> None:
    """RetireGrant goes on under any key policy, for a key policy has no say in it."""
    made = Recording()
    made.kms("2026-03-01T18:00:00Z", "RetireGrant", KEY, STORAGE)

    assert set(outcomes(made, NEW)) == {"unchanged"}
    assert set(outcomes(made, OLD, NEW)) == {"unchanged"}


def test_call_that_was_refused_under_the_old_policy_is_told_by_it() -> None:
    """A conflict names the statement of the old policy that is at odds with what happened."""
    row = outcomes(call(STORAGE), OLD, NEW)["conflict"]

    assert row.statement is not None
    assert row.statement.index == 2


@pytest.mark.parametrize(
    ("old", "new", "outcome"), [(NEW, NEW, "stays-denied"), (NEW, OLD, "starts-to-work"), (OLD, NEW, "breaks")]
)
def test_call_that_was_not_seen_is_judged_by_the_old_policy(
    old: dict[str, Any], new: dict[str, Any], outcome: str
) -> None:
    """Of the calls that AWS Backup is known to make, only those that the old policy lets through can break."""
    policies = Policies(new, old, GRANTS)

    rows = replay(list(expected_calls(KEY.split(":")[4], KEY)), policies)

    assert {row.outcome for row in rows if row.caller.name == "backup-storage.amazonaws.com"} == {outcome}


@pytest.mark.parametrize(
    ("condition", "first", "second"),
    [
        (
            {"StringEquals": {"aws:PrincipalTag/team": "red"}},
            {"eventContext": {"requestContext": {"aws:PrincipalTag/team": "blue"}}},
            {"eventContext": {"requestContext": {"aws:PrincipalTag/team": "red"}}},
        ),
        (
            {"ArnLike": {"aws:SourceArn": "arn:aws:backup:*:*:backup-vault:b"}},
            {"userIdentity": {**STORAGE, "inScopeOf": {"sourceArn": "arn:aws:backup:eu-west-1:1:backup-vault:a"}}},
            {"userIdentity": {**STORAGE, "inScopeOf": {"sourceArn": "arn:aws:backup:eu-west-1:1:backup-vault:b"}}},
        ),
    ],
    ids=["request context", "source"],
)
def test_requests_that_a_condition_tells_apart_are_judged_apart(
    condition: dict[str, Any], first: dict[str, Any], second: dict[str, Any]
) -> None:
    """Two calls of one caller that differ in a tested key do not share one decision."""
    made = Recording()
    for fields in (first, second):
        made.kms("2026-03-01T18:00:00Z", "Decrypt", KEY, STORAGE).update(fields)

    assert set(outcomes(made, policy(MADE, deny(condition), ALLOW_STORAGE), OLD)) == {"breaks", "unchanged"}


AFTER, BEFORE = "DateGreaterThan", "DateLessThan"


def at(operator: str, time: str, key: str = "aws:CurrentTime") -> dict[str, Any]:
    """Return a condition on the time of a request."""
    return {operator: {key: time}}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (deny(at(AFTER, "2026-03-01T19:00:00Z")), "at-risk"),
        (deny(at(AFTER, "2026-03-01")), "at-risk"),
        (deny(at(AFTER, "2026-02-01T00:00:00Z")), "breaks"),
        (deny(at(BEFORE, "2026-02-01T00:00:00Z")), "unchanged"),
        (deny(at(AFTER, "1900000000", "aws:EpochTime")), "at-risk"),
        (deny({**at(AFTER, "2026-05-01T00:00:00Z"), **at(BEFORE, "2026-06-01T00:00:00Z")}), "at-risk"),
    ],
)
def test_call_is_made_again_at_any_time_since(statement: dict[str, Any], expected: str) -> None:
    """A policy that tests the time is asked of the time that a call was made at and of all that comes after."""
    assert list(outcomes(call(STORAGE), policy(MADE, statement, ALLOW_STORAGE), OLD)) == [expected]


def test_sessions_are_judged_apart_when_a_policy_names_one() -> None:
    """A Deny for one session of a role does not hit its other sessions."""
    made = call(MADE.role("app", "one"))
    made.kms("2026-03-01T18:00:00Z", "Decrypt", KEY, MADE.role("app", "two"))
    allow = {"Effect": "Allow", "Principal": {"AWS": MADE.role_arn("app")}, "Action": "kms:*", "Resource": "*"}
    session = MADE.role("app", "two")["arn"]
    forbid = {"Effect": "Deny", "Principal": {"AWS": session}, "Action": "kms:*", "Resource": "*"}

    assert set(outcomes(made, policy(MADE, allow, forbid), policy(MADE, allow))) == {"breaks", "unchanged"}


def test_contexts_are_told_apart_only_when_a_policy_tests_them() -> None:
    """A thousand contexts are one request unless a condition looks at them."""
    made = Recording()
    for number in range(50):
        made.kms("2026-03-01T18:00:00Z", "Decrypt", KEY, STORAGE, {"aws:s3:arn": f"arn:aws:s3:::b/{number}"})
    tested = policy(MADE, deny({"StringEquals": {"kms:EncryptionContext:aws:s3:arn": "x"}}))
    plain, careful = (ObservedRequests([new]) for new in (OLD, tested))

    for event in make_events(made.records):
        add_call(plain, event)
        add_call(careful, event)

    assert (len(plain.requests()), len(careful.requests())) == (1, 50)
    assert plain.requests()[0].calls == 50


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

    assert [row["outcome"] for row in seen["calls"] if row["observed"]] == ["breaks"]
    assert "breaks" in {row["outcome"] for row in known["calls"]}
    assert not any(row["observed"] for row in known["calls"])


@pytest.mark.parametrize(
    ("new", "old", "plain", "strict"), [(OLD, OLD, 0, 0), (OLD, NEW, 0, 1), (ORGANIZATION, OLD, 1, 1), (NEW, OLD, 1, 1)]
)
def test_exit_status_is_that_of_the_worst_row(
    tmp_path: Path, new: dict[str, Any], old: dict[str, Any], plain: int, strict: int
) -> None:
    """What breaks or is at risk exits with 1; what contradicts the old policy, only when asked for."""
    made = call(STORAGE)
    made.kms("2026-03-01T18:00:00Z", "DescribeKey", KEY, MADE.role("app", "s"), errorCode="ThrottlingException")
    (tmp_path / "export.json").write_text(as_trail_file(made.records), encoding="utf-8")
    for name, document in (("new", new), ("old", old)):
        (tmp_path / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    files = [str(tmp_path / name) for name in ("new.json", "old.json", "export.json")]
    arguments = ["what-if", "--key-policy", files[0], "--old", files[1], "--events", files[2], "--no-progress"]

    assert [run(arguments), run([*arguments, "--fail-on-undetermined"])] == [plain, strict]


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


def test_several_policies_are_refused() -> None:
    """Which of two different policies is meant has to be said."""
    template = {
        "Resources": {
            name: {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": own}} for name, own in (("A", OLD), ("B", NEW))
        }
    }

    with pytest.raises(PolicyError):
        policy_from(template)


@pytest.mark.parametrize(
    ("service", "principal"),
    [
        ("logs", "logs.eu-west-1.amazonaws.com"),
        ("cloudtrail", "cloudtrail.amazonaws.com"),
        ("autoscaling", "AWSServiceRoleForAutoScaling"),
    ],
)
def test_calls_of_another_service_are_known(service: str, principal: str) -> None:
    """A policy that forbids what a service is known to call breaks it; the regional name is that of the key's Region."""
    key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    deny = {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}
    allow = {**deny, "Effect": "Allow"}
    policies = Policies({"Statement": [allow, deny]}, {"Statement": [allow]}, ())

    rows = replay(list(expected_calls("111122223333", key, KnownCalls(service))), policies)

    assert {row.outcome for row in rows if row.caller.name == principal} == {"breaks"}
    assert not any(row.observed for row in rows)


def test_known_call_of_the_infrastructure_role_is_its_session() -> None:
    """The session that attaches a volume has the whole name of its role, colon and all, as a grant names it."""
    session = "arn:aws:sts::111122223333:assumed-role/aws:ec2-infrastructure/i-0"

    assert session in {one.event.caller.arn for one in expected_calls("111122223333", KEY, KnownCalls("ec2"))}


@pytest.mark.parametrize(("service", "resource_type"), [("nosuch", None), ("backup", "nosuch")])
def test_service_that_is_not_known_is_refused(service: str, resource_type: str | None) -> None:
    """A service or resource type without call profiles cannot be tried, which is said with those that can."""
    with pytest.raises(UsageError) as raised:
        list(expected_calls("111122223333", KEY, KnownCalls(service, resource_type)))

    assert "nosuch" in raised.value.message
    assert raised.value.hint
