"""Records taken apart into members, undecoded: what comes in them again and again is learnt and replaced once.

A member of the same name and the same bytes is the same value: it tells no new name, and becomes the same text.
"""

import json
import re

import msgspec

from trail_diff.model.reasons import Reason
from trail_diff.read.lenient import decode_fully
from trail_diff.read.slim import REFUSALS
from trail_diff.redaction import vocabulary as words
from trail_diff.redaction.redactor import Redactor
from trail_diff.redaction.structure import UNLEARNT_MEMBERS

_MOST_KEPT = 30_000
_LONGEST_KEPT_BYTES = 1_000
_DEEPEST_SPLIT = 5
_TELLS_FIELD = re.compile(rb'"(?:[Ff]ield|\\)').search
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
        self._values: dict[tuple[str, bytes], str] = {}

    def learn(self, raw: Undecoded) -> None:
        """Take in the names of a value."""
        try:
            members = _MEMBERS.decode(raw)
        except REFUSALS:
            self._redactor.learn(decode_fully(raw))
            return
        for name, inner in members.items():
            if name not in UNLEARNT_MEMBERS:
                self._learn_member(name, bytes(inner))

    def _learn_member(self, name: str, raw: bytes) -> None:
        if (name, raw) in self._seen:
            return
        self._redactor.learn({name: decode_fully(raw)})
        if len(raw) <= _LONGEST_KEPT_BYTES:
            if len(self._seen) >= _MOST_KEPT:
                self._seen.clear()
            self._seen.add((name, raw))

    def rewrite(self, raw: Undecoded) -> str | Reason:
        """Return a value as JSON on one line with its names replaced; a Reason says why it cannot be read."""
        try:
            members = _MEMBERS.decode(raw)
        except REFUSALS:
            members = {}
        if members and "field" not in members and "Field" not in members:
            made = {self._redactor.key(name): self._member(name, bytes(inner)) for name, inner in members.items()}
            return "{" + ",".join(f"{_DUMP(name)}:{text}" for name, text in made.items()) + "}"
        value = decode_fully(raw)
        return value if isinstance(value, Reason) else _DUMP(self._redactor.redact(value))

    def _member(self, name: str, raw: bytes) -> str:
        if name in UNLEARNT_MEMBERS and _UNCHANGED(raw):
            return raw.decode()
        made = self._written.get((name, raw))
        if made is None:
            made = self._rewrite_value(words.plain(name), raw, 1)
            if len(raw) <= _LONGEST_KEPT_BYTES:
                if len(self._written) >= _MOST_KEPT:
                    self._written.clear()
                self._written[name, raw] = made
        return made

    def _rewrite_value(self, field: str, raw: bytes, depth: int) -> str:
        """Return the text of what stands in a field: an object part by part, as most of its parts come again."""
        made = self._values.get((field, raw))
        if made is None:
            made = self._rewrite_object(field, raw, depth) if _may_be_split(field, raw, depth) else None
            made = self._rewrite_whole(field, raw, depth) if made is None else made
            if len(raw) <= _LONGEST_KEPT_BYTES:
                if len(self._values) >= _MOST_KEPT:
                    self._values.clear()
                self._values[field, raw] = made
        return made

    def _rewrite_object(self, field: str, raw: bytes, depth: int) -> str | None:
        """Return the text of an object; None where it has to be decoded whole."""
        try:
            members = _MEMBERS.decode(raw)
        except REFUSALS:
            return None
        made = {}
        for name, inner in members.items():
            renamed, inner_field = self._redactor.rename_member(name, field)
            made[renamed] = self._rewrite_value(inner_field, bytes(inner), depth + 1)
        return "{" + ",".join(f"{_DUMP(name)}:{text}" for name, text in made.items()) + "}"

    def _rewrite_whole(self, field: str, raw: bytes, depth: int) -> str:
        value = decode_fully(raw)
        return _DUMP(None if isinstance(value, Reason) else self._redactor.redact_value(value, field, depth))


def _may_be_split(field: str, raw: bytes, depth: int) -> bool:
    """Check whether the members of an object mean the same one by one: none names the field of another."""
    return raw[:1] == b"{" and depth < _DEEPEST_SPLIT and field != "condition" and not _TELLS_FIELD(raw)
