"""Renders a triage for a ticket or a chat: a table of the groups, and with -v the jobs of each."""

from trail_diff.arns import last_name
from trail_diff.model.triage import TriageGroup, TriageJob
from trail_diff.render import escape, layout
from trail_diff.render.catalogue import Catalogue
from trail_diff.render.interface import RenderOptions
from trail_diff.render.markdown import coverage_lines, fence, table
from trail_diff.render.phrases import catalogue
from trail_diff.render.triage import Triaged
from trail_diff.render.triage.wording import name_group, name_vaults, parts_in, say_cause, say_fix, say_head, say_lead

_COLUMNS = ("triage_jobs", "triage_vaults", "cause", "why", "fix")


def render(triaged: Triaged, options: RenderOptions) -> str:
    """Render a triage."""
    words, triage = catalogue(options.lang), triaged.triage
    lines = [f"**{say_lead(triage, words)}**", ""]
    if triage.groups:
        rows = [_row(group, words) for group in triage.groups]
        lines += [*table([words.labels[name] for name in _COLUMNS], rows), ""]
    for group in triage.groups:
        lines += _steps(group, words)
        lines += _jobs(group, words) if options.verbose else []
    return "\n".join([*lines, *coverage_lines(triage.coverage, words)]) + "\n"


def _row(group: TriageGroup, words: Catalogue) -> list[str]:
    label, told = say_fix(group, words)
    fix = told if group.remedy else f"{label}: {told}"
    return [
        str(len(group.jobs)),
        escape.markdown_prose(name_vaults(group, words)),
        escape.markdown_prose(name_group(group, words)),
        escape.markdown_prose(say_cause(group, words)),
        escape.markdown_prose(fix),
    ]


def _steps(group: TriageGroup, words: Catalogue) -> list[str]:
    """Return the command that would settle a group which has no remedy."""
    if group.remedy is not None or not group.next_steps:
        return []
    head = escape.markdown_prose(f"{say_head(group, words)}: {name_group(group, words)}")
    return [f"{head}, {words.labels['next_step']}", *fence("sh", [group.next_steps[0].command])]


def _jobs(group: TriageGroup, words: Catalogue) -> list[str]:
    head = escape.markdown_prose(f"{say_head(group, words)}: {name_group(group, words)}")
    parts, part_of = parts_in(group), words.labels["parent"]
    jobs = [f"  - {_job(job, '')}" if job.id in parts else f"- {_job(job, part_of)}" for job in group.jobs]
    return [f"**{head}**", "", *jobs, ""]


def _job(job: TriageJob, part_of: str) -> str:
    """Return a job in a line, with its parent unless it stands below it."""
    names = (job.id, job.state, last_name(job.vault), job.resource)
    told = [*(escape.markdown(name) for name in names if name), layout.show_time(job.created)]
    told += [f"({part_of} {escape.markdown(job.parent)})"] if job.parent and part_of else []
    return " ".join(part for part in told if part)
