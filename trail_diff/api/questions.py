"""The questions: each is a function that takes paths or records in memory, and returns an answer."""

from collections.abc import Callable, Iterable, Mapping, Sized
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from msgspec import structs

from trail_diff.api.arguments import reword
from trail_diff.api.material import (
    Fact,
    Item,
    Material,
    Moment,
    Names,
    is_frame,
    make_inputs,
    take_accounts,
    take_duration,
    take_fact,
    take_moment,
    take_names,
    take_organization_id,
    take_parameters,
    take_text,
    wrong_type,
)
from trail_diff.api.results import Diagnosis, Grouped, Listing, Trial
from trail_diff.case.question import DEFAULT_PAD, Question
from trail_diff.errors import TrailDiffError, UsageError
from trail_diff.gather.key_facts import FactFiles
from trail_diff.inputs import Inputs
from trail_diff.key_usage import list_callers, try_policy
from trail_diff.model.learnt import Coverage
from trail_diff.model.lists import CallerUse, JobRow
from trail_diff.pasted.arguments import take_keys
from trail_diff.pasted.explain import explain_nothing, explaining
from trail_diff.pasted.forms import find_job_id
from trail_diff.pipeline import analyse, list_jobs, load_case
from trail_diff.pipeline import triage as group_failures
from trail_diff.redaction.owner_map import make_pseudonyms
from trail_diff.redaction.redactor import Redactor
from trail_diff.render.lists import CALLERS, JOBS
from trail_diff.triaging.select import TriageFilter

if TYPE_CHECKING:
    from inspect import Signature

_Given = ParamSpec("_Given")
_Answer = TypeVar("_Answer")


def _explaining(question: Callable[_Given, _Answer]) -> Callable[_Given, _Answer]:
    """Return the question; its errors name its arguments, and one that it does not have is an error with a hint."""
    import inspect

    signature = inspect.signature(question)

    @wraps(question)
    def asked(*given: _Given.args, **named: _Given.kwargs) -> _Answer:
        try:
            _check_arguments(question.__name__, signature, given, named)
            return question(*given, **named)
        except TrailDiffError as error:
            reword(error, question)
            error.add_note(error.hint)  # a traceback shows it under the message
            raise

    return asked


def _check_arguments(name: str, signature: "Signature", given: tuple[Any, ...], named: dict[str, Any]) -> None:
    try:
        signature.bind(*given, **named)
    except TypeError as error:
        raise UsageError(f"{name}: {error}", hint=f"it takes {', '.join(signature.parameters)}") from error


@_explaining
def diagnose(
    events: Material | None = None,
    job_id: str | None = None,
    *,
    baseline_job_id: str | None = None,
    case: str | Path | None = None,
    jobs: Material | None = None,
    key_policy: Fact | None = None,
    key_state: Fact | None = None,
    grants: Fact | None = None,
    organization_id: str | None = None,
    keys: Names | None = None,
    account: str | None = None,
    regions: Names | None = None,
    start: Moment | None = None,
    end: Moment | None = None,
    pad: timedelta | str = DEFAULT_PAD,
    redact: bool = False,
) -> Diagnosis:
    """Explain why a job failed, comparing its events with those of one that succeeded. A bundle knows its question.

    Raises:
        TrailDiffError: what could not be used, with a hint; see errors for the kinds.
    """
    facts = FactFiles(
        take_fact(key_policy, "key_policy"),
        take_fact(key_state, "key_state"),
        take_fact(grants, "grants"),
        take_organization_id(organization_id),
    )
    inputs = _redacting(
        make_inputs(events, case=case, jobs=jobs, regions=regions, start=start, end=end, facts=facts), redact=redact
    )
    if case is None and not take_text(job_id, "job_id"):
        raise UsageError("which job? job_id is missing", hint="jobs(events) lists those found")
    baseline = take_text(baseline_job_id, "baseline_job_id")
    question = Question(
        find_job_id(job_id) if job_id else "",
        find_job_id(baseline) if baseline else None,
        take_keys(take_names(keys, "keys"), "keys"),
        take_accounts(take_text(account, "account"), "account")[0] if account is not None else None,
        take_names(regions, "regions"),
        take_duration(pad, "pad"),
    )
    with explaining(question, inputs):
        return Diagnosis(analyse(load_case(inputs, question)))


@_explaining
def jobs(
    events: Material,
    *,
    jobs: Material | None = None,
    regions: Names | None = None,
    start: Moment | None = None,
    end: Moment | None = None,
    redact: bool = False,
) -> Listing[JobRow]:
    """List the jobs found, each failed one with the baseline that it would be compared with.

    Raises:
        TrailDiffError: what could not be used, with a hint.
    """
    inputs = make_inputs(events, jobs=jobs, regions=regions, start=start, end=end)
    rows, coverage = list_jobs(_redacting(inputs, redact=redact))
    _refuse_wrong_files(rows, inputs, coverage)
    return Listing(rows, coverage, JOBS)


