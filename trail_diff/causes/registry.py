"""All examiners, in the order in which their findings are listed among equals."""

from trail_diff.causes.grants import examine_grants
from trail_diff.causes.interface import Examined, Examiner
from trail_diff.causes.key_policy import examine_key_policy
from trail_diff.causes.key_state import examine_key_state
from trail_diff.causes.managed_key import examine_managed_key
from trail_diff.causes.not_kms import examine_not_kms
from trail_diff.causes.refusals import examine_context, examine_throttling
from trail_diff.causes.stated import examine_stated
from trail_diff.model import Cause, Confidence, Finding, RuledOut

EXAMINERS: tuple[Examiner, ...] = (
    examine_key_state,
    examine_stated,
    examine_grants,
    examine_key_policy,
    examine_managed_key,
    examine_context,
    examine_throttling,
    examine_not_kms,
)

_CONFIDENCE_ORDER: tuple[Confidence, ...] = ("confirmed", "likely", "possible")


def examine(examined: Examined) -> tuple[tuple[Finding, ...], tuple[RuledOut, ...]]:
    """Let every examiner look at the case; findings the most certain first, causes ruled out in the enum's order.

    A cause that is found for one caller is not listed as ruled out for another.
    """
    results = [result for examiner in EXAMINERS for result in examiner(examined)]
    findings = _drop_shadowed([result for result in results if isinstance(result, Finding)])
    findings.sort(key=lambda finding: _CONFIDENCE_ORDER.index(finding.confidence))
    found = {finding.cause for finding in findings}
    ruled_out: dict[str, RuledOut] = {}
    for result in results:
        if isinstance(result, RuledOut) and result.cause not in found:
            ruled_out.setdefault(result.cause, result)
    return tuple(findings), tuple(ruled_out[cause] for cause in Cause if cause in ruled_out)


def _drop_shadowed(findings: list[Finding]) -> list[Finding]:
    """Drop what another finding says better: that nothing allows a call whose grant was revoked."""
    revoked = {
        (finding.caller, finding.action)
        for finding in findings
        if finding.cause is Cause.GRANT_REVOKED and finding.confidence != "possible"
    }
    return [
        finding
        for finding in findings
        if finding.cause is not Cause.KEY_POLICY_NO_ALLOW or (finding.caller, finding.action) not in revoked
    ]
