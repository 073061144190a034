"""The HTML report in a real browser: `make test-browser`."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browser.conftest import Opener
from msgspec import structs
from render.canonical import CANONICAL
from render.hostile import make_hostile

from trail_diff import Inputs, Question, analyse, load_case
from trail_diff.model.learnt import Coverage
from trail_diff.model.lists import CallerUse, JobRow
from trail_diff.model.report import Report
from trail_diff.model.what_if import WhatIfRow
from trail_diff.render import render_list, render_report
from trail_diff.render.interface import RenderOptions
from trail_diff.render.lists import CALLERS, JOBS, WHAT_IF
from trail_diff.render.triage import render_triage
from trail_diff.triaging.group import group_reports

pytestmark = pytest.mark.browser

OPTIONS, JAPANESE = RenderOptions(), RenderOptions(lang="ja")
FIXTURE = Path(__file__).parent.parent.parent / "fixtures" / "original-incident" / "trail"
MARKUP = "</script></style><img src=x onerror=alert(1)>\"'><svg onload=alert(1)>\u202e"


def show(report: Report, options: RenderOptions = OPTIONS) -> str:
    """Render a report."""
    return render_report(report, "html", options)


def show_triage(options: RenderOptions) -> str:
    """Render a triage of the job, which has a page of its own."""
    job = CANONICAL.failed
    key = (job.id, job.account, job.region)
    triage = group_reports([CANONICAL], 2, CANONICAL.coverage)
    return render_triage(triage, {key: CANONICAL}, "html", options, {key: "night-jobs/1.html"})


def original() -> Report:
    """Return the report of the original incident."""
    return analyse(load_case(Inputs((str(FIXTURE),)), Question("2c47cafb-f2a8-4324-bc60-6017794526c5")))


def many_events(report: Report = CANONICAL) -> Report:
    """Return the report with ten thousand events."""
    events = [structs.replace(report.events[n % 6], event_id=f"event-{n}") for n in range(10_000)]
    return structs.replace(report, events=tuple(events))


CALLER = CANONICAL.callers[0].caller
OPEN = structs.replace(
    CANONICAL,
    verdict=structs.replace(CANONICAL.verdict, outcome="inconclusive", cause=None, confidence=None),
    succeeded=None,
    findings=(),
    events=tuple(event for event in CANONICAL.events if event.side == "failed"),
)
CALL = WhatIfRow(CALLER, "kms:Decrypt", None, 1, 0, "breaks", "explicit-deny")
KINDS: dict[str, Callable[[RenderOptions], str]] = {
    "report": lambda options: show(CANONICAL, options),
    "triage": show_triage,
    "jobs": lambda options: render_list(
        JOBS, [JobRow(CANONICAL.failed, CANONICAL.succeeded)], Coverage(), "html", options
    ),
    "callers": lambda options: render_list(
        CALLERS, [CallerUse(CALLER, "kms:Decrypt", None, 3, 1)], Coverage(), "html", options
    ),
    "what-if": lambda options: render_list(WHAT_IF, [CALL], CANONICAL.coverage, "html", options),
}
PAGES: dict[str, Callable[[], str]] = {
    "canonical": lambda: show(CANONICAL),
    "triage": lambda: show_triage(OPTIONS),
    "original": lambda: show(original()),
    "many events": lambda: show(many_events()),
    "hostile": lambda: show(make_hostile(MARKUP)),
    "inconclusive": lambda: show(OPEN),
    "jobs": lambda: render_list(JOBS, [JobRow(CANONICAL.failed, CANONICAL.succeeded)], Coverage(), "html", OPTIONS),
    "callers": lambda: render_list(
        CALLERS, [CallerUse(CALLER, "kms:Decrypt", None, 3, 1)], Coverage(), "html", OPTIONS
    ),
    "what-if": lambda: render_list(
        WHAT_IF,
        [CALL],
        CANONICAL.coverage,
        "html",
        OPTIONS,
    ),
    "nothing": lambda: render_list(JOBS, [], Coverage(), "html", OPTIONS),
}


def open_details(page: Any) -> None:
    """Unfold everything."""
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")


@pytest.mark.parametrize("name", PAGES)
def test_page_is_silent(name: str, open_page: Opener) -> None:
    """A page writes nothing to the console, asks nothing and loads nothing but its own file."""
    opened = open_page(PAGES[name]())
    open_details(opened.page)

    assert opened.misdeeds == []
    assert len(opened.requests) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_page_is_accessible(name: str, scheme: str, open_page: Opener) -> None:
    """axe-core finds nothing to complain about, in light and in dark, with everything unfolded."""
    opened = open_page(PAGES[name](), color_scheme=scheme)
    open_details(opened.page)

    assert complaints_about(opened.page) == []


def complaints_about(page: Any) -> list[tuple[str, list[str]]]:
    """Return what axe-core finds: the rule, and the elements that break it."""
    from axe_playwright_python.sync_playwright import Axe

    violations = Axe().run(page).response["violations"]
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in violations]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_page_is_accessible_in_both_languages(
    kind: str, width: int, scheme: str, open_page: Opener
) -> None:
    """axe-core finds nothing on a phone and on a screen, in light and in dark, in English and in Japanese."""
    for options in (OPTIONS, JAPANESE) if width == 390 or kind == "triage" else (JAPANESE,):  # the test above: English
        viewport = {"width": width, "height": 844}
        page = open_page(KINDS[kind](options), color_scheme=scheme, viewport=viewport).page
        open_details(page)

        assert complaints_about(page) == [], options.lang
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("options", [OPTIONS, JAPANESE], ids=["en", "ja"])
def test_timeline_and_absence_are_read_on_a_phone_without_scrolling(options: RenderOptions, open_page: Opener) -> None:
    """On a phone the timeline is a list with every mark, and no table of reasons is wider than the screen."""
    page = open_page(show(CANONICAL, options), viewport={"width": 390, "height": 844}).page
    places = ("timeline", "absence", "weighing")

    too_wide = page.evaluate(
        """(places) => places.filter((id) => [...document.querySelectorAll(`section[aria-labelledby=${id}] *`)]
            .some((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 1))""",
        list(places),
    )

    assert too_wide == []
    assert all(page.locator(f"section[aria-labelledby={place}]").count() == 1 for place in places)
    assert page.locator(".lanes").is_visible()
    assert not page.locator(".timeline .scroll svg").is_visible()
    assert page.locator(".lanes code").first.inner_text() == CANONICAL.callers[0].caller.name


def test_content_security_policy_is_in_force(open_page: Opener) -> None:
    """What gets into the page after all can neither load nor run."""
    opened = open_page(PAGES["canonical"]())

    blocked = opened.page.evaluate(
        """() => new Promise((done) => {
            const seen = [];
            document.addEventListener("securitypolicyviolation", (event) => seen.push(event.effectiveDirective));
            const script = document.createElement("script");
            script.textContent = "window.ran = true";
            const image = document.createElement("img");
            image.src = "https://example.invalid/x.png";
            const style = document.createElement("style");
            document.body.append(script, image, style);
            style.textContent = "body { display: none }";
            setTimeout(() => done(seen), 500);
        })"""
    )

    assert {name.removesuffix("-elem") for name in blocked} == {"script-src", "img-src", "style-src"}
    assert opened.page.evaluate("window.ran") is None


def test_hostile_text_stays_text(open_page: Opener) -> None:
    """Markup in any field becomes no element, also after sorting and paging, and marks that reorder text are visible."""
    opened = open_page(show(many_events(make_hostile(MARKUP))))
    page = opened.page
    open_details(page)
    for button in page.locator("thead button").all()[:12]:
        button.click()
    page.locator("#events-table .pager button").last.click()

    assert page.locator("img, svg [onload], [onerror], iframe").count() == 0
    assert page.locator("svg:not(.lanes svg)").count() == 5
    assert "<img src=x onerror=alert(1)>" in page.locator("body").inner_text()
    assert "\u202e" not in page.content()
    assert opened.misdeeds == []


def column(page: Any, table: str, number: int) -> list[str]:
    """Return the texts of a column as it stands."""
    return [text.strip() for text in page.locator(f"{table} tbody tr > :nth-child({number})").all_inner_texts()]


def test_caller_table_sorts_by_keyboard(open_page: Opener) -> None:
    """A header is a button: the first press sorts up, the second down, the third as it was; aria-sort says so."""
    page = open_page(PAGES["original"]()).page
    before = column(page, "#callers-table", 3)
    header = page.locator("#callers-table th[scope=col]").nth(2)
    header.locator("button").focus()

    seen = []
    for _ in range(3):
        page.keyboard.press("Enter")
        seen.append((header.get_attribute("aria-sort"), column(page, "#callers-table", 3)))

    assert seen == [
        ("ascending", sorted(before)),
        ("descending", sorted(before, reverse=True)),
        ("none", before),
    ]


def test_caller_table_filters(open_page: Opener) -> None:
    """Rows are chosen by a text anywhere in them and by a value, and their number is told."""
    page = open_page(PAGES["original"]()).page

    page.get_by_label("filter").first.fill("STORAGE")
    by_text = column(page, "#callers-table", 1)
    page.get_by_label("filter").first.fill("")
    page.locator("#callers-table").get_by_label("seen").select_option("extra")

    assert by_text == ["backup-storage.amazonaws.com"] * 2
    assert column(page, "#callers-table", 1) == ["key-admin"]
    assert page.locator("#callers-table output").inner_text() == "1 of 4 rows"


def test_ten_thousand_events_stay_usable(open_page: Opener) -> None:
    """Only a page of rows is in the document; a filter finds one among all, and the pages can be turned."""
    page = open_page(PAGES["many events"]()).page
    open_details(page)

    assert page.evaluate("document.querySelectorAll('*').length") < 5_000
    assert page.locator("#events-table tbody tr").count() == 100
    page.locator("#events-table .pager button").last.click()
    assert column(page, "#events-table", 12)[0] == "event-100"
    page.locator("#events-table input").fill("event-9876")
    assert column(page, "#events-table", 12) == ["event-9876"]


def test_evidence_leads_to_its_event(open_page: Opener) -> None:
    """A link to an event unfolds the events and shows that one."""
    finding = structs.replace(
        CANONICAL.findings[0], evidence=(structs.replace(CANONICAL.findings[0].evidence[0], event_id="event-6"),)
    )
    page = open_page(show(structs.replace(CANONICAL, findings=(finding,)))).page

    page.get_by_role("link", name="event-6").click()

    assert column(page, "#events-table", 12) == ["event-6"]


def test_keyboard_reaches_the_verdict_first(open_page: Opener) -> None:
    """The first stop is a link past the navigation, seen when it has the focus."""
    page = open_page(PAGES["canonical"]()).page

    page.keyboard.press("Tab")
    box = page.locator(":focus").bounding_box()
    page.keyboard.press("Enter")

    assert box is not None
    assert box["x"] >= 0
    assert page.evaluate("document.activeElement.id") == "main"


def test_page_is_complete_without_its_script(open_page: Opener) -> None:
    """Without JavaScript nothing is missing but the rows beyond a page, and that is said."""
    page = open_page(PAGES["many events"](), java_script_enabled=False).page

    assert len(column(page, "#callers-table", 1)) == 2
    assert page.locator("button").count() == 0
    page.locator("section[aria-labelledby=events] summary").click()
    assert "first 100 of 10000 rows" in page.locator("#events-table").inner_text()


@pytest.mark.parametrize("width", [320, 390, 768, 1280, 1920])
def test_page_fits_its_window(width: int, open_page: Opener) -> None:
    """At no width does the page as a whole scroll sideways."""
    page = open_page(PAGES["hostile"](), viewport={"width": width, "height": 800}).page

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_page_prints(open_page: Opener, tmp_path: Path) -> None:
    """On paper there are no controls, colours are those of light, and what is cut on a screen is whole."""
    page = open_page(PAGES["original"](), color_scheme="dark", viewport={"width": 688, "height": 1000}).page
    page.emulate_media(media="print", color_scheme="dark")

    page.screenshot(path=tmp_path / "print.png", full_page=True)
    document = page.pdf(format="A4")

    assert page.evaluate("document.documentElement.scrollWidth") <= 688
    assert not page.locator("nav, .tools, .pager, .skip").filter(visible=True).count()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('.lead')).color") == "rgb(26, 33, 48)"
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", document)) <= 8
