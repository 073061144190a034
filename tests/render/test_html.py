"""The HTML report as text: what it may load, and that no field becomes markup. tests/browser opens it."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import msgspec
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from incidents import FOLDER, run_in, shipped
from msgspec import structs
from render.canonical import CANONICAL, CATALOGUES, at
from render.hostile import make_hostile
from render.test_renderers import HOSTILE

from trail_diff.model.learnt import Coverage, Job
from trail_diff.model.lists import CallerUse, JobRow
from trail_diff.model.report import Remedy, Report, Verdict
from trail_diff.model.what_if import WhatIfRow
from trail_diff.render import render_list, render_report
from trail_diff.render.html_policy import diff_policies, show_policies
from trail_diff.render.html_timeline import draw_timeline, show_offset
from trail_diff.render.interface import RenderOptions
from trail_diff.render.lists import CALLERS, JOBS, WHAT_IF

SHIPPED = shipped()
WORDS = CATALOGUES["en"]
MARKUP = "</script></style><img src=x onerror=alert(1)>\"'><svg onload=alert(1)>{{7*7}}"


class Outline(HTMLParser):
    """Collects tags with the names of their attributes, and the text of the page."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag."""
        self.tags.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        self.texts.append(data)


def page_of(text: str) -> str:
    """Render the report with the text everywhere."""
    return render_report(make_hostile(text), "html", RenderOptions())


def content_of(page: str, tag: str) -> str:
    """Return what is in the first element of its name."""
    return str(re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)[0])


@pytest.mark.parametrize("tag", ["style", "script"])
def test_policy_of_the_page_allows_its_own_style_and_script_only(tag: str) -> None:
    """The Content-Security-Policy names the hash of what is in the page, and nothing else may load."""
    page = render_report(CANONICAL, "html", RenderOptions())

    digest = base64.b64encode(hashlib.sha256(content_of(page, tag).encode()).digest()).decode()
    policy = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)[0]
    assert f"{tag}-src &#x27;sha256-{digest}&#x27;" in policy
    assert policy.startswith("default-src &#x27;none&#x27;")
    assert "unsafe" not in policy


def test_page_refers_to_nothing_outside() -> None:
    """No attribute that loads or leads somewhere goes anywhere but to a place in the page."""
    page = render_report(CANONICAL, "html", RenderOptions())

    assert not re.findall(r"\b(?:src|srcset|action|poster)=", page)
    assert not [target for target in re.findall(r'href="([^"]*)"', page) if not target.startswith("#")]
    assert "url(" not in page
    assert "@import" not in page


def test_every_link_leads_to_a_place_in_the_page() -> None:
    """Each target of a link is there, and no id is there twice."""
    page = render_report(CANONICAL, "html", RenderOptions())

    ids = re.findall(r' id="([^"]*)"', page)
    assert set(re.findall(r'href="#([^"]*)"', page)) <= set(ids)
    assert len(ids) == len(set(ids))


@given(HOSTILE | st.just(MARKUP))
@settings(deadline=None, max_examples=examples(40))
def test_no_text_becomes_markup(text: str) -> None:
    """Whatever the fields hold, the page has the same elements and attributes, and nothing invisible in its text."""
    page, plain = Outline(page_of(f"x{text}")), Outline(page_of("xyz"))

    assert page.tags == plain.tags
    assert all(char == "\n" or char.isprintable() for data in page.texts for char in data)


def test_hostile_text_is_shown_as_it_is() -> None:
    """Markup, template syntax and marks that reorder text are there to be read."""
    texts = "".join(Outline(page_of(f"{MARKUP}\u202e")).texts)

    assert f"{MARKUP}\\u202e" in texts


