"""Compiled policy documents: their statements, and those that concern one action on one key, found once."""

import marshal
from collections.abc import Hashable, Mapping
from functools import lru_cache, reduce
from typing import Any

from trail_diff.model.codes import Layer, Matched
from trail_diff.model.reasons import Reason
from trail_diff.policy.decide.statements import Statement
from trail_diff.policy.elements.principal_elements import Named, Naming
from trail_diff.policy.request.view import RequestView

_VERSION_WITH_VARIABLES = "2012-10-17"
_VERSIONS = (_VERSION_WITH_VARIABLES, "2008-10-17")
_ELEMENTS = frozenset(("Version", "Id", "Statement"))
_REMEMBERED = 4096
_MOST_COMPILED = 500
_UNREADABLE: Mapping[str, Any] = {"Effect": None, "Principal": "*", "Action": "*", "Resource": "*"}


_Candidate = tuple[Statement, Matched, Named | None]
"""A statement, whether the request is in its scope, and whether it names the caller when its identity tells."""


class Scan:
    """What a document has to say of a request: the strongest Deny, and the strongest Allow for each naming."""

    __slots__ = ("allows", "denied")

    def __init__(self) -> None:
        self.denied: Matched = "no-match"
        self.allows: dict[Naming, Matched] = {}

    def add(self, effects: frozenset[str], matched: Matched, naming: Naming) -> None:
        """Add a statement that matches, or may match."""
        if "Deny" in effects:
            self.denied = either(self.denied, matched)
        if "Allow" in effects:
            self.allows[naming] = either(self.allows.get(naming, "no-match"), matched)

    def allow(self) -> Matched:
        """Return the strongest Allow by whatever naming."""
        return reduce(either, self.allows.values(), "no-match")


class Document:
    """A policy document made ready to test, as part of a layer. `first` is the index of its first statement."""

    def __init__(self, raw: object, layer: Layer, first: int = 1) -> None:
        self._candidates: dict[Hashable, list[_Candidate]] = {}
        self.statements = _statements_of(raw, layer, first)
        self._has_variables = _has_variables(raw) and any(
            "${" in str(resource) for statement in _raw_statements(raw) for resource in _resources(statement)
        )

    def scan(self, view: RequestView) -> Scan:
        """Test all statements."""
        scan = Scan()
        for statement, scope, known_name in self._concerning(view):
            named, _reason, naming = known_name or statement.named(view)
            if named == "no-match":
                continue
            matched = statement.test(view, scope, named)
            if matched != "no-match":
                scan.add(statement.effects, matched, naming)
        return scan

    def _concerning(self, view: RequestView) -> list[_Candidate]:
        """Return the statements that action, key and caller's identity do not rule out, remembering them."""
        place = (view.action, view.resource, view.identity)
        found = self._candidates.get(place)
        if found is None:
            found = [candidate for statement in self.statements if (candidate := _candidate(statement, view))]
            if not self._has_variables:
                if len(self._candidates) >= _REMEMBERED:
                    self._candidates.clear()
                self._candidates[place] = found
        return found


def _candidate(statement: Statement, view: RequestView) -> _Candidate | None:
    scope = statement.scope(view)[0]
    if scope == "no-match":
        return None
    if not statement.names_by_identity():
        return statement, scope, None
    named = statement.named(view)
    return None if named[0] == "no-match" else (statement, scope, named)


def either(one: Matched, other: Matched) -> Matched:
    """Return whether one of two tests matches."""
    if one == "match" or other == "match":
        return "match"
    return "unknown" if "unknown" in (one, other) else "no-match"


def both(one: Matched, other: Matched) -> Matched:
    """Return whether two tests both match."""
    if one == "no-match" or other == "no-match":
        return "no-match"
    return "unknown" if "unknown" in (one, other) else "match"


def _raw_statements(raw: object) -> list[Any]:
    statements = raw.get("Statement") if isinstance(raw, Mapping) else None
    return list(statements) if isinstance(statements, list | tuple) else [statements]


def _resources(statement: object) -> list[Any]:
    if not isinstance(statement, Mapping):
        return []
    listed = [statement.get("Resource"), statement.get("NotResource")]
    return [
        text for part in listed for text in (part if isinstance(part, list | tuple) else [part]) if type(text) is str
    ]


def _has_variables(raw: object) -> bool:
    return isinstance(raw, Mapping) and raw.get("Version") == _VERSION_WITH_VARIABLES


def _statements_of(raw: Any, layer: Layer, first: int) -> tuple[Statement, ...]:
    """Return the statements of a document; those of the same document are compiled once, as many jobs meet a policy.

    What a Document finds of requests is not shared: it rests on the other policies as well.
    """
    try:
        written = marshal.dumps(raw)
    except ValueError:  # nested too deep, or no plain JSON
        return tuple(_compile_statements(raw, layer, first))
    return _compile_once(written, layer, first)


@lru_cache(maxsize=_MOST_COMPILED)
def _compile_once(written: bytes, layer: Layer, first: int) -> tuple[Statement, ...]:
    return tuple(_compile_statements(marshal.loads(written), layer, first))  # noqa: S302 - written just before


def _compile_statements(raw: object, layer: Layer, first: int) -> list[Statement]:
    compiled: list[Statement] = []
    for index, statement in enumerate(_raw_statements(raw), first):
        if isinstance(statement, Mapping):
            compiled.append(Statement(statement, index, layer, has_variables=_has_variables(raw)))
        else:
            compiled.append(Statement(_UNREADABLE, index, layer, has_variables=False))
            compiled[-1].faults = [Reason.STATEMENT_MALFORMED]
    faults = list(_faults_of(raw))
    for statement in compiled:
        statement.faults += faults
    return compiled


def _faults_of(raw: object) -> list[Reason]:
    if not isinstance(raw, Mapping):
        return []
    faults = [Reason.ELEMENT_UNKNOWN] if any(name not in _ELEMENTS for name in raw) else []
    version = raw.get("Version")
    if version is not None and version not in _VERSIONS:
        faults.append(Reason.POLICY_VERSION_UNKNOWN)
    return faults
