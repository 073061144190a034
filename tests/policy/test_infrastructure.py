"""Finding the keys and their policies in documents of infrastructure tools."""

import json
from pathlib import Path
from typing import Any

import pytest

from trail_diff.errors import PolicyError
from trail_diff.policy.documents.infrastructure.registry import choose_keys, read_keys, surroundings_of
from trail_diff.policy.documents.text import parse_text
from trail_diff.policy.documents.tried import keys_to_try
from trail_diff.policy.documents.unresolved import expressions_in, is_unresolved, show_unresolved, unresolved

CASES = json.loads((Path(__file__).parent / "cases" / "infrastructure.json").read_text(encoding="utf-8"))
SOURCES = json.loads((Path(__file__).parent / "cases" / "sources.json").read_text(encoding="utf-8"))
ARN = "arn:aws:kms:eu-west-1:111122223333:key/1b351e9a-dadf-9a8d-cf69-d9e1500ab53a"


def a_policy(sid: str) -> dict[str, Any]:
    """Return a small policy that differs from others by its Sid."""
    root = {"AWS": "arn:aws:iam::111122223333:root"}
    statement = {"Sid": sid, "Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


OLD, NEW = a_policy("Old"), a_policy("New")
NAMED = {
    "@old": json.dumps(OLD),
    "@new": json.dumps(NEW),
    "@context-old": json.dumps({"Properties": {"KeyPolicy": OLD}}),
    "@context-new": json.dumps({"Properties": {"KeyPolicy": NEW}}),
    "@twice-new": json.dumps(json.dumps(NEW)),
    "@selected": json.dumps(
        {"resourceId": ARN[-36:], "arn": ARN, "resourceType": "AWS::KMS::Key", "configuration": {"policy": NEW}}
    ),
    "@properties-new": json.dumps({"KeyId": "k", "KeyPolicy": NEW}),
}


def filled(value: Any) -> Any:
    """Return a document of a case with the policies in place of their names."""
    if isinstance(value, dict):
        return {name: filled(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner) for inner in value]
    return NAMED.get(value, value) if isinstance(value, str) else value


@pytest.mark.parametrize("case", CASES, ids=[case["note"] for case in CASES])
def test_keys_are_found(case: dict[str, Any]) -> None:
    """Each key of a document has its policies before and after, or the expression of what is not known."""
    found = read_keys(filled(case["document"]), surroundings_of(case.get("asked", ()), case.get("parameters")))

    assert [key.address for key in found] == [expected["address"] for expected in case["keys"]]
    for key, expected in zip(found, case["keys"], strict=True):
        for side in ("before", "after"):
            if side in expected:
                wanted = filled(expected[side])
                assert getattr(key, side) == (json.loads(wanted) if isinstance(wanted, str) else wanted)
        assert key.change == expected["change"]
        assert key.reason == expected.get("reason")
        assert key.unknown == expected.get("unknown")
        assert set(expected.get("names", ())) <= key.names
        assert key.names.isdisjoint(expected.get("not_names", ()))
        assert key.targets == set(expected.get("targets", key.targets))
        assert list(expressions_in(json.dumps(key.after, ensure_ascii=False))) == expected.get("unresolved", [])


PARTIAL: list[dict[str, Any]] = [
    {"resource_changes": [], "errored": True},
    {"Changes": [], "Status": "FAILED", "StatusReason": "no such parameter"},
    {"Changes": [], "Status": "CREATE_IN_PROGRESS"},
    {"Changes": [], "Status": "CREATE_COMPLETE", "NextToken": "x"},
    {"steps": [], "diagnostics": [{"severity": "error", "message": "no such module"}]},
]


@pytest.mark.parametrize("document", PARTIAL)
def test_document_that_tells_a_part_is_refused(document: dict[str, Any]) -> None:
    """A plan that ended in an error, an unfinished change set and a page of one say nothing of what they leave out."""
    with pytest.raises(PolicyError, match=r"not whole|another page") as refused:
        read_keys(document)

    assert refused.value.hint


@pytest.mark.parametrize(
    "document",
    [
        {"Changes": [], "Status": "FAILED", "StatusReason": "The submitted information didn't contain changes."},
        {"resource_changes": [], "errored": False, "complete": False},
        {"steps": [], "diagnostics": [{"severity": "warning", "message": "x"}]},
    ],
)
def test_document_without_changes_is_whole(document: dict[str, Any]) -> None:
    """A change set that fails as nothing changes is whole, and so is a plan of a few targets."""
    assert read_keys(document) == ()


def plan_of(*keys: str) -> dict[str, Any]:
    """Return a plan that changes the policies of some keys."""
    changes = [
        {
            "address": f"aws_kms_key.{key[-1]}",
            "type": "aws_kms_key",
            "change": {
                "actions": ["update"],
                "before": {"arn": key, "policy": NAMED["@old"]},
                "after": {"arn": key, "policy": NAMED["@new"]},
            },
        }
        for key in keys
    ]
    return {"resource_changes": changes}


@pytest.mark.parametrize("asked", [ARN, ARN.rsplit("/", 1)[1], "aws_kms_key.a", f"aws_kms_key.a={ARN[:-1]}f"])
def test_key_is_chosen_by_any_of_its_names(asked: str) -> None:
    """ARN, id and address choose the key; an address can be given an ARN that the document does not tell."""
    other = ARN[:-1] + "b"

    (chosen,) = choose_keys(read_keys(plan_of(ARN, other)), [asked])

    assert chosen.address == "aws_kms_key.a"


@pytest.mark.parametrize(
    ("transform", "named"), [("Own", ["VaultKey", "Transform"]), ("AWS::Serverless-2016-10-31", ["VaultKey"])]
)
def test_macro_is_not_left_out_beside_the_key_that_is_chosen(transform: str, named: list[str]) -> None:
    """A macro of one's own may change any key of the template, also the one that is asked for; one of AWS does not."""
    key = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": []}}}

    chosen = choose_keys(read_keys({"Transform": transform, "Resources": {"VaultKey": key}}), ["VaultKey"])

    assert [one.address for one in chosen] == named


def test_key_that_is_not_in_the_document_is_refused_with_those_that_are() -> None:
    """A name that fits no key of the document names the keys that it has."""
    with pytest.raises(PolicyError, match=r"no key in it is .*; it has aws_kms_key\.a \(arn"):
        choose_keys(read_keys(plan_of(ARN)), ["arn:aws:kms:eu-west-1:111122223333:key/0"])


def test_plan_as_old_policy_means_the_one_before() -> None:
    """One plan given as the new and as the old policy compares its two texts."""
    (key,) = keys_to_try(plan_of(ARN), plan_of(ARN), [ARN])

    assert (key.before, key.after) == (OLD, NEW)


def test_policy_alone_is_tried_against_the_old_one() -> None:
    """Two bare policies are one key, with the text before and after."""
    (key,) = keys_to_try(NEW, OLD, [ARN])

    assert (key.before, key.after, key.change) == (OLD, NEW, "changed")


def test_yaml_with_short_forms_is_a_template() -> None:
    """CloudFormation's short forms in YAML are its functions, and a date in it stays text."""
    document = parse_text(
        b"Resources:\n  Key:\n    Type: AWS::KMS::Key\n    Properties:\n      KeyPolicy:\n        Version: 2012-10-17\n"
        b"        Statement:\n        - Effect: Allow\n          Action: kms:*\n          Resource: '*'\n"
        b"          Principal: {AWS: !Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:root'}\n"
    )

    (key,) = read_keys(document, surroundings_of([ARN]))

    assert key.after["Version"] == "2012-10-17"
    assert key.after["Statement"][0]["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}


def test_template_in_an_answer_is_opened() -> None:
    """GetTemplate gives a template as an object or as text."""
    template = {"Resources": {"Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": NEW}}}}

    for body in (template, json.dumps(template)):
        assert [key.after for key in keys_to_try({"TemplateBody": body}, None)] == [NEW]


