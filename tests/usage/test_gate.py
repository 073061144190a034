"""The gate: what a new policy comes to as a whole, and its exit status."""

import json
from pathlib import Path
from typing import Any

import pytest
from incidents import run_in
from recording import Recording, as_trail_file
from scenes.stage import ADMIN_ONLY, ALLOW_STORAGE, SERVICES_EXEMPT, deny, policy

from trail_diff.cli import run

MADE = Recording()
KEY, OTHER = MADE.key_arn("a"), MADE.key_arn("b")
STORAGE = MADE.service("backup-storage.amazonaws.com")
OLD, NEW = policy(MADE, ALLOW_STORAGE), policy(MADE, deny(ADMIN_ONLY), ALLOW_STORAGE)
SAFE = policy(MADE, deny(SERVICES_EXEMPT), ALLOW_STORAGE)
OPEN = policy(MADE, deny({"StringEquals": {"aws:SourceOrgID": "o-1"}}), ALLOW_STORAGE)

UNTIL = policy(MADE, {**ALLOW_STORAGE, "Condition": {"DateLessThan": {"aws:CurrentTime": "2026-06-01T00:00:00Z"}}})


def change(address: str, key: str, before: Any, after: Any, **unknown: bool) -> dict[str, Any]:
    """Return one change of a plan."""
    values = {"arn": key} if key else {}
    return {
        "address": address,
        "type": "aws_kms_key",
        "change": {
            "actions": ["update"] if before else ["create"],
            "before": {**values, "policy": json.dumps(before)} if before else None,
            "after": {**values, **({"policy": json.dumps(after)} if after else {})},
            "after_unknown": unknown,
        },
    }


def write(folder: Path, *changes: dict[str, Any], keys: tuple[str, ...] = (KEY,)) -> list[str]:
    """Write a plan, and an export with one call of the storage service on each key; return the arguments."""
    made = Recording()
    for key in keys:
        made.kms("2026-03-01T18:00:00Z", "Decrypt", key, STORAGE)
    made.kms("2026-03-01T18:00:00Z", "Decrypt", MADE.key_arn("unrelated"), MADE.role("app", "s"))
    (folder / "plan.json").write_text(json.dumps({"resource_changes": changes}), encoding="utf-8")
    (folder / "export.json").write_text(as_trail_file(made.records), encoding="utf-8")
    return ["what-if", "--plan", str(folder / "plan.json"), "--events", str(folder / "export.json"), "--no-progress"]


@pytest.mark.parametrize(
    ("before", "after", "flags", "status"),
    [
        (OLD, NEW, (), 1),
        (OLD, SAFE, (), 0),
        (OLD, OPEN, (), 1),
        (OLD, OPEN, ("--allow-at-risk",), 0),
        (OPEN, OPEN, (), 0),
        (OLD, UNTIL, (), 1),
        (UNTIL, UNTIL, (), 0),
    ],
    ids=["breaks", "safe", "at risk", "risk allowed", "unchanged", "allowed until June", "until June as before"],
)
def test_exit_status_is_that_of_the_plan(
    tmp_path: Path, before: dict[str, Any], after: dict[str, Any], flags: tuple[str, ...], status: int
) -> None:
    """A call that would break, or may, stops the pipeline; a policy that does not change lets it pass."""
    assert run([*write(tmp_path, change("aws_kms_key.vault", KEY, before, after)), *flags]) == status


def test_every_key_of_a_plan_is_tried_with_its_own_calls(tmp_path: Path) -> None:
    """Of two keys in a plan, the one that breaks is named, and the other passes by itself."""
    changes = change("aws_kms_key.a", KEY, OLD, NEW), change("aws_kms_key.b", OTHER, OLD, SAFE)
    arguments = write(tmp_path, *changes, keys=(KEY, OTHER))

    report = run_in(tmp_path, arguments)

    observed = {row["key"]: row["outcome"] for row in report["calls"] if row["observed"]}
    assert observed == {KEY: "breaks", OTHER: "unchanged"}
    assert run([*arguments, "--key", "aws_kms_key.b"]) == 0


def test_worst_comes_first_whatever_key_it_is_on(tmp_path: Path) -> None:
    """What would break leads, although the plan has it after what is at risk."""
    changes = change("aws_kms_key.a", KEY, OLD, OPEN), change("aws_kms_key.b", OTHER, OLD, NEW)

    report = run_in(tmp_path, write(tmp_path, *changes, keys=(KEY, OTHER)))

    assert [row["outcome"] for row in report["calls"] if row["observed"]] == ["breaks", "at-risk"]


@pytest.mark.parametrize(
    ("key", "reason"),
    [(OTHER, "key-not-in-events"), (OTHER.replace("eu-west-1", "us-east-1"), "region-not-covered")],
)
def test_key_that_no_event_names_is_no_evidence(tmp_path: Path, key: str, reason: str) -> None:
    """Where no call on the key was read, nothing passes, and the reason is among the warnings."""
    arguments = write(tmp_path, change("aws_kms_key.vault", key, OLD, NEW))

    report = run_in(tmp_path, arguments)

    assert report["outcome"] == "nothing-replayed"
    assert reason in report["coverage"]["warnings"]
    assert run(arguments) == 3


def test_policy_known_after_apply_is_not_replaced_by_the_deployed_one(tmp_path: Path) -> None:
    """A policy that the plan does not tell is no evidence either way."""
    arguments = write(tmp_path, change("aws_kms_key.vault", KEY, OLD, None, policy=True))

    report = run_in(tmp_path, arguments)

    assert [key["reason"] for key in report["keys"]] == ["policy-known-after-apply"]
    assert not report["calls"]
    assert run(arguments) == 3


def ended(*actions: str, was: dict[str, Any] | None = None, **after: Any) -> dict[str, Any]:
    """Return a change of a plan that ends a key, its policy being the same."""
    made = change("aws_kms_key.vault", KEY, OLD, OLD)
    made["change"]["actions"] = list(actions)
    made["change"]["before"].update(was or {})
    made["change"]["after"] = {**made["change"]["after"], **after} if "delete" not in actions[-1:] else None
    return made


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (ended("delete"), "key-is-deleted"),
        (ended("delete", "create"), "key-is-replaced"),
        (ended("update", is_enabled=False), "key-is-disabled"),
        (ended("update", was={"key_material_base64": "AA=="}, key_material_base64=None), "key-loses-material"),
    ],
    ids=["deleted", "replaced", "disabled", "without material"],
)
def test_calls_on_a_key_that_ends_break_whatever_its_policy_says(
    tmp_path: Path, made: dict[str, Any], reason: str
) -> None:
    """A key that a plan deletes, replaces or disables breaks the calls that worked on it."""
    arguments = write(tmp_path, made)

    report = run_in(tmp_path, arguments)

    assert [(row["outcome"], row["reasons"]) for row in report["calls"]] == [("breaks", [reason])]
    assert [key["reason"] for key in report["keys"]] == [reason]
    assert run(arguments) == 1
    assert run([*arguments, "--allow-at-risk"]) == 1


