"""Words an error for who asked: the arguments of a function or tool in place of options of the command line."""

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

_ARGUMENT = r"(?:'[^']*'|[^\s';]+)"
_COMMAND = re.compile(
    rf"(?P<quote>'?)\btrail-diff(?: (?P<question>jobs|callers|triage))?"
    rf"(?: --(?:events|job) {_ARGUMENT}| --key (?P<key>{_ARGUMENT})| --job-id (?P<job>{_ARGUMENT}))*(?P=quote)"
)
"""A command that asks what a function or tool answers as well, whatever it reads."""
_SPAN = re.compile(r"`(--[a-z-]+)`")
_TWICE = re.compile(r"\b([a-z_]+) \1:")
"""A document in memory is called as its argument is, which says it twice."""
_OPTION = re.compile(r"'(?:trail-diff|aws) [^']*'|\b(?:trail-diff|aws) .*|(?<![\w-])--[a-z]+(?:-[a-z]+)*")
"""A command, which is to be run as it stands, or an option by itself."""

Ask = Callable[[str, str], str]
"""Returns how a question is put, with the job or key that it is about, as an argument."""


def ask_function(question: str, about: str) -> str:
    """Return a question as a call of Python's function."""
    return f"{question}({', '.join(filter(None, ['events', about]))})"


def ask_tool(question: str, about: str) -> str:
    """Return a question as one to a tool."""
    return f"the tool {question} with {about}" if about else f"the tool {question}"


def name_arguments(text: str, names: Collection[str]) -> str:
    """Return a text with each option by itself replaced by the argument that stands for it; commands stay."""

    def name(found: re.Match[str]) -> str:
        fitting = (argument for argument in _ARGUMENTS.get(found[0], ()) if argument in names)
        return next(fitting, found[0])

    return _OPTION.sub(name, text)


def name_in_markdown(text: str, names: Collection[str]) -> str:
    """Return Markdown with each option in a span of code replaced by the argument that stands for it."""
    return _SPAN.sub(lambda found: f"`{name_arguments(found[1], names)}`", text)


def name_questions(text: str, ask: Ask) -> str:
    """Return a text with each command that a question stands for replaced by the question."""

    def name(found: re.Match[str]) -> str:
        question = found["question"] or ("diagnose" if found["job"] else "")
        about = [f"{name}={found[part].strip(chr(39))!r}" for name, part in _ABOUT[ask].items() if found[part]]
        return ask(question, ", ".join(about)) if question else found[0]

    return _COMMAND.sub(name, text)


_ABOUT: dict[Ask, dict[str, str]] = {
    ask_function: {"job_id": "job", "keys": "key"},
    ask_tool: {"job_id": "job", "key": "key"},
}


def reword(error: TrailDiffError, asked: Callable[..., object], ask: Ask = ask_function) -> None:
    """Make an error name the arguments of what was asked, and questions in place of commands."""
    names = inspect.signature(asked).parameters.keys()
    told = (name_arguments(name_questions(text, ask), names) for text in (error.message, error.hint))
    error.message, error.hint = (_TWICE.sub(r"\1:", text) for text in told)
