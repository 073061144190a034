"""The forms of a triage: what each shows, its size, and what it makes of any text in a field."""

import csv
import io
import json
import re
from typing import Any

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from msgspec import structs
from render.canonical import CANONICAL, CATALOGUES
from render.make_golden import DATA, SCHEMAS
from render.schemas import triage_schema

from trail_diff.errors import UsageError
from trail_diff.model.codes import Cause
from trail_diff.model.learnt import Coverage
from trail_diff.model.reasons import Reason
from trail_diff.model.report import NextStep
from trail_diff.model.triage import Triage, TriageCounts
from trail_diff.render import escape
from trail_diff.render.interface import Lang, RenderOptions
from trail_diff.render.phrases import catalogue
from trail_diff.render.triage import FORMATS, render_triage, summarize_triage
from trail_diff.render.triage.slack import LONGEST_TEXT, MOST_BLOCKS
from trail_diff.render.width import width_of
from trail_diff.triaging.group import group_reports

HOSTILE = st.text(
    st.one_of(st.characters(), st.sampled_from("\x1b\x9b\n\r|`<>[]=+-@&*_~\u202e\u200b\x00\ud800")), max_size=40
)
LANGS: list[Lang] = sorted(CATALOGUES)


def with_text(text: str, groups: int = 1) -> Triage:
    """Return a triage with a text in every field that somebody else could have written."""
    made = group_reports([CANONICAL], 2, Coverage(regions=(text,), accounts=(text,)))
    (group,) = made.groups
    assert group.change is not None
    assert group.statement is not None
    job = structs.replace(
        group.jobs[0], id=text, state=text, resource=text, resource_type=text, vault=text, account=text, region=text,
        parent=text, message=text,
    )  # fmt: skip
    spoilt = structs.replace(
        group,
        callers=tuple(structs.replace(one, name=text, arn=text, type=text) for one in group.callers),
        actions=(text,),
        change=structs.replace(group.change, event_id=text, event_name=text, by=text),
        statement=structs.replace(group.statement, sid=text),
        summary=text,
        vaults=(text, f"{text}2"),
        jobs=(job,),
    )
    other = structs.replace(
        spoilt, cause=None, outcome="inconclusive", confidence=None, change=None, statement=None, remedy=None,
        next_steps=(NextStep(group.reasons[0], text, option=text, account=text),),
    )  # fmt: skip
    return structs.replace(made, groups=(spoilt, other) * groups)


def render(triage: Triage, output_format: str, **options: Any) -> str:
    """Render without reports: the sentences are as they come."""
    return render_triage(triage, {}, output_format, RenderOptions(**options))


def test_schema_in_package_is_that_of_the_model() -> None:
    """The schema that ships is the one that the model makes; `make golden` writes it anew."""
    assert json.loads((DATA / "triage.schema.json").read_text(encoding="utf-8")) == json.loads(
        json.dumps(triage_schema())
    )
    assert set(SCHEMAS) == {"report.schema.json", "triage.schema.json"}


@given(HOSTILE)
@settings(deadline=None, max_examples=examples(30))
def test_json_is_as_the_schema_says(text: str) -> None:
    """JSON is what the schema describes, keeps every text, and has no control character in it."""
    shown = render(with_text(text), "json")

    document = json.loads(shown)
    Draft202012Validator(triage_schema()).validate(document)
    assert document["groups"][0]["jobs"][0]["message"] == text
    assert all(char == "\n" or char.isprintable() for char in shown)


@given(HOSTILE, st.sampled_from([80, 120]), st.booleans(), st.sampled_from(LANGS))
@settings(deadline=None, max_examples=examples(60))
def test_no_text_acts_on_a_terminal(text: str, width: int, verbose: bool, lang: Lang) -> None:  # noqa: FBT001
    """Whatever a field holds, the lines have no control character, and keep the width, commands aside."""
    shown = render(with_text(text), "table", width=width, verbose=verbose, lang=lang)

    assert all(char == "\n" or char.isprintable() for char in shown)
    is_command = [line.strip().removesuffix(" \\") in escape.terminal(text) for line in shown.splitlines()]
    lines = zip(shown.splitlines(), is_command, strict=True)
    assert all(width_of(line) <= width for line, is_part in lines if not (verbose and is_part))


@pytest.mark.parametrize("lang", LANGS)
def test_a_night_fits_one_screen(lang: Lang) -> None:
    """However many groups there are, a screen of 24 lines holds those with the most jobs, and says how many more."""
    shown = render(with_text("a-name" * 9, groups=20), "table", width=80, lang=lang)

    assert len(shown.splitlines()) <= 24
    assert "-v" in shown.splitlines()[-2]
    assert "--job-id" in shown


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(("width", "line"), [(120, 1), (80, 4)])
def test_a_group_names_a_job_to_go_on_with(lang: Lang, width: int, line: int) -> None:
    """On a wide terminal the id of one job is whole on the first of a group's lines, on a narrow one below them."""
    made, job_id = with_text("a"), "2C47CAFB-F2A8-4324-BC60-6017794526C5"
    job = structs.replace(made.groups[0].jobs[0], id=job_id)

    shown = render(
        structs.replace(made, groups=(structs.replace(made.groups[0], jobs=(job,)),)), "table", width=width, lang=lang
    )

    assert len(shown.splitlines()) == 6 if line > 1 else 5
    assert shown.splitlines()[line].endswith(f"--job-id {job_id}")


