"""The report on one screen of a terminal: verdict, jobs, callers that differ, suspect, change, fix, coverage."""

import re
from collections.abc import Sequence

from trail_diff.arns import last_name
from trail_diff.model.learnt import Job
from trail_diff.model.report import Change, Finding, Remedy, Report
from trail_diff.render import escape, essentials, findings, layout
from trail_diff.render.catalogue import Catalogue
from trail_diff.render.changes import changes_between, changes_of
from trail_diff.render.interface import RenderOptions
from trail_diff.render.json_lines import to_few_lines
from trail_diff.render.page import FIELD_WIDTH, Page
from trail_diff.render.phrases import caller_name, caller_type, catalogue
from trail_diff.render.summary import name_cause

OUTCOME_COLORS = {"explained": "red", "difference": "red", "no-difference": "green", "inconclusive": "yellow"}
PRESENCE_COLORS = {"only-succeeded": "red", "denied-in-failed": "red", "only-failed": "yellow"}

SCREEN_LINES = 24
_LEAST = (
    "attempts",
    "open",
    "gaps",
    "places",
    "sentence",
    "repeated",
    "breaks",
    "expected",
    "rows",
    "warnings",
    "steps",
)
"""What an answer can do without, what it needs least first: what would not help, what is open, empty lines, Regions;
what the table of callers says again in the verdict, and what the change and the rival say again of the cause; breaks
in commands, which a terminal makes as well; by what calls are expected; a row for each action; the text of warnings,
which are counted; and all but the first step. Without a good answer the steps are what matters, and stay open.
"""
_GOOD = ("confirmed", "likely")
_SAYS_NO_MORE = {"gaps", "places", "sentence", "repeated", "rows"}
_MOST_RIVALS = 3
_MOST_STEPS = 2
_MOST_JSON_LINES = 12
_LONGEST_MESSAGE = 240
_CODED = re.compile(r"(\S{24})\S{120,}")
"""A word that nobody reads, as an encoded message: its end would take the place of what the message says."""


def render_brief(report: Report, options: RenderOptions) -> str:
    """Render what a reader needs first; of an answer what matters least is left out where one screen cannot hold it.

    On a terminal with fewer lines, what says no more than the rest goes as well.
    """
    text, without = _render(report, options, frozenset()), frozenset[str]()
    for part in _LEAST:
        lines = text.count("\n")
        if lines <= min(options.lines, SCREEN_LINES):
            break
        if lines > SCREEN_LINES or part in _SAYS_NO_MORE:
            without |= {part}
            text = _render(report, options, without)
    return text


def _render(report: Report, options: RenderOptions, without: frozenset[str]) -> str:
    words, page = catalogue(options.lang), Page(options, has_gaps="gaps" not in without, breaks="breaks" not in without)
    show_verdict(page, report, words, is_short="sentence" in without)
    _show_jobs(page, report, words)
    _show_callers(page, report, words, has_joined="rows" in without)
    _show_findings(page, report, words, is_short="repeated" in without)
    _show_absence(page, report, words)
    _show_fix(page, report, words, has_attempts="attempts" not in without)
    show_expected(page, report, words, is_short="expected" in without)
    if "open" not in without or report.verdict.confidence not in _GOOD:
        most = 1 if "steps" in without else _MOST_STEPS
        _show_next_steps(page, report, words, most=most, is_short="breaks" in without)
    warnings = essentials.other_warnings(report)
    counted = [words.count("warnings", len(warnings))] if warnings and "warnings" in without else []
    covered = [essentials.coverage_line(report, words, has_places="places" not in without), *counted]
    page.field(words.labels["covered"], words.join_items([*covered, words.labels["more"]]))
    for warning in () if counted else warnings:
        page.field(words.labels["warning"], words.reason(warning))
    return page.text()


def show_verdict(page: Page, report: Report, words: Catalogue, *, is_short: bool = False) -> None:
    """Show the verdict: its outcome, how certain it is, and the sentence that sums it up, or only its cause."""
    told = name_cause(report, words) if is_short else None
    page.wrap(
        f"{layout.show_outcome(report.verdict, words)}: {told or report.verdict.summary}",
        color=OUTCOME_COLORS[report.verdict.outcome],
    )


