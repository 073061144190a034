"""One policy of a replay, old or new, evaluated under each assumption about the policies beside it.

What the caller's own policies say is mostly not known. So a policy is compiled with what is known, and again on the
assumptions that they allow nothing, and that they allow everything.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from trail_diff.policy import CompiledPolicies, Decision, PolicySet, compile_policies, decide
from trail_diff.policy.remedies.patches import statements_of
from trail_diff.policy.request.interface import Request

ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


class OpenAllow(Struct, frozen=True):
    """Whom an Allow that may match is about, and on which conditions."""

    element: str
    principals: frozenset[tuple[str, str]]
    condition: object

    @classmethod
    def of(cls, statement: Mapping[str, Any]) -> "OpenAllow":
        """Take a statement apart."""
        element = "NotPrincipal" if "NotPrincipal" in statement else "Principal"
        named = statement.get(element)
        kinds = named.items() if isinstance(named, Mapping) else [("", named)]
        principals = (
            (str(kind), str(name)) for kind, names in kinds for name in (names if isinstance(names, list) else [names])
        )
        return cls(element, frozenset(principals), statement.get("Condition"))

    def is_kept_by(self, other: "OpenAllow") -> bool:
        """Check whether another lets through whom this one does: no fewer principals, on no other conditions."""
        if self.element != other.element or other.condition not in (None, self.condition):
            return False
        if self.element == "NotPrincipal":
            return self.principals >= other.principals
        return self.principals <= other.principals


class Side(Struct, frozen=True):
    """A policy compiled: with what is known beside it, and on assumptions about that.

    `alone`: no identity policy allows anything; `at_best`: they allow everything; `undenied`: as known, but without the
    policy's Denies. `document` is the policy itself.
    """

    document: Mapping[str, Any]
    known: CompiledPolicies
    alone: CompiledPolicies
    at_best: CompiledPolicies
    undenied: CompiledPolicies

    @classmethod
    def of(cls, policy: Mapping[str, Any], grants: tuple[Mapping[str, Any], ...] | None) -> "Side":
        """Compile a policy."""
        allows = [one for one in statements_of(policy) if one.get("Effect") != "Deny"]
        sets = (
            PolicySet.assuming_no_limits(policy, grants),
            PolicySet.assuming_no_limits(policy, grants, ()),
            PolicySet.assuming_no_limits(policy, grants, (ALLOW_ALL,)),
            PolicySet.assuming_no_limits({**policy, "Statement": allows}, grants),
        )
        return cls(policy, *map(compile_policies, sets))

    def refuses(self, request: Request, decision: Decision) -> bool:
        """Check whether the policy refuses a request: by a Deny, for want of an Allow, or by the one or the other."""
        if decision.decision != "undetermined":
            return decision.decision != "allowed"
        return decide(request, self.undenied) == "implicit-deny"

    def allows(self, request: Request) -> tuple[bool, bool]:
        """Return whether the policy allows a request alone, and at best."""
        return decide(request, self.alone) == "allowed", decide(request, self.at_best) == "allowed"

    def open_allows(self, decision: Decision) -> list[OpenAllow]:
        """Return the Allows of the policy that may be what lets a request through."""
        statements = statements_of(self.document)
        return [
            OpenAllow.of(statements[one.index - 1])
            for one in decision.statements
            if one.layer == "key-policy" and one.effect == "Allow" and one.outcome == "unknown"
        ]
