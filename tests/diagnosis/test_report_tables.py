"""Runs the tables of decided cases on what `analyse` concludes of a Case: read from the Report alone.

`expect` names parts of the Report (see `tell_report`): lists and texts are compared whole, of objects the named entries,
of which null stands for one that is not there.
"""

from pathlib import Path
from typing import Any

import pytest
from tables import KEYS, Entry, build_case, case_id, read_table

from trail_diff.model.learnt import Caller
from trail_diff.model.report import Evidence, Finding, Report
from trail_diff.pipeline import analyse

CASES = Path(__file__).parent / "cases"
TABLES = ("verdict", "causes", "ruled_out", "remedies", "next_steps", "absence", "timeline")
ALL = [{**case, "id": f"{name}/{case['id']}"} for name in TABLES for case in read_table(CASES / f"{name}.json")]


@pytest.mark.parametrize("case", ALL, ids=case_id)
def test_report_says_what_the_table_says(case: Entry) -> None:
    """The Report of a case has the stated verdict, findings, ruled out causes, remedies, next steps and so on."""
    seen, expected = tell_report(analyse(build_case(case))), case["expect"]

    assert expected
    assert {name: pick(seen[name], wanted) for name, wanted in expected.items()} == expected


def pick(seen: Any, wanted: Any) -> Any:
    """Return of an object the entries that are wanted, None for one that is not there; anything else as it is."""
    if not isinstance(seen, dict) or not isinstance(wanted, dict):
        return seen
    return {name: pick(seen.get(name), inner) for name, inner in wanted.items()}


def tell_report(report: Report) -> Entry:
    """Return the parts of a Report as tables have them; `best` is the first finding."""
    verdict = report.verdict
    return {
        "verdict": " ".join(filter(None, (verdict.outcome, verdict.cause, verdict.confidence))),
        "findings": [f"{finding.cause} {finding.confidence}" for finding in report.findings],
        "best": tell_finding(report.findings[0]) if report.findings else None,
        "ruledOut": {one.cause: list(one.reasons) for one in report.ruled_out},
        "driving": [f"{tell_caller(one.caller)} {one.action}" for one in report.callers if one.driving],
        "decisions": [f"{tell_caller(one.caller)} {one.action} {one.decision} {one.as_of}" for one in report.decisions],
        "remedies": {remedy.id: remedy.helps for remedy in report.remedies},
        "remedyOrder": [remedy.id for remedy in report.remedies],
        "nextSteps": [[one.reason, one.command, one.option, one.account] for one in report.next_steps],
        "nextReasons": [one.reason for one in report.next_steps],
        "nextFacts": [one.is_fact for one in report.next_steps],
        "absent": [f"{tell_caller(one.caller)} {one.action}" for one in report.absence],
        "absence": {
            reading.reading: [reading.status, *reading.reasons]
            for one in report.absence[:1]
            for reading in one.readings
        },
        "changes": [one.event_id for one in report.changes],
        "change": [
            [one.name, next((name for name, arn in KEYS.items() if arn == one.key), None), one.error_code, one.url]
            for one in report.changes
        ],
        "statements": [
            [change.kind, change.statement.index, change.statement.sid]
            for one in report.changes
            for change in one.statements
        ],
    }


def tell_caller(caller: Caller) -> str | None:
    """Return a caller's name, a service principal's without its domain."""
    return caller.name and caller.name.removesuffix(".amazonaws.com").removeprefix("backup-")


def tell_finding(finding: Finding) -> Entry:
    """Return a finding as tables have it."""
    return {
        "caller": tell_caller(finding.caller) if finding.caller else None,
        "action": finding.action,
        "layer": finding.layer,
        "statement": finding.statement.index if finding.statement else None,
        "reasons": list(finding.reasons),
        "evidence": list(map(tell_evidence, finding.evidence)),
    }


def tell_evidence(evidence: Evidence) -> str | None:
    """Return where evidence is: an event's id, or a file with a place in it."""
    return evidence.event_id or (evidence.file and f"{evidence.file}{evidence.path or ''}")
