"""Makes policies taken from a log representable in JSON: they may hold anything that a parser accepts."""

import math
from typing import Any

from msgspec.structs import replace

from trail_diff.model.report import Remedy, Report

_DEEPEST = 100
_LARGEST_NUMBER_BITS = 4096


def clean_report(report: Report) -> Report:
    """Return the report with every policy in it cleaned."""
    return replace(
        report,
        remedies=tuple(_clean_remedy(remedy) for remedy in report.remedies),
        policies=tuple(
            replace(policy, document=clean(policy.document), previous=clean(policy.previous))
            for policy in report.policies
        ),
    )


def clean(value: Any, depth: int = 0) -> Any:
    """Return the value as JSON can represent it: anything else becomes text, and what is nested too deeply `…`."""
    match value:
        case dict() | list() | tuple() if depth >= _DEEPEST:
            return "…"
        case dict():
            return {str(key): clean(inner, depth + 1) for key, inner in value.items()}
        case list() | tuple():
            return [clean(inner, depth + 1) for inner in value]
        case None | str() | bool():
            return value
        case int() if value.bit_length() <= _LARGEST_NUMBER_BITS:
            return value
        case _:
            return _clean_number(value)


def _clean_remedy(remedy: Remedy) -> Remedy:
    patch = None if remedy.patch is None else tuple(clean(step) for step in remedy.patch)
    context = clean(remedy.encryption_context)
    return replace(remedy, patch=patch, policy=clean(remedy.policy), encryption_context=context)


def _clean_number(value: Any) -> float | str:
    if isinstance(value, float) and math.isfinite(value):
        return value
    return hex(value) if isinstance(value, int) else str(value)
