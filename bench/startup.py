"""Measures the processor time of `trail-diff --help`, which must stay quick: the median of five runs."""

import resource
import statistics
import subprocess
import sys

RUNS = 5
LIMIT_SECONDS = 0.25


def cpu_seconds(command: list[str]) -> float:
    """Run a command, and give the processor time that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main() -> None:
    """Measure and print; fail above the limit."""
    took = statistics.median(cpu_seconds([sys.executable, "-m", "trail_diff", "--help"]) for _ in range(RUNS))
    sys.stdout.write(f"--help: {took:.2f} s of processor time, limit {LIMIT_SECONDS} s\n")
    if took > LIMIT_SECONDS:
        raise SystemExit("--help has become slow: something heavy is imported where it is not needed")


if __name__ == "__main__":
    main()
