"""Renders for a terminal: the report on one screen, or in full when asked for; and the lists.

Long values lose their middle, or are wrapped; only what is to be pasted may be wider than the terminal.
"""

from collections.abc import Sequence

from trail_diff.model.learnt import Coverage
from trail_diff.model.report import CallerUse, JobRow, Report, WhatIf
from trail_diff.render import escape, layout
from trail_diff.render.brief import render_brief
from trail_diff.render.catalogue import Catalogue
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
    table = [_use_cells(row, words, verbose=options.verbose) for row in rows]
    with_short_keys = [
        [*cells[:3], layout.short_key(row.key), *cells[4:]] for row, cells in zip(rows, table, strict=True)
    ]
    if not page.fits([header, *with_short_keys]):
        header = [header[0], *header[3:5]]
        table = [
            [_stacked([cells[0]], cells[1:3], cells[5:]), *cells[3:5]]
            for cells in (with_short_keys if options.verbose else table)
        ]
    page.table(header, table) if table else page.wrap(words.labels["no_uses"])
    show_coverage(page, coverage, words, verbose=options.verbose)
    return page.text()


def _stacked(*lines: Sequence[str]) -> str:
    """Return the texts of each line side by side, the later lines indented; a line without text is left out."""
    return "\n  ".join(filter(None, ("  ".join(filter(None, line)) for line in lines)))


def _use_cells(row: CallerUse, words: Catalogue, *, verbose: bool) -> list[str]:
    errors = f" ({words.count('errors', row.errors)})" if row.errors else ""
    caller = row.caller
    texts = (caller_name(caller, words), caller_type(caller, words), row.action, layout.show_key(row.key))
    cells = [*map(escape.terminal, texts), f"{row.calls}{errors}"]
    if verbose:
        cells += [escape.terminal(" ".join(row.error_codes)), layout.show_span(row.first, row.last)]
    return cells


def render_what_if(report: WhatIf, options: RenderOptions) -> str:
    """Render the replay of a policy, worst first."""
    words, page = catalogue(options.lang), Page(options)
    page.wrap(layout.show_gate(report, words))
    for line in layout.show_tried_keys(report, words):
        page.bullet(line)
    for row in report.calls:
        if row.outcome == "unchanged" and not options.verbose:
            continue
        seen = layout.show_observed(row, words)
        page.bullet(f"{layout.show_what_if(row, words)}: {caller_name(row.caller, words)} {row.action} ({seen})")
        why = layout.show_why(row, words)
        if why:
            page.bullet(why, level=2)
    show_coverage(page, report.coverage, words, verbose=options.verbose)
    return page.text()
