"""Commas: those too many, those missing before a name, and brackets that close nothing. No value is changed."""

import re

from trail_diff.model.reasons import Reason
from trail_diff.read.repair.interface import Repair

_STRING = r'"(?:[^"\\\n]++|\\.)*+"'
_TOO_MANY = re.compile(rf"({_STRING}|\\.)|,(?=\s*+(?:[,}}\]]|\Z))|(?<=[{{\[]),")
_MISSING = re.compile(
    rf'((?:"(?:[^"\\\n]++|\\.)*+"(?!\s*+:)|[}}\]]|\b(?:true|false|null|-?[0-9]{{1,40}}(?:\.[0-9]{{1,40}})?)\b))(\s*+)(?={_STRING}\s*+:)'
    rf"|({_STRING}|\\.)"
)


def drop_commas(text: str) -> str:
    """Return text without the commas after which nothing follows."""
    return _TOO_MANY.sub(lambda found: found[1] or "", text)


def _fix_commas(text: str) -> str | None:
    if '"' not in text and "'" not in text:
        return None
    fixed = _MISSING.sub(lambda found: f"{found[1]},{found[2]}" if found[1] else found[0], drop_commas(text))
    return fixed if fixed != text else None


PUNCTUATION = Repair(Reason.REPAIRED_PUNCTUATION, _fix_commas)
