"""The answer in one line: what the differences, and what is known of their cause, amount to. Pure."""

from collections.abc import Sequence

from msgspec import structs

from trail_diff.coverage import BLOCKING
from trail_diff.diff import is_different, is_relevant
from trail_diff.model import CallerGroup, Case, Finding, Outcome, Verdict


def judge(case: Case, groups: Sequence[CallerGroup], findings: Sequence[Finding] = ()) -> Verdict:
    """Weigh what was found; the summary is left to whoever words it.

    A finding that is confirmed or likely explains the failure: what a record states comes before what is evaluated. A
    merely possible one leaves it at the difference. Without findings, a recorded refusal in the failed job is a
    difference whatever else is missing; an absence is one only where the evidence covers both jobs, the succeeded job
    has calls, and records say who called.
    """
    outcome = _compare(case, groups)
    best = findings[0] if findings else None
    if best is None or best.confidence == "possible":
        return Verdict(outcome)
    if outcome == "inconclusive" and best.confidence != "confirmed":
        return Verdict(outcome)
    if outcome == "no-difference" and case.failed.job.state == "COMPLETED":
        return Verdict(outcome)
    return Verdict("explained", best.cause, best.confidence)


def _compare(case: Case, groups: Sequence[CallerGroup]) -> Outcome:
    differing = driving_groups(groups)
    if any(group.failed.errors for group in differing):
        return "difference"
    if case.succeeded is None or not case.succeeded.events:
        return "inconclusive"
    if _has_gap(case):
        return "inconclusive"
    relevant = [group for group in groups if is_relevant(group)]
    if relevant and all(lacks_type(group) for group in relevant):
        return "inconclusive"
    return "difference" if differing else "no-difference"


def driving_groups(groups: Sequence[CallerGroup]) -> tuple[CallerGroup, ...]:
    """Give the groups that make the difference: missing or refused in the failed job, and not by another key.

    A caller that made the same call without error on another key in the failed job was not kept from making it.
    """
    elsewhere = {
        (group.caller, group.action)
        for group in groups
        if group.presence == "only-failed" and group.failed.calls and not group.failed.errors
    }
    return tuple(
        group
        for group in groups
        if is_different(group)
        and is_relevant(group)
        and (group.failed.errors or (group.caller, group.action) not in elsewhere)
    )


def mark_driving(groups: Sequence[CallerGroup], driving: Sequence[CallerGroup]) -> tuple[CallerGroup, ...]:
    """Mark the groups that make the difference."""
    marked = {(group.caller, group.action, group.key) for group in driving}
    return tuple(structs.replace(group, driving=(group.caller, group.action, group.key) in marked) for group in groups)


def lacks_type(group: CallerGroup) -> bool:
    """Tell whether the export did not say of what type the caller is."""
    return group.caller.type is None and group.caller.kind != "service-event"


def _has_gap(case: Case) -> bool:
    """Tell whether an empty failed side, or a gap that a caller can fall through, makes an absence say nothing."""
    return not case.failed.events and not BLOCKING.isdisjoint(case.coverage.warnings)
