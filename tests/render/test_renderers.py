"""The renderers against their golden files, and against hostile text in any field."""

import csv
import io
import json
import re
from pathlib import Path

import msgspec
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from render.canonical import CANONICAL, CATALOGUES, OPTIONS
from render.schemas import report_schema

from trail_diff.errors import UsageError
from trail_diff.model.report import Report
from trail_diff.render import FORMATS, render_report
from trail_diff.render.csv import REPORT_COLUMNS
from trail_diff.render.interface import Lang, RenderOptions
from trail_diff.render.width import width_of

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


def test_unknown_format_is_a_usage_error() -> None:
    """A format that there is not is refused with the ones that there are."""
    with pytest.raises(UsageError) as caught:
        render_report(CANONICAL, "xml", RenderOptions())

    assert all(name in caught.value.hint for name in FORMATS)


@given(HOSTILE, st.sampled_from([80, 120]), st.booleans(), st.sampled_from(sorted(CATALOGUES)))
@settings(deadline=None, max_examples=examples(80))
def test_no_text_acts_on_a_terminal(text: str, width: int, verbose: bool, lang: Lang) -> None:  # noqa: FBT001
    """Whatever a field holds, the table has no control character but its line breaks, and keeps its width."""
    shown = render_report(with_text(text), "table", RenderOptions(width=width, verbose=verbose, lang=lang))

    assert all(char == "\n" or char.isprintable() for char in shown)
    assert all(width_of(line) <= width for line in shown.splitlines())


@given(HOSTILE, st.sampled_from(sorted(CATALOGUES)))
@settings(deadline=None, max_examples=examples(80))
def test_no_text_breaks_a_markdown_table(text: str, lang: Lang) -> None:
    """Every row of a table keeps its number of cells, every fence is closed, and no text is outside of a code span."""
    shown = render_report(with_text(text), "markdown", RenderOptions(lang=lang))

    rows = [line for line in shown.splitlines() if line.startswith("|")]
    assert {row.count("|") for row in rows} == {8, 4}
    assert sum(line.startswith("```") for line in shown.splitlines()) % 2 == 0
    assert all(char == "\n" or char.isprintable() for char in shown)
    assert "<" not in re.sub(r"`[^`]*`", "", shown)


@given(HOSTILE)
@settings(deadline=None, max_examples=examples(60))
def test_no_text_leaves_a_fenced_block(text: str) -> None:
    """A text inside a policy stays inside its block, which is still JSON with the same text in it."""
    condition = {"StringEquals": {"kms:ViaService": text}}
    statement = {"Sid": text, "Effect": "Deny", "Condition": condition}
    policy = msgspec.structs.replace(CANONICAL.policies[0], document={"Statement": [{}, statement]})
    shown = render_report(msgspec.structs.replace(CANONICAL, policies=(policy,)), "markdown", RenderOptions())

    _, block, rest = shown.split("\n```", 2)
    assert json.loads(block.removeprefix("json\n")) == statement
    assert rest.startswith("\n")


@given(HOSTILE)
@settings(deadline=None, max_examples=examples(60))
def test_no_text_is_a_formula_in_a_sheet(text: str) -> None:
    """The CSV reads back into as many columns as it has names, and no cell begins as a formula does."""
    shown = render_report(with_text(text), "csv", RenderOptions())

    rows = list(csv.reader(io.StringIO(shown)))
    assert {len(row) for row in rows} == {len(REPORT_COLUMNS)}
    assert not [cell for row in rows for cell in row if cell.lstrip().startswith(("=", "+", "-", "@", "\t", "\r"))]


@given(HOSTILE)
@settings(deadline=None, max_examples=examples(60))
def test_json_keeps_every_text(text: str) -> None:
    """JSON gives every text back as it was, and still has no control character in it."""
    shown = render_report(with_text(text), "json", RenderOptions())

    assert json.loads(shown)["failed"]["message"] == text
    assert all(char == "\n" or char.isprintable() for char in shown)
