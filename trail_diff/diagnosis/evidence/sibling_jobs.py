"""Other jobs on the vault, before, since and after the change that a hypothesis blames: part of rule 5."""

from trail_diff.diagnosis.evidence.requests import explained_for
from trail_diff.diagnosis.evidence.spans import Span, blamed_span
from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.hypotheses.interface import Hypothesis
from trail_diff.diagnosis.hypotheses.not_kms import is_about_kms
from trail_diff.diagnosis.key_history import TO_SETTLE
from trail_diff.diagnosis.statements import applying_allows, find_covering, statement_at
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
    span = _span_of_the_key(examined, hypothesis)
    if span is None or not _may_be_new(examined, hypothesis):
        return None
    others = [job for job in examined.case.jobs if _is_sibling(examined, job) and not _is_compared(examined, job)]
    before = [job for job in others if job.completed is not None and job.completed <= span.since]
    since = [job for job in others if _is_in(job, span)]
    has_turned = all(map(is_succeeded, before)) and all(map(_failed_alike, since))
    if before and since and has_turned:
        return Reason.JOBS_FAIL_SINCE_CHANGE, (span.beginning,)
    return None


def fail_without(examined: Examined, hypothesis: Hypothesis) -> tuple[Reason, tuple[Evidence, ...]] | None:
    """Return that the vault's jobs of the same type also fail where what is blamed does not hold.

    That is the last job that ended before the change, or the first one that began after it was undone and settled.
    """
    span = _span_of_the_key(examined, hypothesis)
    if span is None:
        return None
    jobs = [job for job in examined.case.jobs if _is_sibling(examined, job) and job.created and job.completed]
    before = [job for job in jobs if job.completed is not None and job.completed <= span.since]
    settled = span.until + TO_SETTLE if span.until is not None else None
    after = [job for job in jobs if settled is not None and job.created is not None and job.created >= settled]
    nearest = [*sorted(before, key=_time_of)[-1:], *sorted(after, key=_time_of)[:1]]
    if any(map(_failed_alike, nearest)):
        return Reason.JOBS_FAIL_WITHOUT_IT, span.evidence()
    return None


def _time_of(job: Job) -> tuple[float, str]:
    return job.created.timestamp() if job.created else 0.0, job.id


def _span_of_the_key(examined: Examined, hypothesis: Hypothesis) -> Span | None:
    """Return the span of what is blamed on the key that the job is about."""
    is_own = hypothesis.key is not None and hypothesis.key == examined.key
    return blamed_span(examined, hypothesis) if is_own else None


def _may_be_new(examined: Examined, hypothesis: Hypothesis) -> bool:
    """Check whether what is blamed may have come with the change: what the policy before had as well, did not."""
    explained = explained_for(examined, hypothesis) if hypothesis.origin == "key-policy" else None
    if explained is None or explained.policy is None or explained.before_policy is None:
        return True
    old, new = explained.before_policy.document, explained.policy.document
    if hypothesis.cause is Cause.KEY_POLICY_NO_ALLOW:
        allows = applying_allows(explained.before) if explained.before is not None else []
        return any((raw := statement_at(old, one.index)) is None or find_covering(raw, new) is None for one in allows)
    raw = statement_at(new, hypothesis.statement.index) if hypothesis.statement is not None else None
    return raw is not None and find_covering(raw, old) is None


def _is_sibling(examined: Examined, job: Job) -> bool:
    """Check whether a job is of the same kind and type on the same vault, and not the one that is asked about."""
    failed = examined.case.failed.job
    is_there = job.vault == failed.vault is not None
    is_alike = is_there and (job.kind, job.resource_type) == (failed.kind, failed.resource_type)
    return is_alike and job.id.casefold() != failed.id.casefold()


def _is_compared(examined: Examined, job: Job) -> bool:
    succeeded = examined.case.succeeded
    return succeeded is not None and job.id.casefold() == succeeded.job.id.casefold()


def _is_in(job: Job, span: Span) -> bool:
    if job.created is None or job.created < span.since:
        return False
    return span.until is None or job.created < span.until


def _failed_alike(job: Job) -> bool:
    """Check whether a job failed and its message speaks of a key."""
    return job.state == "FAILED" and is_about_kms(job)
