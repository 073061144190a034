"""What a condition key of a request can be: a domain of members, with the grade of that knowledge.

A test of a key is decided when every member gives the same outcome. What a record carries is a domain of one value.
"""

from collections.abc import Iterable, Mapping
from enum import Enum

from msgspec import Struct

from trail_diff.model.codes import Grade

Value = str | tuple[str, ...]
"""What a request has for a condition key: one value, or the list of a multivalued key."""


class Open(Enum):
    """Members of a domain that are no certain value.

    AWS_OWNED stands for a value of AWS's own: no account, ARN, unique id or address of a customer. ANYTHING stands for
    every value and for none.
    """

    ABSENT = "absent"
    AWS_OWNED = "aws-owned"
    ANYTHING = "anything"


class Contains(Struct, frozen=True):
    """A list that has these names of an AWS service, and maybe others of the same service."""

    names: tuple[str, ...]


class ArnIn(Struct, frozen=True):
    """The ARN of some resource in an account."""

    account: str


Member = Value | Open | Contains | ArnIn


class Domain(Struct, frozen=True):
    """What a key can be, and the lowest grade that this is known from."""

    members: tuple[Member, ...]
    grade: Grade = "recorded"


class Table(Struct, frozen=True):
    """What keys are as a rule: whole names, in lower case, and prefixes that end in `/` or `:`, the longest first."""

    names: Mapping[str, Domain] = {}
    prefixes: tuple[tuple[str, Domain], ...] = ()


ABSENT, AWS_OWNED, ANYTHING = Open.ABSENT, Open.AWS_OWNED, Open.ANYTHING
IS_ABSENT = Domain((ABSENT,))
IS_UNKNOWN = Domain((ANYTHING,))
NEVER_THE_CUSTOMERS = Domain((ABSENT, AWS_OWNED), "documented")

_ORDER: tuple[Grade, ...] = ("recorded", "documented", "inferred")


def lowest(grades: Iterable[Grade]) -> Grade:
    """Return the lowest of several grades; nothing but records where there are none."""
    return max(grades, key=_ORDER.index, default="recorded")


def highest(grades: Iterable[Grade]) -> Grade:
    """Return the highest of several grades, of which each alone would do."""
    return min(grades, key=_ORDER.index, default="recorded")
