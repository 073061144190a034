"""Renders as JSON: the values as they are, complete and unshortened. The Report's field names are the contract."""

import json
import math
from collections.abc import Sequence
from typing import Any

import msgspec

from trail_diff.model import CallerUse, Coverage, JobRow, Remedy, Report, WhatIfRow
from trail_diff.render import escape
from trail_diff.render.interface import RenderOptions

JOBS_SCHEMA = "trail-diff/jobs/1"
WHAT_IF_SCHEMA = "trail-diff/what-if/1"
CALLERS_SCHEMA = "trail-diff/callers/1"

_DEEPEST = 100
_LARGEST_NUMBER_BITS = 4096


def render_report(report: Report, _options: RenderOptions) -> str:
    """Render the report of a case, as data/report.schema.json describes it."""
    remedies = tuple(_clean_remedy(remedy) for remedy in report.remedies)
    document = msgspec.to_builtins(msgspec.structs.replace(report, remedies=remedies))
    return _encode({"schema": document.pop("schema"), **document})


def render_jobs(rows: Sequence[JobRow], coverage: Coverage, _options: RenderOptions) -> str:
    """Render the list of jobs."""
    return _encode({"schema": JOBS_SCHEMA, "jobs": list(rows), "coverage": coverage})


def render_callers(rows: Sequence[CallerUse], coverage: Coverage, _options: RenderOptions) -> str:
    """Render the list of callers."""
    return _encode({"schema": CALLERS_SCHEMA, "callers": list(rows), "coverage": coverage})


def render_what_if(rows: Sequence[WhatIfRow], coverage: Coverage, _options: RenderOptions) -> str:
    """Render the replay of a policy."""
    return _encode({"schema": WHAT_IF_SCHEMA, "calls": list(rows), "coverage": coverage})


def _encode(document: dict[str, Any]) -> str:
    """Encode by way of str, as msgspec's own encoder refuses lone surrogates, which JSON exports can hold."""
    text = json.dumps(msgspec.to_builtins(document), ensure_ascii=False, allow_nan=False, indent=2)
    return escape.json(text) + "\n"


def _clean_remedy(remedy: Remedy) -> Remedy:
    patch = None if remedy.patch is None else tuple(_clean(step) for step in remedy.patch)
    return msgspec.structs.replace(remedy, patch=patch, policy=_clean(remedy.policy))


def _clean(value: Any, depth: int = 0) -> Any:
    """Keep what JSON can say of a policy taken from a log; anything else becomes a text, and what is too deep `…`."""
    match value:
        case dict() | list() | tuple() if depth >= _DEEPEST:
            return "…"
        case dict():
            return {str(key): _clean(inner, depth + 1) for key, inner in value.items()}
        case list() | tuple():
            return [_clean(inner, depth + 1) for inner in value]
        case None | str() | bool():
            return value
        case int() if value.bit_length() <= _LARGEST_NUMBER_BITS:
            return value
        case _:
            return _clean_number(value)


def _clean_number(value: Any) -> float | str:
    if isinstance(value, float) and math.isfinite(value):
        return value
    return hex(value) if isinstance(value, int) else str(value)