@pytest.mark.parametrize("output", ["html", "table", "full", "markdown", "json"])
def test_commands_of_a_remedy_are_shown_without_what_acts(output: str) -> None:
    """Every format shows a remedy's commands, and no markup, control character or mark that reorders text of theirs."""
    command = f"aws kms create-grant --name '{MARKUP}\x1b[2J\u202e\ud800'"
    remedy = Remedy("create-grant", helps="undetermined", commands=(command,))

    report = structs.replace(CANONICAL, remedies=(remedy,), best_remedy="create-grant")
    options = RenderOptions(verbose=output == "full")
    shown = render_report(report, "table" if output == "full" else output, options)

    assert "aws kms create-grant --name" in shown
    assert not {"\x1b", "\u202e", "\ud800"} & set(shown)
    assert output != "html" or MARKUP not in shown


def test_data_for_the_script_survives_hostile_text() -> None:
    """With more events than a page of the table shows, the data element parses and cannot be ended early."""
    report = make_hostile(MARKUP)
    page = render_report(structs.replace(report, events=report.events * 40), "html", RenderOptions())

    written = re.findall(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)
    data = json.loads(written[0])
    assert len(data["rows"]) == 40 * len(CANONICAL.events)
    assert MARKUP in data["texts"]
    assert "<" not in written[0]


def test_more_events_do_not_make_more_elements() -> None:
    """Ten thousand events are a page of rows in markup and data for the rest."""
    many = structs.replace(CANONICAL, events=tuple(CANONICAL.events[n % 6] for n in range(10_000)))

    page = render_report(many, "html", RenderOptions())

    assert len(Outline(page).tags) < 5_000
    assert len(page) < 1_000_000


def test_report_without_baseline_policy_or_events_is_rendered() -> None:
    """A page leaves out what is not known, and puts the next steps before everything but the verdict."""
    bare = structs.replace(
        CANONICAL,
        verdict=Verdict("inconclusive"),
        succeeded=None,
        callers=(),
        findings=(),
        decisions=(),
        absence=(),
        remedies=(),
        changes=(),
        policies=(),
        events=(),
        events_left_out=0,
    )

    page = render_report(bare, "html", RenderOptions())

    assert WORDS.reasons[bare.coverage.warnings[0]] in page
    assert 'id="policy"' not in page
    assert page.index('id="next"') < page.index('id="jobs"')


def test_page_is_in_the_language_asked_for() -> None:
    """A Japanese page says so, and nothing but values and AWS's own messages is in English."""
    page = render_report(CANONICAL, "html", RenderOptions(lang="ja"))

    assert '<html lang="ja">' in page
    english = {phrase for phrase in WORDS.labels.values() if " " in phrase and "{" not in phrase}
    assert not {phrase for phrase in english if f">{phrase}<" in page}


def test_guilty_statement_is_told_from_the_others() -> None:
    """The policy is shown whole, in order, and one statement of it is the one that a finding blames."""
    (view,) = show_policies(CANONICAL)

    assert json.loads("\n".join(line.text for block in view.blocks for line in block.lines)) == (
        CANONICAL.policies[0].document
    )
    assert [block.index for block in view.blocks if block.is_guilty] == [2]
    pointed = [line.text.strip() for block in view.blocks for line in block.lines if line.mark == "pointed"]
    assert pointed == ['"StringNotEquals": {', '"aws:PrincipalArn": [']


def test_policy_of_undecided_callers_is_shown_without_a_guilty_statement() -> None:
    """Without a finding, the policy stands with the decision on the first caller and blames nothing."""
    (view,) = show_policies(structs.replace(CANONICAL, findings=()))

    assert view.decision == CANONICAL.decisions[0]
    assert not [block for block in view.blocks if block.is_guilty]


def test_comma_at_the_end_of_a_line_is_no_change() -> None:
    """A diff shows what is added or removed, not the commas that JSON needs around it."""
    lines = diff_policies({"a": [1], "b": 2}, {"a": [1, 3], "b": 2})

    assert [line.text for line in lines if line.mark] == ["+     3"]


