"""What KMS answered to a service, where the service's own record repeats it: the call, its key and the error.

A service that uses a key with the permissions of its caller passes KMS's answer on in the error of its own API, such as
`GetParameter` or `CreateVolume`. KMS logs that call too, but a trail may leave KMS events or read-only ones out. Forms:
IAM user guide, "Troubleshoot access denied error messages"; KMS developer guide, "Key states of AWS KMS keys"; AWS
Lambda API reference, "Invoke", and the errors of Amazon SQS and Amazon SNS, which name KMS's.
"""

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct, structs

from trail_diff.arns import arn_account, last_name
from trail_diff.events.denials import is_denial_code
from trail_diff.events.identity import identify_caller
from trail_diff.model.learnt import Caller, KeyAccess, Record

ANY_ACTION = "kms:*"
"""Stands for the action of a call whose key is known and whose action is not."""

ASKED = "askedOfService"
"""Where an event that is made of a service's record keeps what the service itself was asked for."""

KEY_ARN = re.compile(r"arn:aws[\w-]{0,16}:kms:[a-z0-9-]{1,32}:\d{12}:key/[\w-]{1,64}")
_ABOUT_KMS = re.compile(r"kms|customer master key", re.IGNORECASE)
_REFUSED = re.compile(r"not authorized to perform: (kms:\w{1,128})")
_CALLER = re.compile(
    r"User: (arn:aws[\w-]{0,16}:(?:sts|iam)::(\d{12}):(assumed-role|user|root|federated-user)\S{0,600})"
)
_KEY_FIELD = re.compile(r"key_?(?:id|arn)?\Z", re.IGNORECASE)
_OLD_FORM = "ciphertext refers to a customer master key that does not exist"
_STATES = (
    (re.compile(r":key/[\w-]{1,64}'? is disabled"), "DisabledException"),
    (re.compile(r":key/[\w-]{1,64}'? is pending (?:replica )?(?:deletion|import)"), "KMSInvalidStateException"),
    (re.compile(r":key/[\w-]{1,64}'? is (?:unavailable|creating|updating)"), "KMSInvalidStateException"),
    (re.compile(r"\b[Kk]ey '?arn:\S{1,200}:key/[\w-]{1,64}'? does not exist"), "NotFoundException"),
)
STATE_ERRORS = frozenset(code for _, code in _STATES)
"""The errors by which KMS itself names the state of a key."""
_OF_THE_SERVICE = "InsufficientEncryptionPolicy"
"""How the code begins by which a service says that it may itself not use a key: its caller was refused nothing."""
_TYPES = {"assumed-role": "AssumedRole", "user": "IAMUser", "root": "Root", "federated-user": "FederatedUser"}


class Relayed(Struct, frozen=True):
    """A call that KMS refused: its key and action, and the fields in which KMS's own record of it would differ.

    What the call asked for is not known, as the parameters are those of the service; it came from that service.
    """

    access: KeyAccess
    fields: Record


def may_be_about_kms(message: object) -> bool:
    """Check whether the message of an error speaks of KMS at all; it may be of any type."""
    return isinstance(message, str) and _ABOUT_KMS.search(message) is not None


def find_key(message: str | None) -> str | None:
    """Return the ARN of the first key that a message names."""
    found = KEY_ARN.search(message or "")
    return found[0] if found else None


def read_relayed(record: Record, event_source: str, error_code: str) -> Relayed | None:
    """Return what KMS answered, as the record of another service repeats it; None where it does not.

    A refusal counts only where it names its action: what a policy says of another one is no answer.
    """
    message = record.get("errorMessage")
    if not (isinstance(message, str) and may_be_about_kms(message)):
        return None
    fields = {
        "userIdentity": _identify(record.get("userIdentity"), message, event_source),
        "errorCode": "AccessDeniedException",
        "sourceIPAddress": event_source,
        **dict.fromkeys(("requestParameters", "responseElements", "vpcEndpointId")),
        "additionalEventData": {ASKED: record.get("requestParameters")},
    }
    key = find_key(message)
    if refused := _REFUSED.search(message):
        return Relayed(KeyAccess(refused[1], key), fields)
    if _OLD_FORM in message:
        return Relayed(KeyAccess("kms:Decrypt", key), fields)
    key = key or _asked_key(record.get("requestParameters"))
    if key is None or is_denial_code(error_code) or error_code.startswith(_OF_THE_SERVICE):
        return None
    state = next((code for pattern, code in _STATES if pattern.search(message)), error_code)
    return Relayed(KeyAccess(ANY_ACTION, key), {**fields, "errorCode": state})


def named_caller(message: str, account: str | None = None, role: str | None = None) -> Caller | None:
    """Return the caller that a refusal names, to somebody in an account; None where it names none by an ARN.

    The ARN of a session lacks the path of its role, which is that of the `role` where they are one.
    """
    named = _named(message)
    if named is None:
        return None
    caller = identify_caller({"userIdentity": named, "recipientAccountId": account})
    is_same = role is not None and (arn_account(role), last_name(role)) == (caller.account, last_name(caller.role_arn))
    return structs.replace(caller, role_arn=role) if is_same else caller


def _asked_key(request: object) -> str | None:
    """Return the key that a request of a service names in a field for keys, as `kmsKeyId`."""
    fields = request.items() if isinstance(request, dict) else ()
    return next((find_key(value) for name, value in fields if _KEY_FIELD.search(name) and isinstance(value, str)), None)


def _identify(identity: object, message: str, event_source: str) -> Mapping[str, Any]:
    """Return who called KMS: whom the message names, or who called the service, which is the one that called KMS."""
    given = identity if isinstance(identity, dict) else {}
    named = _named(message)
    if named is not None and _role_of(named["arn"]) != _role_of(given.get("arn")):
        given = named
    return given if given.get("type") == "AWSService" else {**given, "invokedBy": event_source}


def _named(message: str) -> Record | None:
    found = _CALLER.search(message)
    return {"type": _TYPES[found[3]], "arn": found[1], "accountId": found[2]} if found else None


def _role_of(arn: object) -> str:
    """Return the ARN of a session without its name, which a service may choose anew; that of anybody else as it is."""
    text = str(arn)
    return text.rpartition("/")[0] if ":assumed-role/" in text else text
