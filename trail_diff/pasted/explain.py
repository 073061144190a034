"""Explains what was asked about and not found: what it is instead, judged by what was read, and what to do.

An export on disk is read again, as if no Region and no time had been asked for. Anything else is not: then the form of
what was asked has to do. Where names are to be replaced, they are in what is told of a job, but for what was asked
itself; notes are then left out. A large export is not read again for a note.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from msgspec import structs

from trail_diff.arns import last_name
from trail_diff.case.builder import advise_again, tell_reading
from trail_diff.case.coverage import is_damage
from trail_diff.case.gathered import Gathered
from trail_diff.case.question import Question
from trail_diff.errors import JobNotFoundError, SourceError
from trail_diff.gather.exports import Export
from trail_diff.inputs import Inputs, gather_inputs
from trail_diff.model.learnt import Coverage, Job, Skipped
from trail_diff.model.reasons import Reason
from trail_diff.pasted.arguments import list_command
from trail_diff.pasted.forms import Pasted, recognize
from trail_diff.pasted.refusals import point_at_refused
from trail_diff.pasted.wording import EXPORT_EVENTS, KINDS, advise, refuse, step
from trail_diff.read.interface import ReadOptions

if TYPE_CHECKING:
    from trail_diff.redaction.redactor import Redactor

_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".pdf")
_MOST_NAMED = 3
_ALIKE = 0.8
"""How alike two ids have to be for one to be a slip of the other: some eight of 36 signs may differ."""
_SHORTEST_PREFIX = 4

_FOREIGN = {
    Reason.NOT_CLOUDTRAIL,
    Reason.BINARY_FILE,
    Reason.TEXT_NOT_READ,
    Reason.EMPTY_FILE,
    Reason.YAML_NOT_READ,
    Reason.DIGEST_FILE,
}
_LOCKED = {Reason.ENCRYPTED_ARCHIVE: "locked-archive", Reason.UNSUPPORTED_ARCHIVE: "other-archive"}
_FIELD = re.compile(rb"event(?:Version|Source|Name|Time)|userIdentity|CloudTrailEvent|BackupJob|Records", re.IGNORECASE)
_ERROR = re.compile(rb"An error occurred \((\w+)\)|<Error>\s*<Code>(\w+)</Code>")
_HEAD = 1 << 16

Told = tuple[str, str]
"""What was seen, and what to do."""


@contextmanager
def explaining(question: Question, inputs: Inputs) -> Iterator[None]:
    """Add to the error that a job is not found what was given instead, where that is known.

    Raises:
        JobNotFoundError: the job is not found.
    """
    try:
        yield
    except JobNotFoundError as error:
        raise explain_missing(error, question, inputs) from error


def explain_missing(error: JobNotFoundError, question: Question, inputs: Inputs) -> JobNotFoundError:
    """Return the error that a job was not found, with what was given instead where that can be told."""
    missing, option = question.job_id, "--job-id"
    baseline = question.baseline_job_id
    if baseline is not None and error.job_id.casefold() == baseline.casefold():
        missing, option = baseline, "--baseline-job-id"
    redactor = inputs.redactor
    seen = recognize(missing if redactor is None else redactor.restore(missing))
    inputs = structs.replace(inputs, redactor=None)
    if not _can_read_again(inputs):
        told = _tell_form(seen)
    else:
        gathered = _read_all(inputs)
        if missing == baseline:
            others = [job for job in gathered.jobs if job.id.casefold() != question.job_id.casefold()]
            gathered = structs.replace(gathered, jobs=tuple(others))
        told = (
            _tell_files(gathered, inputs)
            or _tell_kind(seen, gathered, option, inputs)
            or _tell_selection(missing, question, gathered)
            or _tell_span(gathered)
            or _tell_near(seen.value, gathered, option)
            or _tell_others(seen, gathered, inputs)
        )
    if told is not None and redactor is not None:
        told = _hide(told, seen.value, missing.strip(), redactor)
    return JobNotFoundError(told[0], hint=told[1], job_id=missing) if told else error


def _name_source(inputs: Inputs, *, is_of_calls: bool = False) -> str:
    """Return the options of a command that reads the same: of one that lists calls, no files about jobs."""
    given = [("--events", path) for path in inputs.events]
    given += [] if is_of_calls else [("--job", path) for path in inputs.jobs]
    return "".join(f" {option} {quote(str(path))}" for option, path in given)


def _hide(told: Told, plain: str, given: str, redactor: "Redactor") -> Told:
    """Return what is told with its names replaced, but for what was asked, which stands as it was given."""
    seen, hint = (given.join(map(redactor.text, part.split(plain))) for part in told)
    return seen, hint


def explain_nothing(inputs: Inputs, coverage: Coverage) -> str | None:
    """Return in one line why a list may have no rows: other Regions, or another time, than was asked for.

    Where calls of KMS were refused, or errors of other services say so, it names what explains them.

    Raises:
        SourceError: the files hold nothing of CloudTrail or AWS Backup, or nothing that can be read.
    """
    is_read_again = _can_read_again(inputs) and not Export(inputs.events, ReadOptions()).is_large
    gathered = _read_all(inputs) if is_read_again else None
    unusable = _tell_files(gathered, inputs) if gathered else None
    unusable = unusable or (None if coverage.holds_anything() else _tell_nothing(coverage))
    if unusable:
        raise SourceError(unusable[0], hint=unusable[1])
    told = gathered and (_tell_regions(inputs.options.regions, gathered) or _tell_time(inputs.options, gathered))
    if told or gathered is None:
        return "; ".join(told) if told else None
    return point_at_refused((event.error_code for event in gathered.events if event.accesses), inputs)


def explain_no_jobs(inputs: Inputs, coverage: Coverage) -> str | None:
    """Return in one line why a list of jobs may have no rows: as `explain_nothing`, or jobs are there that do not fit.

    Raises:
        SourceError: the files hold nothing of CloudTrail or AWS Backup.
    """
    told = explain_nothing(inputs, coverage)
    if told or not _can_read_again(inputs) or Export(inputs.events, ReadOptions()).is_large:
        return told
    jobs = _read_all(inputs).jobs
    fitting = {"count": len(jobs), "span": _span_of(jobs) or "no known time", "source": _name_source(inputs)}
    return "; ".join(advise("no-job-fits", **fitting)) if jobs else None


def explain_no_calls(keys: Sequence[str], inputs: Inputs, *, is_told: bool = False) -> str | None:
    """Return in one line which key was probably meant, when no call on one was read, as may be told already.

    Raises:
        UsageError: it is no key but a job.
    """
    if not keys or not _can_read_again(inputs) or Export(inputs.events, ReadOptions()).is_large:
        return None
    gathered, value = _read_all(inputs), keys[0]
    names = sorted({one.key for one in gathered.key_names()})
    if value.casefold() in {name.casefold() for name in names}:
        return None
    if not value.startswith("arn:") and _names_key(value, names):
        return None
    job = next((job for job in gathered.jobs if job.id.casefold() == value.casefold()), None)
    if job is not None:
        advice = step("key-of-job", key=job.key) if job.key else step("explain-job", _name_source(inputs), value=job.id)
        raise refuse("job-as-key", option="--key", value=value, advice=advice)
    by_id = {(last_name(name) or name).casefold(): name for name in names}
    near = _nearest(last_name(value) or value, by_id)
    if near:
        return "; ".join(advise("near-key", value=value, near=by_id[near[0]]))
    return None if is_told else "; ".join(advise("no-key", value=value))


def _can_read_again(inputs: Inputs) -> bool:
    is_on_disk = bool(inputs.events) and not inputs.buckets and "-" not in inputs.events
    return is_on_disk and inputs.redactor is None and all(Path(path).exists() for path in inputs.events)


def _read_all(inputs: Inputs) -> Gathered:
    whole = structs.replace(inputs, options=ReadOptions(processes=inputs.options.processes))
    return gather_inputs(whole, lambda _gathered: ())


def _tell_form(seen: Pasted) -> Told | None:
    """Return what was given in place of a job id, by its form alone."""
    if seen.kind in {"id", "job", "other"}:
        return None
    return advise("not-a-job", value=seen.value, what=KINDS[seen.kind], advice=list_command(seen))


def _tell_kind(seen: Pasted, gathered: Gathered, option: str, inputs: Inputs) -> Told | None:
    """Return what was given in place of a job id, with the jobs that it has to do with."""
    value = seen.value
    if seen.kind == "key" or (seen.kind == "id" and _names_key(value, _keys_of(gathered))):
        jobs = [job for job in gathered.jobs if _names_key(value, job.keys)]
        what, otherwise = KINDS["key"], step("key-callers", _name_source(inputs, is_of_calls=True), value=value)
        return advise("not-a-job", value=value, what=what, advice=_offer(jobs, otherwise, option))
    jobs = [job for job in gathered.jobs if _is_about(job, seen)]
    if not jobs and seen.kind in {"id", "job", "other"}:
        return None
    advice = _offer(
        jobs, step("list-jobs", _name_source(inputs)) if seen.kind != "file" else list_command(seen), option
    )
    if seen.kind in {"id", "job", "other"}:
        return advise("named-by-jobs", value=value, advice=advice)
    return advise("not-a-job", value=value, what=KINDS[seen.kind], advice=advice)


def _is_about(job: Job, seen: Pasted) -> bool:
    """Check whether a job is about a recovery point, resource, vault or account, or is part of another job."""
    value = seen.value.casefold()
    if seen.kind == "account":
        return job.account == seen.value
    arns = (job.recovery_point, job.resource, job.parent, job.vault, job.role)
    named = (*arns, last_name(job.resource), last_name(job.vault))
    point = (job.recovery_point or "").casefold()
    if seen.kind in {"region", "message"}:
        return value in ((job.region if seen.kind == "region" else job.message) or "").casefold()
    return value in {one.casefold() for one in named if one} or point.endswith((f":{value}", f"/{value}"))


def _tell_files(gathered: Gathered, inputs: Inputs) -> Told | None:
    """Return that the files hold nothing of CloudTrail: the wrong files, an empty one, an error in place of events."""
    told = _tell_folders(gathered, inputs) or _tell_archives(gathered)
    foreign = {one.source for one in gathered.skipped if _is_foreign(one)}
    if told or not foreign or not _is_nothing_but(foreign, gathered):
        return told
    if {one.reason for one in gathered.skipped} == {Reason.EMPTY_FILE}:
        return advise("empty", value=", ".join(inputs.events))
    error = _ERROR.search(_read_head(inputs.events[0])) if len(inputs.events) == 1 else None
    if error:
        code = (error[1] or error[2]).decode()
        return advise("error-in-file", value=inputs.events[0], code=code, command=EXPORT_EVENTS)
    return advise("wrong-file", value=", ".join(inputs.events), command=EXPORT_EVENTS)


def _tell_nothing(coverage: Coverage) -> Told:
    """Return that nothing could be read, and for which reasons."""
    read = tell_reading(coverage.records_read, coverage.files_read, coverage.skipped)
    seen, hint = advise("nothing-read", read=read, command=EXPORT_EVENTS)
    return seen, advise_again(coverage.skipped, coverage.warnings) or hint


def _tell_archives(gathered: Gathered) -> Told | None:
    """Return that all is in archives that cannot be opened here."""
    locked = [one.source for one in gathered.skipped if one.reason in _LOCKED]
    if not locked or len(locked) < max(len(gathered.skipped), gathered.tally.files):
        return None
    return advise(_LOCKED[gathered.skipped[0].reason], value=locked[0])


def _tell_folders(gathered: Gathered, inputs: Inputs) -> Told | None:
    """Return that all is pictures, or that the folders are wrong ones."""
    binary = [one.source for one in gathered.skipped if one.reason == Reason.BINARY_FILE]
    if binary and len(binary) == len(gathered.skipped) == gathered.tally.files and not gathered.jobs:
        case = "picture" if binary[0].lower().endswith(_PICTURES) else "binary"
        return advise(case, value=binary[0], command=EXPORT_EVENTS)
    folders = [path for path in inputs.events if Path(path).is_dir()]
    foreign = {one.source for one in gathered.skipped if _is_foreign(one)}
    if folders and len(folders) == len(inputs.events) and _is_nothing_but(foreign, gathered):
        return advise("wrong-folder", value=", ".join(folders), command=EXPORT_EVENTS)
    return None


def _is_nothing_but(foreign: Collection[str], gathered: Gathered) -> bool:
    """Check whether files were read, and all of them are foreign."""
    is_read = gathered.tally.records or gathered.jobs or not gathered.tally.files
    return not is_read and len(foreign) >= gathered.tally.files and all(map(_is_foreign, gathered.skipped))


def _is_foreign(skipped: Skipped) -> bool:
    """Check whether something was skipped as what has nothing to do with CloudTrail, not as damaged or locked.

    Broken JSON is damaged where its beginning names a field of an export, or cannot be read as text.
    """
    if skipped.reason in {Reason.INVALID_JSON, Reason.TRUNCATED_JSON}:
        head = _read_head(skipped.source)
        return bool(head) and b"\0" not in head and not _FIELD.search(head)
    return skipped.reason in _FOREIGN or skipped.reason.startswith("repaired-")


def _read_head(path: str) -> bytes:
    """Return the beginning of a file; nothing of a member of an archive."""
    try:
        with Path(path).open("rb") as file:
            return file.read(_HEAD)
    except (OSError, ValueError):
        return b""


def _keys_of(gathered: Gathered) -> list[str]:
    """Return the keys of the jobs and of the events."""
    keys = [key for job in gathered.jobs for key in job.keys]
    return keys + [one.key for one in gathered.key_names()]


def _names_key(value: str, keys: Sequence[str]) -> bool:
    """Check whether a key's ARN, id or alias is among others."""
    name = value.rpartition("/")[2].casefold()
    return any(key.casefold() == value.casefold() or key.rpartition("/")[2].casefold() == name for key in keys)