def test_absent_calls_are_drawn_where_they_were_due() -> None:
    """In the failed job's row an absent call stands at the time that the succeeded job had it, as absent."""
    timeline = draw_timeline(CANONICAL, WORDS)

    assert timeline is not None
    failed, succeeded = timeline.lanes[1].tracks
    assert [mark.kind for mark in failed.marks] == ["missing"] * 3
    assert [mark.x for mark in failed.marks] == [mark.x for mark in succeeded.marks]
    assert failed.note == "absent"


def test_errors_are_drawn_as_such() -> None:
    """A call that ended in an error has its own kind of mark, and its code is written beside it."""
    timeline = draw_timeline(CANONICAL, WORDS)

    assert timeline is not None
    track = timeline.lanes[0].tracks[0]
    assert [(mark.kind, mark.offset) for mark in track.marks] == [("error", "+1:00"), ("ok", "+2:00")]
    assert track.note == "AccessDenied"


def test_change_outside_the_picture_is_told_at_its_edge() -> None:
    """A change hours before the job is not drawn on the axis, but named with its distance; one inside is on the axis."""
    inside = structs.replace(CANONICAL.changes[0], time=at(2, 18, 7))
    timeline = draw_timeline(structs.replace(CANONICAL, changes=(*CANONICAL.changes, inside)), WORDS)

    assert timeline is not None
    assert [flag.place for flag in timeline.flags] == ["before", "inside"]
    assert "8:34:00 before" in timeline.flags[0].text


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0:00"), (65, "+1:05"), (-5, "\u22120:05"), (3661, "+1:01:01"), (90061, "+25:01:01")]
)
def test_offsets_read_as_hours_minutes_seconds(seconds: int, shown: str) -> None:
    """An offset has a sign, and hours only when there are any."""
    assert show_offset(seconds) == shown


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_incident_has_its_page(name: str) -> None:
    """Whatever a report holds or lacks, the page is made, begins with the verdict, and asks for no missing value."""
    report = msgspec.convert(run_in(FOLDER / name, SHIPPED[name]["argv"]), Report)

    page = render_report(report, "html", RenderOptions())

    texts = Outline(page).texts
    assert report.verdict.summary in texts
    assert not [text for text in texts if text.strip() == "None"]


def test_lists_are_pages_as_well() -> None:
    """Jobs, callers and the replay of a policy have a page each, in which text stays text."""
    caller = structs.replace(CANONICAL.callers[0].caller, name=MARKUP)
    job = structs.replace(CANONICAL.failed, id=MARKUP)
    coverage, options = Coverage(), RenderOptions()

    pages = [
        render_list(JOBS, [JobRow(job, CANONICAL.succeeded)], coverage, "html", options),
        render_list(CALLERS, [CallerUse(caller, "kms:Decrypt", None, 3, 1)], coverage, "html", options),
        render_list(
            WHAT_IF,
            [WhatIfRow(caller, "kms:Decrypt", None, 1, 0, "breaks", "explicit-deny")],
            coverage,
            "html",
            options,
        ),
    ]

    for page in pages:
        assert MARKUP in "".join(Outline(page).texts)
        assert not {"img", "svg"} & {tag for tag, _ in Outline(page).tags}


def test_empty_lists_say_so() -> None:
    """A list without rows is a sentence, not an empty table."""
    page = render_list(JOBS, [], Coverage(), "html", RenderOptions())

    assert WORDS.labels["no_jobs"] in page
    assert "<table" not in page


def test_job_without_times_has_a_timeline_from_its_first_call() -> None:
    """Where a job's start is not known, its first call stands for it."""
    unknown = Job(id="x", kind="window")
    events = tuple(event for event in CANONICAL.events if event.side == "failed")
    timeline = draw_timeline(structs.replace(CANONICAL, failed=unknown, succeeded=None, events=events), WORDS)

    assert timeline is not None
    assert timeline.lanes[0].tracks[0].marks[0].offset == "0:00"
