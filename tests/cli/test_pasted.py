"""What was pasted where a job id is wanted."""

from pathlib import Path

import pytest

from trail_diff.cli import run
from trail_diff.cli.pasted import find_job_id, recognize

INCIDENT = Path(__file__).parents[2] / "fixtures" / "original-incident"
JOB, KEY = "2c47cafb-f2a8-4324-bc60-6017794526c5", "1b351e9a-dadf-9a8d-cf69-d9e1500ab53a"
BACKUP, KMS = "arn:aws:backup:eu-west-1:111122223333:", "arn:aws:kms:eu-west-1:111122223333:"


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
        ("1111-2222-3333", "account"),
        (r"C:\exports\trail", "file"),
        ("./trail", "file"),
        ("events.json", "file"),
        (f"exports/{JOB}/trail.json", "file"),
        ("my-job-17", "other"),
    ],
)
def test_what_is_no_job_id_is_known_by_its_form(text: str, kind: str) -> None:
    """Keys, recovery points, resources, accounts and files are told apart, and none is taken for a job id."""
    assert recognize(text).kind == kind


@pytest.mark.parametrize(
    ("given", "said", "advice"),
    [
        ([f"{KMS}key/{KEY}"], "is a key, not a job", "trail-diff callers --key"),
        ([KEY], "is a key, not a job", "trail-diff callers --key"),
        (["arn:aws:dynamodb:eu-west-1:111122223333:table/orders"], "is a resource", f"failed jobs are {JOB.upper()}"),
        ([f"{BACKUP}recovery-point:{KEY}"], "is a recovery point", "'trail-diff jobs' lists"),
        (["111122223333"], "is an account", f"failed jobs are {JOB.upper()}"),
        (["trail/events.json"], "looks like a file", "exports go after --events"),
        ([JOB, "--region", "us-east-1"], "the records are of eu-west-1", "give --region eu-west-1"),
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


@pytest.mark.parametrize("path", [r"C:\exports\trail", "c:/exports/trail"])
def test_windows_path_is_named_as_one(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A path of Windows that is not there is shown as WSL has it."""
    assert run(["--job-id", JOB, "--events", path]) == 2

    assert "/mnt/c/exports/trail" in capsys.readouterr().err
