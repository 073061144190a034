"""A server for assistants."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from trail_diff.cli import options
from trail_diff.cli.app import command
from trail_diff.cli.language import spoken
from trail_diff.cli.wording import translate


@command(examples=("trail-diff mcp --root exports/",))
def mcp(
    root: Annotated[
        list[Path], typer.Option("--root", metavar="FOLDER", help="What may be read: it and all below. Repeatable.")
    ],
    no_redact: Annotated[
        bool, typer.Option("--no-redact", help="Show names, accounts and addresses as they are.")
    ] = False,
    _lang: options.Spoken = None,
) -> None:
    """Serve an assistant by the Model Context Protocol on stdin and stdout, with tools that only read below --root.

    Needs the extra: pip install 'trail-diff[mcp]'.
    """
    from trail_diff.api.assistants import serve

    language = spoken()
    serve(root, redacts=not no_redact, lang=language.value, say=partial(translate, language=language))
