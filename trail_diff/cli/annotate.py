"""What a pipeline shows beside the job log: annotations, a summary and an output of GitHub Actions, and a SARIF file.

Source: GitHub, "Workflow commands for GitHub Actions": both streams are searched for commands; the files that
GITHUB_STEP_SUMMARY and GITHUB_OUTPUT name are appended to.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from trail_diff.cli.app import OutputFormat
from trail_diff.cli.options import View
from trail_diff.cli.output import render_options, write_file
from trail_diff.errors import UsageError

if TYPE_CHECKING:
    from trail_diff.model.what_if import WhatIf


def is_on_github(environment: Mapping[str, str]) -> bool:
    """Check whether a step of GitHub Actions runs."""
    return environment.get("GITHUB_ACTIONS") == "true"


def show_on_github(report: "WhatIf", file: str, view: View) -> None:
    """Write annotations to the job log, the report to the step's summary, and the outcome to its outputs.

    Annotations go to stdout after a report for people; where stdout is for a program, they go to stderr.

    Raises:
        UsageError: a file that the environment names cannot be written.
    """
    from trail_diff.render import render_list
    from trail_diff.render.annotations import annotate, show_commands
    from trail_diff.render.lists import what_if_list
    from trail_diff.render.phrases import catalogue

    options = render_options(view)
    words = catalogue(options.lang)
    is_for_people = view.output is not None or view.output_format is OutputFormat.TABLE
    stream: TextIO = sys.stdout if is_for_people else sys.stderr
    stream.write(show_commands(tuple(annotate(report, file, words)), words))
    stream.flush()
    summary = render_list(what_if_list(report), report.calls, report.coverage, "markdown", options)
    _append("GITHUB_STEP_SUMMARY", summary)
    _append("GITHUB_OUTPUT", f"outcome={report.outcome}\n")


def write_sarif(report: "WhatIf", file: str, output: Path, view: View) -> None:
    """Write what the gate objects to as a SARIF log.

    Raises:
        UsageError: it cannot be written.
    """
    from trail_diff import __version__
    from trail_diff.render.annotations import annotate, show_sarif
    from trail_diff.render.phrases import catalogue

    words = catalogue(render_options(view).lang)
    write_file(output, show_sarif(tuple(annotate(report, file, words)), words, __version__), "--sarif")


def _append(variable: str, text: str) -> None:
    """Append to the file that a variable names, if it is set."""
    file = os.environ.get(variable)
    if not file:
        return
    try:
        with Path(file).open("a", encoding="utf-8") as opened:
            opened.write(text)
    except OSError as error:
        raise UsageError(
            f"{variable} {file}: {error.strerror or error}", hint="name a file that can be written, or add --no-github"
        ) from error
