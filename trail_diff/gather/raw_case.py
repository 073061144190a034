"""Everything that was read for a case, raw and in one value: what a live fetch or an export brought.

A case bundle stores exactly this, so that the report made from a bundle is the one that the direct run gives. Nothing
here reads anything.
"""

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct, field, structs

from trail_diff.case.builder import Question, build_case
from trail_diff.case.gathered import Gathered
from trail_diff.events.jobs import read_job_event
from trail_diff.events.normalize import normalize_record
from trail_diff.gather.in_memory import event_identity, gather_raw
from trail_diff.gather.key_facts import Document, FactDocuments, read_facts
from trail_diff.model.learnt import Case, Event, Facts, Skipped
from trail_diff.read.interface import Found, FoundJob, FoundRecord, Tally


class Collected(Struct, frozen=True):
    """Raw records and documents, the counts of what went past, and notes for the reader (one line each, for stderr).

    `records` are those kept, duplicates included; `job_records` came in files given as job descriptors and tell of jobs
    only; `job_documents` are answers of AWS Backup about jobs, vaults and recovery points. `baseline_job_id` is the
    baseline that was chosen and fetched, None when all that the export holds may be chosen from.
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

    def gathered(self) -> Gathered:
        """Return events, jobs and counts."""
        return gather_raw([*self.records, *self.skipped], self.tally, [*self.job_documents, *self.job_records])

    def facts(self) -> Facts:
        """Return the key's facts.

        Raises:
            FactError, PolicyError: a document holds something else than it should.
        """
        return read_facts(self.documents)

    def case(self, question: Question) -> Case:
        """Put the jobs side by side, with the baseline that was fetched unless the question names one.

        Raises:
            TrailDiffError: as `assemble.build_case` and `facts` do.
        """
        baseline = question.baseline_job_id or self.baseline_job_id
        return build_case(self.gathered(), structs.replace(question, baseline_job_id=baseline), self.facts())


def narrow(collected: Collected, case: Case, skipped: tuple[Skipped, ...]) -> Collected:
    """Leave out the records that the case does not rest on: other keys' and other days' calls are nobody's business.

    What stays is what `matters_to` the case, and job descriptors. Counts stay as they were; `skipped` is noted.
    """
    return structs.replace(
        collected,
        records=tuple(_keep_once(collected.records, matters_to(case))),
        job_records=tuple(_keep_once(collected.job_records, lambda event: read_job_event(event) is not None)),
        baseline_job_id=case.succeeded.job.id if case.succeeded else collected.baseline_job_id,
        skipped=skipped,
    )


def matters_to(case: Case) -> Callable[[Event], bool]:
    """Return what tells whether a case rests on an event.

    It does on all that lies in the two windows, on what changed keys, grants, policies, roles or trails, and on what
    tells of jobs.
    """
    windows = [side.window for side in (case.failed, case.succeeded) if side is not None]
    changes = {event.event_id for event in case.changes}

    def matters(event: Event) -> bool:
        is_inside = any(window.holds(event.event_time) for window in windows)
        return is_inside or event.event_id in changes or read_job_event(event) is not None

    return matters


def _keep_once(records: Iterable[FoundRecord], matters: Callable[[Event], bool]) -> Iterator[FoundRecord]:
    seen: set[str] = set()
    for found in records:
        event = normalize_record(found.record, found.source)
        if isinstance(event, Event) and event_identity(event) not in seen:
            seen.add(event_identity(event))
            if matters(event):
                yield found


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
