"""Every option of the command line, described once; the commands say which they take."""

from pathlib import Path
from typing import Annotated

import typer

from trail_diff.cli.app import Language, OutputFormat

Events = Annotated[
    list[str] | None,
    typer.Option(
        "--events", metavar="PATH", help="An export: file, folder, glob, s3://bucket/prefix or - for stdin. Repeatable."
    ),
]
CaseFile = Annotated[
    Path | None, typer.Option("--case", metavar="CASE.zip", help="A case bundle that 'trail-diff collect' wrote.")
]
JobId = Annotated[str | None, typer.Option("--job-id", metavar="ID", help="The job that failed.")]
BaselineJobId = Annotated[
    str | None,
    typer.Option("--baseline-job-id", metavar="ID", help="The job that succeeded (default: the most alike one found)."),
]
Redact = Annotated[bool, typer.Option("--redact", help="Replace names, accounts and addresses by pseudonyms.")]
MapFile = Annotated[
    Path | None,
    typer.Option("--map", metavar="FILE", help="Keep the pseudonyms here, for the owner; reused when it is there."),
]
Regions = Annotated[
    list[str] | None,
    typer.Option("--region", metavar="REGION", help="Only records of this Region; of AWS, where to look. Repeatable."),
]
Profiles = Annotated[
    list[str] | None,
    typer.Option("--profile", metavar="NAME", help="Ask AWS with this profile. Repeatable: one for each account."),
]
EndpointUrl = Annotated[str | None, typer.Option(metavar="URL", help="Ask AWS here, not at its own endpoints.")]
AthenaTable = Annotated[
    str | None,
    typer.Option(metavar="DB.TABLE", help="Read events from this table of CloudTrail logs in Athena."),
]
AthenaWorkgroup = Annotated[str | None, typer.Option(metavar="NAME", help="Athena's workgroup.")]
AthenaOutput = Annotated[
    str | None, typer.Option(metavar="s3://…", help="Where Athena puts its result, unless the workgroup says.")
]
LogGroups = Annotated[
    list[str] | None,
    typer.Option("--log-group", metavar="NAME", help="Read events from this CloudWatch Logs group. Repeatable."),
]
EventDataStore = Annotated[
    str | None, typer.Option(metavar="ARN", help="Read events from this event data store of CloudTrail Lake.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what Athena, Logs or Lake would be asked; run nothing.")]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Fetch anew from AWS, and keep nothing of it.")]
MaxRequests = Annotated[
    int, typer.Option(metavar="N", min=1, help="At most so many requests to event history, per account and Region.")
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
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show all of it: jobs, callers, decisions, evidence.")]
Lang = Annotated[
    Language | None, typer.Option("--lang", help="The language of the report (default: the locale's, else English).")
]
NoProgress = Annotated[bool, typer.Option("--no-progress", help="Show no progress on stderr.")]
