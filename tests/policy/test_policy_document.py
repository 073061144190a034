"""Tests finding and checking policy documents."""

import json
from pathlib import Path
from typing import Any

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from recording import Recording

from trail_diff.errors import FactError, PolicyError
from trail_diff.gather.key_facts import FactFiles, load_documents, read_facts
from trail_diff.model.learnt import Skipped
from trail_diff.model.reasons import Reason
from trail_diff.policy.documents.document import parse_policy, policy_from
from trail_diff.policy.documents.doubts import find_doubts, why_refused
from trail_diff.policy.documents.unresolved import unresolved

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
        {
            "Events": [
                {"EventName": "PutKeyPolicy", "CloudTrailEvent": json.dumps({"requestParameters": {"policy": TEXT}})}
            ]
        },
        {"Records": [{"eventName": "Decrypt"}, {"eventName": "PutKeyPolicy", "requestParameters": {"policy": TEXT}}]},
        {"TemplateBody": {"Resources": {"Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": POLICY}}}}},
        {"resources": [{"type": "aws_kms_key", "name": "k", "instances": [{"attributes": {"policy": TEXT}}]}]},
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


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"Statement": [], "Statement": []}', "at /: Statement is given twice"),
        (
            '{"Statement": [{"Effect": "Allow", "Condition": {"Bool": {"a:b": "true", "a:b": "false"}}}]}',
            "at /Statement/0/Condition/Bool: a:b is given twice",
        ),
    ],
)
def test_name_given_twice_is_refused_with_its_place(text: str, problem: str) -> None:
    """JSON does not say which of two members of one name counts, so neither is taken."""
    with pytest.raises(PolicyError) as refusal:
        policy_from(text)

    assert problem in refusal.value.message


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (
            {
                "Records": [
                    {"requestParameters": {"policy": TEXT}},
                    {"requestParameters": {"policy": POLICY | {"Id": "x"}}},
                ]
            },
            "2 different policies",
        ),
        ({"Records": [{"eventName": "Decrypt"}, {"eventName": "Encrypt"}]}, "no policy in it"),
        ({"Resources": {"Key": {"Type": "AWS::KMS::Key", "Properties": {}}}}, "Key has no policy in it"),
        (
            {
                "resource_changes": [
                    {
                        "address": "aws_kms_key.k",
                        "type": "aws_kms_key",
                        "change": {"before": {"policy": TEXT}, "after_unknown": {"policy": True}},
                    }
                ]
            },
            "aws_kms_key.k: the policy is not known before it is applied",
        ),
    ],
)
def test_document_without_one_certain_policy_is_refused_with_the_reason(document: Any, problem: str) -> None:
    """Where a policy is expected and none, or more than one, is there, the error says which."""
    with pytest.raises(PolicyError) as refusal:
        policy_from(document)

    assert problem in refusal.value.message


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        ('resource "aws_kms_key" "k" {\n  policy = jsonencode({})\n}\n', "terraform show -json"),
        ("nonsense: [", "as the tool wrote it"),
    ],
)
def test_file_that_is_not_json_is_refused_with_what_to_give_instead(tmp_path: Path, content: str, advice: str) -> None:
    """Terraform code is told apart from broken files."""
    (tmp_path / "policy").write_text(content, encoding="utf-8")

    with pytest.raises(FactError) as refusal:
        load_documents(FactFiles(key_policy=str(tmp_path / "policy")))

    assert advice in refusal.value.hint


def test_malformed_policy_is_refused_with_its_file(tmp_path: Path) -> None:
    """Of several files that hold policies, the error names the one that is malformed."""
    (tmp_path / "new.json").write_text('{"Statement": {"Effect": "deny"}}', encoding="utf-16")

    with pytest.raises(PolicyError, match=r"new\.json: .* /Statement/Effect"):
        read_facts(load_documents(FactFiles(key_policy=str(tmp_path / "new.json"))))


def as_event_history(record: Any) -> Any:
    """Wrap a record as LookupEvents does."""
    return {"Events": [{"EventName": record["eventName"], "CloudTrailEvent": json.dumps(record)}]}


