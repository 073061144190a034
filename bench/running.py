"""Runs a command and measures all of its processes together: wall time, CPU time, peak memory."""

import os
import resource
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

POLL_SECONDS = 0.02
_PAGE = resource.getpagesize()


@dataclass(frozen=True)
class Run:
    """What a command took. `peak_bytes` is the resident memory of all its processes, shared pages counted in each."""

    output: bytes
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
        process = subprocess.Popen(command, stdout=output, stderr=errors, start_new_session=True)
        peak = 0
        while process.poll() is None:
            peak = max(peak, _resident_bytes(process.pid))
            time.sleep(POLL_SECONDS)
        wall = time.perf_counter() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if process.returncode not in allowed:
            errors.seek(0)
            raise SystemExit(f"{' '.join(command)}: status {process.returncode}\n{errors.read().decode()}")
        output.seek(0)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Run(output.read(), wall, cpu, max(peak, 0))


def _resident_bytes(session: int) -> int:
    """Add up the resident memory of every process of a session."""
    total = 0
    for name in os.listdir("/proc"):  # noqa: PTH208 - Path takes too long for what is done fifty times a second
        if not name.isdigit():
            continue
        try:
            if os.getsid(int(name)) == session:
                total += int(Path(f"/proc/{name}/statm").read_text().split()[1]) * _PAGE
        except (OSError, IndexError):
            continue
    return total
