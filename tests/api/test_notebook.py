"""The notebook of the documentation."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "docs" / "trail-diff.ipynb"


def test_every_cell_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each code cell runs after those above it, and what it ends with can show itself."""
    monkeypatch.chdir(ROOT)
    cells = [cell for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    names: dict[str, Any] = {}

    shown = [run_cell("".join(cell["source"]), names) for cell in cells]

    assert sum(value is not None for value in shown) >= 5
    assert any(hasattr(value, "_repr_html_") and "srcdoc" in value._repr_html_() for value in shown)


def run_cell(source: str, names: dict[str, Any]) -> object:
    """Run a cell as a notebook does, and return the value of the expression that it ends with."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)  # noqa: S102 - our own page
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names) if isinstance(last, ast.Expr) else None  # noqa: S307
