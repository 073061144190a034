"""Grants: each may allow its grantee some operations on its key; none can deny, or override a Deny.

From the KMS Developer Guide ("Grants in AWS KMS") and the KMS API Reference (ListGrants, GrantConstraints). Entries
are read as ListGrants prints them and as CreateGrant records spell them (`granteePrincipal`).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from trail_diff.model.decisions import StatementOutcome
from trail_diff.model.reasons import Reason
from trail_diff.policy.decide.statements import RETIRE_GRANT
from trail_diff.policy.elements.principal_elements import Naming, PrincipalElement
from trail_diff.policy.request.domains import ABSENT
from trail_diff.policy.request.interface import Outcome, PrincipalKind
from trail_diff.policy.request.principals import SERVICE_NAME
from trail_diff.policy.request.view import RequestView

_OPERATIONS = (
    "CreateGrant Decrypt DeriveSharedSecret DescribeKey Encrypt GenerateDataKey GenerateDataKeyPair"
    " GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext GenerateMac GetPublicKey ReEncryptFrom"
    " ReEncryptTo RetireGrant Sign Verify VerifyMac"
)
GRANTABLE_ACTIONS = frozenset(f"kms:{name}".lower() for name in _OPERATIONS.split())
_FREE_OF_CONTEXT = frozenset(("kms:describekey", "kms:retiregrant"))
_CONTEXT_PREFIX = "kms:encryptioncontext:"

_MATCHES: Outcome = ("match", Reason.GRANT_MATCHES)
_NOT_IN_FORCE: Outcome = ("no-match", Reason.GRANT_NOT_IN_FORCE)
_OTHER_KEY: Outcome = ("no-match", Reason.RESOURCE_DIFFERS)
_OTHER_OPERATION: Outcome = ("no-match", Reason.GRANT_OTHER_OPERATION)
_OTHER_GRANTEE: Outcome = ("no-match", Reason.GRANT_OTHER_GRANTEE)
_CONSTRAINT_DIFFERS: Outcome = ("no-match", Reason.GRANT_CONSTRAINT_DIFFERS)
_CONSTRAINT_UNKNOWN: Outcome = ("unknown", Reason.GRANT_CONSTRAINT_UNKNOWN)
_MALFORMED: Outcome = ("unknown", Reason.STATEMENT_MALFORMED)


class Grant:
    """A grant made ready to test."""

    def __init__(self, raw: object, index: int) -> None:
        grant = raw if isinstance(raw, Mapping) else {}
        self.index = index
        name = _field(grant, "Name") or _field(grant, "GrantId")
        self._name = name if isinstance(name, str) else None
        self._is_malformed = not isinstance(raw, Mapping)
        self._is_over = any(_field(grant, mark) is True for mark in ("Retired", "Revoked"))
        key = _field(grant, "KeyId")
        self._key = key if isinstance(key, str) else ""
        operations = _field(grant, "Operations")
        self._actions: frozenset[str] | None = None
        if isinstance(operations, list | tuple):
            self._actions = frozenset(f"kms:{name}".lower() for name in operations if isinstance(name, str))
        self._grantee = _principal_of(grant, "GranteeServicePrincipal", "GranteePrincipal")
        self._retiring = _principal_of(grant, "RetiringServicePrincipal", "RetiringPrincipal")
        constraints = _field(grant, "Constraints")
        self._has_odd_constraints = not isinstance(constraints, Mapping | None)
        self._constraints: Mapping[str, Any] = constraints if isinstance(constraints, Mapping) else {}

    def test(self, view: RequestView) -> Outcome:
        """Test whether the grant lets the caller perform the action."""
        if self._is_over:
            return _NOT_IN_FORCE
        if self._is_malformed or self._actions is None:
            return _MALFORMED
        if self._key.startswith("arn:") and self._key != view.resource and view.resource.startswith("arn:"):
            return _OTHER_KEY
        if self._retires(view):
            return _MATCHES
        return self._test_operation(view, self._actions)

    def _retires(self, view: RequestView) -> bool:
        if view.action != RETIRE_GRANT or self._retiring is None:
            return False
        return self._retiring.named(view)[0] == "match"

    def _test_operation(self, view: RequestView, actions: frozenset[str]) -> Outcome:
        if view.action not in actions:
            return _OTHER_OPERATION
        grantee = self._test_grantee(view)
        if grantee[0] == "no-match":
            return grantee
        constraints = self._test_constraints(view)
        return constraints if constraints[0] == "no-match" or grantee[0] == "match" else grantee

    def outcome(self, view: RequestView) -> StatementOutcome:
        """Test the grant as the Allow statement that it amounts to; its name or id stands for the Sid."""
        matched, reason = self.test(view)
        return StatementOutcome(self.index, self._name, "Allow", matched, (), "grant", (reason,))

    def undecided_keys(self, view: RequestView) -> Iterable[str]:
        """Return the keys (lower case) whose values would have to be known to decide the grant."""
        if self.test(view) != _CONSTRAINT_UNKNOWN:
            return
        if _field(self._constraints, "SourceArn") is not None and view.is_open("aws:sourcearn"):
            yield "aws:sourcearn"
        for name in ("EncryptionContextSubset", "EncryptionContextEquals"):
            pairs = _field(self._constraints, name)
            for key in pairs if isinstance(pairs, Mapping) else ():
                if view.is_open(lowered := f"{_CONTEXT_PREFIX}{key}".lower()):
                    yield lowered

    def _test_grantee(self, view: RequestView) -> Outcome:
        if self._grantee is None:
            is_service = view.principal.kind is PrincipalKind.SERVICE
            return ("unknown", Reason.GRANTEE_NOT_GIVEN) if is_service else _OTHER_GRANTEE
        named, reason, naming = self._grantee.named(view)
        if named == "no-match":
            return _OTHER_GRANTEE
        if naming is Naming.ACCOUNT:
            return ("unknown", Reason.GRANT_FOR_ACCOUNT)
        return _MATCHES if named == "match" else ("unknown", reason)

    def _test_constraints(self, view: RequestView) -> Outcome:
        if self._has_odd_constraints:
            return _MALFORMED
        outcomes = [_test_constraint(name[0].upper() + name[1:], wanted, view) for name, wanted in self._named()]
        differing = next((outcome for outcome in outcomes if outcome[0] == "no-match"), None)
        return differing or next((outcome for outcome in outcomes if outcome[0] == "unknown"), _MATCHES)

    def _named(self) -> list[tuple[str, Any]]:
        return [(str(name) or "-", wanted) for name, wanted in self._constraints.items() if wanted is not None]


def _field(fields: Mapping[str, Any], name: str) -> object:
    return fields.get(name, fields.get(name[0].lower() + name[1:]))


def _principal_of(grant: Mapping[str, Any], *fields: str) -> PrincipalElement | None:
    name = next((found for field in fields if (found := _field(grant, field))), None)
    if not isinstance(name, str):
        return None
    return PrincipalElement({"Service" if SERVICE_NAME.fullmatch(name) else "AWS": name})


def _test_constraint(name: str, wanted: object, view: RequestView) -> Outcome:
    if name == "SourceArn" and isinstance(wanted, str):
        return _test_source_arn(wanted, view)
    if name in ("EncryptionContextSubset", "EncryptionContextEquals") and isinstance(wanted, Mapping):
        if view.action in _FREE_OF_CONTEXT or not wanted:
            return _MATCHES
        # a grant that may create grants asks for constraints at least as strict of those, which no context key tells
        if view.action == "kms:creategrant":
            return _CONSTRAINT_UNKNOWN
        return _test_context(wanted, view, is_exact=name == "EncryptionContextEquals")
    return _MALFORMED


def _test_source_arn(wanted: str, view: RequestView) -> Outcome:
    """Compare aws:SourceArn, which KMS only does for a request that an AWS service makes."""
    if view.principal.kind is not PrincipalKind.SERVICE:
        return _MATCHES
    source = view.value_of("aws:sourcearn")
    if source is ABSENT:
        return _CONSTRAINT_DIFFERS
    if not isinstance(source, str):
        return _CONSTRAINT_UNKNOWN
    if source == wanted:
        return _MATCHES
    return _CONSTRAINT_UNKNOWN if "*" in wanted or "?" in wanted else _CONSTRAINT_DIFFERS


def _test_context(wanted: Mapping[str, Any], view: RequestView, *, is_exact: bool) -> Outcome:
    present = {
        name[len(_CONTEXT_PREFIX) :]: value
        for name in view.request.context
        if name.lower().startswith(_CONTEXT_PREFIX) and isinstance(value := view.value_of(name.lower()), str)
    }
    is_certain = True
    for key, value in wanted.items():
        found = present.get(key)
        if found is None or view.is_open(f"{_CONTEXT_PREFIX}{key}".lower()):
            if view.value_of(f"{_CONTEXT_PREFIX}{key}".lower()) is ABSENT:
                return _CONSTRAINT_DIFFERS
            is_certain = False
        elif found != value:
            return _CONSTRAINT_DIFFERS
    if is_exact and set(present) - set(wanted):
        return _CONSTRAINT_DIFFERS
    return _MATCHES if is_certain and not (is_exact and _may_hold_more(wanted, view)) else _CONSTRAINT_UNKNOWN


def _may_hold_more(wanted: Mapping[str, Any], view: RequestView) -> bool:
    named = {name.lower() for name in view.request.context if name.lower().startswith(_CONTEXT_PREFIX)}
    asked = {f"{_CONTEXT_PREFIX}{name}".lower() for name in wanted}
    if any(view.is_open(name) for name in named - asked):
        return True
    keys = view.value_of("kms:encryptioncontextkeys")
    if isinstance(keys, tuple):
        return set(keys) != set(wanted)
    return view.is_open(_CONTEXT_PREFIX)
