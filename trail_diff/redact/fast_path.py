"""The quick way through exports of plain records: what stands in them again and again is learnt and replaced once.

A record is split into its members, undecoded. A member of the same name and the same bytes, in the same place, is the
same value: it tells no new name, and becomes the same text. Whatever is doubtful is left to the plain way (sharing).
"""

import json
from collections.abc import Iterable

import msgspec

from trail_diff.read import slim
from trail_diff.read.forms.rows import STRUCTS
from trail_diff.read.interface import SlimRecord
from trail_diff.read.slim import REFUSALS
from trail_diff.redact.redactor import Redactor

_MOST_KEPT = 30_000
_LONGEST_KEPT_BYTES = 1_000
_MOST_BRACKETS = 200
"""How many brackets a member may hold; far fewer can reach the depth at which a parser gives up."""
_Members = dict[str, msgspec.Raw]


class _Records(msgspec.Struct, forbid_unknown_fields=True):
    Records: list[SlimRecord]


class _Split(msgspec.Struct, forbid_unknown_fields=True):
    Records: list[_Members]


_RECORDS = msgspec.json.Decoder(_Records)
_SPLIT = msgspec.json.Decoder(_Split)
_LINES = msgspec.json.Decoder(_Members)
_ANY = msgspec.json.Decoder()
_PARSE = json.JSONDecoder(strict=False).decode
_DUMP = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Doubtful(Exception):  # noqa: N818 - no error: the plain way takes over
    """A piece holds something else than plain records."""


class Members:
    """Learns from pieces of documents, and rewrites them, as the plain way does, or raises Doubtful."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._seen: set[tuple[str, bytes]] = set()
        self._written: dict[tuple[int, str, bytes], str] = {}

    def learn(self, piece: str) -> None:
        """Take in the names of a piece that holds nothing but records.

        What was taken in when it is doubtful after all is what the plain way would take in first.

        Raises:
            Doubtful: it holds something else, or a record that is read in two ways.
        """
        for record in _records(piece):
            for name, raw in record.items():
                if "." in name or name == "schema" or (name in STRUCTS and bytes(raw).startswith(b'"')):
                    raise Doubtful
            for name, raw in record.items():
                self._learn_member(name, bytes(raw))

    def _learn_member(self, name: str, raw: bytes) -> None:
        if (name, raw) in self._seen:
            return
        try:
            value = _ANY.decode(raw)
        except REFUSALS as error:
            raise Doubtful from error
        self._redactor.learn({name: value})
        if len(self._seen) >= _MOST_KEPT:
            self._seen.clear()
        if len(raw) <= _LONGEST_KEPT_BYTES:
            self._seen.add((name, raw))

    def rewrite(self, piece: str) -> str:
        """Return a piece with its names replaced.

        Raises:
            Doubtful: it is neither objects, one a line, nor one line `{"Records": [objects]}`.
        """
        data = _encode(piece)
        whole = piece.strip()
        if whole.startswith('{"Records"') and "\n" not in whole:
            objects = _attempt_split(data)
            inner = ",".join(self._rewrite_object(members, 2) for members in objects)
            return f"{{{_DUMP(self._redactor.key('Records'))}:[{inner}]}}\n"
        try:
            lines = _LINES.decode_lines(data)
        except REFUSALS as error:
            raise Doubtful from error
        if not lines or (len(lines) == 1 and "\n" in whole):
            raise Doubtful
        return "\n".join(self._rewrite_object(members, 0) for members in lines) + "\n"

    def _rewrite_object(self, members: _Members, depth: int) -> str:
        if "field" in members or "Field" in members:
            raise Doubtful
        made = {self._redactor.key(name): self._member(name, bytes(raw), depth) for name, raw in members.items()}
        return "{" + ",".join(f"{_DUMP(name)}:{text}" for name, text in made.items()) + "}"

    def _member(self, name: str, raw: bytes, depth: int) -> str:
        made = self._written.get((depth, name, raw))
        if made is None:
            if raw.count(b"{") + raw.count(b"[") > _MOST_BRACKETS:
                raise Doubtful
            try:
                value = _PARSE(raw.decode())
            except (ValueError, RecursionError) as error:
                raise Doubtful from error
            made = _DUMP(self._redactor.redact_member(name, value, depth))
            if len(self._written) >= _MOST_KEPT:
                self._written.clear()
            if len(raw) <= _LONGEST_KEPT_BYTES:
                self._written[depth, name, raw] = made
        return made


def _records(piece: str) -> Iterable[_Members]:
    """Split a piece that every reader takes for the same records."""
    data = _encode(piece)
    if "\ufffd" in piece:  # as bytes that are no UTF-8 have become
        raise Doubtful
    if not piece.lstrip().startswith('{"Records"'):
        if slim.read_lines(data) is None:
            raise Doubtful
        return _LINES.decode_lines(data)
    try:
        records = _RECORDS.decode(data).Records
    except REFUSALS as error:
        raise Doubtful from error
    if piece.count('"Records"') > 1 or any(record.event_source.startswith("aws:") for record in records):
        raise Doubtful
    return _attempt_split(data)


def _attempt_split(data: bytes) -> list[_Members]:
    try:
        return _SPLIT.decode(data).Records
    except REFUSALS as error:
        raise Doubtful from error


def _encode(piece: str) -> bytes:
    try:
        return piece.encode()
    except UnicodeEncodeError as error:
        raise Doubtful from error
