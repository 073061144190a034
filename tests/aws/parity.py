"""The incidents of fixtures/incidents as a source would be asked for them: their records, the query, the verdict."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cached_property
from itertools import compress
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, structs
from recording import Record

from trail_diff.arns import arn_region
from trail_diff.case.question import Question
from trail_diff.gather.engine import fold_found
from trail_diff.gather.key_facts import FactFiles
from trail_diff.gather.raw_case import Collected, collect_found
from trail_diff.inputs import Inputs, collect
from trail_diff.model.learnt import Case, Window
from trail_diff.model.lists import CallerUse
from trail_diff.model.reasons import Reason
from trail_diff.pipeline import analyse
from trail_diff.read.interface import Found, FoundJob, FoundRecord, ReadOptions, Source, Tally
from trail_diff.read.records import Peek, SlimRecord
from trail_diff.usage.callers import CallerCount

FOLDER = Path(__file__).parents[2] / "fixtures" / "incidents"
NAMES = sorted(path.parent.name for path in FOLDER.glob("*/expected.json"))


class Told(Struct, frozen=True):
    """What a report answers, the gaps it names beside that of the files' own end, and the changes it knows of."""

    outcome: str
    cause: str | None
    confidence: str | None
    statement: Any
    warnings: tuple[str, ...]
    changes: frozenset[str]


class Incident(Struct, frozen=True, dict=True):
    """One incident as its files have it."""

    question: Question
    offline: Collected

    @cached_property
    def case(self) -> Case:
        """Return the case that the files make."""
        return self.offline.case(self.question)

    @property
    def records(self) -> list[Record]:
        """Return every record of the export."""
        return [found.record for found in self.offline.records]

    @property
    def now(self) -> datetime:
        """Return a time at which a source may be asked: a week after the newest record."""
        assert self.case.newest is not None
        return self.case.newest + timedelta(days=7)

    @property
    def query(self) -> ReadOptions:
        """Return what is asked for a case: both windows in all Regions concerned, and what changed until now."""
        sides = [side for side in (self.case.failed, self.case.succeeded) if side is not None]
        arns = [arn for side in sides for arn in (side.job.vault, side.job.source_vault, *side.job.keys)]
        regions = dict.fromkeys(filter(None, [*(side.job.region for side in sides), *map(arn_region, arns)]))
        windows = tuple(side.window for side in sides)
        return ReadOptions(tuple(regions), windows=windows, changes=Window(self.now - timedelta(days=90), self.now))

    def changed(self, source: str, name: str, parameters: Record) -> "Incident":
        """Return the incident with a call more, by an administrator, between the jobs."""
        region = "us-east-1" if source == "iam" else self.case.failed.job.region
        assert self.case.succeeded is not None
        between = sorted(side.window.start for side in (self.case.failed, self.case.succeeded))[1] - timedelta(hours=1)
        record = {
            **next(one for one in self.records if one["eventSource"] == "kms.amazonaws.com"),
            "eventTime": f"{between:%Y-%m-%dT%H:%M:%SZ}",
            "eventSource": f"{source}.amazonaws.com",
            "eventName": name,
            "eventID": f"c0ffee00-0000-4000-8000-{len(self.records):012}",
            "userIdentity": {"type": "IAMUser", "userName": "admin", "accountId": self.case.failed.job.account},
            "awsRegion": region,
            "requestParameters": parameters,
            "resources": [],
            "readOnly": False,
        }
        record = {key: value for key, value in record.items() if not key.startswith(("error", "shared"))}
        records = (*self.offline.records, FoundRecord(record, "added.json"))
        return Incident(self.question, structs.replace(self.offline, records=records))

    def told_by(self, source: Source) -> Told:
        """Return the answer from what a source brings; jobs are told by documents, as AWS Backup tells them."""
        tally = Tally()
        jobs = [found for found in self.offline.records if found.record.get("eventSource") == "backup.amazonaws.com"]
        given: list[FoundJob | FoundRecord] = [*self.offline.job_documents, *self.offline.job_records, *jobs]
        found = source.read(self.query, ReadOptions(), tally, None)
        collected = structs.replace(collect_found(found, tally, given), documents=self.offline.documents)
        baseline = self.case.succeeded.job.id if self.case.succeeded else None
        return _tell(collected.case(structs.replace(self.question, baseline_job_id=baseline)))

    def uses_by(self, source: Source) -> tuple[CallerUse, ...]:
        """Return who used the keys of both jobs in their windows, of what a source brings when it is asked for that."""
        tally = Tally()
        return self._count(source.read(self._of_keys, self._is_use, tally, None), tally)

    def uses_by_files(self) -> tuple[CallerUse, ...]:
        """Return who used the keys, of the files."""
        peeks = [msgspec.convert(found.record, Peek, strict=False) for found in self.offline.records]
        wanted = [self._is_use(peek) for peek in peeks]
        return self._count(compress(self.offline.records, wanted), Tally())

    @property
    def _of_keys(self) -> ReadOptions:
        keys = [key for side in (self.case.failed, self.case.succeeded) if side is not None for key in side.job.keys]
        return structs.replace(self.query, keys=tuple(keys), only_keys=True, kms_only=True, changes=None)

    def _is_use(self, peek: Peek | SlimRecord) -> bool:
        asked = self._of_keys
        return any(structs.replace(asked, start=span.start, end=span.end)(peek) for span in asked.windows)

    def _count(self, found: Iterable[Found], tally: Tally) -> tuple[CallerUse, ...]:
        count = CallerCount(self._of_keys.keys)
        fold_found(found, tally, count)
        return count.rows()

    def told_by_files(self) -> Told:
        """Return the answer from the files."""
        return _tell(self.case)


def open_incident(name: str) -> Incident:
    """Read the files of an incident as its command line names them."""
    folder = FOLDER / name
    argv = json.loads((folder / "expected.json").read_text(encoding="utf-8"))["argv"]
    given = dict(zip(argv[::2], argv[1::2], strict=True))

    def paths(*options: str) -> Iterable[str | None]:
        return (str(folder / given[option]) if option in given else None for option in options)

    question = Question(given["--job-id"], given.get("--baseline-job-id"), tuple(filter(None, [given.get("--key")])))
    inputs = Inputs(
        events=tuple(filter(None, paths("--events"))),
        jobs=tuple(filter(None, paths("--job"))),
        facts=FactFiles(*paths("--key-policy", "--key-state", "--grants")),
    )
    return Incident(question, collect(inputs, question)[0])


def _tell(case: Case) -> Told:
    report = analyse(case)
    statement = report.findings[0].statement if report.findings else None
    verdict = report.verdict
    # How late files were exported is a matter of the files.
    gaps = tuple(gap for gap in report.coverage.warnings if gap is not Reason.DELIVERY_DELAY_POSSIBLE)
    changes = frozenset(f"{event.event_name} {event.event_id}" for event in case.changes)
    return Told(verdict.outcome, verdict.cause, verdict.confidence, statement, gaps, changes)
