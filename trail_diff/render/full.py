"""The whole report for a terminal: both jobs, every caller, decisions, evidence, what else was looked at, coverage."""

from collections.abc import Sequence

from trail_diff.model.decisions import CallerDecision
from trail_diff.model.report import CallerGroup, Finding, Remedy, Report
from trail_diff.render import escape, essentials, findings, layout, weighing
from trail_diff.render.brief import PRESENCE_COLORS, show_expected, show_verdict
from trail_diff.render.catalogue import Catalogue
from trail_diff.render.coverage_lines import show_coverage
from trail_diff.render.interface import RenderOptions
from trail_diff.render.json_lines import to_lines
from trail_diff.render.page import Page
from trail_diff.render.phrases import caller_name, caller_type, catalogue


def render_full(report: Report, options: RenderOptions) -> str:
    """Render all that a report holds."""
    words, page = catalogue(options.lang), Page(options)
    show_verdict(page, report, words)
    _show_jobs(page, report, words)
    _show_callers(page, report, words)
    _show_findings(page, report, words)
    _show_weighing(page, report, words)
    _show_decisions(page, report.decisions, words)
    _show_absence(page, report, words)
    _show_remedies(page, report.remedies, words)
    _show_changes(page, report, words)
    show_expected(page, report, words, all_of_them=True)
    _show_next_steps(page, report, words)
    show_coverage(page, report.coverage, words, verbose=True)
    return page.text()


def _show_jobs(page: Page, report: Report, words: Catalogue) -> None:
    failed, succeeded = (layout.job_rows(job, report.key_places, words) for job in (report.failed, report.succeeded))
    first = words.labels[layout.job_label(report)]
    header = ["", first, words.labels["succeeded"]]
    rows = [
        [words.labels[name], escape.terminal(failed.get(name, "")), escape.terminal(succeeded.get(name, ""))]
        for name in layout.JOB_FIELDS
        if (name in failed or name in succeeded) and name != "message"
    ]
    if report.succeeded is None:
        header, rows = header[:2], [row[:2] for row in rows]
    page.gap()
    page.table(header, rows)
    if "message" in failed:
        page.field(words.labels["message"], failed["message"])


def _show_callers(page: Page, report: Report, words: Catalogue) -> None:
    groups = report.callers
    page.head(words.labels["callers"])
    if not groups:
        page.wrap(layout.say_no_callers(report, words))
        return
    colors = [PRESENCE_COLORS.get(group.presence) for group in groups]
    names = ("presence", "caller", "type", "action", "key", *layout.job_labels(report))
    header, rows = [words.labels[name] for name in names], [_caller_cells(group, report, words) for group in groups]
    if not page.fits([header, *rows]):
        header = [header[0], header[1], *header[4:]]
        rows = [[row[0], f"{row[1]}\n  {row[2]}  {row[3]}", *row[4:]] for row in rows]
    page.table(header, rows, colors)
    has_several = len({group.recorded_in for group in groups}) > 1
    for group in groups:
        page.bullet(f"{caller_name(group.caller, words)} {group.action}: {words.caller_kinds[group.caller.kind]}")
        for side, calls in zip(layout.job_labels(report), (group.failed, group.succeeded), strict=False):
            if calls.calls:
                codes = layout.count_codes(calls.error_codes)
                page.bullet(
                    "  ".join(filter(None, [words.labels[side], layout.show_span(calls.first, calls.last), codes])),
                    level=2,
                )
        if group.tied_by:
            page.bullet(f"{words.labels['tied_by']}: {words.reasons_of(group.tied_by)}", level=2)
        if has_several:
            page.bullet(f"{words.labels['recorded_in']}: {escape.terminal(', '.join(group.recorded_in))}", level=2)


def _caller_cells(group: CallerGroup, report: Report, words: Catalogue) -> list[str]:
    texts = (caller_name(group.caller, words), caller_type(group.caller, words), group.action)
    return [
        words.presences[group.presence],
        *map(escape.terminal, texts),
        escape.terminal(layout.place_key(group.key, report.key_places, words, short=True)),
        *layout.show_sides(group, report, words),
    ]


