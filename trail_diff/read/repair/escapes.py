r"""JSON that was taken out of a string or a cell with its escapes: `{\"eventSource\": …}`, `{""eventSource"": …}`.

Tab-separated values (`jq @tsv`) and CEF double the backslashes alone.
"""

import re

from trail_diff.model.reasons import Reason
from trail_diff.read.repair.interface import Repair

_DOUBLED = re.compile(r"(\\)\\|\\(=)")
_ESCAPE = re.compile(r"\\(?:([\"\\/])|([nrt]))")
_BREAK = re.compile(r'("(?:[^"\\\n]++|\\.)*+"|\\[^nrt])|\\[nrt]')


def _unescape(text: str) -> str | None:
    if '\\"event' in text or '\\"userIdentity' in text:
        return _ESCAPE.sub(lambda found: found[1] or " ", text)
    if '""event' in text or '""userIdentity' in text:
        return text.replace('""', '"')
    return _DOUBLED.sub(lambda found: found[1] or found[2], text) if '\\\\"' in text else None


def _read_breaks(text: str) -> str | None:
    """Put white space where escapes stand for it between values: a string was printed without its quotes."""
    changed = _BREAK.sub(lambda found: found[1] or " ", text)
    return changed if changed != text else None


BREAKS = Repair(Reason.REPAIRED_ESCAPES, _read_breaks)
ESCAPES = Repair(Reason.REPAIRED_ESCAPES, _unescape)
