"""Values of Terraform's JSON syntax, whose text holds `${…}`: what is literal in it is read, all else left unresolved.

Source: Terraform, "JSON Configuration Syntax", "Strings and Templates" and "Types and Values". Of the native syntax
what `jsonencode` is given when a policy is written down is read: objects, lists, text, numbers, true, false and null.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from trail_diff.policy.documents.unresolved import is_unresolved, unresolved

_DEPTH_LIMIT = 60
_ENCODED = re.compile(r"\$\{\s*jsonencode\((.*)\)\s*\}", re.DOTALL)
_SPACE = re.compile(r"(?:\s|#[^\n]*|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_DIRECTIVE = re.compile(r"(?<!%)%\{")
_NAME = re.compile(r"[A-Za-z_][\w-]*")
_PLAIN = re.compile(r"(?:true|false|null|-?\d+(?:\.\d+)?)\Z")
_OPEN, _CLOSE = "([{", ")]}"


def literal(value: Any, depth: int = 0) -> Any:
    """Return a value of the JSON syntax with its interpolations unresolved."""
    if isinstance(value, list) and depth <= _DEPTH_LIMIT:
        return [literal(one, depth + 1) for one in value]
    if isinstance(value, Mapping) and depth <= _DEPTH_LIMIT:
        return {name: literal(one, depth + 1) for name, one in value.items()}
    return _template(value) if isinstance(value, str) and not is_unresolved(value) else value


def encoded(text: str) -> dict[str, Any] | None:
    """Return the object that a text encodes, if it is a call of `jsonencode` with one that is written down."""
    found = _ENCODED.fullmatch(text.strip())
    if found is None or _end_of(found[1], 0, "") != len(found[1]) or "<<" in found[1]:
        return None
    try:
        made = _Native(found[1]).read()
    except (ValueError, IndexError):
        return None
    return made if isinstance(made, dict) else None


def expression_of(text: str) -> str | None:
    """Return the expression of a text that is nothing but one."""
    inner = text.strip()
    is_one = inner.startswith("${") and _end_of(inner, 2, "}") == len(inner) - 1
    return inner[2:-1].strip() if is_one else None


def _template(text: str, plain: Callable[[str], str] = str) -> str:
    """Return a text with its interpolations unresolved, all of it where it has directives; `$${` is an escaped `${`."""
    if _DIRECTIVE.search(text):
        return unresolved(text)
    parts: list[str] = []
    rest = text
    while (start := rest.find("${")) >= 0:
        if rest[max(start - 1, 0) : start] == "$":
            parts.append(plain(rest[: start - 1]) + "${")
            rest = rest[start + 2 :]
            continue
        end = _end_of(rest, start + 2, "}")
        parts += [plain(rest[:start]), unresolved(rest[start + 2 : end].strip())]
        rest = rest[end + 1 :]
    return "".join(parts) + plain(rest)


def _unescaped(text: str) -> str:
    return str(json.loads(f'"{text}"', strict=False))


def _end_of(text: str, start: int, ends: str) -> int:
    """Return where an expression ends: at one of some characters outside of brackets and text, else at the very end."""
    depth, place = 0, start
    while place < len(text):
        char = text[place]
        if depth == 0 and char in ends:
            return place
        if char == '"':
            place = _after_text(text, place) - 1
        depth += (char in _OPEN) - (char in _CLOSE)
        if depth < 0:
            return place
        place += 1
    return len(text)


def _after_text(text: str, start: int) -> int:
    """Return where a quoted text is over, interpolations with quotes of their own included."""
    place = start + 1
    while place < len(text) and text[place] != '"':
        if text.startswith("${", place) and text[place - 1] != "$":
            place = _end_of(text, place + 2, "}")
        place += 2 if text[place : place + 1] == "\\" else 1
    return place + 1


class _Native:
    """Reads one value of the native syntax."""

    def __init__(self, text: str) -> None:
        self._text, self._place = text, 0

    def read(self, depth: int = 0) -> Any:
        """Return the next value.

        Raises:
            ValueError, IndexError: it is not of the syntax.
        """
        self._skip()
        if depth > _DEPTH_LIMIT:
            raise ValueError("nested too deep")
        if self._is_plain("{"):
            return dict(self._members(depth))
        if self._is_plain("["):
            return list(self._elements(depth))
        return self._scalar()

    def _is_plain(self, bracket: str) -> bool:
        """Check whether a value with brackets is written down, and nothing follows it or makes it in a loop."""
        if self._text[self._place] != bracket:
            return False
        inner = self._text[self._place + 1 :].lstrip()
        end = _end_of(self._text, self._place + 1, "") + 1
        follows = self._text[end : _end_of(self._text, end, ",\n#")]
        return not inner.startswith("for ") and not _SPACE.sub("", follows)

    def _members(self, depth: int) -> Iterator[tuple[str, Any]]:
        self._place += 1
        while not self._ends("}"):
            name = self._name()
            self._skip()
            if self._text[self._place] not in "=:":
                raise ValueError("no value")
            self._place += 1
            yield name, self.read(depth + 1)

    def _elements(self, depth: int) -> Iterator[Any]:
        self._place += 1
        while not self._ends("]"):
            yield self.read(depth + 1)

    def _ends(self, bracket: str) -> bool:
        """Step over what separates members; check whether there is no other, and step over the bracket then."""
        self._skip()
        while self._text[self._place] == ",":
            self._place += 1
            self._skip()
        is_end = self._text[self._place] == bracket
        self._place += is_end
        return is_end

    def _name(self) -> str:
        if self._text[self._place] == '"':
            return self._quoted()
        found = _NAME.match(self._text, self._place)
        if found is None:
            raise ValueError("no name")
        self._place = found.end()
        return found[0]

    def _quoted(self) -> str:
        end = _after_text(self._text, self._place)
        text = self._text[self._place + 1 : end - 1]
        self._place = end
        return _template(text, _unescaped)

    def _scalar(self) -> Any:
        end = _end_of(self._text, self._place, ",\n#")
        written = self._text[self._place : end].strip()
        if written.startswith('"') and _after_text(written, 0) == len(written):
            return self._quoted()
        self._place = end
        if not written:
            raise ValueError("no value")
        return json.loads(written) if _PLAIN.match(written) else unresolved(written)

    def _skip(self) -> None:
        found = _SPACE.match(self._text, self._place)
        self._place = found.end() if found else self._place
