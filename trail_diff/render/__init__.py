"""Renders finished values as text. This is the registry of formats; each renderer is imported only when asked for."""

from collections.abc import Sequence
from importlib import import_module
from typing import get_args

from trail_diff.errors import UsageError
from trail_diff.model.learnt import Coverage
from trail_diff.model.report import Report
from trail_diff.render.interface import Format, Lang, Renderer, RenderOptions
from trail_diff.render.list_spec import ListSpec, Row

FORMATS: tuple[Format, ...] = get_args(Format)
"""The formats, each a module of this room."""

_DEFAULTS = RenderOptions()


def render_report(report: Report, output_format: str, options: RenderOptions = _DEFAULTS) -> str:
    """Render the report of a case, its verdict summed up in the language of the options.

    Raises:
        UsageError: the format is none of `FORMATS`.
    """
    from trail_diff.render.summary import word_verdict

    return _renderer(output_format).render_report(word_verdict(report, options.lang), options)


def summarize(report: Report, lang: Lang = "en") -> str:
    """Return the verdict of a report as one sentence without a full stop, which `render_report` begins with."""
    from trail_diff.render.summary import word_verdict

    return word_verdict(report, lang).verdict.summary


def render_list(
    spec: ListSpec[Row], rows: Sequence[Row], coverage: Coverage, output_format: str, options: RenderOptions = _DEFAULTS
) -> str:
    """Render a list: jobs, callers, or calls replayed against a policy; their specs are in `lists`.

    Raises:
        UsageError: the format is none of `FORMATS`.
    """
    return _renderer(output_format).render_list(spec, rows, coverage, options)


def _renderer(output_format: str) -> Renderer:
    if output_format not in FORMATS:
        raise UsageError(f"no such format: {output_format}", hint=f"choose one of {', '.join(FORMATS)}")
    renderer: Renderer = import_module(f"trail_diff.render.{output_format}")
    return renderer
