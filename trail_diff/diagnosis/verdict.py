"""The answer in one line: what the differences, and what is known of their cause, amount to. Pure."""

from collections.abc import Sequence
from datetime import timedelta

from msgspec import structs

from trail_diff.arns import arn_account, arn_region
from trail_diff.case.coverage import BLOCKING
from trail_diff.diagnosis.diff import is_different, is_onlooker, is_relevant
from trail_diff.diagnosis.examined import Explained
from trail_diff.diagnosis.expected import is_answer_without_baseline
from trail_diff.diagnosis.hypotheses.key_state import CRYPTO_ACTIONS
from trail_diff.diagnosis.hypotheses.not_kms import is_about_kms
from trail_diff.diagnosis.weighing import GAPS
from trail_diff.events.signs import READS_ONLY, traits_of
from trail_diff.events.vaults import is_vault_key_read, is_vault_key_used
from trail_diff.model.codes import Outcome
from trail_diff.model.learnt import Case
from trail_diff.model.reasons import Reason
from trail_diff.model.report import CallerGroup, Finding, Verdict

LATE = timedelta(minutes=5)
"""CloudTrail delivers in about five minutes (CloudTrail user guide, "How CloudTrail works"): with a newest record no
later than that after the job, what is missing may still be under way."""


def judge(
    case: Case, groups: Sequence[CallerGroup], findings: Sequence[Finding] = (), explained: Sequence[Explained] = ()
) -> Verdict:
    """Judge what was found; the summary is left to whoever words it.

    A finding explains the failure, however certain it is. Without findings, a recorded refusal in the failed job is a
    difference whatever else is missing; an absence is one only where the evidence covers both jobs, the succeeded job
    has calls, and records say who called. Where the evidence does not cover the question, only what a record or the
    job's own message states is an answer.
    """
    outcome = _compare(case, groups)
    best = findings[0] if findings else None
    is_weak = best is None or best.confidence == "possible"
    if is_weak and outcome == "difference" and _may_be_late(case, groups, explained):
        return Verdict("inconclusive")
    if best is None or (outcome == "inconclusive" and not (_is_stated(best) or _is_expected(case, groups, best))):
        return Verdict(outcome)
    if outcome == "no-difference" and case.failed.job.state == "COMPLETED":
        return Verdict(outcome)
    return Verdict("explained", best.cause, best.confidence)


_NEEDS_NO_COMPARISON = frozenset({Reason.MESSAGE_STATES_CAUSE, Reason.NEVER_ALLOWED})


def _is_stated(finding: Finding) -> bool:
    """Check whether a finding needs no comparison: a record says so, or the job's message states the cause.

    Or the policy that was put, or the state that was set, keeps the call out, unless a change since is not recorded.
    """
    return (
        finding.confidence == "confirmed"
        or not GAPS.isdisjoint(finding.reasons)
        or not _NEEDS_NO_COMPARISON.isdisjoint(finding.reasons)
    )


def _is_expected(case: Case, groups: Sequence[CallerGroup], finding: Finding) -> bool:
    """Check whether a finding answers without calls to compare: by what is expected, or by the key's state.

    Of a run, what is expected is what the service's own record answers for; no log would hold it.
    """
    has_gap = case.failed.job.kind != "window" and _has_gap(case, driving_groups(groups))
    is_compared = _is_comparable(case) and not are_calls_nobodys(case)
    return not is_compared and is_answer_without_baseline(finding, case.failed.job, has_gap=has_gap)


def _is_comparable(case: Case) -> bool:
    """Check whether records show what the succeeded job called."""
    return case.succeeded is not None and bool(case.succeeded.events)


def _compare(case: Case, groups: Sequence[CallerGroup]) -> Outcome:
    differing = driving_groups(groups)
    if any(group.failed.errors for group in differing):
        return "difference"
    if not _is_comparable(case) or _has_gap(case, differing):
        return "inconclusive"
    relevant = [group for group in groups if is_relevant(group)]
    if relevant and all(lacks_type(group) for group in relevant):
        return "inconclusive"
    if differing:
        return "difference"
    return "inconclusive" if _may_hide_difference(case) else "no-difference"


