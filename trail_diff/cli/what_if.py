"""A key policy before it is applied."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trail_diff.cli import options
from trail_diff.cli.app import ExitStatus, command
from trail_diff.cli.inputs import parse_duration_option, reading
from trail_diff.cli.options import History, Known, Run, Source, View
from trail_diff.cli.output import note_if_any, write_list
from trail_diff.errors import TrailDiffError, UsageError

if TYPE_CHECKING:
    from trail_diff.model.what_if import WhatIf


@command(
    "what-if",
    examples=(
        "trail-diff what-if --key-policy new.json --old old.json --events trail/",
        "trail-diff what-if --plan plan.json --calls calls.json --max-age 30d",
    ),
)
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
        bool,
        typer.Option("--allow-at-risk", help="Exit 0 when calls are at risk, none would break, and all was tried."),
    ] = False,
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
    role: Annotated[
        str | None, typer.Option(metavar="ARN", help="Without events: the role or user whose calls are tried as well.")
    ] = None,
    calls: Annotated[
        str | None, typer.Option(metavar="FILE", help="Replay calls that 'trail-diff callers --save' kept.")
    ] = None,
    max_age: Annotated[
        str | None, typer.Option(metavar="DURATION", help="Exit 3 when the saved calls end longer ago, e.g. 30d.")
    ] = None,
    sarif: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write what the gate objects to as SARIF 2.1.0 as well.")
    ] = None,
    github: Annotated[
        bool | None,
        typer.Option(
            "--github/--no-github", help="Annotate, summarize and set outputs for GitHub Actions (default: when in it)."
        ),
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
    calls that AWS Backup, or --service, is known to make are tried. Exits 1 when something would break or is
    newly at risk, 3 when nothing could be replayed or the saved calls are older than --max-age.
    """
    from trail_diff.key_usage import load_calls, try_policy
    from trail_diff.pasted.arguments import check_files, take_keys, take_role
    from trail_diff.pasted.explain import explain_no_calls
    from trail_diff.usage.known_calls import KnownCalls, service_name

    oldest = _oldest(max_age, calls)
    _refuse_events_beside(calls, source)
    document = _document(plan, key_policy)
    check_files({"--old": [old], "--calls": [calls]})
    keys = take_keys(key, or_encrypted=plan is not None)
    known = Known(key_policy=document, grants=grants, org_id=org_id)
    with (
        _naming_plan(plan),
        reading(source, run, history=history, known=known, writes=view.output, also_writes=sarif) as inputs,
    ):
        tried = (
            KnownCalls(service_name(service), resource_type, take_role(role) if role else None)
            if calls is None
            else load_calls(calls)
        )
        report = try_policy(inputs, old, keys, _parameters(parameter), tried)
        if not any(call.observed for call in report.calls):
            note_if_any(explain_no_calls(keys, inputs, is_told=True))
    report = _demand(report, oldest)
    _publish(report, document, view, sarif=sarif, github=github)
    raise typer.Exit(_status(report, allow_at_risk=allow_at_risk, fail_on_undetermined=fail_on_undetermined))


def _oldest(max_age: str | None, calls: str | None) -> datetime | None:
    """Return the moment that saved calls have to reach, if one is demanded."""
    if max_age is None:
        return None
    if calls is None:
        raise UsageError("--max-age is about saved calls", hint="give them with --calls, or leave --max-age out")
    return datetime.now(UTC) - parse_duration_option(max_age, "--max-age")


def _refuse_events_beside(calls: str | None, source: Source) -> None:
    if calls is not None and any(vars(source).values()):
        raise UsageError(
            "--calls does not go with options that say where events come from",
            hint="calls come from one place: leave --calls out, or the others",
        )


def _document(plan: str | None, key_policy: str | None) -> str:
    """Return the file that holds what is to be tried.

    Raises:
        UsageError: there is none, or two.
    """
    if plan and key_policy:
        raise UsageError("--plan and --key-policy both say what to try", hint="leave one of them out")
    if not plan and not key_policy:
        raise UsageError("no policy to try", hint="give it with --key-policy or --plan")
    return plan or key_policy or ""


@contextmanager
def _naming_plan(plan: str | None) -> Iterator[None]:
    """Name the option that the document was given by in what is wrong with it."""
    try:
        yield
    except TrailDiffError as error:
        if plan:
            error.message = error.message.replace("--key-policy ", "--plan ", 1)
        raise


def _demand(report: "WhatIf", oldest: datetime | None) -> "WhatIf":
    from trail_diff.usage.gate import demand_age

    return report if oldest is None else demand_age(report, oldest)


def _publish(report: "WhatIf", document: str, view: View, *, sarif: Path | None, github: bool | None) -> None:
    """Write the report, and point at the lines of the document that the gate objects to, wherever that is wanted."""
    from trail_diff.cli.annotate import is_on_github, show_on_github, write_sarif
    from trail_diff.key_usage import locate_policies
    from trail_diff.render.lists import what_if_list

    is_github = is_on_github(os.environ) if github is None else github
    if sarif is not None or is_github:
        report = locate_policies(report, document)
    write_list(what_if_list(report), report.calls, report.coverage, view)
    if sarif is not None:
        write_sarif(report, document, sarif, view)
    if is_github:
        show_on_github(report, document, view)


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
        case "at-risk" if report.lacks_evidence:
            return ExitStatus.INCONCLUSIVE
        case _ if fail_on_undetermined and undecided:
            return ExitStatus.DIFFERENCE
        case "nothing-replayed" | "evidence-too-old":
            return ExitStatus.INCONCLUSIVE
        case _:
            return ExitStatus.NO_DIFFERENCE
