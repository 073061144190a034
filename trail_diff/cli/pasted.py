"""What was pasted where a job id is wanted: what it is instead, and what to do about it.

`find_job_id` takes a job id out of what stands around it before anything is read; `explain_missing` says of one that
was not found what it is, from what was read.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from trail_diff.errors import JobNotFoundError

if TYPE_CHECKING:
    from trail_diff.case.builder import Question
    from trail_diff.case.gathered import Gathered
    from trail_diff.inputs import Inputs
    from trail_diff.model.learnt import Job

Kind = Literal["id", "job", "key", "recovery-point", "resource", "account", "file", "other"]

_UUID = re.compile(
    r"(?<![0-9a-z])(?:mrk-)?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![0-9a-z])"
    r"|(?<![0-9a-z])mrk-[0-9a-f]{32}(?![0-9a-z])",
    re.IGNORECASE,
)
_AROUND = " \t\r\n'\"`“”\u2018\u2019«»<>()[]{},;"
_JOB_PLACE = re.compile(r"job", re.IGNORECASE)
_KEY_PLACE = re.compile(r"kms|\bkey/|\bkeys/|alias/|^mrk-", re.IGNORECASE)
_FILE = re.compile(r"^(?:[a-z]:)?[\\/~.]|[\\/]|\.(?:json|gz|zip|csv|html?|png|pdf|txt)$", re.IGNORECASE)
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".pdf")
_MOST_NAMED = 3


class Pasted(NamedTuple):
    """What a text is, and the id in it that may be a job's."""

    kind: Kind
    value: str


def recognize(text: str) -> Pasted:
    """Return what a pasted text is, by its form alone."""
    plain = text.strip(_AROUND).rstrip(_AROUND + ".")
    found = _UUID.search(plain)
    if found and found[0] == plain and not plain.startswith("mrk-"):
        return Pasted("id", plain)
    if plain.startswith("arn:"):
        return _recognize_arn(plain)
    if _KEY_PLACE.search(plain):
        return Pasted("key", found[0] if found else plain)
    if found and (_JOB_PLACE.search(plain) or not _FILE.search(plain)):
        return Pasted("job", found[0])
    if re.fullmatch(r"\d{4}-?\d{4}-?\d{4}", plain):
        return Pasted("account", plain)
    return Pasted("file" if _FILE.search(plain) else "other", plain)


def find_job_id(text: str) -> str:
    """Return the job id in a text: without quotes, spaces and line breaks, out of an ARN, an address or a sentence."""
    seen = recognize(text)
    return seen.value if seen.kind in {"id", "job"} else text.strip(_AROUND) or text


def explain_missing(error: JobNotFoundError, question: "Question", inputs: "Inputs") -> JobNotFoundError:
    """Return the error that a job was not found, with what was given instead where that can be told.

    An export on disk is read again, as if no Region and no time had been asked for; anything else is not, nor one
    whose names are to be replaced.
    """
    if not inputs.events or inputs.buckets or "-" in inputs.events or inputs.redactor is not None:
        return error
    from msgspec import structs

    from trail_diff.inputs import gather_inputs
    from trail_diff.read.interface import ReadOptions

    whole = structs.replace(inputs, options=ReadOptions(processes=inputs.options.processes))
    gathered = gather_inputs(whole, lambda _gathered: ())
    seen = recognize(question.job_id)
    told = (
        _tell_files(gathered)
        or _tell_kind(seen, gathered)
        or _tell_selection(question, gathered)
        or _tell_span(gathered)
    )
    return JobNotFoundError(told[0], hint=told[1]) if told else error


Told = tuple[str, str]
"""What was seen, and what to do."""


def _recognize_arn(arn: str) -> Pasted:
    service, resource = [*arn.split(":", 5), "", "", ""][2], arn.split(":", 5)[-1]
    found = _UUID.search(resource)
    if service == "kms":
        return Pasted("key", arn)
    if found and _JOB_PLACE.search(resource.partition(found[0])[0]):
        return Pasted("job", found[0])
    is_point = resource.startswith(("recovery-point", "snapshot/", "image/")) or "/backup/" in resource
    return Pasted("recovery-point" if is_point else "resource", arn)


