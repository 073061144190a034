"""The original incident on the AWS server, moved to the last days, and the live path asked about it."""

import importlib.util
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aws_server import AwsServer
from msgspec import structs
from played import moved, play

from trail_diff.aws.event_history.lookup_events import HistoryOptions
from trail_diff.aws.live.collect import collect_live, resolve_question
from trail_diff.aws.live.connection import connect
from trail_diff.aws.live.options import AwsOptions
from trail_diff.case.question import Question
from trail_diff.gather.job_files import find_in_job_files
from trail_diff.gather.raw_case import Collected, collect_found
from trail_diff.model.report import Report
from trail_diff.pipeline import analyse
from trail_diff.read.interface import ReadOptions, Tally

if TYPE_CHECKING:
    from recording import Recording

REGION, ACCOUNT, OTHER = "eu-west-1", "111122223333", "444455556666"


def _load_fixtures() -> Any:
    spec = importlib.util.spec_from_file_location("make_fixtures", FIXTURES)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FIXTURES = Path(__file__).parent.parent / "fixtures" / "make_fixtures.py"
fixtures = _load_fixtures()


@dataclass
class Asked:
    """What a run gathered and concluded, and the notes that it told."""

    question: Question
    collected: Collected
    report: Report
    notes: list[str]


class Incident:
    """The original incident; `key_account` moves the vault's key, and the calls on it, to another account."""

    def __init__(self, server: AwsServer, key_account: str = ACCOUNT) -> None:
        self.server = server
        made: Recording = fixtures.record_incident()
        own = made.key_arn("vault")
        self.key = own.replace(f":{ACCOUNT}:key", f":{key_account}:key")
        self.records = json.loads(json.dumps(moved(made)).replace(own, self.key))
        self.policy = json.loads(
            json.dumps(fixtures.key_policy(made)).replace(f"::{ACCOUNT}:root", f"::{key_account}:root")
        )
        self.account = play(server, made, self.records, policy=self.policy, vault_key=self.key)
        if key_account != ACCOUNT:
            elsewhere = [record for record in self.records if self.key in json.dumps(record.get("resources"))]
            self.account.records[REGION] = [record for record in self.records if record not in elsewhere]
            there = [{**record, "recipientAccountId": key_account} for record in elsewhere]
            server.account(key_account).records[REGION] = there

    def ask(
        self,
        job_id: str = fixtures.FAILED_ID,
        *,
        profiles: tuple[str, ...] = ("main",),
        regions: tuple[str, ...] = (),
        job_files: tuple[str, ...] = (),
        max_requests: int = 600,
        keys: tuple[str, ...] = (),
        end: datetime | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> Asked:
        """Ask AWS about a job, with no pause between requests."""
        notes: list[str] = []
        connection = connect(AwsOptions(profiles, self.server.url, uses_cache=False), regions, notes.append)
        options = HistoryOptions(max_requests=max_requests, seconds_for_two=0)
        connection = structs.replace(connection, history_options=options, clock=clock)
        given = collect_found((), Tally(), find_in_job_files(job_files))
        question = resolve_question(connection, Question(job_id, keys=keys))
        collected = collect_live(connection, question, connection.history(), given, ReadOptions(end=end))
        return Asked(question, collected, analyse(collected.case(question)), notes)

    def write_facts(self, folder: Path) -> list[str]:
        """Write what KMS says of the key as files, and give the options that hand them in."""
        contents: dict[str, Any] = {
            "--key-policy": {"Policy": json.dumps(self.policy)},
            "--key-state": {"KeyMetadata": {"Arn": self.key, "KeyState": "Enabled"}},
            "--grants": {"Grants": []},
        }
        options: list[str] = []
        for option, content in contents.items():
            (folder / option).write_text(json.dumps(content))
            options += [option, str(folder / option)]
        return options
