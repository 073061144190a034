"""Renders for a ticket: short, and the same in every tracker that knows tables, code spans and fenced blocks.

No HTML and no reference-style markup, which Jira, Zendesk or Backlog show as plain text.
"""

from collections.abc import Sequence

from trail_diff.model.learnt import Coverage, Job
from trail_diff.model.report import Evidence, Remedy, Report
from trail_diff.render import escape, essentials, findings, layout, weighing
from trail_diff.render.catalogue import Catalogue
from trail_diff.render.interface import RenderOptions
from trail_diff.render.json_lines import to_lines
from trail_diff.render.list_spec import Column, ListSpec, Row
from trail_diff.render.phrases import caller_name, caller_type, catalogue

_MOST_JSON_LINES = 60


def render_report(report: Report, options: RenderOptions) -> str:
    """Render the report of a case."""
    words = catalogue(options.lang)
    verdict = report.verdict
    lines = [f"**{layout.show_outcome(verdict, words)}:** {escape.markdown_prose(verdict.summary)}", ""]
    lines += _jobs(report, words) + _callers(report, words) + _findings(report, words)
    remedy = essentials.best_remedy(report)
    if remedy is not None:
        lines += _remedy(remedy, words)
    wider = essentials.support_remedy(report)
    if wider is not None:
        added = escape.markdown(essentials.support_patch(wider))
        lines += ["", f"{_item(words.labels['support_fix'], words.labels['support_differs'])}: {added}"]
    attempts = essentials.list_attempts(report, words)
    if attempts:
        lines += ["", _item(words.labels["attempts"], attempts)]
    lines += ["", *(_item(words.labels["expected"], text) for text in essentials.list_expected(report, words))]
    lines += _next_steps(report, words)
    lines += ["", _item(words.labels["covered"], essentials.coverage_line(report, words))]
    lines += [
        "",
        *(f"- {escape.markdown_prose(words.reason(warning))}" for warning in essentials.other_warnings(report)),
        "",
    ]
    lines += _weighing(report, words)
    kept = [line for line, before in zip(lines, ["", *lines], strict=False) if line or before]
    return "\n".join(kept).rstrip() + "\n"


def render_next_steps(report: Report, options: RenderOptions) -> str:
    """Render the verdict of a report and what would settle what it leaves open."""
    words, verdict = catalogue(options.lang), report.verdict
    told = f"**{layout.show_outcome(verdict, words)}:** {escape.markdown_prose(verdict.summary)}"
    return "\n".join([told, *_next_steps(report, words)]).rstrip() + "\n"


def _next_steps(report: Report, words: Catalogue) -> list[str]:
    lines: list[str] = []
    for step in report.next_steps:
        told = layout.show_step(step, report.failed.account, words)
        lines += ["", _item(words.labels["next_step"], told), *fence("sh", [step.command])]
    return lines


def render_list(spec: ListSpec[Row], rows: Sequence[Row], coverage: Coverage, options: RenderOptions) -> str:
    """Render a list."""
    words, columns = catalogue(options.lang), spec.pick(spec.markdown)
    header = [words.labels[column.label] for column in columns]
    cells = [[_cell(column, row, words) for column in columns] for row in rows]
    lines = table(header, cells) if cells else [words.labels[spec.empty]]
    head = [f"**{escape.markdown_prose(spec.heading.lead(words))}**", ""] if spec.heading.lead is not None else []
    notes = [f"- {escape.markdown_prose(note)}" for note in spec.heading.notes(words)]
    return "\n".join([*head, *notes, *([""] if notes else []), *lines, "", *coverage_lines(coverage, words)]) + "\n"


def _cell(column: Column[Row], row: Row, words: Catalogue) -> str:
    text = column.text(row, words)
    match column.kind:
        case "code":
            return _span(text)
        case "prose":
            return escape.markdown_prose(text)
        case "words" | "markdown":
            return text


def _jobs(report: Report, words: Catalogue) -> list[str]:
    """Return the jobs, and what the one asked about was to do, with which key, and what it says of itself."""
    jobs = [report.failed, *([report.succeeded] if report.succeeded else [])]
    lines = [f"- {words.labels[name]}: {_job(job)}" for name, job in zip(layout.job_labels(report), jobs, strict=True)]
    failed = report.failed
    texts = {"resource": failed.resource, "vault": failed.vault, "key": failed.key, "message": failed.message}
    return lines + [f"- {words.labels[name]}: {escape.markdown(text)}" for name, text in texts.items() if text]


def _weighing(report: Report, words: Catalogue) -> list[str]:
    """Return the table of the hypotheses, and what each rule of evidence says of them."""
    rows = [
        [row.standing, escape.markdown_prose(row.blamed), escape.markdown_prose(words.join_clauses(row.told))]
        for row in weighing.weights(report, words)
    ]
    header = [words.labels[name] for name in ("standing", "hypothesis", "evidence")]
    return ["", f"**{words.labels['weighing']}**", "", *table(header, rows)] if rows else []


