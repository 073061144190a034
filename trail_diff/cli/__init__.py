"""The command line: options to values, one call of the library, its result rendered, an exit status.

    main        runs a command and turns errors into one line and an exit status
    app         the typer application, how commands register with it, and the closed words of the command line
    options     every option, described once; those that go together are a dataclass
    inputs      options → the values that the library takes
    output      result of the library → text, file, exit status; progress
    diagnose, triage, compare, lists, what_if, collect, redact, cache, doctor   the commands

Only this package knows typer. Heavy modules are imported by the commands that need them, so that --help is quick.
"""

from trail_diff.cli.main import main, run

__all__ = ["main", "run"]
