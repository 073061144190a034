"""Runs a command and returns its exit status; problems that the user can fix become one line on stderr."""

import gc
import os
import re
import signal
import sys
import traceback
from collections.abc import Sequence
from typing import Any

import typer

from trail_diff.cli import cache, collect, compare, diagnose, doctor, lists, mcp, redact, triage, what_if
from trail_diff.cli.app import ExitStatus, app
from trail_diff.cli.language import speak, spoken_language
from trail_diff.cli.output import drop_output, prepare_streams
from trail_diff.cli.wording import complain
from trail_diff.errors import DryRun, TrailDiffError, UsageError
from trail_diff.pasted.plain import plain_option, plain_word

COMMANDS = (diagnose, triage, compare, lists, what_if, collect, redact, cache, doctor, mcp)
"""The modules whose import registers the commands, in the order in which --help lists them."""

_CYCLE_SEARCH = 50_000
"""After how many new objects Python looks for cycles: reading makes none, so its own 700 is work for nothing."""

_MEANT = {
    "Invalid value for '--format': 'sarif'": "what-if writes SARIF with --sarif FILE",
    "Got unexpected extra argument": "exports go after --events (two as they are: compare)",
}
_FOLDER = r"\A(?!s3:).*[/\\](?=[^/\\])"
_WORD = r"(?s)(?:No such command '|Got unexpected extra arguments?(?:\(s\))? \()(.*?)['\")]"


def main() -> None:
    """Run the command line and exit with its status; a bug keeps its traceback, and has a status of its own."""
    gc.set_threshold(_CYCLE_SEARCH)
    signal.signal(signal.SIGTERM, _end)
    try:
        status = run(sys.argv[1:])
    except KeyboardInterrupt:
        status = ExitStatus.INTERRUPTED
    except Exception:  # noqa: BLE001 - status 1, Python's own, would read as "there is a difference"
        traceback.print_exc()
        status = ExitStatus.INTERNAL_ERROR
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it ends as it is
    gc.freeze()  # at exit Python would look for cycles in all that is left, which all ends with the process
    sys.exit(status)


def _end(_signal: int, _frame: object) -> None:
    """End as at Ctrl-C: what was begun is taken back, and no draft of a file stays behind."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit status; problems that the user can fix become one line on stderr."""
    prepare_streams()
    language = spoken_language(arguments, os.environ)
    speak(language)
    try:
        commands = typer.main.get_command(app)
        status = commands.main(
            _take_words(arguments, commands), prog_name="trail-diff", standalone_mode=False, obj=language
        )
        sys.stdout.flush()
    except DryRun as run:
        sys.stdout.write(run.statement + "\n")
        return ExitStatus.NO_DIFFERENCE
    except TrailDiffError as error:
        message, hint = (_shown(text, arguments) for text in (error.message, error.hint))
        return complain(message, hint, language)
    except typer.TyperException as error:
        message = error.format_message().replace("Value error, ", "")
        return complain(message, _usage_hint(error, message), language)
    except (typer.Abort, KeyboardInterrupt):
        return ExitStatus.INTERRUPTED
    except BrokenPipeError:
        drop_output()
        return ExitStatus.OUTPUT_CLOSED
    return status if isinstance(status, int) else ExitStatus.NO_DIFFERENCE


def _shown(text: str, arguments: Sequence[str]) -> str:
    """Return a text with every path of the command line by its last part alone, where names are not to be shown."""
    if "--redact" not in arguments:
        return text
    typed = {folder for word in arguments for folder in re.findall(_FOLDER, word.split("=", 1)[-1])}
    for folder in sorted({*typed, *(f"{word.rstrip('/')}/" for word in arguments)}, key=len, reverse=True):
        text = text.replace(folder, "") if len(folder) > 1 else text
    return text


def _take_words(arguments: Sequence[str], commands: Any) -> list[str]:
    """Return the words of the command line as they were meant: dashes, quotes and letters that are not ASCII's, gone.

    Raises:
        UsageError: an option has an empty value.
    """
    options = {name for one in (commands, *commands.commands.values()) for option in one.params for name in option.opts}
    taken: list[str] = []
    for word in arguments:
        option, (_, equals, value) = plain_option(word), word.partition("=")
        if option is not None and option in options:
            name, given = option, plain_word(value) if equals else None
            taken.append(name if given is None else f"{name}={given}")
        else:
            name, given = next(iter(taken[-1:]), ""), plain_word(word)
            taken.append(given)
        if given == "" and name.startswith("-"):
            raise UsageError(f"{name} is empty", hint="give a value, or leave it out; a variable may not be set")
    return taken


def _usage_hint(error: typer.TyperException, message: str) -> str:
    """Return where the help of the command is, and which option was probably meant by a word that has none."""
    context = getattr(error, "ctx", None)
    word, command = re.match(_WORD, message), context.command_path if context else "trail-diff"
    meant = next((hint for begin, hint in _MEANT.items() if message.startswith(begin)), None)
    if message.startswith("No such command") and command == "trail-diff":
        meant = "a job id goes after --job-id"
    if word:
        from trail_diff.pasted.arguments import where_to_put

        meant = where_to_put(word[1], command) or meant
    help_place = f"see '{command} --help'"
    return "; ".join(filter(None, [meant, help_place]))
