"""A case in one file, to be looked at elsewhere."""

from pathlib import Path
from typing import Annotated

import typer

from trail_diff.cli import options
from trail_diff.cli.app import app
from trail_diff.cli.inputs import aws_options, fact_files, make_inputs, make_question, redacting, with_engine
from trail_diff.cli.output import progress_shown


@app.command()
def collect(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="CASE.zip", help="The bundle to write.")],
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
    no_progress: options.NoProgress = False,
) -> None:
    """Gather a case into one file that gives the same report elsewhere: trail-diff --case CASE.zip.

    It is gathered from AWS, or from --events. Only the records that the case rests on are in it; --redact replaces the
    names in them.

    Example: trail-diff collect --job-id 2c47cafb-f2a8-4324-bc60-6017794526c5 --events trail/ -o case.zip --redact
    """
    from trail_diff.pipeline import save_bundle

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
        kept = save_bundle(output, inputs, question)
    typer.echo(f"{len(kept.records):,} of {kept.tally.records:,} records written to {output}", err=True)
