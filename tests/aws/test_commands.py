"""The commands that ask AWS, as a user types them."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_server import AwsServer, Fault, Kind
from incident import ACCOUNT, Incident, fixtures

from trail_diff.cli import run

ROOT = Path(__file__).parent.parent.parent
Run = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def ask(server: AwsServer, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command against the server, and give its status, what it printed, and what it said on stderr."""

    def call(*arguments: object) -> tuple[int, Any, str]:
        status = run([*map(str, arguments), "--profile", "main", "--endpoint-url", server.url, "--no-progress"])
        out, err = capsys.readouterr()
        return status, json.loads(out) if out.startswith("{") else out, err

    return call


def test_jobs_of_the_last_days_are_listed(server: AwsServer, ask: Run) -> None:
    """`jobs` asks AWS Backup, and names the baseline that each failed job would get."""
    Incident(server)

    status, listed, _ = ask("jobs", "--format", "json")

    rows = {row["job"]["id"]: row["baseline"] for row in listed["jobs"]}
    assert status == 0
    assert rows[fixtures.FAILED_ID.upper()]["id"] == fixtures.SUCCEEDED_ID.upper()
    assert server.count("LookupEvents") == 0


def test_triage_of_the_last_day_lists_jobs_alone_where_none_failed(server: AwsServer, ask: Run) -> None:
    """Without --since, the jobs of the last 24 hours are listed, and a note says so; without failures that is all."""
    Incident(server)

    status, listed, err = ask("triage", "--format", "json")

    assert (status, listed["jobs"]["failed"]) == (0, 0)
    assert "the last 24 hours; --since TIME chooses others" in err
    assert server.count("LookupEvents") == 0


def test_triage_without_all_lists_is_never_green(server: AwsServer, ask: Run) -> None:
    """No failed job in the lists that may be read, and one that may not: the exit status is 3."""
    Incident(server)
    server.account().denied.add("backup:ListCopyJobs")

    status, listed, err = ask("triage", "--format", "json")

    assert (status, listed["coverage"]["warnings"]) == (3, ["jobs-not-listed"])
    assert "backup:ListCopyJobs was refused" in err


def test_dry_run_of_a_triage_takes_the_windows_from_the_lists(server: AwsServer, ask: Run) -> None:
    """What an engine would be asked for are the windows of the jobs that AWS Backup lists, and nothing is run."""
    incident = Incident(server)
    days = sorted(f"{job['CreationDate']:%Y-%m-%d}" for job in incident.account.jobs)
    store = f"arn:aws:cloudtrail:eu-west-1:{ACCOUNT}:eventdatastore/11111111-2222-3333-4444-555555555555"

    status, statement, _ = ask("triage", "--since", f"{days[-1]}T00:00:00Z", "--event-data-store", store, "--dry-run")

    assert (status, statement.count("SELECT")) == (0, 1)
    assert all(f"eventtime >= '{day} 17:" in statement for day in (days[0], days[-1]))
    assert server.count("StartQuery") == server.count("LookupEvents") == 0


def test_triage_keeps_to_the_requests_allowed(server: AwsServer, ask: Run) -> None:
    """--max-requests bounds what is fetched of event history; what that costs the answers is told."""
    Incident(server)

    status, listed, err = ask("triage", "--since", "5d", "--max-requests", "2", "--no-cache", "--format", "json")

    assert (status, listed["jobs"]["failed"]) == (1, 1)
    assert [group["confidence"] for group in listed["groups"]] == ["likely"]
    assert "fetch-truncated" in listed["coverage"]["warnings"]
    assert "stopped after 2 requests" in err


def test_callers_since_a_time_are_listed(server: AwsServer, ask: Run) -> None:
    """`callers` fetches the KMS calls since --from, and tells the accounts and Regions it saw."""
    incident = Incident(server)

    status, listed, _ = ask("callers", "--from", "4d ago", "--key", incident.key, "--no-cache", "--format", "json")

    names = {(row["caller"]["name"], row["action"]): row["calls"] for row in listed["callers"]}
    assert status == 0
    assert names["backup-storage.amazonaws.com", "kms:GenerateDataKey"] == 3
    assert listed["coverage"]["accounts"] == [ACCOUNT]


def test_callers_without_a_time_are_refused(ask: Run) -> None:
    """Ninety days of event history are never fetched by mistake."""
    status, out, err = ask("callers")

    assert (status, out) == (2, "")
    assert "--from" in err


def test_policy_is_tried_on_the_calls_of_the_last_days(server: AwsServer, ask: Run, tmp_path: Path) -> None:
    """`what-if` replays the calls of event history: the policy that broke the backup breaks its calls."""
    incident = Incident(server)
    policy = tmp_path / "new.json"
    policy.write_text(json.dumps(incident.policy))

    options = ("--from", "4d ago", "--key", incident.key, "--no-cache", "--format", "json")
    status, _, _ = ask("what-if", "--key-policy", policy, *options)

    assert status == 1
    assert server.count("LookupEvents") >= 1


def test_expired_credentials_are_one_line(server: AwsServer, ask: Run) -> None:
    """Expired credentials end the run with exit status 2 and what to do."""
    server.faults.append(Fault("GetCallerIdentity", "expired", times=9))

    status, out, err = ask("--job-id", "x")

    assert (status, out) == (2, "")
    assert err == "trail-diff: the AWS credentials have expired; log in again, then run the same command\n"


