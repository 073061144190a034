"""A night of jobs straight from AWS: their lists, the events around those that failed, and what is known of each key.

    job_lists   every job of each account and Region; of those with failed jobs, 30 days of them, for baselines
    windows     each job that did not succeed and its baseline, where the job, its vaults and its keys are
    readings    the events of all windows, overlaps once; again as a baseline turns out to have none, or a call was
                refused to a job that completed
    facts       the state, policy and grants of each key, once
    further     calls of other jobs under the same policy, where an answer stays open

Which jobs are asked about, and what a case looks at, is the plan's. Everything ends in a CollectedNight.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Protocol

from msgspec import Struct, structs

from trail_diff.arns import arn_account, arn_region
from trail_diff.aws.live.asking import OnceAsker
from trail_diff.aws.live.collect import clip
from trail_diff.aws.live.connection import Connection
from trail_diff.aws.live.facts import KeyAsker
from trail_diff.aws.live.job_lists import JobLists
from trail_diff.aws.live.jobs import BASELINES_AT_MOST, JobFinder, Place, place_of, service_of
from trail_diff.aws.live.readings import Reading, Wanted
from trail_diff.case.correlate import job_window
from trail_diff.case.expected import find_lenders
from trail_diff.case.gathered import Gathered
from trail_diff.case.other_uses import other_windows
from trail_diff.case.sides import known_keys
from trail_diff.gather.key_facts import FactDocuments, read_facts
from trail_diff.gather.raw_case import Collected, collect_found
from trail_diff.model.learnt import Case, Job, Window
from trail_diff.read.interface import Found, FoundJob, ReadOptions, Tally

_LISTED_DAYS = timedelta(days=30)
"""How far back AWS Backup lists jobs."""
_CHANGES_SPAN = timedelta(days=90)

_Id = tuple[str, str | None, str | None]


class NightPlan(Protocol):
    """Which jobs of a reading are diagnosed, which of others each can be compared with, and the case of each."""

    @property
    def pad(self) -> timedelta:
        """Return how much is searched before and after each job."""

    def select(self, gathered: Gathered) -> Sequence[Job]:
        """Return the jobs to diagnose."""

    def rank(self, jobs: Sequence[Job]) -> Callable[[Job], Sequence[Job]]:
        """Return what ranks the jobs that one of them can be compared with."""

    def cases(self, gathered: Gathered) -> Callable[[Job], Case]:
        """Return what builds the case of a job."""


class CollectedNight(Struct, frozen=True):
    """What was read for many jobs, raw, and what is known of each of their keys."""

    collected: Collected
    facts: Mapping[str, FactDocuments]


class Night(Struct, frozen=True):
    """What is asked: the jobs that were `created` then, as far as the plan wants them, read as `options` bound it.

    `given` is what job and fact files hold; where they hold jobs, AWS Backup is not asked for its lists. A case that is
    not settled is given the calls on its key in other jobs that ran under the same policy.
    """

    plan: NightPlan
    created: Window
    given: Collected
    options: ReadOptions
    is_settled: Callable[[Case], bool] = lambda _case: True


def collect_night(connection: Connection, night: Night, reading: Reading) -> CollectedNight:
    """Gather everything about the jobs that did not succeed.

    Raises:
        TrailDiffError: what could not be done without: no list of jobs, no credentials, or no events.
    """
    search = _Search(connection, night, reading)
    collected, cases = search.read_events(search.list_jobs())
    facts = search.ask_keys(cases)
    if search.look_further(cases, facts):
        collected, cases = search.read_events([])
        facts |= search.ask_keys(case for case in cases if case.failed.job.key not in facts)
    return CollectedNight(structs.replace(collected, notes=tuple(connection.asker.notes)), facts)


class _Search:
    """The steps of a gathering, what was found so far, and how many baselines of each job are wanted."""

    def __init__(self, connection: Connection, night: Night, reading: Reading) -> None:
        self._connection, self._night, self._reading = connection, night, reading
        self._now, self._places = connection.clock(), connection.places()
        self._finder = JobFinder(self._places, OnceAsker(connection.asker))
        self._tried: dict[_Id, int] = {}
        self._found: list[Found] = []
        self._raw, self._read, self._further = Collected(), frozenset[Wanted](), frozenset[Wanted]()
        self._cases: list[Case] = []

    # ---- the jobs

    def list_jobs(self) -> list[Found]:
        """List the jobs of the time asked for, and of the month before wherever one of them matters."""
        given, created = self._night.given, self._night.created
        if given.job_documents or given.job_records:
            return []
        lists = JobLists(self._connection.asker)
        found = lists.list_created(self._places, created)
        matter = {
            job.id: self._place(job) for job in self._night.plan.select(self._complete(Collected(), found).gathered())
        }
        oldest = self._now - _LISTED_DAYS
        if matter and oldest < created.start:
            near = {(place.aws.account_id(), place.region): place for place in matter.values()}
            found += lists.list_created(near.values(), Window(oldest, created.start))
        return found + lists.list_parts(matter, found)

    def _place(self, job: Job) -> Place:
        return place_of(job, self._places)

    def _describe_keys(self, sides: Iterable[Sequence[Job]]) -> list[FoundJob]:
        """Describe the vaults and recovery points whose keys jobs and their best baselines need, each once."""
        jobs = (job for side in sides for job in side[:2])
        return [found for job in jobs for found in self._finder.describe_keys(job, self._place(job))]

    # ---- their events

    def read_events(self, found: Iterable[Found]) -> tuple[Collected, Sequence[Case]]:
        """Read the events of all windows that matter, until no case needs another; return the cases as well."""
        self._found += found
        collected = self._complete(self._raw, self._found)
        while True:
            if described := self._describe_keys(self._sides(collected.gathered())):
                self._found += described
                collected = self._complete(self._raw, self._found)
            keys = {_id(case.failed.job): known_keys(case.failed.job) for case in self._cases}
            sides = self._sides(collected.gathered())
            wanted = frozenset(one for side in sides for one in self._want(side, keys.get(_id(side[0]), ())))
            if (wanted := wanted | self._further) <= self._read:
                return collected, self._cases
            self._read |= wanted
            self._raw = self._reading.read(
                self._read, clip(Window(self._now - _CHANGES_SPAN, self._now), self._night.options)
            )
            collected = self._complete(self._raw, self._found)
            gathered = collected.gathered()
            self._cases = list(map(self._night.plan.cases(gathered), self._night.plan.select(gathered)))
            self._want_others(self._cases)

    def look_further(self, cases: Iterable[Case], facts: Mapping[str, FactDocuments]) -> bool:
        """Want the calls on the keys of cases that are not settled in other jobs; return whether there are any."""
        for case in cases:
            job, key = case.failed.job, case.failed.job.key
            known = structs.replace(case, facts=read_facts(facts[key])) if key in facts and key else case
            if key is not None and not self._night.is_settled(known):
                region = arn_region(key) or job.region
                places = {(one.account, one.region) for one in self._want([job], [key]) if one.region == region}
                self._further |= {
                    Wanted(account, own, clipped, service_of(job))
                    for window in other_windows(known, self._night.plan.pad)
                    for account, own in places
                    if (clipped := clip(window, self._night.options)) is not None
                }
        return not self._further <= self._read

    def _sides(self, gathered: Gathered) -> list[list[Job]]:
        """Return each job with the baselines whose events are wanted, or with those that lend it theirs."""
        rank, jobs = self._night.plan.rank(gathered.jobs), self._night.plan.select(gathered)
        return [[job, *(rank(job)[: self._tried.get(_id(job), 1)] or find_lenders(job, gathered.jobs))] for job in jobs]

    def _want_others(self, cases: Iterable[Case]) -> None:
        """Want the next baselines as well of each job whose best one has no event of its own."""
        for case in cases:
            if case.succeeded is not None and not case.succeeded.events:
                self._tried[_id(case.failed.job)] = BASELINES_AT_MOST

    def _want(self, side: Sequence[Job], keys: Sequence[str]) -> Iterator[Wanted]:
        """Yield the windows of a job and its baselines, each where the job, its vaults and its keys are."""
        arns = [arn for job in side[:2] for arn in (job.vault, job.source_vault, *known_keys(job))] + list(keys)
        named, ours = (
            {side[0].account, *map(arn_account, arns)},
            [aws.account_id() for aws in self._connection.accounts],
        )
        accounts = [account for account in ours if account in named] or ours
        regions = sorted({region for region in (side[0].region, *map(arn_region, arns)) if region})
        for job in side:
            window = job_window(job, self._night.plan.pad, self._now)
            clipped = clip(window, self._night.options) if window else None
            if clipped is not None:
                places = ((account, region) for account in accounts for region in regions or self._connection.regions)
                yield from (Wanted(account, region, clipped, service_of(job)) for account, region in places)

    def _complete(self, raw: Collected, found: Sequence[Found]) -> Collected:
        """Put what was read and what is known of jobs together."""
        listed, given = collect_found(found, Tally()), self._night.given
        return structs.replace(
            raw,
            job_documents=(*raw.job_documents, *listed.job_documents, *given.job_documents),
            job_records=given.job_records,
            documents=given.documents,
            skipped=(*raw.skipped, *listed.skipped, *given.skipped),
        )

    # ---- their keys

    def ask_keys(self, cases: Iterable[Case]) -> dict[str, FactDocuments]:
        """Return what KMS says of each key, and what was given."""
        jobs = {job.key: job for job in (case.failed.job for case in cases)}
        return {key: self._ask_key(key, job) for key, job in jobs.items() if key is not None}

    def _ask_key(self, key: str, job: Job) -> FactDocuments:
        place, asker = self._place(job), self._connection.asker
        about = KeyAsker(key, self._connection.accounts, place.aws, job.region or place.region, asker)
        return about.complete(self._night.given.documents)


def _id(job: Job) -> _Id:
    return job.id.casefold(), job.account, job.region