SOON, LATER = "2026-06-01T00:00:00Z", "2027-06-01T00:00:00Z"


@pytest.mark.parametrize(
    ("after", "fields", "outcome", "reason"),
    [
        (OLD, {"valid_to": SOON}, "at-risk", "key-material-expires"),
        (OLD, {"valid_to": SOON, "was": {"valid_to": LATER}}, "at-risk", "key-material-expires"),
        (OLD, {"valid_to": LATER, "was": {"valid_to": SOON}}, "passes", "policy-unchanged"),
        (OLD, {"valid_to": SOON, "was": {"valid_to": SOON}}, "passes", "policy-unchanged"),
        (OLD, {"was": {"valid_to": SOON}, "valid_to": None}, "passes", "policy-unchanged"),
        (NEW, {"valid_to": SOON}, "breaks", "key-material-expires"),
        (SAFE, {"valid_to": SOON}, "at-risk", "key-material-expires"),
        (None, {"valid_to": SOON}, "at-risk", "policy-known-after-apply"),
    ],
    ids=["new end", "nearer", "later", "same", "no end", "with a Deny", "with a harmless Deny", "with an open policy"],
)
def test_calls_on_a_key_whose_material_expires_are_at_risk(
    tmp_path: Path, after: Any, fields: dict[str, Any], outcome: str, reason: str
) -> None:
    """Key material that a plan makes expire, or expire earlier, is a risk beside what the policy comes to."""
    made = ended("update", **fields)
    made["change"]["after"]["policy"] = json.dumps(after) if after else None
    made["change"]["after_unknown"] = {} if after else {"policy": True}
    arguments = write(tmp_path, made)

    report = run_in(tmp_path, arguments)

    assert (report["outcome"], [key["reason"] for key in report["keys"]]) == (outcome, [reason])
    is_open = after is None
    assert run([*arguments, "--allow-at-risk"]) == (1 if outcome == "breaks" else 3 if is_open else 0)


def test_moment_of_expiry_that_is_known_after_apply_is_one(tmp_path: Path) -> None:
    """A plan that does not know when key material will expire says that it will."""
    made = ended("update")
    made["change"]["after_unknown"] = {"valid_to": True}

    assert run(write(tmp_path, made)) == 1


@pytest.mark.parametrize("action", ["DescribeKey", "RetireGrant", "GetKeyPolicy"])
def test_key_that_ends_can_still_be_asked_about(tmp_path: Path, action: str) -> None:
    """What KMS answers for a key in any state does not break."""
    arguments = write(tmp_path, ended("delete"), keys=())
    made = Recording()
    made.kms("2026-03-01T18:00:00Z", action, KEY, MADE.role("app", "s"))
    (tmp_path / "export.json").write_text(as_trail_file(made.records), encoding="utf-8")

    assert run(arguments) == 0


def test_key_that_ends_needs_evidence_as_well(tmp_path: Path) -> None:
    """That no call on a key was read does not show that nobody uses it."""
    assert run(write(tmp_path, ended("delete"), keys=(OTHER,))) == 3


def test_key_without_a_policy_of_its_own_is_tried_with_the_default_one(tmp_path: Path) -> None:
    """The default policy lets the account's principals in by their own policies, and no service."""
    made = change("aws_kms_key.vault", KEY, OLD, OLD)
    made["change"]["after"]["policy"] = None
    arguments = write(tmp_path, made)
    (tmp_path / "grants.json").write_text('{"Grants": []}', encoding="utf-8")

    assert run(arguments) == 1
    report = run_in(tmp_path, [*arguments, "--grants", "grants.json"])
    assert {row["outcome"] for row in report["calls"] if row["observed"]} == {"breaks"}
    assert [key["reason"] for key in report["keys"]] == ["policy-is-default"]


@pytest.mark.parametrize(
    ("named", "outcomes"),
    [
        ({"KeyId": KEY}, {KEY: "breaks", OTHER: "at-risk"}),
        ({"KeyId": KEY[-36:]}, {KEY: "breaks", OTHER: "at-risk"}),
        ({"KeyId": OTHER}, {KEY: "at-risk", OTHER: "breaks"}),
        ({}, {KEY: "breaks", OTHER: "breaks"}),
    ],
    ids=["of one", "of one by its id", "of the other", "of no key in particular"],
)
def test_grants_of_one_key_say_nothing_of_another(
    tmp_path: Path, named: dict[str, str], outcomes: dict[str, str]
) -> None:
    """A call that no statement allows any more is refused where the key's grants are known, and at risk elsewhere."""
    changes = [change(f"aws_kms_key.{key[-1]}", key, OLD, policy(MADE)) for key in (KEY, OTHER)]
    arguments = write(tmp_path, *changes, keys=(KEY, OTHER))
    grant = {"GranteePrincipal": "backup-storage.amazonaws.com", "Operations": ["Encrypt"], **named}
    (tmp_path / "grants.json").write_text(json.dumps({"Grants": [grant]}), encoding="utf-8")

    report = run_in(tmp_path, [*arguments, "--grants", "grants.json"])

    assert {row["key"]: row["outcome"] for row in report["calls"] if row["observed"]} == outcomes


@pytest.mark.parametrize("grantee", ["backup-storage.amazonaws.com", None], ids=["told", "not told"])
def test_grant_that_goes_is_never_passed(tmp_path: Path, grantee: str | None) -> None:
    """What a removed grant allows was not replayed without it, so only the key that is named by its address passes."""
    gone = {
        "address": "aws_kms_grant.storage",
        "type": "aws_kms_grant",
        "change": {"actions": ["delete"], "before": {"key_id": KEY, "grantee_principal": grantee}, "after": None},
    }
    arguments = write(tmp_path, change("aws_kms_key.vault", KEY, OLD, SAFE), gone)

    assert run(arguments) == 3
    assert run([*arguments, "--key", KEY]) == 3
    assert run([*arguments, "--key", "aws_kms_key.vault"]) == 0


ROLE = "arn:aws:iam::111122223333:role/app"
VAULT = {"aws:dynamodb:tableName": "orders"}


