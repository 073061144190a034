"""What was pasted where a job id is wanted."""

from pathlib import Path
from shlex import split

import pytest
from recording import Recording, as_trail_file

from trail_diff.case.question import Question
from trail_diff.cli import run
from trail_diff.errors import JobNotFoundError
from trail_diff.inputs import Inputs
from trail_diff.pasted.arguments import take_keys
from trail_diff.pasted.explain import explain_missing
from trail_diff.pasted.forms import find_job_id, recognize

INCIDENT = Path(__file__).parents[2] / "fixtures" / "original-incident"
JOB, KEY = "2c47cafb-f2a8-4324-bc60-6017794526c5", "1b351e9a-dadf-9a8d-cf69-d9e1500ab53a"
CONSOLE = "https://eu-west-1.console.aws.amazon.com"
BASELINE, TABLE = "7D0B8C7A-55F4-4C0E-9D3E-8A3A1F6F0F52", "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"
BACKUP, KMS = "arn:aws:backup:eu-west-1:111122223333:", "arn:aws:kms:eu-west-1:111122223333:"


def wide(text: str) -> str:
    """Return a text as a Japanese input method writes it in full-width letters."""
    return "".join(chr(ord(sign) + 0xFEE0) for sign in text)


@pytest.mark.parametrize(
    "text",
    [
        JOB,
        JOB.upper(),
        f" {JOB}\n",
        f"'{JOB}'",
        f'"{JOB}",',
        f"“{JOB}”",
        f"{BACKUP}backup-job:{JOB}",
        f"{BACKUP}restore-job:{JOB}",
        f"https://eu-west-1.console.aws.amazon.com/backup/home?region=eu-west-1#/jobs/backup/details/{JOB}",
        f"Backup job {JOB} failed.",
        f"backupJobId={JOB}",
        f"{BACKUP}backup-\n    job:{JOB[:20]}\n    {JOB[20:]}",
        f"arn:aws:rds:eu-west-1:111122223333:snapshot:awsbackup:job-{JOB}",
        f"{JOB[:13]}\n{JOB[13:]}",
        f"<https://eu-west-1.console.aws.amazon.com/backup/home?region=eu-west-1#/jobs/backup/details/{JOB}|the job>",
        f"Recovery point ARN: {BACKUP}recovery-point:{KEY}. Backup Job ID : {JOB}",
        wide(JOB),
        f"\u200b{JOB[:9]}\u200b{JOB[9:]}\ufeff",
        JOB.replace("-", "–"),
        f"\x1b[31m{JOB}\x1b[0m",
        f"「{JOB}」",
    ],
)
def test_job_id_is_found_in_what_stands_around_it(text: str) -> None:
    """A job id is taken out of quotes, line breaks, ARNs, addresses and sentences."""
    assert find_job_id(text).lower() == JOB


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"{KMS}key/{KEY}", "key"),
        (f"{KMS}alias/orders", "key"),
        ("alias/orders", "key"),
        ("mrk-1234abcd12ab34cd56ef1234567890ab", "key"),
        (f"https://eu-west-1.console.aws.amazon.com/kms/home?region=eu-west-1#/kms/keys/{KEY}", "key"),
        (f"{BACKUP}recovery-point:{JOB}", "recovery-point"),
        ("arn:aws:ec2:eu-west-1::snapshot/snap-0123456789abcdef0", "recovery-point"),
        ("arn:aws:dynamodb:eu-west-1:111122223333:table/orders/backup/01547087347000-abcdef01", "recovery-point"),
        ("arn:aws:dynamodb:eu-west-1:111122223333:table/orders", "resource"),
        ("arn:aws:rds:eu-west-1:111122223333:cluster-snapshot:nightly", "recovery-point"),
        ("arn:aws:fsx:eu-west-1:111122223333:backup/backup-0123456789abcdef0", "recovery-point"),
        (f"{BACKUP}backup-vault:prod-vault", "vault"),
        ("arn:aws:iam::111122223333:role/service-role/AWSBackupDefaultServiceRole", "role"),
        ("arn:aws:cloudtrail:eu-west-1:111122223333:eventdatastore/1234", "event-data-store"),
        ("arn:aws:logs:eu-west-1:111122223333:log-group:trail:*", "log-group"),
        ("arn:aws:s3:::my-trail/AWSLogs", "bucket"),
        ('{"Records": []}', "json"),
        ("1111-2222-3333", "account"),
        (r"C:\exports\trail", "file"),
        ("./trail", "file"),
        ("events.json", "file"),
        (f"exports/{JOB}/trail.json", "file"),
        ("my-job-17", "other"),
        (f"{CONSOLE}/cloudtrailv2/home?region=eu-west-1#/events/{JOB}", "event"),
        (f"{CONSOLE}/backup/home?region=eu-west-1#/backupvaults/details/prod-vault", "vault"),
        (f"{CONSOLE}/cloudwatch/home#logsV2:log-groups/log-group/$252Faws$252Ftrail/log-events", "log-group"),
        (f"{CONSOLE}/s3/buckets/my-trail?region=eu-west-1&prefix=AWSLogs/", "bucket"),
        ("https://my-trail.s3.eu-west-1.amazonaws.com/AWSLogs/x.json.gz", "bucket"),
        (f"{CONSOLE}/dynamodbv2/home?region=eu-west-1#table?name=orders", "page"),
        (f"{CONSOLE}/kms/home?region=eu-west-1#/kms/keys/{KEY}/keyPolicy", "key"),
        ("arn:aws:cloudtrail:eu-west-1:111122223333:trail/management", "trail"),
        ("eu-west-1", "region"),
        ("KMS key is either disabled or pending deletion", "message"),
        ("exports/kms-events.json", "file"),
        (wide("1111-2222-3333"), "account"),
    ],
)
def test_what_is_no_job_id_is_known_by_its_form(text: str, kind: str) -> None:
    """Keys, recovery points, resources, accounts and files are told apart, and none is taken for a job id."""
    assert recognize(text).kind == kind


