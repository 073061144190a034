"""Measures reading against a floor in one run: `trail-diff callers` beside decompressing the same files.

Usage: python bench/measure.py [EVENTS]. Prints medians of three interleaved runs, and their ratio. Counts are checked,
so that a fast wrong answer fails.
"""

import gzip
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from isal import igzip
from msgspec import structs
from recording import Recording

from trail_diff.model import Event
from trail_diff.normalize import normalize_record
from trail_diff.policy import PolicySet, compile_policies, decide
from trail_diff.policy.context import build_request

RECORDS_PER_FILE = 1000
ROUNDS = 3
STORAGE = "backup-storage.amazonaws.com"


def write_corpus(folder: Path, events: int) -> int:
    """Write trail files with one KMS event in twelve; give how many of those there are."""
    made = Recording()
    key, storage = made.key_arn("k"), made.service("backup-storage.amazonaws.com")
    app = made.role("app/web", "i-0e72353a80ecea5a7")
    kms = 0
    for start in range(0, events, RECORDS_PER_FILE):
        made.records.clear()
        for number in range(start, min(start + RECORDS_PER_FILE, events)):
            at = f"2026-03-01T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}Z"
            if number % 12 == 0:
                made.kms(
                    at,
                    "Decrypt",
                    key,
                    storage,
                    {"aws:backup:backup-vault": "v"},
                    eventID=f"kms-{number}",
                    sharedEventID=f"shared-{number}",
                )
                kms += 1
            else:
                made.add(at, "ec2.amazonaws.com", "DescribeInstances", app, eventID=f"ec2-{number}")
        content = json.dumps({"Records": made.records}, separators=(",", ":")).encode()
        (folder / f"{start:09}.json.gz").write_bytes(gzip.compress(content, 6))
    return kms


def decompress(folder: Path) -> None:
    """Do the least that any reader has to."""
    for file in sorted(folder.iterdir()):
        igzip.decompress(file.read_bytes())


def count_callers(folder: Path, expected: int) -> None:
    """Run the command as a user does, and check its count."""
    command = [sys.executable, "-m", "trail_diff", "callers", "--events", str(folder), "--format", "json"]
    shown = subprocess.run(command, capture_output=True, check=True).stdout  # noqa: S603 - our own command
    counted = sum(row["calls"] for row in json.loads(shown)["callers"])
    if counted != expected:
        raise SystemExit(f"counted {counted} KMS calls, there are {expected}")


def decisions_per_second() -> float:
    """Decide distinct requests against a policy of ten statements with a condition each, compiled once."""
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}
    ]
    statements += [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "kms:*",
            "Resource": "*",
            "Condition": {"StringEquals": {"kms:EncryptionContext:n": str(number)}},
        }
        for number in range(9)
    ]
    compiled = compile_policies(PolicySet.assuming_no_limits({"Statement": statements}, ()))
    made = Recording()
    record = made.kms(
        "2026-03-01T18:00:00Z", "Decrypt", made.key_arn("k"), made.service("backup-storage.amazonaws.com")
    )
    event = normalize_record(record, "")
    if not isinstance(event, Event):
        raise SystemExit("the record is no event")
    base = build_request(event, event.accesses[0])
    requests = [structs.replace(base, context={**base.context, "aws:userid": str(number)}) for number in range(50_000)]
    began = time.perf_counter()
    for request in requests:
        decide(request, compiled)
    return len(requests) / (time.perf_counter() - began)


def main() -> None:
    """Measure and print."""
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        expected = write_corpus(folder, events)
        floor, ours = [], []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            decompress(folder)
            floor.append(time.perf_counter() - began)
            began = time.perf_counter()
            count_callers(folder, expected)
            ours.append(time.perf_counter() - began)
    ratio = statistics.median(ours) / statistics.median(floor)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    sys.stdout.write(
        f"{events:,} events: decompress only {statistics.median(floor):.2f} s, "
        f"callers {statistics.median(ours):.2f} s, ratio {ratio:.1f}, peak {peak} MiB\n"
    )
    sys.stdout.write(f"{decisions_per_second():,.0f} decisions a second against a policy of ten statements\n")


if __name__ == "__main__":
    main()
