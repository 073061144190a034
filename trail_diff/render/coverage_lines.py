"""Shows on a terminal what was read, what was skipped, and what the evidence does not cover."""

from trail_diff.model.learnt import Coverage
from trail_diff.render import layout
from trail_diff.render.catalogue import Catalogue
from trail_diff.render.page import Page


def show_coverage(page: Page, coverage: Coverage, words: Catalogue, *, verbose: bool) -> None:
    """Show what was read, what was skipped and why, and what the evidence does not cover."""
    labels = words.labels
    page.head(labels["coverage"])
    page.pair(labels["read"], layout.coverage_counts(coverage, words))
    windows = coverage.windows
    spans = (("failed", windows.failed), ("succeeded", windows.succeeded), ("changes_searched", windows.changes))
    for name, span in spans:
        if span:
            page.pair(labels[name], layout.show_span(*span))
    for name, values in (("regions", coverage.regions), ("accounts", coverage.accounts)):
        if values:
            page.pair(labels[name], ", ".join(values))
    if coverage.cached_at:
        page.pair(labels["cached_at"], layout.show_time(coverage.cached_at))
    for reason, count in layout.skipped_by_reason(coverage.skipped).items():
        page.pair(labels["skipped"], f"{count} × {words.reason(reason)}")
    if verbose:
        for skipped in coverage.skipped:
            page.pair("", f"{skipped.source}: {skipped.count} × {skipped.reason}")
    for warning in coverage.warnings:
        page.pair(labels["warnings"], words.reason(warning))
