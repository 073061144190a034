"""From an event to the request that policies decide on: which condition keys it had, had not, or may have had.

Source: IAM user guide, "AWS global condition context keys", and KMS developer guide, "Condition keys for AWS KMS". What
a record does not tell is unknown, never guessed; what CloudTrail Lake recorded of the request itself comes first.
"""

import ipaddress
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from trail_diff.arns import arn_account
from trail_diff.events.identity import service_name
from trail_diff.model.codes import CallerKind
from trail_diff.model.learnt import Caller, Event, KeyAccess
from trail_diff.policy.request.interface import Opaque, Principal, PrincipalKind, Request, State, Value
from trail_diff.policy.request.principals import SERVICE_NAME, principal_from

_CONTEXT_ACTIONS = frozenset(
    {
        "kms:Decrypt",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
    }
)
_GRANT_ACTIONS = frozenset({"kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"})
_GRANT_KEYS = {
    "granteePrincipal": "kms:GranteePrincipal",
    "granteeServicePrincipal": "kms:GranteeServicePrincipal",
    "retiringPrincipal": "kms:RetiringPrincipal",
    "retiringServicePrincipal": "kms:RetiringServicePrincipal",
}
_ONLY_OF_SERVICES = ("aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths")
_ONLY_OF_ACCOUNTS = (
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalTag/",
    "aws:username",
    "aws:MultiFactorAuthPresent",
    "aws:MultiFactorAuthAge",
    "kms:ViaService",
)
_CALLED_VIA = ("aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast")
_SERVICE_NAMES = ("aws:PrincipalServiceName", "aws:PrincipalServiceNamesList")


def build_request(
    event: Event, access: KeyAccess, organization_id: str | None = None, *, at: datetime | None = None
) -> Request:
    """Build the request that one access of an event made, or would have made at another time."""
    context: dict[str, Value] = {}
    absent: set[str] = set()
    unknown: set[str] = set()
    for key, value in _all_keys(event, access, organization_id, at or event.event_time):
        match value:
            case None | State.ABSENT:
                absent.add(key)
            case State.UNKNOWN:
                unknown.add(key)
            case _:
                context[key] = value
    recorded = dict(_recorded(event.request_context))
    names = {key.lower() for key in recorded}
    context = {key: value for key, value in context.items() if key.lower() not in names} | recorded
    return Request(
        principal=make_principal(event.caller),
        action=access.action,
        resource=access.key or "",
        context=context,
        unknown=frozenset(key for key in unknown if key.lower() not in names),
        absent=frozenset(key for key in absent if key.lower() not in names),
        default_absent=False,
        resource_account=arn_account(access.key) or event.recipient_account_id,
    )


def make_principal(caller: Caller) -> Principal:
    """Return a caller as policies see it."""
    if caller.kind is CallerKind.SERVICE_PRINCIPAL:
        is_named = SERVICE_NAME.fullmatch(caller.name or "") is not None
        return Principal(PrincipalKind.SERVICE if is_named else PrincipalKind.UNKNOWN, caller.name or "")
    if caller.kind is CallerKind.ANONYMOUS:
        return Principal(PrincipalKind.ANONYMOUS)
    if caller.role_arn is not None:
        kind = PrincipalKind.ROLE_SESSION if caller.arn and ":assumed-role/" in caller.arn else PrincipalKind.ROLE
        name = caller.arn if kind is PrincipalKind.ROLE_SESSION and caller.arn else caller.role_arn
        return Principal(kind, name, caller.account or arn_account(caller.role_arn), caller.role_arn)
    found = principal_from(caller.arn or "")
    return (
        found if found.kind is not PrincipalKind.UNKNOWN else Principal(PrincipalKind.UNKNOWN, account=caller.account)
    )


_UNKNOWN = State.UNKNOWN
_Collected = Value | State | None


def _all_keys(
    event: Event, access: KeyAccess, organization_id: str | None, at: datetime
) -> Iterator[tuple[str, _Collected]]:
    yield "aws:RequestedRegion", event.aws_region or _UNKNOWN
    yield "aws:SecureTransport", "true"
    yield "aws:CurrentTime", f"{at:%Y-%m-%dT%H:%M:%SZ}"
    yield "aws:EpochTime", str(int(at.timestamp()))
    yield "aws:ResourceAccount", arn_account(access.key) or _UNKNOWN
    if event.caller.kind is CallerKind.SERVICE_PRINCIPAL:
        yield from _service_keys(event)
    else:
        yield from _account_keys(event, organization_id)
    yield from _kms_keys(event, access)


def _service_keys(event: Event) -> Iterator[tuple[str, _Collected]]:
    """Yield the keys of a service principal. One that is only called `AWS Internal` may not count as a service."""
    is_named = SERVICE_NAME.fullmatch(event.caller.name or "") is not None
    yield "aws:PrincipalIsAWSService", "true" if is_named else _UNKNOWN
    yield "aws:ViaAWSService", "false"
    yield "aws:PrincipalServiceName", event.caller.name if is_named else _UNKNOWN
    for key in ("aws:PrincipalArn", "aws:PrincipalAccount", "aws:PrincipalType", "kms:CallerAccount"):
        yield key, Opaque.SERVICE_VALUE
    for key in (*_ONLY_OF_ACCOUNTS, *_CALLED_VIA, "aws:SourceVpce", "aws:SourceVpc"):
        yield key, None
    yield "aws:SourceArn", _text(event.in_scope_of.get("sourceArn")) or _UNKNOWN
    yield "aws:SourceAccount", _text(event.in_scope_of.get("sourceAccount")) or _UNKNOWN


