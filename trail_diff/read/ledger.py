"""What of a document was not read: how many, how many bytes, from where on, and why.

What was noted since the last that was accounted for can be taken back, as that part of a document is looked at again
when text turns out to be broken.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import UNSET, Struct

from trail_diff.model.learnt import Skipped
from trail_diff.model.reasons import Reason
from trail_diff.read.lenient import Between, Broken

_TELLING = re.compile(r"event\.?_?source|user_?identity", re.IGNORECASE)
_MEMBER = re.compile(r'"\s*:\s*(?:["\[{]|\Z)')
_KMS = re.compile(r"\bkms\b")


class _Entry(Struct):
    count: int = 0
    size: int = 0
    at: int | None = None


class Ledger:
    """Adds up what was not read of a document, by reason."""

    def __init__(self) -> None:
        self._entries: dict[Reason, _Entry] = {}
        self._pending: list[tuple[Reason, int, int, int | None]] = []
        self._is_accounted = False

    def __bool__(self) -> bool:
        return bool(self._entries or self._pending)

    def note(self, reason: Reason, *, size: int = 0, count: int = 1, at: int | None = None) -> None:
        """Count something that was not read."""
        self._pending.append((reason, count, 0 if reason in _NOT_LOST else size, at))
        if reason not in _LOOKED_AT_AGAIN or len(self._pending) > 10_000:
            self._is_accounted = True

    def add(self, skipped: Skipped) -> None:
        """Count what somebody else did not read."""
        size, at = skipped.bytes, skipped.at
        self.note(
            skipped.reason,
            size=0 if size is UNSET else size,
            count=skipped.count,
            at=None if at is UNSET else at,
        )

    def take(self, other: "Ledger") -> None:
        """Count what another ledger has."""
        for row in other.rows(""):
            self.add(row)

    def account(self) -> None:
        """Take all up to here for accounted for."""
        self._is_accounted = True

    def settle(self) -> bool:
        """Check whether something was accounted for since the last time; what was noted so far then stays noted."""
        is_accounted = self._is_accounted
        if is_accounted:
            self._commit()
        return is_accounted

    def discard(self) -> None:
        """Take back what was noted since the last that was accounted for."""
        self._pending.clear()

    def rows(self, source: str) -> Iterator[Skipped]:
        """Yield one row for each reason."""
        self._commit()
        for reason, entry in self._entries.items():
            at = UNSET if entry.at is None else entry.at
            yield Skipped(source, reason, entry.count, entry.size or UNSET, at)

    def _commit(self) -> None:
        self._is_accounted = False
        for reason, count, size, at in self._pending:
            entry = self._entries.setdefault(reason, _Entry())
            entry.count += count
            entry.size += size
            entry.at = at if entry.at is None else entry.at
        self._pending.clear()


_LOOKED_AT_AGAIN = frozenset({Reason.NOT_CLOUDTRAIL, Reason.TEXT_NOT_READ, Reason.INVALID_RECORD})
"""Reasons that may only mean that a document is broken further on: a part that passes for JSON means nothing."""

_NOT_LOST = frozenset(
    {
        Reason.NOT_CLOUDTRAIL,
        Reason.DIGEST_FILE,
        Reason.INSIGHT_EVENT,
        Reason.AGGREGATED_EVENT,
        Reason.S3_NOTIFICATION,
        Reason.CONTROL_MESSAGE,
        Reason.QUERY_SIGNATURE,
    }
)
"""Reasons that say that something was read whole, and is something else: of it no bytes are missing."""


def mentions(text: str) -> bool:
    """Check whether text that was not read may have told of a call of KMS, also in characters of two or four bytes."""
    text = text.replace("\0", "") if "\0" in text else text
    return bool(_TELLING.search(text) or _KMS.search(text))


def is_broken(found: Sequence[Any | Between | Broken]) -> bool:
    """Check whether a line of text holds a part of a record that can only be read with the lines around it, or changed.

    A value on the line that ends badly, or members of an object outside of all values on it.
    """
    texts = [one.text for one in found if isinstance(one, Between)]
    is_part = any(_TELLING.search(text) or _MEMBER.search(text) for text in texts)
    is_name = bool(found) and isinstance(found[0], str) and any(text.lstrip().startswith(":") for text in texts)
    return is_part or is_name or any(isinstance(one, Broken) for one in found)


def size_as_json(thing: Mapping[str, Any], at_most: int) -> int:
    """Return how many bytes an object is as JSON; no more than the value that it was found in, where that is known."""
    size = size_of(json.dumps(thing, ensure_ascii=False))
    return min(size, at_most) if at_most else size


def size_of(text: str) -> int:
    """Return how many bytes a text is as UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
