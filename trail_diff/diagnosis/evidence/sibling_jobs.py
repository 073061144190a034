"""Other jobs on the vault, before and since the change that a hypothesis blames: part of rule 5."""

from trail_diff.diagnosis.evidence.requests import explained_for
from trail_diff.diagnosis.evidence.spans import Span, blamed_span
from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.hypotheses.interface import Hypothesis
from trail_diff.diagnosis.hypotheses.not_kms import is_about_kms
from trail_diff.diagnosis.statements import applying_allows, find_same, statement_at
from trail_diff.events.jobs import is_succeeded
from trail_diff.model.codes import Cause
from trail_diff.model.learnt import Job
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Evidence


def fail_since(examined: Examined, hypothesis: Hypothesis) -> tuple[Reason, tuple[Evidence, ...]] | None:
    """Return that the vault's other jobs of the same type succeeded before the change and all failed since.

    At least one other job is needed on either side, beside the two that are compared; jobs that ran while the change
    was made, that failed for something else, or that did not end say nothing.
    """
    span = blamed_span(examined, hypothesis) if _may_be_new(examined, hypothesis) else None
    if span is None or hypothesis.key is None or hypothesis.key != examined.key:
        return None
    others = [job for job in examined.case.jobs if _is_sibling(examined, job)]
    before = [job for job in others if job.completed is not None and job.completed <= span.since]
    since = [job for job in others if _is_in(job, span)]
    has_ended = [is_succeeded(job) or _failed_alike(job) for job in (*before, *since)]
    if not before or not since or not all(has_ended):
        return None
    if all(map(is_succeeded, before)) and all(map(_failed_alike, since)):
        return Reason.JOBS_FAIL_SINCE_CHANGE, (span.beginning,)
    return None


def _may_be_new(examined: Examined, hypothesis: Hypothesis) -> bool:
    """Check whether what is blamed may have come with the change: what the policy before had as well, did not."""
    explained = explained_for(examined, hypothesis) if hypothesis.origin == "key-policy" else None
    if explained is None or explained.policy is None or explained.before_policy is None:
        return True
    old, new = explained.before_policy.document, explained.policy.document
    if hypothesis.cause is Cause.KEY_POLICY_NO_ALLOW:
        allows = applying_allows(explained.before) if explained.before is not None else []
        return any((raw := statement_at(old, one.index)) is None or find_same(raw, new) is None for one in allows)
    raw = statement_at(new, hypothesis.statement.index) if hypothesis.statement is not None else None
    return raw is not None and find_same(raw, old) is None


def _is_sibling(examined: Examined, job: Job) -> bool:
    """Check whether a job is another one of the same kind and type on the same vault."""
    failed, succeeded = examined.case.failed.job, examined.case.succeeded
    compared = {failed.id.casefold(), succeeded.job.id.casefold() if succeeded else ""}
    is_alike = (job.kind, job.resource_type, job.vault) == (failed.kind, failed.resource_type, failed.vault)
    return is_alike and failed.vault is not None and job.id.casefold() not in compared


def _is_in(job: Job, span: Span) -> bool:
    if job.created is None or job.created < span.since:
        return False
    return span.until is None or job.created < span.until


def _failed_alike(job: Job) -> bool:
    """Check whether a job failed and its message speaks of a key."""
    return job.state == "FAILED" and is_about_kms(job)
