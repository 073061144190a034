"""The events that profiles make: each row that names its caller is decided by a policy as its caller, and diagnosed so."""

from collections.abc import Iterator
from typing import Any

import pytest
from making import ACCOUNT, REGION, ROLE, TABLE, VAULT, make_job, moment
from msgspec import structs
from scenes.stage import VAGUE
from tables import build_case

from trail_diff.arns import last_name
from trail_diff.case.comparison import build_comparison
from trail_diff.case.gathered import Gathered
from trail_diff.model.codes import CallerKind, Cause, KeyRole
from trail_diff.model.learnt import Event, Facts, JobKey, Window
from trail_diff.model.report import Report
from trail_diff.pipeline import analyse
from trail_diff.policy import PolicySet, compile_policies, decide
from trail_diff.policy.request.context import build_request
from trail_diff.profiles.catalogue import call_profiles
from trail_diff.profiles.expected import Setting, expected_calls, make_calls
from trail_diff.profiles.interface import CallProfile
from trail_diff.read.interface import Tally
from trail_diff.usage.requests import ObservedRequest
from trail_diff.usage.what_if import Policies, replay

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


RUN = Window(moment("2026-01-01T00:00:00Z"), moment("2026-01-01T01:00:00Z"))
ROWS = [profile for profile in CALLABLE if set(profile.actions) != {"kms:RetireGrant"}]
"""The rows that a key policy has a say in; it has none in the retiring of a grant."""
OTHERS = {"Sid": "Others", "Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::111122223333:role/other"}}


def calls_of(profile: CallProfile) -> Iterator[Event]:
    """Yield the calls of a row that a key policy has a say in."""
    return (one for one in make_calls(profile, SETTING) if one.accesses[0].action != "kms:RetireGrant")


def policy_for(profile: CallProfile, effect: str, sid: str) -> dict[str, Any]:
    """Return a statement for just the row's caller and actions."""
    event = next(calls_of(profile))
    return {"Sid": sid, "Effect": effect, "Principal": principal_of(event), "Action": list(profile.actions)}


