"""Runs `remedies_in_place.json`: the blamed statement, or the one that nearly allowed, is changed where it stands.

Each case is a whole policy, calls as records tell them, and outsiders that no remedy may let in; those marked `opens`
tempt to open the key.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from calling import event_of, request_of
from msgspec import structs

from trail_diff.model.reasons import Reason
from trail_diff.model.report import Remedy
from trail_diff.policy import PolicySet, compile_policies, decide
from trail_diff.policy.remedies.patches import apply_patch
from trail_diff.policy.remedies.remedy import find_remedies
from trail_diff.policy.remedies.situation import ObservedCall, Situation

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "cases" / "remedies_in_place.json").read_text(encoding="utf-8")
)
ACCOUNT = "111122223333"
FURTHER = {"explicit-deny": 0, "implicit-deny": 0, "undetermined": 1, "allowed": 2}


def policy_of(statements: list[Any]) -> dict[str, Any]:
    """Make a policy of statements."""
    return {"Version": "2012-10-17", "Statement": statements}


def situation_of(case: dict[str, Any]) -> Situation:
    """Make the situation of a case; the first call is the one that the finding is about."""
    calls, grants = case["calls"], case.get("grants")
    first = event_of(calls[0])
    return Situation(
        policy=policy_of(case["statements"]),
        grants=None if grants is None else tuple(grants),
        statement=case.get("blamed"),
        caller=first.caller,
        action=first.accesses[0].action,
        job_role=f"arn:aws:iam::{ACCOUNT}:role/service-role/Backup",
        account=ACCOUNT,
        observed=tuple(
            ObservedCall(call["caller"], request_of(call), 2, call["succeeded"], call.get("target", True))
            for call in calls
        ),
        assumed=tuple(case.get("assumed", ())),
        innocent=tuple(case.get("innocent", ())),
        before=policy_of(case["before"]) if "before" in case else None,
        grant_ended=case.get("grant_ended", False),
    )


def helping(case: dict[str, Any]) -> list[Remedy]:
    """Return the remedies that are said to help."""
    return [remedy for remedy in find_remedies(situation_of(case)) if remedy.helps is True]


def case_id(case: dict[str, Any]) -> str:
    """Name a test after its case."""
    return str(case["id"])


@pytest.mark.parametrize("case", CASES, ids=case_id)
def test_remedies_help_as_the_case_says(case: dict[str, Any]) -> None:
    """Each remedy helps or not, with the risks of the case and the statement that then allows the call."""
    remedies = {remedy.id: remedy for remedy in find_remedies(situation_of(case))}

    assert {name: remedies[name].helps for name in case["helps"]} == case["helps"]
    for name, risks in case.get("risks", {}).items():
        assert set(risks) <= set(remedies[name].risks)
    for name, risks in case.get("risks_lack", {}).items():
        assert not set(risks) & set(remedies[name].risks)
    for name, index in case.get("allowed", {}).items():
        allowed_by = remedies[name].allowed_by
        assert allowed_by is not None
        assert allowed_by.index == index


@pytest.mark.parametrize("case", CASES, ids=case_id)
def test_the_statement_concerned_is_changed_where_it_stands(case: dict[str, Any]) -> None:
    """Some helping remedy patches the statement of the case, none patches another, and nothing else is rewritten."""
    remedies = helping(case)
    under, not_under = case.get("under"), case.get("not_under")
    paths = [[step["path"] for step in remedy.patch or ()] for remedy in remedies]

    assert under is None or any(path.startswith(f"{under}/") for steps in paths for path in steps)
    assert not_under is None or not any(path.startswith(f"{not_under}/") for steps in paths for path in steps)
    for remedy in remedies:
        assert remedy.policy == apply_patch(policy_of(case["statements"]), remedy.patch or ())
        text = json.dumps(remedy.policy)
        assert not [part for part in case.get("lacks", ()) if part in text]
        assert all(json.dumps(part)[1:-1] in text for part in case.get("contains", {}).get(remedy.id, ()))
        for old, new in zip(case["statements"], (remedy.policy or {})["Statement"], strict=False):
            assert {name: old[name] for name in ("Sid", "Effect", "Action", "Resource")} == {
                name: new[name] for name in ("Sid", "Effect", "Action", "Resource")
            }


@pytest.mark.parametrize("case", CASES, ids=case_id)
def test_nobody_else_gets_in(case: dict[str, Any]) -> None:
    """Under no helping remedy does an outsider of the case get further than before."""
    situation = situation_of(case)
    outsiders = [request_of(call) for call in case.get("outsiders", ())]

    def reach(policy: Any) -> list[int]:
        compiled = compile_policies(PolicySet.assuming_no_limits(policy, situation.grants or (), ()))
        return [FURTHER[decide(outsider, compiled)] for outsider in outsiders]

    before = reach(situation.policy)
    for remedy in helping(case):
        if remedy.id in case.get("only", [remedy.id]):
            assert all(now <= was for now, was in zip(reach(remedy.policy), before, strict=True)), remedy.id


def test_fix_of_aws_support_stands_beside_the_narrower_one() -> None:
    """Wherever one service can be exempted, all of them can, with the difference as its risk, further down."""
    for case in CASES:
        ids = [remedy.id for remedy in find_remedies(situation_of(case))]
        if "exempt-this-service" in ids:
            assert ids.index("exempt-this-service") < ids.index("exempt-service-principals"), case["id"]


def test_no_policy_beyond_the_quota_is_offered() -> None:
    """A change that would make a policy larger than KMS takes does not help, and says why."""
    case = next(case for case in CASES if case["id"] == "success-proves")
    long = {"Sid": "", "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    statements = [*case["statements"], long]
    long["Sid"] = "x" * (32_768 - len(json.dumps(policy_of(statements), separators=(",", ":"))))

    remedies = find_remedies(situation_of({**case, "statements": statements}))

    assert {remedy.helps for remedy in remedies} == {False}
    by_id = {remedy.id: remedy for remedy in remedies}
    assert Reason.POLICY_TOO_LARGE in by_id["exempt-this-service"].risks
    assert Reason.POLICY_TOO_LARGE in by_id["exempt-service-principals"].risks


def test_role_that_is_not_known_is_in_no_tempting_change() -> None:
    """Where no job's role is known, nothing is tried that names one, and the other tempting changes are."""
    case = next(case for case in CASES if case["id"] == "success-proves")

    remedies = find_remedies(structs.replace(situation_of(case), job_role=None))

    assert not {"add-backup-role", "add-session-arn", "allow-role-everything"} & {one.id for one in remedies}
    assert {"via-aws-service", "if-exists-operator"} <= {one.id for one in remedies}
