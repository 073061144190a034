"""Other jobs on the vault, before, since and after the change that a hypothesis blames: part of rule 5."""

from bisect import bisect_left, bisect_right
from itertools import islice

from trail_diff.diagnosis.evidence.requests import explained_for
from trail_diff.diagnosis.evidence.spans import Span, blamed_span
from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.hypotheses.interface import Hypothesis
from trail_diff.diagnosis.hypotheses.not_kms import is_about_kms
from trail_diff.diagnosis.key_history import TO_SETTLE
from trail_diff.diagnosis.statements import applying_allows, find_covering, statement_at
from trail_diff.events.jobs import is_succeeded
from trail_diff.model.codes import Cause
from trail_diff.model.indexes import Siblings
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
    siblings, compared = _siblings(examined), _ids_of_sides(examined)
    ended, begun = siblings.by_end, siblings.by_begin
    before, good = ended.tally(is_succeeded, 0, bisect_right(ended.times, span.since), compared)
    until = bisect_left(begun.times, span.until) if span.until is not None else len(begun.times)
    since, bad = begun.tally(_failed_alike, bisect_left(begun.times, span.since), until, compared)
    if before and since and (before, since) == (good, bad):
        return Reason.JOBS_FAIL_SINCE_CHANGE, (span.beginning,)
    return None


def fail_without(examined: Examined, hypothesis: Hypothesis) -> tuple[Reason, tuple[Evidence, ...]] | None:
    """Return that the vault's jobs of the same type also fail where what is blamed does not hold.

    That is the last job that ended before the change, or the first one that began after it was undone and settled.
    """
    span = _span_of_the_key(examined, hypothesis)
    if span is None:
        return None
    begun, own = _siblings(examined).by_begin, examined.case.failed.job.id.casefold()
    earlier = reversed(begun.jobs[: bisect_right(begun.times, span.since)])
    before = (job for job in earlier if job.completed is not None and job.completed <= span.since)
    after = bisect_left(begun.times, span.until + TO_SETTLE) if span.until is not None else len(begun.times)
    later = (job for job in islice(begun.jobs, after, None) if job.completed is not None)
    nearest = (next((job for job in jobs if job.id.casefold() != own), None) for jobs in (before, later))
    if any(job is not None and _failed_alike(job) for job in nearest):
        return Reason.JOBS_FAIL_WITHOUT_IT, span.evidence()
    return None


def _siblings(examined: Examined) -> Siblings:
    return examined.case.job_index().alike(examined.case.failed.job)


def _ids_of_sides(examined: Examined) -> tuple[str, ...]:
    sides = (examined.case.failed, examined.case.succeeded)
    return tuple(side.job.id for side in sides if side is not None)


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


def _failed_alike(job: Job) -> bool:
    """Check whether a job failed and its message speaks of a key."""
    return job.state == "FAILED" and is_about_kms(job)
