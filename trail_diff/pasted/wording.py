"""The sentences about what was pasted: for each case what was seen, and what to do."""

from trail_diff.errors import TrailDiffError, UsageError

KINDS = {
    "id": "an id",
    "job": "a job",
    "key": "a key",
    "recovery-point": "a recovery point",
    "vault": "a backup vault",
    "role": "a role",
    "resource": "a resource",
    "account": "an account",
    "region": "a Region",
    "event": "an event of CloudTrail",
    "message": "a sentence",
    "page": "the address of a page",
    "file": "a file",
    "json": "JSON itself",
    "event-data-store": "an event data store",
    "log-group": "a log group",
    "bucket": "a bucket",
    "trail": "a trail",
}
"""What a text is, in words."""

ADVICE = {
    "not-a-job": ("{value} is {what}, not a job", "{advice}"),
    "named-by-jobs": ("{value} names something that jobs are about, not a job", "{advice}"),
    "not-a-key": ("{option} {value}: this is {what}, not a key", "{advice}"),
    "job-as-key": ("{option} {value}: this is a job, not a key", "{advice}"),
    "not-an-account": ("{option} {value} is not an account", "an account id has 12 digits"),
    "not-a-role": (
        "{option} {value} is not the ARN of a role or user",
        "write it as arn:aws:iam::111122223333:role/NAME",
    ),
    "not-an-organization": (
        "{option} {value} is not the id of an organization",
        "it begins with o-: aws organizations describe-organization --query Organization.Id",
    ),
    "not-a-file": ("{option} {value}: this is {what}, not a file", "{advice}"),
    "saved-calls": (
        "{option} {value}: these are calls that 'trail-diff callers --save' kept, not an export",
        "what-if takes them with --calls",
    ),
    "windows-path": ("{option} {value}: no such file or folder", "this is a Windows path: in WSL it is {place}"),
    "near-job": ("no job {value} in the {count} found", "the nearest is {near}: give it with {option}"),
    "near-jobs": ("no job {value} in the {count} found", "the nearest are {near}: give one with {option}"),
    "other-jobs": (
        "no job {value} in the {count} found, which are of {span} in {regions}",
        (
            "export the day and the Region of the job, or describe it with --job FILE (aws backup describe-backup-job)"
            "; trail-diff jobs{source} lists those found"
        ),
    ),
    "no-id": (
        "no job {value} in the {count} found",
        "an id is written as {first}; trail-diff jobs{source} lists those found",
    ),
    "near-key": ("no call on {value} was read", "the nearest key is {near}: give it with --key"),
    "refused-calls": ("calls of KMS that were refused: {count}", "trail-diff compare {export} says why"),
    "no-key": ("no call on {value} was read", "without --key, 'trail-diff callers' lists every key"),
    "picture": ("{value} is an image or a PDF, not an export", "export the events themselves: {command}"),
    "binary": ("{value} is no text, and no export", "export the events themselves: {command}"),
    "empty": ("{value} is empty", "the command that wrote it may have failed: run it again, and read what it says"),
    "error-in-file": (
        "{value} holds an error of AWS, {code}, and no events",
        "solve that, and export again: {command}",
    ),
    "wrong-file": ("{value} holds no CloudTrail record and no job", "export the events: {command}"),
    "nothing-read": ("no CloudTrail record and no job was found; {read}", "export the events: {command}"),
    "locked-archive": ("{value} is encrypted", "unpack it with its password, and give the folder"),
    "other-archive": (
        "{value} is an archive of a kind that is not read (7z, rar, lz4)",
        "unpack it (7z x, unrar x, lz4 -d), and give the folder, or pack it as zip, tar or gz",
    ),
    "wrong-folder": (
        "{value} holds no CloudTrail record and no job",
        "give the folder that does, as AWSLogs/ACCOUNT/CloudTrail, or export the events: {command}",
    ),
    "other-region": ("the records are of {regions}, none of {asked}", "give --region {first}"),
    "other-time": ("the records are of {span}, none between --from and --to", "leave these out"),
    "left-out": ("job {value} is in the export, but outside of --region, --from and --to", "leave these out"),
    "no-job-fits": (
        "of the {count} jobs read, of {span}, none is of the vaults, accounts, resource types and time asked about",
        "trail-diff jobs{source} lists them",
    ),
    "no-job-in-records": (
        "no job in the {count} records read, which are of {span} in {regions}",
        "export the day and the Region of the job, or describe it with --job FILE (aws backup describe-backup-job)",
    ),
}
"""What was seen, and what to do."""

