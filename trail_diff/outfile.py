"""Writes files whole or not at all: under another name first, then moved to their own."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from trail_diff.errors import UsageError


@contextmanager
def replacing(path: Path, *, mode: int = 0o666) -> Iterator[Path]:
    """Yield a name to write to; what is there becomes `path` when the block ends, and is deleted when it fails.

    A pipe or device is written to as it is.

    Raises:
        OSError: the folder cannot be written to.
    """
    if path.exists() and not path.is_file():
        yield path
        return
    place = path.resolve()
    draft = place.with_name(f".{place.name[:100]}.{os.urandom(4).hex()}.partial")
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
    try:
        yield draft
        draft.replace(place)
    finally:
        draft.unlink(missing_ok=True)


def refuse_inputs(output: Path | None, inputs: Iterable[str | Path | None], option: str = "--output") -> None:
    """Refuse to write over what is read.

    Raises:
        UsageError: the output is one of the inputs, or a file in a folder that is one.
    """
    if output is None or not output.exists():
        return
    place = output.resolve()
    for given in inputs:
        source = Path(given).resolve() if given else None
        is_inside = source is not None and source.is_dir() and place.is_file() and source in place.parents
        if source is not None and (place == source or is_inside):
            raise UsageError(f"{option} {output} would overwrite what is read", hint="choose another name")
