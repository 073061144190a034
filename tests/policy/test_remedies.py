"""What is proposed for a Deny that hits, or an Allow that is missing: `remedies.json` has a situation in each case."""

import json
from pathlib import Path
from typing import Any

import pytest
from examples import examples
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from msgspec import structs

from trail_diff.model.codes import CallerKind
from trail_diff.model.learnt import Caller
from trail_diff.model.report import Remedy
from trail_diff.policy import (
    PolicySet,
    Principal,
    PrincipalKind,
    Request,
    compile_policies,
    decide,
    principal_from,
)
from trail_diff.policy.remedies.patches import Draft, apply_patch
from trail_diff.policy.remedies.remedy import find_remedies
from trail_diff.policy.remedies.situation import ObservedCall, Situation
from trail_diff.policy.request.domains import ABSENT, IS_UNKNOWN, NEVER_THE_CUSTOMERS, Domain

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "cases" / "remedies.json").read_text(encoding="utf-8")
)
ACCOUNT = "111122223333"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
NAMES = {
    "ACCOUNT": ACCOUNT,
    "ROOT": f"arn:aws:iam::{ACCOUNT}:root",
    "ADMIN": f"arn:aws:iam::{ACCOUNT}:user/admin",
    "BACKUP_ROLE": f"arn:aws:iam::{ACCOUNT}:role/service-role/Backup",
    "LINKED_ROLE": f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup",
    "SERVICE": "backup-storage.amazonaws.com",
}
TEMPTING = {"add-backup-role", "add-session-arn", "allow-role-everything", "via-aws-service", "if-exists-operator"}
Statement = dict[str, Any]


def named(value: Any) -> Any:
    """Put full names in the place of the short ones of a case."""
    match value:
        case dict():
            return {key: named(inner) for key, inner in value.items()}
        case list():
            return [named(inner) for inner in value]
        case str():
            return NAMES.get(value, value)
        case _:
            return value


def request_of(name: str, context: dict[str, str] | None = None) -> Request:
    """Make the request of a caller, as the record of its call would tell it."""
    principal = principal_from(name)
    if principal.kind is PrincipalKind.ROLE:
        session = f"arn:aws:sts::{principal.account}:assumed-role/{name.rsplit('/', 1)[-1]}/s"
        principal = Principal(PrincipalKind.ROLE_SESSION, session, principal.account, name)
    if name.endswith(".amazonaws.com"):
        own: dict[str, Any] = {
            "aws:PrincipalArn": NEVER_THE_CUSTOMERS,
            "aws:PrincipalIsAWSService": "true",
            "aws:PrincipalServiceName": name,
            "aws:ViaAWSService": "false",
        }
        unknown = dict.fromkeys({"aws:SourceAccount", "aws:SourceArn"} - (context or {}).keys(), IS_UNKNOWN)
        return Request(principal, "kms:Decrypt", KEY, {**own, **(context or {}), **unknown})
    own = {
        "aws:PrincipalArn": name,
        "aws:PrincipalAccount": ACCOUNT,
        "kms:CallerAccount": ACCOUNT,
        "aws:PrincipalIsAWSService": "false",
        "aws:ViaAWSService": "false",
    }
    return Request(principal, "kms:Decrypt", KEY, {**own, **(context or {})})


def caller_of(name: str) -> Caller:
    """Make a caller out of a service principal's name or a role's ARN."""
    if name.endswith(".amazonaws.com"):
        return Caller("AWSService", CallerKind.SERVICE_PRINCIPAL, name, None, None, None, name)
    return Caller("AssumedRole", CallerKind.ROLE, name.rsplit("/", 1)[-1], None, name, ACCOUNT, None)


