"""From what was read to a case."""

from datetime import timedelta

import pytest
from making import ACCOUNT, REGION, ROLE, TABLE, make_events, make_job, make_tally, moment
from msgspec import structs
from recording import Recording

from trail_diff.case.builder import build_case
from trail_diff.case.comparison import build_comparison
from trail_diff.case.gathered import Gathered
from trail_diff.case.question import Question
from trail_diff.errors import FactError, UsageError
from trail_diff.events.jobs import merge_jobs, read_job_event
from trail_diff.model.learnt import Facts, Job, Window
from trail_diff.model.reasons import Reason

GOOD, BAD = "0a000000-0000-4000-8000-000000000001", "0a000000-0000-4000-8000-000000000002"


def gathered(made: Recording, *more_jobs: Job) -> Gathered:
    """Gather what a recording holds."""
    events = make_events(made.sorted())
    jobs = merge_jobs([*(job for job in map(read_job_event, events) if job), *more_jobs])
    return Gathered(tuple(events), jobs, make_tally(made.records), ())


def record_two_nights() -> Recording:
    """Record a backup that works and one that fails for want of the storage service."""
    made = Recording()
    role = made.role("service-role/AWSBackupDefaultServiceRole", "s", "dynamodb.amazonaws.com")
    context = {"aws:backup:backup-vault": made.arn("backup", "backup-vault:prod-vault")}
    for day, job_id, state in (("2026-03-01", GOOD, "COMPLETED"), ("2026-03-02", BAD, "FAILED")):
        made.backup_job(
            job_id,
            f"{day}T18:05:00Z",
            f"{day}T18:15:00Z",
            state,
            vault="prod-vault",
            resource=TABLE,
            role=ROLE,
        )
        table_context = {"aws:dynamodb:tableName": "orders"}
        made.kms(f"{day}T18:06:00Z", "Decrypt", made.key_arn("table"), role, table_context)
        made.add(f"{day}T19:30:00Z", "ec2.amazonaws.com", "CreateTags", made.user("alice"), readOnly=False)
    storage = made.service("backup-storage.amazonaws.com")
    made.kms("2026-03-01T18:07:00Z", "Decrypt", made.key_arn("vault"), storage, context)
    return made


def test_case_knows_when_it_was_asked_about() -> None:
    """The time of the question goes with what was gathered."""
    asked = moment("2026-03-05T09:00:00Z")
    known = structs.replace(gathered(record_two_nights()), asked_at=asked)

    assert build_case(known, Question(BAD), Facts()).asked_at == asked


@pytest.mark.parametrize("next_token", [True, False])
def test_change_may_be_in_what_was_not_fetched(next_token: bool) -> None:  # noqa: FBT001
    """Where pages of event history are missing, no span is known in which a change would have been seen."""
    found = gathered(record_two_nights())
    found.tally.next_token = next_token

    assert bool(build_case(found, Question(BAD), Facts()).unbroken) is not next_token


def test_case_finds_baseline_and_keys_by_itself() -> None:
    """Only the failed job's id is given: the baseline and the keys are found in the events."""
    made = record_two_nights()

    case = build_case(gathered(made), Question(BAD), Facts())

    assert case.succeeded is not None
    assert (case.failed.job.id.lower(), case.succeeded.job.id.lower()) == (BAD, GOOD)
    assert set(case.keys) == {made.key_arn("vault"), made.key_arn("table")}
    assert (len(case.failed.events), len(case.succeeded.events)) == (1, 2)


def test_baseline_without_events_is_passed_over() -> None:
    """The best candidate's night is not in the export; the next one that has events is taken."""
    made = record_two_nights()
    unseen = make_job("unseen", "2026-03-02T06:05:00Z")

    case = build_case(gathered(made, unseen), Question(BAD), Facts())

    assert case.succeeded is not None
    assert case.succeeded.job.id.lower() == GOOD


def test_named_baseline_is_taken() -> None:
    """A baseline that was named is used even when it has no events."""
    made = record_two_nights()
    unseen = make_job("unseen", "2026-03-02T06:05:00Z")

    case = build_case(gathered(made, unseen), Question(BAD, "unseen"), Facts())

    assert case.succeeded is not None
    assert case.succeeded.job.id == "unseen"