def moved(kind: str, actions: list[str], before: dict[str, Any], after: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a change of a plan to something that is no key."""
    change = {"actions": actions, "before": before, "after": after, "after_unknown": {}}
    return {"address": f"{kind}.it", "type": kind, "change": change}


ALIAS = {"name": "alias/data", "target_key_id": KEY, "target_key_arn": KEY}
TO_OTHER = {"name": "alias/data", "target_key_id": OTHER, "target_key_arn": OTHER}
TABLE = {"name": "orders", "server_side_encryption": [{"kms_key_arn": KEY}]}
TABLE_MOVED = {"name": "orders", "server_side_encryption": [{"kms_key_arn": OTHER}]}
BY_TEAM = policy(
    MADE, deny({"StringNotEquals": {"aws:PrincipalTag/Team": "x"}}, principal={"AWS": ROLE}), ALLOW_STORAGE
)


def with_replica(key: str) -> dict[str, Any]:
    """Return a table with two replicas: the second one's key comes after the first one's."""
    return {"name": "orders", "replica": [{"kms_key_arn": KEY[:-1]}, {"kms_key_arn": key}]}


def tagged(value: str, name: str = "team") -> dict[str, Any]:
    """Return a role with a tag."""
    return {"arn": ROLE, "name": "app", "tags": {name: value}}


REPLACE, UPDATE, DELETE = ["delete", "create"], ["update"], ["delete"]
MOVES: list[tuple[dict[str, Any], int, str | None]] = [
    (moved("aws_kms_alias", DELETE, ALIAS), 1, "breaks"),
    (moved("aws_kms_alias", REPLACE, ALIAS, {**ALIAS, "name": "alias/new"}), 1, "breaks"),
    (moved("aws_kms_alias", UPDATE, ALIAS, TO_OTHER), 1, "at-risk"),
    (moved("aws_kms_alias", ["no-op"], ALIAS, ALIAS), 0, None),
    (moved("aws_kms_alias", ["forget"], ALIAS, None), 0, None),
    (moved("aws_kms_alias", DELETE, {**ALIAS, "name": "alias/none"}), 0, None),
    (moved("aws_kms_alias", DELETE, {**TO_OTHER, "name": "alias/none"}), 3, None),
    (moved("aws_iam_role", DELETE, {"arn": ROLE, "name": "app"}), 1, "at-risk"),
    (moved("aws_iam_role", REPLACE, {"arn": ROLE, "name": "app"}, {"name": "app"}), 1, "at-risk"),
    (moved("aws_iam_role", UPDATE, {"arn": ROLE, "name": "app"}, {"arn": ROLE, "name": "app"}), 0, None),
    (moved("aws_iam_role", DELETE, {"arn": f"{ROLE}2", "name": "app2"}), 0, None),
    (moved("aws_dynamodb_table", UPDATE, TABLE, TABLE_MOVED), 1, "at-risk"),
    (moved("aws_dynamodb_table", UPDATE, TABLE, {"name": "orders"}), 1, "at-risk"),
    (moved("aws_dynamodb_table", UPDATE, TABLE, {**TABLE, "hash_key": "id"}), 0, None),
    (moved("aws_dynamodb_table", DELETE, TABLE), 0, None),
    (moved("aws_dynamodb_table", UPDATE, {**TABLE, "name": "b"}, {**TABLE_MOVED, "name": "b"}), 3, None),
    (moved("aws_backup_vault", REPLACE, {"name": "v", "kms_key_arn": KEY}, {"kms_key_arn": OTHER}), 1, "at-risk"),
    (moved("aws_backup_vault", DELETE, {"name": "v", "kms_key_arn": KEY}), 0, None),
    (moved("aws_sqs_queue", UPDATE, {"name": "q"}, {"name": "q", "kms_master_key_id": KEY}), 3, None),
    (
        moved("aws_fsx_file", UPDATE, {"id": "orders", "kms_key_id": KEY}, {"id": "orders", "kms_key_id": OTHER}),
        1,
        "at-risk",
    ),
    (
        moved("aws_eks_x", UPDATE, {"name": "orders", "e": [{"key_arn": KEY}]}, {"name": "orders", "e": [{}]}),
        1,
        "at-risk",
    ),
    (moved("aws_x", UPDATE, {"name": "orders", "key_name": "a"}, {"name": "orders", "key_name": "b"}), 0, None),
    (moved("aws_kms_ciphertext", UPDATE, {"key_id": KEY}, {"key_id": OTHER}), 0, None),
    (moved("aws_dynamodb_table", UPDATE, with_replica(KEY), with_replica(OTHER)), 1, "at-risk"),
    (moved("aws_dynamodb_table", UPDATE, {**TABLE, "name": None}, {**TABLE_MOVED, "name": None}), 3, None),
    (moved("aws_iam_role", DELETE, {"path": "/"}), 3, None),
    (moved("aws_iam_user", DELETE, {"name": "alice"}), 1, "at-risk"),
    (moved("aws_iam_user", DELETE, {"name": "bob"}), 0, None),
    (moved("aws_iam_role", UPDATE, tagged("x"), tagged("y")), 1, "at-risk"),
    (moved("aws_iam_role", UPDATE, tagged("x", "cost"), tagged("y", "cost")), 0, None),
]


@pytest.mark.parametrize(
    ("made", "status", "outcome"), MOVES, ids=[f"{one[0]['type']}-{i}" for i, one in enumerate(MOVES)]
)
def test_what_is_taken_away_beside_policies_does_not_pass(
    tmp_path: Path, made: dict[str, Any], status: int, outcome: str | None
) -> None:
    """An alias, a role or a key of a table that goes is at risk for the calls on it, and named where none tells."""
    theirs = BY_TEAM if "tags" in made["change"]["before"] else OLD
    arguments = write(tmp_path, change("aws_kms_key.vault", KEY, theirs, theirs), made, keys=())
    calls = Recording()
    calls.kms("2026-03-01T18:00:00Z", "Decrypt", KEY, STORAGE)
    calls.kms("2026-03-01T18:00:00Z", "Decrypt", KEY, MADE.user("alice"))
    calls.kms("2026-03-01T18:00:00Z", "Decrypt", KEY, STORAGE, VAULT)
    calls.kms("2026-03-01T18:01:00Z", "Encrypt", KEY, MADE.role("app", "s"), parameters={"keyId": "alias/data"})
    (tmp_path / "export.json").write_text(as_trail_file(calls.records), encoding="utf-8")

    report = run_in(tmp_path, arguments)

    found = {row["outcome"] for row in report["calls"] if row["observed"] and row["address"].endswith(".it")}
    assert found == ({outcome} if outcome else set())
    assert run(arguments) == status
    assert run([*arguments, "--allow-at-risk"]) == (0 if outcome == "at-risk" else status)
    run(["callers", "--events", arguments[4], "--save", str(tmp_path / "calls.json"), "--no-progress"])
    assert run([*arguments[:3], "--calls", str(tmp_path / "calls.json"), "--no-progress"]) == status


@pytest.mark.parametrize(("is_key_of_table", "status"), [(True, 1), (False, 3)])
def test_move_alone_is_no_plan_without_changes(tmp_path: Path, *, is_key_of_table: bool, status: int) -> None:
    """A plan that changes no key at all can still break calls, or leave open whether it does."""
    made = moved("aws_dynamodb_table", UPDATE, TABLE, TABLE_MOVED)
    arguments = write(tmp_path, made)
    calls = Recording()
    calls.kms("2026-03-01T18:00:00Z", "Decrypt", KEY, STORAGE, VAULT if is_key_of_table else None)
    (tmp_path / "export.json").write_text(as_trail_file(calls.records), encoding="utf-8")

    assert run(arguments) == status


NESTED = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "stacks/key.yaml"}}
OWN = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": SAFE}}


@pytest.mark.parametrize(
    ("resources", "inner", "flags", "status"),
    [
        ({"Keys": NESTED}, None, ["--key", KEY], 3),
        ({"Keys": NESTED, "Own": OWN}, None, ["--key", KEY], 3),
        ({"Keys": NESTED, "Own": OWN}, None, ["--key", f"Own={KEY}"], 0),
        ({"Keys": NESTED}, NEW, ["--key", KEY], 1),
        ({"Keys": NESTED}, SAFE, ["--key", KEY], 0),
        ({"Keys": NESTED, "Own": OWN}, NEW, ["--key", f"Keys/Inner={KEY}"], 1),
    ],
    ids=["not read", "own key beside", "own key named", "read, breaks", "read, passes", "read, named"],
)
def test_nested_stack_is_read_or_named(
    tmp_path: Path, resources: dict[str, Any], inner: Any, flags: list[str], status: int
) -> None:
    """The template of a nested stack beside its parent is read; where there is none, nothing passes unless it is named."""
    arguments = write(tmp_path)
    (tmp_path / "plan.json").write_text(json.dumps({"Resources": resources}), encoding="utf-8")
    if inner is not None:
        (tmp_path / "stacks").mkdir()
        template = {"Resources": {"Inner": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": inner}}}}
        (tmp_path / "stacks" / "key.yaml").write_text(json.dumps(template, indent=1), encoding="utf-8")

    assert run([*arguments, *flags]) == status


def test_nested_stack_elsewhere_is_not_read(tmp_path: Path) -> None:
    """A template cannot have a file read that is neither below its folder nor below that of the command."""
    folder = tmp_path / "a"
    folder.mkdir()
    (tmp_path / "key.yaml").write_text(json.dumps({"Resources": {"Inner": OWN}}), encoding="utf-8")
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "../key.yaml"}}
    arguments = write(folder)
    (folder / "plan.json").write_text(json.dumps({"Resources": {"Keys": nested}}), encoding="utf-8")

    report = run_in(folder, [*arguments, "--key", KEY])

    assert [(key["address"], key["key"], key["reason"]) for key in report["keys"]] == [("Keys", None, "part-not-read")]


def test_template_is_not_tried_on_the_calls_of_several_keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A template does not say which key its own is: with calls on several, it has to be said."""
    arguments = write(tmp_path, keys=(KEY, OTHER))
    (tmp_path / "plan.json").write_text(json.dumps({"Resources": {"Own": OWN}}), encoding="utf-8")

    assert run(arguments) == 2
    assert "--key Own=arn:" in capsys.readouterr().err
    assert run([*arguments, "--key", f"Own={KEY}"]) == 0


def test_new_key_needs_no_calls(tmp_path: Path) -> None:
    """Nothing has called a key that the plan creates, so the calls of other keys decide."""
    changes = change("aws_kms_key.a", KEY, OLD, SAFE), change("aws_kms_key.new", "", None, NEW)

    assert run(write(tmp_path, *changes)) == 0


@pytest.mark.parametrize(
    ("changes", "lead"),
    [
        ((change("aws_kms_key.new", "", None, NEW),), "no observed call is on a key whose policy changes"),
        ((change("aws_kms_key.a", KEY, OLD, OLD),), "no key policy changes"),
        ((change("aws_kms_key.a", OTHER, OLD, NEW),), "nothing was replayed"),
    ],
    ids=["new key", "unchanged", "no call"],
)
def test_lead_says_that_a_call_breaks_only_of_observed_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: tuple[dict[str, Any], ...], lead: str
) -> None:
    """Where no observed call is concerned, the first line counts none, whatever calls AWS is known to make."""
    run(write(tmp_path, *changes))

    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith(lead)
    assert "would break" not in first


