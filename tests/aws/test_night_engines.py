"""A night of jobs from Athena, CloudWatch Logs, CloudTrail Lake and a bucket, through the command line."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from aws.athena_server import state
from aws.athena_tables import describe_table, run_on_duckdb
from aws.loopback import Loopback, aws_on_loopback, with_credentials
from aws.test_engines import as_job
from aws.test_lake import STORE, Store
from aws.test_logs_insights import Engine
from aws.test_parity import put_trail
from night import BAD, Night, run_night
from recording import Record, Recording, as_trail_file

from trail_diff.cli import run

ATHENA = ["--athena-table", "logs.cloudtrail_logs"]
SINCE = ["--since", f"{BAD}T00:00:00Z"]
SPAN = ["--from", "2026-02-01T00:00:00Z", "--to", "2026-03-03T00:00:00Z"]
NOT_SERVED = (
    "TrentService",
    "DescribeKey",
    "GetKeyPolicy",
    "ListGrants",
    "GetKeyLastUsage",
    "GET /backup",
    "GET /copy",
    "GET /restore",
)
ENGINES = ["athena", "log group", "event data store"]


class Athena:
    """Athena, whose statements DuckDB answers one after another; results are given by pages."""

    def __init__(self, server: Loopback, records: Sequence[Record]) -> None:
        self._server, self._records = server, records
        self.statements: list[str] = []
        server.handlers |= {
            "GetTableMetadata": lambda _asked: {"TableMetadata": describe_table("projection")},
            "StartQueryExecution": self.start,
            "GetQueryExecution": lambda asked: _done(asked["QueryExecutionId"]),
            "GetQueryResults": self.page,
        }

    def start(self, asked: dict[str, Any]) -> Mapping[str, Any]:
        """Take a statement."""
        self.statements.append(asked["QueryString"])
        return {"QueryExecutionId": f"q-{len(self.statements) - 1}"}

    def page(self, asked: dict[str, Any]) -> Mapping[str, Any]:
        """Answer with all rows."""
        statement = self.statements[int(asked["QueryExecutionId"].removeprefix("q-"))]
        content = run_on_duckdb(statement, "projection", list(self._records)).decode()
        rows = csv.reader(io.StringIO(content))
        return {
            "ResultSet": {"Rows": [{"Data": [{"VarCharValue": cell} if cell else {} for cell in row]} for row in rows]}
        }


def _done(query_id: str) -> Mapping[str, Any]:
    return {"QueryExecution": {**state("SUCCEEDED")["QueryExecution"], "QueryExecutionId": query_id}}


@pytest.fixture(scope="module")
def running() -> Iterator[Loopback]:
    """Serve for all tests of this file."""
    with pytest.MonkeyPatch.context() as patch, aws_on_loopback() as loopback:
        with_credentials(patch)
        yield loopback


@pytest.fixture
def server(running: Loopback, monkeypatch: pytest.MonkeyPatch) -> Loopback:
    """Forget what the test before set up; AWS Backup and KMS tell nothing."""
    running.forget(monkeypatch)
    running.refused = NOT_SERVED
    return running


@pytest.fixture(scope="module")
def night() -> Night:
    """Make a night of three vaults, and a call long after it: an export that ends with a job may lack its last calls."""
    made = Recording()
    run_of_three = run_night([(kind, made, f"{kind}-vault", 2) for kind in ("deny", "disable", "busy")])
    made.kms(f"{BAD}T23:00:00Z", "DescribeKey", made.key_arn("another"), made.user("key-admin"))
    return run_of_three


class Shell:
    """Runs commands against the server."""

    def __init__(self, server: Loopback, capsys: pytest.CaptureFixture[str]) -> None:
        self._server, self._capsys, self.stderr = server, capsys, ""

    def run(self, *arguments: str, at_aws: bool = True) -> tuple[int, str]:
        """Run a command; return its status and what it wrote to stdout."""
        status = run([*arguments, *(["--endpoint-url", self._server.url, "--region", "eu-west-1"] if at_aws else [])])
        captured = self._capsys.readouterr()
        self.stderr = captured.err
        return status, captured.out

    def triage(self, *arguments: str, at_aws: bool = True) -> list[dict[str, Any]]:
        """Triage; return the groups."""
        status, text = self.run("triage", *arguments, "--format", "json", at_aws=at_aws)
        assert status == 1, self.stderr
        groups: list[dict[str, Any]] = json.loads(text)["groups"]
        return groups

    def ask(self, job_id: str, *arguments: str) -> dict[str, Any]:
        """Ask about one job alone; return its verdict."""
        verdict: dict[str, Any] = json.loads(self.run("--job-id", job_id, *arguments, "--format", "json")[1])["verdict"]
        return verdict


@pytest.fixture
def shell(server: Loopback, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Return a shell."""
    return Shell(server, capsys)


def place(name: str, server: Loopback, records: list[Record]) -> list[str]:
    """Have the server hold records, and return the options that choose where it does."""
    match name:
        case "athena":
            Athena(server, records)
            return ATHENA
        case "log group":
            Engine(server, records)
            return ["--log-group", "trail"]
        case _:
            Store(server, records)
            return ["--event-data-store", STORE]


