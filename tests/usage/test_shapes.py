"""The shapes in which key policies are found in public repositories and pipelines: each is read, or named as not read.

Every shape holds the policy in force with one more Deny, which is its fourth statement: one that breaks all calls, or
one that breaks none. Read right means that the gate says so of both.
"""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from recording import Recording, as_trail_file
from scenes.stage import ADMIN_ONLY, ALLOW_STORAGE, SECURE, deny, policy

from trail_diff.cli import run

MADE = Recording()
KEY, APP_ARN = MADE.key_arn("a"), MADE.role_arn("app")
ROOT = {"AWS": "arn:aws:iam::111122223333:root"}
APP = {"Effect": "Allow", "Principal": {"AWS": APP_ARN}, "Action": "kms:*", "Resource": "*"}
OLD = policy(MADE, ALLOW_STORAGE, APP)
ADDRESS, ARN = ("--key", f"VaultKey={KEY}"), ("--key", KEY)
IN_SYNTAX, NAMED_IN_IT = ("--key", f"aws_kms_key.v={KEY}"), ()
Statement = dict[str, Any]
Shape = tuple[str, tuple[str, ...], Callable[[Statement], Any]]


def whole(last: Any, *, root: Any = ROOT, app: Any = APP_ARN) -> dict[str, Any]:
    """Return the policy in force with a last statement, and its principals in another form."""
    first = {**OLD["Statement"][0], "Principal": root}
    return {**OLD, "Statement": [first, ALLOW_STORAGE, {**APP, "Principal": {"AWS": app}}, last]}


def stack(key_policy: Any, more: Any = None, **members: Any) -> dict[str, Any]:
    """Return a template with a key."""
    key = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": key_policy}}
    return {**members, "Resources": {"VaultKey": key, **(more or {})}}


def app_by(function: Any, **members: Any) -> Callable[[Statement], Any]:
    """Return a template whose statement about the application has a function as its principal."""
    return lambda last: stack(whole(last, app=function), **members)


def text(last: Statement) -> str:
    """Return the policy as text."""
    return json.dumps(whole(last))


def written(document: Any) -> str:
    """Return a document in YAML."""
    return str(yaml.safe_dump(document, sort_keys=False))


def parameter(default: str, kind: str = "String") -> dict[str, Any]:
    """Return a parameter of a template."""
    return {"P": {"Type": kind, "Default": default}}


def values(key_policy: Any) -> dict[str, Any]:
    """Return a key as Terraform and Pulumi describe it."""
    return {"arn": KEY, "key_id": KEY[-36:], "policy": key_policy if key_policy is None else json.dumps(key_policy)}


def plan(last: Statement, provider: str = "aws", **after: Any) -> dict[str, Any]:
    """Return a plan of Terraform."""
    change = {"actions": ["update"], "before": values(OLD), "after": values(whole(last)), "after_unknown": {}, **after}
    key = {"address": "aws_kms_key.v", "mode": "managed", "type": "aws_kms_key", "provider_name": provider}
    return {"format_version": "1.2", "resource_changes": [{**key, "change": change}]}


def data_of(last: Statement) -> list[dict[str, Any]]:
    """Return the statements of the policy as the data source of Terraform's provider has them."""
    made = []
    for one in whole(last)["Statement"]:
        kinds = {"*": "*"} if one["Principal"] == "*" else one["Principal"]
        tests = [(test, key, value) for test, keys in one.get("Condition", {}).items() for key, value in keys.items()]
        made.append(
            {
                "sid": one.get("Sid"),
                "effect": one["Effect"],
                "actions": one["Action"] if isinstance(one["Action"], list) else [one["Action"]],
                "resources": ["*"],
                "principals": [{"type": kind, "identifiers": [name]} for kind, name in kinds.items()],
                "condition": [{"test": test, "variable": key, "values": [value]} for test, key, value in tests],
            }
        )
    return made


def plan_with_data(last: Statement) -> dict[str, Any]:
    """Return a plan whose policy document is read when it is applied."""
    made, name = plan(last, after={"arn": KEY}, after_unknown={"policy": True}), "data.aws_iam_policy_document.p"
    change = {"actions": ["read"], "after": {"statement": data_of(last)}, "after_unknown": {"json": True}}
    kind = {"mode": "data", "type": "aws_iam_policy_document"}
    made["resource_changes"].append({"address": name, **kind, "change": change})
    expressions = {"policy": {"references": [f"{name}.json", name]}}
    block = {"address": "aws_kms_key.v", "mode": "managed", "type": "aws_kms_key", "expressions": expressions}
    made["configuration"] = {"root_module": {"resources": [block, {"address": name, **kind, "expressions": {}}]}}
    return made


