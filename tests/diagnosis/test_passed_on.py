"""One record of another service alone, whose error says that a key could not be used, with what else is known."""

import json
from pathlib import Path
from typing import Any

import pytest
from incidents import run_in
from recording import Recording, as_trail_file

MADE = Recording()
KEY = MADE.key_arn("replica")
INACCESSIBLE = (
    f"The specified KMS key [{KEY}] does not exist, is not enabled or you do not have permissions to access it."
)
DENY = {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}


def explain(
    message: str, folder: Path, *, policy: Any = None, change: str | None = None, parameters: Any = None
) -> Any:
    """Return the report on a call of RDS that ended in an error, with a policy of the key and an earlier change."""
    made = Recording()
    fields = {"errorCode": "KMSKeyNotAccessibleFault", "errorMessage": message, "readOnly": False}
    made.add(
        "2026-03-02T18:00:00Z", "rds.amazonaws.com", "CreateDBInstanceReadReplica", made.role("ops", "s"), **fields
    )
    if change:
        made.kms("2026-03-02T12:00:00Z", change, KEY, made.role("key-admin", "s"), parameters=parameters or {})
    (folder / "export.json").write_text(as_trail_file(made.sorted()), encoding="utf-8")
    (folder / "policy.json").write_text(json.dumps({"Statement": policy}), encoding="utf-8")
    window = "2026-03-02T12:00:00Z/2026-03-02T18:00:00Z" if change else "2026-03-02T18:00:00Z/2026-03-02T18:00:00Z"
    given = ["--key-policy", "policy.json"] if policy else []
    return run_in(folder, ["compare", "export.json", "--failed-window", window, *given])


@pytest.mark.parametrize(
    ("condition", "cause"),
    [
        ({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/key-admin"}}, "key-policy-explicit-deny"),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/other"}}, None),
    ],
)
def test_policy_tells_which_of_it_was(condition: Any, cause: str | None, tmp_path: Path) -> None:
    """A Deny of every action that hits the caller is the likely cause; one that spares it is none."""
    report = explain(INACCESSIBLE, tmp_path, policy=[{**DENY, "Condition": condition}])

    assert report["verdict"]["cause"] == cause
    assert report["verdict"]["confidence"] == (cause and "likely")


def test_policy_that_was_put_before_is_likely_as_well(tmp_path: Path) -> None:
    """That a record shows the policy makes it no more certain that it was a policy at all."""
    blaming = {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/key-admin"}}
    put = {"policyName": "default", "policy": json.dumps({"Statement": [{**DENY, "Condition": blaming}]})}

    report = explain(INACCESSIBLE, tmp_path, change="PutKeyPolicy", parameters=put)

    verdict = report["verdict"]
    assert (verdict["cause"], verdict["confidence"]) == ("key-policy-explicit-deny", "likely")


def test_error_that_names_the_state_leaves_no_policy_in_question(tmp_path: Path) -> None:
    """A Deny that hits the caller is not blamed beside an error that says what the key's state was."""
    blaming = {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/key-admin"}}

    report = explain(f"The KMS key {KEY} is disabled", tmp_path, policy=[{**DENY, "Condition": blaming}])

    assert {finding["cause"] for finding in report["findings"]} == {"key-disabled"}


def test_deny_that_hits_by_a_chance_only_is_at_most_possible(tmp_path: Path) -> None:
    """What nothing speaks for, a tag of the caller, is no likelier because the error leaves open what failed."""
    condition = {"StringEquals": {"aws:PrincipalTag/team": "blocked"}}

    report = explain(INACCESSIBLE, tmp_path, policy=[{**DENY, "Condition": condition}])

    assert report["verdict"]["confidence"] in (None, "possible")


def test_policy_without_an_allow_tells_nothing_of_an_unknown_action(tmp_path: Path) -> None:
    """Which action the service needed is not known, so a policy that allows another one is no cause."""
    allow = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/ops"}, "Resource": "*"}

    report = explain(INACCESSIBLE, tmp_path, policy=[{**allow, "Action": "kms:Decrypt"}])

    assert report["verdict"]["cause"] is None


@pytest.mark.parametrize(("change", "cause"), [("DisableKey", "key-disabled"), ("EnableKey", None)])
def test_change_of_the_state_tells_which_of_it_was(change: str, cause: str | None, tmp_path: Path) -> None:
    """A key that was disabled before is the cause; one that was enabled is none."""
    report = explain(INACCESSIBLE, tmp_path, change=change)

    assert report["verdict"]["cause"] == cause


def test_error_alone_is_shown_with_its_key_and_what_to_ask(tmp_path: Path) -> None:
    """Without more, the key is named, the message quoted, and the next steps ask for the key's own facts."""
    report = explain(INACCESSIBLE, tmp_path)

    assert report["verdict"]["outcome"] == "difference"
    assert report["failed"]["key"] == KEY
    assert report["failed"]["message"].endswith(INACCESSIBLE)
    asked = {step["command"].split()[2] for step in report["next_steps"]}
    assert {"get-key-policy", "describe-key"} <= asked


def test_error_without_a_key_asks_for_the_key_of_no_vault(tmp_path: Path) -> None:
    """Where neither error nor request names the key, the message is quoted, and no vault is asked about."""
    report = explain("Access to KMS is not allowed", tmp_path)

    assert report["failed"]["message"].endswith(": Access to KMS is not allowed")
    assert not any("backup" in step["command"] for step in report["next_steps"])


@pytest.mark.parametrize("layer", ["identity", "resource"])
def test_message_of_a_job_alone_gives_caller_key_and_fix(layer: str, tmp_path: Path) -> None:
    """No call is recorded: what the job's message names is the cause, and its role, with its path, gets the fix."""
    made = Recording()
    role = made.role_arn("service-role/restorer")
    session = made.role("service-role/restorer", "AWSBackup-restorer")["arn"]
    why = f"because no {layer}-based policy allows the kms:Decrypt action"
    told = {
        "statusMessage": f"User: {session} is not authorized to perform: kms:Decrypt on resource: {KEY} {why}",
        "vault": "prod-vault",
        "resource": made.arn("rds", "db:orders"),
        "role": role,
        "resourceType": "RDS",
    }
    made.backup_job("job-1", "2026-03-02T18:05:00Z", "2026-03-02T18:10:00Z", "FAILED", **told)
    (tmp_path / "export.json").write_text(as_trail_file(made.sorted()), encoding="utf-8")

    report = run_in(tmp_path, ["--job-id", "job-1", "--events", "export.json"])

    finding, remedy = report["findings"][0], report["remedies"][0]
    assert (finding["confidence"], finding["layer"]) == ("confirmed", f"{layer}-policy".replace("resource", "key"))
    assert (finding["caller"]["role_arn"], finding["action"], finding["key"]) == (role, "kms:Decrypt", KEY)
    allowed = remedy["policy"]["Statement"][0] if layer == "identity" else remedy["patch"][0]["value"]
    assert (allowed["Action"], allowed.get("Principal")) == (
        ["kms:Decrypt"],
        None if layer == "identity" else {"AWS": role},
    )