STEPS = {
    "ask-jobs": "its {state}jobs are {jobs}{more}: give one with {option}",
    "failed": "failed ",
    "more": " and {count} more",
    "key-callers": "trail-diff callers --key {value}{source} lists who uses it",
    "list-jobs": "trail-diff jobs{source} lists the jobs found",
    "key-of-vault": "aws backup describe-backup-vault --backup-vault-name {vault} names its key",
    "list-keys": "'trail-diff callers' lists the keys",
    "jobs-of-resource": "aws backup list-backup-jobs --by-resource-arn {value} --by-state FAILED lists its failed jobs",
    "jobs-of-vault": "aws backup list-backup-jobs --by-backup-vault-name {vault} --by-state FAILED lists them",
    "jobs-of-account": "aws backup list-backup-jobs --by-account-id {value} --by-state FAILED lists its failed jobs",
    "point": "aws backup describe-recovery-point names its resource, aws backup list-backup-jobs the resource's jobs",
    "events": "exports go after --events: --events {value!r} --job-id ID",
    "events-of": "exports go after --events: {command} --events {value!r}",
    "explain-job": "trail-diff --job-id {value}{source} explains it",
    "key-of-job": "its key is {key}: give it with --key",
    "give-job-id": "a job id goes after --job-id: trail-diff --job-id {value} --events PATH",
    "give-both-ids": "compare reads exports; for jobs: trail-diff --job-id ID --baseline-job-id ID --events PATH",
    "describe-job": "a job id goes after --job-id; its description is what aws backup describe-backup-job prints",
    "give-key": "a key goes after --key",
    "get-policy": "save its policy: aws kms get-key-policy --policy-name default --key-id {value} > key-policy.json",
    "get-state": "save its state: aws kms describe-key --key-id {value} > key.json",
    "get-grants": "save its grants: aws kms list-grants --key-id {value} > grants.json",
    "give-store": "it goes after --event-data-store",
    "give-log-group": "it goes after --log-group: --log-group {value}",
    "give-trail": "aws cloudtrail describe-trails --trail-name-list {value} names its bucket: --events s3://BUCKET",
    "give-region": "a Region goes after --region",
    "export-events": "export the events themselves: {command}",
    "give-case": "{option} takes what 'trail-diff collect' wrote",
    "give-calls": "{option} takes what 'trail-diff callers --save' wrote",
    "give-bucket": "a bucket is given as {value}",
    "save-json": "save it in a file, or pipe it in with {option} -",
    "save-document": "save it in a file, and give its name",
    "give-file": "{option} takes a file or folder with exports",
}
"""What to do, where several things may be seen; `source` is where the events are, as a command takes it."""

EXPORT_EVENTS = "aws cloudtrail lookup-events --output json > events.json"


def advise(case: str, **told: object) -> tuple[str, str]:
    """Return what was seen, and what to do."""
    seen, hint = ADVICE[case]
    return seen.format(**told), hint.format(**told)


def step(name: str, source: str = "", **told: object) -> str:
    """Return what to do."""
    return STEPS[name].format(source=source, **told)


def refuse(case: str, **told: object) -> TrailDiffError:
    """Return the error that says so."""
    seen, hint = advise(case, **told)
    return UsageError(seen, hint=hint)
