"""Whether what a finding blames was mended since."""

from typing import Any

import pytest
from msgspec import structs
from render.canonical import CANONICAL

from trail_diff.diagnosis.examined import Explained
from trail_diff.diagnosis.mended import mark_mended
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
    (finding,) = mark_mended(CANONICAL.findings, (explained(outcome),))

    assert finding.mended_since is is_mended


def test_without_another_policy_today_nothing_is_mended() -> None:
    """Where today's policy is the one that the job met, or is not known, nothing was mended."""
    (finding,) = mark_mended(CANONICAL.findings, (Explained(CANONICAL.callers[1], THEN, key=FINDING.key),))

    assert not finding.mended_since


@pytest.mark.parametrize(
    "change",
    [{"cause": Cause.KEY_POLICY_NO_ALLOW}, {"action": "kms:GenerateDataKey"}, {"key": "arn:aws:kms:::key/other"}],
)
def test_other_cause_call_or_key_is_not_mended_by_it(change: dict[str, Any]) -> None:
    """That a Deny is gone says nothing of a missing Allow, of another call or of another key."""
    (finding,) = mark_mended([structs.replace(FINDING, **change)], (explained("no-match"),))

    assert not finding.mended_since
