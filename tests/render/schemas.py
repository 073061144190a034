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
    """Make a schema; every field is required but those left out where there is nothing, as all of Evidence can be."""
    schema = msgspec.json.schema(model)
    definitions = schema["$defs"]
    for name, definition in definitions.items():
        if definition.get("type") == "object" and "properties" in definition and name != "Evidence":
            always = set(definition.get("required", ()))
            always |= {field for field, shape in definition["properties"].items() if "default" in shape}
            definition["required"] = sorted(always)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": schema_id,
        "title": title,
        **schema,
    }
