"""Measures what is more work than reading: the triage of a night, and redaction."""

import gzip
import json
import sys
import tempfile
from pathlib import Path

from contest import callers_command
from corpus import Size, write_trail
from night import make_night
from rows import as_row, table
from running import Result, Run, run, summarize, weigh

ROUNDS = 3
PER_FILE = 1000
_OURS = [sys.executable, "-m", "trail_diff"]
_FAILED_ALIKE = 30
"""How many failed jobs a night of scale one has."""


def measure_triage(events: int, scales: tuple[int, ...] = (7, 67), rounds: int = ROUNDS) -> list[str]:
    """Measure the triage of nights with more and more failed jobs, beside the diagnosis of one of them."""
    rows = []
    for scale in scales:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            job_id = _write_night(folder, events, scale)
            given = ["--events", str(folder)]
            alone, whole = _measure(
                [[*_OURS, "--job-id", job_id, *given], [*_OURS, "triage", *given, "--summary"]], rounds
            )
        failed = f"{scale * _FAILED_ALIKE:,} failed jobs"
        rows.append(as_row(f"`--job-id`, {failed}", alone, "1.0 ×"))
        rows.append(as_row(f"`triage`, {failed}", whole, f"{whole.wall_seconds / alone.wall_seconds:.1f} ×"))
    return [
        f"## Triage\n\n{events:,} events, and among them those of two nights of backup jobs; six causes.",
        table(["", "wall", "CPU", "peak memory", "wall ÷ one job"], rows),
    ]


def measure_redaction(events: int, rounds: int = ROUNDS) -> list[str]:
    """Measure redaction beside a reading of the same files."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "trail"
        write_trail(folder, Size(events, max(1, events // PER_FILE)))
        read, redacted = _measure(
            [callers_command(folder), [*_OURS, "redact", str(folder), "-o", f"{place}/out"]], rounds
        )
    rows = [as_row("`callers`", read, "1.0 ×")]
    rows.append(as_row("`redact`", redacted, f"{redacted.cpu_seconds / read.cpu_seconds:.1f} ×"))
    return [
        f"## Redaction\n\n{events:,} events with about two ids or addresses each that no other has.",
        table(["", "wall", "CPU", "peak memory", "CPU ÷ callers"], rows),
    ]


def _measure(commands: list[list[str]], rounds: int) -> list[Result]:
    """Run commands in turn, several times."""
    runs: list[list[Run]] = [[] for _ in commands]
    for _ in range(rounds):
        for done, command in zip(runs, commands, strict=True):
            done.append(run(command, (0, 1, 3)))
    return [summarize(done, weigh(command)) for done, command in zip(runs, commands, strict=True)]


def _write_night(folder: Path, events: int, scale: int) -> str:
    """Write a busy trail with a night in it; return the id of a job that failed."""
    write_trail(folder, Size(events, max(1, events // PER_FILE)))
    records = make_night(scale).records()
    for start in range(0, len(records), PER_FILE):
        content = json.dumps({"Records": records[start : start + PER_FILE]}).encode()
        (folder / f"night-{start:08}.json.gz").write_bytes(gzip.compress(content))
    ended = (record["serviceEventDetails"] for record in records if record["eventName"] == "BackupJobCompleted")
    return str(next(job["backupJobId"] for job in ended if job["state"] == "FAILED"))
