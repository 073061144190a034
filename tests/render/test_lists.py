"""The lists: their specs, and what each form makes of any text in a row."""

import csv
import io
import json
import re
from datetime import UTC, datetime

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from render.canonical import CANONICAL, CATALOGUES

from trail_diff.model.learnt import Coverage
from trail_diff.model.lists import CallerUse, JobRow
from trail_diff.model.what_if import WhatIfRow
from trail_diff.render import FORMATS, render_list
from trail_diff.render.interface import RenderOptions
from trail_diff.render.list_spec import ListSpec, TerminalTable
from trail_diff.render.lists import CALLERS, JOBS, WHAT_IF
from trail_diff.render.width import width_of

SPECS: tuple[ListSpec[JobRow] | ListSpec[CallerUse] | ListSpec[WhatIfRow], ...] = (JOBS, CALLERS, WHAT_IF)
HOSTILE = st.text(
    st.one_of(st.characters(), st.sampled_from("\x1b\x9b\n\r|`<>[]=+-@\u202e\u200b\x00\ud800")), max_size=40
)


def all_lists(text: str, output_format: str, options: RenderOptions) -> list[str]:
    """Return each list with one row that has a text in every free field."""
    caller = structs.replace(CANONICAL.callers[0].caller, type=text, name=text, arn=text)
    job = structs.replace(CANONICAL.failed, id=text, state=text, message=text, resource=text, vault=text, key=text)
    use = CallerUse(caller, text, text, 3, 1, error_codes={text: 1})
    call = WhatIfRow(caller, text, text, 1, 0, "undetermined", "undetermined", unknown_keys=(text,))
    return [
        render_list(JOBS, [JobRow(job, job)], Coverage(), output_format, options),
        render_list(CALLERS, [use], Coverage(), output_format, options),
        render_list(WHAT_IF, [call], Coverage(), output_format, options),
    ]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_spec_names_what_there_is(spec: ListSpec[object]) -> None:
    """Each form shows columns that the list has, each column is shown somewhere, and has a title in every language."""
    table = spec.terminal if isinstance(spec.terminal, TerminalTable) else TerminalTable(())
    shown = {*spec.markdown, *spec.html, *table.columns, *table.verbose}

    assert shown == set(spec.columns)
    assert {name for line in table.stacked for name in line} <= {*table.columns, *table.verbose}
    for words in CATALOGUES.values():
        assert {spec.title, spec.caption, spec.empty, *(one.label for one in spec.columns.values())} <= set(
            words.labels
        )


@given(HOSTILE, st.sampled_from([80, 200]), st.booleans())
@settings(deadline=None, max_examples=examples(60))
def test_no_text_of_a_row_acts_on_a_terminal(text: str, width: int, verbose: bool) -> None:  # noqa: FBT001
    """Whatever a row holds, its lines have no control character and keep the width."""
    for shown in all_lists(text, "table", RenderOptions(width=width, verbose=verbose)):
        assert all(char == "\n" or char.isprintable() for char in shown)
        assert all(width_of(line) <= width for line in shown.splitlines())


@pytest.mark.parametrize(("width", "lines"), [(120, 1), (80, 2)])
def test_a_job_has_a_line_or_two(width: int, lines: int) -> None:
    """A job has one line of 120 columns and two of 80, with its vault and what its resource's ARN names."""
    job = CANONICAL.failed

    shown = render_list(JOBS, [JobRow(job, None)], Coverage(), "table", RenderOptions(width=width)).splitlines()[1:]

    assert shown[lines] == ""
    assert job.id in shown[0]
    assert "prod-vault" in shown[lines - 1]
    assert shown[lines - 1].endswith("table/orders")


def test_a_job_in_japanese_keeps_to_the_screen() -> None:
    """Where the kind of a job has no room beside its id, state and time, it stands in the second line."""
    job = CANONICAL.failed

    shown = render_list(JOBS, [JobRow(job, None)], Coverage(), "table", RenderOptions(width=80, lang="ja"))

    first, second = shown.splitlines()[1:3]
    assert job.id in first
    assert second.endswith("バックアップジョブ")
    assert width_of(first) <= 80
    assert width_of(second) <= 80


def test_failed_jobs_come_first_on_a_terminal_only() -> None:
    """A terminal shows failed jobs, then the newest first; JSON keeps the order of creation."""
    days = [datetime(2026, 3, day, tzinfo=UTC) for day in (1, 2, 3, 4)]
    states = ("FAILED", "COMPLETED", "EXPIRED", "COMPLETED")
    jobs = [
        structs.replace(CANONICAL.failed, id=f"job-{day.day}", state=state, created=day)
        for day, state in zip(days, states, strict=True)
    ]
    rows = [JobRow(job, None) for job in jobs]

    table, document = (render_list(JOBS, rows, Coverage(), form, RenderOptions()) for form in ("table", "json"))

    assert re.findall(r"^job-\d", table, re.MULTILINE) == ["job-3", "job-1", "job-4", "job-2"]
    assert [one["job"]["id"] for one in json.loads(document)["jobs"]] == ["job-1", "job-2", "job-3", "job-4"]
    assert table.startswith("4 jobs, 2 failed\n")


@given(HOSTILE)
@settings(deadline=None, max_examples=examples(40))
def test_no_text_of_a_row_breaks_its_markdown(text: str) -> None:
    """Every row of a list keeps its number of cells, and no text is outside of a code span."""
    for shown in all_lists(text, "markdown", RenderOptions()):
        rows = [line for line in shown.splitlines() if line.startswith("|")]

        assert len(rows) == 3
        assert len({row.count("|") for row in rows}) == 1
        assert "<" not in re.sub(r"`[^`]*`", "", shown)


@given(HOSTILE)
@settings(deadline=None, max_examples=examples(40))
def test_no_text_of_a_row_is_a_formula(text: str) -> None:
    """The CSV of a list has a value for each column, none of which begins as a formula does."""
    for spec, shown in zip(SPECS, all_lists(text, "csv", RenderOptions()), strict=True):
        header, cells = csv.reader(io.StringIO(shown))

        assert header == list(spec.data)
        assert len(cells) == len(header)
        assert not [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@"))]


def test_json_of_a_list_names_its_form() -> None:
    """A list as JSON says by its schema what it is, and has its rows under their name."""
    documents = [json.loads(shown) for shown in all_lists("x", "json", RenderOptions())]

    assert [(one["schema"], len(one[spec.member])) for one, spec in zip(documents, SPECS, strict=True)] == [
        (f"trail-diff/{spec.name}/1", 1) for spec in SPECS
    ]


@pytest.mark.parametrize("output_format", FORMATS)
@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_list_without_rows_is_a_text(spec: ListSpec[object], output_format: str) -> None:
    """A list without rows says so, or is an empty list for a program."""
    shown = render_list(spec, [], Coverage(), output_format, RenderOptions())

    told = {"csv": ",".join(spec.data), "json": f'"{spec.member}": []'}
    assert told.get(output_format, CATALOGUES["en"].labels[spec.empty]) in shown
