"""Runs the tables of paired requests and of fixes: what differs, what is offered, and whom that may not let in."""

from pathlib import Path
from typing import Any

import pytest
from causes_doc import EXAMPLES
from incidents import diagnose
from making import ACCOUNT
from tables import KEYS, OTHER_ACCOUNT, Entry, build_case, case_id, read_table

from trail_diff.diagnosis.hypotheses.registry import TEXTS
from trail_diff.model.codes import Cause
from trail_diff.model.report import Remedy, Report
from trail_diff.pipeline import analyse
from trail_diff.policy import PolicySet, Principal, PrincipalKind, Request, compile_policies, decide

CASES = Path(__file__).parent / "cases"
TEMPTING = ("add-backup-role", "add-session-arn", "allow-role-everything", "via-aws-service", "if-exists-operator")
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@pytest.mark.parametrize("case", read_table(CASES / "pairs.json"), ids=case_id)
def test_requests_differ_as_the_table_says(case: Entry) -> None:
    """What differs between the refused and the working requests is just what the table states, in its order."""
    seen = [
        [one.name, list(one.failed), list(one.succeeded), *(["decides"] if one.decides else [])]
        for one in analyse(build_case(case)).request_differences
    ]

    assert seen == case["differences"]


@pytest.mark.parametrize("case", read_table(CASES / "fixes.json"), ids=case_id)
def test_fix_is_what_the_table_says_and_opens_nothing(case: Entry) -> None:
    """The remedies, their statements, commands and next steps are those stated, and none lets a stranger in."""
    report = analyse(build_case(case))
    seen = tell_fixes(report)

    told = {name: seen[name] for name in case["expect"]}
    if useless := case["expect"].get("useless"):
        told["useless"] = {name: seen["useless"][name] for name in useless}
    assert told == case["expect"]
    if report.verdict.cause is not None:
        of_cause = {*TEXTS[report.verdict.cause].remedies, *TEMPTING}
        assert {remedy.id for remedy in report.remedies} <= of_cause
    for remedy in report.remedies:
        text = f"{remedy.patch} {remedy.policy} {remedy.commands}"
        assert remedy.helps is False or not [word for word in case.get("lacks", []) if word in text]
        assert remedy.helps is False or not opened(remedy)


def tell_fixes(report: Report) -> Entry:
    """Return the fixes of a report as tables have them: what is offered, and of the first what it holds."""
    offered = [remedy for remedy in report.remedies if remedy.helps is not False]
    first = offered[0] if offered else None
    return {
        "offered": {remedy.id: remedy.helps for remedy in offered},
        "risks": list(first.risks) if first else [],
        "commands": next((list(remedy.commands) for remedy in offered if remedy.commands), []),
        "resource": first.resource if first else None,
        "context": first.encryption_context if first else None,
        "useless": {remedy.id: list(remedy.risks) for remedy in report.remedies if remedy.helps is False},
        "patch": [[step["path"], step["value"]] for step in (first.patch or ())] if first else [],
        "statements": statements_of(first) if first and first.patch is None else [],
        "steps": [one.command for one in report.next_steps if not one.is_fact],
        "facts": [one.command for one in report.next_steps if one.is_fact],
        "follows": [[f"{one.caller.name} {one.action}", str(one.reason)] for one in report.consequences],
        "driving": [f"{one.caller.name} {one.action}" for one in report.callers if one.driving],
    }


def statements_of(remedy: Remedy) -> list[Any]:
    """Return the statements of a policy for the caller."""
    return list((remedy.policy or {}).get("Statement", []))


def opened(remedy: Remedy) -> list[str]:
    """Return the strangers that the changed key policy lets use the key or manage it, whatever theirs allow."""
    if remedy.patch is None or remedy.policy is None:
        return []
    found = []
    for account in (OTHER_ACCOUNT, ACCOUNT):
        role = f"arn:aws:iam::{account}:role/stranger"
        own = (EVERYTHING,) if account == OTHER_ACCOUNT else ()
        policies = compile_policies(PolicySet.assuming_no_limits(remedy.policy, (), own))
        context = {"aws:PrincipalArn": role, "aws:PrincipalAccount": account, "kms:CallerAccount": account}
        for action in ("kms:Decrypt", "kms:CreateGrant", "kms:PutKeyPolicy"):
            request = Request(Principal(PrincipalKind.ROLE, role, account, role), action, KEYS["key"], context)
            if decide(request, policies) == "allowed":
                found.append(f"{role} {action}")
    return found


@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_has_a_fix(cause: Cause, tmp_path: Path) -> None:
    """For every cause of the closed list the incident of its documentation names a remedy or a step, or quotes the job."""
    report = diagnose(EXAMPLES[cause], tmp_path)

    assert report["verdict"]["cause"] == cause
    offered = [one["id"] for one in report["remedies"] if one["helps"] is not False]
    if cause is Cause.NOT_KMS:
        assert not offered
        assert report["failed"]["message"] in report["verdict"]["summary"]
    else:
        assert offered or report["next_steps"]
