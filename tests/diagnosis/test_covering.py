"""One statement covers another where it matches every request that the other matches."""

import json
from pathlib import Path
from typing import Any

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from trail_diff.diagnosis.covering import covers
from trail_diff.policy import PolicySet, Request, compile_policies, evaluate
from trail_diff.policy.request.interface import Principal, PrincipalKind

CASES = json.loads((Path(__file__).parent / "cases" / "covering.json").read_text(encoding="utf-8"))
ANY: dict[str, Any] = {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}


def statement(changed: dict[str, Any]) -> dict[str, Any]:
    """Return a Deny of everything with some elements changed; one that is None is left out."""
    return {name: value for name, value in {**ANY, **changed}.items() if value is not None}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["note"])
def test_words_of_statements_decide(case: dict[str, Any]) -> None:
    """Each statement covers itself, and another one only where its words say that it matches at least as much."""
    wide, narrow = statement(case["wide"]), statement(case["narrow"])

    assert covers(wide, narrow) is case["covers"]
    assert covers(narrow, wide) is case.get("back", False)
    assert covers(wide, wide)
    assert covers(narrow, narrow)


KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ALICE = Principal(PrincipalKind.USER, "arn:aws:iam::111122223333:user/alice", "111122223333")
VALUES = st.lists(st.sampled_from(["a", "b", "a*", "*", "ab", "?b"]), min_size=1, max_size=3)
NAMES = ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringNotLikeIfExists")
OPERATORS = st.sampled_from([*NAMES, "ForAnyValue:StringLike", "ForAllValues:StringNotLike"])
TESTS = st.dictionaries(OPERATORS, st.dictionaries(st.sampled_from(["aws:userid", "AWS:UserId"]), VALUES), max_size=2)
ACTIONS = st.lists(st.sampled_from(["kms:Decrypt", "kms:*", "kms:Gen*", "kms:?ecrypt", "kms:De*"]), min_size=1)
CHANGES = st.one_of(
    st.fixed_dictionaries({"Condition": TESTS}, optional={"Action": ACTIONS}),
    st.fixed_dictionaries({"Condition": TESTS, "Action": st.none(), "NotAction": ACTIONS}),
)


@settings(max_examples=examples(150))
@given(CHANGES, CHANGES, st.sampled_from([None, "a", "b", "ab", "abc"]), st.sampled_from(["Decrypt", "Encrypt"]))
def test_what_is_covered_is_denied_as_well(
    one: dict[str, Any], other: dict[str, Any], userid: str | None, action: str
) -> None:
    """Where the covered statement matches a request, so does the one that covers it."""
    context = {"aws:userid": userid} if userid is not None else {}
    request = Request(ALICE, f"kms:{action}", KEY, context)
    stricter = {**one, "Condition": {**other["Condition"], **one["Condition"]}}

    for wide, narrow in ((one, other), (one, stricter)):
        if covers(statement(wide), statement(narrow)) and outcome(narrow, request) == "match":
            assert outcome(wide, request) == "match"


def outcome(changed: dict[str, Any], request: Request) -> str:
    """Return what becomes of a statement that stands alone in the key's policy."""
    document = {"Version": "2012-10-17", "Statement": [statement(changed)]}
    decision = evaluate(request, compile_policies(PolicySet.assuming_no_limits(document, ())))
    return decision.statements[0].outcome
