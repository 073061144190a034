"""The events that profiles make: each row that names its caller is decided by a policy as its caller."""

from typing import Any

import pytest
from making import ACCOUNT, REGION, ROLE, TABLE, VAULT, make_job

from trail_diff.arns import last_name
from trail_diff.model.codes import CallerKind
from trail_diff.model.learnt import Event, JobKey
from trail_diff.policy import PolicySet, compile_policies, decide
from trail_diff.policy.request.context import build_request
from trail_diff.profiles.catalogue import call_profiles
from trail_diff.profiles.expected import Setting, expected_calls, make_calls
from trail_diff.profiles.interface import CallProfile

KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
SETTING = Setting(ACCOUNT, KEY, ROLE, VAULT, TABLE)
CALLABLE = [profile for profile in call_profiles().profiles if list(make_calls(profile, SETTING))]


def principal_of(event: Event) -> dict[str, str]:
    """Return the Principal element that a key policy names this caller by."""
    if event.caller.kind is CallerKind.SERVICE_PRINCIPAL:
        return {"Service": event.caller.name or ""}
    return {"AWS": event.caller.role_arn or ""}


def decide_by(event: Event, *statements: dict[str, Any]) -> str:
    """Decide a call by a key policy with these statements and no grants."""
    policy = {"Statement": [{"Resource": "*", **statement} for statement in statements]}
    policies = compile_policies(PolicySet.assuming_no_limits(policy, (), ()))
    return decide(build_request(event, event.accesses[0]), policies)


def test_most_rows_can_be_made() -> None:
    """Only rows whose caller or actions are not known make no calls."""
    silent = {profile.id for profile in call_profiles().profiles} - {profile.id for profile in CALLABLE}

    unknown = {
        profile.id
        for profile in call_profiles().profiles
        if profile.caller.identity == "unknown" or not profile.actions
    }
    assert silent == unknown


@pytest.mark.parametrize("profile", CALLABLE, ids=lambda profile: profile.id)
def test_policy_that_forbids_a_row_is_found(profile: CallProfile) -> None:
    """A Deny for all but an administrator hits every call of the row, whoever makes it."""
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "kms:*",
        "Condition": {"StringNotEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/key-admin"}},
    }
    allow = {"Effect": "Allow", "Principal": "*", "Action": "kms:*"}

    # No key policy has a say in the retiring of a grant.
    events = [one for one in make_calls(profile, SETTING) if one.accesses[0].action != "kms:RetireGrant"]

    assert {decide_by(event, allow, deny) for event in events} <= {"explicit-deny"}


@pytest.mark.parametrize("profile", CALLABLE, ids=lambda profile: profile.id)
def test_policy_that_allows_a_row_is_not_blamed(profile: CallProfile) -> None:
    """An Allow for the row's caller and actions lets every call of the row through, beside a Deny for others."""
    other = {"Effect": "Deny", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/other"}, "Action": "kms:*"}

    for event in make_calls(profile, SETTING):
        allow = {"Effect": "Allow", "Principal": principal_of(event), "Action": list(profile.actions)}
        if event.accesses[0].action != "kms:RetireGrant":
            assert decide_by(event, allow, other) == "allowed"


def test_calls_of_a_job_are_on_its_own_keys() -> None:
    """The storage service calls on the vault's key, the role on the table's; a key that is not known has no calls."""
    other = KEY.replace("1234abcd-", "9999abcd-")
    roles = (JobKey("vault", KEY, "descriptor"), JobKey("resource", other, "encryption-context"))

    both = list(expected_calls(make_job(key_roles=roles)))
    only_resource = list(expected_calls(make_job(key_roles=roles[1:])))

    storage = [one for one in both if one.event.caller.name == "backup-storage.amazonaws.com"]
    assert {(one.action, one.key) for one in storage} == {("kms:Decrypt", KEY), ("kms:GenerateDataKey", KEY)}
    assert {one.grade for one in storage} == {"documented"}
    assert all(one.event.in_scope_of == {"sourceArn": VAULT, "sourceAccount": ACCOUNT} for one in storage)
    by_role = [one for one in both if one.event.caller.role_arn == ROLE]
    assert {one.key for one in by_role} == {other}
    assert {one.event.caller.kind for one in by_role if one.profile == "B3"} == {CallerKind.FORWARD_ACCESS_SESSION}
    assert "backup-storage.amazonaws.com" not in {one.event.caller.name for one in only_resource}


def test_value_that_is_not_documented_makes_the_context_unknown() -> None:
    """The vault's context has a value of unknown form, so nothing is said of it; the table's is known."""
    roles = (JobKey("vault", KEY, "descriptor"), JobKey("resource", KEY, "encryption-context"))

    contexts = {one.profile: one.event.encryption_context for one in expected_calls(make_job(key_roles=roles))}

    assert contexts["B2"] == {}
    assert contexts["B3"] == {"aws:dynamodb:tableName": last_name(TABLE), "aws:dynamodb:subscriberId": ACCOUNT}
