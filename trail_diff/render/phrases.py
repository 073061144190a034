"""Wording: the catalogue of each language, and what names a caller."""

from functools import cache
from typing import get_args

from trail_diff.errors import UsageError
from trail_diff.model.learnt import Caller
from trail_diff.render.catalogue import Catalogue
from trail_diff.render.full_width import widen
from trail_diff.render.interface import Lang


def catalogue(lang: Lang) -> Catalogue:
    """Return the phrases of a language; those of one that nobody asks for are not loaded.

    Raises:
        UsageError: there is no such language.
    """
    match lang:
        case "en":
            from trail_diff.render.phrases_en import ENGLISH

            return ENGLISH
        case "ja":
            from trail_diff.render.phrases_ja import JAPANESE

            return JAPANESE
    raise UsageError(f"no such language: {lang!r}", hint=f"choose one of {', '.join(get_args(Lang))}")


@cache
def page_catalogue(lang: Lang) -> Catalogue:
    """Return the phrases of a language for a page, on which nothing has to keep a terminal's columns."""
    words = catalogue(lang)
    return widen(words) if lang == "ja" else words


def caller_name(caller: Caller, words: Catalogue) -> str:
    """Return what best names a caller: its name, else its ARN, else its account."""
    return caller.name or caller.arn or caller.account or words.labels["unnamed"]


def name_typed(caller: Caller, words: Catalogue) -> str:
    """Return what best names a caller, with its type."""
    return words.aside(caller_name(caller, words), caller_type(caller, words))


def caller_type(caller: Caller, words: Catalogue) -> str:
    """Return the caller type as CloudTrail has it, else what the caller amounts to."""
    return caller.type or words.caller_kinds[caller.kind]
