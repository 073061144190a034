"""Tests what must hold for every policy and every request, odd ones included."""

from typing import Any

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from trail_diff.policy import PolicySet, Request, compile_policies, decide, evaluate, load_case, principal_from
from trail_diff.policy.request.domains import IS_UNKNOWN

ACCOUNT = "111122223333"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ARNS = [
    f"arn:aws:iam::{ACCOUNT}:user/Alice",
    f"arn:aws:iam::{ACCOUNT}:root",
    f"arn:aws:iam::{ACCOUNT}:role/service-role/App",
    f"arn:aws:sts::{ACCOUNT}:assumed-role/App/s",
    "arn:aws:iam::444455556666:role/Eng",
    "arn:aws:sts::444455556666:assumed-role/Eng/s",
]
CALLERS = [*ARNS, "backup-storage.amazonaws.com", "logs.eu-west-1.amazonaws.com", "*", "odd"]
KEYS = ["aws:PrincipalArn", "aws:PrincipalOrgID", "aws:TagKeys", "aws:PrincipalIsAWSService", "kms:EncryptionContext:a"]
VALUES = [
    *ARNS,
    "true",
    "false",
    "*",
    "",
    "o-1",
    "1",
    "2026-01-01T00:00:00Z",
    "10.0.0.0/8",
    "a*",
    "${aws:PrincipalOrgID}",
]
OPERATORS = [
    "StringEquals", "StringNotEquals", "StringLike", "StringNotLikeIfExists", "ArnLike", "ArnNotEquals", "Bool",
    "BoolIfExists", "Null", "NumericLessThan", "DateGreaterThan", "IpAddress", "NotIpAddress", "BinaryEquals",
    "ForAllValues:StringEquals", "ForAnyValue:StringNotLike", "ForAnyValue:StringEqualsIfExists", "stringequals", "Odd",
]  # fmt: skip

scalars = st.sampled_from(VALUES)
value_lists = scalars | st.lists(scalars, min_size=1, max_size=3)
conditions = st.dictionaries(
    st.sampled_from(OPERATORS), st.dictionaries(st.sampled_from(KEYS), value_lists, min_size=1, max_size=2), max_size=2
)
named_by_aws = st.sampled_from([*ARNS, ACCOUNT, "*", "AROAEXAMPLEID12345678"])
principals = st.just("*") | st.fixed_dictionaries(
    {},
    optional={
        "AWS": named_by_aws | st.lists(named_by_aws, min_size=1, max_size=3),
        "Service": st.sampled_from(CALLERS[6:8]),
        "Federated": st.just("accounts.example.com"),
    },
)
statements = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Deny"]),
        "Action": st.sampled_from(["kms:*", "kms:Decrypt", "kms:Encrypt", ["kms:De*", "s3:*"]]),
        "Resource": st.sampled_from(["*", KEY]),
        "Principal": principals,
    },
    optional={"Condition": conditions},
)


def negate(statement: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """Put the Not… form of some elements in the place of the elements."""
    turned = {name: f"Not{name}" for name in names if name != "Principal" or statement["Principal"] != "*"}
    return {turned.get(name, name): value for name, value in statement.items()}


statements = st.builds(negate, statements, st.lists(st.sampled_from(["Principal", "Action", "Resource"]), max_size=1))
documents = st.fixed_dictionaries({"Version": st.just("2012-10-17"), "Statement": st.lists(statements, max_size=4)})
contexts = st.dictionaries(st.sampled_from(KEYS), scalars | st.lists(scalars, max_size=2).map(tuple), max_size=4)
requests = st.builds(
    lambda caller, context, unknown: Request(
        principal_from(caller), "kms:Decrypt", KEY, {**context, **dict.fromkeys(unknown, IS_UNKNOWN)}
    ),
    st.sampled_from(CALLERS),
    contexts,
    st.lists(st.sampled_from(KEYS), max_size=1),
)
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}

junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=4)
    | st.sampled_from([*VALUES, *OPERATORS]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*OPERATORS, *KEYS, "AWS", "a"]), inner, max_size=3)
    ),
    max_leaves=6,
)
elements = ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"]
odd_statements = junk | st.dictionaries(
    st.sampled_from([*elements, "Foo"]), junk | st.sampled_from(["Allow", "Deny", "*"])
)
odd_documents = junk | st.fixed_dictionaries({"Statement": odd_statements | st.lists(odd_statements, max_size=3)})


