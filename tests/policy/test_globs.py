"""Tests matching with wildcards."""

import re
import time

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from trail_diff.policy.elements.globs import Glob, Wildcard, glob_pieces

TEXT = st.text(alphabet="ab:/", max_size=12)
PATTERN = st.text(alphabet="ab:/*?", max_size=10)


@settings(deadline=None, max_examples=examples(300))
@given(PATTERN, TEXT)
def test_match_is_that_of_the_equivalent_regular_expression(pattern: str, text: str) -> None:
    """For short texts, where a regular expression is safe, both agree."""
    expression = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)

    matched = Glob(glob_pieces(pattern)).match(text)

    assert (matched == "match") is (re.fullmatch(expression, text) is not None)


@settings(deadline=None, max_examples=examples(200))
@given(st.text(alphabet="ab*?\n", max_size=10), st.text(alphabet="ab\n", max_size=10))
def test_match_is_unknown_only_where_line_breaks_make_the_difference(pattern: str, text: str) -> None:
    """It matches when no wildcard needs a line break, and may match when one does."""
    expression = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
    strict = re.fullmatch(expression, text) is not None
    loose = re.fullmatch(expression, text, re.DOTALL) is not None

    matched = Glob(glob_pieces(pattern)).match(text)

    assert matched == ("match" if strict else "unknown" if loose else "no-match")


@pytest.mark.parametrize("pattern", ["*a" * 2000 + "b", "?*" * 2000 + "b", "*" * 5000 + "b", "*?a" * 1500 + "b"])
def test_hostile_pattern_takes_no_long_time(pattern: str) -> None:
    """Patterns that make backtracking explode are matched in time linear in the text."""
    start = time.process_time()

    matched = Glob(glob_pieces(pattern)).match("a" * 20_000)

    assert matched == "no-match"
    assert time.process_time() - start < 2


def test_pattern_and_text_of_enormous_size_are_given_up() -> None:
    """Rather than hang, a match that would take billions of steps is unknown."""
    pattern = Glob([Wildcard.ANY_TEXT, "a" * 100_000, Wildcard.ANY_CHARACTER])

    assert pattern.match("a" * 100_000) == "unknown"


def test_character_that_only_looks_like_a_wildcard_is_text() -> None:
    """A piece of text is matched literally, its asterisk included."""
    glob = Glob(["a*", Wildcard.ANY_CHARACTER])

    assert [glob.match("a*b"), glob.match("axb")] == ["match", "no-match"]
