"""What an export holds: the jobs, and who uses a key."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from trail_diff.cli import options
from trail_diff.cli.app import command
from trail_diff.cli.inputs import reading
from trail_diff.cli.options import History, Listed, Run, Source, View
from trail_diff.cli.output import note_if_any, write_file, write_list


@command(examples=("trail-diff jobs --events trail/", "trail-diff jobs --events trail/ --failed --vault prod-vault -v"))
def jobs(*, listed: Listed, source: Source, job: options.JobFiles = None, view: View, run: Run) -> None:
    """List the jobs found, their state, and with -v the baseline each failed one would be compared with.

    A terminal shows failed jobs first, then the newest first; JSON and CSV are in order of creation.

    Without --events, AWS Backup is asked for the jobs since --from, or of the last seven days.
    """
    from trail_diff.pasted.explain import explain_nothing
    from trail_diff.pipeline import list_jobs
    from trail_diff.render.lists import JOBS
    from trail_diff.triaging.select import TriageFilter

    with reading(source, run, jobs=job, writes=view.output) as inputs:
        rows, coverage = list_jobs(inputs, TriageFilter(vaults=tuple(listed.vault or ())), only_failed=listed.failed)
        if not rows:
            note_if_any(explain_nothing(inputs, coverage))
    write_list(JOBS, rows, coverage, view)


@command(
    examples=(
        "trail-diff callers --events trail/ --key alias/orders",
        'trail-diff callers --profile prod --from "24h ago" --save calls.json',
    )
)
def callers(
    *,
    key: options.Keys = None,
    save: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Keep the distinct calls here, for what-if --calls to replay elsewhere."),
    ] = None,
    source: Source,
    history: History,
    view: View,
    run: Run,
) -> None:
    """List who uses a key: calls by caller, action and outcome.

    Without --events, the event history of AWS since --from is read.
    """
    from trail_diff.key_usage import list_callers, save_calls
    from trail_diff.pasted.arguments import take_keys
    from trail_diff.render.lists import CALLERS

    keys = take_keys(key)
    with reading(source, run, history=history, writes=view.output, also_writes=save) as inputs:
        if save is None:
            rows, coverage = list_callers(inputs, keys)
        else:
            saved, rows, coverage = save_calls(inputs, datetime.now(UTC), keys)
            write_file(save, saved, "--save")
        if not rows or any(row.errors for row in rows):
            from trail_diff.pasted.explain import explain_no_calls, explain_nothing
            from trail_diff.pasted.refusals import point_at_refused

            none = None if rows else explain_nothing(inputs, coverage) or explain_no_calls(keys, inputs)
            codes = (code for row in rows for code in Counter(row.error_codes).elements())
            note_if_any(none or point_at_refused(codes, inputs))
    write_list(CALLERS, rows, coverage, view)
