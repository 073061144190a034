"""Calls on a key that is deleted, replaced, disabled or loses its key material: they fail, whatever its policy says.

Where key material expires later, they fail from then on, unless it is imported again: they are at risk. So they are
where it is not known yet whether the key is disabled, and where its tags change and its policy tests these.
"""

from collections.abc import Iterable, Iterator

from msgspec import structs

from trail_diff.model.codes import WhatIfOutcome
from trail_diff.model.reasons import Reason
from trail_diff.model.what_if import WhatIfRow
from trail_diff.policy.decide.grants import GRANTABLE_ACTIONS
from trail_diff.policy.decide.statements import RETIRE_GRANT
from trail_diff.usage.requests import ObservedRequest
from trail_diff.usage.what_if import merge_rows, undecided_row

ENDS = frozenset({Reason.KEY_IS_DELETED, Reason.KEY_IS_REPLACED, Reason.KEY_IS_DISABLED, Reason.KEY_LOSES_MATERIAL})
MAY_END = frozenset({Reason.KEY_MATERIAL_EXPIRES, Reason.KEY_MAY_BE_DISABLED, Reason.KEY_TAGS_CHANGE})
_NEEDS_ENABLED = GRANTABLE_ACTIONS - {"kms:describekey", RETIRE_GRANT}
"""What KMS refuses unless the key is enabled (KMS developer guide, "Key states of AWS KMS keys")."""


def end_calls(seen: Iterable[ObservedRequest], reason: Reason) -> tuple[WhatIfRow, ...]:
    """Judge calls on a key that ends, now or later; no policy is decided, so that is undetermined. Worst first."""
    return merge_rows(
        undecided_row(one, _judge(one, "at-risk" if reason in MAY_END else "breaks"), reason) for one in seen
    )


def risk_calls(rows: Iterable[WhatIfRow], reason: Reason) -> Iterator[WhatIfRow]:
    """Yield what a policy makes of calls on a key that may end: those that go on to work are at risk."""
    for row in rows:
        is_spared = row.outcome in ("breaks", "stays-denied") or row.action.lower() not in _NEEDS_ENABLED
        reasons = tuple(dict.fromkeys((reason, *row.reasons)))
        yield row if is_spared else structs.replace(row, outcome="at-risk", reasons=reasons)


def _judge(one: ObservedRequest, ended: WhatIfOutcome) -> WhatIfOutcome:
    return ended if one.access.action.lower() in _NEEDS_ENABLED else "unchanged"
