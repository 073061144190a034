"""Text out of the source of a web page: escapes for quotation marks, and tags around them."""

import html
import re

from trail_diff.model.reasons import Reason
from trail_diff.read.repair.interface import Repair

_ESCAPED = re.compile(r"&(?:amp;)?(?:quot|#34|#x22|#39|lt|gt|nbsp);", re.IGNORECASE)
_BREAK = re.compile(r"<(?:br|/p|/div|/li|/tr)\b[^<>]{0,200}>", re.IGNORECASE)
_NAMES = "a|b|body|br|code|div|em|font|html|i|kbd|li|mark|ol|p|pre|samp|span|strong|table|tbody|td|tr|tt|u|ul"
_ONE = rf"</?(?:{_NAMES})(?:\s[^<>]{{0,400}})?/?>"
_TAG = re.compile(_ONE, re.IGNORECASE)
_MARKUP = re.compile(rf"^\s*{_ONE}|{_ONE}(?:\s*$|\s*[{{[])|[}}\]]\s*{_ONE}", re.IGNORECASE | re.MULTILINE)
"""A tag where a value of JSON has none: at an edge of a line, or beside a bracket."""


def _unescape(text: str) -> str | None:
    if not _ESCAPED.search(text) and not _MARKUP.search(text):
        return None
    plain = _TAG.sub("", _BREAK.sub("\n", text))
    for _ in range(2):
        if not _ESCAPED.search(plain):
            break
        plain = html.unescape(plain)
    return plain


HTML = Repair(Reason.REPAIRED_HTML, _unescape)
