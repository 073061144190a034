"""Many jobs at once: those that failed, grouped by cause."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from trail_diff.cli import options
from trail_diff.cli.app import ExitStatus, command
from trail_diff.cli.inputs import make_filter, parse_duration_option, reading
from trail_diff.cli.options import History, Known, Narrowed, Run, Source, TriageView
from trail_diff.cli.output import make_folder, note_if_any, render_options, write_file, write_output

if TYPE_CHECKING:
    from trail_diff.model.report import Report
    from trail_diff.model.triage import JobKey, Triage


@command(
    examples=(
        'trail-diff triage --events trail/ --since "last night"',
        "trail-diff triage --events trail/ -o night.html --open",
    )
)
def triage(
    *,
    narrowed: Narrowed,
    source: Source,
    history: History,
    job: options.JobFiles = None,
    known: Known,
    pad: options.Pad = "15m",
    view: TriageView,
    run: Run,
) -> None:
    """Explain every job that failed, and put those with the same cause together.

    Without --events, AWS Backup is asked for the jobs since --since, of the last 24 hours by default, in every account
    (--profile) and --region, then event history, or the engine named, for their calls.

    With --format html and -o, each job's full report is written into a folder beside the page. Exits 0 when no job
    failed, 1 when a cause or a difference is named, 3 when none has an answer or jobs may be missing.
    """
    from trail_diff.pasted.explain import explain_no_jobs
    from trail_diff.pipeline import triage as triage_jobs
    from trail_diff.render.triage import render_triage, summarize_triage

    wanted = make_filter(narrowed)
    with reading(source, run, history=history, known=known, jobs=job, writes=view.output) as inputs:
        grouped, reports = triage_jobs(inputs, wanted, parse_duration_option(pad), is_whole=_has_pages(view))
        if not grouped.jobs.seen:
            note_if_any(explain_no_jobs(inputs, grouped.coverage))
    shown = render_options(view)
    if view.summary:
        write_output(summarize_triage(grouped, reports, shown), view)
    else:
        pages = _write_pages(reports, view)
        write_output(render_triage(grouped, reports, view.output_format.value, shown, pages), view)
    raise typer.Exit(_exit_status(grouped))


def _write_pages(reports: "Mapping[JobKey, Report]", view: TriageView) -> "Mapping[JobKey, str]":
    """Write each job's report beside the page, and return where; nothing unless the page is a file.

    Names of files hold nothing of what the input says.
    """
    from trail_diff.render import render_report

    if not _has_pages(view) or view.output is None or not reports:
        return {}
    folder = view.output.with_name(f"{view.output.stem}-jobs")
    pages = {key: f"{folder.name}/{number}.html" for number, key in enumerate(reports, 1)}
    make_folder(folder)
    for key, page in pages.items():
        write_file(
            Path(view.output.parent, page), render_report(reports[key], "html", render_options(view)), "--output"
        )
    return pages


def _has_pages(view: TriageView) -> bool:
    """Check whether each job's full report is written as well."""
    return view.output_format == "html" and view.output is not None and not view.summary


def _exit_status(grouped: "Triage") -> ExitStatus:
    """Return the status of a triage; jobs that may be missing, or files of something else, are no quiet night."""
    jobs = grouped.jobs
    if not jobs.failed:
        is_unsure = bool(grouped.doubts_of_jobs()) or not (jobs.seen or grouped.coverage.holds_anything())
        return ExitStatus.INCONCLUSIVE if is_unsure else ExitStatus.NO_DIFFERENCE
    return ExitStatus.DIFFERENCE if jobs.explained or jobs.difference else ExitStatus.INCONCLUSIVE
