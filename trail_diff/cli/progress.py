"""A line of progress on stderr for long reads: files, bytes and records, or how far a search is.

It is drawn on progress, not by a thread: processes are forked while it is shown, and a fork copies every lock that a
thread holds, but not the thread.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from trail_diff.read.interface import Progress

_MIB = 1 << 20
_DRAW_SECONDS = 0.2


@contextmanager
def show_progress() -> Iterator[Progress]:
    """Show how far reading has come while the block runs; the line is gone afterwards."""
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[amount]}"), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True, auto_refresh=False) as bar:
        task = bar.add_task("reading", total=None, amount="")
        drawn = 0.0

        def update(description: str, done: float, total: float | None, amount: str) -> None:
            nonlocal drawn
            bar.update(task, description=description, completed=done, total=total, amount=amount)
            if monotonic() - drawn >= _DRAW_SECONDS:
                drawn = monotonic()
                bar.refresh()

        yield _Sums(update)


class _Sums:
    """Adds up what is read. The total is that of the files begun so far, as far as their sizes are known."""

    def __init__(self, update: Callable[[str, float, float | None, str], None]) -> None:
        self._update = update
        self._files = self._records = self._read = self._total = 0

    def file(self, name: str, size: int | None) -> None:  # noqa: ARG002 - names are not shown: they may be hostile
        """Begin a file."""
        self._files += 1
        self._total += size or 0
        self._show()

    def advance(self, read_bytes: int, records: int) -> None:
        """Add bytes and records."""
        self._read += read_bytes
        self._records += records
        self._show()

    def search(self, done: float, seconds_left: float, records: int) -> None:
        """Show how far a search is."""
        self._update(f"searching, {records:,} events", done, 1.0, f"about {seconds_left:.0f} s left")

    def _show(self) -> None:
        total = max(self._total, self._read) or None
        amount = f"{self._read / _MIB:.1f} of {total / _MIB:.1f} MiB" if total else ""
        self._update(f"{self._files:,} files, {self._records:,} records", self._read, total, amount)
