"""Which jobs the case of one depends on."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from trail_diff.arns import last_name
from trail_diff.case.baseline import rank_baselines
from trail_diff.case.builder import MOST_BASELINES
from trail_diff.case.correlate import has_concurrent_job
from trail_diff.case.event_index import EventIndex
from trail_diff.case.expected import find_lenders
from trail_diff.case.keys import learn_keys
from trail_diff.model.learnt import Job, Window
from trail_diff.triaging.neighbours import Neighbours

DAY = datetime(2026, 3, 1, tzinfo=UTC)


def moments(hours: int | None) -> datetime | None:
    """Return a time some hours later."""
    return None if hours is None else DAY + timedelta(hours=hours)


JOBS = st.lists(
    st.builds(
        lambda number, state, resource, vault, start, length: Job(
            id=f"job-{number}", kind="backup", state=state, resource=resource, vault=vault, role="role",
            key=f"arn:aws:kms:::key/{number % 3}" if number % 2 else None,
            created=moments(start), completed=moments(None if start is None or length is None else start + length),
        ),
        st.integers(0, 99), st.sampled_from(["FAILED", "COMPLETED"]), st.sampled_from([None, "a", "b"]),
        st.sampled_from([None, "arn:aws:backup:::backup-vault:x", "x", "y"]),
        st.one_of(st.none(), st.integers(0, 20)), st.one_of(st.none(), st.integers(0, 30)),
    ),
    min_size=1, max_size=40, unique_by=lambda job: job.id,
)  # fmt: skip


@given(JOBS, st.data())
@settings(deadline=None)
def test_alike_has_every_baseline(jobs: list[Job], data: st.DataObject) -> None:
    """Of the jobs that are alike, the baselines of a job are ranked as of all."""
    job = data.draw(st.sampled_from(jobs))

    alike = Neighbours(jobs).alike(job)

    assert job in alike
    assert rank_baselines(job, alike)[:MOST_BASELINES] == rank_baselines(job, jobs)[:MOST_BASELINES]
    assert find_lenders(job, alike) == find_lenders(job, jobs)


@given(JOBS, st.integers(0, 20), st.integers(0, 5), st.data())
@settings(deadline=None)
def test_around_tells_what_all_jobs_tell(jobs: list[Job], start: int, length: int, data: st.DataObject) -> None:
    """The jobs around one tell as all jobs do when another ran, beside it as well, which vaults there are, and keys."""
    window = Window(DAY + timedelta(hours=start), DAY + timedelta(hours=start + length))
    job = data.draw(st.sampled_from(jobs))

    around = Neighbours(jobs).around(job, (), [window])

    moments_inside = [window.start + timedelta(hours=hour) for hour in range(length + 1)]
    assert [ran_at(job, moment, around) for moment in moments_inside] == [
        ran_at(job, moment, jobs) for moment in moments_inside
    ]
    assert has_concurrent_job(job, around) == has_concurrent_job(job, jobs)
    assert {other.vault for other in jobs} == {other.vault for other in around}
    assert learn_keys(job, window, EventIndex(()), around) == learn_keys(job, window, EventIndex(()), jobs)
    assert [other for other in jobs if other in around] == list(around)


def ran_at(job: Job, moment: datetime, others: Sequence[Job]) -> bool:
    """Check whether another job of the same role or vault ran at a time, or did not end."""
    return any(
        other.id != job.id
        and (other.role == job.role or last_name(other.vault) == last_name(job.vault) is not None)
        and other.created is not None
        and other.created <= moment <= (other.completed or moment)
        for other in others
    )
