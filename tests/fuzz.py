"""Reads made-up exports over and over: records in forms, forms in containers, mangled and damaged. `make fuzz` runs it.

    PYTHONPATH=tests python tests/fuzz.py [--seconds 60] [--seed 0]

A finding is a crash, an input that takes more than five seconds, records that are lost without a word, or a difference
between the quick and the plain way. Prints the inputs per minute and each finding with the seed that makes it again.
"""

import argparse
import bz2
import gzip
import io
import json
import lzma
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from read.mangling import MANGLES
from read.wrapping import WRAPS, tarred, zipped
from recording import Recording

from trail_diff.model.learnt import Skipped
from trail_diff.read.files import FileReader
from trail_diff.read.interface import FoundRecord, Tally, select_everything

SLOW_SECONDS = 5
_CONTAINERS: tuple[Callable[[bytes], bytes], ...] = (
    lambda data: data,
    lambda data: data,
    gzip.compress,
    bz2.compress,
    lzma.compress,
    lambda data: zipped({"a.json": data}),
    lambda data: tarred({"a.json": data}),
)


def make_records(chance: random.Random) -> list[dict[str, Any]]:
    """Make a few calls by a service, a role and a user."""
    made = Recording()
    for number in range(chance.randint(1, 6)):
        caller = chance.choice([made.service("backup.amazonaws.com"), made.role("r", "s"), made.user("alice")])
        name = chance.choice(["Decrypt", "GenerateDataKey", "CreateGrant"])
        made.kms(f"2026-03-01T18:0{number}:00Z", name, made.key_arn("k"), caller, {"a": chance.choice(["b", "é", '"'])})
    return made.records


def make_input(chance: random.Random) -> tuple[bytes, int, bool]:
    """Return an input, how many records are named in it or were put in, and whether it is whole."""
    records = make_records(chance)
    name = chance.choice(sorted(WRAPS))
    if is_whole := chance.random() < 0.5:
        data = WRAPS[name](records)
    else:
        text = json.dumps({"Records": records}, indent=chance.choice([1, 2, 4]))
        for manner in chance.sample(sorted(MANGLES), chance.randint(0, 2)):
            text = MANGLES[manner](text)
        data = text.encode()
    count = len(records)
    if chance.random() < 0.5:
        data, is_whole = damage(data, chance), False
        count = sum(record["eventID"].encode() in data for record in records)
    if not (is_whole and name.startswith(("zip", "tar"))):  # archives in archives have a limit
        data = chance.choice(_CONTAINERS)(data)
    if chance.random() < 0.2:
        return damage(data, chance), 0, False
    return data, count, is_whole


def damage(data: bytes, chance: random.Random) -> bytes:
    """Cut, double, swap or overwrite a piece."""
    start = chance.randrange(len(data) + 1)
    end = min(len(data), start + chance.choice([1, 2, 8, 100, 2000]))
    match chance.randrange(5):
        case 0:
            return data[:start]
        case 1:
            return data[end:]
        case 2:
            return data[:start] + data[end:]
        case 3:
            return data[:end] + data[start:]
        case _:
            return data[:start] + bytes(chance.randrange(256) for _ in range(end - start)) + data[end:]


def read(data: bytes, *, is_quick: bool) -> tuple[list[str], list[Skipped], int]:
    """Read an input: the records as text, what was skipped, and how many records were counted."""
    tally = Tally()
    reading = FileReader(select_everything, tally, is_quick=is_quick)
    found = list(reading.read_stream("x", io.BytesIO(data)))
    records = [json.dumps(item.record, sort_keys=True) for item in found if isinstance(item, FoundRecord)]
    return records, [item for item in found if isinstance(item, Skipped)], tally.records


def find_faults(seed: int) -> Iterator[str]:
    """Yield what is wrong with the reading of the input that a seed makes."""
    data, count, is_whole = make_input(random.Random(seed))
    begun = time.process_time()
    try:
        quick, plain = read(data, is_quick=True), read(data, is_quick=False)
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        yield f"crash: {type(error).__name__}: {error}"
        return
    if time.process_time() - begun > SLOW_SECONDS:
        yield f"slow: {time.process_time() - begun:.1f} s for {len(data)} bytes"
    if quick != plain:
        yield f"the quick and the plain way differ: {len(quick[0])} and {len(plain[0])} records"
    if is_whole and (quick[2] != count or quick[1]):
        yield f"{quick[2]} of {count} records of a whole input, {quick[1]}"
    if quick[2] < count and not quick[1]:
        yield f"{count - quick[2]} of {count} records lost without a word"


def main() -> int:
    """Run until the time is over."""
    options = argparse.ArgumentParser(description="Read made-up exports and look for faults.")
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--keep", type=Path, help="a folder for the inputs of findings")
    given = options.parse_args()
    begun, seed, findings = time.monotonic(), given.seed, 0
    while time.monotonic() - begun < given.seconds:
        for fault in find_faults(seed):
            findings += 1
            sys.stdout.write(f"seed {seed}: {fault}\n")
            if given.keep:
                given.keep.mkdir(parents=True, exist_ok=True)
                (given.keep / str(seed)).write_bytes(make_input(random.Random(seed))[0])
        seed += 1
    done = seed - given.seed
    sys.stdout.write(f"{done} inputs, {done / (time.monotonic() - begun) * 60:.0f} a minute, {findings} findings\n")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
