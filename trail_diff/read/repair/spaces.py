"""White space that JSON does not know, outside of strings: what a wiki or an office program makes of indentation."""

import re

from trail_diff.model.reasons import Reason
from trail_diff.read.repair.interface import Repair

_OTHER = "\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\u200b\u2060\ufeff\x85"
_OTHER_SPACE = re.compile(f"[{_OTHER}]")
_OUTSIDE = re.compile(rf'("(?:[^"\\\n]++|\\.)*+")|[{_OTHER}]')


def _replace_spaces(text: str) -> str | None:
    if not _OTHER_SPACE.search(text):
        return None
    return _OUTSIDE.sub(lambda found: found[1] or " ", text)


SPACES = Repair(Reason.REPAIRED_SPACES, _replace_spaces)
