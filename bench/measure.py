"""Measures reading and deciding, and writes docs/benchmarks.md.

Usage: python bench/measure.py [--events N] [--large] [--small] [--output FILE]. `--small` checks on a few records that
all contestants agree and times nothing; `--large` adds ten million events once (16 GB on disk for a while).
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from contest import FLOOR, OURS, callers_command, compete, contestants, read_ours
from corpus import ACCOUNTS, REGIONS, START, Size, write_history, write_lines, write_trail
from deciding import decisions_per_second
from rows import as_row, table
from running import Result, Run, run, summarize, weigh
from work import measure_redaction, measure_triage

ROUNDS = 3
PER_FILE = 1000


def main() -> None:
    """Measure as asked."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--output", type=Path, default=Path("docs/benchmarks.md"))
    options = parser.parse_args()
    if options.small:
        check_small()
        return
    parts = [describe_machine()]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "trail"
        write_trail(folder, Size(options.events, options.events // PER_FILE))
        results, contest = measure_contest(folder, options.events)
        commands = measure_commands(folder, options.events)
    growth = measure_growth([10_000, 100_000], {options.events: results}, large=options.large)
    parts += [*contest, *growth, *measure_files(100_000), *measure_forms(min(options.events, 200_000)), *commands]
    parts += [*measure_triage(min(options.events, 250_000)), *measure_redaction(min(options.events, 50_000))]
    parts.append(f"## Deciding\n\n{decisions_per_second():,.0f} decisions a second against a policy of ten statements.")
    options.output.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    sys.stdout.write("\n\n".join(parts) + "\n")


def check_small() -> None:
    """Let all answer the same question once, and run the other commands on little."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_trail(folder, Size(4000, 8))
        found, notes = contestants(folder)
        compete(found, 1)
    measure_triage(1000, (1,), 1)
    measure_redaction(1000, 1)
    sys.stdout.write("".join(f"not compared: {note}\n" for note in notes))
    sys.stdout.write(f"{len(found)} contestants agree\n")


def measure_contest(folder: Path, events: int) -> tuple[dict[str, Result], list[str]]:
    """Ask everybody on a folder of that many events."""
    found, notes = contestants(folder)
    results = compete(found, ROUNDS)
    floor = results[FLOOR].wall_seconds
    rows = [as_row(name, result, f"{result.wall_seconds / floor:.1f} ×") for name, result in results.items()]
    heading = (
        f"## The same question to each\n\n{events:,} events in {events // PER_FILE:,} files (`*.json.gz` in the S3 "
        f"layout, {size_of(folder) / 1e6:,.0f} MB); KMS calls by caller, action and outcome; whole process; "
        f"medians of {ROUNDS} interleaved runs; all answers were equal."
    )
    shown = table(["", "wall", "CPU", "peak memory", "wall ÷ inflate only"], rows)
    return results, [heading, shown, *(f"Not compared: {note}." for note in notes)]


def measure_growth(sizes: list[int], known: dict[int, dict[str, Result]], *, large: bool) -> list[str]:
    """Measure how the time grows with the number of events; some is known already."""
    for events in [*sizes, *([10_000_000] if large else [])]:
        with tempfile.TemporaryDirectory() as place:
            write_trail(Path(place), Size(events, events // PER_FILE))
            both = [one for one in contestants(Path(place))[0] if one.name in (FLOOR, OURS)]
            known[events] = compete(both, 1 if events > 1_000_000 else ROUNDS)
    rows = []
    for events, results in sorted(known.items()):
        ours, floor = results[OURS], results[FLOOR]
        rows.append(as_row(f"{events:,}", ours, f"{ours.wall_seconds / floor.wall_seconds:.1f} ×"))
    return [
        "## How it grows with the events",
        table(["events", "wall", "CPU", "peak memory", "wall ÷ inflate only"], rows),
    ]


def measure_files(events: int) -> list[str]:
    """Measure how the time grows with the number of files that hold the same events."""
    rows = []
    for files in (100, 10_000, 100_000):
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            write_trail(folder, Size(events, files))
            command = callers_command(folder)
            result = summarize([run(command) for _ in range(ROUNDS)], weigh(command))
        rows.append(as_row(f"{files:,}", result, f"{result.cpu_seconds / files * 1e6:,.0f} µs"))
    return [
        f"## How it grows with the files\n\n{events:,} events in more and more files.",
        table(["files", "wall", "CPU", "peak memory", "CPU a file"], rows),
    ]


def measure_forms(events: int) -> list[str]:
    """Measure the same records in other forms, by the bytes of JSON."""
    rows = []
    size = Size(events, events // PER_FILE)
    with tempfile.TemporaryDirectory() as place:
        folders = {name: Path(place) / name for name in ("trail files", "NDJSON", "lookup-events")}
        for folder in folders.values():
            folder.mkdir()
        write_trail(folders["trail files"], size)
        write_lines(folders["NDJSON"] / "events.json", size)
        write_history(folders["lookup-events"], size)
        json_bytes = {
            "trail files": size_of(folders["NDJSON"]),
            "NDJSON": size_of(folders["NDJSON"]),
            "lookup-events": size_of(folders["lookup-events"]),
        }
        answers = {}
        for name, folder in folders.items():
            command = callers_command(folder)
            runs = [run(command) for _ in range(ROUNDS)]
            answers[name] = read_ours(runs[0].output)
            result = summarize(runs, weigh(command))
            rows.append(as_row(name, result, f"{json_bytes[name] / 1e6 / result.cpu_seconds:,.0f} MB/s"))
    if answers["trail files"] != answers["NDJSON"] or answers["NDJSON"] != answers["lookup-events"]:
        raise SystemExit("the forms give different answers")
    return [
        f"## Other forms\n\nThe same {events:,} events; the last column is JSON read a second of CPU, start included.",
        table(["", "wall", "CPU", "peak memory", "JSON a CPU second"], rows),
    ]


def measure_commands(folder: Path, events: int) -> list[str]:
    """Measure the other commands on the same folder."""
    policy, jobs = folder.parent / "policy.json", folder.parent / "jobs.json"
    allow = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNTS[0]}:root"}, "Action": "kms:*"}
    policy.write_text(json.dumps({"Version": "2012-10-17", "Statement": [{**allow, "Resource": "*"}]}))
    jobs.write_text(json.dumps({"BackupJobs": [_job("failed", "FAILED", 30), _job("good", "COMPLETED", 6)]}))
    ours = [sys.executable, "-m", "trail_diff"]
    key = next(iter(read_keys(run(callers_command(folder)).output)))
    day = (START + timedelta(days=1)).date()
    span = ["--from", f"{day}T00:00:00Z", "--to", f"{day}T23:59:59Z", "--region", REGIONS[0]]
    case = ["--job-id", "failed", "--job", str(jobs), "--events", str(folder)]
    commands = {
        "`callers`": callers_command(folder),
        "`callers` of one day and Region": callers_command(folder, *span),
        "`what-if` on one key": [*ours, "what-if", "--key-policy", str(policy), "--key", key, "--events", str(folder)],
        "`jobs`": [*ours, "jobs", "--job", str(jobs), "--events", str(folder), "--format", "json"],
        "`--job-id`": [*ours, *case],
        "`collect`": [*ours, "collect", *case, "-o", str(folder.parent / "case.zip")],
    }
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            runs[name].append(run(command, (0, 1, 3)))
    results = {name: summarize(done, weigh(commands[name])) for name, done in runs.items()}
    base = results["`callers`"].cpu_seconds
    rows = [as_row(name, result, f"{result.cpu_seconds / base:.2f} ×") for name, result in results.items()]
    return [
        f"## Other commands\n\nOn {events:,} events.",
        table(["", "wall", "CPU", "peak memory", "CPU ÷ callers"], rows),
    ]


def read_keys(output: bytes) -> list[str]:
    """Return the keys that the most calls were on."""
    return [row["key"] for row in json.loads(output)["callers"] if row["key"]]


def _job(name: str, state: str, hours: int) -> dict[str, object]:
    begun = START + timedelta(hours=hours)
    return {
        "BackupJobId": name,
        "State": state,
        "BackupVaultArn": f"arn:aws:backup:{REGIONS[0]}:{ACCOUNTS[0]}:backup-vault:v",
        "ResourceArn": f"arn:aws:dynamodb:{REGIONS[0]}:{ACCOUNTS[0]}:table/orders",
        "ResourceType": "DynamoDB",
        "AccountId": ACCOUNTS[0],
        "CreationDate": begun.isoformat(),
        "CompletionDate": (begun + timedelta(minutes=20)).isoformat(),
    }


def size_of(folder: Path) -> int:
    """Return the bytes of all files below a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def describe_machine() -> str:
    """Say where and with what was measured."""
    packages = ", ".join(f"{name} {_version(name)}" for name in ("msgspec", "isal", "duckdb", "chdb"))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return (
        "# Benchmarks\n\nWritten by `make bench`; do not edit. The events are synthetic (bench/corpus.py), the same on "
        "every run. Peak memory is that of all processes together, a page that they share counted once.\n\n"
        f"{datetime.now(UTC):%Y-%m-%d}, {len(os.sched_getaffinity(0))} cores ({_processor()}), {memory:.0f} GB, "
        f"{platform.system()}, Python {platform.python_version()}, {packages}. Load when it began: "
        f"{os.getloadavg()[0]:.1f}; above 0.5 other programs took part of the cores, and CPU time says more than wall."
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


if __name__ == "__main__":
    main()
