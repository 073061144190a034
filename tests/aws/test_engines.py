"""The original incident through the command line, from every place that events can come from."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import boto3
import pytest
from aws.athena_server import answer_with_result
from aws.athena_tables import describe_table
from aws.loopback import Loopback, aws_on_loopback, with_credentials
from aws.offline import INCIDENT, incident_records
from aws.test_lake import STORE, Store
from aws.test_logs_insights import Engine

from trail_diff.cli import run

JOB = "2c47cafb-f2a8-4324-bc60-6017794526c5"
TIME = ["--from", "2026-03-01T17:00:00Z", "--to", "2026-03-02T20:00:00Z"]
ATHENA = ["--athena-table", "logs.cloudtrail_logs", "--athena-output", "s3://results/athena/"]


@pytest.fixture(scope="module")
def running() -> Iterator[Loopback]:
    """Serve a trail in a bucket for all tests of this file."""
    with pytest.MonkeyPatch.context() as patch, aws_on_loopback() as loopback:
        with_credentials(patch)
        s3 = boto3.client("s3", region_name="us-east-1", endpoint_url=loopback.url)
        for name in ("trail", "results"):
            s3.create_bucket(Bucket=name)
        for file in sorted((INCIDENT / "trail").rglob("*.gz")):
            s3.put_object(Bucket="trail", Key=file.relative_to(INCIDENT / "trail").as_posix(), Body=file.read_bytes())
        yield loopback


@pytest.fixture
def server(running: Loopback, monkeypatch: pytest.MonkeyPatch) -> Loopback:
    """Forget what the test before set up, and answer as every engine does."""
    running.forget(monkeypatch)
    running.handlers["GetTableMetadata"] = lambda _asked: {"TableMetadata": describe_table("projection")}
    return running


class Shell:
    """Runs commands against the server."""

    def __init__(self, server: Loopback, capsys: pytest.CaptureFixture[str]) -> None:
        self._server, self._capsys = server, capsys
        self.stderr = ""

    def run(self, *arguments: str, at_aws: bool = True) -> tuple[int, str]:
        """Run a command; give its status and what it wrote to stdout."""
        place = ["--endpoint-url", self._server.url, "--region", "eu-west-1"] if at_aws else []
        status = run([*arguments, *place])
        captured = self._capsys.readouterr()
        self.stderr = captured.err
        return status, captured.out

    def report(self, *arguments: str, at_aws: bool = True) -> dict[str, Any]:
        """Diagnose the job; give what the report concludes, without where the events were read."""
        _, text = self.run("--job-id", JOB, "--format", "json", *arguments, at_aws=at_aws)
        report: dict[str, Any] = json.loads(text)
        coverage = report.pop("coverage")
        coverage["windows"].pop("changes", None)
        for side in ("failed", "succeeded"):
            del report[side]["sources"]
        for event in report["events"]:
            del event["source"]
        return {**report, "warnings": coverage["warnings"], "windows": coverage["windows"]}


@pytest.fixture
def shell(server: Loopback, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Return a shell."""
    return Shell(server, capsys)


def place(name: str, server: Loopback) -> Sequence[str]:
    """Return the options that choose a place, and have the server answer for it."""
    match name:
        case "bucket":
            return ["--events", "s3://trail/"]
        case "athena":
            answer_with_result(server, incident_records())
            return ATHENA
        case "log group":
            Engine(server, incident_records())
            return ["--log-group", "trail"]
        case _:
            Store(server, incident_records())
            return ["--event-data-store", STORE]


@pytest.mark.parametrize("name", ["bucket", "athena", "log group", "event data store"])
def test_every_place_ends_in_the_report_of_the_files(shell: Shell, server: Loopback, name: str) -> None:
    """The verdict, the callers, the findings and the remedies are those of the trail files, wherever events come from."""
    offline = shell.report("--events", str(INCIDENT / "trail"), *TIME, at_aws=False)

    report = shell.report(*place(name, server), *TIME)

    assert report["verdict"] == offline["verdict"]
    assert report["callers"] == offline["callers"]
    assert report == offline


def test_a_bucket_and_files_go_together(shell: Shell) -> None:
    """An export and a bucket in one list are read as one; what is in both counts once."""
    offline = shell.report("--events", str(INCIDENT / "trail"), at_aws=False)

    report = shell.report("--events", str(INCIDENT / "lookup-events.json"), "--events", "s3://trail/", *TIME)

    assert report["callers"] == offline["callers"]


def test_the_jobs_given_tell_which_days_of_a_bucket_are_read(shell: Shell, tmp_path: Path) -> None:
    """Without --from and --to, the descriptors of the jobs say what is fetched of a trail."""
    report = shell.report("--events", "s3://trail/", "--job", job_file(tmp_path))

    assert report["verdict"]["outcome"] == "explained"
    assert "reading 2026-03-0" in shell.stderr


def test_the_jobs_given_tell_the_time_an_engine_is_asked_for(shell: Shell, server: Loopback, tmp_path: Path) -> None:
    """Without --from and --to, the engine is asked for the windows of the jobs, and for changes from the first on."""
    server.refused = (
        "GET /backup",
        "GET /copy",
        "GET /restore",
        "TrentService",
        "DescribeKey",
        "GetKeyPolicy",
        "ListGrants",
    )

    report = shell.report(*place("event data store", server), "--job", job_file(tmp_path))

    statement = server.asked("StartQuery")[0]["QueryStatement"]
    begins = [text[:19] for text in statement.split("eventtime >= '")[1:]]
    assert report["verdict"]["outcome"] == "explained"
    assert len(begins) == 3
    assert begins[2] == min(begins)


