"""The main job: explain why a job failed."""

from typing import Annotated

import typer

from trail_diff import __version__
from trail_diff.cli import options
from trail_diff.cli.app import app, expand_groups
from trail_diff.cli.inputs import make_question, reading
from trail_diff.cli.options import Asked, History, Known, Run, Source, View
from trail_diff.cli.output import finish
from trail_diff.errors import UsageError


@app.callback(
    invoke_without_command=True,
    epilog="\n".join(
        (
            "trail-diff --job-id 2c47cafb-f2a8-4324-bc60-6017794526c5 --events trail/",
            "trail-diff --job-id 2c47cafb-… --events trail/ -o report.html --open",
            "trail-diff --job-id 2c47cafb-… --profile prod --region eu-west-1",
            "trail-diff --case case.zip --lang ja",
        )
    ),
)
@expand_groups
def diagnose(
    *,
    context: typer.Context,
    asked: Asked,
    source: Source,
    history: History,
    job: options.JobFiles = None,
    known: Known,
    view: View,
    run: Run,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    """Explain why a KMS-dependent job failed: compare its CloudTrail events with those of a job that succeeded.

    Without --events, AWS itself is asked, by calls that only read.
    """
    if context.invoked_subcommand is not None:
        _refuse_options_before(context)
        return
    if version:
        typer.echo(f"trail-diff {__version__}")
        return
    from trail_diff.pasted.explain import explaining
    from trail_diff.pipeline import analyse, load_case

    question = make_question(asked, source, job)
    with (
        reading(source, run, history=history, known=known, jobs=job, writes=view.output) as inputs,
        explaining(question, inputs),
    ):
        report = analyse(load_case(inputs, question))
    finish(report, view)


def _refuse_options_before(context: typer.Context) -> None:
    """Report when an option comes before the command, where it would have no effect."""
    sources = (context.get_parameter_source(name) for name in context.params)
    if any(source is not None and source.name == "COMMANDLINE" for source in sources):
        raise UsageError(
            f"options go after the command {context.invoked_subcommand!r}",
            hint=f"e.g. trail-diff {context.invoked_subcommand} --events PATH",
        )
