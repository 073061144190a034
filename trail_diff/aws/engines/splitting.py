"""Keeps an engine's statements below its limit: windows that do not fit in one are spread over several."""

from collections.abc import Iterator

from msgspec import structs

from trail_diff.read.interface import Engine, Found, Progress, ReadOptions, Selection, Source, Tally
from trail_diff.read.spans import near_windows


class SplitEngine(Source):
    """An engine, asked by as few statements as its limit of `most_bytes` lets name all windows."""

    def __init__(self, engine: Engine, most_bytes: int) -> None:
        self._engine, self._most_bytes = engine, most_bytes

    def read(
        self, query: ReadOptions, selection: Selection, tally: Tally, progress: Progress | None
    ) -> Iterator[Found]:
        """Run one statement after another, and yield the results of all.

        Raises:
            AwsError, SourceError: as the engine does.
        """
        for part in self._split(query):
            yield from self._engine.read(part, selection, tally, progress)

    def statement(self, query: ReadOptions) -> str:
        """Return every statement that would be run."""
        return "\n\n".join(map(self._engine.statement, self._split(query)))

    def _split(self, query: ReadOptions) -> Iterator[ReadOptions]:
        """Yield queries that fit, the earliest windows first; the first asks for the changes, which are one span."""
        ordered = tuple(sorted(query.windows, key=lambda window: (window.start, window.end)))
        yield from self._halve(near_windows(structs.replace(query, windows=ordered)))

    def _halve(self, query: ReadOptions) -> Iterator[ReadOptions]:
        middle = len(query.windows) // 2
        if not middle or len(self._engine.statement(query).encode()) <= self._most_bytes:
            yield query
            return
        yield from self._halve(structs.replace(query, windows=query.windows[:middle]))
        yield from self._halve(structs.replace(query, windows=query.windows[middle:], changes=None))
