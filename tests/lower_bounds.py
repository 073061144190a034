"""Prints the oldest version of each package that pyproject.toml takes, for pip; with the extras that are tested."""

import sys
import tomllib
from pathlib import Path

EXTRAS = ("parquet", "zstd")


def main() -> None:
    """Print a requirement a line."""
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = (one for name in EXTRAS for one in project["optional-dependencies"][name])
    sys.stdout.writelines(f"{one.replace('>=', '==')}\n" for one in (*project["dependencies"], *extras))


if __name__ == "__main__":
    main()
