"""The cause in the kind of key: an AWS managed key cannot be used by another account, nor its policy edited.

Evidence: DescribeKey (`KeyManager` is AWS), or an `alias/aws/…` in a request that the key answered to.
"""

from collections.abc import Iterator

from trail_diff.arns import arn_account
from trail_diff.case.correlate import is_job_role
from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.hypotheses.interface import Hypothesis, refuted
from trail_diff.diagnosis.hypotheses.not_kms import is_about_kms
from trail_diff.model.codes import Cause
from trail_diff.model.learnt import Event
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Evidence


def propose_managed_key(examined: Examined) -> Iterator[Hypothesis]:
    """Examine whether a copy across accounts meets an AWS managed key; certain if the job's message speaks of a key."""
    evidence = _managed(examined)
    job = examined.case.failed.job
    accounts = {arn_account(place) for place in (job.vault, job.source_vault)} - {None}
    if evidence is None:
        return
    if len(accounts) < 2:
        yield refuted(Cause.AWS_MANAGED_KEY_NOT_SHAREABLE, (Reason.SAME_ACCOUNT,))
        return
    if job.state == "COMPLETED":
        return
    yield Hypothesis(
        cause=Cause.AWS_MANAGED_KEY_NOT_SHAREABLE,
        standing="confirmed" if is_about_kms(job) else "likely",
        reasons=(Reason.KEY_IS_AWS_MANAGED, Reason.COPY_ACROSS_ACCOUNTS),
        evidence=(evidence,),
    )


def _managed(examined: Examined) -> Evidence | None:
    """Point to what says that a key of the job is managed by AWS; None when nothing does."""
    case = examined.case
    state = case.facts.key_state or {}
    if state.get("KeyManager") == "AWS" and state.get("Arn") in (None, *case.keys):
        return Evidence(file="--key-state", path="/KeyMetadata/KeyManager")
    for event in _events(examined):
        named = event.request_parameters.get("keyId")
        if isinstance(named, str) and "alias/aws/" in named:
            return Evidence(event_id=event.event_id)
    return None


def _events(examined: Examined) -> Iterator[Event]:
    """Yield the calls of both jobs: those that are tied to them, and what else the jobs' roles did meanwhile."""
    for side in (examined.case.failed, examined.case.succeeded):
        if side is not None:
            yield from (tie.event for tie in side.events)
            yield from (event for event in side.untied if is_job_role(event, side.job))
