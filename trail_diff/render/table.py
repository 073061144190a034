"""Renders for a terminal: the report on one screen, or in full when asked for; and the lists.

Long values lose their middle, or are wrapped; only what is to be pasted may be wider than the terminal.
"""

from collections.abc import Sequence

from trail_diff.model import CallerUse, Coverage, JobRow, Report, WhatIfRow
from trail_diff.render import escape, layout
from trail_diff.render.brief import render_brief
from trail_diff.render.full import render_full, show_coverage
from trail_diff.render.interface import RenderOptions
from trail_diff.render.page import Page
from trail_diff.render.phrases import caller_name, caller_type, catalogue


def render_report(report: Report, options: RenderOptions) -> str:
    """Render the report of a case."""
    return render_full(report, options) if options.verbose else render_brief(report, options)


def render_jobs(rows: Sequence[JobRow], coverage: Coverage, options: RenderOptions) -> str:
    """Render the list of jobs."""
    words, page = catalogue(options.lang), Page(options)
    labels = words.labels
    for row in rows:
        job = row.job
        page.pair(layout.show_time(job.created) or labels["not_known"], f"{job.id}  {words.job_kinds[job.kind]}")
        page.pair("", "  ".join(filter(None, [job.state, job.resource])))
        if job.message:
            page.pair("", job.message)
        if row.baseline is not None:
            named = [f"{labels['baseline']} {row.baseline.id}", layout.show_time(row.baseline.created)]
            told = words.grammar.join_items([part for part in named if part])
            differs = [words.reason(reason) for reason in row.differences]
            page.pair("", words.grammar.join_clauses([told, *differs]))
    if not rows:
        page.wrap(labels["no_jobs"])
    show_coverage(page, coverage, words, verbose=options.verbose)
    return page.text()


def render_callers(rows: Sequence[CallerUse], coverage: Coverage, options: RenderOptions) -> str:
    """Render the list of callers."""
    words, page = catalogue(options.lang), Page(options)
    header = [words.labels[name] for name in ("caller", "type", "action", "key", "calls")]
    if options.verbose:
        header += [words.labels["error_codes"], words.labels["seen"]]
    table = []
    for row in rows:
        errors = f" ({words.count('errors', row.errors)})" if row.errors else ""
        caller = row.caller
        texts = (caller_name(caller, words), caller_type(caller, words), row.action, layout.show_key(row.key))
        cells = [escape.terminal(text) for text in texts]
        cells.append(f"{row.calls}{errors}")
        if options.verbose:
            cells += [escape.terminal(" ".join(row.error_codes)), layout.show_span(row.first, row.last)]
        table.append(cells)
    page.table(header, table) if table else page.wrap(words.labels["no_uses"])
    show_coverage(page, coverage, words, verbose=options.verbose)
    return page.text()


def render_what_if(rows: Sequence[WhatIfRow], coverage: Coverage, options: RenderOptions) -> str:
    """Render the replay of a policy, worst first."""
    words, page = catalogue(options.lang), Page(options)
    page.wrap(layout.show_tally(rows, words) or words.labels["no_uses"])
    for row in rows:
        if row.outcome == "unchanged" and not options.verbose:
            continue
        seen = layout.show_observed(row, words)
        page.bullet(f"{words.what_ifs[row.outcome]}: {caller_name(row.caller, words)} {row.action} ({seen})")
        why = layout.show_why(row, words)
        if why:
            page.bullet(why, level=2)
    show_coverage(page, coverage, words, verbose=options.verbose)
    return page.text()