@pytest.mark.parametrize(("groups", "ids"), [(2, 2), (3, 3), (4, 3)])
def test_lines_of_their_own_for_ids_leave_a_night_on_one_screen(groups: int, ids: int) -> None:
    """As many groups have one as the screen has lines left; every other group here is told in its last line."""
    shown = render(with_text("a-name" * 9, groups=groups), "table", width=80).splitlines()

    assert len(shown) <= 24
    assert sum(line.strip().startswith("e.g. --job-id") for line in shown) == ids


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("verbose", [False, True])
def test_next_step_does_not_say_again_what_is_missing(lang: Lang, verbose: bool) -> None:  # noqa: FBT001
    """What an inconclusive group lacks is said once, as its cause; the next step says which call tells it."""
    command = "aws backup list-backup-jobs --by-state COMPLETED"
    made = with_text("a")
    group = structs.replace(
        made.groups[1],
        reasons=(Reason.NO_BASELINE,),
        next_steps=(NextStep(Reason.NO_BASELINE, command, "--job"),),
    )

    shown = render(structs.replace(made, groups=(group,)), "table", width=100, verbose=verbose, lang=lang)

    assert shown.count(CATALOGUES[lang].reasons[Reason.NO_BASELINE]) == 1
    assert "aws backup list-backup-jobs" in shown
    assert "job.json" in shown


def test_arn_is_shortened_before_a_line_is_cut() -> None:
    """A cause that does not fit a line loses the middle of its ARNs first, and nothing where it fits then."""
    made = with_text("a")
    arn = f"arn:aws:kms:eu-west-1:111122223333:key/{'1' * 8}"
    group = structs.replace(made.groups[1], reasons=(), summary=f"the key is {arn}, and what it does is known by now")

    shown = render(structs.replace(made, groups=(group,)), "table", width=80)

    assert "cause the key is arn:aws:kms:…:key/11111111, and what it does is known by now\n" in shown


def test_verbose_lists_every_group_and_whole_ids() -> None:
    """With -v no group is left out, and each job has its id to copy."""
    job_id = "2C47CAFB-F2A8-4324-BC60-6017794526C5"

    triage = with_text("a", groups=10)
    job = structs.replace(triage.groups[0].jobs[0], id=job_id, resource="arn:aws:" + "r" * 90)
    groups = tuple(structs.replace(group, jobs=(job,)) for group in triage.groups)

    shown = render(structs.replace(triage, groups=groups), "table", width=80, verbose=True)

    assert sum(line.startswith(f"  {job_id}") for line in shown.splitlines()) == 20


@given(HOSTILE, st.booleans(), st.sampled_from(LANGS))
@settings(deadline=None, max_examples=examples(60))
def test_no_text_breaks_a_markdown_table(text: str, verbose: bool, lang: Lang) -> None:  # noqa: FBT001
    """Every row keeps its cells, every fence is closed, and no markup is outside of a code span."""
    shown = render(with_text(text), "markdown", verbose=verbose, lang=lang)

    rows = [line for line in shown.splitlines() if line.startswith("|")]
    assert {row.count("|") for row in rows} == {6}
    assert sum(line.startswith("```") for line in shown.splitlines()) % 2 == 0
    assert all(char == "\n" or char.isprintable() for char in shown)
    assert "<" not in re.sub(r"```.*?```|`[^`]*`", "", shown, flags=re.DOTALL)


@given(HOSTILE)
@settings(deadline=None, max_examples=examples(40))
def test_no_text_is_a_formula_in_a_sheet(text: str) -> None:
    """The CSV has a row for each job with as many cells as it has names, and none begins as a formula does."""
    rows = list(csv.reader(io.StringIO(render(with_text(text), "csv"))))

    assert len(rows) == 3
    assert {len(row) for row in rows} == {len(rows[0])}
    assert not [cell for row in rows for cell in row if cell.lstrip().startswith(("=", "+", "-", "@", "\t", "\r"))]


@given(HOSTILE, st.sampled_from(LANGS))
@settings(deadline=None, max_examples=examples(30))
def test_no_text_is_markup_on_the_page(text: str, lang: Lang) -> None:
    """Each text is on the page as text; a link leads nowhere but to the report beside it."""
    triage = with_text(f"{text}<img src=x onerror=alert(1)>")
    job = triage.groups[0].jobs[0]

    page = {(job.id, job.account, job.region): "night-jobs/1.html"}
    shown = render_triage(triage, {}, "html", RenderOptions(lang=lang), page)

    assert "<img" not in shown
    assert set(re.findall(r'href="([^"]*)"', shown)) == {"#main", "night-jobs/1.html"}
    assert all(char == "\n" or char.isprintable() for char in shown)


