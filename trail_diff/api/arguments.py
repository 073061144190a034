"""What an error advises, in the words of who asked: the arguments of a function or tool in place of options."""

import inspect
import re
from collections.abc import Callable, Collection

from trail_diff.errors import TrailDiffError

_ARGUMENTS = {
    "--account": ("account", "accounts"),
    "--baseline-job-id": ("baseline_job_id",),
    "--case": ("case",),
    "--events": ("events",),
    "--from": ("start",),
    "--grants": ("grants",),
    "--job": ("jobs",),
    "--job-id": ("job_id",),
    "--key": ("key", "keys"),
    "--key-policy": ("key_policy",),
    "--key-state": ("key_state",),
    "--old": ("old",),
    "--org-id": ("organization_id",),
    "--pad": ("pad",),
    "--parameter": ("parameters",),
    "--region": ("regions",),
    "--since": ("since",),
    "--to": ("end",),
    "--vault": ("vault", "vaults"),
}
"""What an option is called as an argument: of a tool, which takes one, or of a function, which may take several."""

_OPTION = re.compile(r"'(?:trail-diff|aws) [^']*'|\b(?:trail-diff|aws) .*|(?<![\w-])--[a-z]+(?:-[a-z]+)*")
"""A command, which is to be run as it stands, or an option by itself."""


def name_arguments(text: str, names: Collection[str]) -> str:
    """Return a text with each option by itself replaced by the argument that stands for it; commands stay."""

    def name(found: re.Match[str]) -> str:
        fitting = (argument for argument in _ARGUMENTS.get(found[0], ()) if argument in names)
        return next(fitting, found[0])

    return _OPTION.sub(name, text)


def reword(error: TrailDiffError, asked: Callable[..., object]) -> None:
    """Make an error name the arguments of what was asked."""
    names = inspect.signature(asked).parameters.keys()
    error.message, error.hint = (name_arguments(text, names) for text in (error.message, error.hint))