def policies_of(document: Any) -> PolicySet:
    """Make a set in which only the key policy, and an identity policy that allows everything, have a say."""
    return PolicySet.assuming_no_limits(document, (), (EVERYTHING,))


identity_statements = statements.map(
    lambda statement: {name: value for name, value in statement.items() if "Principal" not in name}
)
identity_documents = st.fixed_dictionaries(
    {"Version": st.just("2012-10-17"), "Statement": st.lists(identity_statements, max_size=3)}
)
grants = st.fixed_dictionaries(
    {"GranteePrincipal": st.sampled_from(CALLERS[:7]), "Operations": st.just(["Decrypt"])},
    optional={
        "Constraints": st.just({"EncryptionContextSubset": {"a": "1"}}),
        "KeyId": st.sampled_from([KEY, f"{KEY}x"]),
    },
)
layers = st.one_of(st.none(), st.lists(identity_documents, max_size=2).map(tuple))
levels = st.one_of(st.none(), st.lists(st.lists(identity_documents, max_size=2).map(tuple), max_size=2).map(tuple))
policy_sets = st.builds(
    PolicySet,
    key_policy=st.none() | documents,
    grants=st.none() | st.lists(grants, max_size=2).map(tuple),
    identity_policies=layers,
    permissions_boundaries=layers,
    session_policies=layers,
    scps=levels,
    rcps=st.one_of(st.none(), st.lists(st.lists(documents, max_size=1).map(tuple), max_size=1).map(tuple)),
    vpc_endpoint_policies=st.one_of(st.none(), st.lists(documents, max_size=1).map(tuple)),
)


def decision_of(request: Request, document: Any) -> str:
    """Decide under a key policy."""
    return evaluate(request, policies_of(document)).decision


@settings(deadline=None, max_examples=examples(400))
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "policy": odd_documents, "identityPolicies": junk | st.lists(odd_documents, max_size=2), "scps": junk,
            "rcps": st.lists(st.lists(odd_documents, max_size=2), max_size=2), "sessionPolicy": odd_documents,
            "vpcEndpointPolicies": st.lists(odd_documents, max_size=2), "grants": junk | st.lists(junk, max_size=2),
            "permissionBoundaries": st.lists(odd_documents, max_size=1),
            "request": junk | st.fixed_dictionaries(
                {}, optional={
                    "principal": st.sampled_from(CALLERS) | junk, "action": st.just("kms:Decrypt") | junk,
                    "resource": st.just(KEY) | junk, "context": st.dictionaries(st.sampled_from(KEYS), junk) | junk,
                },
            ),
        },
    )
)  # fmt: skip
def test_no_case_however_odd_makes_it_crash(case: dict[str, Any]) -> None:
    """Whatever stands in a case, there is a decision, the quick one is the same, and an open one has a reason."""
    request, policies = load_case(case)

    decision = evaluate(request, policies)

    assert decide(request, compile_policies(policies)) == decision.decision
    assert decision.reasons


def nested(depth: int) -> Any:
    """Make a list in a list in a list."""
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


EXTREMES: dict[str, Any] = {
    "deep list": nested(10_000),
    "deep object": {"x": nested(10_000)},
    "surrogate": "\ud800",
    "huge number": 10**5000,
    "no number": float("nan"),
    "long text": "a" * 100_000,
    "long pattern": "*?" * 10_000,
}


