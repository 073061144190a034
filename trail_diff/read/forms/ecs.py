"""Elastic: the fields `aws.cloudtrail.*` and ECS back to the columns of a table, where no `event.original` was kept.

Source: the field reference of Elastic's integration for AWS CloudTrail. Names are in snake case, nested or with dots.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from trail_diff.read.forms.spelling import SPELLING

_PREFIX = "aws.cloudtrail."
_RESOURCES = "aws.cloudtrail.resources."
_ECS = {
    "event.provider": "eventSource",
    "event.action": "eventName",
    "event.id": "eventID",
    "@timestamp": "eventTime",
    "cloud.region": "awsRegion",
    "source.address": "sourceIPAddress",
    "user_agent.original": "userAgent",
    "user.id": "userIdentity.principalId",
    "user.name": "userIdentity.userName",
    "cloud.account.id": "userIdentity.accountId",
}
_WHOLE = frozenset(
    {"request_parameters", "response_elements", "additional_eventdata", "service_event_details", "resources"}
)
"""Fields whose names inside are CloudTrail's own; they are kept as text, and as objects under `flattened`."""

_DEPTH_LIMIT = 8


def columns_from_ecs(thing: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the columns that a document of Elastic holds; None when it is none, or still has the original record."""
    if "aws" not in thing and not any(str(name).startswith(_PREFIX) for name in thing):
        return None
    fields = dict(_flatten(thing, "", 0))
    if not any(name.startswith(_PREFIX) for name in fields) or fields.get("event.original"):
        return None
    columns = {ours: fields[name] for name, ours in _ECS.items() if name in fields}
    columns |= {
        _spell(name.removeprefix(_PREFIX)): value
        for name, value in fields.items()
        if name.startswith(_PREFIX) and value not in (None, "", {}, [])
    }
    return columns


def unlist(fields: object) -> dict[str, Any] | None:
    """Return the fields of a search result, each of which is in a list of its own, as columns; None if they are not."""
    if not isinstance(fields, dict) or not all(isinstance(value, list) for value in fields.values()):
        return None
    return {name: value[0] if len(value) == 1 else value for name, value in fields.items()}


def _flatten(thing: Mapping[str, Any], path: str, depth: int) -> Iterator[tuple[str, Any]]:
    """Yield the fields by their path. In search results every value is in a list of its own."""
    for name, value in thing.items():
        place = f"{path}.{name}" if path else str(name)
        is_whole = place.removeprefix(_PREFIX).removeprefix("flattened.") in _WHOLE
        if isinstance(value, dict) and not is_whole and depth < _DEPTH_LIMIT:
            yield from _flatten(value, place, depth + 1)
        elif isinstance(value, list) and place.startswith(_RESOURCES):
            yield from ((f"{_RESOURCES}{index}.{name.rpartition('.')[2]}", one) for index, one in enumerate(value))
        else:
            is_alone = isinstance(value, list) and len(value) == 1 and not (is_whole and isinstance(value[0], dict))
            yield place, value[0] if is_alone else value


def _spell(name: str) -> str:
    """Return CloudTrail's spelling of a path; `flattened` comes last in the document, and its objects win."""
    steps = name.removeprefix("flattened.").split(".")
    return ".".join(SPELLING.get(step.replace("_", "").lower(), step) for step in steps)
