"""The JSON Schema of the report, made from the model itself, so that the two cannot differ."""

from typing import Any

import msgspec

from trail_diff.model.report import Report

REPORT_ID = "trail-diff/report/1"


def report_schema() -> dict[str, Any]:
    """Make the schema; every field is required but those left out where there is nothing, as all of Evidence can be."""
    schema = msgspec.json.schema(Report)
    definitions = schema["$defs"]
    for name, definition in definitions.items():
        if definition.get("type") == "object" and "properties" in definition and name != "Evidence":
            always = set(definition.get("required", ()))
            always |= {field for field, shape in definition["properties"].items() if "default" in shape}
            definition["required"] = sorted(always)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": REPORT_ID,
        "title": "trail-diff report",
        **schema,
    }
