"""What an export holds: the jobs, and who uses a key."""

from trail_diff.cli import options
from trail_diff.cli.app import OutputFormat, app
from trail_diff.cli.inputs import aws_options, make_inputs, redacting, with_engine
from trail_diff.cli.output import View, progress_shown, write_output


@app.command()
def jobs(
    events: options.Events = None,
    case: options.CaseFile = None,
    profile: options.Profiles = None,
    region: options.Regions = None,
    endpoint_url: options.EndpointUrl = None,
    athena_table: options.AthenaTable = None,
    athena_workgroup: options.AthenaWorkgroup = None,
    athena_output: options.AthenaOutput = None,
    log_group: options.LogGroups = None,
    event_data_store: options.EventDataStore = None,
    dry_run: options.DryRun = False,
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

    Without --events, AWS Backup is asked for the jobs since --from, or of the last seven days.

    Example: trail-diff jobs --events trail/
    """
    from trail_diff.pipeline import list_jobs
    from trail_diff.render import render_jobs

    aws = aws_options(profile, endpoint_url)
    athena = (athena_table, athena_workgroup, athena_output)
    aws = with_engine(aws, athena, log_group, event_data_store, dry_run=dry_run)
    with progress_shown(shown=not no_progress) as progress, redacting(map_file, wanted=redact) as redactor:
        rows, coverage = list_jobs(
            make_inputs(
                events,
                job,
                region,
                (start, end),
                case=case,
                redactor=redactor,
                progress=progress,
                aws=aws,
                writes=(output, map_file),
            )
        )
    view = View(output_format, output, verbose, lang)
    write_output(render_jobs(rows, coverage, output_format.value, view.render_options()), view)


@app.command()
def callers(
    events: options.Events = None,
    case: options.CaseFile = None,
    key: options.Keys = None,
    profile: options.Profiles = None,
    region: options.Regions = None,
    endpoint_url: options.EndpointUrl = None,
    athena_table: options.AthenaTable = None,
    athena_workgroup: options.AthenaWorkgroup = None,
    athena_output: options.AthenaOutput = None,
    log_group: options.LogGroups = None,
    event_data_store: options.EventDataStore = None,
    dry_run: options.DryRun = False,
    no_cache: options.NoCache = False,
    max_requests: options.MaxRequests = 600,
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

    Without --events, the event history of AWS since --from is read.

    Example: trail-diff callers --events trail/ --key arn:aws:kms:eu-west-1:111122223333:key/1234abcd-…
    """
    from trail_diff.pipeline import list_callers
    from trail_diff.render import render_callers

    aws = aws_options(profile, endpoint_url, max_requests, no_cache=no_cache)
    athena = (athena_table, athena_workgroup, athena_output)
    aws = with_engine(aws, athena, log_group, event_data_store, dry_run=dry_run)
    with progress_shown(shown=not no_progress) as progress, redacting(map_file, wanted=redact) as redactor:
        rows, coverage = list_callers(
            make_inputs(
                events,
                None,
                region,
                (start, end),
                case=case,
                redactor=redactor,
                progress=progress,
                aws=aws,
                writes=(output, map_file),
            ),
            key or (),
        )
    view = View(output_format, output, verbose, lang)
    write_output(render_callers(rows, coverage, output_format.value, view.render_options()), view)
