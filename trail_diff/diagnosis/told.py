"""The refused call that no record shows, and that the job's own message tells of: caller, action and key. Pure."""

from collections.abc import Iterable

from trail_diff.arns import arn_region
from trail_diff.diagnosis.examined import began
from trail_diff.events.denials import read_denial
from trail_diff.events.normalize import KMS
from trail_diff.events.relayed import find_key, named_caller
from trail_diff.model.codes import CallerKind
from trail_diff.model.learnt import Caller, Case, Denial, Event, KeyAccess
from trail_diff.model.report import CallerGroup, Calls


def told_denial(case: Case) -> Denial | None:
    """Return what the failed job's message says of a refused call of KMS; AWS Backup passes on what KMS answered."""
    denial = read_denial(case.failed.job.message, "AccessDenied")
    is_of_kms = denial is not None and (denial.action or "").lower().startswith("kms:")
    return denial if is_of_kms and denial is not None and denial.layer is not None else None


def told_caller(case: Case, groups: Iterable[CallerGroup]) -> Caller | None:
    """Return the caller that the message names: as the records have it, else as it says."""
    job, denial = case.failed.job, told_denial(case)
    action = ((denial.action if denial else None) or "").lower()
    callers = (group.caller for group in groups if group.action.lower() == action)
    named = (caller for caller in callers if _is_named(caller, job.message or ""))
    return next(named, None) or named_caller(job.message or "", job.account, job.role)


def told_call(case: Case, groups: Iterable[CallerGroup]) -> tuple[CallerGroup, tuple[Event, KeyAccess]] | None:
    """Return the call as a group of its own, and the event that stands for it; None where not all of it is told."""
    job, denial, caller = case.failed.job, told_denial(case), told_caller(case, groups)
    key = find_key(job.message) or job.key
    if denial is None or denial.action is None or caller is None or key is None:
        return None
    access, moment = KeyAccess(denial.action, key), began(case)
    event = Event(
        event_id="",
        event_time=moment,
        event_source=KMS,
        event_name=denial.action.removeprefix("kms:"),
        caller=caller,
        aws_region=arn_region(key),
        recipient_account_id=caller.account,
        accesses=(access,),
    )
    refused = Calls(calls=1, errors=1, first=moment, last=moment)
    return CallerGroup(caller, denial.action, key, refused, Calls(), "only-failed"), (event, access)


def _is_named(caller: Caller, message: str) -> bool:
    """Check whether a refusal names the caller: by its ARN, a service principal by its name."""
    name = caller.name if caller.kind is CallerKind.SERVICE_PRINCIPAL else caller.arn
    return bool(name) and f" {name} is not authorized" in f" {message}"
