"""Everything that was read for a case, raw and in one value: what a live fetch or an export brought.

A case bundle stores exactly this, so that the report made from a bundle is the one that the direct run gives. Nothing
here reads anything.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cached_property

from msgspec import Struct, field, structs

from trail_diff.case.gathered import Gathered, in_order
from trail_diff.case.question import Question
from trail_diff.events.jobs import read_job_event
from trail_diff.gather.engine import Sums, fold_found
from trail_diff.gather.fold import EveryEvent
from trail_diff.gather.job_files import build_gathered
from trail_diff.gather.key_facts import Document, FactDocuments, read_facts
from trail_diff.model.learnt import Case, Event, Facts, Skipped
from trail_diff.read.interface import Found, FoundJob, FoundRecord, Tally


class Collected(Struct, frozen=True, dict=True):
    """Raw records and documents, the counts of what went past, and notes for the reader (one line each, for stderr).

    `records` are those kept, duplicates included; `job_records` came in files given as job descriptors and are only
    read for jobs; `job_documents` are answers of AWS Backup on jobs, vaults and recovery points. `baseline_job_id` is
    the baseline that was chosen and fetched, None when all that the export holds may be chosen from. `asked_at` is when
    the question was asked.
    """

    records: tuple[FoundRecord, ...] = ()
    job_documents: tuple[FoundJob, ...] = ()
    job_records: tuple[FoundRecord, ...] = ()
    documents: FactDocuments = FactDocuments()
    key_usage: Document | None = None
    baseline_job_id: str | None = None
    tally: Tally = field(default_factory=Tally)
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    asked_at: datetime | None = None

    @cached_property
    def normalized(self) -> tuple[Sums, Sums, Gathered]:
        """Return what the records and those of job files come to, each with its event, and all of it together."""
        sums = fold_found([*self.records, *self.skipped], self.tally, EveryEvent())
        from_jobs = fold_found([*self.job_documents, *self.job_records], Tally(), EveryEvent())
        return sums, from_jobs, build_gathered(sums, from_jobs, self.asked_at)

    def gathered(self) -> Gathered:
        """Return events, jobs and counts; every record is normalised once, however often this is asked for."""
        return self.normalized[2]

    def items(self) -> list[Found]:
        """Return what job files hold."""
        return [*self.job_documents, *self.job_records, *self.skipped]

    def facts(self) -> Facts:
        """Return the key's facts.

        Raises:
            FactError, PolicyError: a document holds something else than it should.
        """
        return read_facts(self.documents)

    def case(self, question: Question) -> Case:
        """Put the jobs side by side, with the baseline that was fetched unless the question names one.

        Raises:
            TrailDiffError: as `build_case` and `facts` do.
        """
        from trail_diff.case.builder import build_case

        baseline = question.baseline_job_id or self.baseline_job_id
        return build_case(self.gathered(), structs.replace(question, baseline_job_id=baseline), self.facts())


def narrow(collected: Collected, case: Case, skipped: tuple[Skipped, ...]) -> tuple[Collected, Gathered]:
    """Leave out the records that the case does not rest on: other keys' and other days' calls are nobody's business.

    What stays is what `matters_to` the case, and job descriptors; also given is what that gathers to. Counts stay as
    they were; `skipped` is noted.
    """
    sums, from_jobs, gathered = collected.normalized
    matters = matters_to(case)
    kept = [(event, record) for event, record in zip(sums.events, sums.records, strict=True) if matters(event)]
    narrowed = structs.replace(
        collected,
        records=tuple(record for _, record in kept),
        job_records=tuple(
            record
            for event, record in zip(from_jobs.events, from_jobs.records, strict=True)
            if read_job_event(event) is not None
        ),
        baseline_job_id=case.succeeded.job.id if case.succeeded else collected.baseline_job_id,
        skipped=skipped,
    )
    return narrowed, structs.replace(gathered, events=in_order(event for event, _ in kept))


def matters_to(case: Case) -> Callable[[Event], bool]:
    """Return the check whether a case rests on an event.

    It does on all that lies in the two windows, on what changed keys, grants, policies, roles or trails, on the
    policies of other keys that were used meanwhile, and on what describes jobs.
    """
    windows = [side.window for side in (case.failed, case.succeeded) if side is not None]
    changes = {event.event_id for event in (*case.changes, *case.policies_elsewhere)}

    def matters(event: Event) -> bool:
        is_inside = any(window.holds(event.event_time) for window in windows)
        return is_inside or event.event_id in changes or read_job_event(event) is not None

    return matters


def collect_found(found: Iterable[Found], tally: Tally, job_found: Iterable[Found] = ()) -> Collected:
    """Keep what a source brought as it is."""
    records: list[FoundRecord] = []
    documents: list[FoundJob] = []
    skipped: list[Skipped] = []
    job_records: list[FoundRecord] = []
    for items, into in ((found, records), (job_found, job_records)):
        for item in items:
            match item:
                case FoundRecord():
                    into.append(item)
                case FoundJob():
                    documents.append(item)
                case Skipped():
                    skipped.append(item)
    return Collected(
        records=tuple(records),
        job_documents=tuple(documents),
        job_records=tuple(job_records),
        skipped=tuple(skipped),
        tally=tally,
    )