def _offer(jobs: Sequence[Job], otherwise: str, option: str) -> str:
    """Return which jobs to ask about: those that did not complete first, except where a baseline is wanted."""
    failed = [job for job in jobs if job.state != "COMPLETED"] if option == "--job-id" else []
    listed = failed or list(jobs)
    if not listed:
        return otherwise
    named = ", ".join(job.id for job in listed[:_MOST_NAMED])
    more = step("more", count=len(listed) - _MOST_NAMED) if len(listed) > _MOST_NAMED else ""
    return step("ask-jobs", state=step("failed") if failed else "", jobs=named, more=more, option=option)


def _tell_selection(missing: str, question: Question, gathered: Gathered) -> Told | None:
    """Return that the job is there, or that other Regions are, when --region or --from left it out."""
    told = _tell_regions(question.regions, gathered)
    if told:
        return told
    job = next((job for job in gathered.jobs if job.id.casefold() == missing.casefold()), None)
    return advise("left-out", value=job.id) if job and question.account in {None, job.account} else None


def _tell_regions(asked: Sequence[str], gathered: Gathered) -> Told | None:
    others = sorted(gathered.tally.regions())
    if not asked or not others or set(asked) & set(others):
        return None
    return advise("other-region", regions=", ".join(others), asked=", ".join(asked), first=others[0])