def listed(folder: Path, records: Sequence[Record]) -> list[str]:
    """Write the jobs as list-backup-jobs prints them, and return the option that gives them."""
    told = [record["serviceEventDetails"] for record in records if record["eventName"] == "BackupJobCompleted"]
    file = folder / "jobs.json"
    file.write_text(json.dumps({"BackupJobs": [{**as_job(one), "AccountId": "111122223333"} for one in told]}))
    return ["--job", str(file)]


def verdicts(groups: Sequence[Mapping[str, Any]]) -> dict[str, tuple[str | None, str | None]]:
    """Return the cause of each job, and how certain it is."""
    return {job["id"]: (group["cause"], job["confidence"]) for group in groups for job in group["jobs"]}


@pytest.mark.parametrize("name", ENGINES)
def test_a_night_of_an_engine_has_the_groups_of_the_files(
    shell: Shell, server: Loopback, night: Night, tmp_path: Path, name: str
) -> None:
    """Asked for a time, an engine tells of the jobs as well, and the groups are those of an export."""
    export = tmp_path / "trail.json"
    export.write_text(as_trail_file(night.records()))
    offline = shell.triage("--events", str(export), *SINCE, *SPAN, at_aws=False)

    groups = shell.triage(*place(name, server, night.records()), *SINCE, *SPAN)

    assert verdicts(groups) == verdicts(offline)
    assert [group["summary"] for group in groups] == [group["summary"] for group in offline]


@pytest.mark.parametrize("name", ENGINES)
def test_verdicts_of_listed_jobs_are_those_of_their_single_runs(
    shell: Shell, server: Loopback, night: Night, tmp_path: Path, name: str
) -> None:
    """With lists of jobs, an engine is asked for their windows, and each verdict is that of asking for it alone."""
    given = [*place(name, server, night.records()), *listed(tmp_path, night.records())]

    found = verdicts(shell.triage(*given, *SINCE))

    assert len(found) == 6
    for job_id in sorted(found)[::2]:
        place(name, server, night.records())
        alone = shell.ask(job_id, *given)
        assert found[job_id] == (alone["cause"], alone["confidence"])


def test_all_windows_are_one_statement_that_names_them_once(
    shell: Shell, server: Loopback, night: Night, tmp_path: Path
) -> None:
    """Six failed jobs and their baselines are one statement: both nights, the names of the changes once."""
    athena = Athena(server, night.records())

    shell.triage(*ATHENA, *listed(tmp_path, night.records()), *SINCE)

    (statement,) = athena.statements
    assert statement.count("'PutKeyPolicy'") == 1
    assert statement.count("'kms.amazonaws.com'") == 1
    assert statement.count("eventtime BETWEEN") == 3


def test_a_baseline_without_events_is_asked_for_once_more(shell: Shell, server: Loopback, tmp_path: Path) -> None:
    """Of a baseline that turns out to have no calls, only the windows of the next ones are in a second statement."""
    run_of_two = run_night([("deny", Recording(), "deny-vault", 1)])
    records, ids = run_of_two.records(), [run_of_two.vaults[0].job_id("2026-03-01", 0).upper()]
    given = listed(tmp_path, records)
    jobs = json.loads((tmp_path / "jobs.json").read_text())
    good = next(job for job in jobs["BackupJobs"] if job["BackupJobId"] in ids)
    later = {name: good[name] + 12 * 3600 for name in ("CreationDate", "CompletionDate")}
    jobs["BackupJobs"].append({**good, "BackupJobId": "EMPTY", **later})
    (tmp_path / "jobs.json").write_text(json.dumps(jobs))
    athena = Athena(server, records)

    (group,) = shell.triage(*ATHENA, *given, *SINCE)

    assert [job["baseline"] for job in group["jobs"]] == ids
    first, second = athena.statements
    assert "2026-03-02T18" in first
    assert "2026-03-02T18" not in second.partition("WHERE")[2]
    assert "2026-03-01T17:50:00Z" in second
    assert "AND '2026-03-02T05:49:59Z' AND eventname IN" in second, "changes from then on were asked for before"


def test_a_dry_run_prints_what_is_run(shell: Shell, server: Loopback, night: Night, tmp_path: Path) -> None:
    """--dry-run writes the very statement that the run sends, and runs nothing."""
    athena = Athena(server, night.records())
    given = [*ATHENA, *listed(tmp_path, night.records()), *SINCE]

    status, text = shell.run("triage", *given, "--to", "2026-03-03T00:00:00Z", "--dry-run")
    assert (status, athena.statements) == (0, [])
    shell.triage(*given, "--to", "2026-03-03T00:00:00Z")

    assert athena.statements == [text.strip()]


def test_a_bucket_is_read_for_the_days_of_the_jobs_listed(
    shell: Shell, server: Loopback, night: Night, tmp_path: Path
) -> None:
    """With lists of jobs, only the days around those that failed and their baselines are read of a trail."""
    put_trail(server, "night", night.records())
    given = ["--events", "s3://night/", *listed(tmp_path, night.records())]

    found = verdicts(shell.triage(*given, *SINCE))

    assert "reading 2026-03-01 17:5" in shell.stderr
    for job_id in sorted(found)[::2]:
        alone = shell.ask(job_id, *given)
        assert found[job_id] == (alone["cause"], alone["confidence"])
