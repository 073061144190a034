r"""JSON that was taken out of a string or a cell with its escapes: `{\"eventSource\": …}`, `{""eventSource"": …}`.

Tab-separated values (`jq @tsv`) and CEF double the backslashes alone.
"""

import re

from trail_diff.model.reasons import Reason
from trail_diff.read.repair.interface import Repair

_DOUBLED = re.compile(r"(\\)\\|\\(=)")
_ESCAPE = re.compile(r"\\(?:([\"\\/])|([nrt]))")


def _unescape(text: str) -> str | None:
    if '\\"event' in text or '\\"userIdentity' in text:
        return _ESCAPE.sub(lambda found: found[1] or " ", text)
    if '""event' in text or '""userIdentity' in text:
        return text.replace('""', '"')
    return _DOUBLED.sub(lambda found: found[1] or found[2], text) if '\\\\"' in text else None


ESCAPES = Repair(Reason.REPAIRED_ESCAPES, _unescape)
