"""The Principal and NotPrincipal elements: whether a statement is about a caller, and by what it names it.

From the IAM User Guide ("AWS JSON policy elements: Principal", "… NotPrincipal") and the KMS Developer Guide ("Key
policies"). Wildcards inside of an ARN are no wildcards here, and variables are not replaced.
"""

import re
from collections.abc import Iterator, Mapping
from enum import IntEnum

from trail_diff.arns import arn_account
from trail_diff.model.codes import Matched
from trail_diff.model.reasons import Reason
from trail_diff.policy.documents.unresolved import is_unresolved
from trail_diff.policy.elements.arn_patterns import arn_parts
from trail_diff.policy.elements.globs import Glob, unresolved_pieces
from trail_diff.policy.request.interface import Principal, PrincipalKind
from trail_diff.policy.request.principals import ACCOUNT_ID, may_act_for_another
from trail_diff.policy.request.view import RequestView, role_name, service_family, service_region

_PROVIDER = "aws:federatedprovider"
_UNIQUE_ID = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,}")


class Naming(IntEnum):
    """By what a statement names the caller; a higher one gives at least what a lower one gives."""

    NONE = 0
    ACCOUNT = 1
    ROLE = 2
    ANYONE = 3
    DIRECT = 4


Named = tuple[Matched, Reason, Naming]
"""Whether a statement is about a caller, why, and by what it names it."""

_DIFFERS: Named = ("no-match", Reason.PRINCIPAL_DIFFERS, Naming.NONE)
_ANYONE: Named = ("match", Reason.PRINCIPAL_IS_ANYONE, Naming.ANYONE)
_SELF: Named = ("match", Reason.PRINCIPAL_MATCHES, Naming.DIRECT)
_ROLE: Named = ("match", Reason.PRINCIPAL_MATCHES, Naming.ROLE)
_ACCOUNT: Named = ("match", Reason.PRINCIPAL_ACCOUNT_MATCHES, Naming.ACCOUNT)
_ENDPOINT_ACCOUNT: Named = ("unknown", Reason.ENDPOINT_ACCOUNT_PRINCIPAL, Naming.ACCOUNT)
_SPARED: Named = ("no-match", Reason.NOT_PRINCIPAL_LISTS_CALLER, Naming.NONE)
_OMITTED: Named = ("match", Reason.NOT_PRINCIPAL_OMITS_CALLER, Naming.NONE)
_INCOMPLETE: Named = ("unknown", Reason.NOT_PRINCIPAL_INCOMPLETE, Naming.NONE)
_BOUNDARY: Named = ("match", Reason.NOT_PRINCIPAL_AND_BOUNDARY, Naming.NONE)
_BOUNDARY_UNKNOWN: Named = ("unknown", Reason.PERMISSIONS_BOUNDARIES_NOT_GIVEN, Naming.NONE)

_KINDS_WITH_BOUNDARY = (PrincipalKind.USER, PrincipalKind.ROLE, PrincipalKind.ROLE_SESSION)


def _unknown(reason: Reason) -> Named:
    return ("unknown", reason, Naming.DIRECT)


