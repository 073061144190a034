"""PowerShell's Format-List: `Name : value`, a blank line between objects, long values on lines that are indented."""

import json
import re
from collections.abc import Iterator

from trail_diff.model.reasons import Reason
from trail_diff.read.repair.interface import Repair

_FIELD = re.compile(r"([A-Za-z]\w{0,60})[ \t]{0,60}: ?(.*)\Z")
_PADDED = re.compile(r"(?:AccessKeyId|CloudTrailEvent|EventId|EventName|EventSource|\w{1,20}JobId)[ \t]{1,60}: ?")
_FITS = re.compile(r"^(?:CloudTrailEvent|EventId|EventSource|\w{1,20}JobId)[ \t]{1,60}: ", re.MULTILINE)
"""A line with a name that AWS has; names are padded to the longest, so that there is a space, which YAML has not."""


def _to_json(text: str) -> str | None:
    if not _FITS.search(text):
        return None
    return "\n".join(one if isinstance(one, str) else json.dumps(one) for one in _read_objects(text))


def is_format_list(line: str) -> bool:
    """Check whether a line is one of a list whose names are padded."""
    return _PADDED.match(line) is not None


def _to_json_whole(text: str) -> str | None:
    """Read text that is such a list from its first line on."""
    return _to_json(text) if is_format_list(text.lstrip()) else None


def _read_objects(text: str) -> Iterator[dict[str, str] | str]:
    """Yield each object, and each line that is part of none."""
    pieces: dict[str, list[str]] = {}
    name = ""
    for line in text.splitlines():
        found = _FIELD.match(line)
        if found:
            name = found[1]
            if name in pieces:
                yield _join(pieces)
                pieces = {}
            pieces[name] = [found[2]]
        elif line.strip() and name:
            pieces[name].append(line.strip())
        elif pieces:
            yield _join(pieces)
            pieces, name = {}, ""
        elif line.strip():
            yield line
    if pieces:
        yield _join(pieces)


def _join(pieces: dict[str, list[str]]) -> dict[str, str]:
    return {name: "".join(parts) for name, parts in pieces.items()}


FORMAT_LIST_ALONE = Repair(Reason.REPAIRED_FORMAT_LIST, _to_json_whole)
FORMAT_LIST = Repair(Reason.REPAIRED_FORMAT_LIST, _to_json)
