"""From a case to its report: each step of the diagnosis once, in its order. Pure."""

from collections.abc import Sequence

from msgspec import structs

from trail_diff.diagnosis.absence import read_absences
from trail_diff.diagnosis.consequences import causes_first, list_consequences, without_consequences
from trail_diff.diagnosis.console_links import locate_evidence
from trail_diff.diagnosis.diff import diff_callers
from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.expected import list_expected, with_expected, without_expected
from trail_diff.diagnosis.explain import explain_groups
from trail_diff.diagnosis.listings import list_decisions, list_events, list_key_places, list_policies
from trail_diff.diagnosis.mended import mark_mended
from trail_diff.diagnosis.next_steps import suggest_next_steps
from trail_diff.diagnosis.remedies import best_remedy, propose_remedies
from trail_diff.diagnosis.requests import compare_requests
from trail_diff.diagnosis.timeline import list_changes
from trail_diff.diagnosis.verdict import are_calls_nobodys, driving_groups, judge, mark_driving
from trail_diff.diagnosis.weighing import Weighing, weigh
from trail_diff.model.learnt import Case
from trail_diff.model.reasons import Reason, in_order
from trail_diff.model.report import Finding, Report
from trail_diff.policy.documents.doubts import with_doubts


def conclude(case: Case, *, is_whole: bool = True) -> Report:
    """Return what a case holds; the sentence of the verdict is left to whoever renders it, in a language.

    A report that need not be whole has no exhibits: what it concludes is the same.
    """
    groups = with_expected(case, diff_callers(case.failed, case.succeeded))
    driving = driving_groups(groups)
    examined = Examined(case, groups, driving, explain_groups(case, groups))
    weighing = weigh(examined)
    findings = mark_mended(causes_first(case, weighing.findings), examined)
    verdict = judge(case, groups, findings, examined.explained)
    remedies = propose_remedies(examined, findings) if verdict.outcome == "explained" else ()
    coverage = with_doubts(case.coverage, case.facts.key_policy, case.facts.policy_source or "--key-policy")
    if verdict.outcome == "inconclusive" and are_calls_nobodys(case):
        coverage = structs.replace(coverage, warnings=in_order({*coverage.warnings, Reason.CALLS_NAME_NO_RESOURCE}))
    report = Report(
        verdict=verdict,
        failed=case.failed.job,
        succeeded=case.succeeded.job if case.succeeded else None,
        coverage=coverage,
        callers=mark_driving(without_expected(groups), without_consequences(driving, findings, case)),
        findings=locate_evidence(findings, case),
        remedies=remedies,
        best_remedy=best_remedy(remedies),
        changes=list_changes(case, findings),
        next_steps=suggest_next_steps(examined, verdict, findings),
        key_places=list_key_places(case, groups),
    )
    return _with_exhibits(report, examined, findings, weighing) if is_whole else report


def _with_exhibits(report: Report, examined: Examined, findings: Sequence[Finding], weighing: Weighing) -> Report:
    """Return a report with what it rests on."""
    case, groups, driving = examined.case, examined.groups, examined.driving
    events, left_out = list_events(case, groups)
    differences = compare_requests(case, driving, examined.explained)
    return structs.replace(
        report,
        ruled_out=weighing.ruled_out,
        decisions=list_decisions(examined.explained),
        absence=read_absences(examined),
        policies=list_policies(case, examined.explained),
        events=events,
        events_left_out=left_out,
        weighing=weighing.rows,
        expected=list_expected(case, groups),
        request_differences=differences,
        consequences=list_consequences(driving, findings, differences, case, groups),
    )
