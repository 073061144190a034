"""A fact out of the archive that it is in: a template that is compressed, or alone in a zip."""

import io

from trail_diff.read.budget import Budget, Damaged
from trail_diff.read.containers import GZIP, Document, open_documents

_ARCHIVES = (GZIP, b"PK\x03\x04")
_EXPANSION_LIMIT = 64 << 20
"""Bytes that may come out of an archive; the largest plans have a few MiB."""


def unpacked(content: bytes) -> bytes:
    """Return the one document in an archive; anything else, and an archive of several, as it is."""
    if not content.startswith(_ARCHIVES):
        return content
    budget = Budget(_EXPANSION_LIMIT)
    budget.take(len(content))
    found: list[bytes] = []
    try:
        for one in open_documents("", io.BytesIO(content), budget):
            found += [_all_of(one)] if isinstance(one, Document) else [b""]
    except Damaged:
        return content
    return found[0] if len(found) == 1 and found[0] else content


def _all_of(document: Document) -> bytes:
    parts = []
    while part := document.stream.read(1 << 20):
        parts.append(part)
    return b"".join(parts)
