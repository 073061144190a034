"""Evaluates IAM and key policies, three-valued: what is not known is never taken for a yes or a no."""

from trail_diff.policy.decide.compiled import CompiledPolicies, compile_policies
from trail_diff.policy.decide.evaluate import decide, evaluate
from trail_diff.policy.documents.cases import load_case
from trail_diff.policy.request.domains import ArnIn, Contains, Domain, Open
from trail_diff.policy.request.interface import Decision, PolicySet, Principal, PrincipalKind, Request
from trail_diff.policy.request.principals import principal_from

__all__ = [
    "ArnIn",
    "CompiledPolicies",
    "Contains",
    "Decision",
    "Domain",
    "Open",
    "PolicySet",
    "Principal",
    "PrincipalKind",
    "Request",
    "compile_policies",
    "decide",
    "evaluate",
    "load_case",
    "principal_from",
]