def test_interrupted_run_ends_with_130_and_the_next_goes_on(server: AwsServer, ask: Run) -> None:
    """Ctrl-C ends the run as the shell expects; what was fetched by then is not fetched again."""
    Incident(server)
    server.faults.append(Fault("LookupEvents", "do", skip=1, action=lambda: os.kill(os.getpid(), signal.SIGINT)))
    stopped, _, _ = ask("callers", "--from", "4d ago", "--format", "json")
    server.calls.clear()

    status, listed, _ = ask("callers", "--from", "4d ago", "--format", "json")

    assert (stopped, status) == (130, 0)
    assert sum(row["calls"] for row in listed["callers"]) == 57
    assert server.count("LookupEvents") <= 3


@pytest.mark.parametrize(
    ("kind", "said"),
    [("expired", "the AWS credentials have expired"), ("page", "is not AWS")],
)
def test_run_that_breaks_off_is_one_line_and_the_next_goes_on(
    server: AwsServer, ask: Run, kind: Kind, said: str
) -> None:
    """What answers wrongly from the middle on ends the run with one line; the next keeps what was fetched."""
    Incident(server)
    server.faults.append(Fault("LookupEvents", kind, skip=20, times=1000))
    stopped, out, err = ask("--job-id", fixtures.FAILED_ID, "--format", "json")
    made = server.count("LookupEvents")
    server.faults.clear()

    status, report, _ = ask("--job-id", fixtures.FAILED_ID, "--format", "json")
    resumed = server.count("LookupEvents") - made
    server.calls.clear()
    _, whole, _ = ask("--job-id", fixtures.FAILED_ID, "--format", "json", "--no-cache")

    problems = [line for line in err.splitlines() if not line.startswith("trail-diff: note:")]
    assert (stopped, out, len(problems)) == (2, "", 1)
    assert said in problems[0]
    assert (status, report["verdict"]) == (1, whole["verdict"])
    assert resumed < server.count("LookupEvents")


def test_notes_go_to_stderr(server: AwsServer, ask: Run) -> None:
    """What was refused is told on stderr, and stdout holds the answer alone."""
    Incident(server)
    server.account().denied.add("cloudtrail:LookupEvents@eu-central-1")
    regions = ("--region", "eu-west-1", "--region", "eu-central-1")

    status, listed, err = ask("callers", "--from", "4d ago", "--no-cache", "--format", "json", *regions)

    assert status == 0
    assert listed["coverage"]["regions"] == ["eu-west-1"]
    assert err.startswith(f"trail-diff: note: events of account {ACCOUNT}, eu-central-1 are missing: ")
    assert "allow cloudtrail:LookupEvents" in err


def test_profile_does_not_go_with_an_export(ask: Run) -> None:
    """A profile that would have no effect is refused."""
    status, _, err = ask("--job-id", "x", "--events", ROOT / "fixtures")

    assert status == 2
    assert "--profile" in err


def test_cache_is_shown_and_cleared(server: AwsServer, ask: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """`cache info` counts the slices that a run left, and `cache clear` deletes them."""
    Incident(server)
    ask("callers", "--from", "2d ago", "--format", "json")

    shown = []
    for command in ("info", "clear", "info"):
        assert run(["cache", command]) == 0
        shown.append(capsys.readouterr().out)

    assert re.search(r"lookup-events: [1-9]\d* slices, ", shown[0])
    assert "deleted" in shown[1]
    assert "lookup-events: 0 slices, 0.0 MiB" in shown[2]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--job-id", fixtures.FAILED_ID, "--events", "fixtures/original-incident/trail"],
        ["jobs", "--events", "fixtures/original-incident/trail"],
        ["callers", "--events", "fixtures/original-incident/trail"],
        ["what-if", "--key-policy", "fixtures/original-incident/key-policy.json"],
        ["collect", "--job-id", fixtures.FAILED_ID, "--events", "fixtures/original-incident/trail", "-o", "CASE"],
        ["--case", "CASE"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_offline_commands_open_no_socket(arguments: list[str], tmp_path: Path) -> None:
    """With exports or a case bundle, no socket is made, no name is looked up, and boto3 is not even loaded."""
    case = tmp_path / "case.zip"
    assert (
        run(
            [
                "collect",
                "--job-id",
                fixtures.FAILED_ID,
                "--events",
                str(ROOT / "fixtures/original-incident"),
                "-o",
                str(case),
            ]
        )
        == 0
    )
    typed = [str(case) if argument == "CASE" else argument for argument in arguments]
    code = (
        "import sys\n"
        "def refuse(event, _):\n"
        "    if event.startswith('socket.'): raise SystemExit('a socket: ' + event)\n"
        "sys.addaudithook(refuse)\n"
        "from trail_diff.cli import run\n"
        f"status = run({typed!r})\n"
        "assert 'boto3' not in sys.modules and 'botocore' not in sys.modules\n"
        "sys.exit(100 + status)\n"
    )

    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603

    assert ended.returncode in (100, 101), ended.stderr
