"""Renders for a terminal: the verdict first, then both jobs, the callers side by side, and what was read.

Nothing is wider than the terminal; long values lose their middle, or are wrapped. Colour only repeats what words say.
"""

import textwrap
import unicodedata
from collections.abc import Iterable, Sequence

from tabulate import tabulate

from trail_diff.model import CallerDecision, CallerGroup, CallerUse, Coverage, JobRow, Remedy, Report, WhatIfRow
from trail_diff.render import escape, layout
from trail_diff.render.catalogue import Catalogue
from trail_diff.render.interface import RenderOptions
from trail_diff.render.phrases import caller_name, catalogue

_COLORS = {"bold": "1", "red": "31", "yellow": "33", "green": "32", "dim": "2"}
_OUTCOME_COLORS = {"explained": "red", "difference": "red", "no-difference": "green", "inconclusive": "yellow"}
_KEY_WIDTH = 13
_PRESENCE_COLORS = {"only-succeeded": "red", "denied-in-failed": "red", "only-failed": "yellow"}


def render_report(report: Report, options: RenderOptions) -> str:
    """Render the report of a case."""
    words, page = catalogue(options.lang), _Page(options)
    verdict = report.verdict
    head = words.outcomes[verdict.outcome]
    if verdict.confidence:
        head += f" ({words.confidences[verdict.confidence]})"
    page.wrap(f"{head}: {verdict.summary}", color=_OUTCOME_COLORS[verdict.outcome])
    _show_jobs(page, report, words)
    _show_callers(page, report.callers, words, verbose=options.verbose)
    _show_findings(page, report, words, verbose=options.verbose)
    _show_decisions(page, report.decisions, words, verbose=options.verbose)
    _show_absence(page, report, words, verbose=options.verbose)
    _show_remedies(page, report.remedies, words)
    _show_changes(page, report, words)
    _show_next_steps(page, report, words)
    _show_coverage(page, report.coverage, words, verbose=options.verbose)
    return page.text()


def render_jobs(rows: Sequence[JobRow], coverage: Coverage, options: RenderOptions) -> str:
    """Render the list of jobs."""
    words, page = catalogue(options.lang), _Page(options)
    labels = words.labels
    for row in rows:
        job = row.job
        page.pair(layout.show_time(job.created) or labels["not_known"], f"{job.id}  {words.job_kinds[job.kind]}")
        page.pair("", "  ".join(filter(None, [job.state, job.resource])))
        if job.message:
            page.pair("", job.message)
        if row.baseline is not None:
            told = f"{labels['baseline']} {row.baseline.id}, {layout.show_time(row.baseline.created)}"
            differs = [words.reason(reason) for reason in row.differences]
            page.pair("", "; ".join([told, *differs]))
    if not rows:
        page.wrap(labels["no_jobs"])
    _show_coverage(page, coverage, words, verbose=options.verbose)
    return page.text()


def render_callers(rows: Sequence[CallerUse], coverage: Coverage, options: RenderOptions) -> str:
    """Render the list of callers."""
    words, page = catalogue(options.lang), _Page(options)
    header = [words.labels[name] for name in ("caller", "type", "action", "key", "calls")]
    if options.verbose:
        header += [words.labels["error_codes"], words.labels["seen"]]
    table = []
    for row in rows:
        errors = f" ({row.errors} {words.labels['errors' if row.errors != 1 else 'error']})" if row.errors else ""
        caller = row.caller
        texts = (caller_name(caller), caller.type or caller.kind, row.action, layout.show_key(row.key))
        cells = [escape.terminal(text) for text in texts]
        cells.append(f"{row.calls}{errors}")
        if options.verbose:
            cells += [escape.terminal(" ".join(row.error_codes)), layout.show_span(row.first, row.last)]
        table.append(cells)
    page.table(header, table) if table else page.wrap(words.labels["no_uses"])
    _show_coverage(page, coverage, words, verbose=options.verbose)
    return page.text()


