"""What can become of comparing one value of a request with one of a policy, before any negation."""

from collections.abc import Callable
from typing import Final

from trail_diff.model.reasons import Reason
from trail_diff.policy.request.interface import Outcome
from trail_diff.policy.request.view import RequestView

Comparison = Callable[[str, RequestView], Outcome]
"""Compares a request's value with the policy's value that it was made for."""

EQUALS: Final[Outcome] = ("match", Reason.VALUE_EQUALS)
DIFFERS: Final[Outcome] = ("no-match", Reason.VALUE_DIFFERS)
NOT_COMPARABLE: Final[Outcome] = ("unknown", Reason.VALUE_NOT_COMPARABLE)
VARIABLE_FORM: Final[Outcome] = ("unknown", Reason.VARIABLE_FORM)
LINE_BREAK: Final[Outcome] = ("unknown", Reason.WILDCARD_OVER_LINE_BREAK)
