"""The calls that another job lends where no job can be compared with."""

from making import ROLE, VAULT, make_events, make_job, make_tally
from msgspec import structs
from recording import Recording

from trail_diff.case.builder import build_case
from trail_diff.case.expected import expect_calls, find_lenders
from trail_diff.case.gathered import Gathered
from trail_diff.case.question import DEFAULT_PAD, Question
from trail_diff.model.learnt import ExpectedCall, Facts, Job
from trail_diff.model.reasons import Reason
from trail_diff.times import parse_time

OTHER_VAULT = VAULT.replace("prod-vault", "other-vault")
LONG_AGO = "2026-02-01T18:05:00Z"
OTHER_TABLE = "arn:aws:dynamodb:eu-west-1:111122223333:table/customers"
FAILED = make_job("failed", "2026-03-02T18:05:00Z", state="FAILED", key=Recording().key_arn("vault"))
LENDER = make_job(
    "lender", resource=OTHER_TABLE, vault=OTHER_VAULT, key=Recording().key_arn("other-vault"), role=ROLE + "-other"
)


def gather(failed: Job, *jobs: Job) -> Gathered:
    """Gather the night of the lender, whose storage service reads and writes, and whose role describes its key."""
    made = Recording()
    key = made.key_arn("other-vault")
    context = {"aws:backup:backup-vault": OTHER_VAULT}
    storage = made.service("backup-storage.amazonaws.com")
    made.kms("2026-03-01T18:08:00Z", "Decrypt", key, storage, context)
    made.kms("2026-03-01T18:08:01Z", "Encrypt", key, storage, context)
    made.kms("2026-03-01T18:08:02Z", "ReEncrypt", key, storage, context, errorCode="AccessDenied")
    made.kms("2026-03-01T18:09:00Z", "DescribeKey", key, made.role(f"{ROLE.split(':role/')[1]}-other", "s"))
    return Gathered(tuple(make_events(made.sorted())), (*jobs, failed), make_tally(made.records), ())


def lent(failed: Job, *jobs: Job) -> list[ExpectedCall]:
    """Return what other jobs lend to the failed one."""
    case = build_case(gather(failed, *jobs), Question(failed.id), Facts())
    return [one for one in case.expected if one.basis is Reason.EXPECTED_FROM_OTHER_JOB]


def test_lent_calls_are_mapped_to_the_failed_job() -> None:
    """The lender's calls are expected on the failed job's own key, by its role, about its vault."""
    calls = {one.action: one for one in lent(FAILED, LENDER)}

    assert calls.keys() == {"kms:Decrypt", "kms:Encrypt", "kms:DescribeKey"}
    assert {(one.key, one.key_role, one.lender) for one in calls.values()} == {(FAILED.key, "vault", "lender")}
    assert calls["kms:Decrypt"].event.encryption_context == {"aws:backup:backup-vault": VAULT}
    assert calls["kms:DescribeKey"].event.caller.role_arn == ROLE


def test_what_a_job_shows_comes_before_what_is_known() -> None:
    """A call that a lender made and that a profile has is listed once, as the lender's."""
    case = build_case(gather(FAILED, LENDER), Question("failed"), Facts())

    storage = [one for one in case.expected if one.event.caller.name == "backup-storage.amazonaws.com"]
    assert [(one.action, one.basis) for one in storage] == [
        ("kms:Decrypt", Reason.EXPECTED_FROM_OTHER_JOB),
        ("kms:Encrypt", Reason.EXPECTED_FROM_OTHER_JOB),
        ("kms:GenerateDataKey", Reason.EXPECTED_BY_PROFILE),
    ]


def test_baseline_on_another_vault_lends_its_calls() -> None:
    """A job of the same table on another vault is compared with, and its calls are expected on the failed job's key."""
    baseline = structs.replace(LENDER, resource=FAILED.resource)
    case = build_case(gather(FAILED, baseline), Question("failed"), Facts())

    assert case.succeeded is not None
    assert case.succeeded.job.id == "lender"
    assert {one.key for one in case.expected if one.key_role == "vault"} == {FAILED.key}
    assert "kms:Encrypt" in {one.action for one in case.expected}


def test_baseline_without_records_leaves_what_is_known() -> None:
    """Where no record shows what the baseline called, the calls of the profiles take their place."""
    unseen = structs.replace(LENDER, vault=VAULT, key=FAILED.key, created=None, completed=parse_time(LONG_AGO))

    case = build_case(gather(FAILED, unseen), Question("failed"), Facts())

    assert case.succeeded is not None
    assert {one.basis for one in case.expected} == {Reason.EXPECTED_BY_PROFILE}


def test_only_like_jobs_lend() -> None:
    """A lender has the kind, resource type, account and Region of the failed job, and completed without issues."""
    unlike = [
        structs.replace(LENDER, kind="copy"),
        structs.replace(LENDER, resource_type="EFS"),
        structs.replace(LENDER, account="444455556666"),
        structs.replace(LENDER, region="us-east-1"),
        structs.replace(LENDER, state="FAILED"),
        structs.replace(LENDER, message_category="ACCESS_DENIED"),
    ]

    assert find_lenders(FAILED, [FAILED, *unlike]) == []
    assert find_lenders(FAILED, [FAILED, LENDER]) == [LENDER]


def test_key_that_is_not_known_gets_no_calls() -> None:
    """Nothing is expected on a key that the failed job is not known to have."""
    assert lent(structs.replace(FAILED, key=None), LENDER) == []


def test_job_with_a_baseline_or_without_an_end_expects_nothing() -> None:
    """A succeeded job on the same vault is the baseline; a job that runs or completed is missing nothing."""
    baseline = structs.replace(LENDER, vault=VAULT)
    running, completed = (structs.replace(FAILED, state=state) for state in ("RUNNING", "COMPLETED"))

    assert build_case(gather(FAILED, baseline), Question("failed"), Facts()).expected == ()
    assert expect_calls(running, gather(running), DEFAULT_PAD) == ()
    assert expect_calls(completed, gather(completed), DEFAULT_PAD) == ()
