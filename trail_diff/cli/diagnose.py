"""The main job: tell why a job failed."""

from typing import Annotated

import typer

from trail_diff import __version__
from trail_diff.cli import options
from trail_diff.cli.app import OutputFormat, app
from trail_diff.cli.inputs import fact_files, make_inputs, parse_duration_option
from trail_diff.cli.output import View, finish, progress_shown
from trail_diff.errors import UsageError


@app.callback(invoke_without_command=True)
def diagnose(
    context: typer.Context,
    job_id: Annotated[str | None, typer.Option(metavar="ID", help="The job that failed.")] = None,
    baseline_job_id: Annotated[
        str | None, typer.Option(metavar="ID", help="The job that succeeded (default: the most alike one found).")
    ] = None,
    events: options.Events = None,
    region: options.Regions = None,
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
    output_format: options.Format = OutputFormat.TABLE,
    output: options.Output = None,
    verbose: options.Verbose = False,
    no_progress: options.NoProgress = False,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    """Tell why a KMS-dependent job failed: compare its CloudTrail events with those of a job that succeeded.

    Example: trail-diff --job-id 2c47cafb-f2a8-4324-bc60-6017794526c5 --events trail/
    """
    if context.invoked_subcommand is not None:
        _refuse_options_before(context)
        return
    if version:
        typer.echo(f"trail-diff {__version__}")
        return
    if job_id is None:
        raise UsageError("which job? --job-id is missing", hint="'trail-diff jobs --events PATH' lists those found")
    from trail_diff.assemble import Question
    from trail_diff.pipeline import analyse, load_case

    facts = fact_files(key_policy, key_state, grants, org_id)
    question = Question(
        job_id, baseline_job_id, tuple(key or ()), account, tuple(region or ()), parse_duration_option(pad)
    )
    with progress_shown(shown=not no_progress) as progress:
        case = load_case(make_inputs(events, job, region, (start, end), facts=facts, progress=progress), question)
    finish(analyse(case), View(output_format, output, verbose))


def _refuse_options_before(context: typer.Context) -> None:
    """Say so when an option stands before the command, where it would have no effect."""
    sources = (context.get_parameter_source(name) for name in context.params)
    if any(source is not None and source.name == "COMMANDLINE" for source in sources):
        raise UsageError(
            f"options go after the command {context.invoked_subcommand!r}",
            hint=f"e.g. trail-diff {context.invoked_subcommand} --events PATH",
        )
