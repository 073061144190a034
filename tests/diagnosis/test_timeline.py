"""What changed between the two jobs and since."""

import pytest
from making import make_events, make_job, make_side
from recording import Record, Recording

from trail_diff.diagnosis.statements import compare_statements
from trail_diff.diagnosis.timeline import list_changes
from trail_diff.model.codes import Cause
from trail_diff.model.learnt import Case, Coverage, Event
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Evidence, Finding

KEY = Recording().key_arn("vault")


def put(*policies: tuple[str, list[Record]]) -> list[Event]:
    """Record that policies were put on the key."""
    made = Recording()
    return make_events(
        made.put_key_policy(time, KEY, {"Version": "2012-10-17", "Statement": statements}, made.user("admin"))
        for time, statements in policies
    )


def case_of(changes: list[Event]) -> Case:
    """Make a case of a job that failed on the first night and one that worked on the second."""
    failed, succeeded = make_job("bad", "2026-03-01T18:05:00Z"), make_job("good", "2026-03-02T18:05:00Z")
    return Case(make_side(failed, []), make_side(succeeded, []), Coverage(), changes=tuple(changes))


def test_changes_begin_with_the_earlier_job() -> None:
    """A change between a failed job and a later baseline is listed, one before both is not."""
    changes = put(("2026-02-01T09:00:00Z", []), ("2026-03-02T09:00:00Z", []))

    assert [change.event_id for change in list_changes(case_of(changes))] == [changes[1].event_id]


def test_change_that_a_finding_rests_on_is_listed_however_old() -> None:
    """The policy that denies was put on the key long before both jobs; who did it has to be seen."""
    changes = put(("2026-02-01T09:00:00Z", []))
    finding = Finding(Cause.KEY_POLICY_EXPLICIT_DENY, "confirmed", evidence=(Evidence(event_id=changes[0].event_id),))

    assert [change.event_id for change in list_changes(case_of(changes), [finding])] == [changes[0].event_id]


def test_policies_are_compared_by_statement() -> None:
    """Statements of one Sid are the same one; others are added or removed, numbered as in their own policy."""
    old = {"Statement": [{"Sid": "A", "Effect": "Allow"}, {"Sid": "B", "Effect": "Deny"}, {"Effect": "Allow"}]}
    new = {"Statement": [{"Sid": "A", "Effect": "Deny"}, {"Sid": "C", "Effect": "Deny"}, {"Effect": "Allow"}]}

    changes = [(change.kind, change.statement.index, change.statement.sid) for change in compare_statements(old, new)]

    assert changes == [("changed", 1, "A"), ("added", 2, "C"), ("removed", 2, "B")]


@pytest.mark.parametrize("told", [{"policy": "HIDDEN_DUE_TO_SECURITY_REASONS"}, {"policy": '{"Statement": ['}, {}])
def test_policy_whose_text_cannot_be_read_is_said_to_be(told: dict[str, str]) -> None:
    """That the policy was changed is seen, and that its text is not known; a refused call changed none."""
    made, time = Recording(), "2026-03-02T09:00:00Z"
    made.kms(time, "PutKeyPolicy", KEY, made.user("admin"), parameters=told)
    made.kms(time, "PutKeyPolicy", KEY, made.user("admin"), parameters=told, errorCode="AccessDenied")

    changes = list_changes(case_of(make_events(made.records)))

    assert {change.error_code: change.reason for change in changes} == {
        None: Reason.POLICY_TEXT_UNREADABLE,
        "AccessDenied": None,
    }
