"""The command line on streams and terminals as shells and pipelines leave them: closed, full, or of few characters."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from recording import as_trail_file

FIXTURES = Path(__file__).parents[2] / "fixtures" / "original-incident"
FAILED = "2c47cafb-f2a8-4324-bc60-6017794526c5"


def shell(command: str, *, encoding: str = "utf-8") -> "subprocess.CompletedProcess[str]":
    """Run a shell line in which $RUN is the program on the original incident."""
    run = f"{sys.executable} -m trail_diff --job-id {FAILED} --events {FIXTURES}"
    environment = {**os.environ, "RUN": run, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "LC_ALL": "C"}
    return subprocess.run(  # noqa: S603 - a shell line of this file, in a shell, is what is tested
        ["/bin/sh", "-c", command], capture_output=True, encoding=encoding, check=False, env=environment
    )


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("$RUN/trail > /dev/full", "No space left on device"),
        ("$RUN/trail >&-", "stdout"),
        ("$RUN/trail --events - <&-", "stdin is closed"),
        ("$RUN/trail --events ''", "--events is empty"),
        ("$RUN/trail --events /dev/null", "neither a file nor a folder"),
        ("$RUN/trail --from 2026-03-02T18:00:00Z --account 444455556666", "111122223333/eu-west-1"),
    ],
)
def test_what_cannot_be_used_is_one_line(command: str, told: str) -> None:
    """A stream that is closed or full, and a name that is empty or no file, end in one line and exit status 2."""
    done = shell(command)

    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert told in done.stderr


def test_closed_stdin_and_stderr_do_not_matter() -> None:
    """Jobs of a scheduler have no stdin; the answer is the same. A refusal without stderr is still exit status 2."""
    assert shell("$RUN/trail <&- 2>&-").returncode == 1
    assert shell("$RUN/nothing 2>&-").returncode == 2


def test_table_stays_in_line_where_the_terminal_has_ascii_only() -> None:
    """Each character of our own that the terminal lacks is shown as one other, so that no column moves."""
    plain, ascii_only = shell("$RUN/trail").stdout, shell("$RUN/trail", encoding="ascii").stdout

    assert ascii_only.isascii()
    assert [len(line) for line in ascii_only.splitlines()] == [len(line) for line in plain.splitlines()]


def test_json_is_the_same_in_every_encoding(tmp_path: Path) -> None:
    """Characters that the terminal lacks are escaped as JSON escapes them."""
    records = json.loads((FIXTURES / "event_history.json").read_text(encoding="utf-8"))["Records"]
    for record in records:
        if record.get("serviceEventDetails"):
            record["serviceEventDetails"]["statusMessage"] = "é – … 𝄞 ×"
    export = tmp_path / "export.json"
    export.write_text(as_trail_file(records), encoding="utf-8")
    command = f"{sys.executable} -m trail_diff --job-id {FAILED} --events {export} --format json"

    told = [json.loads(shell(command, encoding=encoding).stdout) for encoding in ("utf-8", "ascii", "latin-1")]

    assert told[0]["failed"]["message"] == "é – … 𝄞 ×"
    assert told[0] == told[1] == told[2]
