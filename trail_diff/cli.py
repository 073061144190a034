"""The command line: options to values, one call of the library, its result rendered, an exit status.

Only this module knows typer. Heavy modules are imported by the commands that need them, so that --help is quick.
"""

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trail_diff import __version__
from trail_diff.errors import TrailDiffError, UsageError

if TYPE_CHECKING:
    from trail_diff.facts import FactFiles
    from trail_diff.model import Report, Window
    from trail_diff.pipeline import Inputs
    from trail_diff.render.interface import RenderOptions
    from trail_diff.sources.interface import Progress


class ExitStatus(IntEnum):
    """What the exit status says, as `diff` has it."""

    NO_DIFFERENCE = 0
    DIFFERENCE = 1
    UNUSABLE_INPUT = 2
    INCONCLUSIVE = 3
    INTERRUPTED = 130
    OUTPUT_CLOSED = 141


class OutputFormat(StrEnum):
    """The forms a report can take."""

    TABLE = "table"
    MARKDOWN = "markdown"
    JSON = "json"
    CSV = "csv"


app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Events = Annotated[
    list[str] | None,
    typer.Option("--events", metavar="PATH", help="An export: file, folder, glob or - for stdin. Repeatable."),
]
Regions = Annotated[
    list[str] | None, typer.Option("--region", metavar="REGION", help="Only records of this Region. Repeatable.")
]
Account = Annotated[str | None, typer.Option(metavar="ID", help="The job's account, when its id is in several.")]
Start = Annotated[str | None, typer.Option("--from", metavar="TIME", help='Read from here on: ISO 8601 or "2h ago".')]
End = Annotated[str | None, typer.Option("--to", metavar="TIME", help="Read up to here.")]
Pad = Annotated[str, typer.Option(metavar="DURATION", help="How much to search before and after each job.")]
Keys = Annotated[
    list[str] | None, typer.Option("--key", metavar="ARN", help="A KMS key in question: ARN, id or alias. Repeatable.")
]
JobFiles = Annotated[
    list[str] | None,
    typer.Option("--job", metavar="FILE", help="The jobs as AWS Backup describes or lists them. Repeatable."),
]
KeyPolicy = Annotated[str | None, typer.Option(metavar="FILE", help="The key policy: get-key-policy output.")]
KeyState = Annotated[str | None, typer.Option(metavar="FILE", help="The key's state: describe-key output.")]
Grants = Annotated[str | None, typer.Option(metavar="FILE", help="The key's grants: list-grants output.")]
OrgId = Annotated[str | None, typer.Option(metavar="o-…", help="The organization of the accounts.")]
Format = Annotated[OutputFormat, typer.Option("--format", help="The form of the report.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write here, not to stdout.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show more of the evidence.")]
NoProgress = Annotated[bool, typer.Option("--no-progress", help="Show no progress on stderr.")]