@pytest.mark.parametrize("value", EXTREMES.values(), ids=EXTREMES)
@pytest.mark.parametrize("place", ["Sid", *elements[1:], "Version", "Statement", "condition", "context", "principal"])
def test_no_value_is_too_deep_or_too_large(place: str, value: Any) -> None:
    """Deep nesting, lone surrogates, huge numbers and long texts are decided like all else."""
    statement: dict[str, Any] = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    policy: dict[str, Any] = {"Version": "2012-10-17", "Statement": [statement]}
    request: dict[str, Any] = {"principal": ARNS[0], "action": "kms:Decrypt", "resource": KEY, "context": {}}
    if place in elements:
        statement[place] = value
    elif place == "condition":
        statement["Condition"] = {operator: dict.fromkeys(KEYS, value) for operator in OPERATORS}
    elif place == "context":
        request["context"] = dict.fromkeys(KEYS, value)
        statement["Condition"] = {"StringLike": dict.fromkeys(KEYS, "*")}
    elif place == "principal":
        request["principal"] = statement["Principal"] = value
    else:
        policy[place] = value

    decision = evaluate(*load_case({"policy": policy, "request": request}))

    assert decision.decision in ("undetermined", "allowed" if place in ("Sid", "context") else "implicit-deny")


@settings(deadline=None, max_examples=examples(300))
@given(requests, documents)
def test_quick_decision_and_reasons_agree_with_the_trace(request: Request, document: Any) -> None:
    """A definite decision has its statement in the trace, and an undetermined one its unknown statement."""
    decision = evaluate(request, policies_of(document))
    seen = {(statement.effect, statement.outcome) for statement in decision.statements}

    assert decide(request, compile_policies(policies_of(document))) == decision.decision
    if decision.decision == "explicit-deny":
        assert ("Deny", "match") in seen
    elif decision.decision == "allowed":
        assert ("Allow", "match") in seen
    elif decision.decision == "undetermined":
        assert "unknown" in {outcome for _effect, outcome in seen}
    else:
        assert ("Deny", "match") not in seen


@settings(deadline=None, max_examples=examples(200))
@given(requests, documents, st.integers(0, 4))
def test_adding_a_deny_that_matches_denies(request: Request, document: Any, place: int) -> None:
    """With a Deny for everyone the decision is an explicit deny, wherever the statement stands."""
    deny = {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}
    denying = {**document, "Statement": [*document["Statement"][:place], deny, *document["Statement"][place:]]}

    assert decision_of(request, denying) == "explicit-deny"


@settings(deadline=None, max_examples=examples(300))
@given(requests, documents, statements)
def test_adding_any_deny_never_allows(request: Request, document: Any, statement: Any) -> None:
    """A further Deny never makes a call allowed that was not."""
    before = decision_of(request, document)

    after = decision_of(request, {**document, "Statement": [*document["Statement"], {**statement, "Effect": "Deny"}]})

    assert before == "allowed" or after != "allowed"
    assert before != "explicit-deny" or after == "explicit-deny"


@settings(deadline=None, max_examples=examples(300))
@given(requests, documents)
def test_order_and_list_form_do_not_matter(request: Request, document: Any) -> None:
    """Statements, operators, keys and values in another order, and scalars as lists, decide the same."""

    def turn(value: Any, name: str = "") -> Any:
        match value:
            case dict():
                return {key: turn(value[key], key) for key in reversed(value)}
            case list():
                return [turn(item) for item in reversed(value)]
            case str() if name not in ("Effect", "Version", "Principal", ""):
                return [value, value]
            case _:
                return value

    assert decision_of(request, turn(document)) == decision_of(request, document)


@settings(deadline=None, max_examples=examples(500))
@given(requests, documents, st.sampled_from(KEYS))
def test_forgetting_a_key_never_turns_a_decision_round(request: Request, document: Any, key: str) -> None:
    """Whatever is decided while a key is unknown holds for the value that the key really has."""
    forgotten = Request(request.principal, request.action, request.resource, {**request.context, key: IS_UNKNOWN})

    known, unknown = decision_of(request, document), decision_of(forgotten, document)

    assert unknown in ("undetermined", known)


@settings(deadline=None, max_examples=examples(300))
@given(requests, documents)
def test_knowing_nothing_of_the_context_never_decides_otherwise(request: Request, document: Any) -> None:
    """With every key unknown, a decision is either the one that the full context gives or undetermined."""
    blind = Request(request.principal, request.action, request.resource, otherwise=IS_UNKNOWN)

    assert decision_of(blind, document) in ("undetermined", decision_of(request, document))


