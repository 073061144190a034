"""The languages, and which of them is spoken."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from itertools import pairwise


class Language(StrEnum):
    """The languages a report can be in."""

    ENGLISH = "en"
    JAPANESE = "ja"


def spoken_language(arguments: Sequence[str], environment: Mapping[str, str]) -> Language:
    """Return the language that --lang asks for, wherever it stands, else the locale's."""
    for option, value in pairwise([*arguments, ""]):
        name, _, given = option.partition("=")
        if name == "--lang" and (given or value) in set(Language):
            return Language(given or value)
    return locale_language(environment)


def locale_language(environment: Mapping[str, str]) -> Language:
    """Return the language of the locale; the first of its variables that is set decides."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((environment[name] for name in names if environment.get(name)), "")
    is_japanese = re.split(r"[_.@-]", locale)[0].lower() in {"ja", "japanese"}
    return Language.JAPANESE if is_japanese else Language.ENGLISH
