"""Compiles a PolicySet once, for any number of decisions."""

from collections.abc import Iterable

from trail_diff.model.codes import Layer
from trail_diff.policy.decide.grants import Grant
from trail_diff.policy.decide.scan import Document
from trail_diff.policy.request.interface import PolicyDocument, PolicySet


class CompiledPolicies:
    """A PolicySet made ready: the same layers, None where nothing is known."""

    def __init__(self, policies: PolicySet) -> None:
        key_policy = policies.key_policy
        self.key_policy = None if key_policy is None else Document(key_policy, "key-policy")
        self.grants = None
        if policies.grants is not None:
            self.grants = tuple(Grant(grant, index) for index, grant in enumerate(policies.grants, 1))
        self.identity_policies = _layer(policies.identity_policies, "identity-policy")
        self.permissions_boundaries = _layer(policies.permissions_boundaries, "permissions-boundary")
        self.has_boundary = None if policies.permissions_boundaries is None else bool(policies.permissions_boundaries)
        self.session_policies = _layer(policies.session_policies, "session-policy")
        self.vpc_endpoint_policies = _layer(policies.vpc_endpoint_policies, "vpc-endpoint-policy")
        self.scps = _levels(policies.scps, "scp")
        self.rcps = _levels(policies.rcps, "rcp")


def compile_policies(policies: PolicySet) -> CompiledPolicies:
    """Compile policies, so that deciding many requests against them is quick."""
    return CompiledPolicies(policies)


def _layer(policies: Iterable[PolicyDocument] | None, layer: Layer) -> tuple[Document, ...] | None:
    return None if policies is None else _documents(policies, layer, 1)


def _levels(levels: Iterable[Iterable[PolicyDocument]] | None, layer: Layer) -> tuple[tuple[Document, ...], ...] | None:
    if levels is None:
        return None
    compiled: list[tuple[Document, ...]] = []
    first = 1
    for level in levels:
        compiled.append(_documents(level, layer, first))
        first += sum(len(document.statements) for document in compiled[-1])
    return tuple(compiled)


def _documents(policies: Iterable[PolicyDocument], layer: Layer, first: int) -> tuple[Document, ...]:
    compiled: list[Document] = []
    for policy in policies:
        compiled.append(Document(policy, layer, first))
        first += len(compiled[-1].statements)
    return tuple(compiled)
