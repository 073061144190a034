"""What to ask event history, and which way of asking costs the fewest requests. Pure.

A request has one attribute and brings 50 events, and events that use a key carry no resource to ask for. All events of
a service in a window take a request for every 50 of them. Over a span of days that is too many where keys are
busy; there the few calls that change something are asked for by name, each for a request at least.
"""

import math
from collections.abc import Sequence
from datetime import UTC, datetime

from trail_diff.arns import partition_of
from trail_diff.aws.event_history.slices import Span
from trail_diff.model.learnt import Window

PAGE = 50
KMS, BACKUP, IAM = "kms.amazonaws.com", "backup.amazonaws.com", "iam.amazonaws.com"

FREQUENT_CHANGES = ("CreateGrant", "RetireGrant")
FREQUENT_LOOK_BACK = 24 * 60 * 60
"""Services make and retire grants all day, so these are only asked for from a day (in seconds) before the first window
on: who was given a grant that is revoked between two jobs is told by its CreateGrant."""

RARE_CHANGES = (
    "CancelKeyDeletion",
    "DeleteImportedKeyMaterial",
    "DeleteKey",
    "DisableKey",
    "EnableKey",
    "ImportKeyMaterial",
    "PutKeyPolicy",
    "RevokeGrant",
    "ScheduleKeyDeletion",
    "UpdateAlias",
)
"""The calls on keys that can make a use of one fail; rotation and replication cannot, and are left out."""

VAULT_CHANGES = ("CreateBackupVault", "DeleteBackupVaultAccessPolicy", "PutBackupVaultAccessPolicy")

ROLE_CHANGES = (
    "AttachRolePolicy",
    "CreatePolicyVersion",
    "DeleteRole",
    "DeleteRolePermissionsBoundary",
    "DeleteRolePolicy",
    "DetachRolePolicy",
    "PutRolePermissionsBoundary",
    "PutRolePolicy",
    "SetDefaultPolicyVersion",
)
"""IAM is global: its events are only in the event history of one Region of the partition."""

ASSUMED_IAM_RATE = 1 / 30
"""Events of IAM a second that are expected where none were counted: enough to ask by name for days, not for minutes."""

_GLOBAL_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}


def global_region(region: str) -> str:
    """Return the Region whose event history has the events of IAM."""
    return _GLOBAL_REGIONS[partition_of(region)]


def span_of(window: Window, oldest: datetime, newest: datetime) -> Span | None:
    """Return the seconds of a window that event history can have; None if there are none."""
    start, end = max(window.start, oldest), min(window.end, newest)
    if start > end:
        return None
    return Span(math.floor(start.timestamp()), math.floor(end.timestamp()))


def time_of(second: int) -> datetime:
    """Return the time that a second stands for."""
    return datetime.fromtimestamp(second, UTC)


def expected_pages(events_per_second: float, span: Span) -> int:
    """Return how many requests all events of a source in a span are expected to take: one at least."""
    return max(1, math.ceil(events_per_second * (span.end - span.start + 1) / PAGE))


def is_cheaper_by_source(events_per_second: float, gaps: Sequence[Span], names: Sequence[str]) -> bool:
    """Check whether all events of the source in the gaps take no more requests than one for each name.

    The rate is that of the windows; it can mislead, so the one who asks gives up after as many requests as there are
    names, and then at worst has taken twice the requests of the better way.
    """
    return sum(expected_pages(events_per_second, gap) for gap in gaps) <= len(names)
