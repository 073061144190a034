"""A key policy before it is applied."""

from typing import Annotated

import typer

from trail_diff.cli import options
from trail_diff.cli.app import ExitStatus, OutputFormat, app
from trail_diff.cli.inputs import aws_options, fact_files, make_inputs, redacting, with_engine
from trail_diff.cli.output import View, progress_shown, write_output


@app.command("what-if")
def what_if(
    key_policy: Annotated[str, typer.Option(metavar="NEW", help="The policy to try: a file in any form.")],
    old: Annotated[str | None, typer.Option(metavar="OLD", help="The policy in force, to tell what changes.")] = None,
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
    grants: options.Grants = None,
    org_id: options.OrgId = None,
    fail_on_undetermined: Annotated[
        bool,
        typer.Option(
            "--fail-on-undetermined", help="Exit 1 as well when a call cannot be decided, or succeeded against OLD."
        ),
    ] = False,
    redact: options.Redact = False,
    map_file: options.MapFile = None,
    output_format: options.Format = OutputFormat.TABLE,
    output: options.Output = None,
    verbose: options.Verbose = False,
    lang: options.Lang = None,
    no_progress: options.NoProgress = False,
) -> None:
    """Replay observed calls against a new key policy, and tell what it would break or fix.

    With --profile and --from, the calls in the event history of AWS are replayed. With neither that nor --events, the
    calls that AWS Backup is known to make are tried. Exits 1 when something breaks.

    Example: trail-diff what-if --key-policy new.json --old old.json --events trail/ --key arn:aws:kms:…
    """
    from trail_diff.pipeline import replay_policy
    from trail_diff.render import render_what_if

    facts = fact_files(key_policy, None, grants, org_id)
    aws = aws_options(profile, endpoint_url, max_requests, no_cache=no_cache)
    athena = (athena_table, athena_workgroup, athena_output)
    aws = with_engine(aws, athena, log_group, event_data_store, dry_run=dry_run)
    with progress_shown(shown=not no_progress) as progress, redacting(map_file, wanted=redact) as redactor:
        inputs = make_inputs(
            events,
            None,
            region,
            (start, end),
            case=case,
            facts=facts,
            redactor=redactor,
            progress=progress,
            aws=aws,
            writes=(output, map_file),
        )
        rows, coverage = replay_policy(inputs, old, key or ())
    view = View(output_format, output, verbose, lang)
    write_output(render_what_if(rows, coverage, output_format.value, view.render_options()), view)
    failing = {"breaks", "undetermined", "conflict"} if fail_on_undetermined else {"breaks"}
    if any(row.outcome in failing for row in rows):
        raise typer.Exit(ExitStatus.DIFFERENCE)
