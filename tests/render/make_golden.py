"""Writes what the renderers are expected to give, and the JSON Schemas, anew: `make golden`, then read the diff."""

import json
from pathlib import Path

from render.canonical import CANONICAL, OPTIONS
from render.schemas import report_schema, triage_schema

from trail_diff.render import render_report

GOLDEN = Path(__file__).parent / "golden"
DATA = Path(__file__).parent.parent.parent / "trail_diff" / "data"
SCHEMAS = {"report.schema.json": report_schema, "triage.schema.json": triage_schema}


def main() -> None:
    """Write every file."""
    GOLDEN.mkdir(exist_ok=True)
    for name, (output_format, options) in OPTIONS.items():
        (GOLDEN / name).write_text(render_report(CANONICAL, output_format, options), encoding="utf-8")
    for name, make_schema in SCHEMAS.items():
        (DATA / name).write_text(json.dumps(make_schema(), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
