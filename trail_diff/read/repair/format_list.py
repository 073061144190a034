"""PowerShell's Format-List: `Name : value`, a blank line between objects, long values on lines that are indented."""

import json
import re
from collections.abc import Iterator

from trail_diff.model.reasons import Reason
from trail_diff.read.repair.interface import Repair

_FIELD = re.compile(r"([A-Za-z]\w{0,60})[ \t]{0,60}: ?(.*)\Z")
_FITS = re.compile(r"^(?:CloudTrailEvent|EventId|EventSource|\w{1,20}JobId)[ \t]{0,60}: ", re.MULTILINE)


def _to_json(text: str) -> str | None:
    if not _FITS.search(text):
        return None
    return "\n".join(json.dumps(thing) for thing in _read_objects(text))


def _read_objects(text: str) -> Iterator[dict[str, str]]:
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
    if pieces:
        yield _join(pieces)


def _join(pieces: dict[str, list[str]]) -> dict[str, str]:
    return {name: "".join(parts) for name, parts in pieces.items()}


FORMAT_LIST = Repair(Reason.REPAIRED_FORMAT_LIST, _to_json)