def render_what_if(rows: Sequence[WhatIfRow], coverage: Coverage, options: RenderOptions) -> str:
    """Render the replay of a policy, worst first."""
    words, page = catalogue(options.lang), _Page(options)
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.outcome] = counts.get(row.outcome, 0) + 1
    page.wrap(
        ", ".join(f"{count} {words.what_ifs[outcome]}" for outcome, count in counts.items()) or words.labels["no_uses"]
    )
    for row in rows:
        if row.outcome == "unchanged" and not options.verbose:
            continue
        seen = layout.show_observed(row, words)
        page.bullet(f"{words.what_ifs[row.outcome]}: {caller_name(row.caller)} {row.action} ({seen})")
        why = layout.show_why(row, words)
        if why:
            page.bullet(why, level=2)
    _show_coverage(page, coverage, words, verbose=options.verbose)
    return page.text()


def _show_jobs(page: "_Page", report: Report, words: Catalogue) -> None:
    failed, succeeded = layout.job_rows(report.failed), layout.job_rows(report.succeeded)
    header = [
        "",
        words.labels["job"] if report.succeeded is None else words.labels["failed"],
        words.labels["succeeded"],
    ]
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
        page.pair(words.labels["message"], failed["message"], indent=10)


def _show_callers(page: "_Page", groups: Sequence[CallerGroup], words: Catalogue, *, verbose: bool) -> None:
    page.head(words.labels["callers"])
    if not groups:
        page.wrap(words.labels["no_callers"])
        return
    colors = [_PRESENCE_COLORS.get(group.presence) for group in groups]
    names = ("presence", "caller", "type", "action", "key", "failed", "succeeded")
    header, rows = [words.labels[name] for name in names], [_caller_cells(group, words) for group in groups]
    if not page.fits([header, *rows]):
        header = [header[0], header[1], *header[4:]]
        rows = [[row[0], f"{row[1]}\n  {row[2]}  {row[3]}", *row[4:]] for row in rows]
    page.table(header, rows, colors)
    if not verbose:
        return
    for group in groups:
        page.bullet(f"{caller_name(group.caller)} {group.action}: {words.caller_kinds[group.caller.kind]}")
        for side, calls in ((words.labels["failed"], group.failed), (words.labels["succeeded"], group.succeeded)):
            if calls.calls:
                codes = ", ".join(f"{code} × {count}" for code, count in calls.error_codes.items())
                page.bullet("  ".join(filter(None, [side, layout.show_span(calls.first, calls.last), codes])), level=2)
        tied = "; ".join(words.reason(reason) for reason in group.tied_by)
        if tied:
            page.bullet(f"{words.labels['tied_by']}: {tied}", level=2)


def _caller_cells(group: CallerGroup, words: Catalogue) -> list[str]:
    return [
        words.presences[group.presence],
        *map(escape.terminal, (caller_name(group.caller), group.caller.type or group.caller.kind, group.action)),
        escape.shorten(escape.terminal(layout.show_key(group.key)), _KEY_WIDTH),
        layout.show_calls(group.failed, words),
        layout.show_calls(group.succeeded, words),
    ]


def _show_findings(page: "_Page", report: Report, words: Catalogue, *, verbose: bool) -> None:
    if report.findings:
        page.head(words.labels["findings"])
    for finding, actions in layout.merge_findings(report.findings):
        page.bullet(f"{words.confidences[finding.confidence]}: {layout.show_finding(finding, actions, words)}")
        for condition in layout.conditions_of(finding, report.decisions):
            page.bullet(f"{condition.operator} {condition.key}: {words.reason(condition.reason)}", level=2)
        for reason in finding.reasons:
            page.bullet(words.reason(reason), level=2)
        evidence = ", ".join(map(layout.show_evidence, finding.evidence))
        if evidence:
            page.bullet(f"{words.labels['evidence']}: {evidence}", level=2)
    if report.ruled_out and verbose:
        page.head(words.labels["ruled_out"])
        for ruled_out in report.ruled_out:
            why = "; ".join(words.reason(reason) for reason in ruled_out.reasons)
            page.bullet(f"{words.causes[ruled_out.cause]}: {why}")


