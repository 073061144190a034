"""Gathers a case from AWS, in order: the job, its baseline, the events of both, what changed, then the key's facts."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct, structs

from trail_diff.arns import arn_region
from trail_diff.aws.live.asking import ApiCall, Asker
from trail_diff.aws.live.connection import Connection
from trail_diff.aws.live.facts import KeyAsker
from trail_diff.aws.live.jobs import BASELINES_AT_MOST, JobFinder, Place, find_given, place_of, service_of
from trail_diff.aws.live.readings import join_services
from trail_diff.case.baseline import rank_baselines
from trail_diff.case.correlate import job_window
from trail_diff.case.expected import find_lenders
from trail_diff.case.question import Question
from trail_diff.errors import UsageError
from trail_diff.events.jobs import find_job, merge_jobs, read_job_document
from trail_diff.events.vaults import with_vault_keys
from trail_diff.gather.key_facts import Document
from trail_diff.gather.raw_case import Collected, collect_found
from trail_diff.model.learnt import Job, Window
from trail_diff.read.interface import FoundJob, ReadOptions, Source, Tally

_CHANGES_SPAN = timedelta(days=90)
_LISTED_SPAN = timedelta(days=7)
NOTHING_GIVEN = Collected()
EVERYTHING = ReadOptions()


def collect_live(
    connection: Connection,
    question: Question,
    source: Source,
    given: Collected = NOTHING_GIVEN,
    options: ReadOptions = EVERYTHING,
) -> Collected:
    """Gather everything about the job; `source` is where its events come from, `given` what job and fact files hold.

    Raises:
        TrailDiffError: what could not be done without: the job is not there, there are no credentials, or no events.
    """
    asker, places = connection.asker, connection.places()
    search = _Search(connection, question, JobFinder(places, asker), places, given, options)
    failed, place, documents = search.find_jobs()
    baselines = search.baselines(failed, documents)
    tried = []
    for sides in [[failed, baseline] for baseline in baselines] or [[failed]]:
        collected = search.fetch(source, sides, documents)
        case = collected.case(question)
        tried.append((collected, case))
        if case.succeeded is None or case.succeeded.events:
            break
    else:
        collected, case = tried[0]  # none has calls of its own: the best of them, as for an export
    key = case.failed.job.key
    facts, usage = given.documents, None
    if key is not None:
        about = KeyAsker(key, connection.accounts, place.aws, failed.region or place.region, asker)
        facts, usage = about.complete(facts), about.last_usage()
        _note_usage(usage, asker)
    return structs.replace(collected, documents=facts, key_usage=usage, notes=tuple(asker.notes))


def resolve_question(connection: Connection, question: Question) -> Question:
    """Return the question with key ARNs for key ids and aliases, as far as KMS resolves them."""
    asker = connection.asker

    def resolve(key: str) -> str:
        for place in connection.places() if ":key/" not in key else ():
            call = ApiCall(place.aws, "kms", "describe_key", {"KeyId": key}, arn_region(key) or place.region)
            answer = asker.ask(call, "give the key's ARN with --key", is_optional=True)
            if answer is not None:
                return str(answer["KeyMetadata"]["Arn"])
        return key

    return structs.replace(question, keys=tuple(map(resolve, question.keys)))


def collect_jobs(connection: Connection, options: ReadOptions = EVERYTHING) -> Collected:
    """List the jobs of every account and Region: those of the time asked for, else of the last week."""
    end = options.end or connection.clock()
    window = Window(options.start or end - _LISTED_SPAN, end)
    places, asker = connection.places(), connection.asker
    finder = JobFinder(places, asker)
    found = [job for place in places for job in finder.list_recent(place, window)]
    return structs.replace(collect_found(found, Tally()), notes=tuple(asker.notes))


def collect_time(
    connection: Connection, source: Source, options: ReadOptions, given: Collected = NOTHING_GIVEN
) -> Collected:
    """Bring everything of the time asked for, beside what was `given`.

    Raises:
        UsageError: no time is asked for.
        AwsError: the source did not answer.
    """
    start = options.start
    if start is None:
        raise UsageError(
            "since when? --from is missing", hint='name the time to fetch, e.g. --from "2h ago", or give --events'
        )
    end, tally = options.end or connection.clock(), Tally()
    options = structs.replace(options, end=end)
    query = structs.replace(options, windows=(Window(start, end),))
    collected = collect_found(source.read(query, options, tally, connection.progress), tally, given.items())
    return structs.replace(collected, documents=given.documents, notes=tuple(connection.asker.notes))


def clip(window: Window, options: ReadOptions) -> Window | None:
    """Return the part of a window that lies in the time asked for; None where there is none."""
    start, end = options.start or window.start, options.end or window.end
    clipped = Window(max(start, window.start), min(end, window.end))
    return clipped if clipped.start <= clipped.end else None


class _Search(Struct, frozen=True):
    """What every step of a gathering needs."""

    connection: Connection
    question: Question
    finder: JobFinder
    places: Sequence[Place]
    given: Collected
    options: ReadOptions

    def find_jobs(self) -> tuple[Job, Place, list[FoundJob]]:
        """Find the job and what it could be compared with, and describe their vaults and recovery points."""
        documents = list(self.given.job_documents)
        failed, place = self._find(self.question.job_id, documents)
        if self.question.baseline_job_id is not None:
            self._find(self.question.baseline_job_id, documents)
        else:
            documents += self.finder.list_candidates(failed, place)
        jobs = jobs_in(documents)
        chosen = [failed, *self.baselines(failed, documents)[:1]]
        if len(chosen) == 1:
            documents += self.finder.list_alike(failed, place)
        for job in chosen:
            window = job_window(job, self.question.pad, self.connection.clock())
            documents += self.finder.list_neighbours(window, place) if window else []
        for job in chosen:
            documents += self.finder.describe_keys(job, place)
        jobs = jobs_in(documents)
        return find_job(jobs, failed.id), place, documents

    def baselines(self, failed: Job, documents: Sequence[FoundJob]) -> list[Job]:
        """Return the baseline that was named, or the best few."""
        jobs = jobs_in(documents)
        if self.question.baseline_job_id is not None:
            return [find_job(jobs, self.question.baseline_job_id)]
        current = find_job(jobs, failed.id)
        return rank_baselines(current, jobs)[:BASELINES_AT_MOST]

    def fetch(self, source: Source, jobs: Sequence[Job], documents: Sequence[FoundJob]) -> Collected:
        """Fetch the events of the failed job, its baseline, and what changed."""
        now = self.connection.clock()
        lenders = find_lenders(jobs[0], jobs_in(documents)) if len(jobs) == 1 else ()
        windows = tuple(window for job in [*jobs, *lenders] if (window := self._window(job, now)) is not None)
        if not windows:
            raise UsageError("the job lies outside --from and --to", hint="leave them out, or widen them")
        changes = self._clip(Window(now - _CHANGES_SPAN, now))
        keys = tuple(dict.fromkeys([*self.question.keys, *(key for job in jobs for key in job.keys)]))
        services = join_services(map(service_of, jobs))
        query = ReadOptions(self._regions(jobs), windows=windows, changes=changes, keys=keys, services=services)
        selection, tally = ReadOptions((), self.options.start, self.options.end), Tally()
        found = source.read(query, selection, tally, self.connection.progress)
        collected = collect_found(found, tally, [*documents, *self.given.job_records, *self.given.skipped])
        return structs.replace(collected, baseline_job_id=jobs[1].id if len(jobs) > 1 else None)

    def _find(self, job_id: str, documents: list[FoundJob]) -> tuple[Job, Place]:
        """Find a job in what was given, else in AWS; what AWS says is added to the documents."""
        known = find_given(jobs_in(documents), job_id)
        if known is not None:
            return known, place_of(known, self.places)
        found, place = self.finder.describe(job_id)
        documents.append(found)
        return find_job(jobs_in(documents), job_id), place

    def _window(self, job: Job, now: datetime) -> Window | None:
        window = job_window(job, self.question.pad, now)
        return self._clip(window) if window else None

    def _clip(self, window: Window) -> Window | None:
        return clip(window, self.options)

    def _regions(self, jobs: Sequence[Job]) -> tuple[str, ...]:
        """Return every Region that the jobs, their vaults and keys are in, the failed job's own first."""
        arns = [arn for job in jobs for arn in (job.vault, job.source_vault, *job.keys)]
        regions = [jobs[0].region, *self.connection.regions, *map(arn_region, [*arns, *self.question.keys])]
        return tuple(dict.fromkeys(region for region in regions if region))


def jobs_in(documents: Sequence[FoundJob]) -> tuple[Job, ...]:
    """Read every job that the documents describe, with the keys that vaults and recovery points name."""
    jobs = merge_jobs(job for item in documents for job in read_job_document(item.document, item.source))
    return with_vault_keys(jobs, (item.document for item in documents))


def _note_usage(usage: Document | None, asker: Asker) -> None:
    told = (usage.content.get("KeyLastUsage") if usage else None) or {}
    if told.get("Timestamp"):
        asker.note(f"the key was last used with success at {told['Timestamp']} ({told.get('Operation', '?')})")