@app.callback(invoke_without_command=True)
def diagnose(
    context: typer.Context,
    job_id: Annotated[str | None, typer.Option(metavar="ID", help="The job that failed.")] = None,
    baseline_job_id: Annotated[
        str | None, typer.Option(metavar="ID", help="The job that succeeded (default: the most alike one found).")
    ] = None,
    events: Events = None,
    region: Regions = None,
    account: Account = None,
    start: Start = None,
    end: End = None,
    pad: Pad = "15m",
    job: JobFiles = None,
    key: Keys = None,
    key_policy: KeyPolicy = None,
    key_state: KeyState = None,
    grants: Grants = None,
    org_id: OrgId = None,
    output_format: Format = OutputFormat.TABLE,
    output: Output = None,
    verbose: Verbose = False,
    no_progress: NoProgress = False,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    """Tell why a KMS-dependent job failed: compare its CloudTrail events with those of a job that succeeded.

    Example: trail-diff --job-id 2c47cafb-f2a8-4324-bc60-6017794526c5 --events trail/
    """
    if context.invoked_subcommand is not None:
        _refuse_options_before(context)
        return
    if version:
        typer.echo(f"trail-diff {__version__}")
        return
    if job_id is None:
        raise UsageError("which job? --job-id is missing", hint="'trail-diff jobs --events PATH' lists those found")
    from trail_diff.assemble import Question
    from trail_diff.pipeline import analyse, load_case

    facts = _facts(key_policy, key_state, grants, org_id)
    question = Question(job_id, baseline_job_id, tuple(key or ()), account, tuple(region or ()), _duration(pad))
    with _progress(shown=not no_progress) as progress:
        case = load_case(_inputs(events, job, region, (start, end), facts=facts, progress=progress), question)
    _finish(analyse(case), output_format, output, verbose=verbose)


@app.command()
def compare(
    failed: Annotated[str, typer.Argument(metavar="FAILED", help="An export of the failed run.")],
    succeeded: Annotated[
        str | None, typer.Argument(metavar="[SUCCEEDED]", help="An export of a run that succeeded; else give windows.")
    ] = None,
    failed_window: Annotated[str | None, typer.Option(metavar="FROM/TO", help="The failed run: two ISO times.")] = None,
    succeeded_window: Annotated[
        str | None, typer.Option(metavar="FROM/TO", help="The run that succeeded: two ISO times.")
    ] = None,
    region: Regions = None,
    key: Keys = None,
    key_policy: KeyPolicy = None,
    key_state: KeyState = None,
    grants: Grants = None,
    org_id: OrgId = None,
    output_format: Format = OutputFormat.TABLE,
    output: Output = None,
    verbose: Verbose = False,
    no_progress: NoProgress = False,
) -> None:
    """Compare two exports, or two spans of time of one export; no job id is needed.

    Example: trail-diff compare failed.json succeeded.json
    """
    windows = _window(failed_window, "--failed-window"), _window(succeeded_window, "--succeeded-window")
    if succeeded is None and None in windows:
        raise UsageError(
            "compare needs two exports, or one with --failed-window and --succeeded-window",
            hint="e.g. trail-diff compare failed.json succeeded.json",
        )
    from trail_diff.pipeline import analyse, load_comparison

    facts = _facts(key_policy, key_state, grants, org_id)
    with _progress(shown=not no_progress) as progress:
        inputs = _inputs([failed], None, region, (None, None), facts=facts, progress=progress)
        case = load_comparison(failed, succeeded, inputs, windows=windows, keys=key or ())
    _finish(analyse(case), output_format, output, verbose=verbose)


@app.command()
def jobs(
    events: Events = None,
    region: Regions = None,
    start: Start = None,
    end: End = None,
    job: JobFiles = None,
    output_format: Format = OutputFormat.TABLE,
    output: Output = None,
    verbose: Verbose = False,
    no_progress: NoProgress = False,
) -> None:
    """List the jobs found, their state, and the baseline each failed one would be compared with.

    Example: trail-diff jobs --events trail/
    """
    from trail_diff.pipeline import list_jobs
    from trail_diff.render import render_jobs

    with _progress(shown=not no_progress) as progress:
        rows, coverage = list_jobs(_inputs(events, job, region, (start, end), progress=progress))
    _write(render_jobs(rows, coverage, output_format.value, _render_options(output, verbose=verbose)), output)


@app.command()
def callers(
    events: Events = None,
    key: Keys = None,
    region: Regions = None,
    start: Start = None,
    end: End = None,
    output_format: Format = OutputFormat.TABLE,
    output: Output = None,
    verbose: Verbose = False,
    no_progress: NoProgress = False,
) -> None:
    """List who uses a key: calls by caller, action and outcome.

    Example: trail-diff callers --events trail/ --key arn:aws:kms:eu-west-1:111122223333:key/1234abcd-…
    """
    from trail_diff.pipeline import list_callers
    from trail_diff.render import render_callers

    with _progress(shown=not no_progress) as progress:
        rows, coverage = list_callers(_inputs(events, None, region, (start, end), progress=progress), key or ())
    _write(render_callers(rows, coverage, output_format.value, _render_options(output, verbose=verbose)), output)


@app.command("what-if")
def what_if(
    key_policy: Annotated[str, typer.Option(metavar="NEW", help="The policy to try: a file in any form.")],
    old: Annotated[str | None, typer.Option(metavar="OLD", help="The policy in force, to tell what changes.")] = None,
    events: Events = None,
    key: Keys = None,
    region: Regions = None,
    start: Start = None,
    end: End = None,
    grants: Grants = None,
    org_id: OrgId = None,
    fail_on_undetermined: Annotated[
        bool, typer.Option("--fail-on-undetermined", help="Exit 1 as well when a call cannot be decided.")
    ] = False,
    output_format: Format = OutputFormat.TABLE,
    output: Output = None,
    verbose: Verbose = False,
    no_progress: NoProgress = False,
) -> None:
    """Replay observed calls against a new key policy, and tell what it would break or fix.

    Without --events, the calls that AWS Backup is known to make are tried. Exits 1 when something breaks.
    Example: trail-diff what-if --key-policy new.json --old old.json --events trail/ --key arn:aws:kms:…
    """
    from trail_diff.pipeline import replay_policy
    from trail_diff.render import render_what_if

    facts = _facts(key_policy, None, grants, org_id)
    with _progress(shown=not no_progress) as progress:
        inputs = _inputs(events, None, region, (start, end), facts=facts, progress=progress, needs_events=False)
        rows, coverage = replay_policy(inputs, old, key or ())
    _write(render_what_if(rows, coverage, output_format.value, _render_options(output, verbose=verbose)), output)
    failing = {"breaks", "undetermined"} if fail_on_undetermined else {"breaks"}
    if any(row.outcome in failing for row in rows):
        raise typer.Exit(ExitStatus.DIFFERENCE)


def main() -> None:
    """Run the command line and exit with its status."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run the command line and give the exit status; problems a user can mend become one line on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        status = typer.main.get_command(app).main(list(arguments), prog_name="trail-diff", standalone_mode=False)
        sys.stdout.flush()
    except TrailDiffError as error:
        return _complain(error.message, error.hint)
    except typer.TyperException as error:
        return _complain(error.format_message(), "see 'trail-diff --help'")
    except (typer.Abort, KeyboardInterrupt):
        return ExitStatus.INTERRUPTED
    except BrokenPipeError:
        # Python would complain once more when it flushes stdout at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitStatus.OUTPUT_CLOSED
    return status if isinstance(status, int) else ExitStatus.NO_DIFFERENCE


def exit_status(outcome: str) -> ExitStatus:
    """Give the exit status of a verdict's outcome."""
    match outcome:
        case "no-difference":
            return ExitStatus.NO_DIFFERENCE
        case "inconclusive":
            return ExitStatus.INCONCLUSIVE
        case _:
            return ExitStatus.DIFFERENCE


def _finish(report: "Report", output_format: OutputFormat, output: Path | None, *, verbose: bool) -> None:
    from trail_diff.render import render_report

    _write(render_report(report, output_format.value, _render_options(output, verbose=verbose)), output)
    raise typer.Exit(exit_status(report.verdict.outcome))


def _write(text: str, output: Path | None) -> None:
    if output is None:
        sys.stdout.write(text)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"--output {output}: {error.strerror or error}", hint="choose a place that can be written"
        ) from error