def driving_groups(groups: Sequence[CallerGroup]) -> tuple[CallerGroup, ...]:
    """Return the groups that make the difference: missing or refused in the failed job, and not by another key.

    A caller that made the same call without error on another key in the failed job was not kept from making it. One
    that only looks on makes a difference where nobody else does.
    """
    elsewhere = {
        (group.caller, group.action)
        for group in groups
        if group.presence == "only-failed" and group.failed.calls and not group.failed.errors
    }
    differing = tuple(
        group
        for group in groups
        if is_different(group)
        and is_relevant(group)
        and (group.failed.errors or (group.caller, group.action) not in elsewhere)
    )
    return tuple(group for group in differing if not is_onlooker(group)) or differing


def mark_driving(groups: Sequence[CallerGroup], driving: Sequence[CallerGroup]) -> tuple[CallerGroup, ...]:
    """Mark the groups that make the difference."""
    marked = {(group.caller, group.action, group.key) for group in driving}
    return tuple(structs.replace(group, driving=(group.caller, group.action, group.key) in marked) for group in groups)


def lacks_type(group: CallerGroup) -> bool:
    """Check whether the export did not say of what type the caller is."""
    return group.caller.type is None and group.caller.kind != "service-event"


def _has_gap(case: Case, differing: Sequence[CallerGroup]) -> bool:
    """Check whether a gap makes an absence say nothing: the failed side has no event of the sort that is missing."""
    warnings, failed = case.coverage.warnings, case.failed
    if not failed.events and any(_may_fall_through(case, gap, differing) for gap in warnings if gap in BLOCKING):
        return True
    has_read_only = any(failed.find(traits_of, READS_ONLY))
    is_write_only = Reason.READ_ONLY_EVENTS_MISSING in warnings and not has_read_only
    return is_write_only and all(is_read_only(group.action) for group in differing)


def _may_fall_through(case: Case, gap: Reason, differing: Sequence[CallerGroup]) -> bool:
    """Check whether a gap may hide what differs; a Region or account that was not read hides no call on other keys."""
    match gap:
        case Reason.REGION_NOT_COVERED:
            places, seen = {arn_region(group.key) for group in differing}, case.coverage.regions
        case Reason.ACCOUNT_NOT_COVERED:
            places, seen = {arn_account(group.key) for group in differing}, case.coverage.accounts
        case _:
            return True
    return not places or not places <= set(seen)


def _may_hide_difference(case: Case) -> bool:
    """Check whether a failed job may differ all the same: through a gap, or behind a job that ran on the same vault."""
    warnings, job = case.coverage.warnings, case.failed.job
    if job.state == "COMPLETED":
        return False
    is_hidden = Reason.CONCURRENT_JOB_ON_VAULT in warnings and is_about_kms(job)
    return is_hidden or are_calls_nobodys(case) or not (BLOCKING | GAPS).isdisjoint(warnings)


def are_calls_nobodys(case: Case) -> bool:
    """Check whether a job failed for a key, and none of the calls that are tied to it is known to be its own.

    The role serves many jobs. The storage service's calls are a job's own only where the vault's key encrypts what it
    makes; of the other resource types only the encryption context tells (AWS Backup guide, "Encryption for backups").
    """
    job, ties = case.failed.job, case.failed.events
    is_managed = is_vault_key_used(job) or is_vault_key_read(job)
    if not ties or job.kind == "window" or is_managed or not is_about_kms(job):
        return False
    return all(Reason.CONTEXT_NAMES_RESOURCE not in tie.reasons for tie in ties)


def _may_be_late(case: Case, groups: Sequence[CallerGroup], explained: Sequence[Explained]) -> bool:
    """Check whether everything that differs is missing, may only not have been delivered yet, and is not undecided."""
    differing, end = driving_groups(groups), case.failed.job.completed
    if case.newest is None or end is None or case.failed.job.kind == "window" or case.newest - end >= LATE:
        return False
    undecided = any(one.group in differing and one.then.unknown_keys for one in explained)
    return not undecided and not any(group.failed.errors for group in differing)


def is_read_only(action: str) -> bool:
    """Check whether CloudTrail calls an action of KMS read-only: those that use a key, and those that look."""
    return action in CRYPTO_ACTIONS or action.startswith(("kms:Get", "kms:List", "kms:Describe"))
