"""The engines of AWS that can be asked instead of event history, by what was chosen."""

from collections.abc import Iterator
from typing import Never, assert_never

from trail_diff.aws.engines.athena import AthenaSource
from trail_diff.aws.engines.choices import AthenaTable, EventDataStore, LogGroups
from trail_diff.aws.engines.lake import LakeSource
from trail_diff.aws.engines.logs_insights import LogsInsightsSource
from trail_diff.aws.engines.splitting import SplitEngine
from trail_diff.errors import DryRun
from trail_diff.read.interface import Engine, Found, Link, Progress, ReadOptions, Selection, Source, Tally

ATHENA_BYTES = 262_144
"""How long a statement may be (Athena's service quotas)."""
LAKE_BYTES = 10_000
"""How long a statement of CloudTrail Lake may be (StartQuery). Logs Insights is asked for one window at a time."""


def open_engine(choice: AthenaTable | LogGroups | EventDataStore, link: Link) -> Engine:
    """Return the engine that was chosen.

    Raises:
        UsageError: its name cannot be one.
    """
    match choice:
        case AthenaTable():
            return SplitEngine(AthenaSource(link, choice), ATHENA_BYTES)
        case LogGroups(names):
            return LogsInsightsSource(link, names)
        case EventDataStore(arn):
            return SplitEngine(LakeSource(link, arn), LAKE_BYTES)
        case _:
            assert_never(choice)


class DryRunSource(Source):
    """Shows what an engine would be asked, and ends there."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read(
        self,
        query: ReadOptions,
        selection: Selection,  # noqa: ARG002
        tally: Tally,  # noqa: ARG002
        progress: Progress | None,  # noqa: ARG002
    ) -> Iterator[Found]:
        """Ask nothing.

        Raises:
            DryRun: always, with the statement.
        """
        self._end(query)

    def _end(self, query: ReadOptions) -> Never:
        raise DryRun(self._engine.statement(query))
