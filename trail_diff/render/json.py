"""Renders as JSON: the values as they are, complete and unshortened. The Report's field names are the contract."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from trail_diff.model.learnt import Coverage
from trail_diff.model.report import Report
from trail_diff.render import escape
from trail_diff.render.clean import clean_report
from trail_diff.render.interface import RenderOptions
from trail_diff.render.list_spec import ListSpec, Row


def render_report(report: Report, _options: RenderOptions) -> str:
    """Render the report of a case, as data/report.schema.json describes it."""
    document = msgspec.to_builtins(clean_report(report))
    return encode_document({"schema": document.pop("schema"), **document})


def render_list(spec: ListSpec[Row], rows: Sequence[Row], coverage: Coverage, _options: RenderOptions) -> str:
    """Render a list."""
    return encode_document(
        {"schema": f"trail-diff/{spec.name}/1", **spec.heading.members, spec.member: list(rows), "coverage": coverage}
    )


def encode_document(document: dict[str, Any]) -> str:
    """Encode by way of str, as msgspec's own encoder refuses lone surrogates, which JSON exports can hold.

    Lines are broken afterwards where that is possible, which takes a quarter of the time.
    """
    plain = msgspec.to_builtins(document)
    try:
        text = msgspec.json.format(json.dumps(plain, ensure_ascii=False, allow_nan=False), indent=2)
    except UnicodeEncodeError:
        text = json.dumps(plain, ensure_ascii=False, allow_nan=False, indent=2)
    return escape.json(text) + "\n"
