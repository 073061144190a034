"""All examiners, in the order in which their findings are listed among equals."""

from msgspec import structs

from trail_diff.diagnosis.causes.grants import examine_grants
from trail_diff.diagnosis.causes.interface import Examiner
from trail_diff.diagnosis.causes.key_policy import examine_key_policy
from trail_diff.diagnosis.causes.key_state import examine_key_state
from trail_diff.diagnosis.causes.managed_key import examine_managed_key
from trail_diff.diagnosis.causes.not_kms import examine_not_kms
from trail_diff.diagnosis.causes.refusals import examine_context, examine_throttling
from trail_diff.diagnosis.causes.stated import examine_stated
from trail_diff.diagnosis.examined import Examined
from trail_diff.model.codes import Cause, Confidence
from trail_diff.model.learnt import Caller
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Finding, RuledOut

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

    A cause that is found for one caller is not listed as ruled out for another. When no record names the key that was
    asked about, what records tell is about another key and explains nothing; only its state may.
    """
    results = [result for examiner in EXAMINERS for result in examiner(examined)]
    findings = _drop_shadowed([result for result in results if isinstance(result, Finding)])
    if Reason.KEY_NOT_IN_EVENTS in examined.case.coverage.warnings:
        findings = [finding for finding in findings if finding.layer == "key-state"]
    if Reason.INPUT_PARTLY_READ in examined.case.coverage.warnings:
        findings = [_doubt_absence(finding) for finding in findings]
    findings.sort(key=lambda finding: _CONFIDENCE_ORDER.index(finding.confidence))
    found = {finding.cause for finding in findings}
    ruled_out: dict[str, RuledOut] = {}
    for result in results:
        if isinstance(result, RuledOut) and result.cause not in found:
            ruled_out.setdefault(result.cause, result)
    return tuple(findings), tuple(ruled_out[cause] for cause in Cause if cause in ruled_out)


def _doubt_absence(finding: Finding) -> Finding:
    """Return a finding that is not certain where it rests on a call that is missing: what was not read may hold it."""
    is_doubtful = finding.confidence == "confirmed" and Reason.CALLER_MISSING in finding.reasons
    return structs.replace(finding, confidence="likely") if is_doubtful else finding


def _drop_shadowed(findings: list[Finding]) -> list[Finding]:
    """Drop what another finding on the same call says better.

    That nothing allows a call whose grant was revoked; and that CreateGrant was refused, when by which policy is known.
    """
    certain = [finding for finding in findings if finding.confidence != "possible"]
    revoked = {_call(finding) for finding in certain if finding.cause is Cause.GRANT_REVOKED}
    layered = {_call(finding) for finding in certain if finding.layer not in (None, "grant", "key-state")}
    shadowed = {Cause.KEY_POLICY_NO_ALLOW: revoked, Cause.GRANT_NOT_CREATED: layered}
    return [finding for finding in findings if _call(finding) not in shadowed.get(finding.cause, ())]


def _call(finding: Finding) -> tuple[Caller | None, str | None]:
    return finding.caller.across_sessions() if finding.caller else None, finding.action
