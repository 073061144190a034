"""The calls to expect of a failed job when no succeeded job can be compared with it.

AWS is known to make some calls for such a job (profiles). Another succeeded job of the same resource type, on another
vault and resource, lends its own, mapped to the failed job's keys. A job's keys that are not known have no such calls.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from msgspec import structs

from trail_diff.arns import arn_resource, last_name
from trail_diff.case.correlate import job_window, tie_events
from trail_diff.case.gathered import Gathered
from trail_diff.case.keys import learn_keys
from trail_diff.events.jobs import has_issues, is_finished, is_succeeded
from trail_diff.events.vaults import resource_type_of
from trail_diff.model.learnt import Caller, Event, ExpectedCall, Job, KeyAccess, Window
from trail_diff.model.reasons import Reason
from trail_diff.profiles.expected import expected_calls
from trail_diff.times import parse_time

MOST_LENDERS = 3


def expect_calls(failed: Job, gathered: Gathered, pad: timedelta) -> tuple[ExpectedCall, ...]:
    """Return the calls to expect of a job that failed, each once; what another job shows comes before what is known."""
    if failed.kind == "window" or not is_finished(failed) or is_succeeded(failed):
        return ()
    found = [*_lent(failed, gathered, pad), *expected_calls(failed)]
    first = {(one.event.caller.across_sessions(), one.action, one.key): one for one in reversed(found)}
    return tuple(one for one in found if first[one.event.caller.across_sessions(), one.action, one.key] is one)


def find_lenders(failed: Job, jobs: Sequence[Job]) -> Sequence[Job]:
    """Return the succeeded jobs of the same kind, resource type, account and Region, the nearest in time first."""
    alike = [
        job
        for job in jobs
        if job is not failed
        and (job.kind, job.account, job.region) == (failed.kind, failed.account, failed.region)
        and resource_type_of(job) == resource_type_of(failed) is not None
        and is_succeeded(job)
        and not has_issues(job)
    ]
    return sorted(alike, key=lambda job: _apart(failed, job))[:MOST_LENDERS]


def _apart(failed: Job, job: Job) -> float:
    return abs((failed.created - job.created).total_seconds()) if failed.created and job.created else float("inf")


def _lent(failed: Job, gathered: Gathered, pad: timedelta) -> Iterator[ExpectedCall]:
    newest = parse_time(gathered.tally.newest())
    for lender in find_lenders(failed, gathered.jobs):
        window = job_window(lender, pad, newest)
        if window is not None:
            yield from _calls_of(lender, failed, gathered, window)


def _calls_of(lender: Job, failed: Job, gathered: Gathered, window: Window) -> Iterator[ExpectedCall]:
    """Yield the lender's successful calls on those of its keys whose part is known in both jobs."""
    roles = learn_keys(lender, window, gathered.found(), gathered.jobs)
    parts = {one.key: one.role for one in reversed(roles)}
    side = tie_events(lender, window, gathered.found(), tuple(parts), gathered.jobs)
    for tie in side.events:
        for access in tie.event.accesses if tie.event.error_code is None else ():
            role = parts.get(access.key or "")
            key = failed.key_of(role) if role else None
            if role is not None and key is not None:
                yield ExpectedCall(
                    event=_as_of(tie.event, access.action, key, lender, failed),
                    action=access.action,
                    key=key,
                    key_role=role,
                    basis=Reason.EXPECTED_FROM_OTHER_JOB,
                    grade="inferred",
                    lender=lender.id,
                )


def _as_of(event: Event, action: str, key: str, lender: Job, failed: Job) -> Event:
    """Return the lender's call as the failed job would make it: by its role, on its key, about its vault and resource.

    A context with a value that cannot be mapped is left out with all request parameters, which makes it unknown.
    """
    names = names_between(lender, failed)
    context = {name: names.get(value) for name, value in event.encryption_context.items()}
    known = {name: value for name, value in context.items() if value is not None}
    is_known = bool(known) and len(known) == len(context)
    scope = {name: names.get(str(value)) for name, value in event.in_scope_of.items()}
    return structs.replace(
        event,
        event_time=failed.created or failed.completed or event.event_time,
        caller=_caller(event.caller, lender, failed),
        accesses=(KeyAccess(action, key),),
        resources=(key,),
        encryption_context=known if is_known else {},
        request_parameters={"encryptionContext": known} if is_known else {},
        in_scope_of=scope if all(scope.values()) else {},
    )


def names_between(lender: Job, failed: Job) -> Mapping[str, str]:
    """Return what the names of another job's vault and resource are in the failed job; its account is the same."""
    pairs = [
        (lender.vault, failed.vault),
        (last_name(lender.vault), last_name(failed.vault)),
        (lender.resource, failed.resource),
        (last_name(lender.resource), last_name(failed.resource)),
        (arn_resource(lender.resource), arn_resource(failed.resource)),
        (lender.account, failed.account),
    ]
    return {own: other for own, other in reversed(pairs) if own and other}


def _caller(caller: Caller, lender: Job, failed: Job) -> Caller:
    """Return the failed job's role where the lender's role called."""
    if caller.role_arn is None or caller.role_arn != lender.role or failed.role is None:
        return caller
    return structs.replace(caller, name=last_name(failed.role), role_arn=failed.role, arn=None)
