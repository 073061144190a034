"""Two runs side by side, without a job id."""

from typing import Annotated

import typer

from trail_diff.cli import options
from trail_diff.cli.app import OutputFormat, app
from trail_diff.cli.inputs import fact_files, make_inputs, parse_window_option, redacting
from trail_diff.cli.output import View, finish, progress_shown
from trail_diff.errors import UsageError


@app.command()
def compare(
    failed: Annotated[str, typer.Argument(metavar="FAILED", help="An export of the failed run.")],
    succeeded: Annotated[
        str | None,
        typer.Argument(
            metavar="[SUCCEEDED]", help="An export of a run that succeeded; else give windows, or FAILED alone."
        ),
    ] = None,
    failed_window: Annotated[str | None, typer.Option(metavar="FROM/TO", help="The failed run: two ISO times.")] = None,
    succeeded_window: Annotated[
        str | None, typer.Option(metavar="FROM/TO", help="The run that succeeded: two ISO times.")
    ] = None,
    region: options.Regions = None,
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
) -> None:
    """Compare two exports, or two spans of time of one export; or explain one alone. No job id is needed.

    Example: trail-diff compare failed.json succeeded.json
    """
    windows = (
        parse_window_option(failed_window, "--failed-window"),
        parse_window_option(succeeded_window, "--succeeded-window"),
    )
    if succeeded is None and windows[0] is None and windows[1] is not None:
        raise UsageError(
            "--succeeded-window needs a second export, or --failed-window as well",
            hint="e.g. trail-diff compare failed.json succeeded.json",
        )
    from trail_diff.pipeline import analyse, load_comparison

    facts = fact_files(key_policy, key_state, grants, org_id)
    with progress_shown(shown=not no_progress) as progress, redacting(map_file, wanted=redact) as redactor:
        inputs = make_inputs(
            [failed, *([succeeded] if succeeded else [])],
            None,
            region,
            (None, None),
            facts=facts,
            redactor=redactor,
            progress=progress,
            writes=(output, map_file),
        )
        case = load_comparison(failed, succeeded, inputs, windows=windows, keys=key or ())
    finish(analyse(case), View(output_format, output, verbose, lang))
