"""The JSON Schemas of the report and of a triage, made from the model itself, so that the two cannot differ."""

from typing import Any

import msgspec

from trail_diff.model.report import Report
from trail_diff.model.triage import Triage

REPORT_ID = "trail-diff/report/1"
TRIAGE_ID = "trail-diff/triage/1"


def report_schema() -> dict[str, Any]:
    """Make the schema of the report."""
    return _make_schema(Report, REPORT_ID, "trail-diff report")


def triage_schema() -> dict[str, Any]:
    """Make the schema of a triage."""
    return _make_schema(Triage, TRIAGE_ID, "trail-diff triage")


def _make_schema(model: type, schema_id: str, title: str) -> dict[str, Any]:
    """Make a schema: what has a value by default is always written, and so required.

    Evidence is left out, of which each entry has some fields, and what is not written where it is not known.
    """
    schema = msgspec.json.schema(model)
    definitions = schema["$defs"]
    for name, definition in definitions.items():
        if definition.get("type") == "object" and "properties" in definition and name != "Evidence":
            without_default = set(definition.get("required", ()))
            definition["required"] = sorted(
                field
                for field, described in definition["properties"].items()
                if field in without_default or "default" in described
            )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": schema_id,
        "title": title,
        **schema,
    }
