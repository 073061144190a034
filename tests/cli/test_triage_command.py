"""`trail-diff triage` as a user meets it: answers, files, exit statuses."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from night import run_night
from recording import Recording, as_trail_file

from trail_diff.cli import run

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run the command line in this process."""

    def call(*arguments: object) -> tuple[int, str, str]:
        status = run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return status, out, err

    return call


def export(folder: Path, *plan: tuple[str, int]) -> Path:
    """Write the export of a night: what befell each vault, and how many jobs it has."""
    made = Recording()
    night = run_night([(kind, made, f"{kind}-vault", jobs) for kind, jobs in plan])
    path = folder / "trail.json"
    path.write_text(as_trail_file(night.records()), encoding="utf-8")
    return path


def test_summary_is_one_line(cli: Cli, tmp_path: Path) -> None:
    """--summary says in one line how many failed, and of what."""
    path = export(tmp_path, ("deny", 3), ("disable", 2), ("calm", 2))

    status, out, _ = cli("triage", "--events", path, "--summary")

    assert status == 1
    assert out == "5 failed, 5 explained: 3 key policy DenyOthers (deny-vault), 2 key disabled (disable-vault)\n"


@pytest.mark.parametrize(("plan", "status"), [((("calm", 2),), 0), ((("deny", 1), ("new", 1)), 1), ((("new", 1),), 3)])
def test_exit_status_says_how_it_went(cli: Cli, tmp_path: Path, plan: tuple[tuple[str, int], ...], status: int) -> None:
    """0 without a failed job, 1 with an answer for one, 3 with failed jobs and no answer."""
    assert cli("triage", "--events", export(tmp_path, *plan))[0] == status


@pytest.mark.parametrize(
    ("text", "status", "told"),
    [
        ("<html>Sign in</html>", 2, "holds no CloudTrail record and no job"),
        ('{"Records": []}', 0, "no jobs were found"),
        (None, 3, "no failed job among 4 jobs; some of the input could not be read"),
    ],
)
def test_no_failure_is_seen_where_nothing_was_read(
    cli: Cli, tmp_path: Path, text: str | None, status: int, told: str
) -> None:
    """What is no export, or is cut off, is no night without failures; an empty export is one."""
    path = export(tmp_path, ("calm", 2))
    path.write_text(path.read_text(encoding="utf-8")[:-400] if text is None else text, encoding="utf-8")

    found, out, err = cli("triage", "--events", path)

    assert (found, told in out + err) == (status, True)


def test_filter_that_no_job_fits_is_told(cli: Cli, tmp_path: Path) -> None:
    """Where jobs were read, but none of the vault asked about, a note says how many, and what lists them."""
    path = export(tmp_path, ("deny", 2))

    status, _, err = cli("triage", "--events", path, "--vault", "another")

    assert (status, "of the 4 jobs read, of 2026-" in err, "none is of the vaults" in err) == (0, True, True)


def test_export_of_another_time_is_no_quiet_night(cli: Cli, tmp_path: Path) -> None:
    """Where no job at all is of the time asked about, the export is of another night, or was cut off before it."""
    path = export(tmp_path, ("calm", 2))

    status, out, err = cli("triage", "--events", path, "--since", "last night", "--format", "json")

    assert (status, json.loads(out)["coverage"]["warnings"]) == (3, ["jobs-not-listed"])
    assert "of the 4 jobs read" in err


def test_page_has_a_report_for_each_job_beside_it(cli: Cli, tmp_path: Path) -> None:
    """HTML in a file links each job to its full report in a folder beside it."""
    page = tmp_path / "night.html"

    cli("triage", "--events", export(tmp_path, ("deny", 2)), "--format", "html", "-o", page)

    reports = sorted(file.name for file in (tmp_path / "night-jobs").iterdir())
    assert reports == ["1.html", "2.html"]
    assert 'href="night-jobs/1.html"' in page.read_text(encoding="utf-8")
    assert "DenyOthers" in (tmp_path / "night-jobs" / "2.html").read_text(encoding="utf-8")


def test_csv_has_a_row_for_each_job(cli: Cli, tmp_path: Path) -> None:
    """CSV has the jobs of all groups, each with its cause."""
    _, out, _ = cli("triage", "--events", export(tmp_path, ("deny", 2), ("disable", 1)), "--format", "csv")

    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["cause"] for row in rows] == ["key-policy-explicit-deny"] * 2 + ["key-disabled"]


