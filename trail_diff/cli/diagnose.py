"""The main job: tell why a job failed."""

from typing import Annotated

import typer

from trail_diff import __version__
from trail_diff.cli import options
from trail_diff.cli.app import OutputFormat, app
from trail_diff.cli.inputs import aws_options, fact_files, make_inputs, make_question, redacting, with_engine
from trail_diff.cli.output import View, finish, progress_shown
from trail_diff.errors import UsageError


@app.callback(invoke_without_command=True)
def diagnose(
    context: typer.Context,
    job_id: options.JobId = None,
    baseline_job_id: options.BaselineJobId = None,
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
    no_cache: options.NoCache = False,
    max_requests: options.MaxRequests = 600,
    account: options.Account = None,
    start: options.Start = None,
    end: options.End = None,
    pad: options.Pad = "15m",
    job: options.JobFiles = None,
    key: options.Keys = None,
    key_policy: options.KeyPolicy = None,
    key_state: options.KeyState = None,
    grants: options.Grants = None,
    org_id: options.OrgId = None,
    redact: options.Redact = False,
    map_file: options.MapFile = None,
    output_format: options.Format = OutputFormat.TABLE,
    output: options.Output = None,
    verbose: options.Verbose = False,
    lang: options.Lang = None,
    no_progress: options.NoProgress = False,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    """Tell why a KMS-dependent job failed: compare its CloudTrail events with those of a job that succeeded.

    Without --events, AWS itself is asked, by calls that only read.

    Example: trail-diff --job-id 2c47cafb-f2a8-4324-bc60-6017794526c5 --events trail/
    """
    if context.invoked_subcommand is not None:
        _refuse_options_before(context)
        return
    if version:
        typer.echo(f"trail-diff {__version__}")
        return
    from trail_diff.pipeline import analyse, load_case

    facts = fact_files(key_policy, key_state, grants, org_id)
    question = make_question(job_id, baseline_job_id, key, account, (region, pad), case)
    aws = aws_options(profile, endpoint_url, max_requests, no_cache=no_cache)
    athena = (athena_table, athena_workgroup, athena_output)
    aws = with_engine(aws, athena, log_group, event_data_store, dry_run=dry_run)
    with progress_shown(shown=not no_progress) as progress, redacting(map_file, wanted=redact) as redactor:
        inputs = make_inputs(
            events,
            job,
            region,
            (start, end),
            case=case,
            facts=facts,
            redactor=redactor,
            progress=progress,
            aws=aws,
            writes=(output, map_file),
        )
        report = analyse(load_case(inputs, question))
    finish(report, View(output_format, output, verbose, lang))


def _refuse_options_before(context: typer.Context) -> None:
    """Report when an option stands before the command, where it would have no effect."""
    sources = (context.get_parameter_source(name) for name in context.params)
    if any(source is not None and source.name == "COMMANDLINE" for source in sources):
        raise UsageError(
            f"options go after the command {context.invoked_subcommand!r}",
            hint=f"e.g. trail-diff {context.invoked_subcommand} --events PATH",
        )