def _tell_time(asked: ReadOptions, gathered: Gathered) -> Told | None:
    first, last = gathered.tally.first, gathered.tally.last
    if first is None or last is None or not (asked.start or asked.end):
        return None
    is_before = asked.start is not None and last < f"{asked.start:%Y-%m-%dT%H:%M:%SZ}"
    is_after = asked.end is not None and first > f"{asked.end:%Y-%m-%dT%H:%M:%SZ}"
    return advise("other-time", span=_span(first, last)) if is_before or is_after else None


def _tell_span(gathered: Gathered) -> Told | None:
    """Return which days and places the records are of, when they tell of no job at all."""
    tally = gathered.tally
    is_whole = not any(is_damage(one) for one in gathered.skipped)
    if not is_whole or gathered.jobs or not tally.records or tally.first is None or tally.last is None:
        return None
    regions = ", ".join(sorted(tally.regions()))
    return advise("no-job-in-records", count=tally.records, span=_span(tally.first, tally.last), regions=regions)


def _span(first: str, last: str) -> str:
    return f"{first[:16]}Z" if first[:10] == last[:10] else f"{first[:16]}Z to {last[:16]}Z"


def _tell_others(seen: Pasted, gathered: Gathered, inputs: Inputs) -> Told | None:
    """Return which days and Regions the jobs are of, or how an id looks, when all was read and another was asked."""
    is_whole, value = not any(is_damage(one) for one in gathered.skipped), seen.value
    span, regions = _span_of(gathered.jobs), ", ".join(sorted({job.region for job in gathered.jobs if job.region}))
    if not is_whole or value.casefold() in {job.id.casefold() for job in gathered.jobs}:
        return None
    count, source, example = len(gathered.jobs), _name_source(inputs), _example(gathered.jobs)
    if seen.kind == "other" and example:
        return advise("no-id", value=value, count=count, first=example, source=source)
    if not span or not regions:
        return None
    return advise("other-jobs", value=value, count=count, span=span, regions=regions, source=source)


