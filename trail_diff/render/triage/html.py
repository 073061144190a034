"""Renders a triage as one HTML file: groups that open to their jobs, and a table of all jobs to search and filter.

Each job is linked to its full report where one lies beside the page.
"""

from collections.abc import Sequence

from msgspec import Struct

from trail_diff.model.triage import TriageGroup, TriageJob
from trail_diff.render import html_tables, layout
from trail_diff.render.catalogue import Catalogue
from trail_diff.render.html import coverage_values
from trail_diff.render.html_page import fill_page
from trail_diff.render.interface import RenderOptions
from trail_diff.render.list_spec import Column
from trail_diff.render.phrases import page_catalogue
from trail_diff.render.triage import Triaged
from trail_diff.render.triage.wording import name_group, say_cause, say_fix, say_head, say_lead

_MARKS = {"explained": "bad", "difference": "warn", "inconclusive": "warn", "no-difference": "ok"}


class GroupView(Struct, frozen=True):
    """A group as the page shows it: its three lines, the command of the next step, its jobs and their pages."""

    head: str
    name: str
    mark: str
    cause: str
    label: str
    fix: str
    command: str
    jobs: tuple[tuple[TriageJob, str], ...]


class _Row(Struct, frozen=True):
    group: TriageGroup
    job: TriageJob


def render(triaged: Triaged, options: RenderOptions) -> str:
    """Render a triage."""
    words, triage = page_catalogue(options.lang), triaged.triage
    rows = [_Row(group, job) for group in triage.groups for job in group.jobs]
    values = {
        **coverage_values(triage.coverage, words),
        "told": say_lead(triage, words),
        "groups": [_view(group, triaged, words) for group in triage.groups],
        "last_part": layout.last_part,
        "table": html_tables.make_table("triage-table", "triage_caption", _columns(triage.groups), rows, words),
    }
    return fill_page("triage.html.j2", words.labels["triage_title"], options.lang, words, values)


def _view(group: TriageGroup, triaged: Triaged, words: Catalogue) -> GroupView:
    label, fix = say_fix(group, words)
    return GroupView(
        head=say_head(group, words),
        name=name_group(group, words),
        mark=_MARKS[group.outcome],
        cause=say_cause(group, words),
        label=label,
        fix=fix,
        command=group.next_steps[0].command if group.remedy is None and group.next_steps else "",
        jobs=tuple((job, triaged.pages.get((job.id, job.account, job.region), "")) for job in group.jobs),
    )


def _columns(groups: Sequence[TriageGroup]) -> tuple[Column[_Row], ...]:
    def marks(words: Catalogue) -> dict[str, str]:
        return {name_group(group, words): _MARKS[group.outcome] for group in groups}

    return (
        Column("id", lambda row, _: row.job.id, "code"),
        Column("cause", lambda row, words: name_group(row.group, words), has_choice=True, marks=marks),
        Column("vault", lambda row, _: layout.last_part(row.job.vault), has_choice=True),
        Column("kind", lambda row, words: words.job_kinds[row.job.kind], has_choice=True),
        Column("state", lambda row, _: row.job.state or "", has_choice=True),
        Column("start", lambda row, _: layout.show_time(row.job.created)),
        Column("resource", lambda row, _: row.job.resource or "", "code"),
        Column("account", lambda row, _: row.job.account or "", has_choice=True),
        Column("region", lambda row, _: row.job.region or "", has_choice=True),
        Column("parent", lambda row, _: row.job.parent or "", "code"),
        Column("message", lambda row, _: row.job.message or ""),
    )