@pytest.mark.parametrize("case", SOURCES, ids=[case["note"] for case in SOURCES])
def test_source_is_refused_with_the_command_that_makes_a_document(case: dict[str, Any]) -> None:
    """What holds no policy yet is named for what it is, with the command whose output can be read."""
    with pytest.raises(PolicyError) as refused:
        keys_to_try(parse_text(case["text"].encode()), None)

    assert case["hint"] in refused.value.hint


def test_template_with_code_in_it_is_no_source() -> None:
    """A function's code inside of a template in YAML does not make it source code."""
    template = (
        "Resources:\n  F:\n    Properties:\n      ZipFile: |\n        import aws_cdk\n        from pulumi import x\n"
    )

    assert "Resources" in parse_text(template.encode())


def test_template_of_a_stack_set_is_opened() -> None:
    """DescribeStackSet gives a template as text."""
    template = {"Resources": {"Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": NEW}}}}

    assert [key.after for key in keys_to_try({"StackSet": {"TemplateBody": json.dumps(template)}}, None)] == [NEW]


def test_parameters_of_a_stack_set_are_those_of_its_template() -> None:
    """DescribeStackSet has the values of parameters beside the template; those that are given come first."""
    key = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {**NEW, "Id": {"Ref": "Env"}}}}
    template = {"Parameters": {"Env": {"Type": "String", "Default": "prod"}}, "Resources": {"Key": key}}
    told = [{"ParameterKey": "Env", "ParameterValue": "dev"}, {"ParameterKey": "Old", "UsePreviousValue": True}]
    answer = {"StackSet": {"TemplateBody": json.dumps(template), "Parameters": told}}

    for given, expected in ((None, "dev"), ({"Env": "test"}, "test")):
        (found,) = keys_to_try(answer, None, (), given)
        assert found.after["Id"] == expected


def test_template_text_in_yaml_is_opened() -> None:
    """GetTemplate gives the text as it was uploaded, in YAML with short forms as well."""
    body = (
        "Resources:\n  Key:\n    Type: AWS::KMS::Key\n    Properties:\n      KeyPolicy:\n        Statement:\n"
        "        - {Effect: Allow, Action: 'kms:*', Resource: '*', Principal: {AWS: !Sub '${AWS::AccountId}'}}\n"
    )

    (key,) = keys_to_try({"TemplateBody": body, "StagesAvailable": ["Original", "Processed"]}, None, [ARN])

    assert key.after["Statement"][0]["Principal"] == {"AWS": "111122223333"}


def test_unresolved_value_is_shown_by_its_expression() -> None:
    """A text with an unknown part shows the expression where the part would be."""
    text = f"arn:aws:iam::{unresolved('AWS::AccountId')}:root"

    assert is_unresolved(text)
    assert show_unresolved(text) == "arn:aws:iam::<AWS::AccountId>:root"
