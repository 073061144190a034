"""Changes of a key policy that might help, the useful and the tempting ones, each proved by a replay of what was seen.

A remedy helps only if every call that was missing or refused gets through, nobody who got through is kept out, and no
stranger gets further than before.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct, structs

from trail_diff.model.codes import Decided
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Remedy, Replay, StatementRef
from trail_diff.policy.decide.compiled import CompiledPolicies, compile_policies
from trail_diff.policy.decide.evaluate import decide, evaluate
from trail_diff.policy.remedies.allows import allow_callers, risks_of_allowing
from trail_diff.policy.remedies.candidates import find_candidates
from trail_diff.policy.remedies.situation import Candidate, ObservedCall, Situation
from trail_diff.policy.request.interface import Decision, PolicySet, Principal, PrincipalKind, Request

_LARGEST = 32_768
"""The most bytes that a key policy may have (KMS Developer Guide, "Resource quotas")."""
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
    tried = [remedy for one in find_candidates(situation, old) if (remedy := _try(situation, one, old)) is not None]
    order = {True: 0, "undetermined": 1, False: 2}
    return tuple(sorted(tried, key=lambda remedy: order[remedy.helps]))


def _try(situation: Situation, candidate: Candidate, old: CompiledPolicies) -> Remedy | None:
    """Replay everything seen and some strangers under the changed policy, and judge; None for what is not offered."""
    candidate, new = _with_allow(situation, candidate)
    is_too_large = _size(candidate.draft.policy) > _LARGEST
    if is_too_large and candidate.is_offered:
        return None
    lets_in = any(_lets_in(request, old, new) for request in _kept_out(situation, candidate))
    alone = _compile_alone(candidate.draft.policy, situation)
    fixes = [(call, _fix(call, situation, new, alone)) for call in situation.observed]
    replay = _replay([(call, fix.helps) for call, fix in fixes], old, new)
    of_targets = [fix for call, fix in fixes if call.is_target]
    is_refused = lets_in or is_too_large or bool(replay.broken) or not of_targets
    helps: Literal["undetermined"] | bool = "undetermined"
    if not candidate.draft.steps or is_refused or any(fix.helps is False for fix in of_targets):
        helps = False
    elif all(fix.helps for fix in of_targets):
        helps = True
    reasons = [*candidate.risks, *(fix.reason for fix in of_targets)] if helps is not False else [*candidate.why_not]
    reasons += [Reason.STRANGER_GETS_IN] if lets_in else []
    reasons += [Reason.POLICY_TOO_LARGE] if is_too_large else []
    is_change = bool(candidate.draft.steps)
    return Remedy(
        id=candidate.id,
        helps=helps,
        patch=tuple(candidate.draft.steps) if is_change else None,
        policy=candidate.draft.policy if is_change else None,
        replay=replay,
        risks=tuple(dict.fromkeys(reason for reason in reasons if reason is not None)),
        allowed_by=next((fix.allowed_by for fix in of_targets if fix.allowed_by), None) if helps is not False else None,
    )


def _size(policy: Mapping[str, Any]) -> int:
    """Return how many bytes a policy takes, written without spaces."""
    text = json.dumps(policy, separators=(",", ":"), ensure_ascii=False, default=str)
    return len(text.encode("utf-8", "surrogatepass"))


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
    risks = tuple(dict.fromkeys((*candidate.risks, Reason.ADDS_ALLOW, *risks_of_allowing(lacking))))
    return structs.replace(candidate, risks=risks), _compile(candidate.draft.policy, situation)


def _replay(
    observed: Sequence[tuple[ObservedCall, bool | None]], old: CompiledPolicies, new: CompiledPolicies
) -> Replay:
    """Decide every observed call by both policies, and say what changes for whom."""
    groups: dict[str, list[str]] = {"fixed": [], "broken": [], "still_denied": [], "undetermined": []}
    for call, is_fixed in observed:
        before, after = decide(call.request, old), decide(call.request, new)
        place = _place(call, before, after, is_fixed=is_fixed)
        if place is not None:
            groups[place].append(call.label)
    return Replay(
        calls=sum(call.calls for call, _is_fixed in observed),
        callers=len({call.request.principal for call, _is_fixed in observed}),
        **{name: tuple(dict.fromkeys(labels)) for name, labels in groups.items()},
    )


def _place(call: ObservedCall, before: Decided, after: Decided, *, is_fixed: bool | None) -> str | None:
    """Return the list that a call belongs in. Only a call that worked can be broken."""
    denied = ("explicit-deny", "implicit-deny")
    if after in denied:
        return "still_denied" if before in denied or call.is_target or not call.succeeded else "broken"
    if before in denied or call.is_target:
        return "fixed" if is_fixed else "undetermined"
    return "undetermined" if after != before else None


class _Fix(Struct, frozen=True):
    """Whether a call gets through (None: it cannot be decided), and what then allows it, or why that is not known."""

    helps: bool | None
    reason: Reason | None = None
    allowed_by: StatementRef | None = None


def _fix(call: ObservedCall, situation: Situation, policies: CompiledPolicies, alone: CompiledPolicies) -> _Fix:
    """Check whether a call gets through; `alone` is the key policy with the grants that are given, and nothing else.

    A call that succeeded before was allowed by something. Where only grants or identity policies that were not given
    keep it open, that something is taken to be there still, unless it may be gone.
    """
    decision = evaluate(call.request, policies)
    if decision.decision in ("explicit-deny", "implicit-deny"):
        return _Fix(helps=False)
    reason, statement = _what_allows(decision)
    if reason is None:
        # the caller's own policies are not given; no Allow of theirs is needed, and no Deny of theirs is assumed
        reason, statement = _what_allows(evaluate(call.request, alone))
    spared = set(situation.innocent) if call.succeeded else set()
    may_be_denied = any(
        one.effect == "Deny" and one.outcome == "unknown" and not (one.layer == "key-policy" and one.index in spared)
        for one in decision.statements
    )
    if reason is not None:
        return _Fix(None if may_be_denied else True, reason, statement)
    if not (call.succeeded and set(decision.reasons) & _OPEN_BUT_GRANTED_BEFORE):
        return _Fix(None, None if may_be_denied else Reason.ALLOW_NOT_KNOWN)
    if situation.grant_ended or _lost_its_allow(call, situation, decision):
        return _Fix(None, Reason.NEEDS_ALLOW_AS_WELL)
    return _Fix(None if may_be_denied else True, Reason.SUCCESS_PROVES_ALLOW)


def _what_allows(decision: Decision) -> tuple[Reason | None, StatementRef | None]:
    """Return what allows a call that nothing denies: a statement that names its caller, or a grant."""
    if decision.layer is None or decision.decision != "allowed":
        return None, None
    allowing = (one for one in decision.statements if one.effect == "Allow" and one.outcome == "match")
    found = next((one for one in allowing if one.layer == decision.layer), None)
    is_statement = found is not None and decision.layer == "key-policy"
    statement = StatementRef(found.index, found.sid) if found is not None and is_statement else None
    return _REASON_OF_LAYER[decision.layer], statement


def _lost_its_allow(call: ObservedCall, situation: Situation, decision: Decision) -> bool:
    """Check whether the policy before may have allowed the call itself, and the one decided by does not."""
    if situation.before is None or _may_allow(decision):
        return False
    return _may_allow(evaluate(call.request, _compile(situation.before, situation)))


def _may_allow(decision: Decision) -> bool:
    return any(
        one.effect == "Allow" and one.outcome != "no-match" and one.layer == "key-policy" for one in decision.statements
    )


_REASON_OF_LAYER: Mapping[str, Reason] = {
    "key-policy": Reason.KEY_POLICY_ALLOWS,
    "grant": Reason.GRANT_ALLOWS,
    "identity-policy": Reason.IDENTITY_POLICY_ALLOWS,
}


def _kept_out(situation: Situation, candidate: Candidate) -> Iterator[Request]:
    """Yield whom a change may not let in: strangers, and other callers that were refused and are not to be helped.

    What exempts services by what they are lets in those that were seen refused as well; its risks say so.
    """
    yield from _strangers(situation)
    for call in situation.observed:
        is_service = call.request.principal.kind is PrincipalKind.SERVICE
        if not call.is_target and not call.succeeded and not (is_service and candidate.id in _EXEMPTS_ALL):
            yield call.request


_EXEMPTS_ALL = frozenset({"exempt-service-principals", "require-principal-arn", "exempt-by-source-account"})


def _strangers(situation: Situation) -> Iterator[Request]:
    """Yield requests of roles that nobody has seen, of the same account and of another: plain, and made alike."""
    for account in filter(None, (situation.account, _STRANGER_ACCOUNT)):
        role = f"arn:aws:iam::{account}:role/stranger"
        context = {
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


def _compile_alone(policy: Mapping[str, Any], situation: Situation) -> CompiledPolicies:
    return compile_policies(PolicySet.assuming_no_limits(policy, situation.grants, ()))


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