def show_expected(
    page: Page, report: Report, words: Catalogue, *, all_of_them: bool = False, is_short: bool = False
) -> None:
    """Show the calls that are expected of the failed job and that no record shows; in short without by what."""
    name = words.labels["expected"]
    for text in essentials.list_expected(report, words, all_of_them=all_of_them, is_short=is_short):
        page.field(name, text)
        name = ""


def _show_jobs(page: Page, report: Report, words: Catalogue) -> None:
    """Show the jobs, what the one asked about was to do with which key, and what it says of itself."""
    page.gap()
    jobs = [(layout.job_label(report), report.failed)]
    jobs += [("succeeded", report.succeeded)] if report.succeeded else []
    widths = [max(len(job.id) for _, job in jobs), max(len(job.state or "") for _, job in jobs)]
    for name, job in jobs:
        time = layout.show_time(job.created) if job.kind != "window" else ""
        page.field(words.labels[name], f"{job.id:<{widths[0]}}  {job.state or '':<{widths[1]}}  {time}".rstrip())
    first, *more = _subjects(report, report.failed, words) or [("", "")]
    if first[0]:
        page.field(first[0], words.join_items([first[1], *(f"{name} {text}" for name, text in more)]))
    if report.failed.message and report.failed.message not in report.verdict.summary:
        message = _CODED.sub(r"\1…", report.failed.message)
        page.wrap(f'"{escape.shorten(message, _LONGEST_MESSAGE)}"')


def _subjects(report: Report, job: Job, words: Catalogue) -> list[tuple[str, str]]:
    """Return what the job was about, each with its name: the resource, the vault, the key."""
    texts = {
        "resource": last_name(job.resource),
        "vault": last_name(job.vault),
        "key": layout.place_key(job.key, report.key_places, words),
    }
    return [(words.labels[name], text) for name, text in texts.items() if text]


def _show_callers(page: Page, report: Report, words: Catalogue, *, has_joined: bool = False) -> None:
    """Show who differs: a line for each caller, the first of them in the head, and one for each of its actions.

    Beside an answer it matters little how many others there are.
    """
    shown = essentials.choose_rows(report)
    has_keys = len({row.key for row in shown.rows} - {report.failed.key}) > 0
    names = [*layout.job_labels(report), *(["key"] if has_keys else [])]
    table: list[list[str]] = []
    colors: list[str | None] = []
    for caller, rows in shown.by_caller().items():
        table.append(
            [escape.terminal(f"{caller_name(caller, words)} ({caller_type(caller, words)})"), *[""] * len(names)]
        )
        colors.append(None)
        for own in essentials.join_rows(rows) if has_joined else [[row] for row in rows]:
            row, sides = own[0], zip(*(layout.show_sides(one, report, words) for one in own), strict=True)
            calls = [words.join_items(list(side) if len(set(side)) > 1 else [side[0]]) for side in sides]
            actions = words.join_items([one.action for one in own])
            named = escape.terminal(f"  {words.presences[row.presence]}  {actions}")
            place = report.key_places.get(row.key or "", "")
            key = "\n".join(map(escape.terminal, filter(None, [layout.short_key(row.key), place])))
            table.append([named, *calls, *([key] if has_keys else [])])
            colors.append(PRESENCE_COLORS.get(row.presence))
    if table:
        page.table([table[0][0], *(words.labels[name] for name in names)], table[1:], colors[1:])
    if not table:
        page.wrap(shown.say_left_out(words) or layout.say_no_callers(report, words))
    elif report.verdict.outcome != "explained":
        page.wrap(shown.say_left_out(words))


def _show_findings(page: Page, report: Report, words: Catalogue, *, is_short: bool = False) -> None:
    merged = layout.merge_actions(report.findings, words)
    page.gap()
    if not merged:
        for text in findings.show_open_differences(report, words, most=1)[:_MOST_STEPS]:
            page.field(words.labels["evidence"], text)
        _show_changes(page, report, changes_between(report), words)
        return
    finding, actions = merged[0]
    name = words.labels["cause"]
    told = essentials.without_repeated(report, finding) if is_short else finding
    for text in essentials.explain_finding(report, told, actions, words):
        page.field(name, text)
        name = ""
    _show_evidence(page, report, finding, words)
    if report.consequences:
        page.field(words.labels["consequences"], words.count("consequences", len(report.consequences)))
    rivals = [(rival, told) for rival, told in merged[1:] if essentials.is_rival(rival, finding)]
    for rival, rival_actions in rivals[:_MOST_RIVALS]:
        page.field(words.labels["other_cause"], essentials.name_rival(report, finding, rival, rival_actions, words))
    if len(rivals) > _MOST_RIVALS:
        page.field("", words.count("more", len(rivals) - _MOST_RIVALS))


