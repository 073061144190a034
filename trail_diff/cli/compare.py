"""Two runs side by side, without a job id."""

from typing import TYPE_CHECKING, Annotated

import typer

from trail_diff.cli import options
from trail_diff.cli.app import command
from trail_diff.cli.inputs import parse_window_option, reading
from trail_diff.cli.options import Known, Run, Source, View
from trail_diff.cli.output import finish, write_note
from trail_diff.errors import UsageError

if TYPE_CHECKING:
    from trail_diff.model.learnt import Case


@command(
    examples=(
        "trail-diff compare failed.json succeeded.json",
        "trail-diff compare trail/ --failed-window 2026-03-02T18:00Z/2026-03-02T19:00Z",
    )
)
def compare(
    *,
    failed: Annotated[str, typer.Argument(metavar="FAILED", help="An export of the failed run.")],
    succeeded: Annotated[
        str | None,
        typer.Argument(
            metavar="[SUCCEEDED]", help="An export of a run that succeeded; without it, set both windows, or neither."
        ),
    ] = None,
    failed_window: Annotated[str | None, typer.Option(metavar="FROM/TO", help="The failed run: two ISO times.")] = None,
    succeeded_window: Annotated[
        str | None, typer.Option(metavar="FROM/TO", help="The run that succeeded: two ISO times.")
    ] = None,
    region: options.Regions = None,
    key: options.Keys = None,
    known: Known,
    view: View,
    run: Run,
) -> None:
    """Compare two exports, or two spans of time of one export; or explain one alone. No job id is needed."""
    windows = (
        parse_window_option(failed_window, "--failed-window"),
        parse_window_option(succeeded_window, "--succeeded-window"),
    )
    if succeeded is None and windows[0] is None and windows[1] is not None:
        raise UsageError(
            "--succeeded-window needs a second export, or --failed-window as well",
            hint="e.g. trail-diff compare failed.json succeeded.json",
        )
    from trail_diff.pasted.arguments import check_files, take_keys
    from trail_diff.pipeline import analyse, load_comparison

    check_files({"FAILED": [failed], "SUCCEEDED": [succeeded]})
    source = Source(events=[failed, *([succeeded] if succeeded else [])], region=region)
    with reading(source, run, known=known, writes=view.output) as inputs:
        case = load_comparison(failed, succeeded, inputs, windows=windows, keys=take_keys(key))
    if _is_itself(case):
        write_note(
            "the two runs are made of the same calls; give an export of a run that succeeded, or two times that "
            "differ: --failed-window and --succeeded-window"
        )
    finish(analyse(case), view)


def _is_itself(case: "Case") -> bool:
    """Check whether both runs are made of the same calls, of which there are some: a file given twice, or its copy."""
    if case.succeeded is None:
        return False
    failed, succeeded = ({tie.event.event_id for tie in side.events} for side in (case.failed, case.succeeded))
    return bool(failed) and failed == succeeded
