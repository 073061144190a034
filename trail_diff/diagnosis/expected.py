"""Calls that the failed job is expected to make, where there is no succeeded job: in place of the baseline's. Pure.

What rests on such a call is never certain: no record shows that this job would have made it.
"""

from collections.abc import Collection, Sequence

from msgspec import structs

from trail_diff.diagnosis.diff import EXPECTED, is_expected
from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.hypotheses.interface import Hypothesis
from trail_diff.diagnosis.hypotheses.not_kms import is_about_kms
from trail_diff.model.learnt import Case, ExpectedCall, Job
from trail_diff.model.report import CallerGroup, Calls, ExpectedCaller, Finding, RestsOn


def with_expected(case: Case, groups: Sequence[CallerGroup]) -> tuple[CallerGroup, ...]:
    """Return the groups with those that are expected and that no record shows, on the keys that can be why it failed.

    There are none where the job's message names no key.
    """
    job = case.failed.job
    if job.message and not is_about_kms(job):
        return tuple(groups)
    seen = _calls_of(groups)
    concerned = [one for one in case.expected if one.key == job.key or one.key_role != "resource"]
    missing = [_make_group(one) for one in concerned if _call_of(one) not in seen]
    return (*groups, *missing)


def without_expected(groups: Sequence[CallerGroup]) -> tuple[CallerGroup, ...]:
    """Return the groups that records show."""
    return tuple(group for group in groups if not is_expected(group))


def list_expected(case: Case, groups: Sequence[CallerGroup]) -> tuple[ExpectedCaller, ...]:
    """Return every call that is expected, and whether the failed job's records show it."""
    seen = _calls_of(without_expected(groups))
    return tuple(
        ExpectedCaller(
            caller=one.event.caller.across_sessions(),
            action=one.action,
            key=one.key,
            key_role=one.key_role,
            basis=one.basis,
            grade=one.grade,
            seen=_call_of(one) in seen,
            profile=one.profile,
            lender=one.lender,
        )
        for one in case.expected
    )


def rest_on_expectation(examined: Examined, hypothesis: Hypothesis) -> Hypothesis:
    """Return a hypothesis about a call that is only expected as one that rests on that: at most likely."""
    expected = next((one for one in examined.case.expected if _is_about(hypothesis, one)), None)
    if expected is None or not any(is_expected(group) and _is_of(group, hypothesis) for group in examined.groups):
        return hypothesis
    return structs.replace(
        hypothesis,
        standing="likely" if hypothesis.standing == "confirmed" else hypothesis.standing,
        reasons=(*hypothesis.reasons, expected.basis),
        rests_on=(*hypothesis.rests_on, RestsOn("assumption", expected.basis, grade=expected.grade)),
    )


def is_answer_without_baseline(finding: Finding, job: Job, *, has_gap: bool) -> bool:
    """Check whether a finding that rests on an expected call, or on the key's state, is an answer.

    What is only possible needs a message about a key, and evidence without a gap.
    """
    if finding.layer == "key-state":
        return is_about_kms(job)
    if EXPECTED.isdisjoint(finding.reasons):
        return False
    return finding.confidence != "possible" or (is_about_kms(job) and not has_gap)


def _make_group(one: ExpectedCall) -> CallerGroup:
    return CallerGroup(
        caller=one.event.caller.across_sessions(),
        action=one.action,
        key=one.key,
        failed=Calls(),
        succeeded=Calls(),
        presence="only-succeeded",
        tied_by=(one.basis,),
    )


def _call_of(one: ExpectedCall) -> object:
    return one.event.caller.across_sessions(), one.action, one.key


def _calls_of(groups: Sequence[CallerGroup]) -> Collection[object]:
    return {(group.caller.across_sessions(), group.action, group.key) for group in groups}


def _is_about(hypothesis: Hypothesis, one: ExpectedCall) -> bool:
    return hypothesis.call() == (one.event.caller.across_sessions(), one.action) and hypothesis.key in (None, one.key)


def _is_of(group: CallerGroup, hypothesis: Hypothesis) -> bool:
    return hypothesis.call() == (group.caller.across_sessions(), group.action)
