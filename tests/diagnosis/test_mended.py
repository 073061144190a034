"""Whether what a finding blames was mended since."""

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from render.canonical import CANONICAL

from trail_diff import FactFiles, Inputs, Question, analyse, load_case
from trail_diff.diagnosis.examined import Explained
from trail_diff.diagnosis.mended import is_deny_gone
from trail_diff.model.codes import Cause

(FINDING,) = CANONICAL.findings
(THEN,) = CANONICAL.decisions


def explained(outcome: Any) -> Explained:
    """Return how the policies decide the absent call, its Deny coming out like this today."""
    today = structs.replace(THEN, as_of="today", statements=(structs.replace(THEN.statements[0], outcome=outcome),))
    return Explained(CANONICAL.callers[1], THEN, today=today, key=FINDING.key)


@pytest.mark.parametrize(("outcome", "is_mended"), [("no-match", True), ("match", False), ("unknown", False)])
def test_mended_is_what_no_deny_of_today_can_hit(outcome: Any, is_mended: bool) -> None:  # noqa: FBT001
    """A Deny that is gone from today's policy, or spares the caller for certain, is mended."""
    assert is_deny_gone(FINDING, (explained(outcome),)) is is_mended


def test_without_another_policy_today_nothing_is_mended() -> None:
    """Where today's policy is the one that the job met, or is not known, nothing was mended."""
    assert not is_deny_gone(FINDING, (Explained(CANONICAL.callers[1], THEN, key=FINDING.key),))


@pytest.mark.parametrize(
    "change",
    [{"caller": None}, {"action": "kms:GenerateDataKey"}, {"key": "arn:aws:kms:::key/other"}],
)
def test_other_call_or_key_is_not_mended_by_it(change: dict[str, Any]) -> None:
    """That a Deny is gone says nothing of another caller, call or key."""
    assert not is_deny_gone(structs.replace(FINDING, **change), (explained("no-match"),))


INCIDENTS = Path(__file__).parent.parent.parent / "fixtures" / "incidents"


@pytest.mark.parametrize(("incident", "is_mended"), [("key-disabled-and-enabled-since", True), ("key-disabled", False)])
def test_key_that_is_enabled_today_is_mended(incident: str, is_mended: bool) -> None:  # noqa: FBT001
    """A disabled key that DescribeKey shows to be enabled today needs no remedy any more."""
    folder = INCIDENTS / incident
    argv = json.loads((folder / "expected.json").read_text())["argv"]
    state = folder / "key-state.json"
    inputs = Inputs(events=(str(folder / "export"),), facts=FactFiles(key_state=str(state) if state.exists() else None))

    report = analyse(load_case(inputs, Question(argv[argv.index("--job-id") + 1])))

    assert report.verdict.cause is Cause.KEY_DISABLED
    assert report.findings[0].mended_since is is_mended


def test_key_that_a_record_enabled_since_is_mended() -> None:
    """Where today's state is not given, the last record that set it tells."""
    folder = INCIDENTS / "key-disabled-and-enabled-since"
    argv = json.loads((folder / "expected.json").read_text(encoding="utf-8"))["argv"]
    question = Question(argv[argv.index("--job-id") + 1])

    report = analyse(load_case(Inputs(events=(str(folder / "export"),)), question))

    assert report.findings[0].mended_since is True
