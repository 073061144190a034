r"""Escapes text for a medium. Fields of a log are written by whoever makes the calls, so none is trusted.

What cannot be shown as it is becomes visible, as \x1b or \u202e; nothing is dropped.
"""

import re
import unicodedata
from html import escape as escape_markup

_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0\u2800")
"""Letters and marks that show nothing, though Unicode calls them printable."""

_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_MARKS_IN_A_ROW = 2
"""As many as living scripts need; a longer pile of marks draws over the lines around it."""

_FORMULA_STARTS = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
_BETWEEN_WORDS = re.compile(r"([ 、。「」])")
_WORD = re.compile(r"([(\"']*)(.*?)([)\"'.,;:]*)", re.DOTALL)
_PLAIN_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*|\d{1,6}|[×–]")
"""Letters; a number too short to be an account or a commit id; signs that our phrases use."""


def terminal(text: str) -> str:
    """Show every character that could act on a terminal, hide text or reorder it.

    Right-to-left letters are among them: a terminal that reorders lines would swap the numbers in the next columns.
    """
    if text.isascii() and text.isprintable():
        return text
    shown: list[str] = []
    marks = _MARKS_IN_A_ROW
    for char in text:
        marks = marks + 1 if unicodedata.category(char) in {"Mn", "Me"} else 0
        shown.append(_visible(char) if marks > _MARKS_IN_A_ROW or not is_plain(char) else char)
    return "".join(shown)


def is_plain(char: str) -> bool:
    """Check whether a character shows itself, takes up space, and leaves the order of its neighbours alone."""
    return (
        char.isprintable()
        and char not in _FILLERS
        and not 0xFE00 <= ord(char) <= 0xFE0F
        and not 0xE0100 <= ord(char) <= 0xE01EF
        and unicodedata.bidirectional(char) not in _RIGHT_TO_LEFT
    )


def shorten(text: str, limit: int) -> str:
    """Cut the middle out of a text longer than `limit` characters: both ends of an ARN say more than its middle."""
    if len(text) <= limit:
        return text
    tail = (limit - 1) // 2
    return f"{text[: limit - 1 - tail]}…{text[len(text) - tail :]}"


def markdown(text: str) -> str:
    r"""Return a code span, in which no markup, link, mention or reference becomes active.

    Pipes and backticks are shown as \x7c and \x60: renderers disagree on how to escape them in a table's code.
    """
    shown = terminal(text).replace("|", "\\x7c").replace("`", "\\x60")
    return f"`{shown}`" if shown.strip() else f'`"{shown}"`'


def markdown_prose(text: str) -> str:
    """Return a sentence with every word that is not plain letters in a code span."""
    parts = _BETWEEN_WORDS.split(terminal(text))
    return re.sub(" +", " ", "".join(part if _BETWEEN_WORDS.fullmatch(part) else _prose_word(part) for part in parts))


def html(text: str) -> str:
    """Return text for an element or a quoted attribute: no markup in it is active, and what is invisible is shown."""
    return escape_markup(terminal(text), quote=True)


def script(document: str) -> str:
    r"""Write a JSON document for a page's script element: nothing in it ends the element."""
    return json(document).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def csv(text: str) -> str:
    """Keep a spreadsheet from reading a cell as a formula; control characters are shown."""
    shown = terminal(text)
    return f"'{shown}" if shown.lstrip().startswith(_FORMULA_STARTS) else shown


def json(document: str) -> str:
    r"""Write the characters of a JSON document that a terminal would act on as \uXXXX; its value stays the same."""
    if document.isascii() and "\x7f" not in document:
        return document
    return "".join(char if char in "\n\t\r" or is_plain(char) else _json_escape(char) for char in document)


def _prose_word(word: str) -> str:
    found = _WORD.fullmatch(word)
    before, core, after = found.groups() if found else ("", word, "")
    return before + (core if not core or _PLAIN_WORD.fullmatch(core) else markdown(core)) + after


def _visible(char: str) -> str:
    code = ord(char)
    if char in _NAMED:
        return _NAMED[char]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _json_escape(char: str) -> str:
    code = ord(char)
    if code < 0x10000:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
