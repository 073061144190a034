"""What a terminal adds: colours, and a carriage return before each line feed."""

import re

from trail_diff.model.reasons import Reason
from trail_diff.read.repair.interface import Repair

_CODES = re.compile(r"\x1b\[[0-9;:?]{0,40}[ -/]?[@-~]|\x1b\][^\x07\x1b\n]{0,400}(?:\x07|\x1b\\)|\x1b[()][A-Z0-9]|.\x08")


def _strip_codes(text: str) -> str | None:
    return _CODES.sub("", text) if "\x1b" in text or "\x08" in text else None


TERMINAL_CODES = Repair(Reason.REPAIRED_TERMINAL_CODES, _strip_codes)
