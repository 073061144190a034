"""Renders a triage. This is the registry of its formats; each is imported only when asked for.

wording    what every form says of a group
table, markdown, html, csv, json, slack   the forms
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Protocol

from msgspec import Struct, structs

from trail_diff.errors import UsageError
from trail_diff.model.report import Report
from trail_diff.model.triage import JobKey, Triage
from trail_diff.render.catalogue import Catalogue
from trail_diff.render.interface import RenderOptions
from trail_diff.render.phrases import catalogue, page_catalogue
from trail_diff.render.summary import summarize

FORMATS = ("table", "markdown", "html", "csv", "json", "slack")


class Triaged(Struct, frozen=True):
    """What a renderer is given: the triage, and where the full report of each job lies, if anywhere."""

    triage: Triage
    pages: Mapping[JobKey, str] = {}


class TriageRenderer(Protocol):
    """Turns a triage into text that ends with a line break, every value escaped for its medium."""

    def render(self, triaged: Triaged, options: RenderOptions) -> str:
        """Render a triage."""


def render_triage(
    triage: Triage,
    reports: Mapping[JobKey, Report],
    output_format: str,
    options: RenderOptions,
    pages: Mapping[JobKey, str] | None = None,
) -> str:
    """Render a triage, the sentence of each group in the language of the options.

    Raises:
        UsageError: the format is none of `FORMATS`.
    """
    if output_format not in FORMATS:
        raise UsageError(f"no such format: {output_format}", hint=f"choose one of {', '.join(FORMATS)}")
    renderer: TriageRenderer = import_module(f"trail_diff.render.triage.{output_format}")
    words = page_catalogue(options.lang) if output_format == "html" else catalogue(options.lang)
    return renderer.render(Triaged(word_groups(triage, reports, words), pages or {}), options)


def summarize_triage(triage: Triage, reports: Mapping[JobKey, Report], options: RenderOptions) -> str:
    """Return a triage in one line, for a prompt or a bot; names in it are shown as a terminal can take them."""
    from trail_diff.render import escape
    from trail_diff.render.triage.wording import say_summary

    words = catalogue(options.lang)
    return escape.terminal(say_summary(word_groups(triage, reports, words), words)) + "\n"


def word_groups(triage: Triage, reports: Mapping[JobKey, Report], words: Catalogue) -> Triage:
    """Return the triage with each group summed up in the words of a language."""
    groups = []
    for group in triage.groups:
        first = group.jobs[0]
        report = reports.get((first.id, first.account, first.region))
        groups.append(structs.replace(group, summary=summarize(report, words)) if report else group)
    return structs.replace(triage, groups=tuple(groups))