def _show_findings(page: Page, report: Report, words: Catalogue) -> None:
    if report.findings:
        page.head(words.labels["findings"])
    for number, (finding, actions) in enumerate(layout.merge_actions(report.findings, words)):
        page.bullet(f"{words.confidences[finding.confidence]}: {findings.show_finding(finding, actions, words)}")
        for told in _why(report, finding, words):
            page.bullet(told, level=2)
        for evidence in finding.evidence:
            told, place = essentials.show_evidence(report, evidence, words), layout.show_place_of(evidence, words)
            shown = told if told == place else f"{told} ({place})"
            page.bullet(f"{words.labels['evidence']}: {shown}", level=2, url=evidence.url)
        for told in essentials.list_consequences(report, words) if number == 0 else ():
            page.bullet(f"{words.labels['consequences']}: {told}", level=2)
    for told in findings.show_open_differences(report, words):
        page.bullet(told)
    if report.ruled_out:
        page.head(words.labels["ruled_out"])
    for ruled_out in report.ruled_out:
        page.bullet(weighing.show_ruling(report, ruled_out, words))


def _why(report: Report, finding: Finding, words: Catalogue) -> list[str]:
    """Return why a finding holds, what it rests on, and in what its refused requests differ, one line each."""
    conditions = findings.conditions_of(finding, report.decisions)
    told = {condition.reason for condition in conditions}
    return [
        *(findings.show_condition(condition, findings.effect_of(finding), words) for condition in conditions),
        *(words.reason(reason) for reason in finding.reasons if reason not in told),
        *findings.show_rests_on(finding, words, told),
        *findings.show_differences(report, finding, words),
        *([findings.say_mended(finding, words)] if finding.mended_since else []),
    ]


def _show_weighing(page: Page, report: Report, words: Catalogue) -> None:
    """Show every hypothesis, and what each rule of evidence says of it."""
    if report.weighing:
        page.head(words.labels["weighing"])
    for row in weighing.weights(report, words):
        page.bullet(f"{row.standing}: {row.blamed}")
        for told in row.told:
            page.bullet(told, level=2)


def _show_decisions(page: Page, decisions: Sequence[CallerDecision], words: Catalogue) -> None:
    if decisions:
        page.head(words.labels["decisions"])
    for decision in decisions:
        today = f" ({words.labels['today']})" if decision.as_of == "today" else ""
        name = caller_name(decision.caller, words)
        page.bullet(f"{name} {decision.action}{today}: {words.decisions[decision.decision]}")
        for statement in decision.statements:
            shown = layout.show_statement(statement, words)
            page.bullet(f"{shown} {statement.effect}: {words.matches[statement.outcome]}", level=2)
            for condition in statement.conditions:
                page.bullet(findings.show_condition(condition, statement.effect, words), level=3)
        if decision.unknown_keys:
            page.bullet(layout.show_unknown_keys(decision.unknown_keys, words), level=2)


def _show_absence(page: Page, report: Report, words: Catalogue) -> None:
    if report.absence:
        page.head(words.labels["absence"])
    for absence, actions in layout.merge_actions(report.absence, words):
        page.bullet(f"{caller_name(absence.caller, words)} {actions}")
        for reading in absence.readings:
            why = words.reasons_of(reading.reasons)
            told = f"{words.statuses[reading.status]}: {words.readings[reading.reading]}"
            page.bullet(f"{told} ({why})" if why else told, level=2)


def _show_remedies(page: Page, remedies: Sequence[Remedy], words: Catalogue) -> None:
    """Show the remedies; those that would not help take one line each."""
    if remedies:
        page.head(words.labels["remedies"])
    for remedy in remedies:
        told = f"{words.helps[str(remedy.helps).lower()]}: {essentials.title_remedy(remedy, words)}"
        if remedy.helps is False:
            why = words.reasons_of(remedy.risks)
            page.bullet(f"{told} ({why})" if why else told)
            continue
        page.bullet(f"{told} [{remedy.id}]")
        for step in remedy.patch or ():
            place, lines = essentials.show_step(step, words, page.width - 6)
            page.bullet(place, level=2)
            page.code(lines, indent=6)
        if document := essentials.document_of(remedy):
            page.code(to_lines(document, page.width - 6), indent=6)
        for command in remedy.commands:
            page.command(command)
        for told in essentials.show_proof(remedy, words):
            page.bullet(told, level=2)


def _show_changes(page: Page, report: Report, words: Catalogue) -> None:
    if report.changes:
        page.head(words.labels["changes"])
    for change in report.changes:
        page.pair(layout.show_time(change.time), layout.show_change(change, words), url=change.url)


def _show_next_steps(page: Page, report: Report, words: Catalogue) -> None:
    if report.next_steps:
        page.head(words.labels["next"])
    for step in report.next_steps:
        page.bullet(layout.show_step(step, report.failed.account, words))
        page.command(step.command)
