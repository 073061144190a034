"""The console blocks of the documentation: runs their commands as a user would, page by page, and writes what they print.

A page is followed in one folder that has the fixtures, from top to bottom, so a command may use what an earlier one
wrote. trail-diff and `python NAME` run in this process, where NAME is a Python block above that begins with `# NAME`, and
what they print may go through a filter such as `| head -3`; `echo $?` gives their status; sh runs any other command. A block whose output has fences of its own stands in a longer one.
"""

import io
import os
import re
import runpy
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

from aws_server import serving
from incident import Incident

from trail_diff.cli import run

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
JAPANESE = ROOT / "README.ja.md"
PAGES = (README, JAPANESE, *sorted((ROOT / "docs").rglob("*.md")))
_BLOCK = re.compile(r"^(?P<fence>`{3,})(?P<kind>console|python)\n(?P<text>.*?)^(?P=fence)$", re.DOTALL | re.MULTILINE)
_COMMAND = re.compile(r"^\$ (?:[^\n]*\\\n)*[^\n]*\n", re.MULTILINE)
_TERMINAL = {"COLUMNS": "100", "LC_ALL": "C.UTF-8", "HOME": "/nonexistent"}


class Reader:
    """A user who follows one page; remembers the last exit status."""

    def __init__(self) -> None:
        self._status = 0

    def renew(self, block: re.Match[str]) -> str:
        """Return a block with what its commands print now; a script is kept for the commands that follow."""
        fence, kind, text = block["fence"], block["kind"], block["text"]
        if kind == "python":
            named = re.match(r"# (\w+\.py)\n", text)
            if named:
                Path(named[1]).write_text(text, encoding="utf-8")
            return block[0]
        commands = _COMMAND.findall(text)
        return f"{fence}{kind}\n{''.join(command + self._run(command) for command in commands)}{fence}"

    def _run(self, command: str) -> str:
        line = command.removeprefix("$ ").replace("\\\n", " ").strip()
        if line == "echo $?":
            return f"{self._status}\n"
        own, _, filters = line.partition(" | ")
        program, *arguments = shlex.split(own)
        if program not in {"trail-diff", "python"}:
            return _in_shell(line)
        with redirect_stdout(io.StringIO()) as shown, redirect_stderr(shown):
            if program == "trail-diff":
                self._status = run(arguments)
            else:
                runpy.run_path(arguments[0], run_name="__main__")
        return _in_shell(filters, shown.getvalue()) if filters else shown.getvalue()


def _in_shell(line: str, text: str = "") -> str:
    done = subprocess.run(["sh", "-c", line], input=text, capture_output=True, check=True, encoding="utf-8")  # noqa: S603, S607
    return done.stdout


def renew(page: Path) -> str:
    """Follow a page, and give its text with what the commands print now."""
    text = page.read_text(encoding="utf-8")
    account = an_account() if "--profile prod" in text else nullcontext()
    with a_folder_with_fixtures(), mock.patch.dict(os.environ, _TERMINAL), a_later_day(), account:
        return _BLOCK.sub(Reader().renew, text)


def a_later_day() -> AbstractContextManager[object]:
    """Let every question be asked on a day as far from the fixtures as that of any reader: more than 90 days."""
    return mock.patch("trail_diff.inputs._now", return_value=datetime(2027, 1, 1, tzinfo=UTC))


@contextmanager
def a_folder_with_fixtures() -> Iterator[None]:
    """Work in a fresh folder in which `fixtures` is what it is in the project's own."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        try:
            Path("fixtures").symlink_to(ROOT / "fixtures")
            yield
        finally:
            os.chdir(before)


@contextmanager
def an_account() -> Iterator[None]:
    """Serve the account of the original incident to the profile `prod`, which may not read the key's policy."""
    with serving() as server, tempfile.TemporaryDirectory() as place:
        Incident(server).account.denied.add("kms:GetKeyPolicy")
        config = Path(place, "config")
        keys = "aws_access_key_id = AKIA111122223333\naws_secret_access_key = made-up\n"
        config.write_text(f"[profile prod]\n{keys}", encoding="utf-8")
        places = {"AWS_CONFIG_FILE": str(config), "AWS_ENDPOINT_URL": server.url, "XDG_CACHE_HOME": place}
        with mock.patch.dict(os.environ, places):
            yield


def main() -> None:
    """Write the output of every command anew into the pages."""
    for page in PAGES:
        page.write_text(renew(page), encoding="utf-8")


if __name__ == "__main__":
    main()
