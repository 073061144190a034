"""Renders a triage as JSON: the values as they are. The field names of the model are the contract."""

import msgspec

from trail_diff.render.interface import RenderOptions
from trail_diff.render.json import encode_document
from trail_diff.render.triage import Triaged


def render(triaged: Triaged, _options: RenderOptions) -> str:
    """Render a triage, as data/triage.schema.json describes it."""
    document = msgspec.to_builtins(triaged.triage)
    return encode_document({"schema": document.pop("schema"), **document})