def make_policy(*statements: dict[str, Any]) -> dict[str, Any]:
    """Return a key policy for every resource."""
    everything = {"Action": "kms:*", "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [{**everything, **statement} for statement in statements]}


def refused(profile: CallProfile, policy: dict[str, Any]) -> Report:
    """Diagnose one run in which every call of a row was refused, under a policy."""
    events = tuple(structs.replace(event, error_code="AccessDenied") for event in calls_of(profile))
    gathered = Gathered(events, (), Tally(), ())
    facts = Facts(key_policy=policy, policy_source="policy.json", grants=())
    return analyse(build_comparison(gathered, None, (RUN, None), [KEY], facts))


@pytest.mark.parametrize("profile", ROWS, ids=lambda profile: profile.id)
def test_deny_of_a_row_is_found(profile: CallProfile) -> None:
    """The one Deny for the row's caller and actions is the first finding, for each of its calls."""
    policy = make_policy(OTHERS, policy_for(profile, "Allow", "Use"), policy_for(profile, "Deny", "Guilty"))

    report = refused(profile, policy)

    found = [one for one in report.findings if one.cause is Cause.KEY_POLICY_EXPLICIT_DENY]
    assert report.findings[0] == found[0]
    assert {one.statement.sid for one in found if one.statement} == {"Guilty"}
    assert {one.action for one in found} == {event.accesses[0].action for event in calls_of(profile)}


@pytest.mark.parametrize("profile", ROWS, ids=lambda profile: profile.id)
def test_missing_allow_of_a_row_is_found(profile: CallProfile) -> None:
    """Where nothing allows the row's caller, that is the first finding, for each of its calls."""
    admin = {"Sid": "Admin", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/key-admin"}}

    report = refused(profile, make_policy(admin, OTHERS))

    found = [one for one in report.findings if one.cause is Cause.KEY_POLICY_NO_ALLOW]
    assert report.findings[0] == found[0]
    assert {one.action for one in found} == {event.accesses[0].action for event in calls_of(profile)}


@pytest.mark.parametrize("profile", ROWS, ids=lambda profile: profile.id)
def test_allow_of_a_row_is_not_blamed(profile: CallProfile) -> None:
    """A policy that allows the row's caller and actions is blamed for none of its calls, nor is a Deny for others."""
    report = refused(profile, make_policy(OTHERS, policy_for(profile, "Allow", "Use")))

    of_the_policy = {Cause.KEY_POLICY_EXPLICIT_DENY, Cause.KEY_POLICY_NO_ALLOW}
    assert not [one for one in report.findings if one.cause in of_the_policy]


@pytest.mark.parametrize("profile", ROWS, ids=lambda profile: profile.id)
def test_what_if_tells_the_policies_of_a_row_apart(profile: CallProfile) -> None:
    """Without events, a policy that forbids the row refuses each of its calls, and one that allows it none."""
    requests = [ObservedRequest(event, event.accesses[0], observed=False) for event in calls_of(profile)]
    allow, deny = policy_for(profile, "Allow", "Use"), policy_for(profile, "Deny", "Guilty")
    good, bad = make_policy(OTHERS, allow), make_policy(OTHERS, allow, deny)

    forbidden = replay(requests, Policies(bad, good, ()))
    allowed = replay(requests, Policies(good, good, ()))

    assert {row.outcome for row in forbidden} == {"breaks"}
    assert {row.statement.sid for row in forbidden if row.statement} == {"Guilty"}
    assert {(row.outcome, row.new) for row in allowed} <= {("unchanged", "allowed"), ("unchanged", "undetermined")}


ABSENT = [
    (profile, task)
    for profile in ROWS
    for task in ("backup", "copy", "restore")
    if profile.service == "backup" and task in profile.task and profile.caller.identity == "service-principal"
    if profile.only_with is None and {"vault", "resource"} & set(profile.keys)
]
"""The steps of AWS Backup whose refusal no trail of the customer has: only their absence tells of it."""


def absent(profile: CallProfile, kind: str, policy: dict[str, Any]) -> Report:
    """Diagnose a job that failed over its key, without a succeeded one, and none of whose calls is recorded."""
    part: KeyRole = "vault" if "vault" in profile.keys else "resource"
    about = {"key": KEY, "keys": [KEY], "key_roles": (JobKey(part, KEY, "descriptor"),), "source_vault": VAULT}
    job = {**about, "kind": kind, "resource_type": next(iter(profile.resource_types), "EFS"), "message": VAGUE}
    case = build_case({"failed": job, "succeeded": None})
    facts = Facts(key_policy=policy, policy_source="policy.json", grants=())
    expected = tuple(one for one in expected_calls(case.failed.job) if one.profile == profile.id)
    assert expected
    return analyse(structs.replace(case, expected=expected, facts=facts))


@pytest.mark.parametrize(("profile", "kind"), ABSENT, ids=[f"{profile.id}-{kind}" for profile, kind in ABSENT])
def test_row_takes_the_place_of_a_baseline(profile: CallProfile, kind: str) -> None:
    """A Deny for the row is found in a job that recorded nothing, as likely at most; an Allow for it is not blamed."""
    allow, deny = policy_for(profile, "Allow", "Use"), policy_for(profile, "Deny", "Guilty")

    forbidden = absent(profile, kind, make_policy(OTHERS, allow, deny))
    allowed = absent(profile, kind, make_policy(OTHERS, allow))

    assert forbidden.verdict.cause is Cause.KEY_POLICY_EXPLICIT_DENY
    assert forbidden.verdict.confidence == "likely"
    assert {one.statement.sid for one in forbidden.findings if one.statement} == {"Guilty"}
    assert allowed.verdict.cause is None


@pytest.mark.parametrize("key", ["aws:SourceAccount", "aws:SourceArn"])
def test_condition_on_a_source_that_is_not_sent_keeps_a_row_out(key: str) -> None:
    """Where AWS's text says that a service sends no source, no value of one lets it in; without the condition it is."""
    (profile,) = (one for one in CALLABLE if one.id == "N3")
    allow: dict[str, Any] = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "kms:*"}
    event = next(make_calls(profile, SETTING))

    assert decide_by(event, allow) == "allowed"
    assert decide_by(event, {**allow, "Condition": {"StringLike": {key: "*"}}}) == "implicit-deny"
