"""Renders as JSON: the values as they are, complete and unshortened. The Report's field names are the contract."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from trail_diff.model.learnt import Coverage
from trail_diff.model.report import CallerUse, JobRow, Report, WhatIf
from trail_diff.render import escape
from trail_diff.render.clean import clean_report
from trail_diff.render.interface import RenderOptions

JOBS_SCHEMA = "trail-diff/jobs/1"
CALLERS_SCHEMA = "trail-diff/callers/1"


def render_report(report: Report, _options: RenderOptions) -> str:
    """Render the report of a case, as data/report.schema.json describes it."""
    document = msgspec.to_builtins(clean_report(report))
    return _encode({"schema": document.pop("schema"), **document})


def render_jobs(rows: Sequence[JobRow], coverage: Coverage, _options: RenderOptions) -> str:
    """Render the list of jobs."""
    return _encode({"schema": JOBS_SCHEMA, "jobs": list(rows), "coverage": coverage})


def render_callers(rows: Sequence[CallerUse], coverage: Coverage, _options: RenderOptions) -> str:
    """Render the list of callers."""
    return _encode({"schema": CALLERS_SCHEMA, "callers": list(rows), "coverage": coverage})


def render_what_if(report: WhatIf, _options: RenderOptions) -> str:
    """Render the replay of a policy."""
    return _encode(msgspec.structs.asdict(report))


def _encode(document: dict[str, Any]) -> str:
    """Encode by way of str, as msgspec's own encoder refuses lone surrogates, which JSON exports can hold.

    Lines are broken afterwards where that is possible, which takes a quarter of the time.
    """
    plain = msgspec.to_builtins(document)
    try:
        text = msgspec.json.format(json.dumps(plain, ensure_ascii=False, allow_nan=False), indent=2)
    except UnicodeEncodeError:
        text = json.dumps(plain, ensure_ascii=False, allow_nan=False, indent=2)
    return escape.json(text) + "\n"
