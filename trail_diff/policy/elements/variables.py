"""Policy variables: `${aws:username}`, with a default or without, and the escapes `${*}`, `${?}` and `${$}`.

From the IAM User Guide, "IAM policy elements: Variables and tags".
"""

import re
from collections.abc import Callable, Iterable

from msgspec import Struct

from trail_diff.model.codes import Matched
from trail_diff.model.reasons import Reason
from trail_diff.policy.elements.globs import Glob, Piece, Wildcard, glob_pieces
from trail_diff.policy.request.domains import Open
from trail_diff.policy.request.view import RequestView

_REFERENCE = re.compile(r"\$\{([^${}]*|[*?$])\}")
_KEY = re.compile(r"[^\s':][^':]*:[^']*")
_DEFAULT = re.compile(r"'([^']*)'")


class Variable(Struct, frozen=True):
    """A reference to a condition key (in lower case), and what stands for it when the key is absent."""

    key: str
    default: str | None = None


TemplatePiece = Piece | Variable


class Resolved(Struct, frozen=True):
    """A template with the values of a request in it.

    `pieces` is None when a variable has no value. `fault` says why the pieces are only a bound (a variable of unknown
    value stands as a wildcard); `wild_pieces`, if any, take wildcards inside of `values` for wildcards.
    """

    pieces: tuple[Piece, ...] | None
    fault: Reason | None = None
    wild_pieces: tuple[Piece, ...] | None = None
    values: tuple[str, ...] = ()


def template_pieces(text: str, *, wildcards: bool) -> tuple[TemplatePiece, ...] | None:
    """Take a text apart into text, wildcards and variables; None when a variable is malformed."""
    pieces: list[TemplatePiece] = []
    start = 0
    for found in _REFERENCE.finditer(text):
        if not _add_text(pieces, text[start : found.start()], wildcards=wildcards):
            return None
        start = found.end()
        body = found[1]
        if body in ("*", "?", "$"):
            pieces.append(body)
        elif (variable := _read_variable(body)) is not None:
            pieces.append(variable)
        else:
            return None
    return tuple(pieces) if _add_text(pieces, text[start:], wildcards=wildcards) else None


def resolve(pieces: Iterable[TemplatePiece], view: RequestView) -> Resolved:
    """Put the request's values in the place of variables."""
    resolved: list[Piece] = []
    wild: list[Piece] = []
    values: list[str] = []
    fault: Reason | None = None
    for piece in pieces:
        if not isinstance(piece, Variable):
            resolved.append(piece)
            wild.append(piece)
            continue
        value = _value_of(piece, view)
        if value is None:
            return Resolved(None)
        if isinstance(value, Reason):
            fault = value
            resolved.append(Wildcard.ANY_TEXT)
            wild.append(Wildcard.ANY_TEXT)
        else:
            values.append(value)
            resolved.append(value)
            wild.extend(glob_pieces(value))
    return Resolved(tuple(resolved), fault, tuple(wild) if wild != resolved else None, tuple(values))


def match_template(
    pieces: Iterable[TemplatePiece],
    text: str,
    view: RequestView,
    *,
    wildcards: bool,
    fold: Callable[[str], str] = str,
) -> tuple[Matched, Reason | None]:
    """Match a text against a template, with the reason when that cannot be told.

    `wildcards`: those that a variable's value holds may count as such; `fold` is done to both sides, as `str.lower`.
    """
    resolved = resolve(pieces, view)
    if resolved.pieces is None:
        return "no-match", None
    folded = (fold(piece) if isinstance(piece, str) else piece for piece in resolved.pieces)
    matched = Glob(folded).match(fold(text))
    if wildcards and resolved.wild_pieces is not None and Glob(resolved.wild_pieces).match(text) != matched:
        return "unknown", Reason.VARIABLE_VALUE_HAS_WILDCARD
    if resolved.fault is not None and matched != "no-match":
        return "unknown", resolved.fault
    return matched, Reason.WILDCARD_OVER_LINE_BREAK if matched == "unknown" else None


def _read_variable(body: str) -> Variable | None:
    key, comma, rest = body.partition(",")
    default = _DEFAULT.fullmatch(rest.strip())
    if not _KEY.fullmatch(key.strip()) or (comma and default is None):
        return None
    return Variable(key.strip().lower(), default[1] if default else None)


def _add_text(pieces: list[TemplatePiece], text: str, *, wildcards: bool) -> bool:
    if "${" in text:
        return False
    if wildcards:
        pieces.extend(glob_pieces(text))
    elif text:
        pieces.append(text)
    return True


def _value_of(variable: Variable, view: RequestView) -> str | Reason | None:
    match view.value_of(variable.key):
        case str() as text:
            return text
        case (str() as text,):
            return text
        case Open.ABSENT | ():
            return variable.default
        case tuple():
            return Reason.VARIABLE_FORM
        case _:
            return Reason.VARIABLE_UNKNOWN
