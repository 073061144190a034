"""Whether what a finding blames was mended since: today's policy, or key state, beside what the job met. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import structs

from trail_diff.diagnosis.examined import Examined, Explained
from trail_diff.diagnosis.key_history import state_at, todays_state
from trail_diff.model.codes import Cause
from trail_diff.model.report import Finding

_LATEST = datetime.max.replace(tzinfo=UTC)
_STATES = frozenset({Cause.KEY_DISABLED, Cause.KEY_PENDING_DELETION})


def mark_mended(findings: Sequence[Finding], examined: Examined) -> tuple[Finding, ...]:
    """Return the findings, marked where no Deny of today's policy can hit the call, or the key is enabled today."""
    return tuple(
        structs.replace(finding, mended_since=True) if _is_mended(finding, examined) else finding
        for finding in findings
    )


def _is_mended(finding: Finding, examined: Examined) -> bool:
    if finding.cause in _STATES and finding.key is not None:
        case = examined.case
        state = todays_state(case.facts, finding.key) or state_at(case.changes, finding.key, _LATEST, case.facts)
        return state is not None and state.state == "Enabled"
    return finding.cause is Cause.KEY_POLICY_EXPLICIT_DENY and is_deny_gone(finding, examined.explained)


def is_deny_gone(finding: Finding, explained: Sequence[Explained]) -> bool:
    """Check whether today's policy is another one, and none of its Denies can hit the call that a finding is about."""
    if finding.caller is None:
        return False
    caller = finding.caller.across_sessions()
    today = [
        one.today
        for one in explained
        if one.today is not None
        and one.today.caller.across_sessions() == caller
        and one.today.action == finding.action
        and finding.key in (None, one.key)
    ]
    statements = [statement for decision in today for statement in decision.statements]
    return bool(today) and all(one.effect != "Deny" or one.outcome == "no-match" for one in statements)
