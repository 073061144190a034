"""Tries calls under policies beside the key's that a document changes: a caller's own, a boundary, an SCP, a grant.

Each is decided together with the key's policy, on two assumptions about what is not in the document: that the caller's
other policies allow everything, and that they allow nothing. What the first refuses is refused; what only the second
does is a loss that something else may make up for. An organization's policy is a risk at most: whether it is about an
account is not told.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct, structs

from trail_diff.arns import arn_account, last_name
from trail_diff.model.codes import Layer, WhatIfOutcome
from trail_diff.model.learnt import Facts
from trail_diff.model.reasons import Reason
from trail_diff.model.what_if import WhatIfRow
from trail_diff.policy import Decision, PolicySet, evaluate
from trail_diff.policy.documents.infrastructure.interface import NOT_KEYS, Held, PlannedKey
from trail_diff.policy.documents.infrastructure.moves import is_same_key
from trail_diff.policy.documents.unresolved import expressions_in
from trail_diff.policy.request.context import build_request
from trail_diff.usage.moved_calls import find_policy, recorded_keys
from trail_diff.usage.requests import ObservedRequest, ObservedRequests
from trail_diff.usage.sides import ALLOW_ALL
from trail_diff.usage.what_if import default_policy, guilty_statement, merge_rows, open_tests, undecided_row

PolicyOn = Callable[[str | None], Mapping[str, Any] | None]
"""Returns the policy that a key will have; None where it is not known."""

_STRENGTH = {"allowed": 2, "undetermined": 1, "implicit-deny": 0, "explicit-deny": 0}
_ACCOUNT = re.compile(r"\d{12}")
_ALLOWS_BESIDE: frozenset[Layer] = frozenset({"identity-policy", "scp", "grant"})
"""Layers in which what is not in the document may allow a call as well."""

_OF_ORGANIZATION: frozenset[Layer] = frozenset({"scp", "rcp"})


def policy_on(
    keys: Sequence[PlannedKey], observed: ObservedRequests | None, name: str | None
) -> Mapping[str, Any] | None:
    """Return the policy that a key will have: as the document tells, else the one that was put on it last."""
    planned = [key for key in keys if key.reason not in NOT_KEYS]
    found = [key for key in planned if any(is_same_key(one, name) for one in key.names)]
    found = found or (planned if len(planned) == 1 and planned[0].arn is None else [])
    if found:
        return find_policy(found[0])
    recorded = recorded_keys([name], observed) if observed is not None and name else ()
    return next((key.policy for key in recorded), None)


def try_held(
    changed: PlannedKey, seen: Sequence[ObservedRequest], policy_on: PolicyOn, facts: Facts
) -> tuple[int, tuple[WhatIfRow, ...]]:
    """Return how many requests a policy that changes is about, and what it may refuse of what worked, worst first."""
    rows: list[WhatIfRow] = []
    tried = 0
    for one in seen:
        about = [held for held in changed.held if _is_about(held, one)]
        layers = dict.fromkeys(held.layer for held in about if _is_own(held, changed))
        tried += bool(layers)
        for layer in layers if one.succeeded or not one.observed else ():
            whole = [held for held in about if held.layer == layer]
            own = [held for held in whole if held.address == changed.address]
            trial = _Trial(one, layer, policy_on(one.access.key), facts)
            row = trial.judge(own) if own == whole or trial.judge(whole) is not None else None
            if row is not None:
                is_one = sum(len(held.after) for held in own) == 1
                rows.append(structs.replace(row, address=changed.address, statement=row.statement if is_one else None))
    return tried, merge_rows(rows)


class _Trial(Struct, frozen=True):
    """A request, and what is in its way beside policies of one layer."""

    one: ObservedRequest
    layer: Layer
    key_policy: Mapping[str, Any] | None
    facts: Facts

    def judge(self, held: Sequence[Held]) -> WhatIfRow | None:
        """Return what becomes of the request; None where it goes on as before."""
        sides = [tuple(text for one in held for text in (one.before, one.after)[place]) for place in (0, 1)]
        if self.layer != "grant":
            was, will = (self._decide(side, at_best=True) for side in sides)
            if _is_weaker(will, was, "Deny"):
                is_told = self.layer not in _OF_ORGANIZATION and not any(expressions_in(one.target) for one in held)
                is_refusal = will.decision == "explicit-deny" or (
                    will.decision == "implicit-deny" and self.key_policy is not None
                )
                return self._row(was, will, "breaks" if is_told and is_refusal else "at-risk")
        if self.layer in _ALLOWS_BESIDE:
            was, will = (self._decide(side, at_best=False) for side in sides)
            if _is_weaker(will, was, "Allow"):
                return self._row(was, will, "at-risk")
        return None

    def _row(self, was: Decision, will: Decision, outcome: WhatIfOutcome) -> WhatIfRow:
        is_grant, is_lost = self.layer == "grant", will.decision == "implicit-deny"
        reasons = (Reason.ALLOW_MAY_BE_LOST,) if outcome == "at-risk" and is_lost else will.reasons
        change = Reason.GRANT_IS_REMOVED if is_grant else Reason.OTHER_POLICY_CHANGES
        row = undecided_row(self.one, outcome, change, *reasons)
        return structs.replace(row, new=will.decision, old=was.decision, statement=guilty_statement(will))

    def _decide(self, texts: tuple[Any, ...], *, at_best: bool) -> Decision:
        account = self.one.event.caller.account or arn_account(self.one.access.key)
        policy = default_policy(account) if self.key_policy is None else self.key_policy
        given = (*texts, ALLOW_ALL) if at_best else texts
        beside: Mapping[Layer, Mapping[str, Any]] = {
            "identity-policy": {"identity_policies": given},
            "permissions-boundary": {"permissions_boundaries": texts},
            "vpc-endpoint-policy": {"vpc_endpoint_policies": texts},
            "scp": {"scps": (given,)},
            "rcp": {"rcps": (texts,)},
            "grant": {"grants": texts, "identity_policies": ()},
        }
        grants = self.facts.grants if at_best else self.facts.grants or ()
        limits = PolicySet.assuming_no_limits(policy, grants, (ALLOW_ALL,))
        request = build_request(self.one.event, self.one.access, self.facts.organization_id)
        return evaluate(request, structs.replace(limits, **beside[self.layer]))


def _is_weaker(will: Decision, was: Decision, effect: Literal["Allow", "Deny"]) -> bool:
    """Check whether less is certain to be allowed, or another statement is open than was."""
    strength = _STRENGTH[will.decision] - _STRENGTH[was.decision]
    opened = open_tests(will, effect) - open_tests(was, effect)
    gone = open_tests(was, effect) - open_tests(will, effect)
    is_open = will.decision == was.decision == "undetermined"
    return strength < 0 or (is_open and bool(opened if effect == "Deny" else gone))


def _is_own(held: Held, changed: PlannedKey) -> bool:
    return held.address == changed.address and held.before != held.after


def _is_about(held: Held, one: ObservedRequest) -> bool:
    """Check whether a policy is in the way of a request; the root and the units of an organization hold any account."""
    caller, name = one.event.caller, held.target
    match held.layer:
        case "grant":
            return is_same_key(name, one.access.key)
        case "vpc-endpoint-policy":
            return name == one.event.vpc_endpoint_id
        case "scp" | "rcp":
            account = caller.account if held.layer == "scp" else arn_account(one.access.key)
            return not _ACCOUNT.fullmatch(name) or name == account
    kind = "role" if caller.role_arn else "user" if caller.type == "IAMUser" else ""
    own = last_name(caller.role_arn) if caller.role_arn else caller.name
    generated = expressions_in(name) if name.startswith(f"{kind}/") else ()
    return f"{kind}/{own}" == name or any(f"-{logical}-" in str(own) for logical in generated)
