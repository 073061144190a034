"""What a triage wants of a source that fetches for it: which jobs, which baselines, the case of each."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from msgspec import Struct

from trail_diff.case.baseline import rank_baselines
from trail_diff.case.gathered import Gathered
from trail_diff.model.learnt import Case, Facts, Job, Window
from trail_diff.triaging.diagnose import Cases, windows_of
from trail_diff.triaging.neighbours import Neighbours
from trail_diff.triaging.select import TriageFilter, select_jobs


class TriagePlan(Struct, frozen=True):
    """The jobs that are asked about, and how much is searched before and after each."""

    wanted: TriageFilter
    pad: timedelta

    def select(self, gathered: Gathered) -> Sequence[Job]:
        """Return the jobs to diagnose, as far as what was read tells."""
        return select_jobs(gathered, self.wanted)

    def windows(self, gathered: Gathered) -> Sequence[Window]:
        """Return the time around every job that the cases may look at, overlaps put together."""
        return windows_of(self.select(gathered), gathered, self.pad)

    def rank(self, jobs: Sequence[Job]) -> Callable[[Job], Sequence[Job]]:
        """Return what ranks the jobs that one of them can be compared with."""
        neighbours = Neighbours(jobs)
        return lambda job: rank_baselines(job, neighbours.alike(job))

    def cases(self, gathered: Gathered) -> Callable[[Job], Case]:
        """Return what builds the case of a job."""
        return Cases(gathered, Facts(), self.pad).of
