"""Compares ARNs part by part: a wildcard never reaches over one of the first five colons.

From the IAM User Guide, "Amazon Resource Name (ARN) condition operators". A pattern of fewer than six parts, such as a
bare `*`, is not documented: it is left unknown where it might match.
"""

from collections.abc import Sequence

from trail_diff.model.codes import Matched
from trail_diff.model.reasons import Reason
from trail_diff.policy.elements.globs import Glob, Piece, glob_pieces
from trail_diff.policy.elements.outcomes import DIFFERS, EQUALS, LINE_BREAK, NOT_COMPARABLE, VARIABLE_FORM, Comparison
from trail_diff.policy.elements.variables import TemplatePiece, Variable, resolve, template_pieces
from trail_diff.policy.request.interface import Outcome
from trail_diff.policy.request.view import RequestView

_PARTS = 6
_INCOMPLETE: Outcome = ("unknown", Reason.ARN_PATTERN_INCOMPLETE)
_VALUE_HAS_WILDCARD: Outcome = ("unknown", Reason.VARIABLE_VALUE_HAS_WILDCARD)


class ArnPattern:
    """A pattern made ready to match ARNs."""

    __slots__ = ("_parts", "whole")

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.whole = Glob(pieces)
        parts = _split(pieces)
        self._parts = tuple(Glob(part) for part in parts) if len(parts) == _PARTS else None

    def is_complete(self) -> bool:
        """Check whether the pattern has all six parts."""
        return self._parts is not None

    def match(self, arn: Sequence[str]) -> Matched:
        """Match the six parts of an ARN."""
        matched: Matched = "match"
        for part, text in zip(self._parts or (), arn, strict=True):
            if part.literal == text:
                continue
            found = part.match(text)
            if found == "no-match":
                return "no-match"
            if found == "unknown":
                matched = "unknown"
        return matched

    def compare(self, text: str, *, negated: bool) -> Outcome:
        """Compare a text that should be an ARN; `negated` says that no-match would count as true."""
        arn = arn_parts(text)
        if arn is not None and self.is_complete():
            match self.match(arn):
                case "match":
                    return EQUALS
                case "no-match":
                    return DIFFERS
                case "unknown":
                    return LINE_BREAK
        if self.whole.match(text) == "no-match":
            return NOT_COMPARABLE if negated else DIFFERS
        return NOT_COMPARABLE if arn is None else _INCOMPLETE


def arn_parts(text: str) -> list[str] | None:
    """Take an ARN apart into its six parts; None for other text."""
    parts = text.split(":", _PARTS - 1)
    return parts if len(parts) == _PARTS and parts[0] == "arn" else None


def arn_comparison(text: str, *, negated: bool, has_variables: bool) -> Comparison:
    """Make ready the comparison with one ARN pattern of a policy."""
    if not has_variables or "${" not in text:
        pattern = ArnPattern(glob_pieces(text))
        return lambda actual, _view: pattern.compare(actual, negated=negated)
    pieces = template_pieces(text, wildcards=True)
    if pieces is None:
        return lambda _actual, _view: VARIABLE_FORM
    known = tuple(piece for piece in pieces if not isinstance(piece, Variable))
    if len(known) == len(pieces):
        escaped = ArnPattern(known)
        return lambda actual, _view: escaped.compare(actual, negated=negated)
    return lambda actual, view: _compare_template(pieces, actual, view, negated=negated)


def _compare_template(pieces: Sequence[TemplatePiece], actual: str, view: RequestView, *, negated: bool) -> Outcome:
    resolved = resolve(pieces, view)
    if resolved.pieces is None:
        return DIFFERS
    if resolved.fault is not None:
        return DIFFERS if Glob(resolved.pieces).match(actual) == "no-match" else ("unknown", resolved.fault)
    outcome = ArnPattern(resolved.pieces).compare(actual, negated=negated)
    if resolved.wild_pieces is not None:
        wild = ArnPattern(resolved.wild_pieces).compare(actual, negated=negated)
        outcome = outcome if wild == outcome else _VALUE_HAS_WILDCARD
    shifts_parts = len(pieces) > 1 and any(":" in value for value in resolved.values)
    return VARIABLE_FORM if shifts_parts and outcome[0] == "match" else outcome


def _split(pieces: Sequence[Piece]) -> list[list[Piece]]:
    parts: list[list[Piece]] = [[]]
    for piece in pieces:
        if not isinstance(piece, str):
            parts[-1].append(piece)
            continue
        first, *others = piece.split(":", _PARTS - len(parts))
        parts[-1].append(first)
        parts.extend([other] for other in others)
    return parts
