"""Files beside a template that it names as its parts: nested stacks that are not packaged yet, or that CDK wrote."""

from pathlib import Path
from typing import Any

from trail_diff.errors import PolicyError
from trail_diff.policy.documents.infrastructure.parts import Find, inline_parts
from trail_diff.policy.documents.text import parse_text

_SIZE_LIMIT = 4 * 1024 * 1024
"""Bytes of a part at most; CloudFormation's own limit of a template is 1 MiB."""


def with_parts(content: object, file: str) -> Any:
    """Return a document with those parts that are files below its folder, or below the folder of the command."""
    place = Path(file)
    return inline_parts(content, _finder(place.parent)) if place.is_file() else content


def _finder(folder: Path) -> Find:
    def find(place: str) -> tuple[object, Find] | None:
        path = folder / place
        try:
            if not _is_near(path, folder) or path.stat().st_size > _SIZE_LIMIT:
                return None
            return parse_text(path.read_bytes()), _finder(path.parent)
        except (OSError, ValueError, PolicyError):
            return None

    return find


def _is_near(path: Path, folder: Path) -> bool:
    """Check whether a file is below the folder or the one that the command runs in: a template names what it likes."""
    real = path.resolve()
    return any(real.is_relative_to(one.resolve()) for one in (folder, Path.cwd()))
