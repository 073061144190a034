"""What to ask event history, and which way of asking costs the fewest requests. Pure.

A request has one attribute and brings 50 events, and events that use a key carry no resource to ask for. All events of
a service in a window take a request for every 50 of them. Over a span of days that is too many where keys are
busy; there the few calls that change something are asked for by name, each for a request at least.
"""

import math
from collections.abc import Sequence
from datetime import UTC, datetime

from trail_diff.aws.event_history.slices import Span
from trail_diff.events.changes import (
    HARMLESS_KEY_CHANGES,
    KEY_CHANGES,
    POLICY_CHANGES,
    ROLE_CHANGES,
    USER_POLICY_CHANGES,
    VAULT_CHANGES,
)
from trail_diff.model.learnt import Window

PAGE = 50
KMS, BACKUP, IAM = "kms.amazonaws.com", "backup.amazonaws.com", "iam.amazonaws.com"
ORGANIZATIONS = "organizations.amazonaws.com"

FREQUENT_CHANGES = ("CreateGrant", "RetireGrant")
FREQUENT_LOOK_BACK = 24 * 60 * 60
"""Services make and retire grants all day, so these are only asked for from a day (in seconds) before the first window
on: who was given a grant that is revoked between two jobs is told by its CreateGrant."""

RARE_CHANGES = tuple(sorted(KEY_CHANGES - HARMLESS_KEY_CHANGES - set(FREQUENT_CHANGES)))
"""The calls on keys that can make a use of one fail; rotation and replication cannot, and are left out."""

OF_ORGANIZATIONS = ("AttachPolicy", "DetachPolicy", "UpdatePolicy")
OF_ROLES = tuple(sorted((ROLE_CHANGES | USER_POLICY_CHANGES | POLICY_CHANGES) - set(OF_ORGANIZATIONS)))
"""IAM and AWS Organizations are global: their events are only in the event history of one Region of the partition."""

OF_VAULTS = tuple(sorted(VAULT_CHANGES))

PAGES_BY_NAME = 10
"""How many pages of one name are fetched where a resource's settings are changed: autoscaling does so all day."""

ASSUMED_IAM_RATE = 1 / 30
"""Events of IAM a second that are expected where none were counted: enough to ask by name for days, not for minutes."""


def span_of(window: Window, oldest: datetime, newest: datetime) -> Span | None:
    """Return the seconds of a window that event history can have; None if there are none."""
    start, end = max(window.start, oldest), min(window.end, newest)
    if start > end:
        return None
    return Span(math.floor(start.timestamp()), math.floor(end.timestamp()))


def time_of(second: int) -> datetime:
    """Return the time that a second stands for."""
    return datetime.fromtimestamp(second, UTC)


def is_cheaper_by_source(events_per_second: float, gaps: Sequence[Span], names: Sequence[str]) -> bool:
    """Check whether all events of the source in the gaps take no more requests than one for each name.

    The rate is that of the windows; it can mislead, so the one who asks gives up after as many requests as there are
    names, and then at worst has taken twice the requests of the better way.
    """
    return sum(max(1, math.ceil(events_per_second * (gap.end - gap.start + 1) / PAGE)) for gap in gaps) <= len(names)
