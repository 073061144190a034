"""The cause in the kind of key: an AWS managed key cannot be used by another account, nor its policy edited.

Evidence: DescribeKey (`KeyManager` is AWS), or an `alias/aws/…` in a request that the key answered to.
"""

from collections.abc import Iterator, Mapping

from trail_diff.arns import arn_account
from trail_diff.case.correlate import is_job_role
from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.hypotheses.interface import CauseText, Hypothesis, refuted
from trail_diff.diagnosis.hypotheses.not_kms import is_about_kms
from trail_diff.events.denials import is_denial_code
from trail_diff.events.signs import AWS_ALIAS, traits_of
from trail_diff.model.codes import CallerKind, Cause
from trail_diff.model.learnt import Caller, Event, JobEvents
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Evidence

TEXTS: Mapping[Cause, CauseText] = {
    Cause.AWS_MANAGED_KEY_NOT_SHAREABLE: CauseText(
        means="An AWS managed key is used by somebody whom its policy cannot let in: another account's copy, or a "
        "service principal.",
        evidence="describe-key says that AWS manages a key of the job, or a request of the job's role names "
        "alias/aws/…; and the copy's vaults are in two accounts, a caller of another account was refused, or a service "
        "that worked on another key for the same encryption context is missing.",
        helps="Encrypt with a customer managed key.",
        remedies=("use-customer-managed-key",),
    ),
}


def propose_managed_key(examined: Examined) -> Iterator[Hypothesis]:
    """Examine whether a copy across accounts meets an AWS managed key; certain if the job's message speaks of a key."""
    evidence = _managed(examined)
    if evidence is not None:
        yield from _never_allowed(examined, evidence)
        yield from _refused_abroad(examined, evidence) if evidence.file is not None else ()
    job = examined.case.failed.job
    accounts = {arn_account(place) for place in (job.vault, job.source_vault)} - {None}
    if evidence is None:
        return
    if len(accounts) < 2 and job.kind != "window":
        yield refuted(Cause.AWS_MANAGED_KEY_NOT_SHAREABLE, (Reason.SAME_ACCOUNT,))
        return
    if job.state == "COMPLETED" or len(accounts) < 2:
        return
    yield Hypothesis(
        cause=Cause.AWS_MANAGED_KEY_NOT_SHAREABLE,
        standing="confirmed" if is_about_kms(job) else "likely",
        reasons=(Reason.KEY_IS_AWS_MANAGED, Reason.COPY_ACROSS_ACCOUNTS),
        evidence=(evidence,),
    )


def _never_allowed(examined: Examined, evidence: Evidence) -> Iterator[Hypothesis]:
    """Yield the service principals whose work moved to a key of AWS, which lets in callers of the account only.

    They worked before on another key for what is encrypted with the managed key now: the encryption context is the same
    (KMS developer guide, "AWS managed keys": the policy allows callers of the account through the service).
    """
    case, key = examined.case, examined.key
    if case.succeeded is None or key is None:
        return
    now = [event for event in _calls(case.failed) if any(access.key == key for access in event.accesses)]
    contexts = [event.encryption_context for event in now if event.encryption_context]
    callers = {event.caller.across_sessions() for event in _calls(case.failed)}
    found: dict[tuple[Caller, str], Event] = {}
    for event in _calls(case.succeeded):
        is_service = event.caller.kind is CallerKind.SERVICE_PRINCIPAL and event.caller not in callers
        if is_service and event.error_code is None and event.encryption_context in contexts:
            for access in event.accesses:
                found.setdefault((event.caller, access.action), event)
    for (caller, action), event in found.items():
        yield Hypothesis(
            cause=Cause.AWS_MANAGED_KEY_NOT_SHAREABLE,
            standing="likely",
            caller=caller,
            action=action,
            key=key,
            reasons=(Reason.KEY_IS_AWS_MANAGED, Reason.NEVER_ALLOWED),
            evidence=(evidence, Evidence(event_id=event.event_id)),
        )


def _refused_abroad(examined: Examined, evidence: Evidence) -> Iterator[Hypothesis]:
    """Yield the callers of other accounts that were refused on the key, whose policy lets in none of them."""
    for group in examined.driving:
        is_refused = any(map(is_denial_code, group.failed.error_codes)) and group.key == examined.key
        if is_refused and group.caller.account not in (None, arn_account(group.key)):
            yield Hypothesis(
                cause=Cause.AWS_MANAGED_KEY_NOT_SHAREABLE,
                standing="likely",
                caller=group.caller,
                action=group.action,
                key=group.key,
                reasons=(Reason.KEY_IS_AWS_MANAGED, Reason.NEVER_ALLOWED),
                evidence=(evidence,),
            )


def _calls(side: JobEvents) -> tuple[Event, ...]:
    return (*(tie.event for tie in side.events), *side.untied)


def _managed(examined: Examined) -> Evidence | None:
    """Point to what says that a key of the job is managed by AWS; None when nothing does."""
    case = examined.case
    state = case.facts.key_state or {}
    if state.get("KeyManager") == "AWS" and state.get("Arn") in (None, *case.keys):
        return Evidence(file="--key-state", path="/KeyMetadata/KeyManager")
    named = next(_managed_calls(examined), None)
    return Evidence(event_id=named.event_id) if named is not None else None


def _managed_calls(examined: Examined) -> Iterator[Event]:
    """Yield the calls on such a key: those that are tied to a job, and what else the jobs' roles did meanwhile."""
    for side in (examined.case.failed, examined.case.succeeded):
        if side is not None:
            yield from (tie.event for tie in side.events if AWS_ALIAS in traits_of(tie.event))
            yield from (event for event in side.untied.find(traits_of, AWS_ALIAS) if is_job_role(event, side.job))