def configuration(written_policy: str, **members: Any) -> dict[str, Any]:
    """Return a configuration in Terraform's JSON syntax."""
    return {**members, "resource": {"aws_kms_key": {"v": {"policy": written_policy}}}}


def in_hcl(value: Any) -> str:
    """Return a value as an expression of Terraform."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)} = {in_hcl(one)}" for name, one in value.items()) + "}"
    return f"[{', '.join(map(in_hcl, value))}]" if isinstance(value, list) else json.dumps(value)


def configuration_with_data(last: Statement, **members: Any) -> dict[str, Any]:
    """Return such a configuration whose policy a data source makes."""
    data = {"aws_iam_policy_document": {"p": {"statement": data_of(last)}}}
    return configuration("${data.aws_iam_policy_document.p.json}", data=data, **members)


def state_of(key_policy: Any, kind: str = "aws:kms/key:Key", name: str = "policy") -> dict[str, Any]:
    """Return a key in a state of Pulumi."""
    given = {name: key_policy if name == "keyPolicy" else json.dumps(key_policy)}
    return {"urn": f"urn:pulumi:dev::p::{kind}::v", "type": kind, "inputs": given, "outputs": {"arn": KEY, **given}}


def preview(last: Statement, *form: str) -> dict[str, Any]:
    """Return a preview of Pulumi."""
    new = state_of(whole(last), *form)
    return {"steps": [{"op": "update", "urn": new["urn"], "oldState": state_of(OLD, *form), "newState": new}]}


def change_set(last: Statement) -> dict[str, Any]:
    """Return a change set."""
    before, after = (json.dumps({"Properties": {"KeyPolicy": one}}) for one in (OLD, whole(last)))
    change = {"Action": "Modify", "LogicalResourceId": "VaultKey", "PhysicalResourceId": KEY[-36:]}
    change |= {"ResourceType": "AWS::KMS::Key", "BeforeContext": before, "AfterContext": after}
    return {"Status": "CREATE_COMPLETE", "Changes": [{"Type": "Resource", "ResourceChange": change}]}


def config_item(last: Statement) -> dict[str, Any]:
    """Return a configuration item of AWS Config."""
    item = {"resourceType": "AWS::KMS::Key", "resourceId": KEY[-36:], "arn": KEY}
    item |= {"configuration": json.dumps({"keyId": KEY[-36:], "enabled": True})}
    return {"configurationItems": [{**item, "supplementaryConfiguration": {"Policy": json.dumps(text(last))}}]}


def manifest(last: Statement, kind: str = "Key") -> dict[str, Any]:
    """Return a key of Crossplane."""
    spec = {"forProvider": {"region": "eu-west-1", "policy": text(last)}}
    return {"apiVersion": "kms.aws.upbound.io/v1beta1", "kind": kind, "metadata": {"name": "v"}, "spec": spec}


def short_forms(last: Statement) -> str:
    """Return a template in YAML with the short forms of functions, and values that YAML would take for others."""
    return f"""\
Parameters:
  AppName: {{Type: String, Default: app}}
Resources:
  VaultKey:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Version: 2012-10-17
        Statement:
          - {{Effect: Allow, Principal: {{AWS: 111122223333}}, Action: "kms:*", Resource: "*"}}
          - Effect: Allow
            Principal: {{Service: !Sub "backup-storage.${{AWS::URLSuffix}}"}}
            Action: [kms:Decrypt, kms:GenerateDataKey]
            Resource: '*'
          - Effect: Allow
            Principal:
              AWS: !Join ["", ["arn:", !Ref AWS::Partition, ":iam::", !Ref AWS::AccountId, ":role/", !Ref AppName]]
            Action: kms:*
            Resource: '*'
          - {json.dumps(last)}
