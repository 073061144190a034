"""Shell completion of job ids, vaults and causes; ids and vaults come from the export named on the line."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from trail_diff.arns import last_name
from trail_diff.errors import TrailDiffError

if TYPE_CHECKING:
    from trail_diff.model.learnt import Job


def complete_job_id(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return the ids that begin so, in any letter case: failed jobs first, each with its state, time and resource.

    Only a small export on disk is read, as somebody waits; what cannot be read completes nothing.
    """
    return [
        (incomplete + job.id[len(incomplete) :], _tell(job))
        for job in _list_jobs(context)
        if job.id.casefold().startswith(incomplete.casefold())
    ]


def complete_vault(context: typer.Context, incomplete: str) -> list[str]:
    """Return the names of the export's vaults that begin so, under the same conditions."""
    names = sorted({name for job in _list_jobs(context) if (name := last_name(job.vault))})
    return [name for name in names if name.startswith(incomplete) and name.isprintable()]


def complete_cause(incomplete: str) -> list[str]:
    """Return the causes that begin so."""
    from trail_diff.model.codes import Cause

    return [cause for cause in Cause if cause.startswith(incomplete)]


def _list_jobs(context: typer.Context) -> "list[Job]":
    from trail_diff.gather.exports import Export
    from trail_diff.inputs import Inputs
    from trail_diff.pipeline import list_jobs
    from trail_diff.read.interface import ReadOptions

    paths = tuple(context.params.get("events") or ())
    if not paths or not all(Path(path).exists() for path in paths):
        return []
    try:
        if Export(paths, ReadOptions()).is_large:
            return []
        rows, _ = list_jobs(Inputs(events=paths))
    except TrailDiffError:
        return []
    return [row.job for row in sorted(rows, key=lambda row: not row.has_failed)]


def _tell(job: "Job") -> str:
    from trail_diff.render.escape import terminal

    told = [job.state, f"{job.created:%Y-%m-%dT%H:%MZ}" if job.created else None, last_name(job.resource)]
    return terminal(" ".join(filter(None, told)))
