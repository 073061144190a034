"""What is concluded from calls that are only expected, where no job succeeded."""

import json
from pathlib import Path
from typing import Any

import pytest
from making import ROLE, TABLE, VAULT, make_events, make_job, make_tally
from recording import Recording

from trail_diff.case.builder import build_case
from trail_diff.case.gathered import Gathered
from trail_diff.case.question import Question
from trail_diff.model.learnt import Facts
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Report
from trail_diff.pipeline import analyse

CASES = json.loads((Path(__file__).parent / "without_baseline.json").read_text(encoding="utf-8"))
MESSAGE = "KMS key is either disabled or pending deletion or access to KMS key is denied"
ALLOW = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}


def report_on(case: dict[str, Any]) -> Report:
    """Diagnose a job that has no baseline, on a key whose policy a record tells."""
    made = Recording()
    key = made.key_arn("vault")
    deny = {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", **case["deny"]}
    made.put_key_policy("2026-03-01T09:00:00Z", key, {"Statement": [ALLOW, deny]}, made.user("admin"))
    if case.get("seen"):
        storage, context = made.service("backup-storage.amazonaws.com"), {"aws:backup:backup-vault": VAULT}
        for action in ("Decrypt", "GenerateDataKey"):
            made.kms("2026-03-01T18:06:00Z", action, key, storage, context)
    role = made.role(ROLE.split(":role/")[1], "AWSBackup-AWSBackupDefaultServiceRole", "dynamodb.amazonaws.com")
    made.kms("2026-03-01T18:07:00Z", "Decrypt", made.key_arn("table"), role, {"aws:dynamodb:tableName": "orders"})
    made.kms("2026-03-01T18:40:00Z", "Decrypt", made.key_arn("else"), made.user("bob"), {"SecretARN": "s"})
    job = make_job(
        state=case.get("state", "FAILED"),
        message=case.get("message", MESSAGE),
        resource=case.get("resource", TABLE),
        resource_type=None,
        key=key if case.get("vault_key", True) else None,
    )
    gathered = Gathered(tuple(make_events(made.sorted())), (job,), make_tally(made.records), ())
    return analyse(build_case(gathered, Question(job.id), Facts()))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["title"])
def test_expected_calls_take_the_place_of_a_baseline(case: dict[str, Any]) -> None:
    """A policy that denies what AWS is known to call is the likely cause; nothing else is concluded."""
    report, expect = report_on(case), case["expect"]

    assert report.verdict.outcome == expect["outcome"]
    assert report.verdict.cause == expect.get("cause")
    if "confidence" in expect:
        assert report.verdict.confidence == expect["confidence"]
    if "statement" in expect:
        assert {finding.statement.index for finding in report.findings if finding.statement} == {expect["statement"]}
    if "caller" in expect:
        assert {finding.caller.name for finding in report.findings if finding.caller} == {expect["caller"]}
    blamed = {finding.statement.index for finding in report.findings if finding.statement}
    assert expect.get("not_statement") not in blamed


def test_answer_says_what_it_rests_on() -> None:
    """Each finding rests on the assumption that the call is made; the call is listed, and is in no row of the table."""
    report = report_on(CASES[0])

    for finding in report.findings:
        assert Reason.EXPECTED_BY_PROFILE in finding.reasons
        assert Reason.EXPECTED_BY_PROFILE in {one.reason for one in finding.rests_on if one.kind == "assumption"}
    assert "backup-storage.amazonaws.com" not in {group.caller.name for group in report.callers}
    listed = {(one.caller.name, one.action, one.profile, one.grade, one.seen) for one in report.expected}
    assert ("backup-storage.amazonaws.com", "kms:Decrypt", "B2", "documented", False) in listed
    assert ("AWSBackupDefaultServiceRole", "kms:Decrypt", "B3", "documented", True) in listed
    assert any(remedy.patch for remedy in report.remedies if remedy.helps is not False)
