"""Renders a triage for a terminal: a group in three lines, as many as a screen holds; all of them with -v.

The id of one job of a group, to go on with, stands in its first line; where that has no room, in a line of its own, for
as many groups as the screen has lines left.
"""

import re

from trail_diff.model.triage import TriageGroup, TriageJob
from trail_diff.render import escape, layout
from trail_diff.render.catalogue import Catalogue
from trail_diff.render.coverage_lines import show_coverage
from trail_diff.render.interface import RenderOptions
from trail_diff.render.page import Page
from trail_diff.render.phrases import catalogue
from trail_diff.render.triage import Triaged
from trail_diff.render.triage.wording import join_names, name_group, parts_in, say_cause, say_fix, say_head, say_lead
from trail_diff.render.width import shorten, shorten_arn, width_of, wrap

_SCREEN, _AROUND, _OF_A_GROUP = 24, 2, 3
"""How many lines a screen has, how many stand above and below the groups, and how many each has."""
_MOST_GROUPS = 7
"""So many fit on a screen; where there are more, the line that says so takes the room of one."""

_COLORS = {"explained": "red", "difference": "yellow", "inconclusive": "yellow", "no-difference": "green"}
_LEAST_ROOM = 8
_LONGEST_ARN = 32
_PART = "  "
"""What a part of a composite job stands behind, below that job."""
_ARN = re.compile(r"\barn:[^\s'\",;()]+")


def render(triaged: Triaged, options: RenderOptions) -> str:
    """Render a triage."""
    words, page, triage = catalogue(options.lang), Page(options), triaged.triage
    page.wrap(say_lead(triage, words), color="bold")
    most = _MOST_GROUPS if len(triage.groups) <= _MOST_GROUPS else _MOST_GROUPS - 1
    shown = triage.groups if options.verbose else triage.groups[:most]
    spare = _SCREEN - _AROUND - (len(shown) < len(triage.groups)) - _OF_A_GROUP * len(shown)
    for group in shown:
        spare -= _show_group(page, group, words, verbose=options.verbose, has_line=spare > 0)
    if len(shown) < len(triage.groups):
        page.wrap(words.count("more_groups", len(triage.groups) - len(shown)))
    if options.verbose:
        show_coverage(page, triage.coverage, words, verbose=True)
    else:
        covered = layout.coverage_counts(triage.coverage, words)
        page.pair(words.labels["covered"], words.join_items([covered, words.labels["more"]]), 11)
    return page.text()


def _show_group(page: Page, group: TriageGroup, words: Catalogue, *, verbose: bool, has_line: bool) -> int:
    """Show a group; return how many lines it took beyond its own."""
    if verbose:
        page.gap()
    head = f"{say_head(group, words)}: {name_group(group, words)}"
    label, fix = say_fix(group, words)
    job = words.labels["triage_one"].format(id=group.jobs[0].id)
    with_job = words.join_items([head, job])
    is_told = verbose or group.jobs[0].id in fix
    is_room = width_of(escape.terminal(with_job)) <= page.width
    shown = with_job if is_room and not is_told else head
    page.wrap(shown if verbose else _cut(shown, page.width), color=_COLORS[group.outcome])
    if not verbose and group.remedy is None and group.outcome == "inconclusive" and group.next_steps:
        call = group.next_steps[0].command.partition(" --")[0]  # its options are shown with -v
        fix = words.join_clauses([f"{call} …", fix])
    indent = _indent(words)
    for name, told in ((words.labels["cause"], say_cause(group, words)), (label, fix)):
        page.pair(f"  {name}", told if verbose else _cut(told, page.width - indent), indent)
    if verbose:
        _show_jobs(page, group, words)
    is_below = has_line and not is_room and not is_told
    if is_below:
        page.pair("", _cut(job, page.width - indent), indent)
    return int(is_below)


def _indent(words: Catalogue) -> int:
    """Return where the texts begin: behind the longest name of a line."""
    return 2 + max(width_of(words.labels[name]) for name in ("cause", "fix", "next_step")) + 1


def _cut(text: str, width: int) -> str:
    """Return as much of a text as fits one line; ARNs are shortened before anything is left out."""
    if width_of(escape.terminal(text)) > width:
        text = _ARN.sub(lambda found: shorten_arn(found[0], _LONGEST_ARN), escape.terminal(text))
    lines = wrap(escape.terminal(text), width)
    return text if len(lines) < 2 else wrap(lines[0], width - 2)[0] + " …"


def _show_jobs(page: Page, group: TriageGroup, words: Catalogue) -> None:
    """Show a line for each job: its id whole, to be copied, and its resource in what room is left."""
    if group.remedy is None and group.next_steps:
        page.command(group.next_steps[0].command, _indent(words))
    header = [f"  {words.labels['id']}", *(words.labels[name] for name in ("state", "time", "resource"))]
    parts = parts_in(group)
    ids = [f"  {_PART if job.id in parts else ''}{escape.terminal(job.id)}" for job in group.jobs]
    rows = [
        [shown, escape.terminal(job.state or ""), layout.show_minute(job.created)]
        for shown, job in zip(ids, group.jobs, strict=True)
    ]
    taken = sum(max(map(width_of, column)) + 2 for column in zip(header[:-1], *rows, strict=True))
    room = max(page.width - taken, _LEAST_ROOM)
    for row, job in zip(rows, group.jobs, strict=True):
        row.append(_describe(job, group, words, room, is_below=job.id in parts))
    page.table(header, rows)


def _describe(job: TriageJob, group: TriageGroup, words: Catalogue, room: int, *, is_below: bool) -> str:
    """Return the vault where there are several, the resource, and the parent unless the job is right below it."""
    parent = f"({words.labels['parent']} {escape.terminal(job.parent)})" if job.parent and not is_below else ""
    left = max(room - (width_of(parent) + 1 if parent else 0), _LEAST_ROOM)
    vault = layout.last_part(job.vault) if len(group.vaults) > 1 else None
    resource = shorten_arn(escape.terminal(job.resource or ""), left)
    return shorten(join_names([shorten(escape.terminal(join_names([vault, resource])), left), parent]), room)
