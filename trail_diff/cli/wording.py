"""Translates the messages of the command line; English text is the key, and stays where it has no translation."""

import re
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Literal

from trail_diff.cli.app import ExitStatus
from trail_diff.cli.language import Language

Subject = Literal["problems", "notes", "checkup"]
_BLANK, _BLANK_OF, _BETWEEN = "{}", "(.*?)", "; "
_LONGEST, _DEEPEST = 2_000, 8
"""What is translated: how many characters, and how many texts within each other; the rest stays as it is."""


def complain(message: str, hint: str, language: Language) -> int:
    """Write a problem and how to fix it to stderr, as one line."""
    from trail_diff.render.escape import terminal

    between = "; " if language is Language.ENGLISH else "。"
    told = between.join(translate(text, language) for text in (message.rstrip("."), hint))
    sys.stderr.write(terminal(f"trail-diff: {told}") + "\n")
    return ExitStatus.UNUSABLE_INPUT


def translate(text: str, language: Language, about: Subject = "problems") -> str:
    """Return what is said of problems, in notes or by the checkup in a language; English where it is not translated."""
    if language is Language.ENGLISH or len(text) > _LONGEST:
        return text
    from trail_diff.cli.japanese.messages import CHECKUP, MESSAGES, NOTES

    return _fill(text, {"problems": MESSAGES, "notes": NOTES, "checkup": CHECKUP}[about], 0)


def _fill(text: str, phrases: Mapping[str, str], depth: int) -> str:
    """Return the translation of the phrase that a text fills in, the one that says most first; blanks likewise.

    A blank that holds two clauses is filled only where no phrase divides them.
    """
    if text in phrases and _BLANK not in text:
        return phrases[text]
    if depth == _DEEPEST:
        return text
    fitting = ((found, phrase) for pattern, phrase in _patterns(tuple(phrases)) if (found := pattern.fullmatch(text)))
    crossing = None
    for found, phrase in fitting:
        if _BETWEEN in phrase or not any(_BETWEEN in part for part in found.groups()):
            break
        crossing = crossing or (found, phrase)
    else:
        if crossing is None:
            return text
        found, phrase = crossing
    return phrases[phrase].format(*(_fill(part, phrases, depth + 1) for part in found.groups()))


@cache
def _patterns(phrases: Iterable[str]) -> list[tuple[re.Pattern[str], str]]:
    """Return a pattern for each phrase with blanks, those that say most of their own first."""
    with_blanks = [phrase for phrase in phrases if _BLANK in phrase]
    with_blanks.sort(key=lambda one: (len(re.sub(r"[\W_]", "", one)), len(one)), reverse=True)
    return [(re.compile(_BLANK_OF.join(map(re.escape, one.split(_BLANK))), re.DOTALL), one) for one in with_blanks]
