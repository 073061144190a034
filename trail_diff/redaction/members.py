"""Records taken apart into members, undecoded: what comes in them again and again is learnt and replaced once.

A member of the same name and the same bytes is the same value: it tells no new name, and becomes the same text.
"""

import json
import re

import msgspec

from trail_diff.model.reasons import Reason
from trail_diff.read.lenient import TORN, Doubtful, decode_fully, decode_value
from trail_diff.read.slim import REFUSALS
from trail_diff.redaction.learnt import field_of
from trail_diff.redaction.redactor import Redactor
from trail_diff.redaction.structure import UNLEARNT_MEMBERS
from trail_diff.redaction.vocabulary import is_context

_MOST_KEPT = 30_000
_LONGEST_KEPT_BYTES = 1_000
_DEEPEST_SPLIT = 2
_TELLING = (b'"', b"{", b"[")
"""What may tell a name; numbers and truth values do not."""
_HAS_COLUMNS = frozenset({"columns", "Columns", "fields"})
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_DUMP = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_UNCHANGED = re.compile(
    rb'true|false|null|"(?:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}'
    rb'|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|\d\.\d{1,3})"'
).fullmatch
"""What the members that tell no name hold as a rule; it is written as it is."""

Undecoded = bytes | msgspec.Raw


class Members:
    """Learns from undecoded values, and rewrites them, as the redactor does for decoded ones."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._seen: set[tuple[str, bytes]] = set()
        self._written: dict[tuple[str, bytes], str] = {}
        self._begins: dict[tuple[str, str], tuple[str, str]] = {}

    def learn(self, raw: Undecoded) -> None:
        """Take in the names of a value."""
        if not self._learn_parts("", raw, 0):
            self._redactor.learn(decode_fully(raw))

    def _learn_parts(self, field: str, raw: Undecoded, depth: int) -> bool:
        """Take in the names of an object member by member; False for what has to be decoded whole."""
        try:
            members = _MEMBERS.decode(raw)
        except REFUSALS:
            return False
        for name, inner in members.items():
            part = bytes(inner)
            if part.startswith(_TELLING) and not (depth == 0 and name in UNLEARNT_MEMBERS):
                self._learn_part(field_of(field, name), part, depth + 1)
        return True

    def _learn_part(self, field: str, raw: bytes, depth: int) -> None:
        """Take in the names of what stands in a field; most of it was there before."""
        if (field, raw) in self._seen:
            return
        may_be_split = depth < _DEEPEST_SPLIT and raw.startswith(b"{") and not is_context(field)
        if not (may_be_split and self._learn_parts(field, raw, depth)):
            self._redactor.learn(decode_fully(raw), field, depth)
        if len(raw) <= _LONGEST_KEPT_BYTES:
            if len(self._seen) >= _MOST_KEPT:
                self._seen.clear()
            self._seen.add((field, raw))

    def rewrite(self, raw: Undecoded) -> str | Reason:
        """Return a value as JSON on one line with its names replaced; a Reason says why it cannot be read."""
        text = bytes(raw)
        made = self._rewrite_parts("", text, 0)
        if made is not None:
            is_doubtful = made.count('":') != text.count(b'":') and isinstance(decode_value(raw), Doubtful)
            return _DUMP(TORN) if is_doubtful else made
        value = decode_fully(raw)
        return value if isinstance(value, Reason) else _DUMP(self._redactor.redact(value))

    def _rewrite_parts(self, field: str, raw: bytes, depth: int) -> str | None:
        """Return the text of an object, part by part; None for what has to be decoded whole."""
        if depth >= _DEEPEST_SPLIT or field == "condition" or not raw.startswith(b"{"):
            return None
        try:
            members = _MEMBERS.decode(raw)
        except REFUSALS:
            return None
        if depth == 0 and _HAS_COLUMNS.intersection(members):
            return None
        if "field" in members or "Field" in members:  # which says what the value beside it is
            return None
        made = {}
        for name, inner in members.items():
            begin, inner_field = self._begins.get((name, field)) or self._begin(name, field)
            part = bytes(inner)
            is_same = depth == 0 and name in UNLEARNT_MEMBERS and _UNCHANGED(part)
            made[begin] = part.decode() if is_same else self._rewrite(inner_field, part, depth + 1)
        return f"{{{','.join([begin + text for begin, text in made.items()])}}}"

    def _rewrite(self, field: str, raw: bytes, depth: int) -> str:
        """Return the text of what stands in a field; most of it comes again."""
        made = self._written.get((field, raw))
        if made is None:
            made = self._rewrite_parts(field, raw, depth)
            made = self._rewrite_whole(field, raw, depth) if made is None else made
            if len(raw) <= _LONGEST_KEPT_BYTES:
                if len(self._written) >= _MOST_KEPT:
                    self._written.clear()
                self._written[field, raw] = made
        return made

    def _rewrite_whole(self, field: str, raw: bytes, depth: int) -> str:
        value = decode_fully(raw)
        return _DUMP(None if isinstance(value, Reason) else self._redactor.redact_value(value, field, depth))

    def _begin(self, name: str, field: str) -> tuple[str, str]:
        """Return what a member begins with, its name as redacted, and the field that its value stands in."""
        if len(self._begins) >= _MOST_KEPT:
            self._begins.clear()
        renamed, inner_field = self._redactor.rename_member(name, field)
        begin = self._begins[name, field] = (f"{_DUMP(renamed)}:", inner_field)
        return begin
