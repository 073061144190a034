"""Rows as pandas tables: the columns of the CSV, with types."""

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from trail_diff.model.report import Report
from trail_diff.model.triage import Triage
from trail_diff.render.csv import SIDES
from trail_diff.render.lists import CALLER_DATA, CALLERS, CALLS_DATA, JOBS, WHAT_IF

if TYPE_CHECKING:
    import pandas as pd

Columns = Mapping[str, Callable[[Any], object]]

_COUNTS = frozenset({"calls", "errors", "denied", "group"})
_MOMENTS = frozenset({"first", "last", "created", "completed"})
TEXT, COUNT, MAYBE_COUNT, MOMENT, TRUTH = "string", "int64", "Int64", "datetime64[us, UTC]", "bool"

CALLER_COLUMNS: Columns = {**CALLERS.data, "first": attrgetter("first"), "last": attrgetter("last")}
JOB_COLUMNS: Columns = {**JOBS.data, "created": attrgetter("job.created"), "completed": attrgetter("job.completed")}
WHAT_IF_COLUMNS: Columns = {**WHAT_IF.data, "observed": attrgetter("observed")}


def _of_side(side: str, name: str, value: Callable[[Any], object]) -> Callable[[Any], object]:
    """Return what gives a cell of one side's calls; its times as they are."""
    if name in _MOMENTS:
        return attrgetter(f"{side}.{name}")
    return lambda group: value(getattr(group, side))


REPORT_COLUMNS: Columns = {
    **CALLER_DATA,
    **{f"{side}_{name}": _of_side(side, name, value) for side in SIDES for name, value in CALLS_DATA.items()},
    "presence": attrgetter("presence"),
    "driving": attrgetter("driving"),
    "tied_by": lambda group: " ".join(group.tied_by),
    "recorded_in": lambda group: " ".join(group.recorded_in),
}


def _of_job(name: str) -> Callable[[Any], object]:
    return lambda row: getattr(row[2], name)


TRIAGE_COLUMNS: Columns = {
    "group": lambda row: row[0],
    "cause": lambda row: row[1].cause,
    "outcome": lambda row: row[1].outcome,
    "confidence": lambda row: row[2].confidence,
    "group_key": lambda row: row[1].key,
    **{
        name: _of_job(name)
        for name in (
            "id",
            "kind",
            "state",
            "resource",
            "resource_type",
            "vault",
            "account",
            "region",
            "created",
            "baseline",
        )
    },
}
"""A row is a group's number, the group, and one of its jobs."""


def column_type(name: str) -> str:
    """Return the dtype of a column, which its name tells."""
    plain = name.removeprefix("failed_").removeprefix("succeeded_")
    if plain in _COUNTS:
        return COUNT
    if plain in _MOMENTS:
        return MOMENT
    if plain == "statement":
        return MAYBE_COUNT
    return TRUTH if plain in {"observed", "driving"} else TEXT


def make_frame(columns: Columns, rows: Iterable[object]) -> "pd.DataFrame":
    """Return rows as a table; without any, it has the same columns and types."""
    import pandas as pd

    listed = list(rows)
    return pd.DataFrame(
        {
            name: pd.Series([_cell(value(row)) for row in listed], dtype=column_type(name))
            for name, value in columns.items()
        }
    )


def report_frame(report: Report) -> "pd.DataFrame":
    """Return the callers of a report as a table."""
    return make_frame(REPORT_COLUMNS, report.callers)


def triage_frame(triage: Triage) -> "pd.DataFrame":
    """Return the jobs of a triage as a table, each with the number of its group, the first being 1."""
    groups = enumerate(triage.groups, 1)
    return make_frame(TRIAGE_COLUMNS, ((number, group, job) for number, group in groups for job in group.jobs))


def _cell(value: object) -> object:
    """Return a value as a column can hold it: a code of an enumeration as its text."""
    return str(value) if isinstance(value, str) else value
