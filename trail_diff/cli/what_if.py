"""A key policy before it is applied."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from trail_diff.cli import options
from trail_diff.cli.app import ExitStatus, command
from trail_diff.cli.inputs import reading
from trail_diff.cli.options import History, Known, Run, Source, View
from trail_diff.cli.output import write_list

if TYPE_CHECKING:
    from trail_diff.model.report import WhatIf


@command("what-if")
def what_if(
    *,
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
    old: Annotated[str | None, typer.Option(metavar="OLD", help="The policy in force, to show what changes.")] = None,
    key: options.Keys = None,
    allow_at_risk: Annotated[
        bool, typer.Option("--allow-at-risk", help="Exit 0 when calls are at risk, and none would break.")
    ] = False,
    fail_on_undetermined: Annotated[
        bool,
        typer.Option(
            "--fail-on-undetermined", help="Exit 1 as well when a call cannot be decided, or succeeded against OLD."
        ),
    ] = False,
    source: Source,
    history: History,
    grants: options.Grants = None,
    org_id: options.OrgId = None,
    view: View,
    run: Run,
) -> None:
    """Replay observed calls against a new key policy, and list what it would break or fix.

    With --profile and --from, the calls in the event history of AWS are replayed. With neither that nor --events, the
    calls that AWS Backup is known to make are tried. Exits 1 when something would break or is newly at risk, 3 when
    nothing could be replayed.

    Example: trail-diff what-if --key-policy new.json --old old.json --events trail/ --key arn:aws:kms:…
    """
    from trail_diff.pipeline import try_policy
    from trail_diff.render.lists import what_if_list

    known = Known(key_policy=key_policy or plan, grants=grants, org_id=org_id)
    with reading(source, run, history=history, known=known, writes=view.output) as inputs:
        report = try_policy(inputs, old, key or (), _parameters(parameter))
    write_list(what_if_list(report), report.calls, report.coverage, view)
    raise typer.Exit(_status(report, allow_at_risk=allow_at_risk, fail_on_undetermined=fail_on_undetermined))


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