def test_call_that_was_not_observed_is_shown_and_decides_nothing(tmp_path: Path) -> None:
    """Calls that AWS Backup is known to make are shown apart from evidence."""
    report = run_in(tmp_path, write(tmp_path, change("aws_kms_key.vault", KEY, OLD, SAFE)))

    assert report["outcome"] == "passes"
    assert {row["observed"] for row in report["calls"] if row["outcome"] == "breaks"} == {False}


RISKY = change("aws_kms_key.a", KEY, OLD, OPEN)


@pytest.mark.parametrize(
    ("others", "status"),
    [
        ((), 0),
        ((change("aws_kms_key.b", OTHER, OLD, SAFE),), 3),
        ((change("aws_kms_key.b", OTHER, OLD, None, policy=True),), 3),
        ((change("aws_kms_key.new", "", None, NEW),), 0),
        ((moved("aws_dynamodb_table", UPDATE, {"name": "t"}, TABLE),), 3),
    ],
    ids=["alone", "no call on another key", "not known", "new key", "no call for a table"],
)
def test_calls_at_risk_are_let_through_only_where_all_else_was_tried(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], others: tuple[dict[str, Any], ...], status: int
) -> None:
    """--allow-at-risk is about calls that were tried: what could not be tried stops the pipeline all the same."""
    arguments = write(tmp_path, RISKY, *others)

    assert run([*arguments, "--allow-at-risk"]) == status
    told = capsys.readouterr().out.splitlines()[0]
    assert told.startswith("1 newly at risk")
    assert ("nothing passes" in told) == (status == 3)
    assert run(arguments) == 1