def _inputs(
    events: list[str] | None,
    job_files: list[str] | None,
    regions: list[str] | None,
    span: tuple[str | None, str | None],
    *,
    facts: "FactFiles | None" = None,
    progress: "Progress | None" = None,
    needs_events: bool = True,
) -> "Inputs":
    if needs_events and not events:
        raise UsageError(
            "what to read? --events is missing",
            hint="give an export of CloudTrail events: a file, a folder, or - for stdin",
        )
    from trail_diff.facts import FactFiles
    from trail_diff.gather import ReadOptions
    from trail_diff.pipeline import Inputs

    start = _moment(span[0], "--from") if span[0] else None
    end = _moment(span[1], "--to") if span[1] else None
    if start is not None and end is not None and start > end:
        raise UsageError(
            f"--from {span[0]} is after --to {span[1]}", hint="give the earlier time with --from, the later with --to"
        )
    return Inputs(
        events=tuple(events or ()),
        jobs=tuple(job_files or ()),
        options=ReadOptions(tuple(regions or ()), start, end),
        facts=facts or FactFiles(),
        progress=progress,
        stdin=sys.stdin.buffer,
    )


def _facts(key_policy: str | None, key_state: str | None, grants: str | None, org_id: str | None) -> "FactFiles":
    from trail_diff.facts import FactFiles

    return FactFiles(key_policy, key_state, grants, org_id)


def _moment(text: str, option: str) -> datetime:
    from trail_diff.times import parse_moment

    moment = parse_moment(text, datetime.now(UTC))
    if moment is None:
        raise UsageError(f"{option} {text!r} is not a time", hint='write it as 2026-03-01T18:00:00Z or "2h ago"')
    return moment


def _duration(text: str) -> timedelta:
    from trail_diff.times import parse_duration

    duration = parse_duration(text)
    if duration is None:
        raise UsageError(f"--pad {text!r} is not a duration", hint="write it as 15m, 90s or 2h")
    return duration


def _window(text: str | None, option: str) -> "Window | None":
    if text is None:
        return None
    from trail_diff.model import Window

    start, _, end = text.partition("/")
    window = Window(_moment(start, option), _moment(end, option))
    if window.start > window.end:
        raise UsageError(f"{option} {text!r} ends before it begins", hint="write it as FROM/TO, the earlier time first")
    return window


def _refuse_options_before(context: typer.Context) -> None:
    """Say so when an option stands before the command, where it would have no effect."""
    sources = (context.get_parameter_source(name) for name in context.params)
    if any(source is not None and source.name == "COMMANDLINE" for source in sources):
        raise UsageError(
            f"options go after the command {context.invoked_subcommand!r}",
            hint=f"e.g. trail-diff {context.invoked_subcommand} --events PATH",
        )


def _render_options(output: Path | None, *, verbose: bool) -> "RenderOptions":
    from trail_diff.render.interface import RenderOptions

    to_terminal = output is None and sys.stdout.isatty()
    width = shutil.get_terminal_size((100, 24)).columns
    return RenderOptions(width=max(width, 60), color=to_terminal and "NO_COLOR" not in os.environ, verbose=verbose)


@contextmanager
def _progress(*, shown: bool) -> "Iterator[Progress | None]":
    if not (shown and sys.stderr.isatty()):
        yield None
        return
    from trail_diff.progress import show_progress

    with show_progress() as progress:
        yield progress


def _complain(message: str, hint: str) -> int:
    from trail_diff.render.escape import terminal

    sys.stderr.write(terminal(f"trail-diff: {message.rstrip('.')}; {hint}") + "\n")
    return ExitStatus.UNUSABLE_INPUT
