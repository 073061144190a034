"""How much may come out of an input, and how much work it may make, for each byte that was read of it.

Both are counted, not timed: the same input is given up at the same place on any machine.
"""

from trail_diff.model.reasons import Reason

FREE_EXPANSION_BYTES = 256 << 20
"""How far a file may expand before its ratio counts."""
EXPANSION_RATIO = 250
"""How many times its own size a file may expand beyond that; CloudTrail's own files stay below 50."""
FREE_WORK = 20 << 20
"""How much work a file may make before its ratio counts: a few seconds."""
WORK_RATIO = 160
"""How much work a file may make for each of its bytes: every second may be a value, and each repair go over all."""
VALUE_WORK = 96
"""What it costs to look at one value, measured in bytes of text that a repair goes over."""
SCAN_WORK = 4
"""What it costs, for each byte, to look for the end of a value."""
MEMBER_WORK = 12 * VALUE_WORK
"""What it costs to open a member of an archive."""
_EXPANDED_WORK = 8
"""How many bytes that come out of an archive cost as much as one that a repair goes over."""


class Damaged(Exception):  # noqa: N818 - it is no error of ours: the input ends or goes on wrongly, and is counted
    """The rest of a stream cannot be read."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class Budget:
    """Weighs what came out of a file, all its layers together, and the work it made, against what was read of it."""

    def __init__(self, free_expansion_bytes: int | None = None) -> None:
        self.read_bytes = self.worked = 0
        self._expanded = 0
        self._free_expansion_bytes = FREE_EXPANSION_BYTES if free_expansion_bytes is None else free_expansion_bytes

    def take(self, size: int) -> None:
        """Count bytes read from outside."""
        self.read_bytes += size

    def expand(self, size: int) -> None:
        """Count bytes that came out of a layer.

        Raises:
            Damaged: it is more than a real export would hold.
        """
        self._expanded += size
        self.spend(size // _EXPANDED_WORK)
        if self._expanded > max(self._free_expansion_bytes, EXPANSION_RATIO * self.read_bytes):
            raise Damaged(Reason.EXPANSION_LIMIT)

    def work(self, size: int) -> None:
        """Count work, in bytes of text that were gone over."""
        self.worked += size

    def look(self, size: int = 0) -> None:
        """Count the work that a value makes, or a line of some size.

        Raises:
            Damaged: the file has made more than a real export would.
        """
        self.spend(VALUE_WORK + size)

    def spend(self, size: int) -> None:
        """Count work, and end it where it is too much.

        Raises:
            Damaged: the file has made more than a real export would.
        """
        self.work(size)
        if self.is_spent:
            raise Damaged(Reason.WORK_LIMIT)

    @property
    def is_spent(self) -> bool:
        """Check whether the file made more work than a real export would."""
        return self.worked > max(FREE_WORK, WORK_RATIO * self.read_bytes)
