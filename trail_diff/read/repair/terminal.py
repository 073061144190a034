"""What a terminal adds: colours, also those whose escape character was lost, and the lines of a pager."""

import re

from trail_diff.model.reasons import Reason
from trail_diff.read.repair.interface import Repair

_CODES = re.compile(r"\x1b\[[0-9;:?]{0,40}[ -/]?[@-~]|\x1b\][^\x07\x1b\n]{0,400}(?:\x07|\x1b\\)|\x1b[()][A-Z0-9]|.\x08")

_BARE_COLOURS = re.compile(r"\[(?:[0-9]{1,3}(?:;[0-9]{1,3}){0,4})?m")
_PAGER = re.compile(
    r"^(?:-- ?More ?--(?:\([^()\n]{1,40}\))?|lines [0-9]{1,9}-[0-9]{1,9}[ /0-9]{0,20}(?:\(END\))?|\(END\)|:|~)"
    r"[ \t]*(?:\r(?!\n)|\r?\n|\Z)",
    re.MULTILINE,
)
_SHOWN_ENDS = re.compile(r"(?:\^M)?\$$", re.MULTILINE)
"""How `cat -A` shows where a line ends."""


def _strip_codes(text: str) -> str | None:
    plain = _CODES.sub("", text) if "\x1b" in text or "\x08" in text else text
    plain = _BARE_COLOURS.sub("", plain) if "[0m" in plain or "[m" in plain else plain
    plain = _PAGER.sub("", plain)
    plain = _SHOWN_ENDS.sub("", plain) if 2 * plain.count("$\n") > plain.count("\n") else plain
    plain = plain.replace("^M\n", "\n") if "^M\n" in plain else plain
    return plain if plain != text else None


TERMINAL_CODES = Repair(Reason.REPAIRED_TERMINAL_CODES, _strip_codes)
