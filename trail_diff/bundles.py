"""Decides what a case bundle holds: only the records that the case rests on where that gives the same report, or all.

The pipeline tries what is offered, the least first.
"""

from collections.abc import Callable, Iterator

from msgspec import Struct, structs

from trail_diff.case.builder import build_case
from trail_diff.case.question import Question
from trail_diff.gather.exports import Export, WindowsOf, is_by_name
from trail_diff.gather.key_facts import load_documents, read_facts
from trail_diff.gather.raw_case import Collected, collect_found, matters_to, narrow
from trail_diff.inputs import Inputs, collect, open_export, read_given_jobs
from trail_diff.model.learnt import Case


class Offer(Struct, frozen=True):
    """What a bundle may hold, the case as all that was read makes it, and as the bundle does."""

    collected: Collected
    question: Question
    case: Case
    offered: Case


def offer_bundles(
    inputs: Inputs, question: Question | None, windows_of: Callable[[Question], WindowsOf]
) -> Iterator[Offer]:
    """Yield what a bundle may hold, from only the records that the case rests on to everything.

    Of a large export, those records alone are ever held, unless it cannot be read twice or is changed meanwhile.

    Raises:
        TrailDiffError: what could not be used, with a hint.
    """
    export = None if inputs.is_raw_needed else open_export(inputs)
    if export is not None and export.is_large and question is not None:
        offer = _pick_records(inputs, export, question, windows_of(question))
        yield from [offer] if offer is not None else []
        export = None
    whole, asked = collect(inputs, question, export)
    case, gathered = whole.case(asked), whole.gathered()
    narrowed, kept = narrow(whole, case, gathered.skipped)
    pinned = structs.replace(asked, baseline_job_id=asked.baseline_job_id or narrowed.baseline_job_id)
    yield Offer(narrowed, asked, case, build_case(kept, pinned, case.facts))
    yield Offer(whole, asked, case, case)


def _pick_records(inputs: Inputs, export: Export, question: Question, windows_of: WindowsOf) -> Offer | None:
    """Read a large export for a case, and again for only the records that it rests on; None if it cannot be settled."""
    documents, told = load_documents(inputs.facts), read_given_jobs(inputs)
    gathered = export.gather_twice(told.normalized[1], windows_of, by_name=is_by_name(question.keys))
    whole = inputs.facts.are_of_today()
    gathered = export.with_uses(gathered, question.keys, whole=whole) if gathered is not None else None
    if gathered is None:
        return None
    case = build_case(gathered, question, read_facts(documents))
    event_ids = frozenset(event.event_id for event in filter(matters_to(case), gathered.events))
    picked = collect_found(export.pick_events(event_ids), gathered.tally, told.items())
    picked = structs.replace(picked, documents=documents, asked_at=gathered.asked_at)
    collected, _ = narrow(picked, case, gathered.skipped)
    if len(collected.records) != len(event_ids):
        return None
    return Offer(collected, question, case, collected.case(question))
