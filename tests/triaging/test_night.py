"""A night of backup jobs: the groups are right, however the night is told, and no job gets another answer than alone."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from night import KINDS, Night, as_report_csv, job_reports, make_night, run_night
from recording import Record, Recording, as_trail_file

from trail_diff.case.question import Question
from trail_diff.inputs import Inputs, gather_inputs
from trail_diff.model.codes import Cause
from trail_diff.model.learnt import Event, Facts
from trail_diff.model.triage import Triage
from trail_diff.pipeline import analyse, load_case, triage
from trail_diff.triaging.diagnose import Cases
from trail_diff.triaging.select import TriageFilter

ALL = TriageFilter()
GROUPS = [
    ("key-policy-explicit-deny", "explained", ("prod-vault",), 12),
    ("key-disabled", "explained", ("finance-vault",), 7),
    ("grant-revoked", "explained", ("hr-vault",), 4),
    ("scp-deny", "explained", ("legal-vault",), 3),
    ("key-policy-no-allow", "explained", ("dev-vault",), 1),
    (None, "inconclusive", ("new-vault",), 1),
]
"""The groups of the night, but that of the job which another one kept from running."""


@pytest.fixture(scope="module")
def records() -> list[Record]:
    """Return the records of the night."""
    return make_night().records()


def written(folder: Path, name: str, text: str) -> str:
    """Write a file, and return its path."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def groups_of(found: Triage) -> list[tuple[str | None, str, tuple[str, ...], int]]:
    """Return what tells the groups apart, without the vault of the jobs that KMS had nothing to do with."""
    told = [
        (group.cause, group.outcome, tuple(vault.rsplit(":", 1)[-1] for vault in group.vaults), len(group.jobs))
        for group in found.groups
    ]
    return [one for one in told if one[2] != ("busy-vault",)]


def jobs_of(found: Triage) -> list[str]:
    """Return the ids of the jobs in all groups."""
    return [job.id for group in found.groups for job in group.jobs]


def same(groups: Sequence[object]) -> set[object]:
    """Return groups in no order: those of one size and time have none that matters."""
    return set(groups)


def test_night_in_trail_files_has_its_groups(records: list[Record], tmp_path: Path) -> None:
    """Thirty failed jobs are in the groups of their causes, largest first; the two hundred others in none."""
    inputs = Inputs(events=(written(tmp_path, "trail.json", as_trail_file(records)),))

    found, reports = triage(inputs, ALL)

    assert same(groups_of(found)) == same(GROUPS)
    assert [len(group.jobs) for group in found.groups] == [12, 7, 4, 3, 2, 1, 1]
    assert (found.jobs.failed, found.jobs.inconclusive) == (30, 1)
    assert len(jobs_of(found)) == len(set(jobs_of(found))) == len(reports) == 30


def test_refused_calls_of_other_places_change_no_group(records: list[Record], tmp_path: Path) -> None:
    """Calls that AWS services make elsewhere while jobs run, and that are refused, are no job's."""
    noise = Recording()
    for record in records:
        if record["eventName"] == "BackupJobCompleted":
            for region, account in (
                ("ap-south-1", record["recipientAccountId"]),
                (record["awsRegion"], "999988887777"),
            ):
                noise.kms(
                    record["eventTime"],
                    "GenerateDataKey",
                    f"arn:aws:kms:{region}:{account}:key/0a0b0c0d-1111-4222-8333-444455556666",
                    {"type": "AWSService", "invokedBy": "backup-storage.amazonaws.com"},
                    {"aws:backup-storage:thing": f"arn:aws:backup-storage:{region}:{account}:thing/1"},
                    awsRegion=region,
                    recipientAccountId=account,
                    errorCode="AccessDenied",
                    errorMessage="not authorized to perform: kms:GenerateDataKey with an explicit deny in a "
                    "resource-based policy",
                )
    inputs = Inputs(events=(written(tmp_path, "trail.json", as_trail_file([*records, *noise.records])),))

    found, _ = triage(inputs, ALL)

    assert same(groups_of(found)) == same(GROUPS)
    assert [group.cause for group in found.groups if group.vaults[0].endswith(":busy-vault")] == ["not-kms"]


