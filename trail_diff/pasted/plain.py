"""Strips from a pasted text what chat programs, mails, terminals and input methods put around or into it."""

import re
from pathlib import Path
from urllib.parse import unquote

_FROM_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d", "-"))
_UNSEEN = "\x1b\\[[0-9;]*[A-Za-z]|[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
_QUOTED = (
    "[\"'`“”„\u2018\u2019«»\u2039\u203a「」『』]"
    "([^\"'`“”„\u2018\u2019«»\u2039\u203a「」『』]*)[\"'`“”\u2018\u2019«»\u2039\u203a「」『』],?"
)
_LINK = r"<([^<>|\s]+)(?:\|[^<>]*)?>"
_FILE_ADDRESS = r"file://(?:/(?=[A-Za-z]:))?"
_OPTION_BEGINS = r"[-\u2010-\u2015\u2212\uff0d\u30fc]{1,2}(?=[A-Za-z\uff21-\uff5a])"
"""Patterns are compiled where they are needed first, as most words need none."""
_AROUND = frozenset("\"'`<")
"""How in ASCII begins what may be put around a text."""


def plain_text(text: str) -> str:
    """Return a text without signs that are not seen, in ASCII's letters, digits and dashes, out of quotes and links."""
    if text.isascii() and text.isprintable() and _AROUND.isdisjoint(text):
        return text.strip()
    plain = re.sub(_UNSEEN, "", text).translate(_FROM_WIDE).translate(_DASHES).strip()
    for around in (_QUOTED, _LINK):
        found = re.fullmatch(around, plain)
        plain = found[1].strip() if found else plain
    return plain


def plain_word(text: str) -> str:
    """Return a word of the command line as plain text; a file is called what it is called.

    A place may be written as the AWS CLI takes it (file://) or as an address of S3 in capital letters.
    """
    if _is_there(text):
        return text
    plain = plain_text(text)
    if plain.startswith("file://"):
        place = re.sub(_FILE_ADDRESS, "", plain)
        return next((one for one in (place, unquote(place)) if _is_there(one)), place)
    return f"s3://{plain[5:]}" if plain[:5].lower() == "s3://" else plain


def plain_option(word: str) -> str | None:
    """Return the option that a word may stand for, without its value; None for a word that begins as none does."""
    begun = re.match(_OPTION_BEGINS, word)
    name = plain_text(word[begun.end() :]) if begun else ""
    return f"--{name.partition('=')[0].lower().replace('_', '-')}" if name else None


def _is_there(text: str) -> bool:
    try:
        return Path(text).exists()
    except (OSError, ValueError):  # longer than a name can be, as a document is
        return False
