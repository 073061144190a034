"""Policies beside a key's that a document changes: whose calls they refuse, and whose go on."""

import json
from pathlib import Path
from typing import Any

import pytest
from incidents import run_in
from recording import Record, Recording, as_trail_file
from scenes.stage import ALLOW_STORAGE, policy

from trail_diff.cli import run

MADE = Recording()
KEY, OTHER = MADE.key_arn("a"), MADE.key_arn("b")
CASES = json.loads((Path(__file__).parent / "cases" / "other_policies.json").read_text(encoding="utf-8"))
STATEMENTS: dict[str, Any] = {
    "decrypt": {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": KEY},
    "encrypt": {"Effect": "Allow", "Action": "kms:Encrypt", "Resource": "*"},
    "decrypt-other": {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": OTHER},
    "kms": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"},
    "via-s3": {
        "Effect": "Allow",
        "Action": "kms:Decrypt",
        "Resource": "*",
        "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}},
    },
    "s3": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
    "all": {"Effect": "Allow", "Action": "*", "Resource": "*"},
    "anyone": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
    "deny": {"Effect": "Deny", "Action": "kms:*", "Resource": "*"},
    "deny-s3": {"Effect": "Deny", "Action": ["s3:*"], "Resource": "*"},
    "deny-but-s3": {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"},
    "deny-deletion": {"Effect": "Deny", "Action": ["kms:ScheduleKeyDeletion", "kms:DisableKey"], "Resource": "*"},
    "deny-here": {
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": "us-east-1"}},
    },
    "deny-there": {
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}},
    },
    "deny-tag": {
        "Effect": "Deny",
        "Action": "kms:*",
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:PrincipalTag/team": "x"}},
    },
    "deny-through": {"Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"},
    "deny-strangers": {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "kms:*",
        "Resource": "*",
        "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-abcdefghij"}},
    },
}
APP = {
    "Effect": "Allow",
    "Principal": {"AWS": MADE.role_arn("app")},
    "Action": "kms:Decrypt",
    "Resource": "*",
}
KEY_POLICIES = {"account": policy(MADE, ALLOW_STORAGE), "app": policy(MADE, ALLOW_STORAGE, APP)}
NAMES = {"KEY": KEY, "OTHER": OTHER, "APP": MADE.role_arn("app"), "POLICY": MADE.arn("iam", "policy/kms", region="")}


def filled(value: Any, *, as_text: bool = True) -> Any:
    """Return a value with names and policies in place: `=decrypt s3` is the policy of these statements."""
    if isinstance(value, dict):
        return {name: filled(one, as_text=as_text) for name, one in value.items()}
    if isinstance(value, list):
        return [filled(one, as_text=as_text) for one in value]
    if isinstance(value, str) and value.startswith("="):
        made = {"Version": "2012-10-17", "Statement": [STATEMENTS[name] for name in value[1:].split()]}
        return json.dumps(made) if as_text else made
    return NAMES.get(value[1:], value) if isinstance(value, str) and value.startswith("$") else value


def planned(address: str, before: Any, after: Any, **more: Any) -> dict[str, Any]:
    """Return one change of a plan; without `after` it is deleted, and `more` may say what is not known before apply."""
    is_same = before == after and not more
    actions = ["no-op"] if is_same else ["create"] if before is None else ["delete"] if after is None else ["update"]
    change = {"actions": actions, "before": filled(before), "after": filled(after), "after_unknown": {}, **more}
    return {"address": address, "type": address.partition(".")[0], "mode": "managed", "change": change}


def vault_key(before: str, after: str) -> dict[str, Any]:
    """Return the change of the key."""
    sides = ({"arn": KEY, "policy": json.dumps(KEY_POLICIES[name])} for name in (before, after))
    return planned("aws_kms_key.vault", *sides)


def recorded(case: dict[str, Any]) -> list[Record]:
    """Return the calls of a role, a user and the storage service, or those that a case names."""
    made = Recording()
    at = "2026-03-01T18:00:00Z"
    made.kms(at, "Decrypt", KEY, MADE.service("backup-storage.amazonaws.com"))
    for role in case.get("roles", ["app"]):
        call = made.kms(at, "Decrypt", KEY, MADE.role(role, "s"))
        call.update(case.get("fields", {}))
    made.kms(at, "Encrypt", KEY, MADE.user("alice"))
    return made.records


def tried(folder: Path, case: dict[str, Any]) -> Any:
    """Return the report of a case."""
    files = {"export.json": as_trail_file(recorded(case))}
    arguments = ["what-if", "--plan", "plan.json", "--events", "export.json", "--no-progress", *case.get("flags", ())]
    if "resources" in case:
        changes = [vault_key(*case.get("key", ["account", "account"]))] if "key" not in case or case["key"] else []
        changes += [planned(*one[:3], **(one[3] if len(one) > 3 else {})) for one in case["resources"]]
        files["plan.json"] = json.dumps({"resource_changes": changes, **case.get("plan", {})})
    else:
        files["plan.json"] = json.dumps(filled(case["document"], as_text=False))
    if "old" in case:
        files["old.json"] = json.dumps(filled(case["old"], as_text=False))
        arguments += ["--old", "old.json"]
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return run_in(folder, [*arguments, *([] if "resources" in case else ["--key", KEY])])


@pytest.mark.parametrize("case", CASES, ids=[case["note"] for case in CASES])
def test_calls_under_another_policy(tmp_path: Path, case: dict[str, Any]) -> None:
    """A call that worked breaks or is at risk where its caller loses an Allow or gains a Deny, and not otherwise."""
    report = tried(tmp_path, case)

    refused = {
        f"{row['caller']['name']} {row['address']}"
        for row in report["calls"]
        if row["outcome"] in ("breaks", "at-risk")
    }
    assert report["outcome"] == case["outcome"]
    assert refused == set(case.get("refused", ()))


@pytest.mark.parametrize("case", CASES[::5], ids=[case["note"] for case in CASES[::5]])
def test_outcome_is_the_same_without_names(tmp_path: Path, case: dict[str, Any]) -> None:
    """With --redact the document is read before its names are replaced, as its own words would be taken for names."""
    report = tried(tmp_path, {**case, "flags": [*case.get("flags", ()), "--redact"]})

    assert report["outcome"] == case["outcome"]
    assert "111122223333" not in json.dumps(report)
    assert not {"app", "aws_kms_key.vault"} & {row["caller"]["name"] for row in report["calls"]}


def test_policy_that_refuses_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The row of a call says which resource of the plan refuses it, by which statement; an annotation points there."""
    case = next(case for case in CASES if case["outcome"] == "breaks" and len(case["resources"]) == 1)
    tried(tmp_path, case)
    arguments = ["--plan", str(tmp_path / "plan.json"), "--events", str(tmp_path / "export.json")]

    run(["what-if", *arguments, "--github", "--no-progress", "--lang", "en", "--format", "markdown"])

    shown = "".join(capsys.readouterr())
    assert "| `aws_iam_role_policy.own`; statement 2" in shown
    assert f"app kms:Decrypt on {KEY.rpartition('/')[2]} (1 call); aws_iam_role_policy.own; statement 2" in shown