@settings(deadline=None, max_examples=examples(300))
@given(requests, documents)
def test_only_the_named_keys_keep_a_decision_open(request: Request, document: Any) -> None:
    """Of a request of which nothing is known, all keys but the named ones may be known without settling anything."""
    blind = Request(request.principal, request.action, request.resource, otherwise=IS_UNKNOWN)
    decision = evaluate(blind, policies_of(document))
    narrowed = Request(
        request.principal, request.action, request.resource, dict.fromkeys(decision.unknown_keys, IS_UNKNOWN)
    )

    assert decision_of(narrowed, document) == decision.decision


TOLD_BY_THE_REQUEST = {"session_policies", "vpc_endpoint_policies"}
"""Layers that, when nothing is said of them, are taken to be there only where the caller has a session, or the request
came through an endpoint."""


@settings(deadline=None, max_examples=examples(300))
@given(requests, policy_sets, st.sampled_from(sorted(set(PolicySet.__struct_fields__) - TOLD_BY_THE_REQUEST)))
def test_forgetting_a_layer_never_turns_a_decision_round(request: Request, policies: PolicySet, layer: str) -> None:
    """Whoever is kept out, or let in, while nothing is known of a layer is so whatever the layer really says."""
    forgotten = structs.replace(policies, **{layer: None})

    known, unknown = evaluate(request, policies).decision, evaluate(request, forgotten).decision

    assert unknown in ("undetermined", known) or (unknown == "implicit-deny" and known != "allowed")


@settings(deadline=None, max_examples=examples(300))
@given(st.lists(requests, min_size=1, max_size=4), policy_sets)
def test_deciding_many_requests_leaves_no_trace(many: list[Request], policies: PolicySet) -> None:
    """What compiled policies remember of one request changes nothing for the next, and explaining decides alike."""
    compiled = compile_policies(policies)

    together = [decide(request, compiled) for request in (*many, *reversed(many))]

    alone = [evaluate(request, policies).decision for request in many]
    assert together == [*alone, *reversed(alone)]


@settings(deadline=None, max_examples=examples(300))
@given(
    requests,
    policy_sets,
    identity_documents,
    identity_statements,
    st.sampled_from(["identity_policies", "session_policies"]),
)
def test_a_further_allow_never_denies(
    request: Request, policies: PolicySet, document: Any, statement: Any, layer: str
) -> None:
    """An Allow more in a policy that is there turns no allowed call into a denied one."""
    wider = {**document, "Statement": [*document["Statement"], {**statement, "Effect": "Allow"}]}

    before, after = (
        evaluate(request, structs.replace(policies, **{layer: (policy,)})).decision for policy in (document, wider)
    )

    assert before != "allowed" or after == "allowed"
    assert before != "explicit-deny" or after == "explicit-deny"


@settings(deadline=None, max_examples=examples(200))
@given(
    requests, policy_sets, st.sampled_from(["identity_policies", "permissions_boundaries", "scps", "session_policies"])
)
def test_a_deny_in_any_layer_never_allows(request: Request, policies: PolicySet, layer: str) -> None:
    """A policy more that denies everything leaves nobody allowed whom the layer concerns, and allows nobody."""
    deny: Any = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
    added = (deny,) if layer != "scps" else ((deny,),)
    denied = structs.replace(policies, **{layer: (*(getattr(policies, layer) or ()), *added)})

    before, after = evaluate(request, policies).decision, evaluate(request, denied).decision

    assert after != "allowed" or before == "allowed" or getattr(policies, layer) is None


@settings(deadline=None, max_examples=examples(200))
@given(requests, documents)
def test_letter_case_of_keys_and_actions_does_not_matter(request: Request, document: Any) -> None:
    """Condition keys and actions are compared without regard to letter case, in the policy and in the request."""

    def shout(value: Any, name: str = "") -> Any:
        match value:
            case dict() if name == "Condition":
                return {
                    operator: {key.upper(): values for key, values in keys.items()} for operator, keys in value.items()
                }
            case dict():
                return {key: shout(inner, key) for key, inner in value.items()}
            case list():
                return [shout(item, name) for item in value]
            case str() if name in ("Action", "NotAction"):
                return value.upper()
            case _:
                return value

    whispered = structs.replace(
        request,
        action=request.action.lower(),
        context={key.lower(): value for key, value in request.context.items()},
    )

    assert decision_of(whispered, shout(document)) == decision_of(request, document)