def _tell_kind(seen: Pasted, gathered: "Gathered") -> Told | None:
    """Return what was given in place of a job id, with the jobs that it has to do with."""
    value = seen.value
    if seen.kind in {"key", "id"} and (seen.kind == "key" or _names_key(value, _keys_of(gathered))):
        jobs = [job for job in gathered.jobs if _names_key(value, job.keys)]
        return f"{value} is a key, not a job", _offer(jobs, f"trail-diff callers --key {value} lists who uses it")
    jobs = [
        job
        for job in gathered.jobs
        if value in {job.recovery_point, job.resource, job.parent} or _ends_with(job, value)
    ]
    if jobs or seen.kind in {"recovery-point", "resource"}:
        what = "a recovery point" if seen.kind == "recovery-point" else "a resource"
        what = what if seen.kind != "id" else "the id of something that jobs are about"
        return f"{value} is {what}, not a job", _offer(jobs, "'trail-diff jobs' lists the jobs found")
    if seen.kind == "account":
        jobs = [job for job in gathered.jobs if job.account == value.replace("-", "")]
        return f"{value} is an account, not a job", _offer(jobs, "'trail-diff jobs' lists the jobs found")
    if seen.kind == "file":
        return f"{value} looks like a file, not a job", f"exports go after --events: --events {value!r} --job-id ID"
    return None


def _tell_files(gathered: "Gathered") -> Told | None:
    """Return that the files hold nothing of CloudTrail, where none of them is text."""
    from trail_diff.model.reasons import Reason

    binary = [one.source for one in gathered.skipped if one.reason == Reason.BINARY_FILE]
    if gathered.tally.records or gathered.jobs or not binary or len(binary) < len(gathered.skipped):
        return None
    is_picture = binary[0].lower().endswith(_PICTURES)
    what = "an image or a PDF" if is_picture else "no text"
    return f"{binary[0]} is {what}, not an export", (
        "export the events themselves: aws cloudtrail lookup-events --output json > events.json"
    )


def _keys_of(gathered: "Gathered") -> list[str]:
    """Return the keys of the jobs and of the events."""
    keys = [key for job in gathered.jobs for key in job.keys]
    return keys + [one.key for one in gathered.key_names()]


def _names_key(value: str, keys: Sequence[str]) -> bool:
    """Check whether a key's ARN, id or alias is among others."""
    name = value.rpartition("/")[2].casefold()
    return any(key.casefold() == value.casefold() or key.rpartition("/")[2].casefold() == name for key in keys)


def _ends_with(job: "Job", value: str) -> bool:
    return job.recovery_point is not None and job.recovery_point.casefold().endswith(f":{value.casefold()}")


def _offer(jobs: Sequence["Job"], otherwise: str) -> str:
    """Return which jobs to ask about: those that did not complete first."""
    failed = [job for job in jobs if job.state != "COMPLETED"]
    listed = failed or list(jobs)
    if not listed:
        return otherwise
    named = ", ".join(job.id for job in listed[:_MOST_NAMED])
    more = f" and {len(listed) - _MOST_NAMED} more" if len(listed) > _MOST_NAMED else ""
    return f"its {'failed ' if failed else ''}jobs are {named}{more}: give one with --job-id"


def _tell_selection(question: "Question", gathered: "Gathered") -> Told | None:
    """Return that the job is there, or that other Regions are, when --region or --from left it out."""
    asked, others = question.regions, sorted(gathered.tally.regions())
    if asked and others and not set(asked) & set(others):
        return f"the records are of {', '.join(others)}, none of {', '.join(asked)}", f"give --region {others[0]}"
    job = next((job for job in gathered.jobs if job.id.casefold() == question.job_id.casefold()), None)
    if job is not None and question.account in {None, job.account}:
        return f"job {job.id} is in the export, but outside of --region, --from and --to", "leave these out"
    return None


def _tell_span(gathered: "Gathered") -> Told | None:
    """Return which days and places the records are of, when they tell of no job at all."""
    tally = gathered.tally
    if gathered.jobs or not tally.records or tally.first is None or tally.last is None:
        return None
    places = ", ".join(sorted(tally.regions()))
    span = tally.first[:16] if tally.first[:10] == tally.last[:10] else f"{tally.first[:16]} to {tally.last[:16]}"
    return (
        f"no job in the {tally.records} records read, which are of {span}Z in {places}",
        "export the day and the Region of the job, or describe it with --job FILE (aws backup describe-backup-job)",
    )
