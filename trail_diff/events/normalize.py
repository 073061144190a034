"""From a raw CloudTrail record to an Event, or to a note of why not. Fields of the wrong type count as absent.

Field rules: AWS CloudTrail user guide, "CloudTrail record contents"; KMS developer guide, "Logging AWS KMS API calls".
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from sys import intern
from typing import Any, TypeVar

from trail_diff.arns import is_alias, partition_of
from trail_diff.events.denials import read_denial
from trail_diff.events.fields import account_of, text_of
from trail_diff.events.identity import identify_caller
from trail_diff.events.relayed import find_key, read_relayed
from trail_diff.model.learnt import Event, KeyAccess, Record, Skipped
from trail_diff.model.reasons import Reason
from trail_diff.times import parse_time

KMS = "kms.amazonaws.com"
_NOTHING: Mapping[str, Any] = {}
Text = TypeVar("Text", str, str | None)
_LONGEST_NAME = 256
_NO_ERRORS = (None, "200", "DryRunOperationException")
_NO_NAME = re.compile(r"""["'{}\[\]\\]|\A\s|\s\Z""")
_KMS_NAME = re.compile(r"[A-Z][A-Za-z0-9]{1,80}\Z")
_ARN = re.compile(r"arn(?::[^:\s\"]+){2}(?::[^:\s\"]*){2}:\S")
"""How an ARN begins; its account may be masked by hand, with letters or stars."""
_KEY_ID = re.compile(r"\A(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\Z")


def normalize_record(record: Record, source: str) -> Event | Skipped:
    """Normalise one record. It is skipped when it has no event source, event name or time that can be read."""
    event_source, event_name = text_of(record.get("eventSource")), text_of(record.get("eventName"))
    event_time = parse_time(record.get("eventTime")) if isinstance(record.get("eventTime"), str) else None
    if event_source is None or event_name is None or event_time is None:
        return Skipped(source, Reason.INVALID_RECORD)
    event_source = intern(event_source.lower())
    if not _is_possible(record, event_source, event_name):
        return Skipped(source, Reason.INVALID_RECORD)
    error_code = read_error_code(record)
    relayed = read_relayed(record, event_source, error_code) if error_code and event_source != KMS else None
    if relayed is None:
        accesses = tuple(_accesses(record, event_name)) if event_source == KMS else ()
    else:
        accesses, record = (relayed.access,), {**record, **relayed.fields}
    return _make_event(record, (event_source, event_name, event_time), accesses, source)


def _make_event(
    record: Record, called: tuple[str, str, datetime], accesses: tuple[KeyAccess, ...], source: str
) -> Event:
    """Make the event of a record that is valid, whose service, name and time were read."""
    event_source, event_name, event_time = called
    error_code, error_message = read_error_code(record), text_of(record.get("errorMessage"))
    request = _object(record.get("requestParameters"))
    identity, context = _object(record.get("userIdentity")), _object(record.get("eventContext"))
    return Event(
        event_id=text_of(record.get("eventID")) or _make_id(record),
        event_time=event_time,
        event_source=event_source,
        event_name=intern(event_name),
        caller=identify_caller(record),
        aws_region=_common(text_of(record.get("awsRegion"))),
        recipient_account_id=_common(account_of(record.get("recipientAccountId"))),
        event_type=_common(text_of(record.get("eventType"))),
        shared_event_id=text_of(record.get("sharedEventID")),
        principal_id=_common(text_of(identity.get("principalId"))),
        mfa_authenticated=_common(_read_mfa(identity)),
        error_code=error_code,
        error_message=error_message,
        denial=read_denial(error_message, error_code) if error_code else None,
        read_only=_flag(record.get("readOnly")),
        source_ip_address=_common(text_of(record.get("sourceIPAddress"))),
        vpc_endpoint_id=text_of(record.get("vpcEndpointId")),
        accesses=accesses,
        resources=tuple(map(_common, _resource_arns(record.get("resources")))),
        encryption_context=_pairs(request.get("encryptionContext") or request.get("sourceEncryptionContext")),
        request_parameters=request,
        response_elements=_object(record.get("responseElements")),
        additional_event_data=_object(record.get("additionalEventData")),
        service_event_details=_object(record.get("serviceEventDetails")),
        request_context=_object(context.get("requestContext")),
        in_scope_of=_object(identity.get("inScopeOf")),
        source=source,
    )


def _read_mfa(identity: Mapping[str, Any]) -> str | None:
    """Return whether a session began with a second factor, as its `userIdentity` says it."""
    return text_of(_object(_object(identity.get("sessionContext")).get("attributes")).get("mfaAuthenticated"))


def _common(text: Text) -> Text:
    """Return a text that many records have, held once."""
    return intern(text) if type(text) is str else text


def _is_possible(record: Record, event_source: str, event_name: str) -> bool:
    """Check whether what the fields of a record are can be what they are named; damage may have cut or joined them."""
    if not (is_name(event_source) and is_name(event_name) and has_possible_caller(record)):
        return False
    return event_source != KMS or bool(_KMS_NAME.match(event_name) and has_possible_keys(record))


@lru_cache(maxsize=4096)
def is_name(text: str) -> bool:
    """Check whether text can be the name of an event or of a service: short, no line break, nothing of JSON's own."""
    return text.isprintable() and len(text) <= _LONGEST_NAME and not _NO_NAME.search(text)


