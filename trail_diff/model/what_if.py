"""What a new policy would do to calls: the field names are the JSON contract of replays."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from trail_diff.model.codes import Decided, GateOutcome, KeyChange, Supply, WhatIfOutcome
from trail_diff.model.decisions import StatementRef
from trail_diff.model.learnt import Caller, Coverage
from trail_diff.model.reasons import Reason

MOVES = frozenset(
    {
        Reason.ALIAS_IS_REMOVED,
        Reason.ALIAS_IS_RETARGETED,
        Reason.ROLE_IS_REMOVED,
        Reason.CALLER_TAGS_CHANGE,
        Reason.KEY_OF_RESOURCE_CHANGES,
    }
)
"""Reasons of what a document takes away from calls, whatever the policies say."""

_OPEN = frozenset(
    {
        Reason.POLICY_KNOWN_AFTER_APPLY,
        Reason.POLICY_NOT_TOLD,
        Reason.NO_CALL_TO_REPLAY,
        Reason.PART_NOT_READ,
        Reason.POLICY_TOO_LARGE,
        Reason.POLICY_LOCKS_OUT,
        Reason.OPERATOR_UNKNOWN,
        Reason.ELEMENT_UNKNOWN,
        Reason.PRINCIPAL_UNRECOGNISED,
    }
)


class Location(Struct, frozen=True):
    """A line of a file, counted from 1."""

    file: str
    line: int


class WhatIfRow(Struct, frozen=True):
    """One row of a policy replay: a caller, an IAM action and a key, what was seen of it, and what would become of it.

    `conflict` is a call that succeeded although the old policy refuses it as it is understood here. `observed` is false
    for a call that was not seen but that AWS is known to make; it `decides` only where nothing can be seen. `statement`
    and `reasons` are those of the new policy, of the old one for a conflict. `supply` says what would decide an
    undetermined call. `address` is the key's name in the document of the new policy, and `location` where that has the
    statement, else the policy.
    """

    caller: Caller
    action: str
    key: str | None
    calls: int
    denied: int
    outcome: WhatIfOutcome
    new: Decided
    old: Decided | None = None
    statement: StatementRef | None = None
    unknown_keys: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    observed: bool = True
    supply: tuple[Supply, ...] = ()
    address: str = ""
    location: Location | None = None
    decides: bool = True


class WhatIfKey(Struct, frozen=True):
    """One key whose policy was to be tried: its name in the document, its ARN if known, and what becomes of its policy.

    `requests` is how many distinct requests on it were replayed; `reason` says why none were, or why the policy could
    not be tried; `expression` is what makes a policy that is not known before it is applied. `path` is the JSON pointer
    of the policy in the document, `location` its line there.
    """

    address: str
    key: str | None
    change: KeyChange
    requests: int = 0
    reason: Reason | None = None
    expression: str = ""
    path: str = ""
    location: Location | None = None

    @property
    def is_open(self) -> bool:
        """Check whether nothing tells what becomes of calls; those that were found on what moves were judged."""
        is_of_calls = self.reason in MOVES or self.reason is Reason.GRANT_IS_REMOVED
        return self.reason in _OPEN or (is_of_calls and not self.requests)


class SavedEvidence(Struct, frozen=True):
    """The saved calls that were replayed: when they were saved, and the time, accounts and Regions they are of.

    `end` is the newest moment that they can tell of, `calls` how many distinct ones they are; `left_out` counts the
    variants of calls that were too many to be kept.
    """

    taken: datetime
    start: datetime | None
    end: datetime | None
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    calls: int = 0
    left_out: int = 0
    is_too_old: bool = False


class WhatIf(Struct, frozen=True):
    """What a new key policy would do: `outcome` is what all calls come to, `calls` are the worst first."""

    outcome: GateOutcome
    calls: tuple[WhatIfRow, ...]
    keys: tuple[WhatIfKey, ...]
    coverage: Coverage
    evidence: SavedEvidence | None = None
    schema: Literal["trail-diff/what-if/1"] = "trail-diff/what-if/1"

    @property
    def lacks_evidence(self) -> bool:
        """Check whether a key could not be tried, or the saved calls are too old: what else was tried is no excuse."""
        return any(key.is_open for key in self.keys) or (self.evidence is not None and self.evidence.is_too_old)