@pytest.mark.parametrize("form", ["json", "csv"])
def test_night_in_a_job_report_has_the_same_groups(records: list[Record], tmp_path: Path, form: str) -> None:
    """A job report of AWS Backup Audit Manager beside an export without AWS Backup's own events does as well."""
    calls = [record for record in records if record["eventSource"] != "backup.amazonaws.com"]
    items = job_reports(records)
    text = json.dumps({"reportItems": items}) if form == "json" else as_report_csv(items)
    inputs = Inputs(
        events=(written(tmp_path, "trail.json", as_trail_file(calls)),),
        jobs=(written(tmp_path, f"report.{form}", text),),
    )

    found, _ = triage(inputs, ALL)

    assert same(groups_of(found)) == same(GROUPS)
    assert found.jobs.failed == 30


def test_group_names_statement_change_and_remedy(records: list[Record], tmp_path: Path) -> None:
    """A group says which statement denies, which call brought it, by whom, and what helps."""
    inputs = Inputs(events=(written(tmp_path, "trail.json", as_trail_file(records)),))

    found, _ = triage(inputs, TriageFilter(causes=(Cause.KEY_POLICY_EXPLICIT_DENY,)))

    (group,) = found.groups
    assert group.statement is not None
    assert group.change is not None
    assert (group.statement.sid, group.change.event_name, group.change.by) == (
        "DenyOthers",
        "PutKeyPolicy",
        "key-admin",
    )
    assert group.remedy == "exempt-this-service"


@pytest.mark.parametrize(
    ("wanted", "count", "seen"),
    [
        (TriageFilter(vaults=("finance-vault",)), 7, 14),
        (TriageFilter(vaults=("FINANCE-VAULT", "hr-vault")), 11, 22),
        (TriageFilter(accounts=("444455556666",)), 2, 33),
        (TriageFilter(resource_types=("dynamodb",)), 30, 229),
        (TriageFilter(resource_types=("EBS",)), 0, 0),
        (TriageFilter(causes=(Cause.KEY_DISABLED, Cause.SCP_DENY)), 10, 229),
        (TriageFilter(start=datetime.fromisoformat("2026-03-02T18:20:00Z")), 4, 65),
        (TriageFilter(end=datetime.fromisoformat("2026-03-02T00:00:00Z")), 0, 114),
    ],
)
def test_filters_choose_jobs(
    records: list[Record], tmp_path: Path, wanted: TriageFilter, count: int, seen: int
) -> None:
    """Vault, account, resource type and time choose which jobs count, a cause which are in groups; baselines stay."""
    inputs = Inputs(events=(written(tmp_path, "trail.json", as_trail_file(records)),))

    found, _ = triage(inputs, wanted)

    assert len(jobs_of(found)) == found.jobs.failed == count
    assert found.jobs.seen == seen


def test_job_without_a_time_is_in_a_group(tmp_path: Path) -> None:
    """A failed job whose time nobody tells is not left out: its group says what is missing."""
    made = Recording()
    run = run_night([("deny", made, "a-vault", 1)])
    listed = {"BackupJobs": [{"BackupJobId": "no-time", "State": "FAILED", "AccountId": "111122223333"}]}
    inputs = Inputs(
        events=(written(tmp_path, "trail.json", as_trail_file(run.records())),),
        jobs=(written(tmp_path, "jobs.json", json.dumps(listed)),),
    )

    found, _ = triage(inputs, ALL)

    lost = [group for group in found.groups if group.jobs[0].id == "no-time"]
    assert [(group.outcome, group.reasons) for group in lost] == [("inconclusive", ("job-time-not-known",))]


