"""Jupyter notebooks: what their cells printed or showed, which may be records."""

from collections.abc import Mapping, Sequence
from typing import Any


def read_notebook(thing: Mapping[str, Any]) -> Sequence[Any] | None:
    """Open what the cells of a Jupyter notebook printed or showed."""
    cells = thing.get("cells")
    if "nbformat" not in thing or not isinstance(cells, list):
        return None
    found = [cell.get("outputs") for cell in cells if isinstance(cell, dict)]
    outputs = [output for listed in found if isinstance(listed, list) for output in listed if isinstance(output, dict)]
    return [shown for output in outputs if (shown := _shown(output))]


def _shown(output: Mapping[str, Any]) -> Any:
    """Return what an output of a notebook holds, as JSON where it does, else as text, whose lines are a list."""
    data = output.get("data")
    held = data if isinstance(data, dict) else output
    text = next(filter(None, map(held.get, ("application/json", "text", "text/plain"))), None)
    lines = text if isinstance(text, list) else []
    return "".join(lines) if lines and all(isinstance(line, str) for line in lines) else text
