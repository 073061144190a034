"""Changes of a key policy that might help, the useful and the tempting ones, each proved by a replay of what was seen.

A remedy helps only if every call that was missing or refused gets through, nobody who got through is kept out, and no
stranger gets further than before.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from msgspec import structs

from trail_diff.model.codes import Decided
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Remedy, Replay
from trail_diff.policy.decide.compiled import CompiledPolicies, compile_policies
from trail_diff.policy.decide.evaluate import decide, evaluate
from trail_diff.policy.remedies.candidates import (
    Candidate,
    ObservedCall,
    Situation,
    allow_callers,
    find_candidates,
    risks_of_allowing,
)
from trail_diff.policy.request.domains import Domain, Value
from trail_diff.policy.request.interface import PolicySet, Principal, PrincipalKind, Request

_STRANGER_ACCOUNT = "000000000000"
_IDENTITY_KEYS = frozenset(
    ("aws:principalarn", "aws:principalaccount", "kms:calleraccount", "aws:userid", "aws:username", "aws:principaltype")
)
_PERMISSIVENESS: Mapping[Decided, int] = {"explicit-deny": 0, "implicit-deny": 0, "undetermined": 1, "allowed": 2}
_OPEN_BUT_GRANTED_BEFORE = frozenset(
    {
        Reason.GRANTS_NOT_GIVEN,
        Reason.IDENTITY_POLICIES_NOT_GIVEN,
        Reason.GRANT_CONSTRAINT_UNKNOWN,
        Reason.GRANTEE_NOT_GIVEN,
        Reason.GRANT_MATCHES,
        Reason.SERVICE_LINKED_ROLE_POSSIBLE,
    }
)
"""What may keep a call open that succeeded before: then something allowed it, which the policy does not take away."""


def find_remedies(situation: Situation) -> tuple[Remedy, ...]:
    """Try every remedy and every tempting change; those that help first, the narrowest of them ahead."""
    old = _compile(situation.policy, situation)
    tried = [_try(situation, one, old) for one in find_candidates(situation, old)]
    order = {True: 0, "undetermined": 1, False: 2}
    return tuple(sorted(tried, key=lambda remedy: order[remedy.helps]))


def _try(situation: Situation, candidate: Candidate, old: CompiledPolicies) -> Remedy:
    """Replay everything seen and some strangers under the changed policy, and judge."""
    candidate, new = _with_allow(situation, candidate)
    replay = replay_calls(situation.observed, old, new)
    lets_in = any(_lets_in(request, old, new) for request in _strangers(situation))
    states = [_is_fixed(call, new) for call in situation.observed if call.is_target]
    helps: Literal["undetermined"] | bool = "undetermined"
    is_change = bool(candidate.draft.steps)
    if not is_change or lets_in or replay.broken or not states or any(state is False for state in states):
        helps = False
    elif all(states):
        helps = True
    reasons = candidate.risks if helps is not False else candidate.why_not
    return Remedy(
        id=candidate.id,
        helps=helps,
        patch=tuple(candidate.draft.steps) if is_change else None,
        policy=candidate.draft.policy if is_change else None,
        replay=replay,
        risks=(*reasons, *((Reason.STRANGER_GETS_IN,) if lets_in else ())),
    )


def _with_allow(situation: Situation, candidate: Candidate) -> tuple[Candidate, CompiledPolicies]:
    """Add the Allow that is missing once the Deny is out of the way; where a grant may be in its place, add nothing."""
    new = _compile(candidate.draft.policy, situation)
    if not candidate.is_offered:
        return candidate, new
    decisions = [(call.request, decide(call.request, new)) for call in situation.observed if call.is_target]
    lacking = [request for request, decision in decisions if decision == "implicit-deny"]
    if not lacking or any(decision == "explicit-deny" for _request, decision in decisions):
        return candidate, new
    candidate.draft.add_statement(allow_callers(lacking))
    kept = tuple(risk for risk in candidate.risks if risk is not Reason.NEEDS_ALLOW_AS_WELL)
    risks = tuple(dict.fromkeys((*kept, Reason.ADDS_ALLOW, *risks_of_allowing(lacking))))
    return structs.replace(candidate, risks=risks), _compile(candidate.draft.policy, situation)


def replay_calls(observed: Sequence[ObservedCall], old: CompiledPolicies, new: CompiledPolicies) -> Replay:
    """Decide every observed call by both policies, and say what changes for whom."""
    groups: dict[str, list[str]] = {"fixed": [], "broken": [], "still_denied": [], "undetermined": []}
    for call in observed:
        before, after = decide(call.request, old), decide(call.request, new)
        place = _place(call, before, after, is_fixed=_is_fixed(call, new))
        if place is not None:
            groups[place].append(call.label)
    return Replay(
        calls=sum(call.calls for call in observed),
        callers=len({call.request.principal for call in observed}),
        **{name: tuple(dict.fromkeys(labels)) for name, labels in groups.items()},
    )


def _place(call: ObservedCall, before: Decided, after: Decided, *, is_fixed: bool | None) -> str | None:
    denied = ("explicit-deny", "implicit-deny")
    if after in denied:
        return "still_denied" if before in denied else "broken"
    if before in denied or call.is_target:
        return "fixed" if is_fixed else "undetermined"
    return "undetermined" if after != before else None


def _is_fixed(call: ObservedCall, policies: CompiledPolicies) -> bool | None:
    """Check whether a call gets through; None when that cannot be decided.

    A call that succeeded before was allowed by something. Where only grants or identity policies that were not given
    keep it open, that something is taken to be there still.
    """
    decision = evaluate(call.request, policies)
    if decision.decision == "allowed":
        return True
    if decision.decision in ("explicit-deny", "implicit-deny"):
        return False
    may_be_denied = any(
        statement.effect == "Deny" and statement.outcome == "unknown" for statement in decision.statements
    )
    if call.succeeded and not may_be_denied and set(decision.reasons) & _OPEN_BUT_GRANTED_BEFORE:
        return True
    return None


def _strangers(situation: Situation) -> Iterator[Request]:
    """Yield requests of roles that nobody has seen, of the same account and of another: plain, and made alike."""
    for account in filter(None, (situation.account, _STRANGER_ACCOUNT)):
        role = f"arn:aws:iam::{account}:role/stranger"
        context: dict[str, Value | Domain] = {
            "aws:PrincipalArn": role,
            "aws:PrincipalAccount": account,
            "kms:CallerAccount": account,
            "aws:PrincipalIsAWSService": "false",
            "aws:ViaAWSService": "false",
        }
        for call in situation.observed:
            seen = call.request
            plain = Request(
                principal=Principal(PrincipalKind.ROLE, role, account, role),
                action=seen.action,
                resource=seen.resource,
                context=context,
                resource_account=seen.resource_account or situation.account,
            )
            yield plain
            if seen.principal.kind is not PrincipalKind.SERVICE:
                alike = {name: value for name, value in seen.context.items() if name.lower() not in _IDENTITY_KEYS}
                yield structs.replace(plain, context={**context, **alike})


def _lets_in(request: Request, old: CompiledPolicies, new: CompiledPolicies) -> bool:
    """Check whether somebody gets further than before."""
    return _PERMISSIVENESS[decide(request, new)] > _PERMISSIVENESS[decide(request, old)]


def _compile(policy: Mapping[str, Any], situation: Situation) -> CompiledPolicies:
    return compile_policies(PolicySet.assuming_no_limits(policy, situation.grants))


PATCHLESS: Mapping[str, Callable[[], Remedy]] = {
    "enable-key": lambda: Remedy("enable-key", helps=True, risks=(Reason.DELETES_NOTHING_ELSE,)),
    "cancel-key-deletion": lambda: Remedy("cancel-key-deletion", helps=True, risks=(Reason.DELETES_NOTHING_ELSE,)),
    "create-grant": lambda: Remedy("create-grant", helps="undetermined", risks=(Reason.GRANT_NOT_REPLAYABLE,)),
    "use-customer-managed-key": lambda: Remedy(
        "use-customer-managed-key", helps=True, risks=(Reason.POLICY_OF_AWS_MANAGED_KEY,)
    ),
}
"""Remedies that change something else than the policy."""
