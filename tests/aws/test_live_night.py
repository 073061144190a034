"""A night of jobs from AWS: the groups are right, each verdict is that of its single run, and little is asked."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from aws.played_night import moved_night, play_night
from aws_server import AwsServer
from msgspec import structs
from night import BAD, ROLE, Night, make_night, run_night
from recording import Record, Recording
from scenes.stage import STORAGE

from trail_diff.aws.event_history.lookup_events import HistoryOptions
from trail_diff.aws.live.collect import collect_live
from trail_diff.aws.live.connection import Connection, connect
from trail_diff.aws.live.further import look_further
from trail_diff.aws.live.options import AwsOptions
from trail_diff.case.question import DEFAULT_PAD, Question
from trail_diff.errors import AwsAccessDeniedError
from trail_diff.inputs import Inputs
from trail_diff.model.codes import Cause
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Finding, Report
from trail_diff.model.triage import Triage
from trail_diff.nights import gather_listed
from trail_diff.pipeline import analyse, group_night, is_settled
from trail_diff.redaction.owner_map import make_pseudonyms
from trail_diff.redaction.redactor import Redactor
from trail_diff.triaging.plan import TriagePlan
from trail_diff.triaging.select import EVERY_JOB, TriageFilter

HOME, OTHER = "111122223333", "444455556666"
REGIONS = ("eu-west-1", "us-east-1")


class Asked:
    """A night on the server, and AWS asked about it without a pause between requests."""

    def __init__(self, server: AwsServer, night: Night) -> None:
        self.server, self.night = server, night
        self.records = moved_night(night)
        play_night(server, night, self.records)
        self.notes: list[str] = []

    @property
    def since(self) -> datetime:
        """Return when the first job that failed was created."""
        created = (job["CreationDate"] for own in self.server.accounts.values() for job in own.jobs if _failed(job))
        first: datetime = min(created)
        return first

    def connection(self) -> Connection:
        """Return a connection to all accounts and Regions."""
        options = AwsOptions(("main", "keys"), self.server.url, uses_cache=False)
        connection = connect(options, REGIONS, self.notes.append)
        return structs.replace(connection, history_options=HistoryOptions(None, 600, 0))

    def triage(self, wanted: TriageFilter = EVERY_JOB, inputs: Inputs | None = None) -> tuple[Triage, list[Report]]:
        """Triage the night, and return the groups and the reports of their jobs."""
        plan = TriagePlan(structs.replace(wanted, start=self.since), DEFAULT_PAD)
        own = structs.replace(inputs or Inputs(), note=self.notes.append, is_settled=is_settled)
        found, reports = group_night(*gather_listed(own, plan, self.connection()))
        assert sorted(reports) == sorted((job.id, job.account, job.region) for one in found.groups for job in one.jobs)
        return found, list(reports.values())

    def ask(self, job_id: str) -> Report:
        """Ask about one job alone."""
        connection, question = self.connection(), Question(job_id)
        source = connection.history()
        collected = collect_live(connection, question, source)
        if not is_settled(collected.case(question)):
            collected = look_further(connection, question, source, collected)
        return analyse(collected.case(question))


def _failed(job: Record) -> bool:
    return job.get("State") == "FAILED"


def told(found: Triage) -> set[tuple[str | None, tuple[str, ...], int]]:
    """Return what tells the groups apart."""
    return {(one.cause, tuple(vault.rsplit(":", 1)[-1] for vault in one.vaults), len(one.jobs)) for one in found.groups}


def without_origin(findings: Sequence[Finding]) -> list[Finding]:
    """Return findings without the calls that described the jobs: lists do so here, describing there."""
    return [
        structs.replace(one, evidence=tuple(structs.replace(fact, file=None) for fact in one.evidence))
        for one in findings
    ]


def small_night(*plan: tuple[str, str, str, int]) -> Night:
    """Make a night of a few vaults: what befell each, its account and Region, and how many jobs it has."""
    made = {(account, region): Recording(account, region, f"{account}{region}") for _, account, region, _ in plan}
    return run_night([(kind, made[account, region], f"{kind}-vault", jobs) for kind, account, region, jobs in plan])


def test_a_night_from_aws_has_its_groups(server: AwsServer) -> None:
    """Thirty failed jobs in three accounts and Regions are in the groups of their causes, for few requests."""
    asked = Asked(server, make_night())

    found, reports = asked.triage()

    assert told(found) == {
        (Cause.KEY_POLICY_EXPLICIT_DENY, ("prod-vault",), 12),
        (Cause.KEY_DISABLED, ("finance-vault",), 7),
        (Cause.GRANT_REVOKED, ("hr-vault",), 4),
        (Cause.SCP_DENY, ("legal-vault",), 3),
        (Cause.NOT_KMS, ("busy-vault",), 2),
        (Cause.KEY_POLICY_NO_ALLOW, ("dev-vault",), 1),
        (None, ("new-vault",), 1),
    }
    assert (found.jobs.seen, found.jobs.failed, len(reports)) == (115, 30, 30)
    assert found.coverage.warnings == (Reason.COMPLETED_JOBS_NOT_SEARCHED,)
    assert server.count("LookupEvents") < 140
    assert server.count("DescribeBackupVault") <= len(asked.night.vaults)
    assert server.count("DescribeKey") == 7


def test_every_verdict_is_that_of_its_single_run(server: AwsServer) -> None:
    """A job in a group has the verdict, the findings and the baseline that asking AWS for it alone gives."""
    plan = [("deny", HOME, "eu-west-1", 2), ("busy", HOME, "eu-west-1", 1), ("grant", OTHER, "eu-west-1", 1)]
    asked = Asked(server, small_night(*plan, ("new", OTHER, "us-east-1", 1), ("calm", OTHER, "us-east-1", 1)))

    _, reports = asked.triage()

    assert len(reports) == 5
    for report in reports:
        alone = asked.ask(report.failed.id)
        assert report.verdict == alone.verdict
        assert without_origin(report.findings) == without_origin(alone.findings)
        assert (report.succeeded and report.succeeded.id) == (alone.succeeded and alone.succeeded.id)


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (TriageFilter(vaults=("deny-vault",)), 2),
        (TriageFilter(accounts=(OTHER,)), 1),
        (TriageFilter(resource_types=("EBS",)), 0),
        (TriageFilter(causes=(Cause.KEY_DISABLED,)), 1),
    ],
)
def test_filters_choose_jobs_and_what_is_asked(server: AwsServer, wanted: TriageFilter, count: int) -> None:
    """Vault, account, resource type and cause choose jobs; keys of other jobs are not asked about."""
    asked = Asked(server, small_night(("deny", HOME, "eu-west-1", 2), ("disable", OTHER, "eu-west-1", 1)))

    found, _ = asked.triage(wanted)

    assert found.jobs.failed == count
    assert server.count("DescribeKey") == (2 if wanted.causes else bool(count))


def test_nothing_that_failed_takes_no_events(server: AwsServer) -> None:
    """Where no job failed, the lists are all that is asked for."""
    asked = Asked(server, small_night(("deny", HOME, "eu-west-1", 1)))

    found, _ = asked.triage(TriageFilter(vaults=("another",)))

    assert (found.jobs.failed, found.groups) == (0, ())
    assert {call.operation for call in server.calls} == {
        "GetCallerIdentity", "ListBackupJobs", "ListCopyJobs", "ListRestoreJobs",
    }  # fmt: skip


def test_a_place_is_asked_for_the_windows_of_its_own_jobs(server: AwsServer) -> None:
    """Event history of an account and Region is asked for KMS calls around the jobs there, not around all jobs."""
    asked = Asked(server, small_night(("deny", HOME, "eu-west-1", 1), ("disable", OTHER, "us-east-1", 1)))

    asked.triage()

    of_kms = [{"AttributeKey": "EventSource", "AttributeValue": "kms.amazonaws.com"}]
    places = {
        (call.access_key, call.region)
        for call in server.calls
        if call.operation == "LookupEvents" and call.parameters["LookupAttributes"] == of_kms
    }
    assert places == {(f"AKIA{HOME}", "eu-west-1"), (f"AKIA{OTHER}", "us-east-1")}


def test_lists_are_read_to_their_last_page(server: AwsServer) -> None:
    """A failed job on the second page of a list is found."""
    asked = Asked(server, small_night(("deny", HOME, "eu-west-1", 1)))
    jobs = server.account().jobs
    calm = next(job for job in jobs if job["State"] == "COMPLETED")
    jobs += [{**calm, "BackupJobId": f"J-{n}", "CreationDate": asked.since + timedelta(minutes=9)} for n in range(1000)]

    found, _ = asked.triage()

    assert (found.jobs.seen, found.jobs.failed) == (1001, 1)


def test_a_list_that_is_refused_is_missing(server: AwsServer) -> None:
    """A Region whose jobs may not be listed leaves a note and a warning; the others are triaged."""
    asked = Asked(server, small_night(("deny", HOME, "eu-west-1", 1)))
    server.account().denied.add("backup:ListBackupJobs@us-east-1")

    found, _ = asked.triage()

    assert found.jobs.failed == 1
    assert Reason.JOBS_NOT_LISTED in found.coverage.warnings
    assert any(
        "backup:ListBackupJobs was refused in us-east-1" in note and "--job FILE" in note for note in asked.notes
    )


def test_without_any_list_there_is_no_answer(server: AwsServer) -> None:
    """Where no list can be had, that is an error, never a night without failures."""
    asked = Asked(server, small_night(("deny", HOME, "eu-west-1", 1)))
    for account in (HOME, OTHER):
        server.account(account).denied |= {f"backup:List{kind}Jobs" for kind in ("Backup", "Copy", "Restore")}

    with pytest.raises(AwsAccessDeniedError, match="ListBackupJobs was refused"):
        asked.triage()


def test_history_that_one_account_refuses_leaves_the_others(server: AwsServer) -> None:
    """An account whose event history may not be read has a note; its jobs have an answer by their policy at the most."""
    asked = Asked(server, small_night(("deny", HOME, "eu-west-1", 1), ("disable", OTHER, "eu-west-1", 1)))
    server.account().denied.add("cloudtrail:LookupEvents")

    found, _ = asked.triage()

    told = {(one.jobs[0].account, one.cause, one.confidence) for one in found.groups}
    assert told == {
        (HOME, Cause.KEY_POLICY_EXPLICIT_DENY, "likely"),
        (OTHER, Cause.KEY_DISABLED, "confirmed"),
    }
    assert any(f"events of account {HOME}, eu-west-1 are missing" in note for note in asked.notes)


def test_parts_of_a_composite_job_are_listed_with_it(server: AwsServer) -> None:
    """The parts of a composite job that failed are asked for by their parent, and stand under it."""
    asked = Asked(server, small_night(("deny", HOME, "eu-west-1", 1)))
    failed = next(job for job in server.account().jobs if _failed(job))
    failed["IsParent"] = True
    server.account().jobs.append(
        {**failed, "BackupJobId": "PART", "ParentJobId": failed["BackupJobId"], "IsParent": False}
    )

    found, _ = asked.triage()

    (group,) = found.groups
    assert [(job.id, job.parent) for job in group.jobs] == [
        (failed["BackupJobId"], None), ("PART", failed["BackupJobId"]),
    ]  # fmt: skip


def test_a_baseline_without_calls_gives_way_to_the_next(server: AwsServer) -> None:
    """When the best baseline has no call in event history, the windows of the next ones are read as well."""
    asked = Asked(server, small_night(("deny", HOME, "eu-west-1", 1)))
    jobs = server.account().jobs
    good = next(job for job in jobs if job["State"] == "COMPLETED")
    times = {name: good[name] + timedelta(hours=12) for name in ("CreationDate", "CompletionDate")}
    jobs.append({**good, "BackupJobId": "EMPTY", **times})

    _, (report,) = asked.triage()

    assert report.succeeded is not None
    assert report.succeeded.id == good["BackupJobId"]
    assert report.verdict.cause is Cause.KEY_POLICY_EXPLICIT_DENY


def test_a_completed_job_with_refused_calls_is_found_where_it_was_read(server: AwsServer) -> None:
    """A job that completed while calls of its role were refused beside a failed job is in a group as well."""
    asked = Asked(server, small_night(("scp", HOME, "eu-west-1", 2)))
    for job in server.account().jobs:
        if _failed(job) and job["ResourceArn"].endswith("-1"):
            job["State"] = "COMPLETED"
            del job["StatusMessage"]
    records = server.account().records["eu-west-1"]
    records[:] = [record for record in records if record["eventSource"] != "backup.amazonaws.com"]

    found, _ = asked.triage()

    assert {job.state for group in found.groups for job in group.jobs} == {"FAILED", "COMPLETED"}


def test_a_night_with_pseudonyms_names_nothing(server: AwsServer) -> None:
    """With a redactor, the groups are the same, and no account, vault or key of the night is in them."""
    asked = Asked(server, small_night(("deny", HOME, "eu-west-1", 1), ("disable", HOME, "eu-west-1", 1)))
    of_one = TriageFilter(vaults=("deny-vault",))
    plain, _ = asked.triage(of_one)

    redacted, reports = asked.triage(of_one, Inputs(redactor=Redactor(make_pseudonyms(None))))

    assert [(one.cause, one.confidence, len(one.jobs)) for one in redacted.groups] == [
        (one.cause, one.confidence, len(one.jobs)) for one in plain.groups
    ]
    hidden = [HOME, "deny-vault", asked.night.vaults[0].key.rpartition("/")[2]]
    assert not [name for name in hidden if name in repr(redacted) + repr(reports)]


def test_an_answer_that_stays_open_looks_at_other_jobs(server: AwsServer) -> None:
    """A Deny that nobody can decide is cleared by a call that another job made under it, as in the single run."""
    night = small_night(("deny", HOME, "eu-west-1", 1))
    (vault,) = night.vaults
    made = vault.made
    for record in made.records:
        if record["eventName"] == "PutKeyPolicy":
            put = json.loads(record["requestParameters"]["policy"])
            for statement in put["Statement"]:
                if statement["Effect"] == "Deny":
                    statement["Condition"] = {"StringNotEquals": {"aws:SourceAccount": HOME}}
            record["requestParameters"]["policy"] = json.dumps(put)
    details = {"resource": made.arn("dynamodb", "table/other"), "role": made.role_arn(ROLE)}
    times = (f"{BAD}T13:05:00Z", f"{BAD}T13:14:00Z")
    made.backup_job(made.make_id("other"), *times, "COMPLETED", vault=vault.name, **details)
    context = {"aws:backup:backup-vault": made.arn("backup", f"backup-vault:{vault.name}")}
    for action in ("GenerateDataKey", "Decrypt"):
        made.kms(f"{BAD}T13:07:00Z", action, vault.key, made.service(STORAGE), context)
    asked = Asked(server, night)

    _, (report,) = asked.triage()

    assert {row.standing for row in report.weighing if row.cause is Cause.KEY_POLICY_EXPLICIT_DENY} == {"refuted"}
    assert report.verdict == asked.ask(report.failed.id).verdict
