"""Reads made-up exports over and over: records in forms, forms in containers, mangled and damaged. `make fuzz` runs it.

    PYTHONPATH=tests python tests/fuzz.py [--seconds 60 | --inputs 1000000] [--seed 0] [--processes 2] [--keep FOLDER]

A finding is a crash, an input that takes more than five seconds or 300 MB, records that are lost without a word, or a
difference between the quick and the plain way. Prints each finding with the seed that makes it again, the findings by
kind, and the inputs per minute. A seed makes the same input whatever else is run.
"""

import argparse
import io
import json
import random
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count, islice
from multiprocessing import get_context
from os import cpu_count
from pathlib import Path
from types import FrameType

from read.making import Made, make_input

from trail_diff.model.learnt import Skipped
from trail_diff.read.files import FileReader
from trail_diff.read.interface import FoundRecord, Tally, select_everything

SLOW_SECONDS = 5
HANG_SECONDS = 60
LARGE_KIBIBYTES = 300 << 10
BLOCK = 250
KINDS = ("crash", "hang", "slow", "memory", "difference", "whole input not read", "uncounted loss")


def made_by(seed: int) -> Made:
    """Return the input that a seed makes."""
    return make_input(random.Random(seed))


def read(data: bytes, *, is_quick: bool) -> tuple[list[str], list[Skipped], int]:
    """Read an input: the records as text, what was skipped, and how many records were counted."""
    tally = Tally()
    reading = FileReader(select_everything, tally, is_quick=is_quick)
    found = list(reading.read_stream("x", io.BytesIO(data)))
    records = [json.dumps(item.record, sort_keys=True) for item in found if isinstance(item, FoundRecord)]
    return records, [item for item in found if isinstance(item, Skipped)], tally.records


def find_faults(seed: int) -> Iterator[tuple[str, str]]:
    """Yield the kind of each fault in the reading of the input that a seed makes, and what is wrong."""
    made = made_by(seed)
    begun = time.process_time()
    try:
        quick, plain = read(made.data, is_quick=True), read(made.data, is_quick=False)
    except TimeoutError:
        yield "hang", f"not done after {HANG_SECONDS} s"
        return
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        yield "crash", f"{type(error).__name__}: {error}"
        return
    spent = time.process_time() - begun
    if spent > SLOW_SECONDS:
        yield "slow", f"{spent:.1f} s for {len(made.data)} bytes"
    if quick != plain:
        yield "difference", f"{len(quick[0])} records by the quick way and {len(plain[0])} by the plain one"
    if (made.is_whole and quick[2] != made.count) or (made.is_plain and quick[1]):
        yield "whole input not read", f"{quick[2]} of {made.count} records, {quick[1]}"
    if quick[2] < made.count and not quick[1]:
        yield "uncounted loss", f"{made.count - quick[2]} of {made.count} records"


def look_at(seeds: range) -> list[tuple[int, str, str]]:
    """Look at a block of inputs, in a process of its own."""
    signal.signal(signal.SIGALRM, _give_up)
    findings = []
    for seed in seeds:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        signal.alarm(HANG_SECONDS)
        findings += [(seed, kind, what) for kind, what in find_faults(seed)]
        signal.alarm(0)
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if after > max(before, LARGE_KIBIBYTES):
            findings.append((seed, "memory", f"{after >> 10} MiB"))
    return findings


def _give_up(_signal: int, _frame: FrameType | None) -> None:
    raise TimeoutError


def blocks(first: int, inputs: int | None) -> Iterator[range]:
    """Yield the seeds of all inputs in blocks; without a number of them, without end."""
    last = None if inputs is None else first + inputs
    for start in count(first, BLOCK):
        if last is not None and start >= last:
            return
        yield range(start, start + BLOCK if last is None else min(start + BLOCK, last))


def main() -> int:
    """Run until the time is over or all inputs are read."""
    options = argparse.ArgumentParser(description="Read made-up exports and look for faults.")
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--inputs", type=int, help="how many, however long it takes")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--processes", type=int, default=cpu_count() or 1)
    options.add_argument("--keep", type=Path, help="a folder for the inputs of findings")
    given = options.parse_args()
    begun, done, kinds = time.monotonic(), 0, Counter[str]()
    todo = blocks(given.seed, given.inputs)
    with get_context("fork").Pool(given.processes) as pool:
        while given.inputs or time.monotonic() - begun < given.seconds:
            work = list(islice(todo, 4 * given.processes))
            if not work:
                break
            for seed, kind, what in (one for found in pool.imap(look_at, work) for one in found):
                kinds[kind] += 1
                sys.stdout.write(f"seed {seed}: {kind}: {what}\n")
                if given.keep:
                    given.keep.mkdir(parents=True, exist_ok=True)
                    (given.keep / str(seed)).write_bytes(made_by(seed).data)
            done += sum(map(len, work))
            sys.stdout.flush()
    minutes = (time.monotonic() - begun) / 60
    sys.stdout.write("".join(f"{kind}: {kinds[kind]}\n" for kind in KINDS))
    sys.stdout.write(f"{done} inputs in {minutes:.1f} minutes, {done / minutes:.0f} a minute\n")
    return 1 if kinds else 0


if __name__ == "__main__":
    sys.exit(main())