def _job(job: Job) -> str:
    time = layout.show_time(job.created) if job.kind != "window" else None
    return " ".join(filter(None, [escape.markdown(job.id), _span(job.state), time]))


def _callers(report: Report, words: Catalogue) -> list[str]:
    """Return the table of the callers that differ."""
    shown = essentials.choose_rows(report)
    names = ("presence", "caller", "type", "action", "key", *layout.job_labels(report))
    header = [words.labels[name] for name in names]
    rows = [
        [
            words.presences[group.presence],
            escape.markdown(caller_name(group.caller, words)),
            escape.markdown(caller_type(group.caller, words)),
            escape.markdown(group.action),
            _span(layout.place_key(group.key, report.key_places, words, short=True)),
            *layout.show_sides(group, report, words),
        ]
        for group in shown.rows
    ]
    left_out = shown.say_left_out(words) or ("" if rows else layout.say_no_callers(report, words))
    return [*(["", *table(header, rows)] if rows else []), *(["", left_out] if left_out else [])]


def _findings(report: Report, words: Catalogue) -> list[str]:
    lines: list[str] = []
    for number, (finding, actions) in enumerate(layout.merge_actions(report.findings, words)):
        first, *more = essentials.explain_finding(report, finding, actions, words)
        lines += ["", _item(words.labels["cause"], first)]
        statement = essentials.guilty_statement(report, finding)
        if statement is not None:
            lines += fence("json", to_lines(statement)[:_MOST_JSON_LINES])
        more += [told for told in findings.show_rests_on(finding, words) if told not in more]
        lines += ["", *(f"- {escape.markdown_prose(text)}" for text in more)]
        lines += [f"- {words.labels['evidence']}: {_evidence(report, one, words)}" for one in finding.evidence]
        follow = essentials.list_consequences(report, words) if number == 0 else ()
        lines += [f"- {words.labels['consequences']}: {escape.markdown_prose(text)}" for text in follow]
    differs = findings.show_open_differences(report, words)
    return [*lines, "", *(f"- {escape.markdown_prose(text)}" for text in differs)]


def _evidence(report: Report, evidence: Evidence, words: Catalogue) -> str:
    place = layout.show_evidence(evidence)
    link = f"[{escape.markdown(place)}]({evidence.url})" if evidence.url else escape.markdown(place)
    told = essentials.show_evidence(report, evidence, words)
    return link if told == place else words.join_items([escape.markdown_prose(told), link])


def _remedy(remedy: Remedy, words: Catalogue) -> list[str]:
    lines = ["", _item(words.labels["fix"], essentials.name_remedy(remedy, words))]
    for place, code in essentials.show_steps(remedy.patch or (), words):
        lines += ["", escape.markdown_prose(place), *fence("json", code)]
    if document := essentials.document_of(remedy):
        lines += ["", *fence("json", to_lines(document))]
    if remedy.commands:
        lines += ["", *fence("sh", list(remedy.commands))]
    lines.append("")
    return lines + [f"- {escape.markdown_prose(text)}" for text in essentials.show_proof(remedy, words)]


def _item(name: str, text: str) -> str:
    return f"**{name[0].upper()}{name[1:]}:** {escape.markdown_prose(text)}"


def fence(language: str, lines: Sequence[str]) -> list[str]:
    """Return a fenced block, which no line can close: a JSON text needs no backtick, a command has none of its own."""
    return ["", f"```{language}", *(escape.terminal(line).replace("`", "\\u0060") for line in lines), "```", ""]


def coverage_lines(coverage: Coverage, words: Catalogue) -> list[str]:
    """Return what was read and what was skipped, and what the evidence does not cover."""
    labels = words.labels
    told = [layout.coverage_counts(coverage, words)]
    places = (("regions", coverage.regions), ("accounts", coverage.accounts))
    told += [f"{labels[name]} {escape.markdown(', '.join(values))}" for name, values in places if values]
    searched = coverage.windows.changes
    told += [f"{labels['changes_searched']} {layout.show_span(*searched)}"] if searched else []
    told += [f"{labels['cached_at']} {layout.show_time(coverage.cached_at)}"] if coverage.cached_at else []
    told += [
        f"{labels['skipped']} {count} × {words.reason(reason)}"
        for reason, count in layout.skipped_by_reason(coverage.skipped).items()
    ]
    lines = [words.join_clauses(told)]
    warnings = [f"- {escape.markdown_prose(words.reason(warning))}" for warning in coverage.warnings]
    return [*lines, *(["", *warnings] if warnings else [])]


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table of escaped cells."""
    lines = [header, ["---"] * len(header), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]


def _span(text: str | None) -> str:
    return escape.markdown(text) if text else ""
