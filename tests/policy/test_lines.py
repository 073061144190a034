"""The lines of policies and statements in documents."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trail_diff.policy.documents.lines import Marked, line_of, mark_lines

CASES = json.loads((Path(__file__).parent / "cases" / "lines.json").read_text(encoding="utf-8"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize("case", CASES, ids=[case["note"] for case in CASES])
def test_line_of_a_statement(case: dict[str, Any]) -> None:
    """A statement has the line it begins on; what cannot be found has that of what is around it."""
    document = mark_lines("\n".join(case["text"]).encode())

    assert line_of(document, case["policy"], case["index"], case.get("sid")) == case["line"]


@given(VALUES.filter(lambda value: isinstance(value, dict | list) and bool(value)))
def test_every_member_has_the_line_it_stands_on(value: Any) -> None:
    """Whatever a JSON document holds, each of its values begins on the line that it is said to begin on."""
    text = json.dumps(value, indent=1)
    lines = dict(enumerate(text.split("\n"), 1))

    def check(marked: Marked, inner: Any) -> None:
        begun = json.dumps(inner)[:1] if isinstance(inner, dict | list) else json.dumps(inner)
        assert begun in lines[marked.line]
        parts = inner.items() if isinstance(inner, dict) else enumerate(inner) if isinstance(inner, list) else ()
        for name, part in parts:
            check(marked.members[str(name)], part)

    check(mark_lines(f"{text}\n".encode()), value)
