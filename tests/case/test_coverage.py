"""What the evidence does not cover."""

from typing import Any

import pytest
from making import make_events, make_job, make_side, make_tally, moment
from recording import Recording

from trail_diff.case.coverage import (
    check_coverage,
    excludes_kms,
    is_damage,
    is_write_only,
    searched_spans,
    unbroken_spans,
)
from trail_diff.case.event_index import EventIndex
from trail_diff.model.learnt import Event, JobEvents, Skipped, Window
from trail_diff.model.reasons import Reason

GOOD = make_job("good")
BAD = make_job("bad", "2026-03-02T18:05:00Z", state="FAILED")


def record_both_nights() -> Recording:
    """Record both nights with KMS and other events, around the clock."""
    made = Recording()
    key = made.key_arn("vault")
    for day in ("2026-03-01", "2026-03-02"):
        for hour in (17, 18, 19):
            made.kms(f"{day}T{hour}:06:00Z", "Decrypt", key, made.service("backup-storage.amazonaws.com"))
            made.add(f"{day}T{hour}:07:00Z", "ec2.amazonaws.com", "CreateTags", made.user("alice"), readOnly=False)
    return made


def check(made: Recording, good: JobEvents | None = None, bad: JobEvents | None = None) -> tuple[Reason, ...]:
    """Check the coverage of the two jobs by what was recorded."""
    events: list[Event] = make_events(made.records)
    sides = [make_side(job, []) for job in (BAD, GOOD)]
    sides = [
        make_side(side.job, [event for event in events if event.accesses and side.window.holds(event.event_time)])
        for side in sides
    ]
    return check_coverage(bad or sides[0], good or sides[1], make_tally(made.records), EventIndex(events), [BAD, GOOD])


@pytest.mark.parametrize(
    ("name", "reason", "hides"),
    [
        ("logs/Thumbs.db", Reason.OFFICE_FILE, False),
        ("a.zip!logs/desktop.ini", Reason.INVALID_JSON, False),
        ("logs/.DS_Store", Reason.BINARY_FILE, False),
        ("a.zip!__MACOSX/._a.json", Reason.BINARY_FILE, False),
        ("logs/my-desktop.ini.json", Reason.INVALID_JSON, True),
        ("logs/events.db", Reason.BINARY_FILE, True),
        ("logs/events.xls", Reason.OFFICE_FILE, True),
        ("logs/a.png", Reason.TRUNCATED_JSON, True),
    ],
)
def test_what_systems_put_into_folders_hides_nothing(name: str, reason: Reason, hides: bool) -> None:  # noqa: FBT001
    """Files that macOS and Windows make by themselves hold no events, whatever they were taken for; others may."""
    assert is_damage(Skipped(name, reason)) is hides


def test_spans_that_were_asked_for_are_told_in_order() -> None:
    """Each span is told once, whatever accounts and Regions were asked; of an export none is."""
    tally = make_tally([])
    early, late = (("2026-03-01T17:00:00Z", "2026-03-01T19:00:00Z"), ("2026-03-02T17:00:00Z", "2026-03-02T19:00:00Z"))
    tally.searched = {("eu-west-1", "1", *late), ("eu-west-1", "1", *early), ("us-east-1", "2", *early)}

    assert searched_spans(tally) is None
    tally.as_of = "2026-03-03T00:00:00Z"
    assert searched_spans(tally) == tuple(Window(moment(start), moment(end)) for start, end in (early, late))


def test_changes_would_be_seen_where_they_were_asked_for_or_where_each_hour_has_records() -> None:
    """Of event history the span counts in which it was asked for changes; of what else there is that of its records."""
    made = Recording()
    made.add("2026-03-01T17:30:00Z", "ec2.amazonaws.com", "CreateTags", made.user("alice"), readOnly=False)
    tally, asked = make_tally(made.records), ("2026-02-01T00:00:00+00:00", "2026-03-03T00:00:00+00:00")

    assert unbroken_spans(BAD, tally) == (Window(moment("2026-03-01T17:00:00Z"), moment("2026-03-01T18:00:00Z")),)
    tally.as_of, tally.changes = asked[1], asked
    assert unbroken_spans(BAD, tally) == (Window(moment("2026-03-01T17:00:00Z"), moment("2026-03-01T18:00:00Z")),)
    tally.searched = {("eu-west-1", "111122223333", *asked)}
    assert unbroken_spans(BAD, tally) == (Window(*map(moment, asked)),)


def test_full_export_has_no_gap() -> None:
    """Both windows, KMS and read-only events are there: nothing is missing."""
    assert check(record_both_nights()) == ()


def test_trail_without_kms_events_is_noticed() -> None:
    """Read-only events but not one of KMS: the trail leaves KMS out."""
    made = record_both_nights()
    made.records = [{**record, "eventSource": "s3.amazonaws.com", "requestParameters": None} for record in made.records]

    assert Reason.KMS_EVENTS_EXCLUDED in check(made)


