"""From an event to the request that policies decide on: what each condition key is, or can be.

What a record tells is taken from it, what CloudTrail Lake recorded of the request itself first of all; for the rest the
tables of this room say what a key can be for such a caller (`key_table`) and such an action (`action_keys`).
"""

import ipaddress
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from msgspec import Struct

from trail_diff.arns import arn_account, is_alias
from trail_diff.events.encryption_context import BACKUP_VAULT_KEY
from trail_diff.events.fields import text_of
from trail_diff.events.identity import service_name
from trail_diff.model.codes import CallerKind, Grade
from trail_diff.model.learnt import Caller, Event, KeyAccess
from trail_diff.policy.request.action_keys import absent_keys, has_key
from trail_diff.policy.request.domains import ABSENT, IS_ABSENT, IS_UNKNOWN, ArnIn, Contains, Domain, Table, Value
from trail_diff.policy.request.interface import Principal, PrincipalKind, Request
from trail_diff.policy.request.key_table import GLOBAL_ROWS, GRANT_FOR_RESOURCE, Cell, Fact, Row, Told
from trail_diff.policy.request.principals import SERVICE_NAME, principal_from
from trail_diff.policy.request.service_names import (
    GRANTS_FOR_NO_RESOURCE,
    NAMED_BY_AWS,
    SENDS_NO_SOURCE,
    SOURCE_IN_CONTEXT,
    find_via_service,
)

_GRANT_KEYS = {
    "granteePrincipal": "kms:GranteePrincipal",
    "granteeServicePrincipal": "kms:GranteeServicePrincipal",
    "retiringPrincipal": "kms:RetiringPrincipal",
    "retiringServicePrincipal": "kms:RetiringServicePrincipal",
}
_ROLES_OF_SERVICES = (CallerKind.SERVICE_LINKED_ROLE, CallerKind.SERVICE_ROLE)
_BACKUP, _STORAGE = "backup.amazonaws.com", "backup-storage.amazonaws.com"


_SYMMETRIC = Domain(("SYMMETRIC_DEFAULT",), "documented")
"""The algorithm of the calls that make data keys, which only symmetric keys encrypt: their requests name none."""
_MULTI_REGION = ":key/mrk-"
"""How the id of a multi-Region key begins, and of no other (KMS developer guide, "Multi-Region keys in AWS KMS")."""


class _Call(Struct, frozen=True):
    """One access of an event, with what else is known of it."""

    event: Event
    access: KeyAccess
    organization_id: str | None
    at: datetime


def build_request(
    event: Event, access: KeyAccess, organization_id: str | None = None, *, at: datetime | None = None
) -> Request:
    """Build the request that one access of an event made, or would have made at another time."""
    call = _Call(event, access, organization_id, at or event.event_time)
    recorded = dict(_recorded(event.request_context))
    names = {key.lower() for key in recorded}
    derived = {key: domain for key, domain in _known_keys(call) if key.lower() not in names}
    return Request(
        principal=make_principal(event.caller),
        action=access.action,
        resource=access.key or "",
        context={**derived, **recorded},
        otherwise=IS_UNKNOWN,
        usual=_usual(event.caller.kind, access.action),
        resource_account=arn_account(access.key) or event.recipient_account_id,
    )


def make_principal(caller: Caller) -> Principal:
    """Return a caller as policies see it."""
    if caller.kind is CallerKind.SERVICE_PRINCIPAL:
        is_named = SERVICE_NAME.fullmatch(caller.name or "") is not None
        kind = PrincipalKind.SERVICE if is_named else PrincipalKind.UNKNOWN
        grade: Grade = "documented" if service_name(caller.name or "") in NAMED_BY_AWS else "inferred"
        return Principal(kind, caller.name or "", grade=grade)
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


def _known_keys(call: _Call) -> Iterator[tuple[str, Domain]]:
    """Yield the keys of which something is known of this very call."""
    facts = _facts_of(call)
    action = call.access.action
    for key, fact in _asked(call.event.caller.kind, action):
        if fact in facts:
            yield key, facts[fact]
    if action.startswith("kms:GenerateDataKey"):
        yield from (("kms:EncryptionAlgorithm", _SYMMETRIC), ("kms:KeySpec", _SYMMETRIC))
    if ":key/" in (call.access.key or ""):
        yield "kms:MultiRegion", Domain((str(_MULTI_REGION in (call.access.key or "")).lower(),), "documented")
    for key, domain in _kms_keys(call):
        if has_key(action, key if not key.startswith(_CONTEXT) else _CONTEXT):
            yield key, domain


@lru_cache(maxsize=1024)
def _rows(action: str) -> tuple[Row, ...]:
    rows = (*GLOBAL_ROWS, GRANT_FOR_RESOURCE)
    return tuple(row for row in rows if not row.key.startswith("kms:") or has_key(action, row.key))


