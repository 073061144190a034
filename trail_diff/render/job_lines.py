"""Draws a job of the list of jobs on a terminal."""

from collections.abc import Sequence

from trail_diff.model.lists import JobRow
from trail_diff.render import escape, layout
from trail_diff.render.catalogue import Catalogue
from trail_diff.render.page import Page
from trail_diff.render.width import shorten, shorten_arn, width_of

_WIDE = 120
"""From how many columns on a job has one line."""

_ID_WIDTH, _STATE_WIDTH, _MINUTE_WIDTH, _JOB_INDENT = 36, 9, 17, 4


def draw_job(page: Page, row: JobRow, words: Catalogue, *, verbose: bool) -> None:
    """Draw a job: a line where there is room for one, else two; what it said and its baseline with --verbose."""
    job, labels = row.job, words.labels
    head = [_fill(job.id, _ID_WIDTH), _fill(job.state or labels["not_known"], _STATE_WIDTH)]
    head += [_fill(layout.show_minute(job.created), _MINUTE_WIDTH)]
    kind = words.job_kinds[job.kind]
    is_beside = _width_of_all(head) + width_of(kind) <= page.width
    head += [kind] if is_beside else []
    is_wide = page.width >= _WIDE
    last = [*([] if is_beside else [kind]), *page.local_times(layout.show_minute(job.created))]
    room = page.width - (_width_of_all(head) if is_wide else _JOB_INDENT) - _width_of_all(last)
    vault = shorten(escape.terminal(layout.last_part(job.vault)), room * 2 // 5)
    resource = shorten_arn(escape.terminal(job.resource or ""), room - width_of(vault) - 2)
    about = "  ".join(filter(None, [vault, resource, *last]))
    page.code(["  ".join(filter(None, [*head, about] if is_wide else head))], indent=0)
    if not is_wide and about:
        page.code([about], _JOB_INDENT)
    if verbose:
        _draw_details(page, row, words)


def _draw_details(page: Page, row: JobRow, words: Catalogue) -> None:
    if row.job.message:
        page.pair("", row.job.message, _JOB_INDENT)
    if row.job.parent:
        page.pair("", f"{words.labels['parent']} {row.job.parent}", _JOB_INDENT)
    if row.baseline is not None:
        named = [f"{words.labels['baseline']} {row.baseline.id}", layout.show_time(row.baseline.created)]
        told = words.join_items([part for part in named if part])
        page.pair("", words.join_clauses([told, *map(words.reason, row.differences)]), _JOB_INDENT)
    if row.profiles:
        page.pair("", f"{words.labels['profiles']} {' '.join(row.profiles)}", _JOB_INDENT)


def _width_of_all(parts: Sequence[str]) -> int:
    """Return how wide parts are, each with what divides it from the next."""
    return sum(width_of(one) + 2 for one in parts)


def _fill(text: str, width: int) -> str:
    shown = shorten(escape.terminal(text), width)
    return shown + " " * (width - width_of(shown))
