"""Completes job ids in a shell from the export that stands before them on the line."""

from collections.abc import Iterator
from pathlib import Path

import typer

from trail_diff.arns import last_name
from trail_diff.errors import TrailDiffError


def complete_job_id(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return the ids that begin so, in any letter case: failed jobs first, each with its state, time and resource.

    Only a small export on disk is read, as somebody waits; what cannot be read completes nothing.
    """
    paths = tuple(context.params.get("events") or ())
    if not paths or not all(Path(path).exists() for path in paths):
        return []
    try:
        return list(_list_ids(paths, incomplete))
    except TrailDiffError:
        return []


def _list_ids(paths: tuple[str, ...], begin: str) -> Iterator[tuple[str, str]]:
    from trail_diff.gather.exports import Export
    from trail_diff.inputs import Inputs
    from trail_diff.pipeline import list_jobs
    from trail_diff.read.interface import ReadOptions
    from trail_diff.render.escape import terminal

    if Export(paths, ReadOptions()).is_large:
        return
    rows, _ = list_jobs(Inputs(events=paths))
    for row in sorted(rows, key=lambda row: not row.has_failed):
        job = row.job
        if job.id.casefold().startswith(begin.casefold()):
            told = [job.state, f"{job.created:%Y-%m-%dT%H:%MZ}" if job.created else None, last_name(job.resource)]
            yield begin + job.id[len(begin) :], terminal(" ".join(filter(None, told)))
