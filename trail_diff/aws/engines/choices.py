"""Which engine of AWS to ask instead of event history; light, so that the offline path loads nothing of AWS."""

from msgspec import Struct


class AthenaTable(Struct, frozen=True):
    """A table of CloudTrail records, as DATABASE.TABLE; the workgroup and the place of results, if not the default."""

    name: str
    workgroup: str | None = None
    output: str | None = None


class LogGroups(Struct, frozen=True):
    """CloudWatch Logs groups that a trail writes to, by name or ARN."""

    names: tuple[str, ...]


class EventDataStore(Struct, frozen=True):
    """An event data store of CloudTrail Lake."""

    arn: str
