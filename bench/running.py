"""Runs a command and measures all of its processes together: wall and CPU time, and in a run of its own peak memory."""

import os
import resource
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryFile

POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Run:
    """What a command took and printed."""

    output: bytes
    wall_seconds: float
    cpu_seconds: float


@dataclass(frozen=True)
class Result:
    """The medians of a command's runs, and its highest memory: of all its processes, a page they share counted once."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int


def run(command: list[str], allowed: tuple[int, ...] = (0,)) -> Run:
    """Run a command to its end.

    Raises:
        SystemExit: it ended with another status than those allowed.
    """
    with TemporaryFile() as output, TemporaryFile() as errors:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.perf_counter()
        status = subprocess.call(command, stdout=output, stderr=errors)
        wall = time.perf_counter() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if status not in allowed:
            errors.seek(0)
            raise SystemExit(f"{' '.join(command)}: status {status}\n{errors.read().decode()}")
        output.seek(0)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Run(output.read(), wall, cpu)


def weigh(command: list[str]) -> int:
    """Run a command again, only to look at the memory of all its processes every 20 ms; give the highest sum in bytes.

    That is the proportional set size: of a page that several processes share, each counts its part. Looking slows the
    command down, so time is not measured here.
    """
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        peak = 0
        while process.poll() is None:
            peak = max(peak, _proportional_bytes(process.pid))
            time.sleep(POLL_SECONDS)
        return peak


def summarize(runs: list[Run], peak_bytes: int) -> Result:
    """Return the medians."""
    return Result(median(one.wall_seconds for one in runs), median(one.cpu_seconds for one in runs), peak_bytes)


def _proportional_bytes(session: int) -> int:
    """Add up the proportional set sizes of every process of a session."""
    total = 0
    for name in os.listdir("/proc"):  # noqa: PTH208 - Path takes too long for what is done fifty times a second
        if not name.isdigit():
            continue
        try:
            if os.getsid(int(name)) == session:
                lines = Path(f"/proc/{name}/smaps_rollup").read_text(encoding="ascii").splitlines()
                total += next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
        except (OSError, StopIteration):
            continue
    return total
