"""Makes the request of a caller as the record of its call tells it: cases name the caller in short."""

from typing import Any

from making import make_event
from recording import Recording

from trail_diff.model.learnt import Event
from trail_diff.policy import Request
from trail_diff.policy.request.context import build_request

MADE = Recording()
KEY = MADE.key_arn("k")


def identity_of(caller: str) -> dict[str, Any]:
    """Return the `userIdentity` of a caller: `service:NAME`, `role:NAME`, `user:NAME`, `onward:SERVICE`, `ec2`."""
    kind, _, name = caller.partition(":")
    identities = {
        "service": MADE.service(name),
        "role": MADE.role(name or "app/web", "i-1"),
        "user": MADE.user(name or "ann"),
        "onward": MADE.role("app/web", "i-1", name),
        "backup": MADE.role("service-role/Backup", "AWSBackup-Backup", "backup.amazonaws.com"),
        "linked": MADE.role("aws-service-role/x.amazonaws.com/AWSServiceRoleForX", "s", "x.amazonaws.com"),
        "ec2": MADE.role("aws:ec2-infrastructure", "i-1", "AWS Internal"),
    }
    return identities[kind]


def event_of(call: dict[str, Any]) -> Event:
    """Return the event of a call: its caller, action, further fields of the record and of the identity."""
    record = Recording().kms("2026-03-01T18:00:00Z", call.get("action", "Decrypt"), KEY, identity_of(call["caller"]))
    record["userIdentity"] = record["userIdentity"] | call.get("identity", {})
    record.update(call.get("fields", {}))
    if "encryptionContext" in call:
        record["requestParameters"] = {"keyId": KEY, "encryptionContext": call["encryptionContext"]}
    return make_event(record)


def request_of(call: dict[str, Any]) -> Request:
    """Return the request that a call made."""
    event = event_of(call)
    return build_request(event, event.accesses[0])
