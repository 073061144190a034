"""What an export holds: the jobs, and who uses a key."""

from trail_diff.cli import options
from trail_diff.cli.app import OutputFormat, app
from trail_diff.cli.inputs import make_inputs, redacting
from trail_diff.cli.output import View, progress_shown, write_output


@app.command()
def jobs(
    events: options.Events = None,
    case: options.CaseFile = None,
    region: options.Regions = None,
    start: options.Start = None,
    end: options.End = None,
    job: options.JobFiles = None,
    redact: options.Redact = False,
    map_file: options.MapFile = None,
    output_format: options.Format = OutputFormat.TABLE,
    output: options.Output = None,
    verbose: options.Verbose = False,
    lang: options.Lang = None,
    no_progress: options.NoProgress = False,
) -> None:
    """List the jobs found, their state, and the baseline each failed one would be compared with.

    Example: trail-diff jobs --events trail/
    """
    from trail_diff.pipeline import list_jobs
    from trail_diff.render import render_jobs

    with progress_shown(shown=not no_progress) as progress, redacting(map_file, wanted=redact) as redactor:
        rows, coverage = list_jobs(
            make_inputs(events, job, region, (start, end), case=case, redactor=redactor, progress=progress)
        )
    view = View(output_format, output, verbose, lang)
    write_output(render_jobs(rows, coverage, output_format.value, view.render_options()), view)


@app.command()
def callers(
    events: options.Events = None,
    case: options.CaseFile = None,
    key: options.Keys = None,
    region: options.Regions = None,
    start: options.Start = None,
    end: options.End = None,
    redact: options.Redact = False,
    map_file: options.MapFile = None,
    output_format: options.Format = OutputFormat.TABLE,
    output: options.Output = None,
    verbose: options.Verbose = False,
    lang: options.Lang = None,
    no_progress: options.NoProgress = False,
) -> None:
    """List who uses a key: calls by caller, action and outcome.

    Example: trail-diff callers --events trail/ --key arn:aws:kms:eu-west-1:111122223333:key/1234abcd-…
    """
    from trail_diff.pipeline import list_callers
    from trail_diff.render import render_callers

    with progress_shown(shown=not no_progress) as progress, redacting(map_file, wanted=redact) as redactor:
        rows, coverage = list_callers(
            make_inputs(events, None, region, (start, end), case=case, redactor=redactor, progress=progress), key or ()
        )
    view = View(output_format, output, verbose, lang)
    write_output(render_callers(rows, coverage, output_format.value, view.render_options()), view)
