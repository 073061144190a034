"""What calls are found by in an index of them: each function returns the signs of one call."""

from collections.abc import Iterable, Iterator

from trail_diff.model.learnt import Caller, Event

READS_ONLY, AWS_ALIAS = "reads-only", "aws-alias"


def keys_of(event: Event) -> Iterator[str | None]:
    """Yield the keys that a call is on; None for one that it does not name."""
    return (access.key for access in event.accesses)


def used_keys_of(event: Event) -> Iterable[str | None]:
    """Return the keys that a call was made on without error."""
    return () if event.error_code is not None else keys_of(event)


def failed_actions_of(event: Event) -> Iterable[tuple[Caller, str]]:
    """Return who made a call that ended in an error, whatever the session, with each of its actions."""
    return () if event.error_code is None else actions_of(event)


def ids_of(event: Event) -> Iterable[str]:
    """Return the id of a call."""
    return (event.event_id,)


def actions_of(event: Event) -> Iterator[tuple[Caller, str]]:
    """Yield who made a call, whatever the session, with each of its actions."""
    caller = event.caller.across_sessions()
    return ((caller, access.action) for access in event.accesses)


def accesses_of(event: Event) -> Iterator[tuple[Caller, str, str | None]]:
    """Yield who made a call, whatever the session, with each of its actions and the key of that."""
    caller = event.caller.across_sessions()
    return ((caller, access.action, access.key) for access in event.accesses)


def traits_of(event: Event) -> Iterator[str]:
    """Yield what sets a call apart, as its record says: that it only reads, that it names an alias of AWS's."""
    if event.read_only:
        yield READS_ONLY
    named = event.request_parameters.get("keyId")
    if isinstance(named, str) and "alias/aws/" in named:
        yield AWS_ALIAS