@pytest.mark.parametrize(
    ("given", "said", "advice"),
    [
        ([f"{KMS}key/{KEY}"], "is a key, not a job", "trail-diff callers --key"),
        ([KEY], "is a key, not a job", f"trail-diff callers --key {KEY} --events {INCIDENT / 'trail'} lists"),
        (
            ["00000000-0000-4000-8000-000000000000"],
            "in the 4 found, which are of 2026-03-01T18:04Z to 2026-03-02T18:05Z in eu-west-1",
            f"trail-diff jobs --events {INCIDENT / 'trail'} lists those found",
        ),
        (["arn:aws:dynamodb:eu-west-1:111122223333:table/orders"], "is a resource", f"failed jobs are {JOB.upper()}"),
        (
            [f"{BACKUP}recovery-point:{KEY}"],
            "is a recovery point",
            f"trail-diff jobs --events {INCIDENT / 'trail'} lists",
        ),
        (["prod-vault"], "prod-vault names something that jobs are about", f"failed jobs are {JOB.upper()}"),
        (["orders", "--redact"], "orders names something that jobs are about", f"failed jobs are {JOB.upper()}"),
        ([JOB, "--account", "abc"], "--account 'abc' is not an account", "an account id has 12 digits"),
        ([JOB, "--org-id", "foo"], "--org-id 'foo' is not the id of an organization", "aws organizations describe-org"),
        (["111122223333"], "is an account", f"failed jobs are {JOB.upper()}"),
        (["trail/events.json"], "is a file, not a job", "exports go after --events"),
        ([f"{BACKUP}backup-vault:prod-vault"], "is a backup vault", f"failed jobs are {JOB.upper()}"),
        ([JOB[:12]], "no job 2c47cafb-f2a", f"the nearest is {JOB.upper()}"),
        ([f"{JOB[:-2]}c6"], "in the 4 found", f"the nearest is {JOB.upper()}"),
        ([JOB, "--baseline-job-id", "7d0b8c7a"], "no job 7d0b8c7a", f"{BASELINE}: give it with --baseline-job-id"),
        ([JOB, "--baseline-job-id", TABLE], "is a resource", f"its jobs are {BASELINE}: give one with --baseline"),
        ([JOB, "--key", TABLE], "--key arn:aws:dynamodb", "'trail-diff callers' lists the keys"),
        ([JOB, "--key", f"{BACKUP}backup-job:{JOB}"], "is a job, not a key", f"trail-diff --job-id {JOB}"),
        ([JOB, "--job", JOB], "--job 2c47cafb", "a job id goes after --job-id"),
        ([JOB, "--key-policy", f"{KMS}key/{KEY}"], "is a key, not a file", "aws kms get-key-policy"),
        ([JOB, "--key-state", KEY], "this is an id, not a file", f"describe-key --key-id {KEY}"),
        ([JOB, "--key-policy", '{"Version": "2012-10-17"}'], "is JSON itself", "save it in a file"),
        ([JOB, "--events", "arn:aws:s3:::my-trail/AWSLogs"], "is a bucket", "s3://my-trail/AWSLogs"),
        ([JOB, "--events", f"{KMS}key/{KEY}"], "is a key, not a file", "goes after --key"),
        (["KMS key is either disabled or pending deletion"], "is a sentence", f"failed jobs are {JOB.upper()}"),
        (["eu-west-1"], "is a Region, not a job", f"failed jobs are {JOB.upper()}"),
        ([f"{CONSOLE}/cloudtrailv2/home#/events/{KEY}"], f"{KEY} is an event of CloudTrail", "lists the jobs found"),
        ([f"{CONSOLE}/backup/home#/backupvaults/details/prod-vault"], "is a backup vault", JOB.upper()),
        (["latest"], "no job latest in the 4 found", f"written as {JOB.upper()}; trail-diff jobs --events"),
        ([""], "--job-id is empty", "a variable may not be set"),
        ([JOB, "--key-policy", ""], "--key-policy is empty", "a variable may not be set"),
        ([JOB, "--baseline-job-id", "latest"], "no job latest in the 3 found", "trail-diff jobs --events"),
        ([JOB, "--key", f"{BACKUP}backup-vault:prod-vault"], "is a backup vault, not a key", "-vault-name prod-vault"),
        ([JOB, "--key-policy", f"{CONSOLE}/kms/home#/kms/keys/{KEY}"], "is a key, not a file", f"--key-id {KEY} >"),
        ([JOB, "--key-policy", "111122223333"], "is an account, not a file", "get-key-policy"),
        ([JOB, "--events", f"{KMS[:-4]}:trail/x".replace(":kms:", ":cloudtrail:")], "is a trail", "describe-trails"),
        ([JOB, "--events", "arn:aws:logs:eu-west-1:111122223333:log-group:x:*"], "is a log group", "--log-group x"),
        ([JOB, "--events", f"{CONSOLE}/s3/buckets/my-trail?prefix=AWSLogs/"], "is a bucket", "s3://my-trail/AWSLogs/"),
        ([JOB, "--events", f"{CONSOLE}/cloudtrailv2/home#/events?x=y"], "address of a page", "lookup-events"),
        ([JOB, "--events", "eu-west-1"], "is a Region, not a file", "goes after --region"),
        ([JOB, "--events", "exports/kms-events.json"], "no such file or folder", "check the path"),
        ([JOB, "--events", f"{INCIDENT}/trial"], "no such file or folder", f"the nearest is {INCIDENT}/trail"),
        ([JOB, "--events", r"exports\march"], "no such file or folder", "here it is written exports/march"),
        ([JOB, "-o", "x.pdf"], ".pdf is no format of a report", "report.html"),
        ([JOB, "--output", "json"], "this is a format, not a file", "give it with --format"),
        ([JOB, "--region", "us-east-1"], "the records are of eu-west-1", "give --region eu-west-1"),
        ([JOB, "--account", "444455556666"], "is in 111122223333/eu-west-1", "name its account and Region"),
        ([JOB, "--from", "2030-01-01"], "outside of --region, --from and --to", "leave these out"),
    ],
)
def test_error_says_what_was_given(
    given: list[str], said: str, advice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is no job of the export is one line: what it is, and what to do about it."""
    status = run(["--events", str(INCIDENT / "trail"), "--job-id", *given])

    [line] = capsys.readouterr().err.splitlines()
    assert (status, said in line, advice in line) == (2, True, True), line


TRAIL = str(INCIDENT / "trail")
POLICY = str(INCIDENT / "key-policy.json")


@pytest.mark.parametrize(
    ("command", "said", "advice"),
    [
        ([JOB], "No such command", f"trail-diff --job-id {JOB} --events PATH"),
        (["jobs", JOB], "unexpected extra argument", f"trail-diff --job-id {JOB} --events PATH"),
        ([f"{KMS}key/{KEY}"], "No such command", "a key goes after --key"),
        (["jobs", TRAIL], "unexpected extra argument", "exports go after --events: trail-diff jobs --events"),
        (["triage", TRAIL], "unexpected extra argument", "exports go after --events: trail-diff triage --events"),
        ([TRAIL], "No such command", "--job-id ID"),
        (["triage", "--events", TRAIL, "--account", "abc"], "is not an account", "an account id has 12 digits"),
        (["collect", "-o", "x.zip", "--events", TRAIL, "--job-id", TABLE], "is a resource, not a job", JOB.upper()),
        (["triage", "--events", TRAIL, "--job", JOB], "is a job, not a file", "describe-backup-job"),
        (["jobs", "--events", JOB], "is a job, not a file", f"trail-diff --job-id {JOB}"),
        (["callers", "--events", TRAIL, "--key", JOB], "is a job, not a key", f"trail-diff --job-id {JOB.upper()}"),
        (["what-if", "--key-policy", POLICY, "--events", TRAIL, "--key", JOB], "is a job, not a key", JOB.upper()),
        (["what-if", "--key-policy", f"{KMS}key/{KEY}", "--events", TRAIL], "is a key", "aws kms get-key-policy"),
        (["what-if", "--key-policy", POLICY, "--role", "backup-role"], "is not the ARN of a role", "role/NAME"),
        (
            ["what-if", "--key-policy", POLICY, "--events", TRAIL, "--key", KEY, "--old", TRAIL],
            "--old",
            "Is a directory",
        ),
        (["compare", TRAIL, "--failed-window", "2026-03-02"], "is one time, not two", "write it as FROM/TO"),
        (
            ["--job-id", JOB, "--region", "eu-west-1", "--endpoint-url", "localhost:4566"],
            "is no address",
            "http://localh",
        ),
        (["cache", "clean"], "Did you mean 'clear'?; see", "trail-diff cache --help"),
        (["--case", JOB], "is a job, not a file", "goes after --job-id"),
        (["--job", JOB], "is a job, not a file", "goes after --job-id"),
        (["--events", JOB], "is a job, not a file", "goes after --job-id"),
        (["--case", KEY, "--job-id", JOB], "--case", "goes after --job-id"),
        (["compare", JOB, JOB], "is a job, not a file", "--baseline-job-id ID"),
        (["what-if", "--key-policy", POLICY, "--format", "sarif"], "'sarif' is not one of", "with --sarif FILE"),
    ],
)
def test_every_command_says_what_was_given(
    command: list[str], said: str, advice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What stands where something else is wanted is named in one line by every command."""
    status = run(command)

    [line] = capsys.readouterr().err.splitlines()
    assert (status, said in line, advice in line) == (2, True, True), line


@pytest.mark.parametrize(
    "words",
    [
        ["–job-id", JOB],
        ["—job-id", JOB],
        [wide("--job-id"), JOB],
        ["ー-job-id", JOB],
        ["-job-id", JOB],
        ["--job_id", JOB],
        [f"--Job-ID=“{JOB}”"],
        ["--job-id", JOB, "--region", "EU_WEST_1"],
        ["--job-id", JOB, "--region", "eu-west-1a"],
        ["--job-id", JOB, "--region", f"{CONSOLE}/kms/home"],
        ["--job-id", JOB, "--account", "arn:aws:iam::111122223333:root"],
        ["--job-id", JOB, "--account", "1111 2222 3333"],
        ["--job-id", JOB, "--account", "https://111122223333.signin.aws.amazon.com/console"],
        ["--job-id", JOB, "--from", wide("2026-3-1"), "--to", "2026–03–03"],
        ["--job-id", JOB, "--from", "Sun, 01 Mar 2026 09:00:00 +0900", "--to", "March 3, 2026, 18:05:00 (UTC+09:00)"],
        ["--job-id", JOB, "--pad", "PT15M"],
        ["--job-id", JOB, "--key-policy", f"file://{INCIDENT / 'key-policy.json'}"],
        ["--job-id", JOB, "--org-id", "“O-A1B2C3D4E5”"],
    ],
)
@pytest.mark.parametrize("events", [f"“{INCIDENT / 'trail'}”\n", f"file://{INCIDENT / 'trail'}"])
def test_what_was_meant_is_taken(words: list[str], events: str) -> None:
    """Dashes, quotes, links and letters that a chat, a mail or an input method made of ASCII's change no answer."""
    assert run([*words, "--events", events]) == 1


def test_file_keeps_its_name(tmp_path: Path) -> None:
    """A file is called what it is called, in full-width letters and with dashes as well."""
    export = tmp_path / "–３月 “trail”"
    export.symlink_to(INCIDENT / "trail")

    assert run(["--job-id", JOB, "--events", str(export)]) == 1


@pytest.mark.parametrize("end", ["2026-03-02T18:30Z", "30m", "PT30M"])
def test_window_ends_at_a_time_or_after_a_while(end: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The end of a window may be how long it was from its beginning, as ISO 8601 has it; that is no age."""
    run(["compare", TRAIL, "--failed-window", f"2026-03-02T18:00Z/{end}"])

    assert "2026-03-02T18:00:00Z/2026-03-02T18:30:00Z" in capsys.readouterr().out


@pytest.mark.parametrize("command", [["jobs"], ["triage"], ["callers"], ["--job-id", JOB]])
@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", ("is empty", "run it again")),
        (
            b"An error occurred (ExpiredTokenException) when calling",
            ("an error of AWS, ExpiredTokenException", "solve"),
        ),
        (b"<Error><Code>AccessDenied</Code></Error>", ("an error of AWS, AccessDenied", "solve that")),
        (b'{"Version": "2012-10-17", "Statement": []}', ("holds no CloudTrail record and no job", "lookup-events")),
        (b'{"compilerOptions": {,}}', ("holds no CloudTrail record and no job", "lookup-events")),
        (b"7z\xbc\xaf\x27\x1c\0\4", ("an archive of a kind that is not read", "7z x")),
        (b"\x04\x22\x4d\x18\0\1\2", ("an archive of a kind that is not read", "lz4 -d")),
        (b'{"Records": [{"eventName": "Decr', ("", "xport")),
    ],
)
def test_file_without_events_is_named(
    command: list[str], content: bytes, told: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that is no export is named for what it is, whatever was asked; nothing read is no answer."""
    export = tmp_path / "x.json"
    export.write_bytes(content)

    assert run([*command, "--events", str(export)]) == 2

    [line] = capsys.readouterr().err.splitlines()
    assert all(each in line for each in told)


@pytest.mark.parametrize("command", [["jobs"], ["triage"], ["callers"]])
def test_valid_export_of_nothing_is_an_answer(command: list[str], tmp_path: Path) -> None:
    """An export without any record was read, and lists nothing."""
    export = tmp_path / "x.json"
    export.write_bytes(b'{"Records": []}')

    assert run([*command, "--events", str(export)]) == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b"\x89PNG\r\n\x1a\n\x00", "this is an image or a PDF"),
        (b"<!DOCTYPE html><title>Sign in</title>", "this is a web page"),
        (b"An error occurred (AccessDeniedException) when calling", "this is an error of AWS"),
        (b"\x81\x02\x9f\xff", "it is no text"),
    ],
)
def test_document_is_named_for_what_it_is(
    content: bytes, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was saved in place of a policy is named, without the words of a decoder."""
    file = tmp_path / "key-policy.json"
    file.write_bytes(content)

    assert run(["--job-id", JOB, "--events", TRAIL, "--key-policy", str(file)]) == 2

    [line] = capsys.readouterr().err.splitlines()
    assert said in line
    assert "codec" not in line


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["jobs", "--region", "us-east-1"], "are of eu-west-1, none of us-east-1; give --region eu-west-1"),
        (["triage", "--region", "us-east-1"], "are of eu-west-1, none of us-east-1"),
        (["triage", "--since", "2030-01-01"], "of 2026-03-01T18:04Z to 2026-03-02T18:05Z, none is of"),
        (["triage", "--vault", "none"], f"trail-diff jobs --events {TRAIL} lists them"),
        (["callers", "--from", "2030-01-01"], "are of 2026-03-01T17:40Z to 2026-03-02T19:41Z, none between"),
        (["callers", "--key", f"{KEY[:-1]}b"], f"the nearest key is {KMS}key/{KEY}"),
        (["callers", "--key", f"arn:aws:kms:us-east-1:111122223333:key/{KEY}"], f"the nearest key is {KMS}key/{KEY}"),
        (["callers", "--key", "alias/none"], "no call on alias/none was read"),
    ],
)
def test_empty_list_says_why(command: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A list without rows has a note that says of which Region or time the records are, or which key is meant.

    Jobs of another time alone are no quiet night.
    """
    assert run([*command, "--events", TRAIL]) == (3 if command[:2] == ["triage", "--since"] else 0)

    [line] = capsys.readouterr().err.splitlines()
    assert said in line


@pytest.mark.parametrize("key", ["wrong", "arn:aws:kms:us-east-1:111122223333:key/none"])
def test_policy_tried_on_no_call_names_the_key(key: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A trial without calls says on which key none was read, as it was given."""
    assert run(["what-if", "--key-policy", POLICY, "--events", TRAIL, "--key", key]) == 3

    assert f"- {key}: no call on it is in the events" in capsys.readouterr().out


@pytest.mark.parametrize("key", [f" '{KMS}key/{KEY}'\n", f"https://console.aws.amazon.com/kms/home#/kms/keys/{KEY}"])
def test_key_is_found_in_what_stands_around_it(key: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A key is taken out of quotes, line breaks and addresses of the console."""
    assert run(["callers", "--events", TRAIL, "--key", key]) == 0

    assert "backup-storage.amazonaws.com" in capsys.readouterr().out


@pytest.mark.parametrize("address", ['aws_kms_key.vault["prod"]', 'module.kms["a.b/c"].aws_kms_key.k[0]', "alias/x"])
def test_address_of_an_instance_keeps_its_index(address: str) -> None:
    """The brackets and quotes of an index are part of an address, not what stands around it."""
    assert take_keys([f" {address}\n"]) == (address,)


def test_callers_point_at_refused_calls(capsys: pytest.CaptureFixture[str]) -> None:
    """Of refused calls in the list it is said what says why; a list without any has no note."""
    night = Path(TRAIL).parents[1] / "night" / "trail"

    run(["callers", "--events", str(night)])
    assert f"note: calls of KMS that were refused: 3; trail-diff compare {night} says why" in capsys.readouterr().err
    run(["callers", "--events", TRAIL])
    assert "note" not in capsys.readouterr().err


def test_two_runs_of_the_same_calls_are_noted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file compared with itself, or with a copy, differs in nothing, and the reason is said; two times are no copy."""
    copy = tmp_path / "copy.json"
    copy.write_bytes((INCIDENT / "event_history.json").read_bytes())
    days = [f"2026-03-0{day}T17:00Z/2026-03-0{day}T20:00Z" for day in (2, 1)]

    assert run(["compare", str(INCIDENT / "event_history.json"), str(copy)]) == 0
    assert "note: the two runs are made of the same calls; give" in capsys.readouterr().err
    run(["compare", TRAIL, "--failed-window", days[0], "--succeeded-window", days[1]])
    assert "note" not in capsys.readouterr().err


def test_advised_command_works_when_pasted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command that lists the jobs of an export reads the same export, whatever the shell makes of its name."""
    export = tmp_path / "my $export"
    export.symlink_to(TRAIL)
    run(["--events", str(export), "--job-id", f"{BACKUP}recovery-point:{KEY}"])
    _, _, advice = capsys.readouterr().err.partition("; trail-diff ")

    assert run(split(advice.removesuffix(" lists the jobs found\n"))) == 0

    assert capsys.readouterr().out.startswith("4 jobs, 1 failed")


def test_advised_command_names_the_lists_of_jobs_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Jobs that a file beside the export describes are listed by the advised command as well; calls need no such file."""
    listed = tmp_path / "jobs.json"
    listed.write_text('{"BackupJobs": [{"BackupJobId": "beside", "State": "FAILED"}]}', encoding="utf-8")

    run(["--events", TRAIL, "--job", str(listed), "--job-id", "00000000-0000-4000-8000-000000000000"])
    run(["--events", TRAIL, "--job", str(listed), "--job-id", KEY])

    others, key = capsys.readouterr().err.splitlines()
    assert "in the 5 found" in others
    assert f"trail-diff jobs --events {TRAIL} --job {listed} lists those found" in others
    assert f"trail-diff callers --key {KEY} --events {TRAIL} lists" in key


def test_vault_may_stand_among_the_jobs(tmp_path: Path) -> None:
    """The description of a vault is taken where jobs are."""
    vault = tmp_path / "vault.json"
    vault.write_text(
        '{"BackupVaultArn": "arn:aws:backup:eu-west-1:1:backup-vault:v", "EncryptionKeyArn": "k"}', "utf-8"
    )

    assert run(["--job-id", JOB, "--events", TRAIL, "--job", str(vault)]) == 1


def test_account_may_have_dashes() -> None:
    """The console's way to show an account is read as the account."""
    assert run(["--job-id", JOB, "--events", TRAIL, "--account", "1111-2222-3333"]) == 1
    assert run(["--job-id", JOB, "--events", TRAIL, "--account", "4444-5555-6666"]) == 2


@pytest.mark.parametrize("command", [["jobs"], ["triage"], ["callers"], ["--job-id", JOB]])
@pytest.mark.parametrize("broken", ["", '{"a": 1,, }', '{"a": [1, '])
def test_wrong_folder_is_named(
    command: list[str], broken: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder without any record or job is no answer but an error that says where to look, with broken JSON in it too."""
    (tmp_path / "notes.txt").write_text("nothing of interest", encoding="utf-8")
    (tmp_path / "config.json").write_text(broken, encoding="utf-8")

    assert run([*command, "--events", str(tmp_path)]) == 2

    [line] = capsys.readouterr().err.splitlines()
    assert f"{tmp_path} holds no CloudTrail record and no job" in line
    assert "AWSLogs/ACCOUNT/CloudTrail" in line


@pytest.mark.parametrize(("beside", "content"), [("notes.txt", b"nothing"), ("console.png", b"\x89PNG\r\n\x1a\n\0")])
def test_empty_export_is_no_wrong_folder(
    beside: str, content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A quiet night is no error: an export without records is one, whatever lies beside it."""
    (tmp_path / "night.json").write_text('{"Records": []}', encoding="utf-8")
    (tmp_path / beside).write_bytes(content)

    assert run(["triage", "--events", str(tmp_path)]) == 0

    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("command", [["what-if", "--key-policy", POLICY, "--key", KEY], ["jobs"], ["--job-id", JOB]])
def test_saved_calls_are_no_export(command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Calls that were saved for what-if are named where an export is wanted, and where they go is said."""
    saved = tmp_path / "calls.json"
    run(["callers", "--events", TRAIL, "--save", str(saved)])

    assert run([*command, "--events", str(saved)]) == 2

    [line] = capsys.readouterr().err.splitlines()
    assert f"--events {saved}: these are calls that 'trail-diff callers --save' kept" in line
    assert "what-if takes them with --calls" in line


def test_picture_is_no_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A screenshot in place of an export is named as one, with the command that exports events."""
    picture = tmp_path / "console.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)

    assert run(["--job-id", JOB, "--events", str(picture)]) == 2

    line = capsys.readouterr().err
    assert "console.png is an image or a PDF, not an export" in line
    assert "aws cloudtrail lookup-events" in line


def test_export_of_another_day_says_of_which(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An export with calls and no job says which time and Region its records are of."""
    record = (
        '{"eventVersion":"1.11","eventTime":"2026-02-01T10:00:00Z","eventSource":"kms.amazonaws.com","eventName":"Decrypt",'
        '"eventID":"a","awsRegion":"eu-west-1","eventType":"AwsApiCall","recipientAccountId":"111122223333",'
        '"userIdentity":{"type":"AWSService","invokedBy":"backup.amazonaws.com"}}'
    )
    (tmp_path / "day.json").write_text(record, encoding="utf-8")

    assert run(["--job-id", JOB, "--events", str(tmp_path)]) == 2

    assert "of 2026-02-01T10:00Z in eu-west-1" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--events", "--job", "--key-policy"])
@pytest.mark.parametrize("path", [r"C:\exports\trail", "c:/exports/trail"])
def test_windows_path_is_named_as_one(path: str, option: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A path of Windows that is not there is shown as WSL has it."""
    assert run(["--job-id", JOB, "--events", TRAIL, option, path]) == 2

    [line] = capsys.readouterr().err.splitlines()
    assert f"{option} {path}: no such file" in line
    assert "/mnt/c/exports/trail" in line


@pytest.mark.parametrize(
    ("given", "said", "advice"),
    [
        (f"{KMS}key/{KEY}", "is a key, not a job", f"trail-diff callers --key {KMS}key/{KEY}"),
        (TABLE, "is a resource, not a job", f"aws backup list-backup-jobs --by-resource-arn {TABLE}"),
        (f"{BACKUP}backup-vault:prod", "is a backup vault", "--by-backup-vault-name prod"),
        (f"{BACKUP}recovery-point:{JOB}", "is a recovery point", "aws backup describe-recovery-point"),
        ("1111-2222-3333", "111122223333 is an account", "--by-account-id 111122223333"),
        (JOB, "not there", "hint"),
    ],
)
def test_form_has_to_do_where_nothing_is_read_again(given: str, said: str, advice: str) -> None:
    """Where AWS was asked, what stands in place of a job id is told by its form, with the command that lists its jobs."""
    error = JobNotFoundError("not there", hint="hint", job_id=given)

    told = explain_missing(error, Question(given), Inputs())

    assert said in told.message
    assert advice in told.hint


@pytest.mark.parametrize("name", ["jobs", "triage", "callers"])
def test_list_without_rows_points_at_what_was_refused(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An export without a job, in which only another service tells of a refusal by KMS, is not left at that."""
    made = Recording()
    told = made.denied(made.role("app", "s"), "kms:Decrypt", made.key_arn("a"), "with an explicit deny")
    made.add("2026-03-02T18:10:00Z", "ssm.amazonaws.com", "GetParameter", made.role("app", "s"), **told)
    export = tmp_path / "export.json"
    export.write_text(as_trail_file(made.records), encoding="utf-8")

    assert run([name, "--events", str(export)]) == 0

    assert f"refused: 1; trail-diff compare {export} says why" in capsys.readouterr().err
