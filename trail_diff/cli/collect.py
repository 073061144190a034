"""A case in one file, to be looked at elsewhere."""

from pathlib import Path
from typing import Annotated

import typer

from trail_diff.cli import options
from trail_diff.cli.app import command
from trail_diff.cli.inputs import make_question, reading
from trail_diff.cli.options import Asked, History, Known, Run, Source
from trail_diff.cli.output import write_end


@command(
    examples=(
        "trail-diff collect --job-id 2c47cafb-… --profile prod -o case.zip",
        "trail-diff collect --job-id 2c47cafb-… --events trail/ -o case.zip --redact",
    )
)
def collect(
    *,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="CASE.zip", help="The bundle to write.")],
    asked: Asked,
    source: Source,
    history: History,
    job: options.JobFiles = None,
    known: Known,
    run: Run,
    _lang: options.Spoken = None,
) -> None:
    """Save a case in one file that gives the same report elsewhere: trail-diff --case CASE.zip.

    It is read from AWS, or from --events. The file holds only the records that the case is based on; --redact replaces
    the names in them.
    """
    from trail_diff.pasted.explain import explaining
    from trail_diff.pipeline import save_bundle

    question = make_question(asked, source, job)
    with (
        reading(source, run, history=history, known=known, jobs=job, writes=output) as inputs,
        explaining(question, inputs),
    ):
        kept = save_bundle(output, inputs, question)
    write_end(f"{len(kept.records):,} of {kept.tally.records:,} records written to {output}")
