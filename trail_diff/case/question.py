"""What is asked of a case."""

from datetime import timedelta

from msgspec import Struct

DEFAULT_PAD = timedelta(minutes=15)
"""How much is searched before and after a job: calls come a little earlier and later than its descriptor says."""


class Question(Struct, frozen=True):
    """What is asked: the job, what to compare it with (None: choose), and the keys, account and Regions in question."""

    job_id: str
    baseline_job_id: str | None = None
    keys: tuple[str, ...] = ()
    account: str | None = None
    regions: tuple[str, ...] = ()
    pad: timedelta = DEFAULT_PAD
