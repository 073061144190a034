"""Changes of what a policy tests and no request carries: tags, aliases, and the organization of an account. Pure.

The same request under the same policy is decided otherwise once a tag that a statement tests was set or taken away.
Sources: KMS developer guide, "ABAC for AWS KMS"; IAM user guide, "AWS global condition context keys". It fails for tags
of a session, which no record of a change tells.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from trail_diff.diagnosis.examined import Examined
from trail_diff.events.changes import ALIAS_CHANGES, KEY_TAG_CHANGES, ORGANIZATION_CHANGES, PRINCIPAL_TAG_CHANGES
from trail_diff.model.codes import CallerKind
from trail_diff.model.learnt import Caller, Event

_OF_KEY_TAGS, _OF_PRINCIPAL_TAGS, _OF_ALIASES = "aws:resourcetag/", "aws:principaltag/", "kms:resourcealiases"
_OF_ORGANIZATIONS = ("aws:principalorg", "aws:sourceorg", "aws:resourceorg")


def changes_of_tested(
    examined: Examined, caller: Caller | None, key: str | None, tested: Collection[str], worked: datetime
) -> tuple[Event, ...]:
    """Return the changes of what condition keys read, between a time when the call worked and the failed job.

    `tested` are the condition keys, in lower case; `worked` may be before the job or after it.
    """
    window = examined.case.failed.window
    is_before = worked < window.start
    first, last = (worked, window.end) if is_before else (window.start, worked)
    return tuple(
        event
        for event in examined.case.changes
        if event.error_code is None
        and first <= event.event_time <= last
        and any(_is_read_from(event, caller, key, one) for one in tested)
    )


def may_be_tested(event: Event, caller: Caller | None, key: str | None) -> bool:
    """Check whether a change is one of tags or aliases that policies of the caller, which are not known, may test."""
    every = (_OF_KEY_TAGS, _OF_PRINCIPAL_TAGS, _OF_ALIASES)
    return any(_is_read_from(event, caller, key, one) for one in every)


def _is_read_from(event: Event, caller: Caller | None, key: str | None, tested: str) -> bool:
    """Check whether a condition key reads what an event changed; a key that ends in a slash is any of its kind."""
    is_service = caller is None or caller.kind is CallerKind.SERVICE_PRINCIPAL
    if event.event_name in KEY_TAG_CHANGES:
        return tested.startswith(_OF_KEY_TAGS) and event.is_on({key}) and _names_tag(event, tested)
    if event.event_name in PRINCIPAL_TAG_CHANGES:
        named = {event.request_parameters.get(name) for name in ("roleName", "userName")}
        is_own = not is_service and caller is not None and caller.name in named
        return tested.startswith(_OF_PRINCIPAL_TAGS) and is_own and _names_tag(event, tested)
    if event.event_name in ALIAS_CHANGES:
        return tested == _OF_ALIASES and event.is_on({key})
    return event.event_name in ORGANIZATION_CHANGES and not is_service and tested.startswith(_OF_ORGANIZATIONS)


def _names_tag(event: Event, tested: str) -> bool:
    """Check whether a change of tags names the tag that is tested; one that names none may be of any."""
    wanted, told = tested.partition("/")[2], {name.lower() for name in _tags_of(event.request_parameters)}
    return not wanted or not told or wanted in told


def _tags_of(parameters: Mapping[str, Any]) -> Iterator[str]:
    for name in ("tags", "tagKeys"):
        listed = parameters.get(name)
        for one in listed if isinstance(listed, list) else ():
            tag = (one.get("tagKey") or one.get("key")) if isinstance(one, Mapping) else one
            if isinstance(tag, str):
                yield tag
