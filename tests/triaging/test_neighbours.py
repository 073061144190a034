"""Which jobs the case of one depends on."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from trail_diff.case.baseline import rank_baselines
from trail_diff.model.learnt import Job, Window
from trail_diff.triaging.neighbours import Neighbours

DAY = datetime(2026, 3, 1, tzinfo=UTC)


def moments(hours: int | None) -> datetime | None:
    """Return a time some hours later."""
    return None if hours is None else DAY + timedelta(hours=hours)


JOBS = st.lists(
    st.builds(
        lambda number, state, resource, vault, start, length: Job(
            id=f"job-{number}", kind="backup", state=state, resource=resource, vault=vault,
            created=moments(start), completed=moments(None if start is None or length is None else start + length),
        ),
        st.integers(0, 9), st.sampled_from(["FAILED", "COMPLETED"]), st.sampled_from([None, "a", "b"]),
        st.sampled_from([None, "arn:aws:backup:::backup-vault:x", "x", "y"]),
        st.one_of(st.none(), st.integers(0, 20)), st.one_of(st.none(), st.integers(0, 30)),
    ),
    min_size=1, max_size=12, unique_by=lambda job: job.id,
)  # fmt: skip


@given(JOBS, st.data())
@settings(deadline=None)
def test_alike_has_every_baseline(jobs: list[Job], data: st.DataObject) -> None:
    """Of the jobs that are alike, the baselines of a job are ranked as of all."""
    job = data.draw(st.sampled_from(jobs))

    alike = Neighbours(jobs).alike(job)

    assert job in alike
    assert rank_baselines(job, alike) == rank_baselines(job, jobs)


@given(JOBS, st.integers(0, 20), st.integers(0, 5), st.data())
@settings(deadline=None)
def test_around_has_every_job_that_ran(jobs: list[Job], start: int, length: int, data: st.DataObject) -> None:
    """All jobs that ran inside of a window are there, each vault that any job names, and in the order they came in."""
    window = Window(DAY + timedelta(hours=start), DAY + timedelta(hours=start + length))

    around = Neighbours(jobs).around(data.draw(st.sampled_from(jobs)), [window])

    ran = [job for job in jobs if job.created and job.completed and job.created <= window.end]
    assert all(job in around for job in ran if job.completed and job.completed >= window.start)
    assert {job.vault for job in jobs} == {job.vault for job in around}
    assert [job for job in jobs if job in around] == list(around)
