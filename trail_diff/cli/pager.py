"""Shows an answer that does not fit the terminal as git does: with less, which just writes what fits, or with PAGER."""

import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping

_DEFAULT = "less"
_NONE = {"", "cat"}
LINES_BESIDE = 4
"""Of the lines of a terminal: for the command that was typed and the prompt, so that it is seen with its answer."""

_SEQUENCE = re.compile(r"\x1b(?:\[[0-9;]*m|\]8;;.*?\x1b\\)")
"""What takes no room on a terminal: a colour, or the beginning or end of a link."""


def show_paged(text: str, environment: Mapping[str, str]) -> bool:
    """Show a text in a pager if it is longer than the terminal; False where it has still to be written."""
    program = _split(find_pager(environment))
    if not program or environment.get("TERM", "dumb") == "dumb" or not _is_longer(text):
        return False
    settings = {"LESS": "FRX", "LV": "-c", **({"LESSCHARSET": "utf-8"} if _is_unicode() else {}), **environment}
    try:
        pager = subprocess.Popen(program, stdin=subprocess.PIPE, env=settings)  # noqa: S603 - the user's own choice
    except OSError:
        return False
    return _feed(pager, text.encode(sys.stdout.encoding or "utf-8", "trail_diff")) <= 0


def find_pager(environment: Mapping[str, str]) -> str:
    """Return the command of the pager, empty for none: TRAIL_DIFF_PAGER, PAGER, or less; cat is none."""
    named = (environment.get(name) for name in ("TRAIL_DIFF_PAGER", "PAGER"))
    chosen = next((one.strip() for one in named if one is not None), _DEFAULT)
    return "" if chosen in _NONE else chosen


def _split(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:  # a quote that is not closed
        return []


def _is_longer(text: str) -> bool:
    """Check whether a text has more lines, as the terminal breaks them, than it shows beside the command."""
    from trail_diff.render.width import width_of

    columns, lines = shutil.get_terminal_size((80, 24))
    taken = (max(1, -(-width_of(_SEQUENCE.sub("", line)) // max(columns, 1))) for line in text.splitlines())
    return sum(taken) > lines - LINES_BESIDE


def _is_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def _feed(pager: "subprocess.Popen[bytes]", data: bytes) -> int:
    """Write to the pager until it has all or ends, and return its status; Ctrl-C is the pager's meanwhile."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        pager.communicate(data)  # what a pager that was left does not read any more is no error
    except BaseException:
        pager.terminate()
        raise
    finally:
        signal.signal(signal.SIGINT, before)
    return pager.returncode