@lru_cache(maxsize=1024)
def _asked(kind: CallerKind, action: str) -> tuple[tuple[str, Fact], ...]:
    """Return the keys that a fact may tell, for a kind of caller and an action."""
    cells = ((row.key, _cell(row, kind)) for row in _rows(action))
    return tuple((key, cell.fact) for key, cell in cells if isinstance(cell, Told))


@lru_cache(maxsize=1024)
def _usual(kind: CallerKind, action: str) -> Table:
    """Return what keys are for a kind of caller and an action where no fact tells."""
    cells = ((row.key, _cell(row, kind)) for row in _rows(action))
    filled = ((key, cell.otherwise if isinstance(cell, Told) else cell) for key, cell in cells)
    domains = {key.lower(): domain for key, domain in (*filled, *absent_keys(action))}
    prefixes = sorted((item for item in domains.items() if item[0].endswith(("/", ":"))), key=lambda one: -len(one[0]))
    return Table({key: domain for key, domain in domains.items() if not key.endswith(("/", ":"))}, tuple(prefixes))


_CONTEXT = "kms:EncryptionContext:"


def _cell(row: Row, kind: CallerKind) -> Cell:
    if kind is CallerKind.SERVICE_PRINCIPAL:
        return row.service
    if kind is CallerKind.FORWARD_ACCESS_SESSION:
        return row.forwarded
    return row.role if kind in _ROLES_OF_SERVICES else row.direct


def _facts_of(call: _Call) -> dict[Fact, Domain]:
    """Return what is known of a request; what is not is left out."""
    caller, event = call.event.caller, call.event
    values: dict[Fact, str | None] = {
        "region": event.aws_region,
        "time": f"{call.at:%Y-%m-%dT%H:%M:%SZ}",
        "epoch": str(int(call.at.timestamp())),
        "key-account": arn_account(call.access.key),
        "principal-arn": caller.role_arn or caller.arn,
        "account": caller.account,
        "principal-type": _principal_type(caller),
        "user-id": event.principal_id,
        "user-name": caller.name if caller.type == "IAMUser" and caller.role_arn is None else None,
        "organization": call.organization_id,
    }
    facts = {fact: Domain((value,)) for fact, value in values.items() if value}
    if event.mfa_authenticated == "true":
        facts["mfa"] = Domain(("true",))
    elif event.mfa_authenticated == "false":  # so are sessions that have no such key, as of federated users
        facts["mfa"] = Domain((ABSENT, "false"), "documented")
    facts.update(_facts_of_network(event))
    if caller.kind is CallerKind.SERVICE_PRINCIPAL:
        facts.update(_facts_of_service(call))
    else:
        facts.update(_facts_of_use_by_service(event))
    return facts


def _facts_of_network(event: Event) -> Iterator[tuple[Fact, Domain]]:
    """Yield where a call came from; through a VPC endpoint its address is one in the VPC, and no aws:SourceIp."""
    address = _address(event.source_ip_address)
    endpoint = event.vpc_endpoint_id or ""
    if endpoint.startswith("vpce-"):
        yield "endpoint", Domain((endpoint,))
        yield "address", Domain((ABSENT,), "documented")
        if address:
            yield "address-in-vpc", Domain((address,), "documented")
    elif address:
        yield "address", Domain((address,))


def _facts_of_service(call: _Call) -> Iterator[tuple[Fact, Domain]]:
    """Yield what is known of a service principal. One that is only called `AWS Internal` may not count as a service."""
    event = call.event
    principal = make_principal(event.caller)
    if principal.kind is PrincipalKind.SERVICE:
        yield "is-service", Domain(("true",), "documented")
        yield "service-name", Domain((principal.name,), principal.grade)
        yield "service-names", Domain((Contains((principal.name,)),), "inferred")
    yield from _facts_of_source(call)


def _facts_of_source(call: _Call) -> Iterator[tuple[Fact, Domain]]:
    """Yield what a service sends as what it works for: as the record tells, as AWS's text has it, or what it can be."""
    event, service = call.event, service_name(call.event.caller.name or "")
    arn, account = text_of(event.in_scope_of.get("sourceArn")), text_of(event.in_scope_of.get("sourceAccount"))
    documented = None if arn or account else _documented_source(event, service)
    if documented is not None:
        yield "source-arn", documented[0]
        yield "source-account", documented[1]
        return
    accounts = _accounts_worked_for(call)
    if account or accounts:
        yield "source-account", Domain((account,)) if account else Domain((ABSENT, *accounts), "inferred")
    if arn or accounts:
        vault = event.encryption_context.get(BACKUP_VAULT_KEY, "") if service == _STORAGE else ""
        sources = (vault,) if ":backup-vault:" in vault else tuple(ArnIn(one) for one in accounts)
        yield "source-arn", Domain((arn,)) if arn else Domain((ABSENT, *sources), "inferred")


