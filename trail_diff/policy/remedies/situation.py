"""What remedies start from: the policy in force, what was seen under it, and which statements keep whom out."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from trail_diff.model.decisions import StatementOutcome
from trail_diff.model.learnt import Caller
from trail_diff.model.reasons import Reason
from trail_diff.policy.decide.compiled import CompiledPolicies
from trail_diff.policy.decide.evaluate import evaluate
from trail_diff.policy.remedies.patches import Draft
from trail_diff.policy.request.interface import Decision, PrincipalKind, Request


class ObservedCall(Struct, frozen=True):
    """One distinct request that was seen, how often, and whether it ever succeeded; `is_target`: it has to be fixed."""

    label: str
    request: Request
    calls: int
    succeeded: bool
    is_target: bool


class Situation(Struct, frozen=True):
    """What remedies start from: the policy in force, who is to be helped, and everything that was seen.

    `statement` is the Deny that is blamed and `assumed` are others; where the evaluator leaves them open they are taken
    to deny. `innocent` are Denies that are known not to be in the way of a call that succeeded. `before` is the policy
    in force when calls succeeded, if a record has it; `grant_ended` says that a grant on the key ended since.
    """

    policy: Mapping[str, Any]
    grants: tuple[Mapping[str, Any], ...] | None
    statement: int | None
    caller: Caller
    action: str
    job_role: str | None
    account: str | None
    observed: tuple[ObservedCall, ...]
    assumed: tuple[int, ...] = ()
    innocent: tuple[int, ...] = ()
    before: Mapping[str, Any] | None = None
    grant_ended: bool = False


class Candidate(Struct, frozen=True):
    """A change to try. `risks` hold when it helps, `why_not` when it does not; only what is offered gets an Allow.

    `is_less`: it allows what a condition of the caller's own statement keeps out, which may be meant.
    """

    id: str
    draft: Draft
    risks: tuple[Reason, ...] = ()
    why_not: tuple[Reason, ...] = ()
    is_offered: bool = True
    is_less: bool = False


class Targets(Struct, frozen=True):
    """The calls to be helped, as the policy in force decides them: by which statements, made by whom."""

    decided: tuple[tuple[Request, Decision], ...]
    denies: tuple[int, ...]
    services: tuple[str, ...]
    arns: tuple[str, ...]


def find_targets(situation: Situation, policies: CompiledPolicies) -> Targets:
    """Decide the calls to be helped."""
    assumed = assumed_denies(situation)
    decided = tuple((call.request, evaluate(call.request, policies)) for call in situation.observed if call.is_target)
    hit = [request for request, decision in decided if any(denying(decision, assumed))]
    indexes = {statement.index for _request, decision in decided for statement in denying(decision, assumed)}
    return Targets(decided, tuple(sorted(indexes | assumed)), services_of(hit), arns_of(hit))


def assumed_denies(situation: Situation) -> frozenset[int]:
    """Return the statements that are taken to deny."""
    named = () if situation.statement is None else (situation.statement,)
    return frozenset((*named, *situation.assumed))


def denying(decision: Decision, assumed: frozenset[int]) -> Iterator[StatementOutcome]:
    """Yield the Denies of the key policy that match, and those that may match and are taken to."""
    for one in decision.statements:
        is_deny = one.layer == "key-policy" and one.effect == "Deny"
        if is_deny and (one.outcome == "match" or (one.outcome == "unknown" and one.index in assumed)):
            yield one


def services_of(requests: Sequence[Request]) -> tuple[str, ...]:
    """Return the names of the service principals among the callers, in order."""
    return tuple(sorted({one.principal.name for one in requests if one.principal.kind is PrincipalKind.SERVICE}))


def arns_of(requests: Sequence[Request]) -> tuple[str, ...]:
    """Return the ARNs of the other callers, a role's own for its sessions, in order."""
    principals = [one.principal for one in requests if one.principal.kind is not PrincipalKind.SERVICE]
    return tuple(sorted({name for one in principals if (name := one.role_arn or one.name)}))
