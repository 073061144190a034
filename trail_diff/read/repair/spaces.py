"""White space that JSON does not know: what a wiki, a browser or an office program makes of indentation.

Where there is any outside of strings, what is inside of them was made of plain spaces as well.
"""

import re

from trail_diff.model.reasons import Reason
from trail_diff.read.repair.interface import Repair

_OTHER = "\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\u200b\u2060\ufeff\x85"
_NO_WIDTH = re.compile("[\u200b\u2060\ufeff]")
_OTHER_SPACE = re.compile(f"[{_OTHER}]")
_OUTSIDE = re.compile(rf'("(?:[^"\\\n]++|\\.)*+"|\\.)|[{_OTHER}]')


def _replace_spaces(text: str) -> str | None:
    if not _OTHER_SPACE.search(text):
        return None
    outside = _OUTSIDE.sub(lambda found: found[1] or " ", text)
    return outside if outside == text else _OTHER_SPACE.sub(" ", _NO_WIDTH.sub("", text))


SPACES = Repair(Reason.REPAIRED_SPACES, _replace_spaces)