def test_kms_excluded_between_the_jobs_is_noticed() -> None:
    """PutEventSelectors between the jobs leaves KMS out, and the failed window has none."""
    made = record_both_nights()
    made.records = [r for r in made.records if r["eventTime"] < "2026-03-02" or r["eventSource"] != "kms.amazonaws.com"]
    selectors = {"eventSelectors": [{"excludeManagementEventSources": ["kms.amazonaws.com"]}]}
    admin = made.user("admin")
    made.add(
        "2026-03-02T09:00:00Z", "cloudtrail.amazonaws.com", "PutEventSelectors", admin, requestParameters=selectors
    )

    assert Reason.KMS_EVENTS_EXCLUDED in check(made)


def test_write_only_export_is_noticed() -> None:
    """Not one read-only event: the export was filtered, and Decrypt is read-only."""
    made = record_both_nights()
    made.records = [record for record in made.records if not record["readOnly"]]

    assert Reason.READ_ONLY_EVENTS_MISSING in check(made)


def test_window_outside_the_export_is_noticed() -> None:
    """The export holds the first night only."""
    made = record_both_nights()
    made.records = [record for record in made.records if record["eventTime"] < "2026-03-02"]

    assert Reason.WINDOW_NOT_COVERED in check(made)


def test_missing_region_and_account_are_noticed() -> None:
    """The job ran where no record is from."""
    there = make_job("bad", "2026-03-02T18:05:00Z", region="us-east-1", account="444455556666")

    found = check(record_both_nights(), bad=make_side(there, []))

    assert {Reason.REGION_NOT_COVERED, Reason.ACCOUNT_NOT_COVERED} <= set(found)


def test_export_that_ends_with_the_job_may_lack_late_events() -> None:
    """The newest record is less than the delivery delay after the job."""
    made = record_both_nights()
    made.records = [record for record in made.records if record["eventTime"] < "2026-03-02T19"]
    made.add("2026-03-02T18:20:00Z", "ec2.amazonaws.com", "CreateTags", made.user("alice"), readOnly=False)

    assert Reason.DELIVERY_DELAY_POSSIBLE in check(made)


def test_caller_without_type_is_noticed() -> None:
    """Events without `userIdentity.type` come from a console CSV."""
    made = record_both_nights()
    for record in made.records:
        record["userIdentity"] = {"userName": "backup-storage.amazonaws.com"}

    assert Reason.CALLER_TYPE_NOT_IN_EXPORT in check(made)


def test_no_baseline_is_a_gap() -> None:
    """Without a succeeded job there is nothing to compare with."""
    made = record_both_nights()

    found = check_coverage(
        make_side(BAD, []), None, make_tally(made.records), EventIndex(make_events(made.records)), [BAD]
    )

    assert Reason.NO_BASELINE in found


def test_next_token_means_that_pages_are_missing() -> None:
    """A lookup that still has a next page was not read to its end."""
    made = record_both_nights()
    tally = make_tally(made.records)
    tally.next_token = True

    found = check_coverage(make_side(BAD, []), make_side(GOOD, []), tally, EventIndex(make_events(made.records)), [])

    assert Reason.FETCH_TRUNCATED in found


@pytest.mark.parametrize(
    ("selectors", "without_kms", "write_only"),
    [
        ({"eventSelectors": [{"readWriteType": "All", "excludeManagementEventSources": []}]}, False, False),
        ({"eventSelectors": [{"excludeManagementEventSources": ["kms.amazonaws.com"]}]}, True, False),
        ({"eventSelectors": [{"readWriteType": "WriteOnly"}]}, False, True),
        ({"eventSelectors": [{"includeManagementEvents": False}]}, True, False),
        (
            {
                "advancedEventSelectors": [
                    {
                        "fieldSelectors": [
                            {"field": "eventCategory", "equals": ["Management"]},
                            {"field": "eventSource", "notEquals": ["kms.amazonaws.com"]},
                        ]
                    }
                ]
            },
            True,
            False,
        ),
        (
            {
                "advancedEventSelectors": [
                    {
                        "fieldSelectors": [
                            {"field": "eventCategory", "equals": ["Management"]},
                            {"field": "readOnly", "equals": ["false"]},
                        ]
                    }
                ]
            },
            False,
            True,
        ),
        ({"eventSelectors": "odd"}, False, False),
        ({}, False, False),
    ],
)
def test_selectors_are_understood(selectors: dict[str, Any], *, without_kms: bool, write_only: bool) -> None:
    """Basic and advanced selectors tell whether KMS or read-only events are left out."""
    assert (excludes_kms(selectors), is_write_only(selectors)) == (without_kms, write_only)
