"""Reading in the plain way: every record by itself and in full, one after the other, all of it held.

What the engine makes of an export, in however many passes and processes, is compared with this.
"""

from collections.abc import Iterable, Iterator, Sequence

from trail_diff.case.gathered import Gathered, in_order
from trail_diff.events.jobs import merge_jobs, read_job_document, read_job_event
from trail_diff.events.normalize import normalize_record
from trail_diff.events.vaults import with_vault_keys
from trail_diff.gather.dedupe import event_identity
from trail_diff.gather.engine import Skips
from trail_diff.gather.job_files import find_in_job_files
from trail_diff.model.learnt import Event, Skipped
from trail_diff.model.reasons import Reason
from trail_diff.read.files import FileSource
from trail_diff.read.interface import Found, FoundJob, FoundRecord, ReadOptions, Tally


def gather(paths: Sequence[str], job_files: Sequence[str], options: ReadOptions) -> Gathered:
    """Read everything and keep what matters."""
    tally, skips = Tally(), Skips()
    kept = list(keep_once(FileSource(paths).read(options, options, tally, None), skips))
    told = [*kept, *keep_once(find_in_job_files(job_files), skips)]
    documents = [item for item in told if isinstance(item, FoundJob)]
    jobs = [job for item in documents for job in read_job_document(item.document, item.source)]
    jobs += [job for item in told if isinstance(item, Event) and (job := read_job_event(item)) is not None]
    known = with_vault_keys(merge_jobs(jobs), (item.document for item in documents))
    return Gathered(in_order(item for item in kept if isinstance(item, Event)), known, tally, skips.merged())


def keep_once(found: Iterable[Found], skips: Skips) -> Iterator[Event | FoundJob]:
    """Normalise what was found; events that were read before are dropped and counted, across files."""
    seen: set[str] = set()
    for item in found:
        match item:
            case FoundJob():
                yield item
            case Skipped():
                skips.add(item)
            case FoundRecord():
                event = normalize_record(item.record, item.source)
                if isinstance(event, Skipped):
                    skips.add(event)
                elif event_identity(event) in seen:
                    skips.add(Skipped(item.source, Reason.DUPLICATE))
                else:
                    seen.add(event_identity(event))
                    yield event
