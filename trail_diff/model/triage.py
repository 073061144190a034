"""What triage concludes: the failed jobs of a time, grouped by cause. The field names are a JSON contract."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from trail_diff.model.codes import Cause, Confidence, Layer, Outcome
from trail_diff.model.decisions import StatementRef
from trail_diff.model.learnt import Caller, Coverage
from trail_diff.model.reasons import Reason
from trail_diff.model.report import NextStep


class TriageChange(Struct, frozen=True):
    """The change that a group's cause goes back to."""

    event_id: str
    event_name: str
    by: str | None
    at: datetime


class TriageJob(Struct, frozen=True):
    """One job of a group; `baseline` is the id of the job it was compared with, `parent` of the job it is a part of."""

    id: str
    kind: Literal["backup", "copy", "restore", "window"]
    state: str | None
    resource: str | None
    resource_type: str | None
    vault: str | None
    account: str | None
    region: str | None
    created: datetime | None
    baseline: str | None
    confidence: Confidence | None
    parent: str | None = None
    message: str | None = None


JobKey = tuple[str, str | None, str | None]
"""A job's id, account and Region: an id alone may stand for jobs of several."""


class TriageGroup(Struct, frozen=True):
    """Jobs that have the same cause, key, statement (or state, grant, layer) and change, or lack the same evidence.

    `confidence` is the lowest of its jobs. Jobs are in order of their creation, the parts of a
    composite one right after it.
    """

    cause: Cause | None
    outcome: Outcome
    confidence: Confidence | None
    layer: Layer | None
    key: str | None
    statement: StatementRef | None
    callers: tuple[Caller, ...]
    actions: tuple[str, ...]
    change: TriageChange | None
    summary: str
    remedy: str | None
    reasons: tuple[Reason, ...]
    next_steps: tuple[NextStep, ...]
    first: datetime | None
    last: datetime | None
    vaults: tuple[str, ...]
    jobs: tuple[TriageJob, ...]


class TriageCounts(Struct, frozen=True):
    """How many jobs were seen, how many of them are in groups, and with which outcome.

    `seen` are those of the vaults, accounts, resource types and time asked about; a cause chooses only among the
    failed ones.
    """

    seen: int
    failed: int
    explained: int
    difference: int
    no_difference: int
    inconclusive: int


class Triage(Struct, frozen=True):
    """The failed jobs grouped by cause: most jobs first, then the earliest."""

    jobs: TriageCounts
    groups: tuple[TriageGroup, ...]
    coverage: Coverage
    schema: Literal["trail-diff/triage/1"] = "trail-diff/triage/1"

    def doubts_of_jobs(self) -> tuple[Reason, ...]:
        """Return why jobs may be missing: they could be among those that failed."""
        return tuple(reason for reason in _JOBS_MAY_BE_MISSING if reason in self.coverage.warnings)


_JOBS_MAY_BE_MISSING = (Reason.JOBS_NOT_LISTED, Reason.FETCH_TRUNCATED, Reason.INPUT_PARTLY_READ)
