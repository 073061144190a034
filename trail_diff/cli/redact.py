"""Exports with pseudonyms, for sharing."""

from pathlib import Path
from typing import Annotated

import typer

from trail_diff.cli import options
from trail_diff.cli.app import command
from trail_diff.cli.output import write_end


@command(examples=("trail-diff redact trail/ key-policy.json -o shared.zip --map pseudonyms.json",))
def redact(
    inputs: Annotated[list[str], typer.Argument(metavar="IN…", help="Exports, policies, job files: files or folders.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="OUT", help="A file, a folder for several documents, or a .zip.")
    ],
    map_file: options.MapFile = None,
    keep: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A name to leave as it is. Repeatable.")
    ] = None,
    _lang: options.Spoken = None,
) -> None:
    """Replace account ids, names, addresses and keys by pseudonyms, the same in all files, to share them."""
    from functools import partial

    from trail_diff.cli.inputs import count_cores
    from trail_diff.outfile import refuse_inputs
    from trail_diff.redaction.files import share
    from trail_diff.redaction.owner_map import make_pseudonyms, write_map
    from trail_diff.redaction.redactor import Redactor

    refuse_inputs(map_file, [*inputs, output], "--map")
    pseudonyms = make_pseudonyms(map_file, keep or ())
    keep_map = partial(write_map, pseudonyms, map_file) if map_file is not None else None
    shared = share(inputs, output, Redactor(pseudonyms), keep_map, count_cores())
    left_out = f"; left out, wholly or from where it is damaged: {len(shared.left_out)}" if shared.left_out else ""
    plural = "" if shared.documents == 1 else "s"
    write_end(f"{shared.documents} document{plural} written to {output}{left_out}")