def _account_keys(event: Event, organization_id: str | None) -> Iterator[tuple[str, _Collected]]:
    caller = event.caller
    is_onward = caller.kind is CallerKind.FORWARD_ACCESS_SESSION
    is_service_linked = caller.kind in (CallerKind.SERVICE_LINKED_ROLE, CallerKind.SERVICE_ROLE)
    yield "aws:PrincipalIsAWSService", "false"
    yield "aws:ViaAWSService", "true" if is_onward else "false"
    for key in (*_SERVICE_NAMES, *_ONLY_OF_SERVICES):
        yield key, None
    yield "aws:PrincipalArn", caller.role_arn or caller.arn or _UNKNOWN
    yield "aws:PrincipalAccount", caller.account or _UNKNOWN
    yield "kms:CallerAccount", caller.account or _UNKNOWN
    yield "aws:PrincipalType", _principal_type(caller) or _UNKNOWN
    yield "aws:userid", event.principal_id or _UNKNOWN
    yield "aws:username", caller.name if caller.type == "IAMUser" and caller.role_arn is None else None
    yield "aws:PrincipalOrgID", organization_id or _UNKNOWN
    yield "kms:ViaService", _via_service(event) if is_onward else None
    for key in _CALLED_VIA:
        yield key, _UNKNOWN if is_onward else None
    yield "aws:SourceIp", _address(event.source_ip_address) or _UNKNOWN
    endpoint = event.vpc_endpoint_id or ""
    if endpoint.startswith("vpce-"):
        yield "aws:SourceVpce", endpoint
    elif is_onward or not is_service_linked:
        yield "aws:SourceVpce", None
        yield "aws:SourceVpc", None


def _kms_keys(event: Event, access: KeyAccess) -> Iterator[tuple[str, _Collected]]:
    yield from _context_keys(event, access)
    algorithm = _text(event.request_parameters.get("encryptionAlgorithm"))
    yield "kms:EncryptionAlgorithm", algorithm or _UNKNOWN
    if access.action in _GRANT_ACTIONS:
        is_onward = event.caller.kind is CallerKind.FORWARD_ACCESS_SESSION
        is_direct = event.caller.kind in (CallerKind.ROLE, CallerKind.USER, CallerKind.ROOT)
        yield "kms:GrantIsForAWSResource", "true" if is_onward else "false" if is_direct else _UNKNOWN
    for name, key in _GRANT_KEYS.items():
        yield key, _text(event.request_parameters.get(name)) if access.action == "kms:CreateGrant" else None
    operations = event.request_parameters.get("operations")
    has_operations = access.action == "kms:CreateGrant" and isinstance(operations, list)
    yield "kms:GrantOperations", tuple(map(str, operations)) if has_operations and operations else None
    constraint, _context = _grant_constraint(event, access)
    yield "kms:GrantConstraintType", constraint
    constraints = event.request_parameters.get("constraints")
    has_source = access.action == "kms:CreateGrant" and isinstance(constraints, Mapping)
    yield "kms:GrantConstraintSourceArn", _text(constraints.get("sourceArn")) if has_source and constraints else None


def _context_keys(event: Event, access: KeyAccess) -> Iterator[tuple[str, _Collected]]:
    """Yield the keys of the encryption context; an export without request parameters does not tell them."""
    context: Mapping[str, Any] = event.encryption_context
    if access.action == "kms:ReEncryptTo":
        named = event.request_parameters.get("destinationEncryptionContext")
        context = named if isinstance(named, Mapping) else {}
    elif access.action == "kms:CreateGrant":
        _constraint, context = _grant_constraint(event, access)
    if access.action in _CONTEXT_ACTIONS and not event.request_parameters:
        yield "kms:EncryptionContext:", _UNKNOWN
        yield "kms:EncryptionContextKeys", _UNKNOWN
        return
    yield "kms:EncryptionContext:", None
    yield "kms:EncryptionContextKeys", tuple(context) or None
    for name, value in context.items():
        yield f"kms:EncryptionContext:{name}", str(value)


def _grant_constraint(event: Event, access: KeyAccess) -> tuple[str | None, Mapping[str, Any]]:
    """Return the constraint on the encryption context that a CreateGrant call asks for, by its type."""
    constraints = event.request_parameters.get("constraints")
    if access.action == "kms:CreateGrant" and isinstance(constraints, Mapping):
        for name in ("encryptionContextEquals", "encryptionContextSubset"):
            context = constraints.get(name)
            if isinstance(context, Mapping) and context:
                return f"E{name[1:]}", context
    return None, {}


def _via_service(event: Event) -> _Collected:
    """Derive kms:ViaService from invokedBy: the service with its Region, which is how KMS names it."""
    invoked_by = event.caller.invoked_by or ""
    name, dot, domain = service_name(invoked_by).partition(".amazonaws.com")
    if not dot or not event.aws_region or "." in name:
        return _UNKNOWN
    return f"{name}.{event.aws_region}.amazonaws.com{domain}"


def _principal_type(caller: Caller) -> str | None:
    if caller.role_arn is not None:
        return "AssumedRole"
    return {"IAMUser": "User", "Root": "Account", "FederatedUser": "FederatedUser"}.get(caller.type or "")


def _address(text: str | None) -> str | None:
    try:
        return str(ipaddress.ip_address(text or ""))
    except ValueError:
        return None


def _recorded(context: Mapping[str, Any]) -> Iterator[tuple[str, Value]]:
    """Yield the keys that CloudTrail Lake recorded of the request."""
    for key, value in context.items():
        match value:
            case str():
                yield key, value
            case bool() | int():
                yield key, str(value).lower()
            case list():
                yield key, tuple(map(str, value))
            case _:
                continue


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
