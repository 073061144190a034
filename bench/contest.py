"""The same question to trail-diff and to what else people use: KMS calls by caller, action and outcome."""

import json
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from running import Result, Run, run, summarize, weigh

PEERS = Path(__file__).parent / "peers"
Calls = Mapping[tuple[str, str, str], int]
FLOOR = "inflate only (isal, one process a core)"
OURS = "trail-diff callers"


@dataclass(frozen=True)
class Contestant:
    """Somebody who is asked; `read_calls` turns the answer into what is compared, None for those who only inflate."""

    name: str
    command: list[str]
    read_calls: Callable[[bytes], Calls] | None


def callers_command(events: Path, *more: str) -> list[str]:
    """Return the command that lists callers."""
    return [sys.executable, "-m", "trail_diff", "callers", "--events", str(events), "--format", "json", *more]


def contestants(folder: Path) -> tuple[list[Contestant], list[str]]:
    """Return everybody who can be asked here, and a note for everybody who cannot."""
    place, python = str(folder), sys.executable
    found = [
        Contestant(FLOOR, [python, str(PEERS / "inflate.py"), place], None),
        Contestant(
            "inflate only, buffers of the right size", [python, str(PEERS / "inflate.py"), place, "exact"], None
        ),
        Contestant(OURS, callers_command(folder), read_ours),
        Contestant("plain script (gzip, json)", [python, str(PEERS / "plain_json.py"), place], read_theirs),
    ]
    notes = []
    if find_spec("duckdb"):
        command = [python, str(PEERS / "duckdb_query.py"), place]
        found.append(Contestant("DuckDB, read_json_objects", command, read_theirs))
        found.append(Contestant("DuckDB, read_json", [*command, "auto"], read_theirs))
    else:
        notes.append("duckdb is not installed (pip install -e '.[bench]')")
    if find_spec("chdb"):
        found.append(Contestant("ClickHouse (chdb)", [python, str(PEERS / "chdb_query.py"), place], read_theirs))
    else:
        notes.append("chdb is not installed (pip install -e '.[bench]')")
    if shutil.which("jq"):
        found.append(Contestant("zcat and jq", [str(PEERS / "jq.sh"), place], read_theirs))
    else:
        notes.append("jq is not on the PATH")
    return found, notes


def compete(found: list[Contestant], rounds: int) -> dict[str, Result]:
    """Ask everybody in turn, several times, and check that all answers agree.

    Raises:
        SystemExit: two answers differ.
    """
    runs: dict[str, list[Run]] = {one.name: [] for one in found}
    expected: Calls | None = None
    for _ in range(rounds):
        for one in found:
            done = run(one.command)
            runs[one.name].append(done)
            if one.read_calls is None:
                continue
            calls = one.read_calls(done.output)
            expected = calls if expected is None else expected
            if calls != expected:
                raise SystemExit(f"{one.name} counts {sum(calls.values())} calls, others {sum(expected.values())}")
    return {one.name: summarize(runs[one.name], weigh(one.command)) for one in found}


def read_ours(output: bytes) -> Calls:
    """Read the JSON of `trail-diff callers`."""
    calls: Counter[tuple[str, str, str]] = Counter()
    for row in json.loads(output)["callers"]:
        who, action = row["caller"]["role_arn"] or row["caller"]["invoked_by"], row["action"].removeprefix("kms:")
        for code, count in row["error_codes"].items():
            calls[who, action, code] += count
        calls[who, action, ""] += row["calls"] - row["errors"]
    return +calls


def read_theirs(output: bytes) -> Calls:
    """Read `[[caller, action, code, calls]]`."""
    return {(who, action, code): count for who, action, code, count in json.loads(output)}