def situation_of(case: dict[str, Any]) -> Situation:
    """Make the situation of a case: who is kept out of what, and an administrator who is not."""
    everything = {"Action": "kms:*", "Resource": "*"}
    delegation = {"Effect": "Allow", "Principal": {"AWS": NAMES["ROOT"]}, **everything}
    statements: list[Statement] = [
        {"Effect": "Allow", **everything, **named(allow)} for allow in case.get("allows", [delegation])
    ]
    statements.append({"Effect": "Allow", "Principal": {"AWS": NAMES["ADMIN"]}, **everything})
    for name in ("deny", "secondDeny"):
        if name in case:
            who = {"NotPrincipal": named(case["notPrincipal"])} if "notPrincipal" in case else {"Principal": "*"}
            condition = {"Condition": named(case[name])} if case[name] is not None else {}
            statements.append({"Effect": "Deny", **who, **everything, **condition})
    targets = named(case["targets"])
    observed = [
        ObservedCall(name, request_of(name, named(case.get("context"))), 1, succeeded=True, is_target=True)
        for name in targets
    ]
    observed.append(
        ObservedCall(
            "admin", request_of(NAMES["ADMIN"], {"aws:PrincipalTag/team": "red"}), 1, succeeded=True, is_target=False
        )
    )
    grants = case.get("grants")
    return Situation(
        policy={"Version": "2012-10-17", "Statement": statements},
        grants=tuple(grants) if grants is not None else None,
        statement=len(statements) if "deny" in case else None,
        caller=caller_of(targets[0]),
        action="kms:Decrypt",
        job_role=NAMES["BACKUP_ROLE"],
        account=ACCOUNT,
        observed=tuple(observed),
    )


def case_id(case: dict[str, Any]) -> str:
    """Name a test after its case."""
    return str(case["id"])


@pytest.mark.parametrize("case", CASES, ids=case_id)
def test_remedies_are_judged_as_the_case_says(case: dict[str, Any]) -> None:
    """Each remedy of a case is proposed, with whether it helps, its risks and the values that it gives a condition."""
    remedies = {remedy.id: remedy for remedy in find_remedies(situation_of(case))}

    assert {name: remedies[name].helps for name in case["helps"]} == case["helps"]
    for name, risks in case.get("risks", {}).items():
        assert set(risks) <= set(remedies[name].risks)
    for name, (operator, key, values) in case.get("values", {}).items():
        statements = (remedies[name].policy or {})["Statement"]
        found = [one["Condition"][operator][key] for one in statements if operator in one.get("Condition", {})]
        assert named(values) in found


