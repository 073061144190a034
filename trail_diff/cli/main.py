"""Runs a command and gives its exit status; problems a user can mend become one line on stderr."""

import os
import sys
from collections.abc import Sequence

import typer

from trail_diff.cli import collect, compare, diagnose, lists, redact, what_if
from trail_diff.cli.app import ExitStatus, app
from trail_diff.cli.output import complain
from trail_diff.errors import TrailDiffError

COMMANDS = (diagnose, compare, lists, what_if, collect, redact)
"""The modules whose import registers the commands, in the order in which --help lists them."""


def main() -> None:
    """Run the command line and exit with its status."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run the command line and give the exit status; problems a user can mend become one line on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        status = typer.main.get_command(app).main(list(arguments), prog_name="trail-diff", standalone_mode=False)
        sys.stdout.flush()
    except TrailDiffError as error:
        return complain(error.message, error.hint)
    except typer.TyperException as error:
        return complain(error.format_message(), "see 'trail-diff --help'")
    except (typer.Abort, KeyboardInterrupt):
        return ExitStatus.INTERRUPTED
    except BrokenPipeError:
        # Python would complain once more when it flushes stdout at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitStatus.OUTPUT_CLOSED
    return status if isinstance(status, int) else ExitStatus.NO_DIFFERENCE
