"""Renders a triage for a spreadsheet: a row for each job, what is said of its group repeated in each."""

from collections.abc import Callable, Mapping
from operator import attrgetter

from trail_diff.model.triage import TriageGroup, TriageJob
from trail_diff.render import layout
from trail_diff.render.csv import write_rows
from trail_diff.render.interface import RenderOptions
from trail_diff.render.triage import Triaged

_GROUP: Mapping[str, Callable[[TriageGroup], object]] = {
    **{name: attrgetter(name) for name in ("outcome", "cause", "layer", "key")},
    "statement": lambda group: group.statement.index if group.statement else None,
    "sid": lambda group: group.statement.sid if group.statement else None,
    "callers": lambda group: " ".join(caller.name or caller.arn or "" for caller in group.callers),
    "actions": lambda group: " ".join(group.actions),
    "change_event_id": lambda group: group.change.event_id if group.change else None,
    "change": lambda group: group.change.event_name if group.change else None,
    "change_by": lambda group: group.change.by if group.change else None,
    "change_at": lambda group: layout.show_time(group.change.at) if group.change else None,
    "remedy": attrgetter("remedy"),
    "reasons": lambda group: " ".join(group.reasons),
    "summary": attrgetter("summary"),
}
_JOB: Mapping[str, Callable[[TriageJob], object]] = {
    **{
        name: attrgetter(name)
        for name in ("id", "kind", "state", "resource", "resource_type", "vault", "account", "region")
    },
    "created": lambda job: layout.show_time(job.created),
    **{name: attrgetter(name) for name in ("baseline", "confidence", "parent", "message")},
}


def render(triaged: Triaged, _options: RenderOptions) -> str:
    """Render a triage."""
    rows = [
        [number, *(value(job) for value in _JOB.values()), *(value(group) for value in _GROUP.values())]
        for number, group in enumerate(triaged.triage.groups, 1)
        for job in group.jobs
    ]
    return write_rows(["group", *_JOB, *_GROUP], rows)