def job_file(folder: Path) -> str:
    """Write the jobs of the incident as list-backup-jobs prints them."""
    records = (record for record in incident_records() if record["eventName"] == "BackupJobCompleted")
    jobs = [{**as_job(record["serviceEventDetails"]), "AccountId": "111122223333"} for record in records]
    file = folder / "jobs.json"
    file.write_text(json.dumps({"BackupJobs": jobs}), encoding="utf-8")
    return str(file)


def as_job(detail: dict[str, Any]) -> dict[str, Any]:
    """Return a job as list-backup-jobs prints it."""
    named = {name[0].upper() + name[1:]: value for name, value in detail.items()}
    return {
        **named,
        "CreationDate": detail["creationDate"]["seconds"],
        "CompletionDate": detail["completionDate"]["seconds"],
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("athena", 'FROM "logs"."cloudtrail_logs"'),
        ("log group", "fields @message | filter"),
        ("event data store", "SELECT eventjson"),
    ],
)
def test_a_dry_run_prints_the_statement_and_asks_nothing(
    shell: Shell, server: Loopback, name: str, expected: str
) -> None:
    """--dry-run writes what would be asked to stdout, exits 0, and starts no query."""
    status, text = shell.run("--job-id", JOB, *place(name, server), *TIME, "--dry-run")

    assert status == 0
    assert expected in text
    assert not server.asked("StartQuery")
    assert not server.asked("StartQueryExecution")


@pytest.mark.parametrize(
    ("name", "operation", "field"),
    [
        ("athena", "StartQueryExecution", "QueryString"),
        ("log group", "StartQuery", "queryString"),
        ("event data store", "StartQuery", "QueryStatement"),
    ],
)
def test_a_dry_run_prints_exactly_what_runs(
    shell: Shell, server: Loopback, name: str, operation: str, field: str
) -> None:
    """Every statement that the run sends was printed, and nothing else; Lake's is repeated without a column it lacks."""
    options = ["--job-id", JOB, *place(name, server), *TIME]
    _, printed = shell.run(*options, "--dry-run")
    rest = "\n".join(line for line in printed.splitlines() if not line.startswith("# "))

    shell.run(*options)

    sent = [asked[field] for asked in server.asked(operation)]
    assert sent
    for statement in sent:
        column = statement.replace("eventjson FROM", "eventjson, eventcontext FROM")
        assert statement in printed or column in printed
        rest = rest.replace(statement, "", 1).replace(column, "", 1)
    assert rest.strip() == ""


def test_callers_and_what_if_push_their_keys_down(shell: Shell, tmp_path: Path) -> None:
    """Who uses a key is asked for that key only; a case asks for all keys, for what others did is evidence."""
    key = next(record["resources"][0]["ARN"] for record in incident_records() if record["eventName"] == "Decrypt")
    policy = tmp_path / "policy.json"
    policy.write_text((INCIDENT / "key-policy.json").read_text(encoding="utf-8"), encoding="utf-8")

    _, of_callers = shell.run("callers", *ATHENA, *TIME, "--key", key, "--dry-run")
    _, of_what_if = shell.run("what-if", "--key-policy", str(policy), *ATHENA, *TIME, "--key", key, "--dry-run")
    _, of_case = shell.run("--job-id", JOB, *ATHENA, *TIME, "--key", key, "--dry-run")

    assert f"resource.arn IN ('{key}')" in of_callers
    assert f"resource.arn IN ('{key}')" in of_what_if
    assert key not in of_case


def test_callers_and_jobs_are_listed_from_an_engine(shell: Shell, server: Loopback) -> None:
    """The lists are those of the files."""
    _, offline_callers = shell.run("callers", "--events", str(INCIDENT / "trail"), "--format", "csv", at_aws=False)
    _, offline_jobs = shell.run("jobs", "--events", str(INCIDENT / "trail"), "--format", "csv", at_aws=False)

    _, callers = shell.run("callers", *place("athena", server), *TIME, "--format", "csv")
    _, jobs = shell.run("jobs", *place("event data store", server), *TIME, "--format", "csv")

    assert callers == offline_callers
    assert jobs == offline_jobs


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--job-id", JOB, "--events", "x", *ATHENA], "--events does not go with --athena-table"),
        (["--job-id", JOB, "--case", "x.zip", "--log-group", "g"], "--case does not go with --athena-table"),
        (
            ["--job-id", JOB, "--log-group", "g", *ATHENA],
            "--athena-table, --log-group and --event-data-store do not go together",
        ),
        (["--job-id", JOB, "--athena-workgroup", "w"], "--athena-workgroup and --athena-output go with --athena-table"),
        (["--job-id", JOB, "--dry-run"], "--dry-run shows what an engine would be asked"),
        (["jobs", *ATHENA], "since when? --from is missing"),
        (["callers", *ATHENA], "since when? --from is missing"),
        (["--job-id", JOB, "--athena-table", "a; b", *TIME], "names no table"),
        (["--job-id", JOB, "--event-data-store", "x", *TIME], "no event data store"),
        (["--job-id", JOB, "--events", "s3://trail/nothing/"], "there is no object"),
    ],
)
def test_options_that_contradict_each_other_are_refused(shell: Shell, arguments: list[str], message: str) -> None:
    """One line says what is wrong and what to do; the exit status is 2."""
    status, _ = shell.run(*arguments)

    assert status == 2
    assert message in shell.stderr
    assert shell.stderr.strip().count("\n") == 0


def test_an_engine_without_a_time_says_what_is_missing(shell: Shell) -> None:
    """When neither options, files nor AWS Backup tell the time of the job, the error asks for it."""
    status, _ = shell.run("--job-id", JOB, *ATHENA)

    assert status == 2
    assert "give its time with --from and --to, or its description with --job FILE" in shell.stderr