@pytest.mark.parametrize(
    "wrap", [lambda one: one, lambda one: {"Records": [one]}, lambda one: {"detail": one}, as_event_history]
)
def test_record_of_a_policy_names_its_key(wrap: Any, tmp_path: Path) -> None:
    """The key of a PutKeyPolicy record is known, however the record is wrapped; a bare policy names none."""
    made = Recording()
    record = made.put_key_policy("2026-03-01T18:00:00Z", made.key_arn("vault"), POLICY, made.user("admin"))
    for name, content in (("record.json", wrap(record)), ("policy.json", POLICY)):
        (tmp_path / name).write_text(json.dumps(content), encoding="utf-8")

    facts = [read_facts(load_documents(FactFiles(str(tmp_path / name)))) for name in ("record.json", "policy.json")]

    assert [one.policy_key for one in facts] == [made.key_arn("vault"), None]


@pytest.mark.parametrize(
    ("changes", "place", "reason"),
    [
        ({"Condition": {"StringEqual": {"a:b": "c"}}}, "/Statement/0/Condition/StringEqual", Reason.OPERATOR_UNKNOWN),
        ({"Principals": "*"}, "/Statement/0", Reason.ELEMENT_UNKNOWN),
        ({"Principal": {"Aws": "*"}}, "/Statement/0", Reason.PRINCIPAL_UNRECOGNISED),
        ({"Sid": "x" * 33_000}, "", Reason.POLICY_TOO_LARGE),
    ],
)
def test_what_aws_would_refuse_is_found_with_its_place(changes: dict[str, Any], place: str, reason: Reason) -> None:
    """Unknown operators, elements and principals are reported, even where no call depends on them."""
    found = list(find_doubts({"Version": "2012-10-17", "Statement": [{**STATEMENT, **changes}]}, "p"))

    assert found == [Skipped(f"p {place}".rstrip(), reason)]


def test_sound_policy_raises_no_doubt() -> None:
    """A policy that AWS takes has nothing to report."""
    assert not list(find_doubts(POLICY, "p"))


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


@settings(deadline=None, max_examples=examples(200))
@given(JSON)
def test_any_json_gives_a_policy_or_a_policy_error(value: object) -> None:
    """Whatever is given, nothing but a PolicyError comes out instead of a policy."""
    try:
        found = policy_from(value)
    except PolicyError:
        found = {"Statement": None}

    assert "Statement" in found


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ({"Principal": {"AWS": "111122223333"}, "Action": "kms:*"}, None),
        ({"Principal": {"AWS": "111122223333"}, "Action": ["kms:Decrypt", "kms:Put*"]}, None),
        ({"Principal": {"AWS": "111122223333"}, "NotAction": "kms:Decrypt"}, None),
        ({"Principal": "*", "Action": unresolved("var.actions")}, None),
        ({"Principal": {"AWS": "111122223333"}, "Action": "kms:Decrypt"}, Reason.POLICY_LOCKS_OUT),
        ({"Principal": {"Service": "backup-storage.amazonaws.com"}, "Action": "kms:*"}, Reason.POLICY_LOCKS_OUT),
        ({"Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Effect": "Deny"}, Reason.POLICY_LOCKS_OUT),
        ({"Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Sid": "x" * 33_000}, Reason.POLICY_TOO_LARGE),
        ({"Principals": "*", "Principal": "*", "Action": "kms:*"}, Reason.ELEMENT_UNKNOWN),
        ({"Principal": {"AWS": unresolved("aws_iam_role.it.arn")}, "Action": "kms:*"}, None),
    ],
)
def test_policy_that_kms_refuses_is_known(statement: dict[str, Any], why: Reason | None) -> None:
    """KMS takes no policy that is too large or has unknown parts, and none that nobody may change unless it is told."""
    policy = {"Statement": [{"Effect": "Allow", "Resource": "*", **statement}]}

    assert why_refused(policy) == why
    assert why_refused(policy, may_lock_out=True) == (None if why is Reason.POLICY_LOCKS_OUT else why)