def test_filters_are_options(cli: Cli, tmp_path: Path) -> None:
    """--vault, --cause and --since narrow the jobs."""
    path = export(tmp_path, ("deny", 2), ("disable", 3))

    for options, count in (
        (["--vault", "deny-vault"], 2),
        (["--cause", "key-disabled"], 3),
        (["--since", "2026-03-03T00:00:00Z"], 0),
        (["--since", "last night"], 0),
        (["--account", "123456789012"], 0),
        (["--resource-type", "DynamoDB"], 5),
    ):
        _, out, _ = cli("triage", "--events", path, "--format", "json", *options)

        assert json.loads(out)["jobs"]["failed"] == count


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--since", "soon"], "--since 'soon' is not a time"),
        (["--cause", "bad-luck"], "--cause 'bad-luck' is no cause"),
        (["--pad", "wide"], "--pad 'wide' is not a duration"),
    ],
)
def test_options_that_cannot_be_used_are_refused(cli: Cli, tmp_path: Path, options: list[str], told: str) -> None:
    """One clear line and status 2 for what cannot be used."""
    status, out, err = cli("triage", "--events", export(tmp_path, ("deny", 1)), *options)

    assert (status, out, err.count("\n")) == (2, "", 1)
    assert told in err


def test_counts_of_jobs_are_named_as_what_they_are(cli: Cli, tmp_path: Path) -> None:
    """The answer of list-backup-job-summaries names no job, and the error says so."""
    path, counts = export(tmp_path, ("deny", 1)), tmp_path / "counts.json"
    counts.write_text(json.dumps({"BackupJobSummaries": [{"State": "FAILED", "Count": 30}]}), encoding="utf-8")

    status, _, err = cli("triage", "--events", path, "--job", counts)

    assert status == 2
    assert "counts jobs by state (list-backup-job-summaries and its like)" in err


def test_redacted_triage_names_nothing(cli: Cli, tmp_path: Path) -> None:
    """With --redact the groups are the same, and no vault or account of the input is named."""
    path = export(tmp_path, ("deny", 2))

    _, out, _ = cli("triage", "--events", path, "--redact", "--format", "json")

    assert [len(group["jobs"]) for group in json.loads(out)["groups"]] == [2]
    assert "deny-vault" not in out
    assert "111122223333" not in out


def test_vault_is_asked_for_by_its_own_name_however_it_is_shown(cli: Cli, tmp_path: Path) -> None:
    """With --redact, --vault and --account name what the input names, and choose the same jobs."""
    path = export(tmp_path, ("deny", 2))
    chosen = ("--vault", "deny-vault", "--account", "111122223333", "--redact", "--format", "json")

    _, out, _ = cli("triage", "--events", path, *chosen)

    assert [len(group["jobs"]) for group in json.loads(out)["groups"]] == [2]
    assert json.loads(cli("jobs", "--events", path, "--vault", "deny-vault", "--redact", "--format", "json")[1])["jobs"]


def test_redacted_triage_takes_the_names_that_a_user_knows(cli: Cli, tmp_path: Path) -> None:
    """With --redact, --vault and --account name what they are called in the input."""
    path = export(tmp_path, ("deny", 2), ("disable", 1))

    for options in (["--vault", "disable-vault", "--account", "111122223333"], ["--account", "444455556666"]):
        _, plain, _ = cli("triage", "--events", path, "--format", "json", *options)
        _, redacted, _ = cli("triage", "--events", path, "--redact", "--format", "json", *options)

        assert json.loads(redacted)["jobs"] == json.loads(plain)["jobs"]


PAGES = [{"BackupJobs": [{"BackupJobId": f"job-{n}", "State": "COMPLETED"}]} for n in range(2)]


@pytest.mark.parametrize(
    ("tokens", "status"), [(("more", "more"), 3), (("more", None), 0), ((None, "more"), 0), ((None, None), 0)]
)
@pytest.mark.parametrize("option", ["--job", "--events"])
def test_list_that_goes_on_is_no_night_without_failures(
    cli: Cli, tmp_path: Path, tokens: tuple[str | None, str | None], status: int, option: str
) -> None:
    """Where every page of a list names a next one, jobs may be missing: that is said, and is not the exit status 0."""
    trail, given = export(tmp_path, ("calm", 1)), []
    for number, (page, token) in enumerate(zip(PAGES, tokens, strict=True)):
        path = tmp_path / f"page-{number}.json"
        path.write_text(json.dumps({**page, "NextToken": token} if token else page), encoding="utf-8")
        given += [option, path]

    found, out, _ = cli("triage", "--events", trail, *given)

    assert found == status
    assert ("a list of jobs is not complete" in out) == bool(status)