def _show_decisions(page: "_Page", decisions: Sequence[CallerDecision], words: Catalogue, *, verbose: bool) -> None:
    if not decisions or not verbose:
        return
    page.head(words.labels["decisions"])
    for decision in decisions:
        today = f" ({words.labels['today']})" if decision.as_of == "today" else ""
        page.bullet(f"{caller_name(decision.caller)} {decision.action}{today}: {words.decisions[decision.decision]}")
        for statement in decision.statements:
            name = words.labels["statement"].format(index=statement.index)
            sid = f" ({statement.sid})" if statement.sid else ""
            page.bullet(f"{name}{sid} {statement.effect}: {words.matches[statement.outcome]}", level=2)
            for condition in statement.conditions:
                told = f"{condition.operator} {condition.key}: {words.reason(condition.reason)}"
                page.bullet(told, level=3)
        if decision.unknown_keys:
            page.bullet(f"{words.labels['open_keys']}: {', '.join(decision.unknown_keys)}", level=2)


def _show_absence(page: "_Page", report: Report, words: Catalogue, *, verbose: bool) -> None:
    """Show the readings of the absences; once the cause is known, only to who asks for more."""
    if not report.absence or (report.verdict.outcome == "explained" and not verbose):
        return
    page.head(words.labels["absence"])
    for absence, actions in layout.merge_absences(report.absence):
        page.bullet(f"{caller_name(absence.caller)} {actions}")
        for reading in absence.readings:
            why = "; ".join(words.reason(reason) for reason in reading.reasons)
            told = f"{words.statuses[reading.status]}: {words.readings[reading.reading]}"
            page.bullet(f"{told} ({why})" if why else told, level=2)


def _show_remedies(page: "_Page", remedies: Sequence[Remedy], words: Catalogue) -> None:
    """Show the remedies; what would not help is told in one line each."""
    if remedies:
        page.head(words.labels["remedies"])
    for remedy in remedies:
        told = f"{words.helps[str(remedy.helps).lower()]}: {words.remedies.get(remedy.id, remedy.id)}"
        if remedy.helps is False:
            why = "; ".join(words.reason(risk) for risk in remedy.risks)
            page.bullet(f"{told} ({why})" if why else told)
            continue
        page.bullet(f"{told} [{remedy.id}]")
        if remedy.replay is not None:
            page.bullet(layout.show_replay(remedy.replay, words), level=2)
        for risk in remedy.risks:
            page.bullet(words.reason(risk), level=2)


def _show_changes(page: "_Page", report: Report, words: Catalogue) -> None:
    if report.changes:
        page.head(words.labels["changes"])
    for change in report.changes:
        page.pair(layout.show_time(change.time), layout.show_change(change, words))


def _show_next_steps(page: "_Page", report: Report, words: Catalogue) -> None:
    if report.next_steps:
        page.head(words.labels["next"])
    for step in report.next_steps:
        page.bullet(layout.show_step(step, report.failed.account, words))
        page.command(step.command)


def _show_coverage(page: "_Page", coverage: Coverage, words: Catalogue, *, verbose: bool) -> None:
    labels = words.labels
    page.head(labels["coverage"])
    page.pair(labels["read"], layout.coverage_counts(coverage, words))
    for name, span in (("failed", coverage.windows.failed), ("succeeded", coverage.windows.succeeded)):
        if span is not None:
            page.pair(labels[name], layout.show_span(*span))
    for name, values in (("regions", coverage.regions), ("accounts", coverage.accounts)):
        if values:
            page.pair(labels[name], ", ".join(values))
    for reason, count in layout.skipped_by_reason(coverage.skipped).items():
        page.pair(labels["skipped"], f"{count} × {words.reason(reason)}")
    if verbose:
        for skipped in coverage.skipped:
            page.pair("", f"{skipped.source}: {skipped.count} × {skipped.reason}")
    for warning in coverage.warnings:
        page.pair(labels["warnings"], words.reason(warning))