class PrincipalElement:
    """A Principal or NotPrincipal element made ready to test."""

    def __init__(self, raw: object) -> None:
        self.is_anyone = raw == "*" if isinstance(raw, str) else False
        self.is_anyone_of_aws = False
        self.accounts: set[str] = set()
        self.arns: set[str] = set()
        self.services: set[str] = set()
        self.providers: set[str] = set()
        self.unique_ids: set[str] = set()
        self.odd: Reason | None = None
        self.odd_service: Reason | None = None
        self._unresolved: list[Glob] = []
        if not self.is_anyone:
            self._read(raw)
        self._families = {service_family(name) for name in self.services}
        self._folded = {name.lower() for name in self.services}
        self._roles = {(arn_account(arn), role_name(arn)) for arn in self.arns if ":role/" in arn}
        self._sessions = {(arn_account(arn), role_name(arn)) for arn in self.arns if ":assumed-role/" in arn}

    def named(self, view: RequestView, *, is_endpoint_policy: bool = False) -> Named:
        """Check whether the element names the caller; for NotPrincipal the caller of this turns it round."""
        if self.is_anyone:
            return _ANYONE
        principal = view.principal
        match principal.kind:
            case PrincipalKind.SERVICE:
                named = self._service(principal)
            case PrincipalKind.ANONYMOUS | PrincipalKind.FEDERATED if self.is_anyone_of_aws:
                named = _ANYONE
            case PrincipalKind.ANONYMOUS:
                named = _DIFFERS
            case PrincipalKind.FEDERATED:
                named = _SELF if principal.name in self.providers else _DIFFERS
            case PrincipalKind.UNKNOWN:
                named = _unknown(Reason.CALLER_NOT_KNOWN)
            case _:
                named = self._account_principal(view, is_endpoint_policy=is_endpoint_policy)
        if named[0] == "no-match" and self._may_be_named(view):
            return _unknown(Reason.VALUE_KNOWN_AFTER_APPLY)
        if named[0] == "no-match" and self.odd is not None:
            return _unknown(self.odd)
        return named

    def asks_for_identity_only(self) -> bool:
        """Check whether neither the name of a session nor a condition key changes whether the caller is named."""
        return not (self._sessions or self.unique_ids or self.providers)

    def spares(self, view: RequestView) -> Named:
        """Test as NotPrincipal: AWS only promises to spare who is listed with its role and its account.

        It spares no user and no role that has a permissions boundary (IAM User Guide, "Permissions boundaries").
        """
        spared = self._spares(view)
        if spared is not _SPARED or view.principal.kind not in _KINDS_WITH_BOUNDARY or view.has_boundary is False:
            return spared
        return _BOUNDARY if view.has_boundary else _BOUNDARY_UNKNOWN

    def _spares(self, view: RequestView) -> Named:
        named = self.named(view)
        if named[0] == "unknown" or self.is_anyone:
            return _SPARED if named[0] == "match" else named
        principal = view.principal
        if principal.account is None or principal.kind is PrincipalKind.ROOT:
            return _SPARED if named[0] == "match" else _OMITTED
        if self.is_anyone_of_aws:
            return _SPARED
        return self._spares_account_principal(view, principal)

    def _spares_account_principal(self, view: RequestView, principal: Principal) -> Named:
        has_account = principal.account in self.accounts
        if principal.kind in (PrincipalKind.ROLE, PrincipalKind.ROLE_SESSION):
            listed = [principal.name in self.arns, self._lists_role(view) is _ROLE]
        else:
            listed = [principal.name in self.arns]
        if all(listed) and has_account:
            return _SPARED
        if any(listed):
            return _INCOMPLETE
        lists_only_accounts = not (self.arns or self.services or self.providers)
        return _INCOMPLETE if has_account and lists_only_accounts else _OMITTED

    def _service(self, principal: Principal) -> Named:
        name = principal.name
        if name in self.services:
            return _SELF
        if self.odd_service is not None:
            return _unknown(self.odd_service)
        if self._is_elsewhere(name):
            return _DIFFERS
        if service_family(name) in self._families or name.lower() in self._folded:
            return _unknown(Reason.SERVICE_NAME_FORM)
        if self.services and may_act_for_another(principal):
            return _unknown(Reason.SERVICE_NAME_INFERRED)
        return _unknown(Reason.AWS_WILDCARD_AND_SERVICE_PRINCIPAL) if self.is_anyone_of_aws else _DIFFERS

    def _is_elsewhere(self, name: str) -> bool:
        """Check whether the same service is listed by the names of other Regions only, which are other principals."""
        own, family = service_region(name), service_family(name)
        regions = {service_region(one) for one in self.services if service_family(one) == family}
        return own is not None and bool(regions) and regions.isdisjoint({None, own})

    def _account_principal(self, view: RequestView, *, is_endpoint_policy: bool) -> Named:
        principal = view.principal
        if principal.name in self.arns and principal.kind is not PrincipalKind.ROLE:
            return _SELF
        if self.is_anyone_of_aws:
            return _ANYONE
        role = self._lists_role(view)
        if role[0] != "no-match":
            return role
        if principal.account in self.accounts:
            if principal.kind is PrincipalKind.ROOT:
                return _ACCOUNT
            return _ENDPOINT_ACCOUNT if is_endpoint_policy else _ACCOUNT
        return self._uncertain_names(view)

    def undecided_keys(self, view: RequestView) -> Iterator[str]:
        """Yield the keys (lower case) whose values would have to be known to tell whether the caller is named."""
        if self.providers and view.is_open(_PROVIDER):
            yield _PROVIDER

    def _lists_role(self, view: RequestView) -> Named:
        """Check whether the caller's role is listed. Without its path the name decides: it is unique in an account."""
        principal = view.principal
        if principal.kind not in (PrincipalKind.ROLE, PrincipalKind.ROLE_SESSION):
            return _DIFFERS
        if view.role_arn is not None:
            is_listed = view.role_arn in self.arns
        else:
            is_listed = (principal.account, view.role) in self._roles
        if is_listed:
            return _ROLE
        names_a_session = (principal.account, view.role) in self._sessions
        if principal.kind is PrincipalKind.ROLE and names_a_session:
            return _unknown(Reason.CALLER_NOT_KNOWN)
        return _DIFFERS

    def _uncertain_names(self, view: RequestView) -> Named:
        if self.unique_ids:
            user_id = view.value_of("aws:userid")
            if isinstance(user_id, str) and user_id.partition(":")[0] in self.unique_ids:
                return _unknown(Reason.PRINCIPAL_UNIQUE_ID)
        if self.providers:
            provider = view.value_of(_PROVIDER)
            is_listed = isinstance(provider, str) and {provider, "*"} & self.providers
            if is_listed or view.is_open(_PROVIDER):
                return _unknown(Reason.PRINCIPAL_UNRECOGNISED)
        return _DIFFERS

    def _read(self, raw: object) -> None:
        if not isinstance(raw, Mapping):
            self.odd = Reason.PRINCIPAL_UNRECOGNISED
            return
        if not raw:
            self.odd = Reason.EMPTY_VALUE_LIST
        for kind, names in raw.items():
            listed = names if isinstance(names, list | tuple) else [names]
            if not listed:
                self.odd = Reason.EMPTY_VALUE_LIST
            for name in listed:
                if not isinstance(name, str):
                    self._read_number(kind, name)
                elif kind == "AWS":
                    self._read_aws(name)
                elif kind == "Service":
                    self._read_service(name)
                elif kind == "Federated":
                    self.providers.add(name)
                else:
                    self.odd = Reason.PRINCIPAL_UNRECOGNISED

    def _read_number(self, kind: object, name: object) -> None:
        """Take a JSON number for the account id it spells; it would have lost leading zeros."""
        text = str(name) if type(name) is int and 10**11 <= name < 10**12 else ""
        if kind == "AWS" and text:
            self.accounts.add(text)
        else:
            self.odd = Reason.STATEMENT_MALFORMED

    def _may_be_named(self, view: RequestView) -> bool:
        """Check whether a principal of which some is not known yet may turn out to be the caller."""
        principal = view.principal
        account = principal.account or ""
        names = (view.role_arn, principal.name, account, f"arn:aws:iam::{account}:root", "*")
        return any(glob.match(name) != "no-match" for glob in self._unresolved for name in names if name)

    def _read_aws(self, name: str) -> None:
        if is_unresolved(name):
            self._unresolved.append(Glob(unresolved_pieces(name)))
        elif name == "*":
            self.is_anyone_of_aws = True
        elif ACCOUNT_ID.fullmatch(name):
            self.accounts.add(name)
        elif (parts := arn_parts(name)) is not None:
            if parts[5] == "root" and parts[2] == "iam" and ACCOUNT_ID.fullmatch(parts[4]):
                self.accounts.add(parts[4])
            else:
                self.arns.add(name)
        elif _UNIQUE_ID.fullmatch(name):
            self.unique_ids.add(name)
        else:
            self.odd = Reason.PRINCIPAL_UNRECOGNISED

    def _read_service(self, name: str) -> None:
        if is_unresolved(name):
            self.odd_service = Reason.VALUE_KNOWN_AFTER_APPLY
        elif "*" in name or "?" in name:
            self.odd_service = Reason.SERVICE_WILDCARD
        else:
            self.services.add(name)
