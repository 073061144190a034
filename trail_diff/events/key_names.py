"""The names by which requests call a key."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import Struct

from trail_diff.arns import is_same_alias, plain_key
from trail_diff.model.learnt import Event


class KeyName(Struct, frozen=True):
    """A key that a call was on, what the request calls it (None: nothing, or that is not known), and when it was."""

    key: str
    name: str | None
    time: datetime


def key_names(events: Iterable[Event]) -> Iterator[KeyName]:
    """Yield every key that events name."""
    for event in events:
        name = event.request_parameters.get("keyId")
        for access in event.accesses:
            if access.key:
                yield KeyName(access.key, name if isinstance(name, str) else None, event.event_time)


def resolve_key(text: str, names: Iterable[KeyName]) -> str:
    """Return the key ARN of an id, an alias or an alias ARN, by the first call with both, else the text."""
    text = plain_key(text)
    if is_resolved(text):
        return text
    found = [(one.time, one.key) for one in names if is_resolved(one.key) and _is_spelled(text, one)]
    return min(found)[1] if found else text


def is_resolved(key: str) -> bool:
    """Check whether a key is named by its ARN."""
    return ":key/" in key


def _is_spelled(text: str, one: KeyName) -> bool:
    return one.key.endswith(f":key/{text}") or (one.name is not None and is_same_alias(text, one.name))
