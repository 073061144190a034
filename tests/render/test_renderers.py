"""The renderers against their golden files, and against hostile text in any field."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from render.canonical import CANONICAL, OPTIONS

from trail_diff.errors import UsageError
from trail_diff.model import CallerKind, Cause, Reason, Report
from trail_diff.render import FORMATS, render_report
from trail_diff.render.csv import REPORT_COLUMNS
from trail_diff.render.interface import RenderOptions
from trail_diff.render.phrases import CATALOGUES
from trail_diff.render.schema import report_schema

GOLDEN = Path(__file__).parent / "golden"
SCHEMA = Path(__file__).parent.parent.parent / "trail_diff" / "data" / "report.schema.json"

HOSTILE = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\x1b\x07\x9b\n\r\t|`<>[]()=+-@*_#&\u202e\u2066\u200b\u2028\x00\ud800"),
    ),
    max_size=60,
)


def with_text(text: str) -> Report:
    """Put one text into every free field of the report."""
    caller = msgspec.structs.replace(CANONICAL.callers[1].caller, type=text, name=text, arn=text)
    group = msgspec.structs.replace(CANONICAL.callers[1], caller=caller, action=text, key=text)
    failed = msgspec.structs.replace(
        CANONICAL.failed, id=text, state=text, message=text, resource=text, vault=text, role=text, key=text
    )
    skipped = msgspec.structs.replace(CANONICAL.coverage.skipped[0], source=text)
    return msgspec.structs.replace(
        CANONICAL,
        verdict=msgspec.structs.replace(CANONICAL.verdict, summary=text),
        failed=failed,
        callers=(group,),
        findings=tuple(msgspec.structs.replace(finding, caller=caller, action=text) for finding in CANONICAL.findings),
        coverage=msgspec.structs.replace(CANONICAL.coverage, skipped=(skipped,), regions=(text,), accounts=(text,)),
    )


@pytest.mark.parametrize("name", OPTIONS)
def test_output_is_as_expected(name: str) -> None:
    """Each renderer gives what its golden file holds; `make golden` writes them anew."""
    output_format, options = OPTIONS[name]

    assert render_report(CANONICAL, output_format, options) == (GOLDEN / name).read_text(encoding="utf-8")


def test_shipped_schema_is_up_to_date() -> None:
    """The JSON Schema that ships is the one the model makes."""
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == json.loads(json.dumps(report_schema()))


def test_report_is_valid_by_the_schema() -> None:
    """A report with something in each part follows the schema, which requires every field."""
    report = json.loads(render_report(CANONICAL, "json", RenderOptions()))

    Draft202012Validator(report_schema()).validate(report)
    assert next(iter(report)) == "schema"


def test_report_without_a_field_is_invalid() -> None:
    """The schema notices a missing field."""
    report = json.loads(render_report(CANONICAL, "json", RenderOptions()))
    del report["coverage"]["warnings"]

    assert not Draft202012Validator(report_schema()).is_valid(report)


@pytest.mark.parametrize("lang", CATALOGUES)
def test_every_word_of_the_model_has_a_phrase(lang: Any) -> None:
    """No code reaches a reader without a phrase, and no phrase is left over."""
    words = CATALOGUES[lang]

    assert set(words.reasons) == set(Reason)
    assert set(words.causes) == set(Cause)
    assert set(words.caller_kinds) == set(CallerKind)


def test_unknown_format_is_a_usage_error() -> None:
    """A format that there is not is refused with the ones that there are."""
    with pytest.raises(UsageError) as caught:
        render_report(CANONICAL, "xml", RenderOptions())

    assert all(name in caught.value.hint for name in FORMATS)


@given(HOSTILE, st.sampled_from([80, 120]), st.booleans())
@settings(deadline=None, max_examples=60)
def test_no_text_acts_on_a_terminal(text: str, width: int, verbose: bool) -> None:  # noqa: FBT001
    """Whatever a field holds, the table has no control character but its line breaks, and keeps its width."""
    shown = render_report(with_text(text), "table", RenderOptions(width=width, verbose=verbose))

    assert all(char == "\n" or char.isprintable() for char in shown)
    assert all(len(line) <= width for line in shown.splitlines())


@given(HOSTILE)
@settings(deadline=None, max_examples=60)
def test_no_text_breaks_a_markdown_table(text: str) -> None:
    """Every row of a table keeps its number of cells, and no text is outside of a code span."""
    shown = render_report(with_text(text), "markdown", RenderOptions())

    rows = [line for line in shown.splitlines() if line.startswith("|")]
    assert {row.count("|") for row in rows} == {4, 8}
    assert all(char == "\n" or char.isprintable() for char in shown)
    assert "<" not in re.sub(r"`[^`]*`", "", shown)


@given(HOSTILE)
@settings(deadline=None, max_examples=60)
def test_no_text_is_a_formula_in_a_sheet(text: str) -> None:
    """The CSV reads back into as many columns as it has names, and no cell begins as a formula does."""
    shown = render_report(with_text(text), "csv", RenderOptions())

    rows = list(csv.reader(io.StringIO(shown)))
    assert {len(row) for row in rows} == {len(REPORT_COLUMNS)}
    assert not [cell for row in rows for cell in row if cell.lstrip().startswith(("=", "+", "-", "@", "\t", "\r"))]


@given(HOSTILE)
@settings(deadline=None, max_examples=60)
def test_json_keeps_every_text(text: str) -> None:
    """JSON gives every text back as it was, and still has no control character in it."""
    shown = render_report(with_text(text), "json", RenderOptions())

    assert json.loads(shown)["failed"]["message"] == text
    assert all(char == "\n" or char.isprintable() for char in shown)
