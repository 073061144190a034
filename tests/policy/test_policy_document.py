"""Tests finding and checking policy documents."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trail_diff.errors import PolicyError
from trail_diff.policy.document import parse_policy, policy_from

STATEMENT = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}
POLICY = {"Version": "2012-10-17", "Statement": [STATEMENT]}
TEXT = json.dumps(POLICY)


@pytest.mark.parametrize(
    "wrapped",
    [
        POLICY,
        TEXT,
        {"Policy": TEXT},
        {"Policy": TEXT, "PolicyName": "default"},
        json.dumps({"Policy": TEXT}),
        {"eventName": "PutKeyPolicy", "requestParameters": {"keyId": "k", "policyName": "default", "policy": TEXT}},
        {"Records": [{"eventName": "PutKeyPolicy", "requestParameters": {"policy": TEXT}}]},
        {"detail": {"eventName": "PutKeyPolicy", "requestParameters": {"policy": TEXT}}},
        {"CloudTrailEvent": json.dumps({"requestParameters": {"policy": TEXT}})},
    ],
)
def test_policy_is_found_in_its_wrapper(wrapped: object) -> None:
    """A policy comes out of every form in which AWS hands one out."""
    assert policy_from(wrapped) == POLICY


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("x", "/Statement/0"),
        ({**STATEMENT, "Effect": "deny"}, "/Statement/0/Effect"),
        ({**STATEMENT, "Principal": ["*"]}, "/Statement/0/Principal"),
        ({**STATEMENT, "Principal": {"AWS": [{}]}}, "/Statement/0/Principal/AWS/0"),
        ({**STATEMENT, "Action": 1}, "/Statement/0/Action"),
        ({**STATEMENT, "Resource": ["*", None]}, "/Statement/0/Resource/1"),
        ({**STATEMENT, "Condition": []}, "/Statement/0/Condition"),
        ({**STATEMENT, "Condition": {"Bool": 1}}, "/Statement/0/Condition/Bool"),
        (
            {**STATEMENT, "Condition": {"Bool": {"aws:PrincipalTag/t": [[]]}}},
            "/Statement/0/Condition/Bool/aws:PrincipalTag~1t/0",
        ),
    ],
)
def test_malformed_statement_is_refused_with_its_place(statement: Any, place: str) -> None:
    """The error names the place as a JSON pointer."""
    with pytest.raises(PolicyError) as refusal:
        parse_policy({"Statement": [statement]})

    assert f" {place}: " in refusal.value.message


def test_single_statement_may_stand_without_its_list() -> None:
    """A statement that is malformed outside of a list is named without an index."""
    with pytest.raises(PolicyError, match="/Statement/Effect"):
        parse_policy({"Statement": {"Effect": "x"}})


def test_what_could_not_be_printed_is_left_out_of_the_place() -> None:
    """A name from the document cannot put control characters or lone surrogates on the terminal."""
    with pytest.raises(PolicyError) as refusal:
        parse_policy({"Statement": {**STATEMENT, "Condition": {"\x1b[2J\ud800": 1}}})

    assert refusal.value.message.isprintable()


@pytest.mark.parametrize("text", ["[" * 100_000, '{"Policy": 1}', "nonsense", '"' + '\\"' * 10, "{}", "1"])
def test_text_without_a_policy_is_refused(text: str) -> None:
    """Text that holds no policy is refused, however deep it nests."""
    with pytest.raises(PolicyError):
        policy_from(text)


def test_wrapper_in_wrapper_ends() -> None:
    """A policy wrapped in itself again and again is refused."""
    wrapped: Any = POLICY
    for _ in range(10):
        wrapped = {"Policy": wrapped}

    with pytest.raises(PolicyError, match="too deep"):
        policy_from(wrapped)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["Statement", "Policy", "Effect", "a"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=200)
@given(JSON)
def test_any_json_gives_a_policy_or_a_policy_error(value: object) -> None:
    """Whatever is given, nothing but a PolicyError comes out instead of a policy."""
    try:
        found = policy_from(value)
    except PolicyError:
        found = {"Statement": None}

    assert "Statement" in found
