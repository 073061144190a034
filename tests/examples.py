"""How many examples a property is tried on."""

import os

_FEWEST = 10


def examples(count: int) -> int:
    """Return a quarter of them, as they are the same in every run; all of them with HYPOTHESIS_PROFILE=search."""
    return count if os.environ.get("HYPOTHESIS_PROFILE") == "search" else max(count // 4, min(count, _FEWEST))