def test_one_id_in_two_regions_is_two_jobs(tmp_path: Path) -> None:
    """Jobs of one id in two Regions are diagnosed apart."""
    home, abroad = Recording(seed="home"), Recording(region="us-east-1", seed="abroad")
    run = run_night([("deny", home, "a-vault", 1), ("disable", abroad, "b-vault", 1)])
    own, other = (vault.job_id("2026-03-02", 0).upper() for vault in run.vaults)
    text = as_trail_file(run.records()).replace(other, own)

    found, reports = triage(Inputs(events=(written(tmp_path, "trail.json", text),)), ALL)

    assert sorted(str(group.cause) for group in found.groups) == ["key-disabled", "key-policy-explicit-deny"]
    assert len(reports) == 2


def nights() -> st.SearchStrategy[Night]:
    """Return made-up nights: a few vaults in several accounts and Regions, each with what befell it."""
    places = [("111122223333", "eu-west-1"), ("111122223333", "us-east-1"), ("444455556666", "eu-west-1")]
    entry = st.tuples(st.sampled_from(KINDS), st.sampled_from(places), st.integers(1, 3))

    def build(entries: list[tuple[str, tuple[str, str], int]]) -> Night:
        made = {place: Recording(*place, seed=str(place)) for place in places}
        return run_night([(kind, made[place], f"vault-{n}", jobs) for n, (kind, place, jobs) in enumerate(entries)])

    return st.lists(entry, min_size=1, max_size=4).map(build)


@given(nights())
@settings(deadline=None, max_examples=examples(12))
def test_every_verdict_is_that_of_its_single_run(tmp_path_factory: pytest.TempPathFactory, night: Night) -> None:
    """Each failed job is in exactly one group, and its verdict is the one that asking for it alone gives."""
    folder = tmp_path_factory.mktemp("night")
    inputs = Inputs(events=(written(folder, "trail.json", as_trail_file(night.records())),))

    found, reports = triage(inputs, ALL)

    failed = {
        vault.job_id("2026-03-02", number) for vault in night.vaults if vault.has_failed for number in range(vault.jobs)
    }
    assert sorted(job.lower() for job in jobs_of(found)) == sorted(failed)
    for (job_id, *_), report in reports.items():
        alone = analyse(load_case(inputs, Question(job_id)))
        assert report == alone


def test_large_export_gives_what_a_small_one_gives(records: list[Record], tmp_path: Path) -> None:
    """An export that is read in two passes has the same groups as one that is read at once."""
    parts = [as_trail_file(records[start : start + 2]) for start in range(0, len(records), 2)]
    folder = tmp_path / "parts"
    folder.mkdir()
    for number, part in enumerate(parts):
        written(folder, f"{number:04}.json", part)
    whole = Inputs(events=(written(tmp_path, "trail.json", as_trail_file(records)),))
    split = Inputs(events=(str(folder),))
    split = structs.replace(split, options=structs.replace(split.options, batch_files=8))

    assert triage(split, ALL)[0].groups == triage(whole, ALL)[0].groups


def test_several_processes_diagnose_as_one_does(records: list[Record], tmp_path: Path) -> None:
    """However many processes diagnose the jobs, the groups and reports are the same."""
    inputs = Inputs(events=(written(tmp_path, "trail.json", as_trail_file(records)),))

    alone, together = (
        triage(structs.replace(inputs, options=structs.replace(inputs.options, processes=processes)), ALL)
        for processes in (1, 2)
    )

    assert together == alone


def test_cases_of_a_night_share_their_indexes(records: list[Record], tmp_path: Path) -> None:
    """Jobs and calls are put in order once for all cases of a night: of a call, each sign is read once."""
    gathered = gather_inputs(Inputs(events=(written(tmp_path, "trail.json", as_trail_file(records)),)))
    failed = [job for job in gathered.jobs if job.state == "FAILED"]
    cases, seen = Cases(gathered, Facts(), timedelta(minutes=15)), list[str]()

    def signs_of(call: Event) -> tuple[str]:
        seen.append(call.event_id)
        return (call.event_name,)

    one, other = cases.of(failed[0]), cases.of(failed[-1])
    found = [list(case.failed.untied.find(signs_of, "Decrypt")) for case in (one, other)]

    assert one.job_index() is other.job_index()
    assert all(found)
    assert len(seen) == len(set(seen))
