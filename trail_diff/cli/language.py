"""The languages, and which of them is used."""

import re
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from enum import StrEnum
from itertools import pairwise


class Language(StrEnum):
    """The languages a report can be in."""

    ENGLISH = "en"
    JAPANESE = "ja"


_SPOKEN = ContextVar("_SPOKEN", default=Language.ENGLISH)


def speak(language: Language) -> None:
    """Set the language of what a command says on the way: notes, and how it ended."""
    _SPOKEN.set(language)


def spoken() -> Language:
    """Return the language of what a command says on the way."""
    return _SPOKEN.get()


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
