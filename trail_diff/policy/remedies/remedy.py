"""Changes of a key policy that might help, the useful and the tempting ones, each proved by a replay of what was seen.

A remedy helps only if every call that was missing or refused gets through, nobody who got through is kept out, and no
stranger gets further than before.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

from msgspec import structs

from trail_diff.model.codes import Decided
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Remedy, Replay
from trail_diff.policy.decide.compiled import CompiledPolicies
from trail_diff.policy.decide.evaluate import decide
from trail_diff.policy.remedies.allows import allow_callers, risks_of_allowing, widen_allows
from trail_diff.policy.remedies.denies import narrow_denies
from trail_diff.policy.remedies.fixes import compile_policy, find_fix
from trail_diff.policy.remedies.outsiders import lets_in_others
from trail_diff.policy.remedies.patches import Draft
from trail_diff.policy.remedies.situation import Candidate, ObservedCall, Situation, find_targets
from trail_diff.policy.remedies.tempting import tempting_changes
from trail_diff.policy.request.principals import may_act_for_another

_LARGEST = 32_768
"""The most bytes that a key policy may have (KMS Developer Guide, "Resource quotas")."""
_MOST_SITUATIONS = 64
_TIMES = frozenset({"aws:currenttime", "aws:epochtime"})


def find_remedies(situation: Situation) -> tuple[Remedy, ...]:
    """Try every remedy and every tempting change; those that help first, the narrowest of them ahead.

    Many jobs of one key meet the same situation: it is tried once.
    """
    return _find_remedies(_Met(situation))


class _Met:
    """A situation, the same as another one where policies cannot tell the two apart."""

    def __init__(self, situation: Situation) -> None:
        self.situation = situation
        tested = repr((situation.policy, situation.before)).lower()
        observed = situation.observed if "time" in tested else tuple(map(_without_time, situation.observed))
        self._text = repr(structs.replace(situation, observed=observed))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Met) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)


def _without_time(call: ObservedCall) -> ObservedCall:
    """Return a call without when it was, which differs from job to job."""
    context = {name: value for name, value in call.request.context.items() if name.lower() not in _TIMES}
    return structs.replace(call, request=structs.replace(call.request, context=context))


@lru_cache(maxsize=_MOST_SITUATIONS)
def _find_remedies(met: _Met) -> tuple[Remedy, ...]:
    situation = met.situation
    old = compile_policy(situation.policy, situation)
    return in_order([_try(situation, one, old) for one in _candidates(situation, old)])


def _candidates(situation: Situation, policies: CompiledPolicies) -> Iterator[Candidate]:
    """Yield the changes to try, the narrowest first, the tempting ones last: none removes a statement."""
    targets = find_targets(situation, policies)
    if not targets.denies:
        yield from widen_allows(situation, targets)
        return
    yield from narrow_denies(situation, targets)
    yield from tempting_changes(situation, targets)


def in_order(remedies: Sequence[Remedy]) -> tuple[Remedy, ...]:
    """Return remedies in the order of how much they help; those alike as they are."""
    order = {True: 0, "undetermined": 1, False: 2}
    return tuple(sorted(remedies, key=lambda remedy: order[remedy.helps]))


def restore_statements(situation: Situation, statements: Sequence[Mapping[str, Any]]) -> Remedy:
    """Try statements that a policy had before, as they were; at most undetermined, as more may have changed since."""
    draft = Draft(situation.policy)
    draft.add_statements(statements)
    candidate = Candidate("restore-statement", draft, (Reason.STATEMENT_AS_BEFORE,), is_offered=False)
    tried = _try(situation, candidate, compile_policy(situation.policy, situation))
    return structs.replace(tried, helps="undetermined", risks=candidate.risks) if tried.helps is not False else tried


def _try(situation: Situation, candidate: Candidate, old: CompiledPolicies) -> Remedy:
    """Replay everything seen and some strangers under the changed policy, and judge."""
    candidate, new = _with_allow(situation, candidate)
    faults = [Reason.STRANGER_GETS_IN] if lets_in_others(situation, candidate) else []
    faults += [Reason.POLICY_TOO_LARGE] if _size(candidate.draft.policy) > _LARGEST else []
    fixes = [(call, find_fix(call, situation, candidate, old, new)) for call in situation.observed]
    replay = _replay([(call, fix.helps) for call, fix in fixes], old, new)
    of_targets = [fix for call, fix in fixes if call.is_target]
    is_change, rests_on_a_name = bool(candidate.draft.steps), _rests_on_a_name(situation, candidate)
    helps: Literal["undetermined"] | bool = "undetermined"
    if not is_change or faults or replay.broken or not of_targets or any(fix.helps is False for fix in of_targets):
        helps = False
    elif all(fix.helps for fix in of_targets) and not (candidate.is_less or rests_on_a_name):
        helps = True
    risks = [*candidate.risks, *(fix.reason for fix in of_targets)]
    risks += [Reason.SERVICE_NAME_INFERRED] if rests_on_a_name else []
    reasons = (*(candidate.why_not if helps is False else risks), *faults)
    return Remedy(
        id=candidate.id,
        helps=helps,
        patch=tuple(candidate.draft.steps) if is_change else None,
        policy=candidate.draft.policy if is_change else None,
        replay=replay,
        risks=tuple(dict.fromkeys(reason for reason in reasons if reason is not None)),
        allowed_by=next((fix.allowed_by for fix in of_targets if fix.allowed_by), None) if helps is not False else None,
    )


def _rests_on_a_name(situation: Situation, candidate: Candidate) -> bool:
    """Check whether a change names a service by a record that may name another than policies have to name."""
    principals = [call.request.principal for call in situation.observed if call.is_target]
    return candidate.id in _BY_NAME and any(may_act_for_another(principal) for principal in principals)


_BY_NAME = frozenset({"allow-service-principal"})


def _size(policy: Mapping[str, Any]) -> int:
    """Return how many bytes a policy takes, written without spaces."""
    text = json.dumps(policy, separators=(",", ":"), ensure_ascii=False, default=str)
    return len(text.encode("utf-8", "surrogatepass"))


def _with_allow(situation: Situation, candidate: Candidate) -> tuple[Candidate, CompiledPolicies]:
    """Add the Allow that is missing once the Deny is out of the way; where a grant may be in its place, add nothing."""
    new = compile_policy(candidate.draft.policy, situation)
    if not candidate.is_offered:
        return candidate, new
    decisions = [(call.request, decide(call.request, new)) for call in situation.observed if call.is_target]
    lacking = [request for request, decision in decisions if decision == "implicit-deny"]
    if not lacking or any(decision == "explicit-deny" for _request, decision in decisions):
        return candidate, new
    candidate.draft.add_statements(allow_callers(lacking))
    risks = tuple(dict.fromkeys((*candidate.risks, Reason.ADDS_ALLOW, *risks_of_allowing(lacking))))
    return structs.replace(candidate, risks=risks), compile_policy(candidate.draft.policy, situation)


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
    """Return the list that a call belongs in. Only a call that worked can be broken; one that did not stays open."""
    denied = ("explicit-deny", "implicit-deny")
    if after in denied:
        return "still_denied" if before in denied or call.is_target or not call.succeeded else "broken"
    if before in denied or call.is_target:
        return "fixed" if is_fixed else "undetermined"
    return "undetermined" if after != before or not call.succeeded else None


PATCHLESS: Mapping[str, Callable[[], Remedy]] = {
    "enable-key": lambda: Remedy("enable-key", helps=True, risks=(Reason.DELETES_NOTHING_ELSE,)),
    "cancel-key-deletion": lambda: Remedy("cancel-key-deletion", helps=True, risks=(Reason.DELETES_NOTHING_ELSE,)),
    "create-grant": lambda: Remedy("create-grant", helps="undetermined", risks=(Reason.GRANT_NOT_REPLAYABLE,)),
    "use-customer-managed-key": lambda: Remedy(
        "use-customer-managed-key", helps=True, risks=(Reason.POLICY_OF_AWS_MANAGED_KEY,)
    ),
}
"""Remedies that change something else than the policy."""
