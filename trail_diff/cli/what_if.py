"""A key policy before it is applied."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from trail_diff.cli import options
from trail_diff.cli.app import ExitStatus, OutputFormat, app
from trail_diff.cli.inputs import aws_options, fact_files, make_inputs, redacting, with_engine
from trail_diff.cli.output import View, progress_shown, write_output

if TYPE_CHECKING:
    from trail_diff.model.report import WhatIf


@app.command("what-if")
def what_if(
    key_policy: Annotated[
        str | None, typer.Option(metavar="NEW", help="The policy to try: a file in any form, or a plan.")
    ] = None,
    plan: Annotated[
        str | None,
        typer.Option(
            metavar="PLAN", help="A plan, template, change set or preview: every key in it is tried, before and after."
        ),
    ] = None,
    parameter: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A parameter of the template. Repeatable.")
    ] = None,
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
    allow_at_risk: Annotated[
        bool, typer.Option("--allow-at-risk", help="Exit 0 when calls are at risk, and none would break.")
    ] = False,
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
    calls that AWS Backup is known to make are tried. Exits 1 when something would break or is newly at risk, 3 when
    nothing could be replayed.

    Example: trail-diff what-if --plan plan.json --events trail/
    """
    from trail_diff.pipeline import try_policy
    from trail_diff.render import render_what_if

    facts = fact_files(key_policy or plan, None, grants, org_id)
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
        report = try_policy(inputs, old, key or (), _parameters(parameter))
    view = View(output_format, output, verbose, lang)
    write_output(render_what_if(report, output_format.value, view.render_options()), view)
    status = _status(report, allow_at_risk=allow_at_risk, fail_on_undetermined=fail_on_undetermined)
    if status is not ExitStatus.NO_DIFFERENCE:
        raise typer.Exit(status)


def _parameters(given: Sequence[str] | None) -> dict[str, str]:
    pairs = [one.partition("=") for one in given or ()]
    for name, equals, _value in pairs:
        if not equals:
            raise typer.BadParameter(f"--parameter {name}: give it as NAME=VALUE")
    return {name: value for name, _equals, value in pairs}


def _status(report: "WhatIf", *, allow_at_risk: bool, fail_on_undetermined: bool) -> ExitStatus:
    """Return what the gate comes to; `diff` has the same numbers."""
    undecided = {row.outcome for row in report.calls if row.observed} & {"undetermined", "conflict"}
    match report.outcome:
        case "breaks":
            return ExitStatus.DIFFERENCE
        case "at-risk" if not allow_at_risk:
            return ExitStatus.DIFFERENCE
        case _ if fail_on_undetermined and undecided:
            return ExitStatus.DIFFERENCE
        case "nothing-replayed":
            return ExitStatus.INCONCLUSIVE
        case _:
            return ExitStatus.NO_DIFFERENCE
