"""The Action and Resource elements, and their Not… forms: whether a statement is about the action and the key."""

from collections.abc import Callable

from trail_diff.model.codes import Matched
from trail_diff.model.reasons import Reason
from trail_diff.policy.documents.unresolved import is_unresolved
from trail_diff.policy.elements.arn_patterns import ArnPattern, arn_parts
from trail_diff.policy.elements.globs import Glob, Piece, glob_pieces, unresolved_pieces
from trail_diff.policy.elements.variables import Variable, resolve, template_pieces
from trail_diff.policy.request.interface import Outcome
from trail_diff.policy.request.view import RequestView

ScopeTest = Callable[[RequestView], Outcome]

_IN_SCOPE: Outcome = ("match", Reason.VALUE_EQUALS)
_ACTION_DIFFERS: Outcome = ("no-match", Reason.ACTION_DIFFERS)
_ACTION_FORM: Outcome = ("unknown", Reason.ACTION_FORM)
_RESOURCE_DIFFERS: Outcome = ("no-match", Reason.RESOURCE_DIFFERS)
_RESOURCE_FORM: Outcome = ("unknown", Reason.RESOURCE_FORM)
_UNRESOLVED: Outcome = ("unknown", Reason.VALUE_KNOWN_AFTER_APPLY)
_MALFORMED: Outcome = ("unknown", Reason.STATEMENT_MALFORMED)
_EMPTY: Outcome = ("unknown", Reason.EMPTY_VALUE_LIST)


def compile_actions(raw: object, *, negated: bool) -> ScopeTest:
    """Make ready an Action element, or a NotAction element (`negated`)."""
    return _any_of(raw, _compile_action, _ACTION_DIFFERS, negated=negated)


def compile_resources(raw: object, *, negated: bool, has_variables: bool) -> ScopeTest:
    """Make ready a Resource element, or a NotResource element (`negated`)."""

    def compile_one(text: str) -> ScopeTest:
        return _compile_resource(text, has_variables=has_variables)

    return _any_of(raw, compile_one, _RESOURCE_DIFFERS, negated=negated)


def _any_of(raw: object, compile_one: Callable[[str], ScopeTest], differs: Outcome, *, negated: bool) -> ScopeTest:
    texts = raw if isinstance(raw, list | tuple) else [raw]
    tests = [compile_one(text) if isinstance(text, str) else _always(_MALFORMED) for text in texts]
    if not tests:
        return _always(_EMPTY)

    def test(view: RequestView) -> Outcome:
        outcomes = [one(view) for one in tests]
        found = next((outcome for outcome in outcomes if outcome[0] == "match"), None)
        found = found or next((outcome for outcome in outcomes if outcome[0] == "unknown"), differs)
        if not negated or found[0] == "unknown":
            return found
        return differs if found[0] == "match" else _IN_SCOPE

    return test


def _always(outcome: Outcome) -> ScopeTest:
    return lambda _view: outcome


def _unresolved_test(text: str, asked: Callable[[RequestView], str], differs: Outcome) -> ScopeTest:
    """Test against a text of which some is not known: what is known can rule a match out, and never confirm one."""
    glob = Glob(unresolved_pieces(text.lower()))
    return lambda view: differs if glob.match(asked(view).lower()) == "no-match" else _UNRESOLVED


def _compile_action(text: str) -> ScopeTest:
    if is_unresolved(text):
        return _unresolved_test(text, lambda view: view.action, _ACTION_DIFFERS)
    lowered = text.lower()
    if lowered == "*":
        return _always(_IN_SCOPE)
    service, colon, _name = lowered.partition(":")
    is_plain = bool(colon) and "*" not in service and "?" not in service
    glob = Glob(glob_pieces(lowered))

    def test(view: RequestView) -> Outcome:
        matched = glob.match(view.action)
        if is_plain:
            return _tell(matched, _ACTION_DIFFERS, _ACTION_FORM)
        name_alone = glob.match(view.action.rpartition(":")[2])
        return _ACTION_DIFFERS if matched == name_alone == "no-match" else _ACTION_FORM

    return test


def _compile_resource(text: str, *, has_variables: bool) -> ScopeTest:
    if text == "*":
        return _always(_IN_SCOPE)
    if is_unresolved(text):
        return _unresolved_test(text, lambda view: view.resource, _RESOURCE_DIFFERS)
    if not has_variables or "${" not in text:
        return _resource_test(glob_pieces(text))
    template = template_pieces(text, wildcards=True)
    if template is None:
        return _always(("unknown", Reason.VARIABLE_FORM))

    def test(view: RequestView) -> Outcome:
        resolved = resolve(template, view)
        if resolved.pieces is None:
            return _RESOURCE_DIFFERS
        if any(isinstance(piece, Variable) for piece in template) and (resolved.fault or resolved.wild_pieces):
            differs = Glob(resolved.wild_pieces or resolved.pieces).match(view.resource) == "no-match"
            return _RESOURCE_DIFFERS if differs else ("unknown", resolved.fault or Reason.VARIABLE_VALUE_HAS_WILDCARD)
        return _resource_test(resolved.pieces)(view)

    return test


def _resource_test(pieces: tuple[Piece, ...]) -> ScopeTest:
    pattern = ArnPattern(pieces)

    def test(view: RequestView) -> Outcome:
        arn = arn_parts(view.resource)
        if arn is None or not arn[5].startswith("key/"):
            return _RESOURCE_FORM
        if pattern.is_complete():
            return _tell(pattern.match(arn), _RESOURCE_DIFFERS, _RESOURCE_FORM)
        endings = (view.resource, arn[5], arn[5].removeprefix("key/"))
        differs = all(pattern.whole.match(ending) == "no-match" for ending in endings)
        return _RESOURCE_DIFFERS if differs else _RESOURCE_FORM

    return test


def _tell(matched: Matched, differs: Outcome, doubtful: Outcome) -> Outcome:
    if matched == "unknown":
        return doubtful
    return _IN_SCOPE if matched == "match" else differs
