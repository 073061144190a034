"""Marks of what somebody left out: `...`, `-- snip --`, `[truncated]`. What they stood for is missing; that is told."""

import re

from trail_diff.model.reasons import Reason
from trail_diff.read.repair.interface import Repair
from trail_diff.read.repair.punctuation import drop_commas

_STRING = r'"(?:[^"\\\n]++|\\.)*+"'
_STEMS = (
    "snip",
    "cut",
    "trimmed",
    "truncated",
    "omitted",
    "elided",
    "shortened",
    "removed",
    "redacted",
    "skipp",
    "left out",
    "etc",
)
_WORDS = (
    r"(?:snip(?:ped|s)?|cut|trimmed|truncated|omitted|elided|shortened|removed|redacted|skipp(?:ed|ing)|left out|etc)"
)
_LINE = re.compile(
    rf"^[ \t]*[\W_]{{0,12}}(?:\w+[ \t]+){{0,4}}{_WORDS}(?:[ \t]+\w+){{0,4}}[ \t]*[\W_]{{0,12}}$",
    re.IGNORECASE | re.MULTILINE,
)
_WORD = re.compile(rf"\b{_WORDS}\b|(?<!\w)8<", re.IGNORECASE)
_MARK_WORDS, _MARK_CHARACTERS = 7, 80
"""How long text is at most that only says that something was left out."""
_DOTS = re.compile(rf"({_STRING}|\\.)|(:\s*+)?[\[(<]?(?:\.{{3,}}|\u2026)[\])>]?(?![^\n\"{{}}\[\],]*+\w)")
_BRACKETED = re.compile(rf"({_STRING}|\\.)|(:\s*+)?[\[(<][ \t]*{_WORDS}[ \t]*[\])>]", re.IGNORECASE)


def _drop_marks(text: str) -> str | None:
    def put(found: re.Match[str]) -> str:
        return found[1] or (f"{found[2]}null" if found[2] else "")

    plain = _LINE.sub(_keep_values, text) if (has_words := _has_words(text)) else text
    if "..." in plain or "\u2026" in plain:
        plain = _DOTS.sub(put, plain)
    plain = _BRACKETED.sub(put, plain) if has_words else plain
    return drop_commas(plain) if plain != text else None


def is_mark(text: str) -> bool:
    """Check whether text between values only says that something was left out there."""
    bare = text.strip(" \t\r\n,[]{}()<>:*#/-")
    if not bare or len(bare) > _MARK_CHARACTERS or '"' in bare:
        return False
    return not bare.strip(".\u2026") or (len(bare.split()) <= _MARK_WORDS and _WORD.search(bare) is not None)


def _has_words(text: str) -> bool:
    """Check whether a word that may mark an elision occurs; most texts have none, and are not looked at further."""
    lower = text.lower()
    return any(stem in lower for stem in _STEMS)


def _keep_values(found: re.Match[str]) -> str:
    """Keep a line that holds a quotation mark: it is no mark of an elision but a part of a record."""
    return found[0] if '"' in found[0] else ""


ELISIONS = Repair(Reason.REPAIRED_ELISIONS, _drop_marks)
