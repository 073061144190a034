"""The data source `aws_iam_policy_document` of a Terraform plan as the policy it will make.

A document with a value that is known after apply only has no `json` in the plan, but its statements as far as they are
known. Source: the Terraform AWS provider, "Data Source: aws_iam_policy_document".
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from trail_diff.policy.documents.infrastructure.interface import as_list, as_object
from trail_diff.policy.documents.unresolved import unresolved

_DEPTH_LIMIT = 20
_LISTS = {"actions": "Action", "not_actions": "NotAction", "resources": "Resource", "not_resources": "NotResource"}
DOCUMENT = "aws_iam_policy_document"
_SOURCES = ("source_json", "source_policy_documents")
_OVERRIDES = ("override_json", "override_policy_documents")


def document_from(
    after: Mapping[str, Any], unknown: Mapping[str, Any], expressions: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return the policy with unknown values unresolved; None where a document that is not known is part of it.

    `expressions` are those of the data source's arguments in the configuration: they name what an unknown value is.
    """
    statements = as_list(after.get("statement"))
    others = [_documents(after, names) for names in (_SOURCES, _OVERRIDES)]
    is_open = any(_is_marked(unknown.get(name)) for name in (*_SOURCES, *_OVERRIDES))
    if unknown.get("statement") is True or is_open or None in others or not (statements or any(others)):
        return None
    marks, written = _parts(unknown.get("statement")), _parts(expressions.get("statement"))
    made = [_statement(_Part(one, marks(place), written(place))) for place, one in enumerate(statements)]
    own = {"Version": after.get("version") or "2012-10-17", "Statement": made}
    return merge_documents([*(others[0] or ()), own, *(others[1] or ())])


def merge_documents(documents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return documents as one: a later statement takes the place of an earlier one with the same Sid."""
    merged: list[Any] = []
    for one in (one for document in documents for one in _statements(document)):
        sid = as_object(one).get("Sid")
        places = [place for place, other in enumerate(merged) if sid and as_object(other).get("Sid") == sid]
        if places:
            merged[places[0]] = one
        else:
            merged.append(one)
    version = next((one["Version"] for one in reversed(documents) if one.get("Version")), "2012-10-17")
    return {"Version": version, "Statement": merged}


def _statements(document: Mapping[str, Any]) -> list[Any]:
    statements = document.get("Statement")
    return statements if isinstance(statements, list) else [statements] if statements else []


def _is_marked(mark: object) -> bool:
    return mark is True or (isinstance(mark, list) and True in mark)


def _documents(after: Mapping[str, Any], names: tuple[str, ...]) -> list[Mapping[str, Any]] | None:
    """Return the documents that some arguments hold as text; None where one is none."""
    found: list[Mapping[str, Any]] = []
    for name in names:
        given = after.get(name)
        for text in given if isinstance(given, list) else [given] if given else []:
            try:
                found.append(as_object(json.loads(text)))
            except (TypeError, ValueError, RecursionError):
                return None
    return found


def references_in(expression: object, depth: int = 0) -> Iterator[str]:
    """Yield the addresses that an expression refers to, those of nested blocks included."""
    if depth > _DEPTH_LIMIT:
        return
    if isinstance(expression, list):
        for one in expression:
            yield from references_in(one, depth + 1)
        return
    for name, inner in as_object(expression).items():
        if name == "references":
            yield from map(str, as_list(inner))
        else:
            yield from references_in(inner, depth + 1)


class _Part(Struct, frozen=True):
    """A block of the data source: its values, the marks of those that are unknown, and the expressions of all."""

    values: object
    marks: object
    written: object

    def get(self, name: str) -> "_Part":
        """Return an argument of the block."""
        return _Part(*(as_object(side).get(name) for side in (self.values, self.marks, self.written)))

    def blocks(self, name: str) -> Iterator["_Part"]:
        """Yield the nested blocks of a name."""
        inner = self.get(name)
        marks, written = _parts(inner.marks), _parts(inner.written)
        yield from (_Part(one, marks(place), written(place)) for place, one in enumerate(as_list(inner.values)))

    def texts(self, name: str) -> list[str]:
        """Return the values of an argument, those that are known after apply only as unresolved ones."""
        inner = self.get(name)
        named = next(references_in(inner.written), name)
        if inner.marks is True:
            return [unresolved(named)]
        marks = _parts(inner.marks)
        return [
            unresolved(named) if value is None or marks(place) is True else str(value)
            for place, value in enumerate(as_list(inner.values))
        ]


def _parts(value: object) -> Callable[[int], object]:
    """Return what gives the entry at a place of a list; None where there is none."""
    entries = as_list(value)
    return lambda place: entries[place] if place < len(entries) else None


def _statement(part: _Part) -> dict[str, Any]:
    values = as_object(part.values)
    made: dict[str, Any] = {"Sid": values["sid"]} if values.get("sid") else {}
    made["Effect"] = values.get("effect") or "Allow"
    for field, name in _LISTS.items():
        if found := part.texts(field):
            made[name] = found
    for field, name in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
        if principal := _principal(part.blocks(field)):
            made[name] = principal
    condition: dict[str, dict[str, list[str]]] = {}
    for block in part.blocks("condition"):
        named = as_object(block.values)
        keys = condition.setdefault(str(named.get("test")), {})
        keys.setdefault(str(named.get("variable")), []).extend(block.texts("values"))
    return {**made, "Condition": condition} if condition else made


def _principal(blocks: Iterator[_Part]) -> Any:
    found: dict[str, list[str]] = {}
    for block in blocks:
        found.setdefault(str(as_object(block.values).get("type")), []).extend(block.texts("identifiers"))
    return "*" if "*" in found else found
