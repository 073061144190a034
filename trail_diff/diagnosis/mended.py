"""Whether what a finding blames was mended since: today's policy beside the one that the job met. Pure."""

from collections.abc import Sequence

from msgspec import structs

from trail_diff.diagnosis.examined import Explained
from trail_diff.model.codes import Cause
from trail_diff.model.report import Finding


def mark_mended(findings: Sequence[Finding], explained: Sequence[Explained]) -> tuple[Finding, ...]:
    """Return the findings, those that blame a Deny marked where no Deny of today's policy can hit the call any more."""
    return tuple(
        structs.replace(finding, mended_since=True) if _is_mended(finding, explained) else finding
        for finding in findings
    )


def _is_mended(finding: Finding, explained: Sequence[Explained]) -> bool:
    if finding.cause is not Cause.KEY_POLICY_EXPLICIT_DENY or finding.caller is None:
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
