"""Errors of other services that KMS may stand behind: its own refusal is in no record, or in none that was read.

Evidence: an error or message that names KMS or a key, an encoded authorization message, which only IAM can read, or
EC2's `Client.InternalError` for a call that asks for encryption (EC2 user guide, "Instance terminates immediately").
It fails where an encoded message is about EC2's own action: decoding it tells.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from trail_diff.arns import partition_of
from trail_diff.events.normalize import KMS
from trail_diff.events.relayed import ASKED, KEY_ARN
from trail_diff.model.learnt import Event

MESSAGE_WORDS = ("kms", "customer master key", "encoded authorization failure message")
CODE_WORDS = ("kms", "customerkey", "encryptionpolicy", "internalerror")
"""What the message or the code of such an error has, in any case."""
ENCODED = re.compile(r"[Ee]ncoded authorization failure message: ?([\w+/=-]{20,})")
_INTERNAL = "internalerror"
_ENCRYPTS = re.compile(r"encrypted\W{1,4}true|kmskeyid", re.IGNORECASE)


def may_be_for_kms(code: object, message: object) -> bool:
    """Check whether KMS may stand behind an error, by its code and message, which may be of any type."""
    return _has(code, CODE_WORDS) or _has(message, MESSAGE_WORDS)


def find_refusal(events: Iterable[Event]) -> Event | None:
    """Return the first call of another service that KMS may have made fail; None where KMS itself refused one."""
    failed = sorted((event for event in events if event.error_code), key=lambda one: one.event_time)
    if any(event.event_source == KMS for event in failed):
        return None
    return next((event for event in failed if event.accesses or _may_be_for_kms(event)), None)


def describe_refusal(event: Event) -> str:
    """Return what a call and its error say, as the message of a run."""
    said = " ".join(filter(None, (event.caller.name, f"{event.event_name} ({event.error_code})")))
    return f"{said}: {event.error_message}" if event.error_message else said


def key_asked_for(event: Event) -> str | None:
    """Return the key that a call of another service names by its ARN; None where it names none, or several."""
    named = set(KEY_ARN.findall(_text_of(event)))
    return named.pop() if len(named) == 1 else None


def asked_of(event: Event) -> Mapping[str, Any]:
    """Return the parameters with which a service was called that failed for a key."""
    kept = event.additional_event_data.get(ASKED)
    return kept if isinstance(kept, dict) else event.request_parameters


def named_resource(event: Event) -> str | None:
    """Return the ARN of the log group or trail that a call of another service is about; None of another resource."""
    names = [asked_of(event).get(name) for name in ("resourceIdentifier", "logGroupName", "name")]
    name = next((one for one in names if isinstance(one, str)), None)
    prefix = _RESOURCES.get(event.event_source)
    region, account = event.aws_region, event.recipient_account_id
    if name is None or name.startswith("arn:") or None in (prefix, region, account):
        return name if name is not None and name.startswith("arn:") else None
    service = event.event_source.partition(".")[0]
    return f"arn:{partition_of(region or '')}:{service}:{region}:{account}:{prefix}{name}"


_RESOURCES = {"logs.amazonaws.com": "log-group:", "cloudtrail.amazonaws.com": "trail/"}


def _has(text: object, words: Iterable[str]) -> bool:
    return isinstance(text, str) and any(word in text.lower() for word in words)


def _may_be_for_kms(event: Event) -> bool:
    """Check the same of an event; an internal error counts where the call asks for encryption."""
    is_hidden = _has(event.error_code, (_INTERNAL,)) and not _has(event.error_message, MESSAGE_WORDS)
    asks = not is_hidden or _ENCRYPTS.search(_text_of(event)) is not None
    return asks and may_be_for_kms(event.error_code, event.error_message)


def _text_of(event: Event) -> str:
    return json.dumps(event.request_parameters, default=str)
