"""Jupyter notebooks: what their cells printed or showed, which may be records."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_NOT_SHOWN = frozenset({"cell_type", "execution_count", "id", "metadata", "source"})
"""Members of a cell that hold nothing that it printed."""


def read_notebook(thing: Mapping[str, Any]) -> Sequence[Any] | None:
    """Open what the cells of a Jupyter notebook printed or showed."""
    cells = thing.get("cells")
    if "nbformat" not in thing or not isinstance(cells, list):
        return None
    return [shown for cell in cells if isinstance(cell, dict) for shown in _shown_by(cell)]


def _shown_by(cell: Mapping[str, Any]) -> Iterator[Any]:
    """Yield what a cell shows, and whatever else of it tells of calls: damage leaves other names."""
    outputs = cell.get("outputs")
    for output in outputs if isinstance(outputs, list) else ():
        shown = _shown(output) if isinstance(output, dict) else None
        if shown or _tells_of_calls(output):
            yield shown or output
    looked_at = {*_NOT_SHOWN, "outputs"} if isinstance(outputs, list) else _NOT_SHOWN
    rest = {name: value for name, value in cell.items() if name not in looked_at}
    if _tells_of_calls(rest):
        yield rest


def _tells_of_calls(value: Any) -> bool:
    return "eventSource" in json.dumps(value)


def _shown(output: Mapping[str, Any]) -> Any:
    """Return what an output of a notebook holds, as JSON where it does, else as text, whose lines are a list."""
    data = output.get("data")
    held = data if isinstance(data, dict) else output
    text = next(filter(None, map(held.get, ("application/json", "text", "text/plain"))), None)
    lines = text if isinstance(text, list) else []
    return "".join(lines) if lines and all(isinstance(line, str) for line in lines) else text
