"""A server for assistants."""

from pathlib import Path
from typing import Annotated

import typer

from trail_diff.cli.app import command


@command(examples=("trail-diff mcp --root exports/",))
def mcp(
    root: Annotated[
        list[Path], typer.Option("--root", metavar="FOLDER", help="What may be read: it and all below. Repeatable.")
    ],
    no_redact: Annotated[
        bool, typer.Option("--no-redact", help="Show names, accounts and addresses as they are.")
    ] = False,
) -> None:
    """Serve an assistant by the Model Context Protocol on stdin and stdout, with tools that only read below --root.

    Needs the extra: pip install 'trail-diff[mcp]'.
    """
    from trail_diff.api.assistants import serve

    serve(root, redacts=not no_redact)
