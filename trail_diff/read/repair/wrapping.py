"""Long lines that were cut: hard at a terminal's width, or at spaces by a mail or an editor.

A terminal cuts wherever its width ends, so the pieces are put together as they are. A mail cuts at a space, which is
put back inside of a string where the line does not still end with it.
"""

import re
from textwrap import dedent

from trail_diff.model.reasons import Reason
from trail_diff.read.repair.interface import Repair

_NARROWEST = 30
_ACROSS_LINES = re.compile(r'("(?:[^"\\]++|\\.)*+")|\\.', re.DOTALL)
_BREAK = re.compile(r"( ?)\r?\n[ \t]*")
_CONTINUED = re.compile(r"(?<!\\)\\\r?\n")
_PIECES = re.compile(
    r"^(?P<second>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\S{0,20} (?P<stream>stdout|stderr) P [^\n]*+\n"
    r"(?:(?P=second)\S{0,20} (?P=stream) P [^\n]*+\n)*+(?P=second)\S{0,20} (?P=stream) F ",
    re.MULTILINE,
)
"""All of one stream and one second, so that no two lines of which parts are missing are taken for one."""
_ALONE = re.compile(r"^(\d{4}-\d\d-\d\dT\S{8,28} std(?:out|err)) P [^\n]*", re.MULTILINE)
_PIECE = re.compile(r"\n\S{19,39} std(?:out|err) [PF] ")
_NO_SPACES = re.compile(r'"(?:arn:[^\s"]*|[\w.-]*\.amazonaws\.com)"\Z')
"""What has no space in it, so that none was where it was cut: an ARN, or the name of a service."""


def _join_at_width(text: str) -> str | None:
    lines = dedent(text).splitlines()
    width = max(map(len, lines), default=0)
    if width < _NARROWEST or sum(len(line) == width for line in lines) < 1 or len(lines) < 3:
        return None
    joined = [line if len(line) == width else line + "\n" for line in lines]
    return "".join(joined)


def _join_at_spaces(text: str) -> str | None:
    changed = _ACROSS_LINES.sub(lambda found: _join(found[1]) if "\n" in (found[1] or "") else found[0], text)
    return changed if changed != text else None


def _join(string: str) -> str:
    whole = _BREAK.sub("", string)
    return whole if _NO_SPACES.match(whole) else _BREAK.sub(" ", string)


def _join_continued(text: str) -> str | None:
    """Join lines that end with a backslash, as a shell or an editor folds them: then all of full width do."""
    lines = text.splitlines()
    width = max(map(len, lines), default=0)
    if width < _NARROWEST or not all(line.endswith("\\") for line in lines if len(line) == width):
        return None
    changed = _CONTINUED.sub("", text)
    return changed if changed != text else None


def _join_pieces(text: str) -> str | None:
    """Join the pieces of a line that a container engine cut, as kubelet marks them: `P` says that it goes on."""
    changed = _PIECES.sub(lambda found: _PIECE.sub("", found[0].replace(" P ", " F ", 1)), text)
    changed = _ALONE.sub(r'\1 F "eventSource', changed)  # its end is missing, and what follows is of another one
    return changed if changed != text else None


PIECES = Repair(Reason.REPAIRED_WRAPPING, _join_pieces)
CONTINUED = Repair(Reason.REPAIRED_WRAPPING, _join_continued)
WRAPPED = Repair(Reason.REPAIRED_WRAPPING, _join_at_width)
WRAPPED_AT_SPACES = Repair(Reason.REPAIRED_WRAPPING, _join_at_spaces)
