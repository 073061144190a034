"""Calls on a key that is deleted, replaced or disabled: they fail, whatever its policy says."""

from collections.abc import Iterable

from trail_diff.model.codes import WhatIfOutcome
from trail_diff.model.reasons import Reason
from trail_diff.model.what_if import WhatIfRow
from trail_diff.policy.decide.grants import GRANTABLE_ACTIONS
from trail_diff.policy.decide.statements import RETIRE_GRANT
from trail_diff.usage.requests import ObservedRequest
from trail_diff.usage.what_if import merge_rows

ENDS = frozenset({Reason.KEY_IS_DELETED, Reason.KEY_IS_REPLACED, Reason.KEY_IS_DISABLED})
_NEEDS_ENABLED = GRANTABLE_ACTIONS - {"kms:describekey", RETIRE_GRANT}
"""What KMS refuses unless the key is enabled (KMS developer guide, "Key states of AWS KMS keys")."""


def end_calls(seen: Iterable[ObservedRequest], reason: Reason) -> tuple[WhatIfRow, ...]:
    """Judge calls on a key that ends; no policy is decided, so the decision is undetermined. Worst first."""
    return merge_rows(
        WhatIfRow(
            caller=one.event.caller.across_sessions(),
            action=one.access.action,
            key=one.access.key,
            calls=one.calls,
            denied=one.denied,
            outcome=_judge(one),
            new="undetermined",
            reasons=(reason,),
            observed=one.observed,
        )
        for one in seen
    )


def _judge(one: ObservedRequest) -> WhatIfOutcome:
    if one.denied and not one.succeeded:
        return "stays-denied"
    return "breaks" if one.access.action.lower() in _NEEDS_ENABLED else "unchanged"
