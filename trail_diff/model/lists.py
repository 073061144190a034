"""The rows of the lists of jobs and of callers: the field names are the JSON contract."""

from datetime import datetime

from msgspec import Struct

from trail_diff.model.codes import FAILED_STATES
from trail_diff.model.learnt import Caller, Job
from trail_diff.model.reasons import Reason


class JobRow(Struct, frozen=True):
    """One row of the list of jobs: a job, the baseline it would be compared with, and in what the two differ.

    `profiles` are the ids of the call profiles that the job has.
    """

    job: Job
    baseline: Job | None
    differences: tuple[Reason, ...] = ()
    profiles: tuple[str, ...] = ()

    @property
    def has_failed(self) -> bool:
        """Check whether the job ended otherwise than well."""
        return self.job.state in FAILED_STATES


class CallerUse(Struct, frozen=True):
    """One row of the list of callers: a caller, an IAM action and a key; error codes in order of their name."""

    caller: Caller
    action: str
    key: str | None
    calls: int
    errors: int
    error_codes: dict[str, int] = {}
    first: datetime | None = None
    last: datetime | None = None
