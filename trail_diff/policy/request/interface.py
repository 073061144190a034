"""The vocabulary of the evaluator: what is asked (Request), what is known (PolicySet), what comes out (Decision).

Nothing here decides anything. `None` for a layer says that nothing is known of it, `()` that it is known to be empty.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

from trail_diff.model.codes import Decided, Grade, Layer, Matched
from trail_diff.model.decisions import StatementOutcome
from trail_diff.model.reasons import Reason
from trail_diff.policy.request.domains import IS_ABSENT, Domain, Table, Value

Outcome = tuple[Matched, Reason]
"""What became of one test, and why."""

PolicyDocument = Mapping[str, Any]
"""A policy as its JSON has it; nothing of it is checked before it is compiled."""


class PrincipalKind(StrEnum):
    """Which sort of identity makes the request, as far as policies tell them apart."""

    USER = "user"
    ROLE = "role"
    ROLE_SESSION = "role-session"
    ROOT = "root"
    FEDERATED_USER = "federated-user"
    FEDERATED = "federated"
    SERVICE = "service"
    ANONYMOUS = "anonymous"
    UNKNOWN = "unknown"


class Principal(Struct, frozen=True):
    """Who makes the request.

    `name` is the ARN (the session's for a role session) or the service principal's name; `role_arn` the role's own
    ARN with its path, None when it is not known. `grade` is that of the name: the service that a record names is not
    always the one that policies have to name.
    """

    kind: PrincipalKind
    name: str = ""
    account: str | None = None
    role_arn: str | None = None
    grade: Grade = "recorded"


class Request(Struct, frozen=True):
    """One call to decide on. Condition keys are compared without regard to letter case.

    `resource` is the key's ARN, `resource_account` its account when the ARN does not tell. `context` has what a key is,
    or its domain; a domain whose name ends in `/` or `:` (as `aws:PrincipalTag/`) is that of all keys of that prefix,
    the longest of them before the shorter and a whole name before both. What it does not hold is as `usual` has it for
    such a caller and action, what that does not hold either as `otherwise` says.
    """

    principal: Principal
    action: str
    resource: str
    context: Mapping[str, Value | Domain] = {}
    otherwise: Domain = IS_ABSENT
    usual: Table = Table()
    resource_account: str | None = None


class PolicySet(Struct, frozen=True):
    """All that is known of the policies in the way of a request; None where nothing is, `()` where there is none.

    `grants` are entries of ListGrants (`Retired` or `Revoked` true mark those no longer in force). `scps` and `rcps`
    hold one tuple of policies for each level, from the root of the organization to the account.
    A layer that is None may hold a Deny, so with the limiting layers left at None no request comes out as allowed.
    """

    key_policy: PolicyDocument | None = None
    grants: tuple[Mapping[str, Any], ...] | None = None
    identity_policies: tuple[PolicyDocument, ...] | None = None
    permissions_boundaries: tuple[PolicyDocument, ...] | None = None
    session_policies: tuple[PolicyDocument, ...] | None = None
    scps: tuple[tuple[PolicyDocument, ...], ...] | None = None
    rcps: tuple[tuple[PolicyDocument, ...], ...] | None = None
    vpc_endpoint_policies: tuple[PolicyDocument, ...] | None = None

    @classmethod
    def assuming_no_limits(
        cls,
        key_policy: PolicyDocument | None,
        grants: tuple[Mapping[str, Any], ...] | None = None,
        identity_policies: tuple[PolicyDocument, ...] | None = None,
    ) -> "PolicySet":
        """Return the policies that can allow a call, on the assumption that no other layer is in its way."""
        return cls(
            key_policy=key_policy,
            grants=grants,
            identity_policies=identity_policies,
            permissions_boundaries=(),
            session_policies=(),
            scps=(),
            rcps=(),
            vpc_endpoint_policies=(),
        )


class Decision(Struct, frozen=True):
    """How a request is decided.

    `layer` is the one that denies, allows, or lacks the Allow; None when several keep the decision open. `statements`
    has each layer in its own order, indexes counted through all policies of the layer. `unknown_keys` (lower case,
    sorted) are the keys that could settle an undetermined decision. `grade` is the lowest that the decision rests on.
    """

    decision: Decided
    layer: Layer | None = None
    statements: tuple[StatementOutcome, ...] = ()
    unknown_keys: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    grade: Grade = "recorded"
