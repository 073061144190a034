"""A key policy before it is applied."""

from typing import Annotated

import typer

from trail_diff.cli import options
from trail_diff.cli.app import ExitStatus, command
from trail_diff.cli.inputs import reading
from trail_diff.cli.options import History, Known, Run, Source, View
from trail_diff.cli.output import write_list


@command("what-if")
def what_if(
    *,
    key_policy: Annotated[str, typer.Option(metavar="NEW", help="The policy to try: a file in any form.")],
    old: Annotated[str | None, typer.Option(metavar="OLD", help="The policy in force, to show what changes.")] = None,
    key: options.Keys = None,
    fail_on_undetermined: Annotated[
        bool,
        typer.Option(
            "--fail-on-undetermined", help="Exit 1 as well when a call cannot be decided, or succeeded against OLD."
        ),
    ] = False,
    service: Annotated[
        str, typer.Option(help="Without events: the service whose calls are tried, as docs/who-calls-kms.md names it.")
    ] = "backup",
    resource_type: Annotated[
        str | None, typer.Option(help="Of AWS Backup: the resource type whose calls are tried, e.g. EFS.")
    ] = None,
    source: Source,
    history: History,
    grants: options.Grants = None,
    org_id: options.OrgId = None,
    view: View,
    run: Run,
) -> None:
    """Replay observed calls against a new key policy, and list what it would break or fix.

    With --profile and --from, the calls in the event history of AWS are replayed. With neither that nor --events, the
    calls that AWS Backup, or --service, is known to make are tried. Exits 1 when something breaks.

    Example: trail-diff what-if --key-policy new.json --old old.json --events trail/ --key arn:aws:kms:…
    """
    from trail_diff.pipeline import replay_policy
    from trail_diff.render.lists import WHAT_IF

    known = Known(key_policy=key_policy, grants=grants, org_id=org_id)
    with reading(source, run, history=history, known=known, writes=view.output) as inputs:
        rows, coverage = replay_policy(inputs, old, key or (), service, resource_type)
    write_list(WHAT_IF, rows, coverage, view)
    failing = {"breaks", "undetermined", "conflict"} if fail_on_undetermined else {"breaks"}
    if any(row.outcome in failing for row in rows):
        raise typer.Exit(ExitStatus.DIFFERENCE)