def _example(jobs: Sequence[Job]) -> str | None:
    """Return the id of a job that failed, or of another; None where their ids have no form in common."""
    if not jobs or any(recognize(job.id).kind != "id" for job in jobs):
        return None
    return next((job.id for job in jobs if job.state == "FAILED"), jobs[0].id)


def _span_of(jobs: Sequence[Job]) -> str:
    """Return from when to when jobs were created; nothing where that is not known of any."""
    times = sorted(f"{job.created:%Y-%m-%dT%H:%M}" for job in jobs if job.created)
    return _span(times[0], times[-1]) if times else ""


def _tell_near(value: str, gathered: Gathered, option: str) -> Told | None:
    """Return the jobs whose id begins as what was given, or differs from it by a slip."""
    by_id = {job.id.casefold(): job.id for job in gathered.jobs}
    near = [by_id[one] for one in _nearest(value, by_id)] if value.casefold() not in by_id else []
    if not near:
        return None
    case = "near-job" if len(near) == 1 else "near-jobs"
    return advise(case, value=value, count=len(by_id), near=", ".join(near), option=option)


def _nearest(value: str, ids: Iterable[str]) -> list[str]:
    name, ids = value.casefold(), list(ids)
    begun = [one for one in ids if one.startswith(name)] if len(name) >= _SHORTEST_PREFIX else []
    return begun[:_MOST_NAMED] or get_close_matches(name, ids, n=1, cutoff=_ALIKE)
