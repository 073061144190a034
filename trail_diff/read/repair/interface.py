"""What a repair is: read this before writing one.

A repair undoes one thing that text goes through between AWS and us. It is asked only about text of which not all can
be read as it is, and what it makes is taken only where that gives more records, or leaves less unread. It never guesses
what a value was.
"""

from collections.abc import Callable

from msgspec import Struct

from trail_diff.model.reasons import Reason


class Repair(Struct, frozen=True):
    """One repair: the code under which the coverage names it, and what it does.

    `apply` returns the text without what was done to it, or None where nothing was. It takes time in proportion to the
    text: `work` is how much, in eighths of what it takes to look for the values in the text. A pattern that takes
    strings takes an escape outside of them as well: else each mark of escaped text is tried to the end of its line.
    """

    reason: Reason
    apply: Callable[[str], str | None]
    work: int = 1
