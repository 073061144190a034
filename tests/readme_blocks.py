"""The console blocks of README.md: finds them, and runs their commands as a user in the project's folder would."""

import io
import os
import re
import shlex
from contextlib import redirect_stdout
from pathlib import Path

from trail_diff.cli import run

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
_BLOCK = re.compile(r"```console\n\$ (trail-diff [^\n]*)\n(.*?)```", re.DOTALL)


def blocks() -> list[tuple[str, str]]:
    """Give each command with the output that README shows for it."""
    return _BLOCK.findall(README.read_text(encoding="utf-8"))


def run_block(command: str) -> str:
    """Run a command and give what it prints on a terminal of 100 columns."""
    before, columns = Path.cwd(), os.environ.get("COLUMNS")
    os.chdir(ROOT)
    os.environ["COLUMNS"] = "100"
    try:
        with redirect_stdout(io.StringIO()) as shown:
            run(shlex.split(command)[1:])
    finally:
        os.chdir(before)
        os.environ.pop("COLUMNS")
        if columns is not None:
            os.environ["COLUMNS"] = columns
    return shown.getvalue()


def main() -> None:
    """Write the output of every command anew into README.md."""
    text = README.read_text(encoding="utf-8")
    renewed = _BLOCK.sub(lambda block: f"```console\n$ {block[1]}\n{run_block(block[1])}```", text)
    README.write_text(renewed, encoding="utf-8")


if __name__ == "__main__":
    main()
