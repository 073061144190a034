"""trail-diff: explains why a KMS-dependent job failed by comparing its CloudTrail events with a job that succeeded.

    from trail_diff import Inputs, Question, analyse, load_case

    report = analyse(load_case(Inputs(events=("trail/",)), Question("2c47cafb-…")))

Names are loaded when they are first used, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trail_diff.aws.live.options import AwsOptions
    from trail_diff.case.builder import Question
    from trail_diff.errors import TrailDiffError
    from trail_diff.gather.key_facts import FactFiles
    from trail_diff.inputs import Inputs
    from trail_diff.model.learnt import Case, Window
    from trail_diff.model.report import Report
    from trail_diff.pipeline import analyse, load_case, load_comparison, save_bundle
    from trail_diff.read.interface import ReadOptions
    from trail_diff.render import render_report, summarize
    from trail_diff.render.interface import RenderOptions

__version__ = "0.1.0"

__all__ = [
    "AwsOptions",
    "Case",
    "FactFiles",
    "Inputs",
    "Question",
    "ReadOptions",
    "RenderOptions",
    "Report",
    "TrailDiffError",
    "Window",
    "__version__",
    "analyse",
    "load_case",
    "load_comparison",
    "render_report",
    "save_bundle",
    "summarize",
]

_HOMES = {
    "AwsOptions": "aws.live.options",
    "Case": "model.learnt",
    "FactFiles": "gather.key_facts",
    "Inputs": "inputs",
    "Question": "case.builder",
    "ReadOptions": "read.interface",
    "RenderOptions": "render.interface",
    "Report": "model.report",
    "TrailDiffError": "errors",
    "Window": "model.learnt",
    "analyse": "pipeline",
    "load_case": "pipeline",
    "load_comparison": "pipeline",
    "render_report": "render",
    "save_bundle": "pipeline",
    "summarize": "render",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its module."""
    if name not in _HOMES:
        raise AttributeError(f"module 'trail_diff' has no attribute {name!r}")
    return getattr(import_module(f"trail_diff.{_HOMES[name]}"), name)
