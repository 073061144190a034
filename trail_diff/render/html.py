"""Renders as one HTML file that needs nothing else: to be read, sorted, printed and sent to somebody.

Everything is in the page without its script; the script sorts, filters and copies. The wording is in the catalogue, the
layout in the templates.
"""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, structs

from trail_diff.model.learnt import Coverage
from trail_diff.model.report import Remedy, Report
from trail_diff.render import essentials, findings, html_tables, layout, weighing
from trail_diff.render.catalogue import Catalogue
from trail_diff.render.clean import clean_report
from trail_diff.render.html_page import fill_page
from trail_diff.render.html_policy import Line, diff_policies, policy_lines, policy_of, show_policies
from trail_diff.render.html_timeline import draw_timeline
from trail_diff.render.interface import RenderOptions
from trail_diff.render.list_spec import ListSpec, Row
from trail_diff.render.phrases import caller_name, page_catalogue
from trail_diff.render.summary import summarize

_MOST_LISTED = 200
"""The most decisions or skipped files that are listed one by one."""


class RemedyView(Struct, frozen=True):
    """A remedy with its title, what it does to the key policy, and the lines of its JSON patch and of its document."""

    remedy: Remedy
    title: str
    diff: tuple[Line, ...]
    patch: tuple[str, ...]
    policy: tuple[str, ...]


def render_report(report: Report, options: RenderOptions) -> str:
    """Render the report of a case."""
    words = page_catalogue(options.lang)
    verdict = structs.replace(report.verdict, summary=summarize(report, words))
    report = clean_report(structs.replace(report, verdict=verdict))
    title = words.labels["html_title"].format(
        kind=words.job_kinds[report.failed.kind], id=report.failed.id, state=report.failed.state or ""
    )
    values = {**_told(report, words), **_ways_to_show(report, words)}
    return fill_page("report.html.j2", title.rstrip(words.colon), options.lang, words, values)


def _told(report: Report, words: Catalogue) -> Mapping[str, object]:
    """Return what the page of a report tells."""
    return {
        **coverage_values(report.coverage, words),
        "report": report,
        "findings": layout.merge_actions(report.findings, words),
        "jobs": _job_rows(report, words),
        "timeline": draw_timeline(report, words),
        "callers": html_tables.callers_table(report, words),
        "policies": show_policies(report),
        "changed_policies": [
            (one, diff_policies(one.previous, one.document)) for one in report.policies if one.previous
        ],
        "remedies": tuple(_remedy_views(report, words)),
        "consequences": essentials.list_consequences(report, words),
        "open_differences": findings.show_open_differences(report, words),
        "expected": essentials.list_expected(report, words, all_of_them=True),
        "weights": weighing.weights(report, words),
        "first_label": words.labels[layout.job_label(report)],
        "no_callers": layout.say_no_callers(report, words),
        "absences": layout.merge_actions(report.absence, words),
        "decisions": report.decisions[:_MOST_LISTED],
        "events": html_tables.events_table(report, words),
        "event_ids": {event.event_id for event in report.events},
        "change_ids": {change.event_id: number for number, change in enumerate(report.changes, 1)},
    }


def _ways_to_show(report: Report, words: Catalogue) -> Mapping[str, object]:
    """Return how the page puts values of a report into words."""
    return {
        "show_key": lambda key: layout.place_key(key, report.key_places, words),
        "why_condition": lambda condition, effect: findings.why_condition(condition, effect, words),
        "show_ruling": lambda one: weighing.show_ruling(report, one, words),
        "show_rests_on": lambda finding: [
            *findings.show_rests_on(finding, words),
            *findings.show_differences(report, finding, words),
            *([findings.say_mended(finding, words)] if finding.mended_since else []),
        ],
        "show_proof": lambda remedy: essentials.show_proof(structs.replace(remedy, replay=None), words),
        "show_change": lambda change: layout.show_change(change, words),
        "show_step": lambda step: layout.show_step(step, report.failed.account, words),
    }


def render_list(spec: ListSpec[Row], rows: Sequence[Row], coverage: Coverage, options: RenderOptions) -> str:
    """Render a list."""
    words = page_catalogue(options.lang)
    table = html_tables.make_table(spec.table_id, spec.caption, spec.pick(spec.html), rows, words)
    values = {
        **coverage_values(coverage, words),
        "table": table,
        "told": words.join_clauses([spec.lead(rows, words), *spec.heading.notes(words)]),
    }
    return fill_page("list.html.j2", words.labels[spec.title], options.lang, words, values)


def coverage_values(coverage: Coverage, words: Catalogue) -> Mapping[str, object]:
    """Return what every page needs: the coverage, and how values are shown."""
    return {
        "coverage": coverage,
        "counts": layout.coverage_counts(coverage, words),
        "skipped": layout.skipped_by_reason(coverage.skipped),
        "skipped_one_by_one": coverage.skipped[:_MOST_LISTED],
        "skipped_left_out": max(len(coverage.skipped) - _MOST_LISTED, 0),
        "show_time": layout.show_time,
        "show_span": layout.show_span,
        "show_key": layout.show_key,
        "caller_name": lambda caller: caller_name(caller, words),
        "show_evidence": layout.show_evidence,
        "show_statement": lambda finding: layout.show_statement(finding.statement, words),
    }


def _job_rows(report: Report, words: Catalogue) -> Sequence[tuple[str, str, str]]:
    failed, succeeded = (layout.job_rows(job, report.key_places, words) for job in (report.failed, report.succeeded))
    return [
        (words.labels[name], failed.get(name, ""), succeeded.get(name, ""))
        for name in layout.JOB_FIELDS
        if name in failed or name in succeeded
    ]


def _remedy_views(report: Report, words: Catalogue) -> Iterator[RemedyView]:
    """Yield the remedies with what each does to the policy that the weightiest finding is about."""
    old = policy_of(report.findings[0], report) if report.findings else None
    for remedy in report.remedies:
        is_of_key = remedy.patch is not None and remedy.policy is not None
        patch = policy_lines({"patch": list(remedy.patch)})[1:-1] if remedy.patch else []
        yield RemedyView(
            remedy,
            essentials.title_remedy(remedy, words),
            diff_policies(old.document if old is not None else None, remedy.policy) if is_of_key else (),
            tuple(line[2:].removeprefix('"patch": ') for line in patch),
            tuple(policy_lines(remedy.policy if is_of_key else essentials.document_of(remedy))),
        )
