"""trail-diff: explains why a KMS-dependent job failed by comparing its CloudTrail events with a job that succeeded.

    from trail_diff import diagnose

    diagnosis = diagnose("trail/", job_id="2c47cafb-…")

Names are loaded when they are first used, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trail_diff.api.questions import callers, diagnose, jobs, redact, triage, what_if
    from trail_diff.api.results import Diagnosis, Grouped, Listing, Trial
    from trail_diff.aws.live.options import AwsOptions
    from trail_diff.case.question import Question
    from trail_diff.errors import (
        AmbiguousJobError,
        AwsAccessDeniedError,
        AwsConnectionError,
        AwsCredentialsError,
        AwsError,
        AwsNotFoundError,
        AwsThrottledError,
        CaseFileError,
        FactError,
        JobNotFoundError,
        PolicyError,
        SourceError,
        TrailDiffError,
        UsageError,
    )
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
    "AmbiguousJobError",
    "AwsAccessDeniedError",
    "AwsConnectionError",
    "AwsCredentialsError",
    "AwsError",
    "AwsNotFoundError",
    "AwsOptions",
    "AwsThrottledError",
    "Case",
    "CaseFileError",
    "Diagnosis",
    "FactError",
    "FactFiles",
    "Grouped",
    "Inputs",
    "JobNotFoundError",
    "Listing",
    "PolicyError",
    "Question",
    "ReadOptions",
    "RenderOptions",
    "Report",
    "SourceError",
    "TrailDiffError",
    "Trial",
    "UsageError",
    "Window",
    "__version__",
    "analyse",
    "callers",
    "diagnose",
    "jobs",
    "load_case",
    "load_comparison",
    "redact",
    "render_report",
    "save_bundle",
    "summarize",
    "triage",
    "what_if",
]

_HOMES = {
    name: module
    for module, names in {
        "api.questions": ("callers", "diagnose", "jobs", "redact", "triage", "what_if"),
        "api.results": ("Diagnosis", "Grouped", "Listing", "Trial"),
        "aws.live.options": ("AwsOptions",),
        "case.question": ("Question",),
        "errors": [name for name in __all__ if name.endswith("Error")],
        "gather.key_facts": ("FactFiles",),
        "inputs": ("Inputs",),
        "model.learnt": ("Case", "Window"),
        "model.report": ("Report",),
        "pipeline": ("analyse", "load_case", "load_comparison", "save_bundle"),
        "read.interface": ("ReadOptions",),
        "render": ("render_report", "summarize"),
        "render.interface": ("RenderOptions",),
    }.items()
    for name in names
}


def __getattr__(name: str) -> Any:
    """Load a public name from its module."""
    if name not in _HOMES:
        raise AttributeError(f"module 'trail_diff' has no attribute {name!r}")
    return getattr(import_module(f"trail_diff.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """Return the public names, for completion."""
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
