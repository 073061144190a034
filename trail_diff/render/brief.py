"""The report on one screen of a terminal: verdict, callers that differ, cause, fix, what would not help, coverage."""

from trail_diff.model.report import Remedy, Report
from trail_diff.render import escape, essentials, layout
from trail_diff.render.catalogue import Catalogue
from trail_diff.render.interface import RenderOptions
from trail_diff.render.page import FIELD_WIDTH, Page
from trail_diff.render.phrases import caller_name, caller_type, catalogue

OUTCOME_COLORS = {"explained": "red", "difference": "red", "no-difference": "green", "inconclusive": "yellow"}
PRESENCE_COLORS = {"only-succeeded": "red", "denied-in-failed": "red", "only-failed": "yellow"}

_MOST_RIVALS = 3
_MOST_STEPS = 2
_MOST_JSON_LINES = 8


def render_brief(report: Report, options: RenderOptions) -> str:
    """Render what a reader needs first."""
    words, page = catalogue(options.lang), Page(options)
    show_verdict(page, report, words)
    _show_jobs(page, report, words)
    _show_callers(page, report, words)
    page.gap()
    _show_findings(page, report, words)
    _show_absence(page, report, words)
    remedy = report.best_remedy
    if remedy is not None:
        _show_remedy(page, remedy, words)
    attempts = essentials.list_attempts(report, words)
    if attempts:
        page.field(words.labels["attempts"], attempts)
    show_expected(page, report, words)
    _show_next_steps(page, report, words)
    covered = [essentials.coverage_line(report, words), words.labels["more"]]
    page.field(words.labels["covered"], words.grammar.join_items(covered))
    for warning in essentials.other_warnings(report):
        page.field(words.labels["warning"], words.reason(warning))
    return page.text()


def show_verdict(page: Page, report: Report, words: Catalogue) -> None:
    """Show the verdict: its outcome, how certain it is, and the sentence that sums it up."""
    page.wrap(
        f"{layout.show_outcome(report.verdict, words)}: {report.verdict.summary}",
        color=OUTCOME_COLORS[report.verdict.outcome],
    )


def show_expected(page: Page, report: Report, words: Catalogue, *, all_of_them: bool = False) -> None:
    """Show the calls that are expected of the failed job and that no record shows."""
    name = words.labels["expected"]
    for text in essentials.list_expected(report, words, all_of_them=all_of_them):
        page.field(name, text)
        name = ""


def _show_jobs(page: Page, report: Report, words: Catalogue) -> None:
    page.gap()
    jobs = [("failed" if report.succeeded else "job", report.failed)]
    jobs += [("succeeded", report.succeeded)] if report.succeeded else []
    widths = [max(len(job.id) for _, job in jobs), max(len(job.state or "") for _, job in jobs)]
    for name, job in jobs:
        time = layout.show_time(job.created) if job.kind != "window" else ""
        page.field(words.labels[name], f"{job.id:<{widths[0]}}  {job.state or '':<{widths[1]}}  {time}".rstrip())
    if report.failed.key:
        page.field(words.labels["key"], layout.place_key(report.failed.key, report.key_places))


def _show_callers(page: Page, report: Report, words: Catalogue) -> None:
    """Show who differs: a line for each caller, and one for each of its actions."""
    page.gap()
    shown = essentials.choose_rows(report)
    has_keys = len({row.key for row in shown.rows} - {report.failed.key}) > 0
    header = [words.labels[name] for name in ("caller", "failed", "succeeded", "key")]
    table: list[list[str]] = []
    colors: list[str | None] = []
    for caller, rows in shown.by_caller().items():
        table.append([escape.terminal(f"{caller_name(caller, words)} ({caller_type(caller, words)})"), "", "", ""])
        colors.append(None)
        for row in rows:
            calls = (layout.show_calls(row.failed, words), layout.show_calls(row.succeeded, words))
            named = escape.terminal(f"  {words.presences[row.presence]}  {row.action}")
            table.append([named, *calls, escape.terminal(layout.place_key(row.key, report.key_places, short=True))])
            colors.append(PRESENCE_COLORS.get(row.presence))
    if table:
        columns = 4 if has_keys else 3
        page.table(header[:columns], [row[:columns] for row in table], colors)
    left_out = shown.say_left_out(words)
    page.wrap(left_out if left_out or table else words.labels["no_callers"])


def _show_findings(page: Page, report: Report, words: Catalogue) -> None:
    merged = layout.merge_findings(report.findings, words)
    if not merged:
        return
    finding, actions = merged[0]
    name = words.labels["cause"]
    for text in essentials.explain_finding(report, finding, actions, words):
        page.field(name, text)
        name = ""
    if finding.evidence:
        shown = essentials.show_evidence(report, finding.evidence[0], words)
        page.field(words.labels["evidence"], shown, finding.evidence[0].url)
    for rival, rival_actions in merged[1 : 1 + _MOST_RIVALS]:
        told = f"{words.confidences[rival.confidence]}: {layout.show_finding(rival, rival_actions, words)}"
        page.field(words.labels["other_cause"], told)
    if len(merged) > 1 + _MOST_RIVALS:
        page.field("", words.count("more", len(merged) - 1 - _MOST_RIVALS))


def _show_absence(page: Page, report: Report, words: Catalogue) -> None:
    """Show what an absence may mean, unless the cause says so."""
    if not report.absence or report.verdict.outcome == "explained":
        return
    name = words.labels["absent_why"]
    for reading in report.absence[0].readings:
        if reading.status != "ruled-out":
            page.field(name, f"{words.statuses[reading.status]}: {words.readings[reading.reading]}")
            name = ""


def _show_remedy(page: Page, remedy: Remedy, words: Catalogue) -> None:
    page.field(words.labels["fix"], f"{essentials.name_remedy(remedy, words)} [{remedy.id}]")
    for step in remedy.patch or ():
        place, lines = essentials.show_step(step, words, page.width - FIELD_WIDTH)
        page.field("", place)
        page.code([*lines[:_MOST_JSON_LINES], *(["…"] if len(lines) > _MOST_JSON_LINES else [])])
    if remedy.policy is not None and remedy.patch is None:
        page.code(essentials.to_lines(remedy.policy, page.width - FIELD_WIDTH))
    for command in remedy.commands:
        page.command(command)
    replay = [layout.show_replay(remedy.replay, words)] if remedy.replay else []
    page.field("", words.grammar.join_clauses([*replay, *map(words.reason, remedy.risks)]))


def _show_next_steps(page: Page, report: Report, words: Catalogue) -> None:
    for step in report.next_steps[:_MOST_STEPS]:
        page.field(words.labels["next_step"], layout.show_step(step, report.failed.account, words))
        page.command(step.command)
    more = len(report.next_steps) - _MOST_STEPS
    if more > 0:
        page.field("", words.count("more", more))
