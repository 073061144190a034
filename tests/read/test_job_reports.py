"""Lists of jobs as people have them, beside CloudTrail records."""

import json
from pathlib import Path

import pytest

from trail_diff.events.jobs import read_job_document
from trail_diff.model.learnt import Job, Skipped
from trail_diff.model.reasons import Reason
from trail_diff.read.files import FileSource
from trail_diff.read.interface import Found, FoundJob, ReadOptions, Tally

ROW = '111122223333,eu-west-1,job-1,FAILED,"refused, it says",2026-03-02T18:05:00Z,2026-03-02T18:14:00Z,prod-vault'
NAMES = (
    "accountId",
    "region",
    "backupJobId",
    "jobStatus",
    "statusMessage",
    "creationDate",
    "completionDate",
    "backupVaultName",
)


def read(folder: Path, name: str, text: str) -> list[Found]:
    """Read a file that holds a text."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return list(FileSource([str(path)]).read(ReadOptions(), ReadOptions(), Tally(), None))


def jobs_in(found: list[Found]) -> list[Job]:
    """Return the jobs that documents describe."""
    return [
        job for item in found if isinstance(item, FoundJob) for job in read_job_document(item.document, item.source)
    ]


def test_row_that_runs_on_is_counted(tmp_path: Path) -> None:
    """Two rows that damage made one are no job with the id of one and the state of the other."""
    found = read(tmp_path, "report.csv", f"{','.join(NAMES)}\n{ROW}\n{ROW},{ROW}\n")

    assert [job.id for job in jobs_in(found)] == ["job-1"]
    assert [(item.reason, item.count) for item in found if isinstance(item, Skipped)] == [(Reason.UNREADABLE_ROW, 1)]


@pytest.mark.parametrize(
    "header",
    [
        ",".join(NAMES),
        ",".join(name.upper() for name in NAMES),
        "\ufeffAccount ID,Region,Backup Job ID,Job Status,Status Message,Creation Date,Completion Date,Backup Vault Name",
        '"account_id","region","backup_job_id","job_status","status_message","creation_date","completion_date","backup_vault_name"',
    ],
)
def test_job_report_is_read_however_its_header_is_spelled(tmp_path: Path, header: str) -> None:
    """A CSV of jobs gives each its id, state, message, times and place; case, spaces and punctuation do not count."""
    (job,) = jobs_in(read(tmp_path, "report.csv", f"{header}\n{ROW}\n"))

    assert (job.id, job.kind, job.state, job.message) == ("job-1", "backup", "FAILED", "refused, it says")
    assert (job.account, job.region) == ("111122223333", "eu-west-1")
    assert job.vault == "arn:aws:backup:eu-west-1:111122223333:backup-vault:prod-vault"
    assert job.created is not None
    assert job.completed is not None


@pytest.mark.parametrize("absent", ["", "-", "null", "N/A"])
def test_empty_cells_are_absent(tmp_path: Path, absent: str) -> None:
    """A cell that stands for nothing is no message."""
    (job,) = jobs_in(read(tmp_path, "r.csv", f"copyJobId,jobStatus,statusMessage\njob-1,COMPLETED,{absent}\n"))

    assert (job.kind, job.state, job.message) == ("copy", "COMPLETED", None)


def test_damaged_rows_are_counted(tmp_path: Path) -> None:
    """A report cut inside of a cell gives the rows before, and says that one is unreadable."""
    found = read(tmp_path, "report.csv", f'{",".join(NAMES)}\n{ROW}\n111122223333,eu-west-1,job-2,FAILED,"cut')

    assert [job.id for job in jobs_in(found)] == ["job-1"]
    assert [item.reason for item in found if isinstance(item, Skipped)] == [Reason.UNREADABLE_ROW]


def test_pages_one_after_another_are_one_list(tmp_path: Path) -> None:
    """Pages of list-restore-jobs in one file give all jobs."""
    pages = [{"RestoreJobs": [{"RestoreJobId": f"job-{n}", "Status": "FAILED"}], "NextToken": "more"} for n in (1, 2)]

    assert [job.id for job in jobs_in(read(tmp_path, "jobs.json", "\n".join(map(json.dumps, pages))))] == [
        "job-1",
        "job-2",
    ]


@pytest.mark.parametrize("kind", ["Backup", "Copy", "Restore"])
def test_counts_of_jobs_are_named_as_what_they_are(tmp_path: Path, kind: str) -> None:
    """The answer of list-backup-job-summaries is skipped by its own name."""
    found = read(tmp_path, "counts.json", json.dumps({f"{kind}JobSummaries": [{"State": "FAILED", "Count": 3}]}))

    assert [item.reason for item in found if isinstance(item, Skipped)] == [Reason.JOB_SUMMARIES]


def test_table_of_events_is_none_of_jobs(tmp_path: Path) -> None:
    """A table of CloudTrail events stays one, whatever further columns it has."""
    header = "eventSource,eventName,eventTime,backupJobId,state"
    found = read(tmp_path, "events.csv", f"{header}\nkms.amazonaws.com,Decrypt,2026-03-02T18:05:00Z,job-1,x\n")

    assert not jobs_in(found)