@pytest.mark.parametrize("listed", ["logs.us-east-1.amazonaws.com", "logs.amazonaws.com"])
def test_service_joins_the_statement_that_has_another_form_of_its_name(listed: str) -> None:
    """The name of this Region comes to the statement, whose condition stays; no statement without one is added first."""
    context = {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:app"}
    condition = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:eu-west-1:{ACCOUNT}:*"}}
    allow = {"Principal": {"Service": listed}, "Action": "kms:Decrypt", "Condition": condition}
    service = "logs.eu-west-1.amazonaws.com"

    found = find_remedies(situation_of({"targets": [service], "grants": [], "allows": [allow], "context": context}))

    assert [step["path"] for step in found[0].patch or ()] == ["/Statement/0/Principal/Service"]
    assert found[0].patch is not None
    assert found[0].patch[0]["value"] == [listed, service]


def test_source_that_a_service_may_send_corrects_the_condition() -> None:
    """Where a record does not tell aws:SourceArn, the one ARN that it can be is offered, and what follows is open."""
    vault = f"arn:aws:backup:us-east-1:{ACCOUNT}:backup-vault:main"
    allow = {"Principal": {"Service": "SERVICE"}, "Condition": {"ArnEquals": {"aws:SourceArn": f"{vault}-old"}}}
    situation = situation_of({"targets": ["SERVICE"], "grants": [], "allows": [allow]})
    domain = Domain((ABSENT, vault), "inferred")
    request = structs.replace(situation.observed[0].request, context={"aws:SourceArn": domain})
    observed = (structs.replace(situation.observed[0], request=request), *situation.observed[1:])

    remedies = {remedy.id: remedy for remedy in find_remedies(structs.replace(situation, observed=observed))}

    corrected = remedies["correct-source-arn"]
    assert corrected.helps == "undetermined"
    assert [step["value"] for step in corrected.patch or ()] == [[f"{vault}-old", vault]]


def test_principal_is_spared_beside_services_that_are_not_hit() -> None:
    """A NotPrincipal that lists no principal of AWS gets a list of its own."""
    draft = Draft({"Statement": {"Effect": "Deny", "NotPrincipal": {"Service": "s3.amazonaws.com"}}})

    draft.except_principal(1, NAMES["ADMIN"])

    assert draft.steps == [{"op": "add", "path": "/Statement/NotPrincipal/AWS", "value": [NAMES["ADMIN"]]}]


@pytest.mark.parametrize("case", CASES, ids=case_id)
def test_what_helps_comes_first_and_every_change_is_shown(case: dict[str, Any]) -> None:
    """Helpful remedies lead, tempting ones are always judged for a Deny, and each patch gives the policy shown."""
    situation = situation_of(case)

    remedies = find_remedies(situation)

    order = [{True: 0, "undetermined": 1, False: 2}[remedy.helps] for remedy in remedies]
    assert order == sorted(order)
    assert ("deny" not in case) or {remedy.id for remedy in remedies} >= TEMPTING
    for remedy in remedies:
        assert remedy.replay is not None
        assert remedy.patch is None or apply_patch(situation.policy, remedy.patch) == remedy.policy


KEYS = st.sampled_from(
    ["aws:PrincipalArn", "aws:PrincipalOrgID", "aws:SourceAccount", "kms:ViaService", "aws:SourceArn"]
)
VALUES = st.sampled_from([NAMES["ADMIN"], NAMES["BACKUP_ROLE"], "o-1", "arn:aws:iam::*:role/*", ACCOUNT, "x", "*"])
OPERATORS = st.sampled_from(
    ["StringNotEquals", "StringNotLike", "ArnNotLike", "StringNotEqualsIfExists", "StringEquals", "StringLikeIfExists",
     "ForAnyValue:StringNotEquals", "ForAllValues:StringNotLike", "ArnLike", "Null"]
)  # fmt: skip
CONDITIONS = st.dictionaries(
    OPERATORS,
    st.dictionaries(KEYS, VALUES | st.lists(VALUES, min_size=1, max_size=2), min_size=1, max_size=2),
    max_size=2,
)
CALLERS = st.sampled_from([NAMES["SERVICE"], NAMES["BACKUP_ROLE"], NAMES["LINKED_ROLE"]])
STRANGERS = [
    request_of(f"arn:aws:iam::{account}:{name}", {"aws:PrincipalAccount": account, "kms:CallerAccount": account})
    for account in (ACCOUNT, "444455556666")
    for name in ("role/somebody", "role/service-role/somebody", "user/somebody")
]
FURTHER = {"explicit-deny": 0, "implicit-deny": 0, "undetermined": 1, "allowed": 2}


def decisions(policy: Any, grants: Any) -> list[int]:
    """Return how far each stranger gets under a policy."""
    compiled = compile_policies(PolicySet.assuming_no_limits(policy, grants))
    return [FURTHER[decide(stranger, compiled)] for stranger in STRANGERS]


@settings(deadline=None, max_examples=examples(150), suppress_health_check=[HealthCheck.filter_too_much])
@given(
    st.lists(CONDITIONS, min_size=1, max_size=2),
    st.lists(CALLERS, min_size=1, max_size=2, unique=True),
    st.sampled_from([(), None]),
)
def test_no_helpful_remedy_lets_a_stranger_get_further(
    conditions: list[Statement], targets: list[str], grants: tuple[Any, ...] | None
) -> None:
    """Under each policy that is said to help, no stranger gets further, and no statement is gone."""
    denies = dict(zip(("deny", "secondDeny"), conditions, strict=False))
    case = {"targets": targets, **denies, "grants": grants}
    situation = situation_of(case)
    compiled = compile_policies(PolicySet.assuming_no_limits(situation.policy, grants))
    assume(all(decide(call.request, compiled) == "explicit-deny" for call in situation.observed if call.is_target))
    before = decisions(situation.policy, grants)

    helpful = [remedy for remedy in find_remedies(situation) if remedy.helps is True]

    for remedy in helpful:
        assert all(now <= was for now, was in zip(decisions(remedy.policy, grants), before, strict=True))
        assert effects(remedy)[: len(situation.policy["Statement"])] == effects(
            Remedy("", helps=True, policy=dict(situation.policy))
        )


def effects(remedy: Remedy) -> list[str]:
    """Return the effect of each statement of a remedy's policy."""
    return [statement["Effect"] for statement in (remedy.policy or {})["Statement"]]


def test_single_statement_outside_of_a_list_can_be_changed() -> None:
    """The steps of a draft lead to its policy, whatever form its Statement has."""
    policy = {"Statement": {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}}
    draft = Draft(policy)

    draft.except_values(1, "ArnNotEquals", "aws:PrincipalArn", ["a"])
    draft.add_statement({"Effect": "Allow"})
    draft.except_values(1, "StringNotEquals", "AWS:principalarn", ["b"])

    assert apply_patch(policy, draft.steps) == draft.policy
    assert draft.policy["Statement"][0]["Condition"] == {"ArnNotEquals": {"aws:PrincipalArn": ["a", "b"]}}
    assert draft.policy["Statement"][1] == {"Effect": "Allow"}
