"""Everything that was read for a case, raw and in one value: what a live fetch or an export brought.

A case bundle stores exactly this, so that the report made from a bundle is the one that the direct run gives. Nothing
here reads anything.
"""

from collections.abc import Iterable

from msgspec import Struct, field

from trail_diff.facts import Document, FactDocuments, read_facts
from trail_diff.gather import Gathered, gather_raw
from trail_diff.model import Facts, Skipped
from trail_diff.sources.interface import Found, FoundJob, FoundRecord, Tally


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
        """Give events, jobs and counts."""
        return gather_raw([*self.records, *self.skipped], self.tally, [*self.job_documents, *self.job_records])

    def facts(self) -> Facts:
        """Give the key's facts.

        Raises:
            FactError, PolicyError: a document holds something else than it should.
        """
        return read_facts(self.documents)


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
