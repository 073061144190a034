"""The live path from the command line to the report, over HTTP."""

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_server import AwsServer
from played import moved, play
from recording import Recording, as_trail_file

from trail_diff.cli import run

MAKE = Path(__file__).parent.parent.parent / "fixtures" / "make_fixtures.py"
spec = importlib.util.spec_from_file_location("make_fixtures", MAKE)
assert spec is not None
assert spec.loader is not None
fixtures = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fixtures)


class Shown:
    """What a run printed and how it ended."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err

    @property
    def report(self) -> Any:
        """Give the JSON that was printed."""
        return json.loads(self.out)


Cli = Callable[..., Shown]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run the command line in this process."""

    def call(*arguments: object) -> Shown:
        status = run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Shown(status, out, err)

    return call


class Incident:
    """The original incident on the server, moved to the last days."""

    def __init__(self, server: AwsServer) -> None:
        self.made: Recording = fixtures.record_incident()
        self.records = moved(self.made)
        self.key = self.made.key_arn("vault")
        self.account = play(server, self.made, self.records, policy=fixtures.key_policy(self.made), vault_key=self.key)
        self.options = ["--job-id", fixtures.FAILED_ID, "--format", "json", "--no-progress"]
        self.live = [*self.options, "--profile", "main", "--endpoint-url", server.url]

    def write_facts(self, folder: Path) -> list[object]:
        """Write what KMS says of the key as files, and give the options that hand them in."""
        contents = {
            "--key-policy": {"Policy": json.dumps(fixtures.key_policy(self.made))},
            "--key-state": {"KeyMetadata": {"Arn": self.key, "KeyState": "Enabled"}},
            "--grants": {"Grants": []},
        }
        options: list[object] = []
        for option, content in contents.items():
            (folder / option).write_text(json.dumps(content))
            options += [option, folder / option]
        return options


@pytest.fixture
def incident(server: AwsServer) -> Incident:
    """Play the original incident."""
    return Incident(server)


def test_original_incident_ends_in_the_same_report_live_as_offline(
    cli: Cli, incident: Incident, tmp_path: Path
) -> None:
    """Verdict, jobs, callers, findings, remedies and changes are the same from AWS as from an export of it."""
    export = tmp_path / "trail.json"
    export.write_text(as_trail_file(incident.records))
    offline = cli(*incident.options, "--events", export, *incident.write_facts(tmp_path))

    live = cli(*incident.live)

    assert live.status == offline.status == 1, live.err
    for part in ("verdict", "callers", "findings", "decisions", "remedies", "ruled_out", "absence", "changes"):
        assert live.report[part] == offline.report[part], part
    assert live.report["failed"]["key"] == offline.report["failed"]["key"] == incident.key
    assert live.report["coverage"]["warnings"] == offline.report["coverage"]["warnings"] == []
    assert live.report["coverage"]["accounts"] == ["111122223333"]
