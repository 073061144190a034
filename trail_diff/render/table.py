"""Renders for a terminal: the report on one screen, or in full when asked for; and the lists.

Long values lose their middle, or are wrapped; only what is to be pasted may be wider than the terminal.
"""

from collections.abc import Mapping, Sequence

from trail_diff.model.learnt import Coverage
from trail_diff.model.report import Report
from trail_diff.render import escape
from trail_diff.render.coverage_lines import show_coverage
from trail_diff.render.interface import RenderOptions
from trail_diff.render.list_spec import ListSpec, Row, TerminalTable
from trail_diff.render.page import Page
from trail_diff.render.phrases import catalogue


def render_report(report: Report, options: RenderOptions) -> str:
    """Render the report of a case."""
    if options.verbose:
        from trail_diff.render.full import render_full

        return render_full(report, options)
    from trail_diff.render.brief import render_brief

    return render_brief(report, options)


def render_list(spec: ListSpec[Row], rows: Sequence[Row], coverage: Coverage, options: RenderOptions) -> str:
    """Render a list."""
    words, page = catalogue(options.lang), Page(options)
    rows, lead = spec.terminal_order(rows), spec.lead(rows, words)
    if lead:
        page.wrap(lead)
    for note in spec.heading.notes(words):
        page.bullet(note)
    if isinstance(spec.terminal, TerminalTable):
        _draw_table(page, spec, spec.terminal, rows, options)
    else:
        for row in rows:
            spec.terminal(page, row, words, options.verbose)
    show_coverage(page, coverage, words, verbose=options.verbose)
    return page.text()


def _draw_table(
    page: Page, spec: ListSpec[Row], form: TerminalTable, rows: Sequence[Row], options: RenderOptions
) -> None:
    words, names = catalogue(options.lang), (*form.columns, *(form.verbose if options.verbose else ()))
    columns = {name: spec.columns[name] for name in names}
    header = {name: words.labels[column.label] for name, column in columns.items()}
    cells = [{name: escape.terminal(one.text(row, words)) for name, one in columns.items()} for row in rows]
    short = [{name: columns[name].shorten(text) for name, text in row.items()} for row in cells]
    if not rows:
        return
    if page.fits([list(row.values()) for row in (header, *short)]):
        page.table(list(header.values()), [list(row.values()) for row in cells])
        return
    beside = [name for name in names if not any(name in line for line in form.stacked)]
    page.table(
        [header[name] for name in (*form.stacked[0], *beside)],
        [[_stack(row, form.stacked), *(row[name] for name in beside)] for row in (short if options.verbose else cells)],
    )


def _stack(cells: Mapping[str, str], lines: Sequence[Sequence[str]]) -> str:
    """Return the cells of each line side by side, the later lines indented; a line without text is left out."""
    return "\n  ".join(filter(None, ("  ".join(filter(None, map(cells.get, line))) for line in lines)))
