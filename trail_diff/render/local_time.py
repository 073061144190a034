"""Local times beside those of UTC, in texts for a terminal."""

import re
from datetime import UTC, datetime, tzinfo

_SHOWN = re.compile(
    r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?)Z(?: – (\d{4}-\d{2}-\d{2}T)?(\d{2}:\d{2}(?::\d{2})?)Z)?"
)
"""A time as it is shown, or a span of two; the second without its day where it is the same."""


def times_beside(text: str, zone: tzinfo | None) -> list[str]:
    """Return the local time of each time or span of times in a text, in order."""
    return [local for found in _SHOWN.finditer(text) if zone and (local := _local(found, zone))]


def add_local_times(text: str, zone: tzinfo | None) -> str:
    """Return a text with the local time behind each time and span, in brackets."""
    if zone is None:
        return text

    def with_local(found: re.Match[str]) -> str:
        local = _local(found, zone)
        return f"{found[0]} ({local})" if local else found[0]

    return _SHOWN.sub(with_local, text)


def _local(found: re.Match[str], zone: tzinfo) -> str | None:
    """Return a time or a span in a zone, the day only where it is not that of UTC; None for what is no time."""
    try:
        start = datetime.fromisoformat(found[1]).replace(tzinfo=UTC)
        end = (
            datetime.fromisoformat(f"{found[2] or found[1][:11]}{found[3]}").replace(tzinfo=UTC) if found[3] else start
        )
        here = [moment.astimezone(zone) for moment in (start, end)]
    except (ValueError, OverflowError):
        return None
    if here[0].utcoffset() == here[1].utcoffset() == UTC.utcoffset(None):
        return None
    day = "" if all(one.date() == start.date() for one in here) else "%m-%d "
    clock = "%H:%M:%S" if len(found[1]) > len("2026-03-01T18:00") else "%H:%M"
    shown = [f"{here[0]:{day}{clock}}"]
    if found[3]:
        shown.append(f"{here[1]:{day if here[0].date() != here[1].date() else ''}{clock}}")
    return f"{' – '.join(shown)} {here[1].tzname()}"
