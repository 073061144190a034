"""Makes the values that tests of the stages start from: events from records, jobs, and both sides of a comparison."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from recording import Record

from trail_diff.events.normalize import normalize_record
from trail_diff.model.learnt import Event, Job, JobEvents, TiedEvent, Window
from trail_diff.model.reasons import Reason
from trail_diff.read.interface import Tally
from trail_diff.read.records import Peek

ACCOUNT = "111122223333"
REGION = "eu-west-1"
VAULT = f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:prod-vault"
TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/orders"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/AWSBackupDefaultServiceRole"


def make_event(record: Record) -> Event:
    """Normalise a record that is known to be good."""
    event = normalize_record(record, "test.json")
    assert isinstance(event, Event)
    return event


def make_events(records: Iterable[Record]) -> list[Event]:
    """Normalise records that are known to be good."""
    return [make_event(record) for record in records]


def make_tally(records: Iterable[Record]) -> Tally:
    """Count records as a source does."""
    tally = Tally()
    for record in records:
        tally.count(
            Peek(
                event_source=record["eventSource"],
                event_name=record["eventName"],
                event_time=record["eventTime"],
                event_id=record["eventID"],
                event_type=record["eventType"],
                aws_region=record["awsRegion"],
                recipient_account_id=record["recipientAccountId"],
                read_only=record["readOnly"],
            )
        )
    return tally


def moment(text: str) -> datetime:
    """Return the time that an ISO text stands for."""
    return datetime.fromisoformat(text)


def make_job(job_id: str = "job-1", created: str = "2026-03-01T18:05:00Z", **fields: Any) -> Job:
    """Make a backup job of ten minutes."""
    start = moment(created)
    defaults: dict[str, Any] = {
        "kind": "backup",
        "state": "COMPLETED",
        "resource": TABLE,
        "resource_type": "DynamoDB",
        "vault": VAULT,
        "role": ROLE,
        "created": start,
        "completed": start + timedelta(minutes=10),
        "region": REGION,
        "account": ACCOUNT,
    }
    return Job(id=job_id, **{**defaults, **fields})


def make_side(job: Job, events: Iterable[Event], reason: Reason = Reason.KEY_AND_CONTEXT) -> JobEvents:
    """Tie events to a job for one reason."""
    assert job.created is not None
    assert job.completed is not None
    window = Window(job.created - timedelta(minutes=15), job.completed + timedelta(minutes=15))
    return JobEvents(job, window, tuple(TiedEvent(event, (reason,)) for event in events))
