"""The index of events leaves out of a job's calls only those that are known to be about something else."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from trail_diff.case.event_index import EventIndex
from trail_diff.events.encryption_context import ContextVerdict, names_vault, read_context
from trail_diff.model.codes import CallerKind
from trail_diff.model.learnt import Caller, Event, Job, KeyAccess, Window

DAY = datetime(2026, 3, 1, tzinfo=UTC)
HOURS = st.integers(0, 6)
VAULTS = ["arn:aws:backup:eu-west-1:111122223333:backup-vault:main", "main", "arn:aws:backup:::backup-vault:other", "x"]
RESOURCES = [
    None,
    "arn:aws:dynamodb:eu-west-1:111122223333:table/orders",
    "arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/fs-1",
    "arn:aws:s3:::bucket",
    "arn:aws:rds:eu-west-1:111122223333:db:orders",
    "arn:aws:ec2:eu-west-1:111122223333:volume/vol-1",
]
PAIRS = st.dictionaries(
    st.sampled_from(
        [
            "aws:backup:backup-vault",
            "aws:dynamodb:tableName",
            "aws:elasticfilesystem:filesystem:id",
            "aws:rds:db-id",
            "aws:ebs:id",
            "aws:s3:arn",
            "aws:sqs:arn",
            "own",
        ]
    ),
    st.sampled_from([*VAULTS, "orders", "fs-1", "fs-2", "db-1", "vol-1", "vol-2", "arn:aws:s3:::bucket/a", "bucket"]),
    max_size=2,
)
JOBS = st.builds(
    lambda kind, vault, source, resource: Job("job", kind, vault=vault, source_vault=source, resource=resource),
    st.sampled_from(["backup", "copy", "restore"]),
    st.sampled_from([None, *VAULTS]),
    st.sampled_from([None, *VAULTS]),
    st.sampled_from(RESOURCES),
)
EVENTS = st.lists(st.tuples(HOURS, PAIRS, st.sampled_from(["Decrypt", "CreateGrant"])), max_size=12).map(
    lambda told: [make_call(number, *one) for number, one in enumerate(told)]
)


def make_call(number: int, hour: int, context: dict[str, str], name: str) -> Event:
    """Make a KMS call."""
    return Event(
        event_id=f"{number:04}",
        event_time=DAY + timedelta(hours=hour),
        event_source="kms.amazonaws.com",
        event_name=name,
        caller=Caller("AWSService", CallerKind.SERVICE_PRINCIPAL, "backup.amazonaws.com"),
        accesses=(KeyAccess(f"kms:{name}", "key"),),
        encryption_context=context,
    )


@given(EVENTS, JOBS, HOURS, HOURS)
def test_only_calls_about_something_else_are_left_out(events: list[Event], job: Job, start: int, length: int) -> None:
    """What a window has beside the calls that may concern a job names something else, whatever other vaults there are."""
    window = Window(DAY + timedelta(hours=start), DAY + timedelta(hours=start + length))
    index = EventIndex(events)

    inside, concerning = (
        list(index.inside(window)),
        [event for event, _ in index.sorted_calls(index.concerning(job, window))],
    )

    left_out = [event for event in inside if event not in concerning]
    assert inside == sorted(filter(lambda one: window.holds(one.event_time), events), key=lambda one: one.event_time)
    assert concerning == [event for event in inside if event in concerning]
    for vaults in ((), VAULTS):
        told = {read_context(event.encryption_context, job, vaults) for event in left_out}
        assert told <= {ContextVerdict.NAMES_OTHER}


@given(EVENTS, st.sampled_from(VAULTS), HOURS)
def test_calls_that_speak_of_a_vault_are_found_at_any_time(events: list[Event], vault: str, start: int) -> None:
    """Every call is found whose context gives a vault's name; of an index of some windows those, and what changes."""
    window = Window(DAY + timedelta(hours=start), DAY + timedelta(hours=start + 1))
    index = EventIndex(events)

    found = list(index.nearest_speaking(vault, None))
    limited = list(index.limited([window]).nearest_speaking(vault, None))

    named = [event.encryption_context.get("aws:backup:backup-vault") for event in events]
    speaking = [event for event, name in zip(events, named, strict=True) if name and names_vault(name, vault)]
    assert all(event in found for event in speaking)
    kept = {event.event_id for event in found if window.holds(event.event_time) or event.event_name == "CreateGrant"}
    assert {event.event_id for event in limited} == kept


@given(EVENTS, st.sampled_from(VAULTS), HOURS, HOURS)
def test_the_nearest_calls_that_speak_of_a_vault_are_found(
    events: list[Event], vault: str, start: int, hour: int
) -> None:
    """On either side of a time the nearest call is among those that are found, of some windows as of everything."""
    moment = DAY + timedelta(hours=hour)
    whole = EventIndex(events)
    for index in (whole, whole.limited([Window(DAY + timedelta(hours=start), DAY + timedelta(hours=start + 2))])):
        speaking = list(index.nearest_speaking(vault, None))
        found = list(index.nearest_speaking(vault, moment))

        assert index.is_spoken_of(vault) == bool(speaking)
        assert all(event in speaking for event in found)
        for side in (
            [moment - event.event_time for event in speaking if event.event_time <= moment],
            [event.event_time - moment for event in speaking if event.event_time > moment],
        ):
            assert not side or any(abs(event.event_time - moment) == min(side) for event in found)


def test_calls_about_another_table_are_left_out() -> None:
    """A job on a table is not shown the calls for another table, nor those for the vault of another job."""
    job = Job("job", "backup", vault=VAULTS[0], resource=RESOURCES[1])
    contexts = [{"aws:dynamodb:tableName": "orders"}, {"aws:dynamodb:tableName": "other"}]
    contexts += [{"aws:backup:backup-vault": VAULTS[0]}, {"aws:backup:backup-vault": VAULTS[2]}, {}]
    events = [make_call(number, number, context, "Decrypt") for number, context in enumerate(contexts)]

    index = EventIndex(events)
    found = index.concerning(job, Window(DAY, DAY + timedelta(hours=9)))

    assert [event.event_id for event, _ in index.sorted_calls(found)] == ["0000", "0002", "0004"]
