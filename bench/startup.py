"""Measures the processor time of whole small runs, which start-up makes up: the median of five runs of each."""

import resource
import statistics
import subprocess
import sys

RUNS = 5
EVENTS = ["--events", "fixtures/original-incident/trail", "--format", "json"]
LIMITS_SECONDS = (
    (["--help"], 0.25),
    (["callers", *EVENTS], 0.25),
    (["--job-id", "2c47cafb-f2a8-4324-bc60-6017794526c5", *EVENTS], 1.0),
)
"""Commands, and the most that each may take."""


def cpu_seconds(command: list[str]) -> float:
    """Run a command, and give the processor time that it took; a status of 1 says that there is a difference."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode > 1:
        raise SystemExit(done.stderr.decode())
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main() -> None:
    """Measure and print; fail above a limit."""
    slow = []
    for arguments, limit in LIMITS_SECONDS:
        command = [sys.executable, "-m", "trail_diff", *arguments]
        took = statistics.median(cpu_seconds(command) for _ in range(RUNS))
        sys.stdout.write(f"{arguments[0]}: {took:.2f} s of processor time, limit {limit} s\n")
        slow += [arguments[0]] if took > limit else []
    if slow:
        raise SystemExit(f"{', '.join(slow)}: slow; something heavy is imported where it is not needed")


if __name__ == "__main__":
    main()
