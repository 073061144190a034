"""From `userIdentity` to a Caller: who made a call and what that amounts to.

CloudTrail has no field that tells a service role from a forward access session; both are a role session with
`invokedBy`. The rule used here: who holds the role tells. It fails for a role that a service holds under a session name
of its own choosing which is not known here; such a session is called a forward access session.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from msgspec import Struct

from trail_diff.events.fields import account_of, is_account, text_of
from trail_diff.model.codes import CallerKind
from trail_diff.model.learnt import Caller, Event, Record

_REGION_LABEL = re.compile(
    r"\A([a-z0-9-]{1,63})\.[a-z]{2,4}(?:-[a-z]{1,12}){1,3}-\d{1,2}\.(amazonaws\.(?:com(?:\.cn)?|eu))\Z"
)
_STS_ROLE = re.compile(r"\Aarn:([\w-]+):sts::(\d{12}):assumed-role/([^/]+)/(.*)\Z", re.DOTALL)
_SERVICE_ROLE_NAMES = frozenset({"aws:ec2-infrastructure"})
_SIGN_IN = frozenset({"signin.amazonaws.com", "console.amazonaws.com", "sso.amazonaws.com"})
_PLAIN_KINDS: Mapping[str, CallerKind] = {
    "AWSService": CallerKind.SERVICE_PRINCIPAL,
    "AWSAccount": CallerKind.CROSS_ACCOUNT,
    "FederatedUser": CallerKind.FEDERATED,
    "SAMLUser": CallerKind.FEDERATED,
    "WebIdentityUser": CallerKind.FEDERATED,
    "IdentityCenterUser": CallerKind.IDENTITY_CENTER_USER,
    "Root": CallerKind.ROOT,
    "IAMUser": CallerKind.USER,
    "Directory": CallerKind.USER,
}


class _Identity(Struct, frozen=True):
    """The fields that identify a caller; one value for each different caller, so that equal callers are shared."""

    type: str | None
    arn: str | None
    issuer_arn: str | None
    user_name: str | None
    account: str | None
    invoked_by: str | None
    principal: str | None
    recipient: str | None
    is_service_event: bool


def identify_caller(record: Record) -> Caller:
    """Return who made the call that a record speaks of; fields of the wrong type count as absent."""
    identity = record.get("userIdentity")
    if not isinstance(identity, dict):
        identity = {}
    issuer = _issuer(identity)
    return _make_caller(
        _Identity(
            type=text_of(identity.get("type")),
            arn=text_of(identity.get("arn")),
            issuer_arn=text_of(issuer.get("arn")),
            user_name=text_of(identity.get("userName")) or text_of(issuer.get("userName")) or _user_id(identity),
            account=account_of(identity.get("accountId")),
            invoked_by=text_of(identity.get("invokedBy")),
            principal=text_of(identity.get("principalId")),
            recipient=account_of(record.get("recipientAccountId")),
            is_service_event=record.get("eventType") == "AwsServiceEvent",
        )
    )


def service_name(text: str) -> str:
    """Return a service principal without its Region label: `dynamodb.eu-west-1.amazonaws.com` is still DynamoDB."""
    found = _REGION_LABEL.match(text)
    return f"{found[1]}.{found[2]}" if found else text


@lru_cache(maxsize=4096)
def _make_caller(identity: _Identity) -> Caller:
    session = _STS_ROLE.match(identity.arn or "")
    role_arn = _role_arn(identity, session)
    kind = _kind(identity, role_arn, session[4] if session else "")
    account, recipient = identity.account, identity.recipient
    is_foreign = account != recipient and is_account(account) and is_account(recipient)
    if is_foreign and kind in (CallerKind.ROLE, CallerKind.USER, CallerKind.ROOT, CallerKind.FEDERATED):
        kind = CallerKind.CROSS_ACCOUNT
    return Caller(
        type=identity.type,
        kind=kind,
        name=_name(identity, kind, role_arn),
        arn=identity.arn,
        role_arn=role_arn,
        account=account or (session[2] if session else None),
        invoked_by=identity.invoked_by,
    )


def _kind(identity: _Identity, role_arn: str | None, session_name: str) -> CallerKind:
    if identity.type is None:
        return CallerKind.SERVICE_EVENT if identity.is_service_event else CallerKind.UNKNOWN
    if role_arn is not None and identity.type not in ("FederatedUser", "WebIdentityUser", "SAMLUser"):
        return _role_kind(role_arn, session_name, identity.invoked_by)
    if identity.type == "AWSAccount" and (identity.principal or identity.account or "").upper().startswith("ANONYMOUS"):
        return CallerKind.ANONYMOUS
    fallback = CallerKind.ROLE if identity.type in ("AssumedRole", "Role") else CallerKind.UNKNOWN
    kind = _PLAIN_KINDS.get(identity.type, fallback)
    used_onward = identity.invoked_by is not None and identity.invoked_by not in _SIGN_IN
    can_be_used_onward = kind in (CallerKind.USER, CallerKind.ROOT, CallerKind.FEDERATED, CallerKind.ROLE)
    return CallerKind.FORWARD_ACCESS_SESSION if used_onward and can_be_used_onward else kind


def _role_kind(role_arn: str, session_name: str, invoked_by: str | None) -> CallerKind:
    path_and_name = role_arn.partition(":role/")[2]
    name = path_and_name.rsplit("/", 1)[-1]
    if path_and_name.startswith("aws-service-role/") or name.startswith("AWSServiceRoleFor"):
        return CallerKind.SERVICE_LINKED_ROLE
    if path_and_name in _SERVICE_ROLE_NAMES:
        return CallerKind.SERVICE_ROLE
    if invoked_by is None or invoked_by in _SIGN_IN:
        is_backups = session_name.startswith("AWSBackup-")
        return CallerKind.SERVICE_ROLE if is_backups else CallerKind.ROLE
    holder = "backup.amazonaws.com" if session_name.startswith("AWSBackup") else None
    if holder is not None and service_name(invoked_by) == holder:
        return CallerKind.SERVICE_ROLE
    return CallerKind.FORWARD_ACCESS_SESSION


def _role_arn(identity: _Identity, session: re.Match[str] | None) -> str | None:
    """Return the role's ARN: from the issuer, which has the path, else rebuilt from the session's, which has not."""
    for candidate in (identity.issuer_arn, identity.arn):
        if candidate and ":iam:" in candidate and ":role/" in candidate:
            return candidate
    return f"arn:{session[1]}:iam::{session[2]}:role/{session[3]}" if session else None


def _name(identity: _Identity, kind: CallerKind, role_arn: str | None) -> str | None:
    if kind in (CallerKind.SERVICE_PRINCIPAL, CallerKind.SERVICE_EVENT):
        return identity.invoked_by
    if role_arn is not None:
        return role_arn.rsplit("/", 1)[-1]
    if identity.type == "Root":
        return "root"
    if identity.user_name is not None:
        return identity.user_name
    if identity.arn is not None and "/" in identity.arn:
        return identity.arn.rsplit("/", 1)[-1]
    return identity.account or identity.invoked_by


def _issuer(identity: Mapping[str, Any]) -> Mapping[str, Any]:
    context = identity.get("sessionContext")
    issuer = context.get("sessionIssuer") if isinstance(context, dict) else None
    return issuer if isinstance(issuer, dict) else {}


def _user_id(identity: Mapping[str, Any]) -> str | None:
    on_behalf_of = identity.get("onBehalfOf")
    return text_of(on_behalf_of.get("userId")) if isinstance(on_behalf_of, dict) else None


def lacks_caller_type(event: Event) -> bool:
    """Check whether an API call came without `userIdentity.type`, as in a console CSV."""
    return event.caller.type is None and event.event_type != "AwsServiceEvent" and bool(event.accesses)
