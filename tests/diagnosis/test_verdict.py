"""What a comparison amounts to."""

from typing import Any

from making import make_events, make_job, make_side
from recording import Recording

from trail_diff.diagnosis.diff import diff_callers
from trail_diff.diagnosis.verdict import driving_groups, judge
from trail_diff.model.codes import Outcome
from trail_diff.model.learnt import Case, Coverage, Event
from trail_diff.model.reasons import Reason

MADE = Recording()
KEY, OTHER_KEY = MADE.key_arn("vault"), MADE.key_arn("other")
STORAGE = MADE.service("backup-storage.amazonaws.com")
ROLE = MADE.role("service-role/AWSBackupDefaultServiceRole", "AWSBackup-AWSBackupDefaultServiceRole")
GOOD, BAD = make_job("good"), make_job("bad", "2026-03-02T18:05:00Z", state="FAILED")


def call(identity: dict[str, Any], key: str = KEY, day: int = 1, **fields: Any) -> Event:
    """Make one Decrypt call of the first (good) or second (bad) night."""
    (event,) = make_events([Recording(seed=key).kms(f"2026-03-0{day}T18:06:00Z", "Decrypt", key, identity, **fields)])
    return event


def outcome(bad: list[Event], good: list[Event] | None, *warnings: Reason) -> Outcome:
    """Judge the case of the calls of both nights."""
    failed = make_side(BAD, bad)
    succeeded = None if good is None else make_side(GOOD, good)
    case = Case(failed, succeeded, Coverage(warnings=warnings))
    return judge(case, diff_callers(failed, succeeded)).outcome


def test_missing_caller_is_a_difference() -> None:
    """The storage service called in the good job and not in the bad one."""
    assert outcome([call(ROLE, day=2)], [call(ROLE), call(STORAGE)]) == "difference"


def test_same_callers_are_no_difference() -> None:
    """The same callers did the same on both nights."""
    assert outcome([call(STORAGE, day=2)], [call(STORAGE)]) == "no-difference"


def test_empty_failed_side_with_a_gap_is_inconclusive() -> None:
    """No event of the failed job, and the trail leaves KMS out: the absence says nothing."""
    assert outcome([], [call(STORAGE)], Reason.KMS_EVENTS_EXCLUDED) == "inconclusive"


def test_empty_failed_side_without_a_gap_is_a_difference() -> None:
    """No event of the failed job although the window is covered: the callers are missing."""
    assert outcome([], [call(STORAGE)]) == "difference"


def test_empty_succeeded_side_is_inconclusive() -> None:
    """Nothing of the succeeded job to compare with."""
    assert outcome([call(ROLE, day=2)], []) == "inconclusive"


def test_no_baseline_is_inconclusive() -> None:
    """Without a succeeded job nobody can be missing."""
    assert outcome([call(ROLE, day=2)], None, Reason.NO_BASELINE) == "inconclusive"


def test_recorded_refusal_needs_no_baseline() -> None:
    """A refused call of the failed job is a difference by itself."""
    assert outcome([call(ROLE, day=2, errorCode="AccessDenied")], None, Reason.NO_BASELINE) == "difference"


def test_export_without_caller_types_is_inconclusive() -> None:
    """Nothing says of what type the callers are, so none can be named as missing."""
    assert outcome([], [call({"userName": "x"})], Reason.CALLER_TYPE_NOT_IN_EXPORT) == "inconclusive"


def test_same_call_on_another_key_is_not_missing() -> None:
    """The caller made its call in the failed job as well, on the key of that job's vault."""
    groups = diff_callers(make_side(BAD, [call(STORAGE, OTHER_KEY, 2)]), make_side(GOOD, [call(STORAGE)]))

    assert driving_groups(groups) == ()


def test_person_on_the_key_drives_nothing() -> None:
    """A person who looked at the key on one night only is no difference."""
    failed, succeeded = make_side(BAD, [], Reason.KEY_ONLY), make_side(GOOD, [call(MADE.user("a"))], Reason.KEY_ONLY)

    assert driving_groups(diff_callers(failed, succeeded)) == ()
