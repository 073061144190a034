"""The exhibits: which events and policies a report carries."""

from making import make_event, make_job, make_side, moment
from recording import Record, Recording

from trail_diff.diagnosis.diff import diff_callers
from trail_diff.diagnosis.examined import Explained
from trail_diff.diagnosis.key_history import PolicyVersion
from trail_diff.diagnosis.listings import list_events, list_policies
from trail_diff.model.decisions import CallerDecision
from trail_diff.model.learnt import Case, Coverage
from trail_diff.model.report import Evidence

MADE = Recording()
KEY = MADE.key_arn("vault")
STORAGE = MADE.service("backup-storage.amazonaws.com")
ADMIN = MADE.user("key-admin")


def make_case(failed: list[Record], succeeded: list[Record], changes: list[Record] = []) -> Case:  # noqa: B006
    """Make a case of two nights."""
    return Case(
        make_side(make_job("bad", "2026-03-02T18:05:00Z"), map(make_event, failed)),
        make_side(make_job("good"), map(make_event, succeeded)),
        Coverage(),
        changes=tuple(map(make_event, changes)),
    )


def call(time: str, action: str = "Decrypt", key: str | None = KEY, **fields: object) -> Record:
    """Make a call of the storage service."""
    return MADE.kms(time, action, key or "", STORAGE, {}, **fields)


def test_events_are_in_order_of_time_and_name_their_place_in_the_table() -> None:
    """Each event of either job is listed with the index of its caller group."""
    case = make_case(
        [call("2026-03-02T18:07:00Z")], [call("2026-03-01T18:08:00Z", "GenerateDataKey"), call("2026-03-01T18:07:00Z")]
    )
    groups = diff_callers(case.failed, case.succeeded)

    events, left_out = list_events(case, groups)

    assert [(event.side, event.event_name) for event in events] == [
        ("succeeded", "Decrypt"),
        ("succeeded", "GenerateDataKey"),
        ("failed", "Decrypt"),
    ]
    assert [groups[event.callers[0]].action for event in events] == [
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "kms:Decrypt",
    ]
    assert left_out == 0


def test_errors_are_kept_when_there_are_too_many_events() -> None:
    """Beyond the most that a report lists, errors stay and the rest is counted."""
    calls = [call(f"2026-03-02T18:07:{second:02}Z") for second in range(9)]
    refused = call("2026-03-02T18:08:00Z", errorCode="AccessDenied")
    case = make_case([*calls, refused], [])

    events, left_out = list_events(case, diff_callers(case.failed, case.succeeded), most=3)

    assert [event.error_code for event in events] == [None, None, "AccessDenied"]
    assert left_out == 7


def test_policy_comes_with_the_one_it_replaced() -> None:
    """A policy that a record put on the key is listed with the version before it."""
    old: dict[str, object] = {"Statement": []}
    new: dict[str, object] = {"Statement": [{"Effect": "Deny"}]}
    puts = [
        MADE.put_key_policy(time, KEY, document, ADMIN)
        for time, document in (("2026-02-01T00:00:00Z", old), ("2026-03-02T09:00:00Z", new))
    ]
    case = make_case([], [call("2026-03-01T18:07:00Z")], puts)
    group = diff_callers(case.failed, case.succeeded)[0]
    version = PolicyVersion(new, Evidence(event_id="put"), moment("2026-03-02T09:00:00Z"))
    decision = CallerDecision(group.caller, group.action, "explicit-deny")

    policies = list_policies(case, [Explained(group, decision, policy=version, key=KEY)] * 2)

    assert [(policy.key, policy.document, policy.previous) for policy in policies] == [(KEY, new, old)]


def test_key_without_a_known_policy_has_none() -> None:
    """No policy is made up."""
    case = make_case([], [call("2026-03-01T18:07:00Z")])
    group = diff_callers(case.failed, case.succeeded)[0]

    assert list_policies(case, [Explained(group, CallerDecision(group.caller, group.action, "undetermined"))]) == ()