def _documented_source(event: Event, service: str) -> tuple[Domain, Domain] | None:
    """Return the ARN and account that AWS's text says a service sends with such a context, or that it sends none."""
    context = {name.lower(): value for name, value in event.encryption_context.items()}
    is_told_none = event.in_scope_of.get("sourceArn") == ""  # of a call that is made of a profile
    if is_told_none or any((service, name) in SENDS_NO_SOURCE for name in context):
        return Domain((ABSENT,), "documented"), Domain((ABSENT,), "documented")
    named = context.get(SOURCE_IN_CONTEXT.get(service, ""), "")
    account = arn_account(named)
    return (Domain((named,), "documented"), Domain((account,), "documented")) if account else None


def _accounts_worked_for(call: _Call) -> tuple[str, ...]:
    """Return the accounts of what a service may work for: of the trail, of the key, of ARNs in the context."""
    event = call.event
    named = (arn_account(str(value)) for value in event.encryption_context.values())
    found = (event.recipient_account_id, arn_account(call.access.key), *named)
    return tuple(dict.fromkeys(account for account in found if account))


def _facts_of_use_by_service(event: Event) -> Iterator[tuple[Fact, Domain]]:
    """Yield what follows from a service using the session of an account's principal."""
    caller = event.caller
    if service_name(caller.invoked_by or "") in GRANTS_FOR_NO_RESOURCE:
        yield "grant-for-resource", Domain(("false", ABSENT), "documented")
    elif caller.kind in _ROLES_OF_SERVICES and caller.invoked_by:
        yield "grant-for-resource", Domain(("true",), "inferred")
    via = find_via_service(caller.invoked_by or "", event.encryption_context, event.aws_region)
    if via is not None and caller.kind is CallerKind.FORWARD_ACCESS_SESSION:
        yield "via-service", Domain((via,), "inferred")
    elif via is not None and caller.kind in _ROLES_OF_SERVICES and service_name(caller.invoked_by or "") == _BACKUP:
        # AWS's policies for air-gapped vaults let the copy role in with kms:ViaService of AWS Backup
        yield "via-service", Domain((ABSENT, via), "inferred")


def _kms_keys(call: _Call) -> Iterator[tuple[str, Domain]]:
    """Yield the keys of KMS. An export without request parameters does not tell what was asked for."""
    event, access = call.event, call.access
    if not event.request_parameters:
        yield _CONTEXT, IS_UNKNOWN
        return
    yield from _context_keys(event, access)
    yield from _keys_of_parameters(event)
    for name, key in _GRANT_KEYS.items():
        yield key, _told(text_of(event.request_parameters.get(name)))
    operations = event.request_parameters.get("operations")
    yield "kms:GrantOperations", _told(tuple(map(str, operations)) if isinstance(operations, list) else None)
    constraint, _context = _grant_constraint(event, access)
    yield "kms:GrantConstraintType", _told(constraint)
    constraints = event.request_parameters.get("constraints")
    source = constraints.get("sourceArn") if isinstance(constraints, Mapping) else None
    yield "kms:GrantConstraintSourceArn", _told(text_of(source))


def _told(value: Value | None) -> Domain:
    return Domain((value,)) if value else IS_ABSENT


def _keys_of_parameters(event: Event) -> Iterator[tuple[str, Domain]]:
    """Yield the keys that the request's own parameters tell: the algorithm, and by which name the key was called."""
    if algorithm := text_of(event.request_parameters.get("encryptionAlgorithm")):
        yield "kms:EncryptionAlgorithm", Domain((algorithm,))
    key = text_of(event.request_parameters.get("keyId"))
    if key is None:
        yield "kms:RequestAlias", Domain((ABSENT,), "inferred")
    else:
        yield "kms:RequestAlias", Domain((f"alias/{key.partition('alias/')[2]}",)) if is_alias(key) else IS_ABSENT


def _context_keys(event: Event, access: KeyAccess) -> Iterator[tuple[str, Domain]]:
    """Yield the keys of the encryption context."""
    context: Mapping[str, Any] = event.encryption_context
    if access.action == "kms:ReEncryptTo":
        named = event.request_parameters.get("destinationEncryptionContext")
        context = named if isinstance(named, Mapping) else {}
    elif access.action == "kms:CreateGrant":
        _constraint, context = _grant_constraint(event, access)
    yield _CONTEXT, IS_ABSENT
    yield "kms:EncryptionContextKeys", _told(tuple(context))
    for name, value in context.items():
        yield f"{_CONTEXT}{name}", Domain((str(value),))


def _grant_constraint(event: Event, access: KeyAccess) -> tuple[str | None, Mapping[str, Any]]:
    """Return the constraint on the encryption context that a CreateGrant call asks for, by its type."""
    constraints = event.request_parameters.get("constraints")
    if access.action == "kms:CreateGrant" and isinstance(constraints, Mapping):
        for name in ("encryptionContextEquals", "encryptionContextSubset"):
            context = constraints.get(name)
            if isinstance(context, Mapping) and context:
                return f"E{name[1:]}", context
    return None, {}


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