def _show_evidence(page: Page, report: Report, finding: Finding, words: Catalogue) -> None:
    """Show the change that a finding rests on, else its first evidence and the change of the policy, if any.

    The policy that a refusal names by its ARN is shown as well: it is the one to ask about.
    """
    changes = changes_of(report, finding)
    if finding.evidence and not any(change.event_id == finding.evidence[0].event_id for change in changes):
        shown = essentials.show_evidence(report, finding.evidence[0], words)
        page.field(words.labels["evidence"], shown, finding.evidence[0].url)
    for named in finding.evidence[1:]:
        if named.file and named.file.startswith("arn:"):
            page.field("", essentials.show_evidence(report, named, words))
    _show_changes(page, report, changes, words)


def _show_changes(page: Page, report: Report, changes: Sequence[Change], words: Catalogue) -> None:
    name = words.labels["change"]
    for change in changes:
        page.field(name, essentials.show_dated_change(report, change, words), change.url)
        name = ""


def _show_absence(page: Page, report: Report, words: Catalogue) -> None:
    """Show what an absence may mean, unless the cause says so."""
    if not report.absence or report.verdict.outcome == "explained":
        return
    name = words.labels["absent_why"]
    for reading in report.absence[0].readings:
        if reading.status != "ruled-out":
            page.field(name, f"{words.statuses[reading.status]}: {words.readings[reading.reading]}")
            name = ""


def _show_fix(page: Page, report: Report, words: Catalogue, *, has_attempts: bool) -> None:
    """Show the remedy to try first, the one that AWS Support gives, and in one line what would not help.

    What was mended since needs no remedy any more: to do the job again is enough.
    """
    remedy = essentials.best_remedy(report)
    if remedy is not None and report.findings and report.findings[0].mended_since:
        page.field(words.labels["fix"], findings.say_mended(report.findings[0], words))
        return
    if remedy is not None:
        _show_remedy(page, remedy, words)
        wider = essentials.support_remedy(report)
        if wider is not None:
            page.field(words.labels["support_fix"], essentials.show_support_remedy(wider, words))
    attempts = essentials.list_attempts(report, words) if has_attempts else ""
    if attempts:
        page.field(words.labels["attempts"], attempts)


def _show_remedy(page: Page, remedy: Remedy, words: Catalogue) -> None:
    """Show a remedy; the steps that write the same in several statements are shown once."""
    told = essentials.name_remedy(remedy, words)
    steps = essentials.show_steps(remedy.patch or (), words, page.width - FIELD_WIDTH, to_few_lines)
    places = [place for place, _ in steps]
    for number, (place, lines) in enumerate(steps):
        if number == 0:
            page.field(words.labels["fix"], f"{told}: {place}")
        elif place != places[number - 1]:
            page.field("", place)
        page.code([*lines[:_MOST_JSON_LINES], *(["…"] if len(lines) > _MOST_JSON_LINES else [])])
    if not steps:
        page.field(words.labels["fix"], told)
    if document := essentials.document_of(remedy):
        page.code(to_few_lines(document, page.width - FIELD_WIDTH))
    for command in remedy.commands:
        page.command(command)
    page.field("", words.join_clauses(essentials.show_proof(remedy, words)))


def _show_next_steps(
    page: Page, report: Report, words: Catalogue, *, most: int = _MOST_STEPS, is_short: bool = False
) -> None:
    """Show what would settle the rest: beside a good answer what is open in a line each, else the commands.

    A command that leads to the fix itself is shown beside any answer.
    """
    is_answered = report.verdict.confidence in _GOOD
    name = words.labels["open" if is_answered else "next_step"]
    for step in report.next_steps[:most]:
        is_open = is_answered and step.is_fact
        account = report.failed.account
        told = words.reason(step.reason) if is_open else layout.show_step(step, account, words, is_short=is_short)
        page.field(name, told)
        if not is_open:
            page.command(step.command)
        name = "" if is_answered else name
    more = len(report.next_steps) - most
    if more > 0:
        page.field("", words.count("more", more))
