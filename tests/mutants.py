"""Tests the tests of decisions: plants one bug after another (mutmut) and fails when too many go unnoticed.

`python tests/mutants.py` plants all of them, `--sample N` a fixed choice: those whose names have the smallest hashes, so
that it changes with the code only. What is mutated and which tests have to notice stands in pyproject.toml.
"""

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path

ROOT = Path(__file__).parent.parent
WORK = ROOT / "mutants"
FEWEST_KILLED = 0.85
_SURVIVED = frozenset({0, 33})
"""What mutmut notes of a mutant that all tests passed, and of one that no test reaches."""

Noted = Mapping[str, int | None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the mutants, print what was killed of each module and what survived, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, metavar="N", help="plant N of the bugs instead of all")
    size = parser.parse_args(arguments).sample
    shutil.rmtree(WORK, ignore_errors=True)
    if size is None:
        _run_mutmut()
    else:
        # Only making the mutants tells which there are; asked for one that is not there, mutmut makes all and runs none.
        _run_mutmut("none")
        _run_mutmut(*choose(_read_notes(), size))
    return report(_read_notes())


def choose(notes: Mapping[str, Noted], size: int) -> list[str]:
    """Return so many of the mutants, the same ones as long as the code is the same."""
    names = [name for noted in notes.values() for name in noted]
    return sorted(names, key=lambda name: blake2b(name.encode(), digest_size=8).digest())[:size]


def report(notes: Mapping[str, Noted]) -> int:
    """Print the mutants killed of each module and those that survived; return 1 if too few were killed."""
    killed = total = 0
    for module, noted in notes.items():
        run = {name: code for name, code in noted.items() if code is not None}
        survivors = [name for name, code in run.items() if code in _SURVIVED]
        if run:
            print(f"{module}: {len(run) - len(survivors)} of {len(run)} killed")
        for name in survivors:
            print(f"  survived: {name}")
        killed, total = killed + len(run) - len(survivors), total + len(run)
    share = killed / total if total else 0.0
    print(f"{killed} of {total} mutants killed ({share:.1%}); at least {FEWEST_KILLED:.0%} have to be")
    return 0 if share >= FEWEST_KILLED else 1


def _run_mutmut(*names: str) -> None:
    """Run mutmut on the mutants of these names, or on all; what it says is kept in a file beside them."""
    WORK.mkdir(exist_ok=True)
    with (WORK / "mutmut.log").open("ab") as log:
        command = [sys.executable, "-m", "mutmut", "run", *names]
        subprocess.run(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, check=False)


def _read_notes() -> dict[str, Noted]:
    """Return for each module what mutmut noted of its mutants; None: not run."""
    notes = sorted(WORK.rglob("*.py.meta"))
    return {
        str(note.relative_to(WORK)).removesuffix(".meta"): json.loads(note.read_text())["exit_code_by_key"]
        for note in notes
    }


if __name__ == "__main__":
    sys.exit(main())
