"""The side-by-side table."""

from typing import Any

from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from making import make_events, make_job, make_side
from recording import Recording

from trail_diff.diagnosis.diff import diff_callers, is_relevant
from trail_diff.model.reasons import Reason

MADE = Recording()
KEY = MADE.key_arn("vault")
STORAGE = MADE.service("backup-storage.amazonaws.com")
GOOD, BAD = make_job("good"), make_job("bad", "2026-03-02T18:05:00Z", state="FAILED")
DAYS = {"good": "2026-03-01", "bad": "2026-03-02"}


def test_missing_caller_is_only_succeeded() -> None:
    """A caller of the succeeded job that the failed one lacks is named, with its calls and their times."""
    made = Recording()
    for second in (10, 20, 30):
        made.kms(f"2026-03-01T18:06:{second}Z", "Decrypt", KEY, STORAGE)

    (group,) = diff_callers(make_side(BAD, []), make_side(GOOD, make_events(made.records)))

    assert (group.caller.type, group.caller.name) == ("AWSService", "backup-storage.amazonaws.com")
    assert (group.presence, group.action, group.key) == ("only-succeeded", "kms:Decrypt", KEY)
    assert (group.failed.calls, group.succeeded.calls, group.succeeded.errors) == (0, 3, 0)
    assert [f"{moment:%S}" for moment in (group.succeeded.first, group.succeeded.last) if moment] == ["10", "30"]


def test_refused_caller_is_denied_in_failed() -> None:
    """A caller that was refused only in the failed job is counted by error code."""
    made = Recording()
    role = made.role("service-role/AWSBackupDefaultServiceRole", "s")
    denied = made.denied(role, "kms:Decrypt", KEY, "because no resource-based policy allows the kms:Decrypt action")
    bad = make_events([made.kms("2026-03-02T18:06:00Z", "Decrypt", KEY, role, **denied)])
    good = make_events([made.kms("2026-03-01T18:06:00Z", "Decrypt", KEY, role)])

    (group,) = diff_callers(make_side(BAD, bad), make_side(GOOD, good))

    assert (group.presence, group.failed.error_codes) == ("denied-in-failed", {"AccessDenied": 1})


def test_errors_on_both_sides_are_no_difference() -> None:
    """A call that fails in both jobs does not tell them apart."""
    made = Recording()
    role = made.role("r", "s")
    fields: dict[str, Any] = {"errorCode": "DisabledException"}
    bad = make_events([made.kms("2026-03-02T18:06:00Z", "Decrypt", KEY, role, **fields)])
    good = make_events([made.kms("2026-03-01T18:06:00Z", "Decrypt", KEY, role, **fields)])

    (group,) = diff_callers(make_side(BAD, bad), make_side(GOOD, good))

    assert group.presence == "both"


def test_sessions_of_one_role_are_one_caller() -> None:
    """Two sessions of a role are one row, which then has no session ARN but the role's."""
    made = Recording()
    events = make_events(
        [made.kms("2026-03-01T18:06:00Z", "Decrypt", KEY, made.role("service-role/r", session)) for session in "ab"]
    )

    (group,) = diff_callers(make_side(BAD, []), make_side(GOOD, events))

    assert (group.caller.arn, group.caller.role_arn) == (None, MADE.role_arn("service-role/r"))


def test_call_without_a_key_joins_the_only_group_it_fits() -> None:
    """A denied call may name no key; it is compared with the calls of the same caller and action."""
    made = Recording()
    role = made.role("r", "s")
    bad = make_events([made.kms("2026-03-02T18:06:00Z", "Decrypt", None, role, errorCode="AccessDenied")])
    good = make_events([made.kms("2026-03-01T18:06:00Z", "Decrypt", KEY, role)])

    (group,) = diff_callers(make_side(BAD, bad), make_side(GOOD, good))

    assert (group.key, group.presence) == (KEY, "denied-in-failed")


def test_people_tied_by_the_key_alone_are_not_relevant() -> None:
    """A person who used the key only in one of the windows does not drive the verdict; a service does."""
    made = Recording()
    person = make_events([made.kms("2026-03-01T18:06:00Z", "Decrypt", KEY, made.user("alice"))])
    service = make_events([made.kms("2026-03-01T18:06:00Z", "Decrypt", KEY, STORAGE)])

    (alone,) = diff_callers(make_side(BAD, []), make_side(GOOD, person, Reason.KEY_ONLY))
    (driven,) = diff_callers(make_side(BAD, []), make_side(GOOD, service, Reason.KEY_ONLY))

    assert (is_relevant(alone), is_relevant(driven)) == (False, True)


def test_no_baseline_gives_the_failed_side() -> None:
    """Without a baseline the table has the failed job's callers."""
    made = Recording()
    events = make_events([made.kms("2026-03-02T18:06:00Z", "Decrypt", KEY, STORAGE)])

    (group,) = diff_callers(make_side(BAD, events), None)

    assert group.presence == "only-failed"


CALLS = st.lists(
    st.tuples(
        st.sampled_from(["good", "bad"]),
        st.sampled_from(["Decrypt", "GenerateDataKey"]),
        st.sampled_from(["a", "b"]),
        st.booleans(),
    ),
    max_size=20,
)


@given(CALLS)
@settings(deadline=None, max_examples=examples(40))
def test_every_call_is_counted_once(calls: list[tuple[str, str, str, bool]]) -> None:
    """The counts of all groups add up to the calls of each side, whatever they are, and so do the errors."""
    made = Recording()
    sides: dict[str, list[dict[str, object]]] = {"good": [], "bad": []}
    for side, action, role, fails in calls:
        fields: dict[str, Any] = {"errorCode": "AccessDenied"} if fails else {}
        sides[side].append(made.kms(f"{DAYS[side]}T18:06:00Z", action, KEY, made.role(role, "s"), **fields))

    bad, good = (make_side(job, make_events(sides[job.id])) for job in (BAD, GOOD))
    groups = diff_callers(bad, good)

    assert sum(group.failed.calls for group in groups) == len(sides["bad"])
    assert sum(group.succeeded.calls for group in groups) == len(sides["good"])
    assert sum(group.failed.errors + group.succeeded.errors for group in groups) == sum(call[3] for call in calls)
