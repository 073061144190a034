"""The console blocks of README.md and README.ja.md: finds them, and runs their commands as a user in the project's folder would."""

import io
import os
import re
import shlex
from contextlib import redirect_stdout
from pathlib import Path
from unittest import mock

from trail_diff.cli import run

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = (README, ROOT / "README.ja.md")
_BLOCK = re.compile(r"^(`{3,})console\n\$ (trail-diff [^\n]*)\n(.*?)^\1$", re.DOTALL | re.MULTILINE)
"""A block whose output has fences of its own stands in a longer one."""
_TERMINAL = {"COLUMNS": "100", "LC_ALL": "C.UTF-8"}


def blocks() -> list[tuple[str, str]]:
    """Give each command of the pages with the output that is shown for it."""
    found = [block for page in PAGES for block in _BLOCK.findall(page.read_text(encoding="utf-8"))]
    return [(command, shown) for _, command, shown in found]


def run_block(command: str) -> str:
    """Run a command and give what it prints on a terminal of 100 columns."""
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        with mock.patch.dict(os.environ, _TERMINAL), redirect_stdout(io.StringIO()) as shown:
            run(shlex.split(command)[1:])
    finally:
        os.chdir(before)
    return shown.getvalue()


def main() -> None:
    """Write the output of every command anew into the pages."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        renewed = _BLOCK.sub(lambda block: f"{block[1]}console\n$ {block[2]}\n{run_block(block[2])}{block[1]}", text)
        page.write_text(renewed, encoding="utf-8")


if __name__ == "__main__":
    main()
