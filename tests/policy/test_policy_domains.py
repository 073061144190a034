"""Runs `domains.json`: how one condition of a Deny comes out for each kind of caller, on which grade, and unless what."""

import json
from pathlib import Path
from typing import Any

import pytest
from calling import KEY, request_of
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from trail_diff.policy import ArnIn, Domain, Open, PolicySet, Request, evaluate, principal_from
from trail_diff.policy.request.domains import Member

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "cases" / "domains.json").read_text(encoding="utf-8"))
ACCOUNT = "111122223333"


def case_id(case: dict[str, Any]) -> str:
    """Name a test after its case."""
    return str(case["id"])


@pytest.mark.parametrize("case", CASES, ids=case_id)
def test_condition_comes_out_as_the_caller_makes_it(case: dict[str, Any]) -> None:
    """A condition is decided where all that a key can be agrees; its grade and its clause are those of the case."""
    deny = {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": case["condition"]}
    policies = PolicySet.assuming_no_limits({"Version": "2012-10-17", "Statement": deny})

    statement = evaluate(request_of(case), policies).statements[0]

    assert (statement.outcome, statement.grade) == (case["outcome"], case["grade"]), statement.conditions
    assert statement.conditions[0].unless == case.get("unless", statement.conditions[0].unless)
    assert (statement.conditions[0].unless is None) == (case.get("unless", "") is None)


KEYS = ["aws:SourceAccount", "aws:PrincipalArn", "kms:ViaService", "aws:SourceIp"]
TEXTS = [ACCOUNT, "444455556666", "s3.eu-west-1.amazonaws.com", f"arn:aws:iam::{ACCOUNT}:role/a", "198.51.100.7", "x"]
members: st.SearchStrategy[Member] = st.sampled_from(TEXTS) | st.sampled_from(
    [Open.ABSENT, Open.AWS_OWNED, Open.ANYTHING, ArnIn(ACCOUNT), ("x", ACCOUNT)]
)
grades = st.sampled_from(["recorded", "documented", "inferred"])
domains = st.builds(Domain, st.lists(members, min_size=1, max_size=3).map(tuple), grades)
values = st.sampled_from([*TEXTS, "*", f"arn:aws:iam::{ACCOUNT}:*", "203.0.113.0/24", "true", "${aws:SourceAccount}"])
conditions = st.dictionaries(
    st.sampled_from(
        ["StringEquals", "StringNotEquals", "StringNotLike", "StringEqualsIfExists", "ArnNotLike", "ArnLike", "Null",
         "NotIpAddress", "IpAddress", "Bool", "ForAllValues:StringNotEquals", "ForAnyValue:StringEquals"]
    ),
    st.dictionaries(st.sampled_from(KEYS), values | st.lists(values, min_size=1, max_size=2), min_size=1, max_size=2),
    max_size=2,
)  # fmt: skip
statements = st.builds(
    lambda effect, principal, condition: {
        "Effect": effect, "Principal": principal, "Action": "kms:*", "Resource": "*",
        **({"Condition": condition} if condition else {}),
    },
    st.sampled_from(["Allow", "Deny"]),
    st.sampled_from(["*", {"Service": "backup-storage.amazonaws.com"}, {"AWS": "*"}, {"AWS": f"arn:aws:iam::{ACCOUNT}:role/a"}]),
    conditions,
)  # fmt: skip
documents = st.lists(statements, max_size=4).map(lambda listed: {"Version": "2012-10-17", "Statement": listed})
requests = st.builds(
    lambda caller, context: Request(principal_from(caller), "kms:Decrypt", KEY, context),
    st.sampled_from(["backup-storage.amazonaws.com", f"arn:aws:iam::{ACCOUNT}:role/a"]),
    st.dictionaries(st.sampled_from(KEYS), domains, max_size=3),
)


@settings(deadline=None, max_examples=examples(400))
@given(requests, documents, st.sampled_from(KEYS))
def test_decision_by_a_domain_is_that_of_each_member(request: Request, document: Any, key: str) -> None:
    """What is decided for a key's domain is decided so for each member of it alone."""
    policies = PolicySet.assuming_no_limits(document, (), ())
    domain = request.context.get(key, Domain((Open.ABSENT,)))
    assert isinstance(domain, Domain)
    whole = evaluate(request, policies).decision

    alone = {
        evaluate(structs.replace(request, context={**request.context, key: Domain((one,))}), policies).decision
        for one in domain.members
    }

    assert whole == "undetermined" or alone == {whole}


@settings(deadline=None, max_examples=examples(300))
@given(domains, conditions.filter(lambda found: sum(map(len, found.values())) == 1))
def test_condition_is_decided_when_all_members_agree(domain: Domain, condition: Any) -> None:
    """A single condition is open only where a member leaves it open, or two members decide it differently."""
    key = next(key for keys in condition.values() for key in keys)
    deny = {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": condition}
    policies = PolicySet.assuming_no_limits({"Version": "2008-10-17", "Statement": [deny]}, (), ())
    service = principal_from("backup-storage.amazonaws.com")

    def outcome(of: Domain) -> str:
        return evaluate(Request(service, "kms:Decrypt", KEY, {key: of}), policies).statements[0].outcome

    alone = {outcome(Domain((one,))) for one in domain.members}

    assert outcome(domain) == (alone.pop() if len(alone) == 1 else "unknown")


@settings(deadline=None, max_examples=examples(300))
@given(requests, documents.flatmap(lambda one: st.tuples(st.just(one), st.permutations(one["Statement"]))))
def test_order_of_statements_changes_no_decision(request: Request, documents: tuple[Any, list[Any]]) -> None:
    """Statements in another order decide the same, on the same grade."""
    document, permuted = documents

    before = evaluate(request, PolicySet.assuming_no_limits(document, (), ()))
    after = evaluate(request, PolicySet.assuming_no_limits({**document, "Statement": permuted}, (), ()))

    assert (after.decision, after.layer, after.grade) == (before.decision, before.layer, before.grade)


@settings(deadline=None, max_examples=examples(300))
@given(requests, documents)
def test_grade_is_no_lower_than_the_lowest_fact(request: Request, document: Any) -> None:
    """A decision that rests on records only is recorded, whatever the policy asks for."""
    certain = {key: Domain(domain.members) for key, domain in request.context.items() if isinstance(domain, Domain)}

    decision = evaluate(structs.replace(request, context=certain), PolicySet.assuming_no_limits(document, (), ()))

    assert decision.grade == "recorded"
