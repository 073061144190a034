"""Japanese phrases with full-width colons and brackets, for a page; on a terminal they are half-width."""

import re
from collections.abc import Mapping
from typing import Any

from msgspec import structs

from trail_diff.render.catalogue import Catalogue

_COLON = re.compile(r'(?<!"):(?: |$)|(?<=[^ -~]):(?=[^ -~])')
"""A colon that joins; not one in an ARN or a condition key, nor in JSON, whose names are in quotes."""

_BRACKETS = re.compile(r" ?\(([^()]*)\) ?")


def widen(words: Catalogue) -> Catalogue:
    """Return a catalogue whose phrases, and what joins them, have full-width punctuation."""
    phrases = {
        name: {code: _widen(phrase) for code, phrase in table.items()}
        for name, table in structs.asdict(words).items()
        if isinstance(table, Mapping)
    }
    return structs.replace(words, **phrases, colon="：", opening="（", closing="）")


def widen_text(text: str) -> str:
    """Return a phrase with full-width colons and brackets, without the spaces beside the half-width ones."""
    return _COLON.sub("：", _BRACKETS.sub(r"（\1）", text))


def _widen(phrase: Any) -> Any:
    return tuple(map(widen_text, phrase)) if isinstance(phrase, tuple) else widen_text(phrase)