@_explaining
def triage(
    events: Material,
    *,
    jobs: Material | None = None,
    key_policy: Fact | None = None,
    since: Moment | None = None,
    vaults: Names | None = None,
    accounts: Names | None = None,
    regions: Names | None = None,
    pad: timedelta | str = DEFAULT_PAD,
    redact: bool = False,
) -> Grouped:
    """Explain every job that failed, and put those with the same cause together; `since` is when they were created.

    Raises:
        TrailDiffError: what could not be used, with a hint.
    """
    facts = FactFiles(key_policy=take_fact(key_policy, "key_policy"))
    inputs = _redacting(make_inputs(events, jobs=jobs, regions=regions, facts=facts), redact=redact)
    wanted = TriageFilter(
        start=take_moment(since, "since"),
        vaults=take_names(vaults, "vaults"),
        accounts=take_accounts(accounts, "accounts"),
    )
    answer, reports = group_failures(inputs, wanted, take_duration(pad, "pad"))
    _refuse_wrong_files(reports, inputs, answer.coverage)
    return Grouped(answer, reports)


@_explaining
def callers(
    events: Material,
    *,
    keys: Names | None = None,
    regions: Names | None = None,
    start: Moment | None = None,
    end: Moment | None = None,
    redact: bool = False,
) -> Listing[CallerUse]:
    """Count who made which KMS calls, on all keys or on the given ones.

    Raises:
        TrailDiffError: what could not be used, with a hint.
    """
    inputs = make_inputs(events, regions=regions, start=start, end=end)
    asked = take_keys(take_names(keys, "keys"), "keys")
    rows, coverage = list_callers(_redacting(inputs, redact=redact), asked)
    _refuse_wrong_files(rows, inputs, coverage)
    return Listing(rows, coverage, CALLERS)


@_explaining
def what_if(
    events: Material,
    key_policy: Fact,
    *,
    old: Fact | None = None,
    keys: Names | None = None,
    parameters: Mapping[str, str] | None = None,
    grants: Fact | None = None,
    organization_id: str | None = None,
    regions: Names | None = None,
    start: Moment | None = None,
    end: Moment | None = None,
    redact: bool = False,
) -> Trial:
    """Try a new key policy, or a plan with some, on the calls that were observed.

    Raises:
        TrailDiffError: what could not be used, with a hint.
    """
    facts = FactFiles(
        key_policy=take_fact(key_policy, "key_policy"),
        grants=take_fact(grants, "grants"),
        organization_id=take_organization_id(organization_id),
    )
    inputs = make_inputs(events, regions=regions, start=start, end=end, facts=facts)
    before, asked = take_fact(old, "old"), take_keys(take_names(keys, "keys"), "keys")
    return Trial(try_policy(_redacting(inputs, redact=redact), before, asked, take_parameters(parameters)))


@_explaining
def redact(documents: Iterable[Mapping[str, Any]] | Item, *, keep: Names | None = None) -> list[dict[str, Any]]:
    """Return documents (records, jobs, policies) with pseudonyms in place of names, the same one in all of them.

    Files are redacted by the command line, which compares what it wrote with what it read.

    Raises:
        UsageError: it is no document.
    """
    given = [documents] if isinstance(documents, Mapping) else documents
    if is_frame(given):
        raise wrong_type(given, "documents", "dicts")
    if isinstance(given, (str, bytes, Path)) or not isinstance(given, Iterable):
        raise UsageError(
            f"documents cannot be of type {type(documents).__name__}",
            hint="give dicts; for files: trail-diff redact IN -o OUT",
        )
    listed = list(given)
    if not all(isinstance(document, Mapping) for document in listed):
        raise UsageError("documents have to be dicts", hint="parse them: json.loads(text)")
    redactor = Redactor(make_pseudonyms(keep=take_names(keep, "keep")))
    plain = [dict(document) for document in listed]
    for document in plain:
        redactor.learn(document)
    return [redactor.redact(document) for document in plain]


def _refuse_wrong_files(rows: Sized, inputs: Inputs, coverage: Coverage) -> None:
    """Refuse files in which there is nothing of CloudTrail, where an answer has no rows.

    Raises:
        SourceError: all of them are foreign.
    """
    if not rows:
        explain_nothing(structs.replace(inputs, redactor=None), coverage)


def _redacting(inputs: Inputs, *, redact: bool) -> Inputs:
    return structs.replace(inputs, redactor=Redactor(make_pseudonyms())) if redact else inputs
