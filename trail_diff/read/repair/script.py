"""Objects of a script: names without quotation marks (JavaScript, JSON5), and words that JSON does not know.

A word that no language knows, as `XXXX` or `<REDACTED>`, is what somebody put in place of a value, which is missing.
"""

import re

from trail_diff.model.reasons import Reason
from trail_diff.read.repair.interface import Repair
from trail_diff.read.repair.python_literals import read_literals

_STRING = r'"(?:[^"\\\n]++|\\.)*+"'
_NAME = re.compile(rf"({_STRING}|\\.)|(?<=[{{,\s])([A-Za-z_$][\w$]{{0,80}})(?=\s*+:(?:\s|[\"\[{{0-9tfn]))")
_KNOWN = {"True": "true", "False": "false"}
_WORD = re.compile(rf"({_STRING}|\\.)|(:\s*+)(True|False|None|undefined|NaN|nil|NULL)\b(?=\s*+[,\]}}])")
_MASK = re.compile(
    rf"({_STRING}|\\.)|(:\s*+)(?:[Xx]{{3,}}|\*{{3,}}|<[\w ./-]{{1,40}}>|\?{{2,}}|#{{3,}})(?=\s*+[,\]}}])"
)


def _quote_names(text: str) -> str | None:
    changed = _NAME.sub(lambda found: found[1] or f'"{found[2]}"', read_literals(text) or text)
    return changed if changed != text else None


def _replace_words(text: str) -> str | None:
    changed = _WORD.sub(lambda found: found[1] or found[2] + _KNOWN.get(found[3], "null"), text)
    return changed if changed != text else None


def _drop_masks(text: str) -> str | None:
    changed = _MASK.sub(lambda found: found[1] or f"{found[2]}null", text)
    return changed if changed != text else None


SCRIPT = Repair(Reason.REPAIRED_PYTHON, _quote_names)
WORDS = Repair(Reason.REPAIRED_PYTHON, _replace_words)
MASKS = Repair(Reason.REPAIRED_ELISIONS, _drop_masks)