def test_calls_at_risk_are_not_let_through_by_calls_that_are_too_old(tmp_path: Path) -> None:
    """--allow-at-risk does not make up for evidence that is older than --max-age demands."""
    arguments = write(tmp_path, RISKY)
    run(["callers", "--events", arguments[4], "--save", str(tmp_path / "calls.json"), "--no-progress"])
    replayed = [*arguments[:3], "--calls", str(tmp_path / "calls.json"), "--no-progress", "--allow-at-risk"]

    assert run(replayed) == 0
    assert run([*replayed, "--max-age", "1d"]) == 3


APP = {"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "kms:*", "Resource": "*"}
LETS_IN, LETS_ONE_IN = policy(MADE, ALLOW_STORAGE, APP), policy(MADE, APP)
DENIES = policy(MADE, {**APP, "Effect": "Deny"}, ALLOW_STORAGE)


def planned(after: Any, *, is_new: bool = False) -> dict[str, Any]:
    """Return the change of the key that a table or an alias gets, which a plan leaves alone, or makes."""
    made = change("aws_kms_key.other", "" if is_new else OTHER, None if is_new else after, after)
    made["change"]["actions"] = ["create"] if is_new else ["no-op"]
    return made


NEW_KEY = {
    "root_module": {
        "resources": [
            {
                "address": "aws_dynamodb_table.it",
                "expressions": {
                    "server_side_encryption": [
                        {"kms_key_arn": {"references": ["aws_kms_key.other.arn", "aws_kms_key.other"]}}
                    ]
                },
            }
        ]
    }
}
MADE_LATER = moved("aws_dynamodb_table", UPDATE, TABLE, {"name": "orders", "server_side_encryption": [{}]})
MADE_LATER["change"]["after_unknown"] = {"server_side_encryption": [{"kms_key_arn": True}]}
TABLE_MOVES = moved("aws_dynamodb_table", UPDATE, TABLE, TABLE_MOVED)
ALIAS_MOVES = moved("aws_kms_alias", UPDATE, ALIAS, TO_OTHER)
RISK, FINE = ("kms:Decrypt", "at-risk"), ("kms:Decrypt", "unchanged")


@pytest.mark.parametrize(
    ("changes", "recorded", "expected"),
    [
        ((planned(LETS_IN), TABLE_MOVES), (), {FINE, ("kms:Encrypt", "unchanged")}),
        ((planned(LETS_ONE_IN), TABLE_MOVES), (), {RISK, ("kms:Encrypt", "unchanged")}),
        ((planned(DENIES), TABLE_MOVES), (), {FINE, ("kms:Encrypt", "breaks")}),
        ((planned(OLD), TABLE_MOVES), (), {FINE, ("kms:Encrypt", "at-risk")}),
        ((planned(LETS_IN, is_new=True), MADE_LATER), (), {FINE, ("kms:Encrypt", "unchanged")}),
        ((planned(DENIES, is_new=True), MADE_LATER), (), {FINE, ("kms:Encrypt", "breaks")}),
        ((TABLE_MOVES,), (LETS_IN,), {FINE, ("kms:Encrypt", "unchanged")}),
        ((TABLE_MOVES,), (LETS_IN, DENIES), {FINE, ("kms:Encrypt", "breaks")}),
        ((TABLE_MOVES,), (), {RISK, ("kms:Encrypt", "at-risk")}),
        ((planned(LETS_IN), ALIAS_MOVES), (), {("kms:Encrypt", "unchanged"), RISK}),
        ((planned(DENIES), ALIAS_MOVES), (), {("kms:Encrypt", "breaks"), ("kms:Decrypt", "breaks")}),
    ],
)
def test_calls_that_move_are_tried_with_the_policy_of_their_new_key(
    tmp_path: Path, changes: tuple[dict[str, Any], ...], recorded: tuple[Any, ...], expected: set[tuple[str, str]]
) -> None:
    """A plan or a record that tells the new key's policy decides; the caller's own policies may know the old key only."""
    arguments = write(tmp_path, *changes, keys=())
    plan = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8")) | {"configuration": NEW_KEY}
    (tmp_path / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    calls = Recording()
    for hour, text in enumerate(recorded):
        calls.put_key_policy(f"2026-03-01T0{hour}:00:00Z", OTHER, text, MADE.user("admin"))
    named = {"parameters": {"keyId": "alias/data"}}
    who = MADE.role("app", "s") if ALIAS_MOVES in changes else STORAGE
    calls.kms("2026-03-01T18:00:00Z", "Decrypt", KEY, who, VAULT, **named)
    calls.kms("2026-03-01T18:01:00Z", "Encrypt", KEY, MADE.role("app", "s"), VAULT, **named)
    (tmp_path / "export.json").write_text(as_trail_file(calls.records), encoding="utf-8")

    report = run_in(tmp_path, arguments)

    found = {(row["action"], row["outcome"]) for row in report["calls"] if row["observed"]}
    assert found == expected
    run_in(tmp_path, ["callers", "--events", "export.json", "--save", "calls.json"])
    assert run_in(tmp_path, ["what-if", "--plan", "plan.json", "--calls", "calls.json"])["calls"] == report["calls"]
    assert run(arguments) == int(any(outcome in ("breaks", "at-risk") for _action, outcome in expected))


def test_calls_that_move_point_at_the_policy_that_refuses_them(tmp_path: Path) -> None:
    """What refuses a moved call is a statement of the new key's policy, so it is shown there, and with that key."""
    arguments = write(tmp_path, planned(DENIES), TABLE_MOVES, keys=())
    calls = Recording()
    calls.kms("2026-03-01T18:01:00Z", "Encrypt", KEY, MADE.role("app", "s"), VAULT)
    (tmp_path / "export.json").write_text(as_trail_file(calls.records), encoding="utf-8")

    (row,) = [row for row in run_in(tmp_path, arguments)["calls"] if row["observed"]]

    assert (row["address"], row["key"], row["statement"]["index"]) == ("aws_kms_key.other", OTHER, 2)
    assert "key-of-resource-changes" in row["reasons"]


def stack(**resources: Any) -> dict[str, Any]:
    """Return a template."""
    return {"Resources": {name: {"Type": kind, "Properties": made} for name, (kind, made) in resources.items()}}


OWN_KEY = ("AWS::KMS::Key", {"KeyPolicy": OLD})
NAMED = ("AWS::KMS::Alias", {"AliasName": "alias/data", "TargetKeyId": {"Ref": "Key"}})
APP_ROLE = ("AWS::IAM::Role", {"RoleName": "app"})
RETAINED = {"Resources": {"Key": {**stack(Key=OWN_KEY)["Resources"]["Key"], "DeletionPolicy": "Retain"}}}
TERRAFORM = {"resource": {"aws_kms_key": {"a": {"policy": json.dumps(OLD)}}}}


def configured(**resources: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration of Terraform with a key, and one more resource of each type."""
    more = {f"aws_{kind}": {"x": block} for kind, block in resources.items()}
    return {"resource": {**TERRAFORM["resource"], **more}}


def alias_of(part: str) -> dict[str, str]:
    """Return an alias of the key of a configuration, named by one of its attributes."""
    return {"name": "alias/data", "target_key_id": f"${{aws_kms_key.a.{part}}}"}


def template_of(name: str, kind: str, made: dict[str, Any]) -> dict[str, Any]:
    """Return a template with a key, and one more resource."""
    return stack(Key=OWN_KEY, **{name: (kind, made)})


def with_tags(value: str) -> dict[str, Any]:
    """Return a template whose key has a tag that its policy tests."""
    return stack(Key=("AWS::KMS::Key", {"KeyPolicy": BY_CLASS, "Tags": [{"Key": "Class", "Value": value}]}))


def with_role_tags(value: str) -> dict[str, Any]:
    """Return a template with a role that has a tag that its key's policy tests."""
    role = {"RoleName": "app", "Tags": [{"Key": "team", "Value": value}]}
    return stack(Key=("AWS::KMS::Key", {"KeyPolicy": BY_TEAM}), App=("AWS::IAM::Role", role))


def tags_of_configuration(value: str) -> dict[str, Any]:
    """Return the same as a configuration of Terraform."""
    return {"resource": {"aws_kms_key": {"a": {"policy": json.dumps(BY_CLASS), "tags": {"Class": value}}}}}


BY_CLASS = policy(MADE, deny({"StringEquals": {"aws:ResourceTag/class": "secret"}}), ALLOW_STORAGE)
ENCRYPTED = {"SSESpecification": {"KMSMasterKeyId": KEY}}
MAYBE = stack(Key=OWN_KEY) | {"Conditions": {"C": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}}}
MAYBE["Resources"] = {"Key": {**MAYBE["Resources"]["Key"], "Condition": "C"}}
UNKNOWN_NAME = {**NAMED[1], "AliasName": {"Fn::Sub": "alias/${Stage}"}}
STREAM = "AWS::Kinesis::Stream"
OTHER_NAME = {"resource": {"aws_kms_key": {"b": {"policy": json.dumps(OLD)}}}}


@pytest.mark.parametrize(
    ("old", "new", "outcomes", "status"),
    [
        (stack(Key=OWN_KEY), stack(Key=OWN_KEY), set(), 0),
        (stack(Key=OWN_KEY), stack(Bucket=("AWS::S3::Bucket", {})), {"breaks"}, 1),
        (stack(Key=OWN_KEY), stack(Renamed=OWN_KEY), {"breaks"}, 1),
        (RETAINED, stack(Bucket=("AWS::S3::Bucket", {})), set(), 0),
        (stack(Key=OWN_KEY, Name=NAMED), stack(Key=OWN_KEY), {"breaks"}, 1),
        (stack(Key=OWN_KEY, App=APP_ROLE), stack(Key=OWN_KEY), {"at-risk"}, 1),
        (stack(Key=OWN_KEY, Name=NAMED), stack(Key=OWN_KEY, Name=NAMED), set(), 0),
        (
            stack(Vault=("AWS::Backup::BackupVault", {"EncryptionKeyArn": KEY})),
            stack(Vault=("AWS::Backup::BackupVault", {"EncryptionKeyArn": OTHER})),
            {"at-risk"},
            1,
        ),
        (TERRAFORM, OTHER_NAME, {"breaks"}, 1),
        (TERRAFORM, {**OTHER_NAME, "moved": [{"from": "aws_kms_key.a", "to": "aws_kms_key.b"}]}, set(), 0),
        (configured(kms_alias=alias_of("id")), TERRAFORM, {"breaks"}, 1),
        (configured(kms_alias=alias_of("id")), configured(kms_alias=alias_of("key_id")), set(), 0),
        (configured(iam_role={"name": "app"}), TERRAFORM, {"at-risk"}, 1),
        (
            configured(backup_vault={"kms_key_arn": KEY}),
            configured(backup_vault={"kms_key_arn": OTHER}),
            {"at-risk"},
            1,
        ),
        (
            TERRAFORM,
            {"resource": {}, "removed": [{"from": "aws_kms_key.a", "lifecycle": {"destroy": False}}]},
            set(),
            0,
        ),
        (with_tags("public"), with_tags("secret"), {"at-risk"}, 1),
        (with_tags("public"), with_tags("public"), set(), 0),
        (with_role_tags("x"), with_role_tags("y"), {"at-risk"}, 1),
        (tags_of_configuration("public"), tags_of_configuration("secret"), {"at-risk"}, 1),
        (template_of("App", "AWS::IAM::Role", {}), stack(Key=OWN_KEY), set(), 3),
        (template_of("Name", "AWS::KMS::Alias", UNKNOWN_NAME), stack(Key=OWN_KEY), set(), 3),
        (template_of("T", "AWS::DynamoDB::Table", ENCRYPTED), template_of("T", "AWS::DynamoDB::Table", {}), set(), 3),
        (template_of("S", STREAM, {"KeyId": KEY}), template_of("S", STREAM, {"KeyId": OTHER}), set(), 3),
        (template_of("In", "AWS::CloudFormation::Stack", {"TemplateURL": "x"}), stack(Key=OWN_KEY), set(), 3),
        (stack(Key=OWN_KEY), MAYBE, set(), 3),
        (MAYBE, MAYBE, set(), 0),
        ({**TERRAFORM, "module": {"m": {"source": "./keys"}}}, TERRAFORM, set(), 3),
        (TERRAFORM, {"resource": {"aws_kms_key": {"a": {"policy": json.dumps(OLD), "count": 0}}}}, {"breaks"}, 1),
        (TERRAFORM, {"resource": {"aws_kms_key": {"a": {"policy": json.dumps(OLD), "for_each": {}}}}}, {"breaks"}, 1),
    ],
)
def test_configuration_beside_the_one_in_force_shows_what_goes(
    tmp_path: Path, old: dict[str, Any], new: dict[str, Any], outcomes: set[str], status: int
) -> None:
    """A key, an alias or a role that the new configuration leaves out is not there any more."""
    arguments = write(tmp_path)
    (tmp_path / "plan.json").write_text(json.dumps(new), encoding="utf-8")
    (tmp_path / "old.json").write_text(json.dumps(old), encoding="utf-8")
    calls = Recording()
    calls.kms("2026-03-01T18:00:00Z", "Decrypt", KEY, STORAGE)
    calls.kms("2026-03-01T18:01:00Z", "Encrypt", KEY, MADE.role("app", "s"), parameters={"keyId": "alias/data"})
    (tmp_path / "export.json").write_text(as_trail_file(calls.records), encoding="utf-8")

    report = run_in(tmp_path, [*arguments, "--old", "old.json"])

    assert {row["outcome"] for row in report["calls"] if row["observed"]} - {"unchanged"} == outcomes
    assert run([*arguments, "--old", str(tmp_path / "old.json")]) == status


def test_policy_beside_the_key_is_named_as_not_tried(tmp_path: Path) -> None:
    """What the new template does to a role's own policies decides nothing here, and is said."""
    arguments = write(tmp_path)
    own = {"RoleName": "app", "Policies": [{"PolicyDocument": policy(MADE, {**APP, "Action": "kms:*"})}]}
    for file, made in ("old.json", own), ("plan.json", {**own, "Policies": []}):
        (tmp_path / file).write_text(json.dumps(template_of("App", "AWS::IAM::Role", made)), encoding="utf-8")

    report = run_in(tmp_path, [*arguments, "--old", "old.json", "--key", f"Key={KEY}"])

    assert [(key["address"], key["reason"]) for key in report["keys"]] == [
        ("Key", "policy-unchanged"),
        ("App", "other-policy-not-tried"),
    ]
    assert report["outcome"] == "passes"


@pytest.mark.parametrize("asked", [f"Renamed={KEY}", KEY])
def test_key_that_is_asked_for_is_the_one_that_goes(tmp_path: Path, asked: str) -> None:
    """The ARN that is asked for is that of the key there is, whatever the new template calls its own."""
    arguments = write(tmp_path)
    (tmp_path / "plan.json").write_text(json.dumps(stack(Renamed=OWN_KEY)), encoding="utf-8")
    (tmp_path / "old.json").write_text(json.dumps(stack(Key=OWN_KEY)), encoding="utf-8")

    report = run_in(tmp_path, [*arguments, "--old", "old.json", "--key", asked])

    assert [(key["address"], key["reason"]) for key in report["keys"]] == [
        ("Renamed", "key-is-new"),
        ("Key", "key-is-deleted"),
    ]
    assert report["outcome"] == "breaks"


def test_key_of_the_configuration_in_force_can_be_asked_for(tmp_path: Path) -> None:
    """An address that only the configuration in force has is that of a key that goes."""
    arguments = write(tmp_path)
    (tmp_path / "plan.json").write_text(json.dumps(stack(Renamed=OWN_KEY)), encoding="utf-8")
    (tmp_path / "old.json").write_text(json.dumps(stack(Key=OWN_KEY)), encoding="utf-8")

    report = run_in(tmp_path, [*arguments, "--old", "old.json", "--key", f"Key={KEY}"])

    assert [(key["address"], key["reason"]) for key in report["keys"]] == [("Key", "key-is-deleted")]
    assert report["outcome"] == "breaks"


def stack_with_vault(theirs: dict[str, Any], key: str) -> dict[str, Any]:
    """Return a template with two keys, and a vault with the one or the other."""
    vault = "AWS::Backup::BackupVault", {"EncryptionKeyArn": {"Fn::GetAtt": [key, "Arn"]}}
    return stack(Key=OWN_KEY, Other=("AWS::KMS::Key", {"KeyPolicy": theirs}), Vault=vault)


def configured_with_vault(theirs: dict[str, Any], key: str) -> dict[str, Any]:
    """Return the same as a configuration of Terraform."""
    keys = {"Key": {"policy": json.dumps(OLD)}, "Other": {"policy": json.dumps(theirs)}}
    vault = {"name": "v", "kms_key_arn": f"${{aws_kms_key.{key}.arn}}"}
    return {"resource": {"aws_kms_key": keys, "aws_backup_vault": {"v": vault}}}


@pytest.mark.parametrize(("made", "kind"), [(stack_with_vault, ""), (configured_with_vault, "aws_kms_key.")])
@pytest.mark.parametrize(("theirs", "outcome"), [(OLD, "passes"), (NEW, "breaks")])
def test_resource_that_gets_another_key_of_its_template_is_tried_with_it(
    tmp_path: Path, theirs: dict[str, Any], outcome: str, made: Any, kind: str
) -> None:
    """A reference to a key of the template is the key that is said to have that address."""
    arguments = write(tmp_path)
    for file, key in ("old.json", "Key"), ("plan.json", "Other"):
        (tmp_path / file).write_text(json.dumps(made(theirs, key)), encoding="utf-8")
    asked = ["--key", f"{kind}Key={KEY}", "--key", f"{kind}Other={OTHER}"]

    report = run_in(tmp_path, [*arguments, "--old", "old.json", *asked])

    assert report["outcome"] == outcome
    assert {(row["key"], row["outcome"]) for row in report["calls"] if row["observed"]} == {
        (OTHER, "unchanged" if outcome == "passes" else "breaks")
    }


def bare(folder: Path, new: dict[str, Any], *keys: str) -> list[str]:
    """Write policies without a plan around them; return the arguments."""
    arguments = write(folder)
    for file, policy_of in ("plan.json", new), ("old.json", OLD):
        (folder / file).write_text(json.dumps(policy_of), encoding="utf-8")
    return [*arguments, "--old", str(folder / "old.json"), *(part for key in keys for part in ("--key", key))]


def test_policy_of_several_keys_needs_calls_on_each(tmp_path: Path) -> None:
    """Of two keys that a policy is tried for, the one that no call is on is no evidence."""
    assert run(bare(tmp_path, SAFE, KEY)) == 0
    assert run(bare(tmp_path, SAFE, KEY, OTHER)) == 3


@pytest.mark.parametrize(("region", "status"), [("eu-west-1", 0), ("us-east-1", 3)])
def test_alias_is_asked_for_by_its_arn(tmp_path: Path, region: str, status: int) -> None:
    """The ARN of an alias is its name in one account and Region."""
    arguments = bare(tmp_path, SAFE, f"arn:aws:kms:{region}:111122223333:alias/data")
    calls = Recording()
    calls.kms("2026-03-01T18:00:00Z", "Decrypt", KEY, STORAGE, parameters={"keyId": "alias/data"})
    (tmp_path / "export.json").write_text(as_trail_file(calls.records), encoding="utf-8")

    assert run(arguments) == status


@pytest.mark.parametrize(("region", "status"), [("eu-west-1", 1), ("us-east-1", 3)])
def test_alias_of_a_template_is_asked_for_by_its_arn(tmp_path: Path, region: str, status: int) -> None:
    """A template has the name of an alias alone; the ARN says in which account and Region its calls are."""
    arguments = bare(tmp_path, stack(Key=("AWS::KMS::Key", {"KeyPolicy": NEW}), Name=NAMED))
    calls = Recording()
    calls.kms("2026-03-01T18:00:00Z", "Decrypt", KEY, STORAGE, parameters={"keyId": "alias/data"})
    (tmp_path / "export.json").write_text(as_trail_file(calls.records), encoding="utf-8")

    assert run([*arguments, "--key", f"arn:aws:kms:{region}:111122223333:alias/data"]) == status


@pytest.mark.parametrize("name", ["v", "arn:aws:backup:eu-west-1:111122223333:backup-vault:v"])
def test_key_is_asked_for_by_what_a_plan_encrypts_with_it(tmp_path: Path, name: str) -> None:
    """The name and the ARN of a vault of the plan are as good as those of its key."""
    arn = "arn:aws:backup:eu-west-1:111122223333:backup-vault:v"
    vault = {"name": "v", "arn": arn, "kms_key_arn": KEY}
    made = moved("aws_backup_vault", ["no-op"], vault, vault)
    changes = change("aws_kms_key.a", KEY, OLD, NEW), change("aws_kms_key.b", OTHER, OLD, NEW), made

    report = run_in(tmp_path, [*write(tmp_path, *changes), "--key", name])

    assert {key["address"] for key in report["keys"]} == {"aws_kms_key.a"}
    assert report["outcome"] == "breaks"


def test_old_policy_belongs_to_the_only_key_beside_what_was_not_read(tmp_path: Path) -> None:
    """A nested stack beside the only key of a template is no second key."""
    arguments = bare(tmp_path, stack(Key=OWN_KEY, Inner=("AWS::CloudFormation::Stack", {"TemplateURL": "x"})))
    calls = Recording()
    calls.kms("2026-03-01T18:00:00Z", "Decrypt", KEY, STORAGE)
    (tmp_path / "export.json").write_text(as_trail_file(calls.records), encoding="utf-8")

    report = run_in(tmp_path, arguments)

    assert {row["outcome"] for row in report["calls"]} <= {"unchanged"}
    assert report["outcome"] == "nothing-replayed"


def test_service_of_a_vault_with_a_new_key_decides(tmp_path: Path) -> None:
    """Nothing can call a new key yet: where its policy denies the vault's service, the gate says so at its statement."""
    made = change("aws_kms_key.new", "", None, NEW)
    vault = change("aws_backup_vault.v", "", None, None)
    vault |= {"type": "aws_backup_vault"}
    vault["change"]["after_unknown"] = {"kms_key_arn": True}
    arguments = write(tmp_path, made, vault)
    plan = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    reference = {"kms_key_arn": {"references": ["aws_kms_key.new.arn", "aws_kms_key.new"]}}
    block = {"address": "aws_backup_vault.v", "mode": "managed", "type": "aws_backup_vault", "name": "v"}
    plan["configuration"] = {"root_module": {"resources": [{**block, "expressions": reference}]}}
    (tmp_path / "plan.json").write_text(json.dumps(plan), encoding="utf-8")

    report = run_in(tmp_path, [*arguments, "--sarif", str(tmp_path / "log.sarif")])

    decided = {(row["caller"]["name"], row["outcome"]) for row in report["calls"] if row["decides"]}
    assert decided == {("backup-storage.amazonaws.com", "breaks")}
    assert report["outcome"] == "breaks"
    log = json.loads((tmp_path / "log.sarif").read_text(encoding="utf-8"))
    assert {one["level"] for one in log["runs"][0]["results"]} == {"error", "note"}


@pytest.mark.parametrize(
    ("old", "more", "status"), [(OLD, {}, 3), (OLD, {"bypass_policy_lockout_safety_check": True}, 0), (None, {}, 0)]
)
def test_policy_that_kms_refuses_does_not_pass(
    tmp_path: Path, old: dict[str, Any] | None, more: dict[str, Any], status: int
) -> None:
    """What nobody may change again is refused, unless KMS is told to take it, or it was so before."""
    alone = {"Version": "2012-10-17", "Statement": [ALLOW_STORAGE]}
    made = change("aws_kms_key.vault", KEY, old or {**alone, "Id": "before"}, alone)
    made["change"]["after"].update(more)

    assert run(write(tmp_path, made)) == status


@pytest.mark.parametrize("name", ["arn:aws:iam::111122223333:role/app*", "arn:aws:iam::111122223333:role/ap?"])
def test_policy_that_names_principals_by_a_pattern_does_not_pass(tmp_path: Path, name: str) -> None:
    """AWS takes no wildcard within the ARN of a principal, so such a policy is never put."""
    named = policy(MADE, ALLOW_STORAGE, {**APP, "Principal": {"AWS": [ROLE, name]}})

    assert run(write(tmp_path, change("aws_kms_key.vault", KEY, OLD, named))) == 3


def test_policy_resource_that_goes_to_another_key_leaves_its_key_without_one(tmp_path: Path) -> None:
    """A policy resource that is replaced for another key takes its policy with it: the service is let in no more."""
    made = change("aws_kms_key_policy.p", "", OLD, OLD)
    made |= {"type": "aws_kms_key_policy"}
    made["change"]["actions"] = REPLACE
    made["change"]["before"]["key_id"], made["change"]["after"]["key_id"] = KEY, OTHER
    (tmp_path / "grants.json").write_text('{"Grants": []}', encoding="utf-8")

    report = run_in(tmp_path, [*write(tmp_path, made, keys=(KEY, OTHER)), "--grants", "grants.json"])

    assert {(row["key"], row["outcome"]) for row in report["calls"] if row["observed"]} == {
        (KEY, "breaks"),
        (OTHER, "unchanged"),
    }


@pytest.mark.parametrize("text", ['{"Statement": [], "Statement": []}', "Statement: []\nStatement: []"])
def test_what_is_given_twice_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    """Neither a template nor the text of a policy in a plan may give a name twice: only one would have been tried."""
    arguments = write(tmp_path, change("aws_kms_key.vault", KEY, OLD, OLD))
    plan = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    plan["resource_changes"][0]["change"]["after"]["policy"] = text
    (tmp_path / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    if "{" in text:
        assert run(arguments) == 2
        assert "Statement is given twice" in capsys.readouterr().err
    indented = text.replace("\n", "\n        ")
    template = f"Resources:\n  Key:\n    Type: AWS::KMS::Key\n    Properties:\n      KeyPolicy:\n        {indented}\n"
    (tmp_path / "plan.json").write_text(template, encoding="utf-8")

    assert run([*arguments, "--key", KEY]) == 2
    assert "gives Statement twice at /Resources/Key/Properties/KeyPolicy" in capsys.readouterr().err