@given(HOSTILE, st.integers(1, 40), st.sampled_from(LANGS))
@settings(deadline=None, max_examples=examples(40))
def test_slack_takes_every_message(text: str, groups: int, lang: Lang) -> None:
    """Blocks and texts stay within Slack's limits, and names are literal texts: none is a mention or a link."""
    document = json.loads(render(with_text(text * 200, groups), "slack", lang=lang))

    texts = list(texts_in(document["blocks"]))
    assert len(document["blocks"]) <= MOST_BLOCKS
    assert {kind for kind, _ in texts} == {"plain_text", "text"}
    assert all(0 < len(text) <= LONGEST_TEXT for _, text in texts)
    assert len(document["blocks"][0]["text"]["text"]) <= 150
    assert "<" not in document["text"]


def texts_in(value: Any) -> Any:
    """Yield the kind and the text of each object that has one."""
    match value:
        case {"type": str() as kind, "text": str() as text}:
            yield kind, text
        case dict():
            for inner in value.values():
                yield from texts_in(inner)
        case list():
            for inner in value:
                yield from texts_in(inner)
        case _:
            return


@given(HOSTILE, st.sampled_from(LANGS))
@settings(deadline=None, max_examples=examples(40))
def test_summary_is_one_line(text: str, lang: Lang) -> None:
    """Whatever vaults and statements are called, the summary is one line without a control character."""
    shown = summarize_triage(with_text(text), {}, RenderOptions(lang=lang))

    assert shown.count("\n") == 1
    assert shown[:-1].isprintable()


@pytest.mark.parametrize("output_format", FORMATS)
@pytest.mark.parametrize("lang", LANGS)
def test_a_night_without_failures_says_so(output_format: str, lang: Lang) -> None:
    """Without a failed job every form still is one, and those for people say that none failed."""
    shown = render(group_reports([], 230, Coverage(records_read=9)), output_format, lang=lang)

    assert "230" in shown or output_format == "csv"


def test_every_cause_has_a_short_name() -> None:
    """Each cause has a name for a heading, in every language."""
    for lang in LANGS:
        assert set(catalogue(lang).cause_names) == set(Cause)


def test_group_is_summed_up_in_the_language() -> None:
    """The sentence of a group is in the language that was asked for, from the report of its first job."""
    triage = group_reports([CANONICAL], 2, Coverage())
    job = CANONICAL.failed

    shown = render_triage(triage, {(job.id, job.account, job.region): CANONICAL}, "json", RenderOptions(lang="ja"))

    assert json.loads(shown)["groups"][0]["summary"].startswith(catalogue("ja").causes[str(CANONICAL.verdict.cause)])


def test_unknown_format_is_a_usage_error() -> None:
    """A format that there is not is refused with the ones that there are."""
    with pytest.raises(UsageError) as caught:
        render(with_text("a"), "xml")

    assert all(name in caught.value.hint for name in FORMATS)


def with_parts() -> Triage:
    """Return a group of a composite job and its part, and of a part whose parent is not there."""
    (group,) = group_reports([CANONICAL], 3, Coverage()).groups
    whole = structs.replace(group.jobs[0], id="whole", parent=None)
    part, other = (
        structs.replace(whole, id=name, parent=of) for name, of in (("part", "WHOLE"), ("other", "elsewhere"))
    )
    return Triage(TriageCounts(3, 3, 3, 0, 0, 0), (structs.replace(group, jobs=(whole, part, other)),), Coverage())


@pytest.mark.parametrize(("output_format", "below"), [("table", "    part"), ("markdown", "  - `part`")])
def test_parts_stand_below_their_job(output_format: str, below: str) -> None:
    """A part is indented below its job; one whose job is elsewhere says whose part it is."""
    lines = render(with_parts(), output_format, verbose=True, width=100).splitlines()

    (first,) = [number for number, line in enumerate(lines) if line.strip(" -`").startswith("whole")]
    assert lines[first + 1].startswith(below)
    assert "part of" not in lines[first + 1]
    assert "part of" in lines[first + 2]
    assert "elsewhere)" in lines[first + 2].replace("`", "")


@pytest.mark.parametrize("output_format", ["table", "markdown", "html", "slack"])
def test_jobs_that_may_be_missing_are_told(output_format: str) -> None:
    """A list that is not complete is said beside the counts, without -v."""
    made = structs.replace(with_parts(), coverage=Coverage(warnings=(Reason.JOBS_NOT_LISTED,)))

    assert "a list of jobs is not complete" in render(made, output_format)