class _Page:
    """Collects lines that fit the width; every text is escaped on its way in."""

    def __init__(self, options: RenderOptions) -> None:
        self._width, self._color = options.width, options.color
        self._lines: list[str] = []

    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._lines) + "\n"

    def gap(self) -> None:
        self._lines.append("")

    def head(self, title: str) -> None:
        self.gap()
        self._lines.append(self._paint(escape.terminal(title), "bold"))

    def wrap(self, text: str, color: str | None = None) -> None:
        self._lines += [self._paint(line, color) for line in _wrap(escape.terminal(text), self._width)]

    def bullet(self, text: str, level: int = 1) -> None:
        first, rest = "  " * (level - 1) + "- ", "  " * level
        lines = _wrap(escape.terminal(text), self._width - len(rest))
        self._lines += [(rest if index else first) + line for index, line in enumerate(lines)]

    def command(self, text: str) -> None:
        """Add a command that can be pasted as it stands: its lines end so that a shell reads on."""
        lines = textwrap.wrap(escape.terminal(text), self._width - 6, break_long_words=False, break_on_hyphens=False)
        for index, line in enumerate(lines):
            room = self._width - 6
            parts = [line] if _width_of(line) <= room else list(_narrow([line], room))
            end = " \\" if index < len(lines) - 1 else ""
            self._lines += [f"    {part}" for part in parts[:-1]] + [f"    {parts[-1]}{end}"]

    def pair(self, name: str, text: str, indent: int = 22) -> None:
        lines = _wrap(escape.terminal(text), self._width - indent) or [""]
        for index, line in enumerate(lines):
            self._lines.append(f"{escape.terminal(name) if not index else '':<{indent - 1}} {line}")

    def fits(self, rows: Sequence[Sequence[str]]) -> bool:
        """Tell whether a table fits without cutting any cell."""
        header = [f"{name}  " for name in rows[0]]
        widths = [max(map(_width_of, column)) for column in zip(header, *rows[1:], strict=True)]
        return sum(widths) + 2 * (len(widths) - 1) <= self._width

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]], colors: Sequence[str | None] = ()) -> None:
        """Add a table of escaped cells, which may have several lines; the widest columns give way until it fits."""
        # tabulate makes every column two wider than its header.
        cells = [[cell.split("\n") for cell in row] for row in [[f"{name}  " for name in header], *rows]]
        widths = [max(_width_of(line) for cell in column for line in cell) for column in zip(*cells, strict=True)]
        limits = _fit(widths, self._width)
        heights = [max(map(len, row)) for row in cells]
        cut = [
            ["\n".join(_shorten(line, limit) for line in cell) for cell, limit in zip(row, limits, strict=True)]
            for row in cells
        ]
        drawn = tabulate(
            cut[1:],
            [name.rstrip() for name in cut[0]],
            tablefmt="plain",
            disable_numparse=True,
            preserve_whitespace=True,
        ).splitlines()
        painted = ["dim", *colors, *([None] * (len(rows) - len(colors)))]
        shades = [color for color, height in zip(painted, heights, strict=True) for _ in range(height)]
        for line, color in zip(drawn, shades, strict=True):
            self._lines.append(self._paint(line.rstrip(), color))

    def _paint(self, text: str, color: str | None) -> str:
        if not self._color or color is None or not text:
            return text
        return f"\x1b[{_COLORS[color]}m{text}\x1b[0m"


def _fit(widths: Sequence[int], total: int) -> list[int]:
    """Take from the widest columns until all fit with two spaces between them."""
    limits = list(widths)
    room = total - 2 * (len(limits) - 1)
    while sum(limits) > room and max(limits) > 4:
        limits[limits.index(max(limits))] -= 1
    return limits


def _wrap(text: str, width: int) -> list[str]:
    lines = textwrap.wrap(text, max(width, 20), break_on_hyphens=False)
    return list(_narrow(lines, max(width, 20)))


def _narrow(lines: Iterable[str], width: int) -> Iterable[str]:
    """Break again the lines whose wide characters take two columns."""
    for line in lines:
        while _width_of(line) > width:
            cut = next(end for end in range(len(line), 0, -1) if _width_of(line[:end]) <= width)
            yield line[:cut]
            line = line[cut:]  # noqa: PLW2901 - the rest of the same line
        yield line


def _shorten(text: str, limit: int) -> str:
    size = limit
    while _width_of(shown := escape.shorten(text, size)) > limit and size > 1:
        size -= 1
    return shown


def _width_of(text: str) -> int:
    """Give how many columns a text takes: East Asian wide characters take two."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
