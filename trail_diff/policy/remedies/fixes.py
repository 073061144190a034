"""Whether a call gets through under a changed policy, and what it is that then allows it."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from trail_diff.model.decisions import StatementRef
from trail_diff.model.reasons import Reason
from trail_diff.policy.decide.compiled import CompiledPolicies, compile_policies
from trail_diff.policy.decide.evaluate import evaluate
from trail_diff.policy.remedies.assumption import assume_matched, without_denies
from trail_diff.policy.remedies.situation import Candidate, ObservedCall, Situation, assumed_denies, denying
from trail_diff.policy.request.interface import Decision, PolicySet

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


class Fix(Struct, frozen=True):
    """Whether a call gets through (None: it cannot be decided), and what then allows it, or why that is not known."""

    helps: bool | None
    reason: Reason | None = None
    allowed_by: StatementRef | None = None


def find_fix(
    call: ObservedCall, situation: Situation, candidate: Candidate, old: CompiledPolicies, new: CompiledPolicies
) -> Fix:
    """Check whether a call gets through under a change, Denies that are taken to deny being so taken."""
    policy: Mapping[str, Any] = candidate.draft.policy
    assumed = _open_but_assumed(call, situation, old)
    innocent = frozenset(situation.innocent) if call.succeeded else frozenset()
    if not assumed and not innocent:
        return _fix(call, situation, new, _compile_alone(policy, situation))
    policy = without_denies(assume_matched(situation.policy, policy, assumed), innocent - assumed)
    return _fix(call, situation, compile_policy(policy, situation), _compile_alone(policy, situation))


def _open_but_assumed(call: ObservedCall, situation: Situation, old: CompiledPolicies) -> frozenset[int]:
    assumed = assumed_denies(situation) if call.is_target else frozenset()
    if not assumed:
        return assumed
    found = denying(evaluate(call.request, old), assumed)
    return frozenset(one.index for one in found if one.outcome == "unknown")


def _fix(call: ObservedCall, situation: Situation, policies: CompiledPolicies, alone: CompiledPolicies) -> Fix:
    """Check whether a call gets through; `alone` is the key policy with the grants that are given, and nothing else.

    A call that succeeded before was allowed by something. Where only grants or identity policies that were not given
    keep it open, that something is taken to be there still, unless it may be gone.
    """
    decision = evaluate(call.request, policies)
    if decision.decision in ("explicit-deny", "implicit-deny"):
        return Fix(helps=False)
    reason, statement = _what_allows(decision)
    if reason is None:
        # the caller's own policies are not given; no Allow of theirs is needed, and no Deny of theirs is assumed
        reason, statement = _what_allows(evaluate(call.request, alone))
    may_be_denied = any(one.effect == "Deny" and one.outcome == "unknown" for one in decision.statements)
    if reason is not None:
        return Fix(None if may_be_denied else True, reason, statement)
    if not (call.succeeded and set(decision.reasons) & _OPEN_BUT_GRANTED_BEFORE):
        return Fix(None, None if may_be_denied else Reason.ALLOW_NOT_KNOWN)
    if situation.grant_ended or _lost_its_allow(call, situation, decision):
        return Fix(None, Reason.NEEDS_ALLOW_AS_WELL)
    return Fix(None if may_be_denied else True, Reason.SUCCESS_PROVES_ALLOW)


def _what_allows(decision: Decision) -> tuple[Reason | None, StatementRef | None]:
    """Return what allows a call that nothing denies: a statement that names its caller, or a grant."""
    if decision.layer is None or decision.decision != "allowed":
        return None, None
    allowing = (one for one in decision.statements if one.effect == "Allow" and one.outcome == "match")
    of_layer = [one for one in allowing if one.layer == decision.layer]
    # what names the caller tells more than what leaves it to its account
    of_layer.sort(key=lambda one: Reason.PRINCIPAL_ACCOUNT_MATCHES in one.reasons)
    found = next(iter(of_layer), None)
    is_statement = found is not None and decision.layer == "key-policy"
    statement = StatementRef(found.index, found.sid) if found is not None and is_statement else None
    return _REASON_OF_LAYER[decision.layer], statement


def _lost_its_allow(call: ObservedCall, situation: Situation, decision: Decision) -> bool:
    """Check whether the policy before may have allowed the call itself, and the one decided by does not."""
    if situation.before is None or _may_allow(decision):
        return False
    return _may_allow(evaluate(call.request, compile_policy(situation.before, situation)))


def _may_allow(decision: Decision) -> bool:
    return any(
        one.effect == "Allow" and one.outcome != "no-match" and one.layer == "key-policy" for one in decision.statements
    )


_REASON_OF_LAYER: Mapping[str, Reason] = {
    "key-policy": Reason.KEY_POLICY_ALLOWS,
    "grant": Reason.GRANT_ALLOWS,
    "identity-policy": Reason.IDENTITY_POLICY_ALLOWS,
}


def _compile_alone(policy: Mapping[str, Any], situation: Situation) -> CompiledPolicies:
    return compile_policies(PolicySet.assuming_no_limits(policy, situation.grants, ()))


def compile_policy(policy: Mapping[str, Any], situation: Situation) -> CompiledPolicies:
    """Make a key policy and the grants that are given ready; nothing is known of the callers' own policies."""
    return compile_policies(PolicySet.assuming_no_limits(policy, situation.grants))
