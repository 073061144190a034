"""The map that the owner keeps: the secret of the pseudonyms, and the name behind each."""

import json
import secrets
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct, to_builtins

from trail_diff.errors import UsageError
from trail_diff.outfile import replacing
from trail_diff.redaction.pseudonyms import Pseudonyms

MAP_SCHEMA: Literal["trail-diff/pseudonyms/1"] = "trail-diff/pseudonyms/1"


class PseudonymMap(Struct, frozen=True):
    """What the owner keeps: the secret, the name behind each pseudonym, and where words begin anew for patterns."""

    secret: str
    names: dict[str, str]
    fragments: tuple[str, ...] = ()
    schema: Literal["trail-diff/pseudonyms/1"] = MAP_SCHEMA


def make_pseudonyms(map_file: Path | None = None, keep: Collection[str] = ()) -> Pseudonyms:
    """Make pseudonyms with a new secret, or with that of a map which an earlier run wrote.

    Raises:
        UsageError: the file is there and is no such map.
    """
    if map_file is None or not map_file.exists():
        return Pseudonyms(secrets.token_bytes(32), keep)
    try:
        known = msgspec.json.decode(map_file.read_bytes(), type=PseudonymMap)
        pseudonyms = Pseudonyms(bytes.fromhex(known.secret), keep)
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        raise UsageError(
            f"--map {map_file}: no map of pseudonyms", hint="name a new file, or one that an earlier run wrote"
        ) from error
    pseudonyms.learn_fragments(known.fragments)
    pseudonyms.made.update(known.names)
    return pseudonyms


def write_map(pseudonyms: Pseudonyms, map_file: Path) -> None:
    """Write which pseudonym stands for what, readable for the owner only.

    Raises:
        UsageError: the file cannot be written.
    """
    try:
        with replacing(map_file, mode=0o600) as draft, draft.open("w", encoding="ascii") as file:
            file.writelines(print_map(pseudonyms))
    except OSError as error:
        raise UsageError(
            f"--map {map_file}: {error.strerror or error}", hint="choose a place that can be written"
        ) from error


def print_map(pseudonyms: Pseudonyms) -> Iterator[str]:
    """Yield a PseudonymMap as JSON with indents, name by name, as there may be millions."""
    told = PseudonymMap(pseudonyms.secret.hex(), {}, pseudonyms.fragments)
    before, after = json.dumps(to_builtins(told), indent=2).split("{}", 1)
    yield before + "{"
    for place, made in enumerate(sorted(pseudonyms.made)):
        separator = "," if place else ""
        yield f"{separator}\n    {json.dumps(made)}: {json.dumps(pseudonyms.made[made])}"
    yield ("\n  }" if pseudonyms.made else "}") + after