def has_possible_caller(record: Record) -> bool:
    """Check whether what tells of a caller can be what it is named: ARNs, names, account and type of `userIdentity`.

    A value that was cut in two by a line break or a space is none of them. It fails for a name with a space, which no
    role, user or session can have (IAM user guide, "IAM identifiers").
    """
    identity = record.get("userIdentity")
    if not isinstance(identity, dict):
        return identity is None
    issuer = _object(_object(identity.get("sessionContext")).get("sessionIssuer"))
    words = (identity.get("type"), record.get("awsRegion"))
    accounts = (identity.get("accountId"), record.get("recipientAccountId"))
    names = (identity.get("userName"), identity.get("principalId"), issuer.get("userName"))
    return (
        all(map(_is_word, (*words, *(account_of(one) or one for one in accounts))))
        and all(_is_arn(arn) for arn in (identity.get("arn"), issuer.get("arn")))
        and _is_service(identity.get("invokedBy"))
        and all(name.isprintable() for name in names if isinstance(name, str))
    )


def has_possible_keys(record: Record) -> bool:
    """Check whether the resources of a KMS record can be ARNs; where it has none, whether it calls a key by a name."""
    arns = list(_resource_arns(record.get("resources")))
    request = _object(record.get("requestParameters"))
    named = [request.get(name) for name in ("keyId", "sourceKeyId", "destinationKeyId")]
    return all(map(_is_arn, arns)) and (bool(arns) or all(text.isprintable() for text in map(text_of, named) if text))


def _is_word(value: object) -> bool:
    is_text = isinstance(value, str) and value.isprintable() and " " not in value and '"' not in value
    return value is None or is_text


def _is_arn(value: object) -> bool:
    if value is None or value == "":
        return True
    return isinstance(value, str) and value.isprintable() and _ARN.match(value) is not None and " " not in value


def _is_service(value: object) -> bool:
    """Check whether something can be what CloudTrail calls a service: its name, or words such as `AWS Internal`."""
    if value is None:
        return True
    return isinstance(value, str) and value.isprintable() and not (" " in value and "amazonaws" in value)


def _accesses(record: Record, event_name: str) -> Iterator[KeyAccess]:
    """Yield what a KMS record did to which key; a ReEncrypt is two accesses, source first."""
    request, keys = _object(record.get("requestParameters")), _key_arns(tuple(_resource_arns(record.get("resources"))))
    if event_name == "ReEncrypt":
        source = keys[0] if len(keys) > 1 else _named_key(record, request.get("sourceKeyId"))
        destination = keys[1] if len(keys) > 1 else _named_key(record, request.get("destinationKeyId"))
        yield KeyAccess("kms:ReEncryptFrom", source or next(iter(keys), None))
        yield KeyAccess("kms:ReEncryptTo", destination)
        return
    named = _named_key(record, request.get("keyId"))
    if named is None or is_alias(named):  # the message of a refusal names the key that the alias stood for
        named = _told_key(record) or named
    key = next(iter(keys), None) or named
    yield _access(event_name, key)


@lru_cache(maxsize=4096)
def _access(event_name: str, key: str | None) -> KeyAccess:
    """Return the use of a key: many calls are the same, and one object stands for all."""
    return KeyAccess(intern(f"kms:{event_name}"), intern(key) if key else None)


def has_own_key(event: Event) -> bool:
    """Check whether a KMS event's resources name its key (both keys of a ReEncrypt), which then decides it."""
    return len(_key_arns(event.resources)) > (1 if event.event_name == "ReEncrypt" else 0)


def _key_arns(resources: Sequence[str]) -> list[str]:
    return [arn for arn in resources if ":kms:" in arn and ":key/" in arn]


def _named_key(record: Record, key_id: object) -> str | None:
    """Return the key a request names; a bare id is completed to its ARN where Region and account are known."""
    text = text_of(key_id)
    if text is None or not _KEY_ID.match(text):
        return text
    region, account = text_of(record.get("awsRegion")), account_of(record.get("recipientAccountId"))
    if region is None or account is None or not (account.isdigit() and len(account) == 12):
        return text
    return f"arn:{partition_of(region)}:kms:{region}:{account}:key/{text}"


def _told_key(record: Record) -> str | None:
    """Return the key an error message names, or for management calls the one that the response or extra data has."""
    if told := find_key(text_of(record.get("errorMessage"))):
        return told
    for place in ("responseElements", "additionalEventData", "serviceEventDetails"):
        named = _named_key(record, _object(record.get(place)).get("keyId"))
        if named:
            return named
    return None


def _resource_arns(resources: object) -> Iterator[str]:
    for resource in resources if isinstance(resources, list) else ():
        arn = text_of(resource.get("ARN")) if isinstance(resource, dict) else None
        if arn:
            yield arn


def read_error_code(record: Record) -> str | None:
    """Return a record's error code; some services write "200" for a success.

    KMS writes an error for a dry run that would have succeeded (KMS API reference, DryRunOperationException).
    """
    code = record.get("errorCode")
    if isinstance(code, int) and not isinstance(code, bool):
        code = str(code)
    text = text_of(code)
    return None if text in _NO_ERRORS else text


def _make_id(record: Record) -> str:
    """Make an id for a record that has none, so that the same record read twice is still one."""
    try:
        content = json.dumps(record, sort_keys=True, default=str)
    except (ValueError, RecursionError, TypeError):
        content = "unprintable"
    return "no-id:" + hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def _flag(value: object) -> bool | None:
    match value:
        case bool():
            return value
        case str():
            return {"true": True, "false": False}.get(value.lower())
        case _:
            return None


def _pairs(value: object) -> Mapping[str, str]:
    if not isinstance(value, dict):
        return {}
    is_plain = all(type(key) is str and type(text) is str for key, text in value.items())
    return value if is_plain else {k: text for k, text in value.items() if isinstance(k, str) and isinstance(text, str)}


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else _NOTHING