def test_failed_baseline_is_refused() -> None:
    """A job that failed, or the job itself, cannot be the baseline."""
    made = record_two_nights()
    another = make_job("another", state="FAILED")

    for baseline in (BAD, "another"):
        with pytest.raises(UsageError):
            build_case(gathered(made, another), Question(BAD, baseline), Facts())


def test_account_chooses_between_jobs_of_one_id() -> None:
    """The same id in two accounts is told apart by --account."""
    made = record_two_nights()
    twin = make_job(BAD, "2026-03-02T18:05:00Z", account="444455556666", state="FAILED")

    case = build_case(gathered(made, twin), Question(BAD, account=ACCOUNT), Facts())

    assert case.failed.job.account == ACCOUNT


def test_no_baseline_is_warned_of() -> None:
    """Nothing succeeded: the case has one side, and says so."""
    made = record_two_nights()
    made.records = [record for record in made.records if record["eventTime"] > "2026-03-02"]

    case = build_case(gathered(made), Question(BAD), Facts())

    assert case.succeeded is None
    assert Reason.NO_BASELINE in case.coverage.warnings


def test_job_without_any_time_is_an_error() -> None:
    """A job whose descriptor has no time cannot be found in the events, which is said."""
    timeless = make_job("timeless", created=moment("2026-03-01T18:05:00Z").isoformat(), completed=None)
    timeless = Job(id="timeless", kind="backup", state="FAILED", region=REGION, account=timeless.account)
    made = Recording()

    with pytest.raises(FactError):
        build_case(Gathered((), (timeless,), make_tally(made.records), ()), Question("timeless"), Facts())


def test_two_exports_are_compared_whole() -> None:
    """Each export is a side, from its first record to its last."""
    made = record_two_nights()
    days = []
    for day in ("2026-03-02", "2026-03-01"):
        part = Recording()
        part.records = [record for record in made.records if record["eventTime"].startswith(day)]
        days.append(gathered(part))

    case = build_comparison(days[0], days[1], (None, None), (), Facts())

    assert case.succeeded is not None
    assert (case.failed.job.kind, case.failed.job.state) == ("window", "FAILED")
    assert case.failed.window == Window(moment("2026-03-02T18:05:00Z"), moment("2026-03-02T19:30:00Z"))
    assert (len(case.failed.events), len(case.succeeded.events)) == (1, 2)


def test_gap_of_one_export_of_two_is_told() -> None:
    """Only the failed export was downloaded without read-only events, which the sum of both would hide."""
    failed, succeeded = record_two_nights(), record_two_nights()
    failed.records = [r for r in failed.records if r["eventTime"] > "2026-03-02" and not r["readOnly"]]
    succeeded.records = [r for r in succeeded.records if r["eventTime"] < "2026-03-02"]

    case = build_comparison(gathered(failed), gathered(succeeded), (None, None), (), Facts())

    assert Reason.READ_ONLY_EVENTS_MISSING in case.coverage.warnings


def test_comparison_is_about_the_key_that_differs() -> None:
    """Without a key given, that of the missing calls is in question, not one that both nights have."""
    both = gathered(record_two_nights())
    spans = [
        Window(start, start + timedelta(hours=1)) for start in map(moment, ("2026-03-02T18:00Z", "2026-03-01T18:00Z"))
    ]

    case = build_comparison(both, both, (spans[0], spans[1]), (), Facts())

    assert case.failed.job.key == Recording().key_arn("vault")


def test_two_windows_of_one_export_are_compared() -> None:
    """One export, two spans of time: events outside of both count on neither side."""
    both = gathered(record_two_nights())
    spans = [
        Window(start, start + timedelta(hours=1)) for start in map(moment, ("2026-03-02T18:00Z", "2026-03-01T18:00Z"))
    ]

    case = build_comparison(both, both, (spans[0], spans[1]), (), Facts())

    assert case.succeeded is not None
    assert (len(case.failed.events), len(case.succeeded.events)) == (1, 2)
    assert case.coverage.records_read == both.tally.records


def test_export_without_records_cannot_be_compared() -> None:
    """An export without a single record has no time to compare, which is said."""
    empty = Gathered((), (), make_tally([]), ())

    with pytest.raises(FactError):
        build_comparison(empty, gathered(record_two_nights()), (None, None), (), Facts())
