"""Text out of the source of a web page: escapes for quotation marks, and tags around them."""

import html
import re

from trail_diff.model.reasons import Reason
from trail_diff.read.repair.interface import Repair

_ESCAPED = re.compile(r"&(?:amp;)?(?:quot|#34|#x22|#39|lt|gt|nbsp);", re.IGNORECASE)
_BREAK = re.compile(r"<(?:br|/p|/div|/li|/tr)\b[^<>]{0,200}>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][a-z0-9]{0,10}(?:\s[^<>]{0,400})?>", re.IGNORECASE)


def _unescape(text: str) -> str | None:
    if not _ESCAPED.search(text) and not _TAG.search(text):
        return None
    plain = _TAG.sub("", _BREAK.sub("\n", text))
    for _ in range(2):
        if not _ESCAPED.search(plain):
            break
        plain = html.unescape(plain)
    return plain


HTML = Repair(Reason.REPAIRED_HTML, _unescape)