"""


BRANCH = {"Conditions": {"Prod": {"Fn::Equals": [{"Ref": "P"}, "prod"]}}, "Parameters": parameter("prod")}
JOINED = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::", {"Ref": "AWS::AccountId"}, ":root"]]}
INNER = {"Fn::Sub": ["${Name}", {"Name": {"Ref": "P"}}]}
NESTED = {"Fn::Sub": ["arn:aws:iam::${Account}:role/${Name}", {"Account": {"Ref": "AWS::AccountId"}, "Name": INNER}]}
BY_REGION = {"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "app"]}
MAPPING = {"M": {"eu-west-1": {"app": APP_ARN}}}
ROLE = {"AppRole12": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "app"}}, "M": {"Type": "AWS::CDK::Metadata"}}
FUNCTION = {
    "F": {"Type": "AWS::Serverless::Function", "Properties": {"KmsKeyArn": {"Fn::GetAtt": ["VaultKey", "Arn"]}}}
}
EXTENDED = {"Transform": "AWS::LanguageExtensions"}
MODULE = "module.keys"

SHAPES: list[Shape] = [
    ("template in JSON", ADDRESS, lambda last: stack(whole(last))),
    ("template in YAML", ADDRESS, short_forms),
    ("template, compressed", ADDRESS, lambda last: gzip.compress(json.dumps(stack(whole(last))).encode())),
    ("template with a mark of its order of bytes", ADDRESS, lambda last: "\ufeff" + json.dumps(stack(whole(last)))),
    ("policy as text in a template", ADDRESS, lambda last: stack(text(last))),
    ("Fn::ToJsonString", ADDRESS, lambda last: stack({"Fn::ToJsonString": whole(last)}, **EXTENDED)),
    ("Fn::Sub in Fn::Sub", ADDRESS, app_by(NESTED, Parameters=parameter("app"))),
    ("Fn::If among statements", ADDRESS, lambda last: stack(whole({"Fn::If": ["Prod", last, {}]}), **BRANCH)),
    ("Fn::ImportValue beside", ADDRESS, app_by([APP_ARN, {"Fn::ImportValue": "Admin"}])),
    ("Fn::Join", ADDRESS, lambda last: stack(whole(last, root={"AWS": JOINED}))),
    ("Fn::Split", ADDRESS, app_by({"Fn::Split": [",", {"Ref": "P"}]}, Parameters=parameter(f"{APP_ARN},{APP_ARN}2"))),
    ("Fn::FindInMap", ADDRESS, app_by(BY_REGION, Mappings=MAPPING)),
    (
        "list parameter",
        ADDRESS,
        app_by({"Ref": "P"}, Parameters=parameter(f"{APP_ARN},{APP_ARN}2", "CommaDelimitedList")),
    ),
    (
        "Fn::ForEach",
        ADDRESS,
        lambda last: {
            **EXTENDED,
            "Resources": {
                "Fn::ForEach::K": ["N", ["Vault", "B"], {"${N}Key": stack(whole(last))["Resources"]["VaultKey"]}]
            },
        },
    ),
    ("SAM", ADDRESS, lambda last: written(stack(whole(last), FUNCTION, Transform="AWS::Serverless-2016-10-31"))),
    ("CDK", ADDRESS, lambda last: stack(whole(last, app={"Fn::GetAtt": ["AppRole12", "Arn"]}), ROLE, Rules={})),
    ("change set", ARN, change_set),
    ("get-template, text", ADDRESS, lambda last: {"TemplateBody": written(stack(whole(last)))}),
    ("get-template, object", ADDRESS, lambda last: {"TemplateBody": stack(whole(last)), "StagesAvailable": []}),
    ("stack set", ADDRESS, lambda last: {"StackSet": {"TemplateBody": written(stack(whole(last))), "Parameters": []}}),
    ("product of Service Catalog", ADDRESS, lambda last: written(stack(whole(last), Rules={}, Metadata={"a": {}}))),
    ("Serverless Framework, template", ADDRESS, lambda last: stack(whole(last), Outputs={"B": {"Value": "b"}})),
    (
        "Serverless Framework, state",
        ADDRESS,
        lambda last: {"service": {"provider": {"compiledCloudFormationTemplate": stack(whole(last))}}, "package": {}},
    ),
    ("plan of Terraform", NAMED_IN_IT, plan),
    ("plan of OpenTofu", NAMED_IN_IT, lambda last: plan(last, "registry.opentofu.org/hashicorp/aws")),
    ("plan, document read at apply", NAMED_IN_IT, plan_with_data),
    (
        "plans of Terragrunt, one after another",
        NAMED_IN_IT,
        lambda last: '{"format_version": "1.2", "resource_changes": []}\n' + json.dumps(plan(last)),
    ),
    (
        "state as shown",
        NAMED_IN_IT,
        lambda last: {
            "values": {
                "root_module": {
                    "child_modules": [
                        {
                            "resources": [
                                {"address": MODULE, "type": "aws_kms_key", "values": values(whole(last))},
                            ]
                        }
                    ]
                }
            }
        },
    ),
    (
        "state file",
        NAMED_IN_IT,
        lambda last: {
            "version": 4,
            "resources": [{"type": "aws_kms_key", "name": "v", "instances": [{"attributes": values(whole(last))}]}],
        },
    ),
    ("JSON syntax, text", IN_SYNTAX, lambda last: configuration(text(last))),
    ("JSON syntax, jsonencode", IN_SYNTAX, lambda last: configuration(f"${{jsonencode({in_hcl(whole(last))})}}")),
    ("JSON syntax, data source", IN_SYNTAX, configuration_with_data),
    ("CDK for Terraform", IN_SYNTAX, lambda last: configuration_with_data(last, **{"//": {"metadata": {}}})),
    ("preview of Pulumi", NAMED_IN_IT, preview),
    ("preview of Pulumi, native", NAMED_IN_IT, lambda last: preview(last, "aws-native:kms:Key", "keyPolicy")),
    ("stack of Pulumi", NAMED_IN_IT, lambda last: {"deployment": {"resources": [state_of(whole(last))]}}),
    ("AWS Config", NAMED_IN_IT, config_item),
    (
        "Cloud Control",
        NAMED_IN_IT,
        lambda last: {
            "TypeName": "AWS::KMS::Key",
            "ResourceDescription": {"Properties": json.dumps({"Arn": KEY, "KeyPolicy": whole(last)})},
        },
    ),
    ("policy", ARN, whole),
    ("policy in YAML", ARN, lambda last: written(whole(last))),
    ("get-key-policy", ARN, lambda last: {"Policy": text(last), "PolicyName": "default"}),
    ("get-key-policy as text", ARN, lambda last: f"{json.dumps(whole(last), indent=2)}\tdefault\n"),
    ("get-key-policy as YAML", ARN, lambda last: written({"Policy": text(last), "PolicyName": "default"})),
    ("put-key-policy", ARN, lambda last: {"KeyId": KEY, "PolicyName": "default", "Policy": text(last)}),
    ("record", ARN, lambda last: {"eventName": "PutKeyPolicy", "requestParameters": {"policy": text(last)}}),
    ("Crossplane", ARN, lambda last: written(manifest(last))),
    ("Crossplane beside another", ARN, lambda last: f"---\nkind: Namespace\n---\n{written(manifest(last))}"),
    ("list of Kubernetes", ARN, lambda last: {"kind": "List", "items": [manifest(last)]}),
    ("AWS Controllers for Kubernetes", ARN, lambda last: written({"kind": "Key", "spec": {"policy": text(last)}})),
    ("task of Ansible", ARN, lambda last: {"changed": True, "key_arn": KEY, "key_policies": [whole(last)]}),
]
NOT_READ: list[tuple[str, tuple[str, ...], Callable[[Statement], Any], int]] = [
    ("a file elsewhere", IN_SYNTAX, lambda _last: configuration('${file("policy.json")}'), 3),
    ("a template elsewhere", IN_SYNTAX, lambda _last: configuration('${templatefile("p", {a = 1})}'), 3),
    ("two templates", ADDRESS, lambda last: f"{json.dumps(stack(whole(last)))}\n{json.dumps(stack(OLD))}", 2),
    ("two policies", ARN, lambda last: f"{text(last)}\n{json.dumps(OLD)}", 2),
    ("two manifests", ARN, lambda last: f"{written(manifest(last))}---\n{written(manifest({**last, 'Sid': 'B'}))}", 2),
    ("source", ADDRESS, lambda last: written({"service": "s", "provider": {}, "resources": stack(whole(last))}), 2),
    ("log before a plan", NAMED_IN_IT, lambda last: f"Acquiring state lock.\n{json.dumps(plan(last))}", 2),
]


def judge(folder: Path, asked: tuple[str, ...], document: Any) -> int:
    """Run the gate on a document, the policy in force beside it, and calls that work."""
    made = Recording()
    made.kms("2026-03-01T18:00:00Z", "Decrypt", KEY, MADE.service("backup-storage.amazonaws.com"))
    made.kms("2026-03-01T18:00:00Z", "Decrypt", KEY, MADE.role("app", "s"))
    new = document if isinstance(document, str | bytes) else json.dumps(document)
    files: dict[str, str | bytes] = {
        "export.json": as_trail_file(made.records),
        "old.json": json.dumps(OLD),
        "new.json": new,
    }
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    given = [f"{option}={folder / name}" for option, name in (("--plan", "new.json"), ("--old", "old.json"))]
    return run(["what-if", *given, "--events", str(folder / "export.json"), *asked, "--no-progress"])


@pytest.mark.parametrize(("_name", "asked", "make"), SHAPES, ids=[one[0] for one in SHAPES])
def test_shape_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], _name: str, asked: tuple[str, ...], make: Any
) -> None:
    """The gate finds the statement that breaks the calls, and passes the one that breaks none."""
    assert judge(tmp_path, asked, make(deny(ADMIN_ONLY))) == 1
    told = capsys.readouterr().out
    assert told.startswith("2 would break")
    assert told.count("statement 4 (Deny)") >= 2
    assert judge(tmp_path, asked, make(deny(SECURE))) == 0


@pytest.mark.parametrize(("_name", "asked", "make", "status"), NOT_READ, ids=[one[0] for one in NOT_READ])
def test_shape_that_is_not_read_does_not_pass(
    tmp_path: Path, _name: str, asked: tuple[str, ...], make: Any, status: int
) -> None:
    """What the document itself does not tell, or tells twice, passes nothing."""
    assert judge(tmp_path, asked, make(deny(SECURE))) == status
