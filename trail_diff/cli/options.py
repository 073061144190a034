"""Every option of the command line, described once; the commands say which they take.

Options that go together are a dataclass; the first line of its docstring is their heading in --help. They share one
`__init__`, as code made for each at every start takes longer than all else here.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from trail_diff.cli.app import ColorChoice, OutputFormat, TimeChoice, TriageFormat
from trail_diff.cli.completion import complete_cause, complete_job_id, complete_vault
from trail_diff.cli.language import Language
from trail_diff.errors import UsageError

_SOURCE, _KNOWN = "Where events come from", "What is known of the key"
"""Headings of groups, for their options that a command takes without the group."""


def _take_regions(given: list[str] | None) -> list[str] | None:
    from trail_diff.pasted.forms import find_region

    return [find_region(one) for one in given] if given else given


Regions = Annotated[
    list[str] | None,
    typer.Option(
        "--region",
        metavar="REGION",
        help="Only records of this Region; of AWS itself, the Region to ask. Repeatable.",
        callback=_take_regions,
    ),
]
Profiles = Annotated[
    list[str] | None,
    typer.Option("--profile", metavar="NAME", help="Ask AWS with this profile. Repeatable: one for each account."),
]
EndpointUrl = Annotated[str | None, typer.Option(metavar="URL", help="Ask AWS at this endpoint.")]
Keys = Annotated[
    list[str] | None, typer.Option("--key", metavar="ARN", help="A KMS key in question: ARN, id or alias. Repeatable.")
]
JobFiles = Annotated[
    list[str] | None,
    typer.Option(
        "--job",
        metavar="FILE",
        help="The jobs as AWS Backup describes or lists them. Repeatable.",
        rich_help_panel=_SOURCE,
    ),
]
Grants = Annotated[
    str | None, typer.Option(metavar="FILE", help="The key's grants: list-grants output.", rich_help_panel=_KNOWN)
]
OrgId = Annotated[
    str | None, typer.Option(metavar="o-…", help="The organization of the accounts.", rich_help_panel=_KNOWN)
]
MapFile = Annotated[
    Path | None,
    typer.Option("--map", metavar="FILE", help="Keep the pseudonyms in this file, for its owner; reused if it exists."),
]
Vaults = Annotated[
    list[str] | None,
    typer.Option(
        "--vault", metavar="NAME", help="Jobs of this vault: name or ARN. Repeatable.", autocompletion=complete_vault
    ),
]
Pad = Annotated[str, typer.Option(metavar="DURATION", help="How much to search before and after each job.")]
Lang = Annotated[
    Language | None, typer.Option(help="The language of the report (default: the locale's, else English).")
]
Spoken = Annotated[
    Language | None, typer.Option("--lang", help="The language of messages (default: the locale's, else English).")
]
"""Of commands without a report: what they say follows the command line, so they take it and need not look at it."""
_FORMAT_OF = {
    ".html": "html",
    ".htm": "html",
    ".md": "markdown",
    ".markdown": "markdown",
    ".json": "json",
    ".csv": "csv",
}

_NOT_WRITTEN = {".pdf", ".png", ".jpg", ".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx"}


def _take_output(context: typer.Context, file: Path | None) -> Path | None:
    """Return the file to write, None for stdout; its suffix is the format unless --format says another."""
    if file is None or str(file) == "-":
        return None
    if str(file) in {*TriageFormat, "text", "yaml"}:
        raise UsageError(f"--output {file}: this is a format, not a file", hint="give it with --format, or -o FILE")
    if file.suffix.lower() in _NOT_WRITTEN:
        raise UsageError(
            f"--output {file}: {file.suffix} is no format of a report",
            hint="write report.html and print it, or report.csv for a spreadsheet",
        )
    form = _FORMAT_OF.get(file.suffix.lower())
    if form is not None:
        context.default_map = {**(context.default_map or {}), "output_format": form}
    return file


Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write to this file, in the format of its suffix; - is stdout.",
        callback=_take_output,
        is_eager=True,
    ),
]

NoPager = Annotated[bool, typer.Option("--no-pager", help="Write to the terminal at once, however long the answer is.")]


class OptionGroup:
    """Options that go together, by their names; those that are not given have their defaults."""

    def __init__(self, **given: Any) -> None:
        vars(self).update(given)
        self.check()

    def check(self) -> None:
        """Check that what is given goes together, before anything is read."""


@dataclass(init=False, eq=False, repr=False)
class Asked(OptionGroup):
    """What to explain."""

    job_id: Annotated[
        str | None, typer.Option(metavar="ID", help="The job that failed.", autocompletion=complete_job_id)
    ] = None
    baseline_job_id: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="The job that succeeded (default: the most alike one found).",
            autocompletion=complete_job_id,
        ),
    ] = None
    key: Keys = None
    account: Annotated[str | None, typer.Option(metavar="ID", help="The job's account, when its id is in several.")] = (
        None
    )
    pad: Pad = "15m"


@dataclass(init=False, eq=False, repr=False)
class Source(OptionGroup):
    """Where events come from."""

    events: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH", help="An export: file, folder, glob, s3://bucket/prefix or - for stdin. Repeatable."
        ),
    ] = None
    case: Annotated[
        str | None, typer.Option(metavar="CASE.zip", help="A case bundle that 'trail-diff collect' wrote.")
    ] = None
    profile: Profiles = None
    region: Regions = None
    endpoint_url: EndpointUrl = None
    athena_table: Annotated[
        str | None, typer.Option(metavar="DB.TABLE", help="Read events from this table of CloudTrail logs in Athena.")
    ] = None
    athena_workgroup: Annotated[str | None, typer.Option(metavar="NAME", help="Athena's workgroup.")] = None
    athena_output: Annotated[
        str | None, typer.Option(metavar="s3://…", help="Where Athena puts its result, unless the workgroup sets it.")
    ] = None
    log_group: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Read events from this CloudWatch Logs group. Repeatable.")
    ] = None
    event_data_store: Annotated[
        str | None, typer.Option(metavar="ARN", help="Read events from this event data store of CloudTrail Lake.")
    ] = None
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what Athena, Logs or Lake would be asked; run nothing.")
    ] = False
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="TIME", help='Read from here on: ISO 8601, 2026/03/01, "yesterday", "2h ago".'),
    ] = None
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Read up to here; a day to its end.")] = None


@dataclass(init=False, eq=False, repr=False)
class History(OptionGroup):
    """Event history of AWS."""

    no_cache: Annotated[bool, typer.Option("--no-cache", help="Fetch from AWS again, and cache nothing.")] = False
    max_requests: Annotated[
        int,
        typer.Option(metavar="N", min=1, help="At most this many requests to event history per account and Region."),
    ] = 600


@dataclass(init=False, eq=False, repr=False)
class Known(OptionGroup):
    """What is known of the key."""

    key_policy: Annotated[str | None, typer.Option(metavar="FILE", help="The key policy: get-key-policy output.")] = (
        None
    )
    key_state: Annotated[str | None, typer.Option(metavar="FILE", help="The key's state: describe-key output.")] = None
    grants: Grants = None
    org_id: OrgId = None


@dataclass(init=False, eq=False, repr=False)
class Run(OptionGroup):
    """How to run."""

    redact: Annotated[bool, typer.Option("--redact", help="Replace names, accounts and addresses by pseudonyms.")] = (
        False
    )
    map_file: MapFile = None
    no_progress: Annotated[bool, typer.Option("--no-progress", help="Show no progress on stderr.")] = False


@dataclass(init=False, eq=False, repr=False)
class Shown(OptionGroup):
    """Output."""

    output_format: StrEnum
    output: Output = None
    open_page: Annotated[bool, typer.Option("--open", help="Show the HTML page that -o wrote in the browser.")] = False
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show everything: jobs, callers, decisions, evidence.")
    ] = False
    lang: Lang = None
    color: Annotated[
        ColorChoice, typer.Option(help="Colours: on a terminal, unless NO_COLOR or FORCE_COLOR is set; always; never.")
    ] = ColorChoice.AUTO
    time: Annotated[
        TimeChoice | None,
        typer.Option("--time", help="Times of a table: UTC, or local time beside it (default: where TZ is set)."),
    ] = None
    no_pager: NoPager = False

    def check(self) -> None:
        """Check that there is a page to open, before anything is read."""
        if self.open_page and (self.output is None or self.output_format != "html"):
            raise UsageError("--open shows the page that -o writes", hint="add -o report.html")


@dataclass(init=False, eq=False, repr=False)
class View(Shown):
    """Output."""

    output_format: Annotated[OutputFormat, typer.Option("--format", help="The form of the report.")] = (
        OutputFormat.TABLE
    )


@dataclass(init=False, eq=False, repr=False)
class TriageView(Shown):
    """Output."""

    output_format: Annotated[TriageFormat, typer.Option("--format", help="The form of the list of groups.")] = (
        TriageFormat.TABLE
    )
    summary: Annotated[bool, typer.Option("--summary", help="Print one line: the counts, and each cause.")] = False


@dataclass(init=False, eq=False, repr=False)
class Listed(OptionGroup):
    """Which jobs."""

    failed: Annotated[bool, typer.Option("--failed", help="Only jobs that did not complete.")] = False
    vault: Vaults = None


@dataclass(init=False, eq=False, repr=False)
class Narrowed(OptionGroup):
    """Which jobs."""

    since: Annotated[
        str | None,
        typer.Option(metavar="TIME", help='Jobs created since then: "last night", "yesterday", "24h", ISO 8601.'),
    ] = None
    vault: Vaults = None
    resource_type: Annotated[
        list[str] | None, typer.Option(metavar="TYPE", help="Jobs of this resource type, e.g. DynamoDB. Repeatable.")
    ] = None
    account: Annotated[list[str] | None, typer.Option(metavar="ID", help="Jobs of this account. Repeatable.")] = None
    cause: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CAUSE",
            help="Only this cause, as --format json names it. Repeatable.",
            autocompletion=complete_cause,
        ),
    ] = None
