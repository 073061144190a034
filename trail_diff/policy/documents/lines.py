"""Finds the line of a document on which a policy, or one of its statements, begins.

A document is read once more for this, in the form of a tree that keeps lines: parsers of JSON do not tell them.
"""

import re
from collections.abc import Iterator, Mapping
from json import JSONDecoder
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from yaml import Node

_SPACE = re.compile(r"\s*")
_SCALAR = re.compile(r"[^\s,\]}]+")
_STRINGS = JSONDecoder(strict=False)
_DEPTH_LIMIT = 200
_FIRST_LINE = 1


class Marked(Struct, frozen=True):
    """A value of a document and the line it begins on; members of an object and elements of an array by their name."""

    line: int
    members: Mapping[str, "Marked"] = {}
    text: str | None = None

    def at(self, pointer: str) -> "Marked":
        """Return the value at a JSON pointer, or the innermost one around that place."""
        found = self
        for part in pointer.split("/")[1:]:
            inner = found.members.get(part.replace("~1", "/").replace("~0", "~"))
            if inner is None:
                break
            found = inner
        return found


NOTHING_MARKED = Marked(_FIRST_LINE)


def mark_lines(content: bytes) -> Marked:
    """Return a document with the line of every value; the first line alone where it cannot be parsed."""
    if b"\n" not in content.strip():
        return NOTHING_MARKED
    text = content.decode("utf-8-sig", "replace")
    try:
        return _JsonMarker(text).read() if text.lstrip()[:1] in ("{", "[") else _mark_yaml(text)
    except (ValueError, IndexError, RecursionError):
        return NOTHING_MARKED


def line_of(document: Marked, policy: str, index: int | None = None, sid: str | None = None) -> int:
    """Return the line of a statement, of the policy where none is named; `policy` is the policy's JSON pointer.

    A statement with a Sid is found by it: a function of a template can leave statements out, which moves the others.
    """
    found = document.at(policy)
    statements = found.at("/Statement")
    if index is None or statements is found:
        return found.line
    for one in statements.members.values() if sid else ():
        name = one.members.get("Sid")
        if name is not None and name.text == sid:
            return one.line
    return statements.at(f"/{index - 1}").line


class _JsonMarker:
    """Reads JSON and counts lines."""

    def __init__(self, text: str) -> None:
        self._text, self._place, self._line, self._counted = text, 0, _FIRST_LINE, 0

    def read(self, depth: int = 0) -> Marked:
        """Return the next value.

        Raises:
            ValueError, IndexError: it is not JSON.
        """
        char, line = self._next(), self._count()
        if depth > _DEPTH_LIMIT:
            raise ValueError("nested too deep")
        if char == "{":
            return Marked(line, dict(self._members(depth)))
        if char == "[":
            return Marked(line, dict(self._elements(depth)))
        if char == '"':
            return Marked(line, text=self._string())
        found = _SCALAR.match(self._text, self._place)
        if found is None:
            raise ValueError("no value")
        self._place = found.end()
        return Marked(line, text=found[0])

    def _members(self, depth: int) -> Iterator[tuple[str, Marked]]:
        while self._goes_on("}"):
            name = self._string()
            self._next()
            self._place += 1
            yield name, self.read(depth + 1)

    def _elements(self, depth: int) -> Iterator[tuple[str, Marked]]:
        place = 0
        while self._goes_on("]"):
            yield str(place), self.read(depth + 1)
            place += 1

    def _goes_on(self, end: str) -> bool:
        """Step over a bracket or comma; check whether another member follows."""
        if self._next() != end:
            self._place += 1
        if self._next() != end:
            return True
        self._place += 1
        return False

    def _next(self) -> str:
        found = _SPACE.match(self._text, self._place)
        self._place = found.end() if found else self._place
        return self._text[self._place]

    def _string(self) -> str:
        self._next()
        text, self._place = _STRINGS.raw_decode(self._text, self._place)
        return str(text)

    def _count(self) -> int:
        self._line += self._text.count("\n", self._counted, self._place)
        self._counted = self._place
        return self._line


def _mark_yaml(text: str) -> Marked:
    """Return a YAML document with its lines; the library is there, as the document was read with it."""
    import yaml

    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return NOTHING_MARKED
    return _from_node(node, 0) if node is not None else NOTHING_MARKED


def _from_node(node: "Node", depth: int) -> Marked:
    import yaml

    line = node.start_mark.line + 1
    if depth > _DEPTH_LIMIT:
        return Marked(line)
    match node:
        case yaml.MappingNode():
            pairs = ((str(name.value), value) for name, value in node.value)
            return Marked(line, {name: _from_node(value, depth + 1) for name, value in pairs})
        case yaml.SequenceNode():
            elements = enumerate(node.value)
            return Marked(line, {str(place): _from_node(value, depth + 1) for place, value in elements})
        case yaml.ScalarNode():
            return Marked(line, text=str(node.value))
        case _:
            return Marked(line)
