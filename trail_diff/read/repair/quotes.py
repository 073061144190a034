"""Quotation marks that an office program or a chat made typographic."""

import re

from trail_diff.model.reasons import Reason
from trail_diff.read.repair.interface import Repair

_DOUBLE = re.compile("[\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\u301d\u301e\uff02]")
_PLAIN = str.maketrans(dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\u301d\u301e\uff02", '"'))


def _make_straight(text: str) -> str | None:
    return text.translate(_PLAIN) if _DOUBLE.search(text) else None


QUOTES = Repair(Reason.REPAIRED_QUOTES, _make_straight)
