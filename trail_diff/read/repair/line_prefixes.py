"""What somebody or something puts before each line: a comment sign, a quote, a number, a bar, a time.

A prefix is one that most lines have. Lines that have none stay as they are, as those of the mail around a quote do.
"""

import math
import re

from trail_diff.model.reasons import Reason
from trail_diff.read.repair.interface import Repair

_PREFIXES = (
    re.compile(
        r"\[?[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}[\w.,:+-]{0,20}\]?"
        r"(?:(?:[ \t]+(?:[\w./:-]{1,80}|\[[\w./:-]{1,80}\])){0,4}[ \t]+(?=[\s{}\[\]\"])|[ \t]*$)"
    ),
    re.compile(r"[ \t]{0,8}(?:>[ ]?){1,8}"),
    re.compile(r"[ \t]{0,8}#{1,3}[ \t]?"),
    re.compile(r"[ \t]{0,8}//[ \t]?"),
    re.compile(r"[ \t]{0,8}(?:--|;{1,2}|%|REM|::|\*|')(?:[ \t]|$)"),
    re.compile(r"[ \t]{0,12}[0-9]{1,9}(?:[:.|)\t+-]|(?= )|$)[ ]?[|│]?[ ]?"),
    re.compile(r"[\w./\\-]{1,120}[:-][0-9]{1,9}[:-]"),
    re.compile(r"[\w.@/-]{0,60}[ \t]{0,40}[|│][ ]?"),
    re.compile(r"[+-](?=[\s{}\[\]\"])"),
    re.compile(r"[\w./\\-]{1,120}\.\w{1,6}:(?=[\s{}\[\]\"])"),
    re.compile(r"\[[\w./-]{1,60}(?:[ /][\w./-]{1,80}){1,3}\] "),
    re.compile(r"(?:DEBUG|INFO|WARN|WARNING|ERROR|NOTICE):(?:[\w.]{1,80}:)?[ ]?"),
    re.compile(r"[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} [\w.-]{1,80} [\w./\[\]-]{1,80}: ?"),
)
_BAR_BEHIND = re.compile(r"[^\n]*[|│]\s*\Z")
_SHARE = 0.6
_LAYERS = 4


def _strip_prefixes(text: str) -> str | None:
    lines = text.splitlines()
    is_changed = False
    for _ in range(_LAYERS):
        stripped = _strip_one(lines)
        if stripped is None:
            break
        lines, is_changed = stripped, True
    if is_changed and _match(_BAR_BEHIND, lines, math.ceil(_SHARE * len(lines))):
        lines = [line.rstrip().rstrip("|│") for line in lines]  # the other side of a frame
    return "\n".join(lines) + "\n" if is_changed else None


def _strip_one(lines: list[str]) -> list[str] | None:
    """Strip the first prefix that most lines have."""
    filled = sum(1 for line in lines if line.strip())
    if filled < 2:
        return None
    for prefix in _PREFIXES:
        ends = _match(prefix, lines, math.ceil(_SHARE * filled))
        if ends is not None:
            return [line[end:] for line, end in zip(lines, ends, strict=True)]
    return None


def _match(prefix: re.Pattern[str], lines: list[str], needed: int) -> list[int] | None:
    """Return where a prefix ends on each line; None as soon as fewer lines than needed can have it."""
    ends, may_lack = [], len(lines) - needed
    for line in lines:
        found = prefix.match(line)
        end = found.end() if found else 0
        may_lack -= not end
        if may_lack < 0:
            return None
        ends.append(end)
    return ends


LINE_PREFIXES = Repair(Reason.REPAIRED_LINE_PREFIXES, _strip_prefixes)
