"""What a reader needs first, chosen from a report."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from render.canonical import CANONICAL

from trail_diff.model.reasons import Reason
from trail_diff.model.report import Calls, Evidence, Remedy, Report
from trail_diff.render.essentials import (
    choose_rows,
    explain_finding,
    guilty_statement,
    other_warnings,
    show_evidence,
    show_step,
    to_lines,
)
from trail_diff.render.phrases_en import ENGLISH

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_lines_are_the_same_json(value: Any) -> None:
    """However it is broken into lines, a value reads back as it was."""
    assert json.loads("\n".join(to_lines(value, 30))) == value


@pytest.mark.parametrize(
    ("step", "told", "lines"),
    [
        (
            {
                "op": "add",
                "path": "/Statement/1/Condition/BoolIfExists",
                "value": {"aws:PrincipalIsAWSService": "false"},
            },
            "add to statement 2, Condition:",
            ['"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}'],
        ),
        (
            {"op": "replace", "path": "/Statement/0/Condition/ArnNotLike/aws:PrincipalArn", "value": ["a", "b"]},
            "change in statement 1, Condition, ArnNotLike:",
            ['"aws:PrincipalArn": ["a", "b"]'],
        ),
        (
            {"op": "add", "path": "/Statement/-", "value": {"Effect": "Allow"}},
            "add to policy, Statement:",
            ['{"Effect": "Allow"}'],
        ),
        ({"op": "replace", "path": "/Statement", "value": []}, "change in policy:", ['"Statement": []']),
        ({"op": "remove", "path": "/Statement/0/Condition/a~1b"}, "remove from statement 1, Condition:", ['"a/b"']),
    ],
)
def test_patch_is_told_by_place_and_json(step: dict[str, Any], told: str, lines: list[str]) -> None:
    """Each step of a patch says where it is made, statements counted from 1, and what to write there."""
    assert show_step(step, ENGLISH) == (told, lines)


def test_rows_that_make_the_difference_are_shown() -> None:
    """Rows alike in both jobs, and strangers of the failed one, are only counted."""
    alike = structs.replace(CANONICAL.callers[0], presence="both", driving=False)
    extra = structs.replace(alike, presence="only-failed", succeeded=Calls())
    shown = choose_rows(structs.replace(CANONICAL, callers=(*CANONICAL.callers, alike, alike, extra)))

    assert shown.rows == CANONICAL.callers
    assert shown.say_left_out(ENGLISH) == "and 1 in the failed one only, 2 alike in both"


def test_without_a_difference_other_rows_are_shown() -> None:
    """Where nothing makes the difference, whatever is not alike is shown."""
    extra = structs.replace(CANONICAL.callers[0], presence="only-failed", driving=False)

    assert choose_rows(structs.replace(CANONICAL, callers=(extra,))).rows == (extra,)


def test_many_rows_are_cut() -> None:
    """A screen holds eight rows; the others are counted by where they were seen."""
    report = structs.replace(CANONICAL, callers=CANONICAL.callers[1:] * 30)
    shown = choose_rows(report)

    assert len(shown.rows) == 8
    assert shown.say_left_out(ENGLISH) == "and 22 in the succeeded one only"


def test_uncertain_remedy_is_better_than_one_that_does_not_help() -> None:
    """What would not help is never the fix."""
    useless, uncertain = Remedy("add-backup-role", helps=False), Remedy("create-grant", helps="undetermined")

    assert structs.replace(CANONICAL, remedies=(useless,)).best_remedy is None
    assert structs.replace(CANONICAL, remedies=(useless, uncertain)).best_remedy is uncertain


def test_statement_is_the_one_that_the_finding_blames() -> None:
    """The statement is taken from the policy of the caller's key; without a policy there is none to show."""
    statement = guilty_statement(CANONICAL, CANONICAL.findings[0])

    assert statement["Sid"] == "DenyEveryoneElse"
    assert guilty_statement(structs.replace(CANONICAL, policies=()), CANONICAL.findings[0]) is None


@pytest.mark.parametrize(
    ("event_id", "told"),
    [
        (
            CANONICAL.changes[0].event_id,
            "PutKeyPolicy by key-admin, statement 2 (DenyEveryoneElse) added, 2026-03-02T09:31:00Z",
        ),
        ("event-6", "DescribeKey (AccessDenied), 2026-03-02T18:06:00Z"),
        ("unknown", "unknown"),
    ],
)
def test_evidence_is_told_by_what_happened(event_id: str, told: str) -> None:
    """A change says who made it, a call how it ended; an event that is not listed is named by its id."""
    assert show_evidence(CANONICAL, Evidence(event_id=event_id), ENGLISH) == told


def test_warnings_are_not_told_twice() -> None:
    """What the sentence of an inconclusive verdict says is no warning beside it."""
    warnings = (Reason.NO_BASELINE, Reason.BASELINE_OTHER_ROLE)
    report: Report = structs.replace(CANONICAL, coverage=structs.replace(CANONICAL.coverage, warnings=warnings))
    open_report = structs.replace(report, verdict=structs.replace(report.verdict, outcome="inconclusive", cause=None))

    assert list(other_warnings(report)) == list(warnings)
    assert list(other_warnings(open_report)) == [Reason.BASELINE_OTHER_ROLE]


@pytest.mark.parametrize("doubt", [Reason.CHANGED_DURING_JOB, Reason.POLICY_IS_TODAYS, Reason.DENIAL_WOULD_BE_LOGGED])
def test_doubt_is_told_beside_the_conditions(doubt: Reason) -> None:
    """A finding that is not certain says why, though the conditions that match are shown as well."""
    finding = structs.replace(CANONICAL.findings[0], reasons=(Reason.STATEMENT_DENIES, doubt), confidence="likely")

    told = explain_finding(CANONICAL, finding, "kms:Decrypt", ENGLISH)

    assert ENGLISH.reasons[doubt] in told
    assert len(told) == 1 + len(explain_finding(CANONICAL, CANONICAL.findings[0], "kms:Decrypt", ENGLISH))


@pytest.mark.parametrize(("outcome", "is_told"), [("no-match", True), ("match", False), ("unknown", False)])
def test_policy_fixed_since_is_shown(outcome: Any, is_told: bool) -> None:  # noqa: FBT001
    """Whoever reads of a guilty Deny is told when today's policy has none that can hit the call any more."""
    (guilty,) = CANONICAL.decisions
    statement = structs.replace(guilty.statements[0], outcome=outcome)
    today = structs.replace(guilty, as_of="today", statements=(statement,))
    report = structs.replace(CANONICAL, decisions=(guilty, today))

    told = explain_finding(report, CANONICAL.findings[0], "kms:Decrypt", ENGLISH)

    assert (ENGLISH.labels["fixed_since"] in told) is is_told


def test_change_of_another_key_is_shown_with_that_key() -> None:
    """A copy has two keys: who reads what was done to one of them is told to which, if it is not the one at the top."""
    change = CANONICAL.changes[0]
    other = "arn:aws:kms:eu-west-1:111122223333:key/0d8a7b1c-2222-4333-8444-555566667777"
    report = structs.replace(CANONICAL, changes=(structs.replace(change, key=other),))
    same = structs.replace(CANONICAL, changes=(structs.replace(change, key=CANONICAL.failed.key),))
    evidence = Evidence(event_id=change.event_id)

    assert "0d8a7b" in show_evidence(report, evidence, ENGLISH)
    assert "0d8a7b" not in show_evidence(same, evidence, ENGLISH)
