"""A collected case with pseudonyms: records, documents, counts and the question alike."""

import re
from collections.abc import Sequence

from msgspec import structs

from trail_diff.case.question import Question
from trail_diff.gather.key_facts import Document, FactDocuments
from trail_diff.gather.raw_case import Collected
from trail_diff.policy.documents.infrastructure.interface import Held, PlannedKey
from trail_diff.read.interface import FoundJob, FoundRecord, Tally
from trail_diff.redaction.redactor import Redactor

_FOLDERS = re.compile(r"\A[^!]*[/\\]|(?<=!)[^!]*[/\\]")


def redact_case(collected: Collected, question: Question, redactor: Redactor) -> tuple[Collected, Question]:
    """Replace every name of a case and of the question about it; job ids stay, so that it can still be asked for."""
    redactor.learn_id(question.job_id)
    learn_case(collected, redactor)
    documents = redact_facts(collected.documents, redactor)
    redacted = Collected(
        records=_redact_records(collected.records, redactor),
        job_documents=tuple(
            FoundJob(redactor.redact(job.document), redact_source(job.source, redactor))
            for job in collected.job_documents
        ),
        job_records=_redact_records(collected.job_records, redactor),
        documents=documents,
        key_usage=_redact_document(collected.key_usage, redactor),
        baseline_job_id=collected.baseline_job_id,
        tally=_redact_counts(collected.tally, redactor),
        skipped=tuple(structs.replace(one, source=redact_source(one.source, redactor)) for one in collected.skipped),
        notes=tuple(redactor.text(note) for note in collected.notes),
        asked_at=collected.asked_at,
    )
    keys = tuple(redactor.name_or_arn(key) for key in question.keys)
    return redacted, structs.replace(question, keys=keys, account=_redact_name(question.account, redactor))


def learn_case(collected: Collected, redactor: Redactor) -> None:
    """Take in the names that the records and the job documents tell."""
    for found in (*collected.records, *collected.job_records):
        redactor.learn(found.record)
    for job in collected.job_documents:
        redactor.learn(job.document)


def redact_facts(documents: FactDocuments, redactor: Redactor) -> FactDocuments:
    """Replace every name in what tells of the key."""
    facts = (documents.key_policy, documents.key_state, documents.grants)
    for fact in facts:
        redactor.learn(fact.content if fact else None)
    policy, state, grants = (_redact_document(fact, redactor) for fact in facts)
    return FactDocuments(policy, state, grants, _redact_name(documents.organization_id, redactor))


def redact_keys(keys: Sequence[PlannedKey], redactor: Redactor) -> tuple[PlannedKey, ...]:
    """Replace every name in the keys of an infrastructure document, once it is read: its own words look like names."""
    redactor.learn([[key.before, key.after] for key in keys])
    return tuple(_redact_key(key, redactor) for key in keys)


def _redact_key(key: PlannedKey, redactor: Redactor) -> PlannedKey:
    rename = redactor.name_or_arn
    return structs.replace(
        key,
        address=rename(key.address),
        names=frozenset(map(rename, key.names)),
        before=redactor.redact(key.before),
        after=redactor.redact(key.after),
        unknown=_redact_name(key.unknown, redactor),
        targets=frozenset(map(rename, key.targets)),
        held=tuple(_redact_held(one, redactor) for one in key.held),
    )


def _redact_held(held: Held, redactor: Redactor) -> Held:
    kind, slash, name = held.target.rpartition("/") if not held.target.startswith("arn:") else ("", "", held.target)
    before, after = (tuple(map(redactor.redact, side)) for side in (held.before, held.after))
    target, address = f"{kind}{slash}{redactor.name_or_arn(name)}", redactor.name_or_arn(held.address)
    return structs.replace(held, target=target, address=address, before=before, after=after)


def redact_source(source: str, redactor: Redactor) -> str:
    """Replace the names in where something was read; of a path on this machine, only the file's own name stays."""
    if source.startswith("s3://"):
        return f"s3://{redactor.name_or_arn(source.removeprefix('s3://'))}"
    is_call = source.startswith("aws ")
    return redactor.text(source if is_call else _FOLDERS.sub("", source))


def _redact_records(records: Sequence[FoundRecord], redactor: Redactor) -> tuple[FoundRecord, ...]:
    return tuple(FoundRecord(redactor.redact(found.record), redact_source(found.source, redactor)) for found in records)


def _redact_document(document: Document | None, redactor: Redactor) -> Document | None:
    return Document(redact_source(document.source, redactor), redactor.redact(document.content)) if document else None


def _redact_name(name: str | None, redactor: Redactor) -> str | None:
    return redactor.name_or_arn(name) if name else name


def _redact_counts(tally: Tally, redactor: Redactor) -> Tally:
    """Return the counts with the accounts that they are told by replaced."""
    redacted = tally.merge(Tally())
    redacted.hours = {
        (region, redactor.name_or_arn(account), hour): count for (region, account, hour), count in tally.hours.items()
    }
    redacted.searched = {
        (region, redactor.name_or_arn(account), first, last) for region, account, first, last in tally.searched
    }
    return redacted
